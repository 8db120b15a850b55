//! Questions that are answered from committed state.
//!
//! ```text
//! query  = {topic | SYM | window | count | page | filler}
//! topic  = "positions" | "orders" | "balance" | "price" | "pnl" | "history" | "settings" | "help" | "hello" | "why" …
//! window = "today" | "week" | "month" | "all" | "7 days" | "30 days"          for pnl, performance, stats
//! report = "daily" | "weekly" | "monthly", alone or with "report"
//! count  = N                                                                  for history, 1 to 100
//! page   = "page" N                                                           for history; "part" N for an export
//! export = "export" | "csv", alone or with "history"
//! turn   = "more" | "older" | "newer"                                         alone
//! why    = "why" {SYM | ["order"] ID | small words}
//! ```
//!
//! A name alone asks for its price. Nothing here changes anything, so small words are passed over more freely.

use super::cancel;
use super::topic::{self, PHRASES, SMALL, Topic, WHY_SMALL, WINDOWS};
use crate::domain::instrument::Symbol;
use crate::domain::report::Period;
use crate::domain::request::{HistoryTurn, Query, Request, WhyAbout, Window};
use crate::domain::time::DAY_MS;
use crate::nlp::cursor::Cursor;
use crate::nlp::doubt::Doubt;
use crate::nlp::family::{Outcome, Partial};
use crate::nlp::lexicon::Lexicon;
use crate::nlp::number::Mark;
use crate::nlp::slot::Slot;
use crate::nlp::token::{Kind, Span};
use crate::nlp::vocabulary;

#[cfg(test)]
pub(in crate::nlp) const EXAMPLES: &[(&str, &str)] = &[
    ("positions", "positions"),
    ("show me my open positions", "positions"),
    ("how is my btc position doing?", "positions BTC/USDT"),
    ("open orders", "orders"),
    ("orders for eth", "orders ETH/USDT"),
    ("what's my balance?", "balance"),
    ("how much do i have", "balance"),
    ("price of btc", "price BTC/USDT"),
    ("how is btc", "price BTC/USDT"),
    ("sol?", "price SOL/USDT"),
    ("pnl", "pnl today"),
    ("pnl week", "pnl week"),
    ("p&l last 30 days", "pnl month"),
    ("how much did i make this month?", "pnl month"),
    ("/profit", "pnl all"),
    ("history 20", "history 20"),
    ("my last 5 trades", "history 5"),
    ("history page 2", "history 10 page 2"),
    ("history 20 page 3", "history 20 page 3"),
    ("more", "history older"),
    ("newer", "history newer"),
    ("export history", "export 1"),
    ("history csv", "export 1"),
    ("export my trades part 2", "export 2"),
    ("portfolio", "portfolio"),
    ("daily", "report daily"),
    ("weekly report", "report weekly"),
    ("monthly", "report monthly"),
    ("performance", "performance all"),
    ("performance this month", "performance month"),
    ("stats week", "stats week"),
    ("what is my win rate?", "stats all"),
    ("settings", "settings"),
    ("why", "why latest"),
    ("why did you refuse btc?", "why BTC/USDT"),
    ("why 4f7a2", "why id=4f7a2"),
    ("what can you do?", "help"),
    ("hello", "start"),
];

const HISTORY_DEFAULT: u32 = 10;
const HISTORY_MAX: u32 = 100;
/// Words that name an export.
const EXPORT: &[&str] = &["export", "csv"];

#[derive(Debug, Default)]
struct Draft {
    topic: Slot<Topic>,
    symbol: Slot<Symbol>,
    window: Slot<Window>,
    count: Slot<u32>,
    page: Slot<u32>,
    part: Slot<u32>,
    id: Slot<String>,
    /// Where a word asks for a file.
    export: Option<Span>,
    /// Whether a window was said as a period: "daily", "weekly", "monthly".
    period: bool,
    /// Words that are fine with one topic and mean something left over with another.
    how: bool,
    have: bool,
    unknown: Vec<Span>,
}

/// Reads a query; a slash command may give its topic and window.
pub fn read(mut cursor: Cursor<'_>, given: Option<(Topic, Span)>, window: Window, lexicon: &Lexicon) -> Outcome {
    let mut draft = Draft::default();
    let read = match given {
        Some((topic, span)) => draft.topic.fill("topic", topic, span),
        None => Ok(()),
    };
    let read = read.and_then(|()| draft.clauses(&mut cursor));
    let topic = draft.settled_topic();
    let mut partial =
        Partial { understood: topic.map(topic::phrase).unwrap_or_default().to_owned(), unknown: std::mem::take(&mut draft.unknown) };
    if let Err(doubt) = read {
        return partial.asked(doubt);
    }
    let Some(topic) = topic else { return partial.left_over() };
    partial.unknown.extend(draft.misplaced(topic));
    if !partial.unknown.is_empty() {
        let seeks_symbol = topic == Topic::Price && draft.symbol.is_empty();
        return if seeks_symbol { partial.unknown_symbol(cursor.text(), lexicon) } else { partial.left_over() };
    }
    match draft.query(topic, window) {
        Ok(query) => Outcome::Request(Request::Query(query)),
        Err(doubt) => partial.asked(doubt),
    }
}

/// Reads "more" and its like: the page beside the one that was shown.
pub fn turn(mut cursor: Cursor<'_>) -> Option<HistoryTurn> {
    let older = cursor.eat(&["more", "older"]).is_some();
    let newer = !older && cursor.eat(&["newer"]).is_some();
    cursor.fillers();
    match (cursor.done(), older, newer) {
        (true, true, _) => Some(HistoryTurn::Older),
        (true, _, true) => Some(HistoryTurn::Newer),
        _ => None,
    }
}

impl Draft {
    fn clauses(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Doubt> {
        while !cursor.done() {
            if !self.clause(cursor)? {
                self.unknown.extend(cursor.skip());
            }
        }
        Ok(())
    }

    fn clause(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, Doubt> {
        if self.topic.value() == Some(&Topic::Why) && self.why(cursor)? {
            return Ok(true);
        }
        for (phrase, topic) in PHRASES {
            if let Some(span) = cursor.phrase(phrase) {
                self.topic.fill("topic", *topic, span)?;
                return Ok(true);
            }
        }
        for (phrase, window) in WINDOWS {
            if let Some(span) = cursor.phrase(phrase) {
                // "all" of "all my positions" is no window; what it means is settled with the topic.
                self.window.fill("window", *window, span)?;
                self.period |= matches!(*phrase, ["daily" | "weekly" | "monthly"]);
                return Ok(true);
            }
        }
        if let Some(span) = cursor.eat(EXPORT) {
            self.export = Some(span);
            return Ok(true);
        }
        Ok(self.numbered(cursor)?
            || self.symbol(cursor)?
            || self.number(cursor)?
            || self.word(cursor)?
            || cursor.filler()
            || cursor.mark(&['?']).is_some())
    }

    fn word(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, Doubt> {
        let Some(word) = cursor.word(0) else { return Ok(false) };
        // "last trade" and "my trades" are one topic; "order history" is a phrase above.
        if let Some(topic) = topic::of(word) {
            let Some(span) = cursor.skip() else { return Ok(false) };
            self.topic.fill("topic", topic, span)?;
            return Ok(true);
        }
        self.how |= matches!(word, "how" | "hows" | "what" | "whats" | "much");
        self.have |= matches!(word, "have" | "ive" | "got");
        Ok(eat_among(cursor, SMALL))
    }

    fn symbol(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, Doubt> {
        let Some(listed) = cursor.symbol(0) else { return Ok(false) };
        let Some(span) = cursor.skip() else { return Ok(false) };
        self.symbol.fill("symbol", listed.symbol.clone(), span)?;
        Ok(true)
    }

    fn number(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, Doubt> {
        if let Some(Kind::Duration(ms)) = cursor.token(0).map(|token| &token.kind) {
            let window = match *ms {
                DAY_MS => Window::Today,
                ms if ms == 7 * DAY_MS => Window::Week,
                ms if ms == 30 * DAY_MS => Window::Month,
                _ => {
                    return Err(Doubt::about(
                        "window",
                        "I add up today, the last 7 days, the last 30 days, or all time. Say for example: pnl week.",
                    ));
                }
            };
            let Some(span) = cursor.skip() else { return Ok(false) };
            self.window.fill("window", window, span)?;
            return Ok(true);
        }
        let Some(said) = cursor.number(0).filter(|said| said.value.mark == Mark::Bare) else { return Ok(false) };
        let count = u32::try_from(said.value.value.trunc())
            .ok()
            .filter(|count| (1..=HISTORY_MAX).contains(count) && said.value.value.fract().is_zero());
        let Some(count) = count else {
            if self.topic.value() != Some(&Topic::History) {
                return Ok(false);
            }
            return Err(Doubt::about("count", format!("I show 1 to {HISTORY_MAX} fills at a time. Say for example: history 20.")));
        };
        cursor.skip();
        self.count.fill("count", count, said.span)?;
        Ok(true)
    }

    /// "page 2", "part 3".
    fn numbered(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, Doubt> {
        let (Some(word @ ("page" | "part")), Some(said)) = (cursor.word(0), cursor.number(1)) else { return Ok(false) };
        let number = u32::try_from(said.value.value.trunc()).ok().filter(|number| *number > 0 && said.value.value.fract().is_zero());
        let Some(number) = number.filter(|_| said.value.mark == Mark::Bare) else {
            return Err(Doubt::about("count", "Pages and parts are numbered from 1. Say for example: history page 2."));
        };
        cursor.skip();
        cursor.skip();
        let (slot, name) = if word == "page" { (&mut self.page, "page") } else { (&mut self.part, "part") };
        slot.fill(name, number, said.span)?;
        Ok(true)
    }

    fn why(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, Doubt> {
        if cursor.symbol(0).is_some() {
            return self.symbol(cursor);
        }
        if let Some(said) = cancel::id(cursor)? {
            self.id.fill("order", said.value, said.span)?;
            return Ok(true);
        }
        Ok(eat_among(cursor, WHY_SMALL))
    }

    /// Returns the topic that the words come to: a name alone asks for its price, "have" for what is there.
    fn settled_topic(&self) -> Option<Topic> {
        match (self.topic.value().copied(), self.symbol.is_empty()) {
            (None | Some(Topic::History), _) if self.export.is_some() => Some(Topic::Export),
            (None, true) if self.period => Some(Topic::Periods),
            (None, true) if !self.page.is_empty() => Some(Topic::History),
            (Some(Topic::Balance), false) => Some(Topic::Positions),
            (Some(topic), _) => Some(topic),
            (None, false) if self.have => Some(Topic::Positions),
            (None, false) => Some(Topic::Price),
            (None, true) if self.have => Some(Topic::Balance),
            (None, true) if self.how && !self.unknown.is_empty() => Some(Topic::Price),
            (None, true) => None,
        }
    }

    /// Returns what was said and has no place in this topic.
    fn misplaced(&self, topic: Topic) -> Vec<Span> {
        let takes_symbol = matches!(topic, Topic::Positions | Topic::Orders | Topic::Price | Topic::Why);
        let takes_window = matches!(topic, Topic::Pnl | Topic::Performance | Topic::Stats | Topic::Periods);
        let all = self.window.value() == Some(&Window::All) && !matches!(topic, Topic::Price | Topic::History | Topic::Periods);
        let spans = [
            self.symbol.said().filter(|_| !takes_symbol).map(|said| said.span),
            self.window.said().filter(|_| !takes_window && !all).map(|said| said.span),
            self.count.said().filter(|_| topic != Topic::History).map(|said| said.span),
            self.page.said().filter(|_| topic != Topic::History).map(|said| said.span),
            self.part.said().filter(|_| topic != Topic::Export).map(|said| said.span),
            self.export.filter(|_| topic != Topic::Export),
        ];
        spans.into_iter().flatten().collect()
    }

    fn query(&self, topic: Topic, window: Window) -> Result<Query, Doubt> {
        let symbol = self.symbol.value().cloned();
        Ok(match topic {
            Topic::Positions => Query::Positions(symbol),
            Topic::Orders => Query::Orders(symbol),
            Topic::Balance => Query::Balance,
            Topic::Price => {
                Query::Price(symbol.ok_or_else(|| Doubt::about("symbol", "The price of what? Name a coin, for example: price of btc."))?)
            }
            Topic::Pnl => Query::Pnl(self.window.value().copied().unwrap_or(window)),
            Topic::History => {
                let count = self.count.value().copied().unwrap_or(HISTORY_DEFAULT);
                match self.page.value() {
                    Some(page) if *page > 1 => Query::HistoryPage { count, page: *page },
                    _ => Query::History { count },
                }
            }
            Topic::Export => Query::ExportHistory { part: self.part.value().copied().unwrap_or(1) },
            Topic::Portfolio => Query::Portfolio,
            Topic::Periods => Query::Periods(match self.window.value().copied().unwrap_or(window) {
                Window::Today => Period::Daily,
                Window::Week => Period::Weekly,
                Window::Month => Period::Monthly,
                Window::All => return Err(Doubt::about("window", "By day, week or month? Say for example: weekly report.")),
            }),
            Topic::Performance => Query::Performance(self.window.value().copied().unwrap_or(Window::All)),
            Topic::Stats => Query::Stats(self.window.value().copied().unwrap_or(Window::All)),
            Topic::Settings => Query::Settings,
            Topic::Help => Query::Help,
            Topic::Start => Query::Start,
            Topic::Why => Query::Why(match (symbol, self.id.value()) {
                (Some(_), Some(_)) => {
                    return Err(Doubt::about("order", "Why what: the pair or the order? Name one of them, for example: why btc."));
                }
                (Some(symbol), None) => WhyAbout::Symbol(symbol),
                (None, Some(id)) => WhyAbout::Id(id.clone()),
                (None, None) => WhyAbout::Latest,
            }),
        })
    }
}

fn eat_among(cursor: &mut Cursor<'_>, list: &str) -> bool {
    cursor.word(0).is_some_and(|word| vocabulary::among(list, word)) && cursor.skip().is_some()
}
