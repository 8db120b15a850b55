//! What can be said, grouped, a line each.

use super::place::Place;
use super::table;

/// Sentences to begin with.
pub const EXAMPLES: [&str; 4] = ["buy 200 usdt of btc", "long eth 5x with 100 usdt, stop 3%, targets 4% and 8%", "positions", "pnl week"];

/// By group: a sentence or word, then what it does.
pub const GROUPS: [(&str, &[(&str, &str)]); 5] = [
    (
        "Trade",
        &[
            ("buy 200 usdt of btc", "spot, at the market"),
            ("sell half of my btc", "spot, out of holdings"),
            ("long btc 20x with 50 usdt", "perpetual; a stop is added if you name none"),
            ("long btc 5x cross with 300", "the whole wallet stands for it"),
            ("buy 0.1 eth at 2400", "a limit order that rests"),
            ("buy 1 eth when it breaks 4k limit 4.02k", "a stop-limit"),
            ("sell half my eth when it trades at 4000", "a take-profit, or a stop below"),
            ("oco sell 0.1 btc at 70k stop 58k", "one ends the other"),
            ("short sol 3x 100 usdt stop 4% target 6%", "a bracket in one sentence"),
        ],
    ),
    (
        "Exits",
        &[
            ("close btc | close half btc | close all", "by card"),
            ("/fx btc", "closes at once, without a card"),
            ("stop btc at 60000 | trail btc 2%", "sets or moves a stop"),
            ("move btc stop to 58k limit 57.9k", "a stop-limit"),
            ("trail btc 2 atr | trail btc 2% from 65000", "by true ranges; once a price is reached"),
            ("move btc stop to break even", "to the entry, fees included"),
            ("…, then stop to break even", "by itself, once a target has filled"),
            ("scale out of btc at 65k, 67k and 70k", "several targets, equal parts"),
            ("close btc after 4h | remove the time stop", "a time stop"),
            ("move my btc limit to 60k", "moves a resting order"),
            ("cancel btc | cancel all | cancel <id>", "resting orders"),
        ],
    ),
    (
        "Look",
        &[
            ("positions | orders | balance", "what stands"),
            ("price btc", "the latest quote"),
            ("portfolio", "positions, allocation, exposure, equity"),
            ("pnl today | week | month | all", "profit and loss"),
            ("daily | weekly | monthly", "a row each, with fees, trades and equity"),
            ("stats | performance", "figures of trades; trades by symbol"),
            ("history | more | export history", "fills, page by page; all of them as a file"),
            ("settings", "each setting and its origin"),
            ("why | why btc", "the plan, its rules and who allowed it"),
        ],
    ),
    (
        "Control",
        &[
            ("pause", "no entries, exits run"),
            ("stop", "no entries at once, then asks what else"),
            ("panic", "cancels entries and flattens, no question"),
            ("resume", "entries again, by card"),
        ],
    ),
    ("Cards", &[("yes | no | half | double | limit | market", "answers the open card, as its numbers do")]),
];

/// Returns the help text.
pub fn text(place: &Place) -> String {
    let mut lines = vec![place.headline("●", "Help")];
    let width = GROUPS.iter().flat_map(|(_, entries)| *entries).map(|(say, _)| say.chars().count()).max().unwrap_or(0);
    for (group, entries) in GROUPS {
        lines.push(group.to_owned());
        lines.extend(entries.iter().map(|(say, does)| table::pair(say, does, width)));
    }
    lines.join("\n")
}
