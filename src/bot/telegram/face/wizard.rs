//! An order by buttons: pair, side, amount, for perpetuals leverage and stop, price; each a panel in the same message, and at
//! the end a sentence.
//!
//! Invariant: nothing is kept between two taps and nothing is decided here: each button says the words so far, and the
//! last one says a sentence that takes the way of every sentence, to a card.

use super::keyboard::says;
use crate::bot::render::numbers;
use crate::domain::instrument::{Instrument, InstrumentId, Market};
use crate::domain::market::Quote;
use crate::domain::money::{Price, Ratio, Rounding};
use crate::domain::notice::{NoticeBody, Saying};
use crate::domain::order::Side;
use rust_decimal::{Decimal, dec};

/// Most pairs that are offered.
const PAIRS_MAX: usize = 24;
/// Pairs a row.
const PAIRS_A_ROW: usize = 4;
/// Amounts that are offered, in quote currency.
const AMOUNTS: [&[u32]; 2] = [&[25, 50, 100], &[250, 500, 1_000]];
/// Distances of the limit prices that are offered, as shares of the mark.
const DISTANCES: [Decimal; 3] = [dec!(0.005), dec!(0.01), dec!(0.02)];
/// Leverages that are offered for perpetuals, as far as the venue allows them.
const LEVERAGES: [u32; 6] = [1, 2, 3, 5, 10, 20];
/// Distances of the stops that are offered for perpetuals, in percent; beside them the default of the rules.
const STOPS: [u32; 4] = [1, 2, 3, 5];
/// What stands for the default stop: nothing is said of it.
const DEFAULT_STOP: &str = "default";
/// Sides by market.
const SIDES: [(Market, &[(&str, Side)]); 2] =
    [(Market::Spot, &[("buy", Side::Buy), ("sell", Side::Sell)]), (Market::Perp, &[("long", Side::Buy), ("short", Side::Sell)])];

/// Returns the panel that follows these words (the command left out).
pub fn panel(words: &[String], instruments: &[Instrument], quote: &dyn Fn(&InstrumentId) -> Option<Quote>) -> NoticeBody {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let listed = |base: &&str| instruments.iter().any(|one| one.id.symbol.base.as_str().eq_ignore_ascii_case(base));
    let is_amount = |amount: &str| amount.parse::<u32>().is_ok_and(|amount| amount > 0);
    match words.as_slice() {
        [base, side, amount, more @ ..] if listed(base) && is_amount(amount) => match of_side(base, side, instruments) {
            None => sides(base, instruments),
            Some((instrument, direction)) => {
                let draft = Draft { said: [base, side, amount], instrument, direction };
                match instrument.id.market {
                    Market::Spot => draft.prices("", "", quote),
                    Market::Perp => draft.levered(more, quote),
                }
            }
        },
        [base, side] if listed(base) && of_side(base, side, instruments).is_some() => amounts(base, side, instruments),
        [base, ..] if listed(base) => sides(base, instruments),
        _ => pairs(instruments),
    }
}

fn pairs(instruments: &[Instrument]) -> NoticeBody {
    let mut bases: Vec<&str> = instruments.iter().map(|one| one.id.symbol.base.as_str()).collect();
    bases.sort_unstable();
    bases.dedup();
    bases.truncate(PAIRS_MAX);
    let button = |base: &&str| says(base, &format!("/new {}", base.to_ascii_lowercase()));
    let rows = bases.chunks(PAIRS_A_ROW).map(|row| row.iter().map(button).collect());
    asked("New order: which pair?", rows.chain([vec![says("« Back", "/menu")]]).collect())
}

fn sides(base: &str, instruments: &[Instrument]) -> NoticeBody {
    let row = |(market, sides): &(Market, &[(&str, Side)])| {
        let listed = of_market(base, *market, instruments).is_some();
        let button = |(word, _): &(&str, Side)| says(&format!("{} {}", titled(word), market.as_str()), &format!("/new {base} {word}"));
        listed.then(|| sides.iter().map(button).collect())
    };
    let rows = SIDES.iter().filter_map(row).chain([vec![says("« Back", "/new")]]).collect();
    asked(&format!("New order: {}. Which side?", base.to_ascii_uppercase()), rows)
}

fn amounts(base: &str, side: &str, instruments: &[Instrument]) -> NoticeBody {
    let currency = of_side(base, side, instruments).map(|(one, _)| one.id.symbol.quote.to_string()).unwrap_or_default();
    let button = |amount: &u32| says(&format!("{amount} {currency}"), &format!("/new {base} {side} {amount}"));
    let rows = AMOUNTS.iter().map(|row| row.iter().map(button).collect());
    let rows = rows.chain([vec![says("« Back", &format!("/new {base}"))]]).collect();
    let text = format!(
        "New order: {side} {}. For how much? (Any other amount is said in words: {side} {base} 75 {})",
        base.to_ascii_uppercase(),
        currency.to_ascii_lowercase()
    );
    asked(&text, rows)
}

/// An order whose pair, side and amount were said.
struct Draft<'a> {
    said: [&'a str; 3],
    instrument: &'a Instrument,
    direction: Side,
}

impl Draft<'_> {
    /// What a perpetual is asked besides: its leverage, its stop.
    fn levered(&self, more: &[&str], quote: &dyn Fn(&InstrumentId) -> Option<Quote>) -> NoticeBody {
        let offered = |leverage: &str| LEVERAGES.iter().any(|one| format!("{one}x") == leverage);
        match more {
            [leverage] if offered(leverage) => self.stops(leverage),
            [leverage, DEFAULT_STOP] if offered(leverage) => self.prices(leverage, "", quote),
            [leverage, stop] if offered(leverage) && STOPS.iter().any(|percent| format!("{percent}%") == *stop) => {
                self.prices(leverage, stop, quote)
            }
            _ => self.leverages(),
        }
    }

    fn leverages(&self) -> NoticeBody {
        let ([base, side, _], so_far) = (self.said, self.said.join(" "));
        let most = self.instrument.leverage_max.value();
        let allowed = LEVERAGES.iter().filter(|leverage| Decimal::from(**leverage) <= most);
        let keys: Vec<Saying> = allowed.map(|leverage| says(&format!("{leverage}×"), &format!("/new {so_far} {leverage}x"))).collect();
        let back = vec![says("« Back", &format!("/new {base} {side}"))];
        asked(&format!("New order: {so_far}. With which leverage?"), keys.chunks(3).map(<[Saying]>::to_vec).chain([back]).collect())
    }

    fn stops(&self, leverage: &str) -> NoticeBody {
        let so_far = self.said.join(" ");
        let button = |percent: &u32| says(&format!("{percent}% away"), &format!("/new {so_far} {leverage} {percent}%"));
        let default = says("Where the rules put it", &format!("/new {so_far} {leverage} {DEFAULT_STOP}"));
        let rows = vec![STOPS.iter().map(button).collect(), vec![default], vec![says("« Back", &format!("/new {so_far}"))]];
        asked(&format!("New order: {so_far} {leverage}. Where shall its stop be?"), rows)
    }

    /// The last question; what is empty is not said.
    fn prices(&self, leverage: &str, stop: &str, quote: &dyn Fn(&InstrumentId) -> Option<Quote>) -> NoticeBody {
        let [base, side, amount] = self.said;
        let currency = self.instrument.id.symbol.quote.as_str().to_ascii_lowercase();
        let spaced = |words: &str| if words.is_empty() { String::new() } else { format!(" {words}") };
        let (leverage, stop) = (spaced(leverage), if stop.is_empty() { String::new() } else { format!(" stop {stop}") });
        let sentence = |price: &str| format!("{side} {base} {amount} {currency}{leverage}{price}{stop}");
        let mut rows = vec![vec![says("At the market", &sentence(""))]];
        let quote = quote(&self.instrument.id);
        if let Some(quote) = &quote {
            let button = |distance: &Decimal| {
                let price = limit(self.instrument, quote.mark, self.direction, *distance)?;
                Some(says(&numbers::price(price), &sentence(&format!(" at {}", price.value()))))
            };
            rows.push(DISTANCES.iter().filter_map(button).collect());
        }
        let back = if leverage.is_empty() { format!("/new {base} {side}") } else { format!("/new {base} {side} {amount}{leverage}") };
        rows.push(vec![says("« Back", &back)]);
        let mark = quote.map_or_else(String::new, |quote| format!(" The mark is {}.", numbers::price(quote.mark)));
        let said = sentence("");
        asked(&format!("New order: {said}. At which price?{mark} A card follows; nothing is sent before you confirm it."), rows)
    }
}

/// Returns a limit price on the better side of the mark.
fn limit(instrument: &Instrument, mark: Price, side: Side, distance: Decimal) -> Option<Price> {
    let (share, rounding) = match side {
        Side::Buy => (-distance, Rounding::Down),
        Side::Sell => (distance, Rounding::Up),
    };
    mark.moved_by(Ratio::new(share).ok()?).ok()?.to_tick(instrument.tick, rounding).ok()
}

fn of_market<'a>(base: &str, market: Market, instruments: &'a [Instrument]) -> Option<&'a Instrument> {
    instruments.iter().find(|one| one.id.market == market && one.id.symbol.base.as_str().eq_ignore_ascii_case(base))
}

fn of_side<'a>(base: &str, side: &str, instruments: &'a [Instrument]) -> Option<(&'a Instrument, Side)> {
    SIDES.iter().find_map(|(market, sides)| {
        let (_, direction) = sides.iter().find(|(word, _)| *word == side)?;
        Some((of_market(base, *market, instruments)?, *direction))
    })
}

fn titled(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn asked(text: &str, buttons: Vec<Vec<Saying>>) -> NoticeBody {
    NoticeBody::Panel { text: text.to_owned(), buttons: buttons.into_iter().filter(|row| !row.is_empty()).collect() }
}

#[cfg(test)]
mod tests {
    use rust_decimal::dec;

    use super::panel;
    use crate::bot::taps;
    use crate::bot::telegram::face::words::{Own, read};
    use crate::domain::instrument::{Instrument, InstrumentId, Symbol};
    use crate::domain::market::Quote;
    use crate::domain::money::{Price, Ratio};
    use crate::domain::notice::{NoticeBody, Saying};
    use crate::domain::request::{Command, OpenPrice, Request};
    use crate::domain::time::Timestamp;
    use crate::engine::market::listing::{Fees, Listing};
    use crate::nlp::lexicon::Lexicon;
    use crate::nlp::reading::Reading;

    fn instruments() -> Vec<Instrument> {
        let fees = Fees { maker: Ratio::ZERO, taker: Ratio::ZERO };
        let coin = |base: &str| Listing {
            symbol: Symbol::new(base, "USDT"),
            tick: dec!(0.1),
            step: dec!(0.00001),
            min_notional: dec!(5),
            maintenance: dec!(0.005),
            leverage_max: dec!(20),
            major: true,
        };
        ["BTC", "ETH"].iter().flat_map(|base| coin(base).instruments(fees).unwrap()).collect()
    }

    fn quote(_: &InstrumentId) -> Option<Quote> {
        let price = |value| Price::new(value).unwrap();
        Some(Quote { bid: price(dec!(59999.9)), ask: price(dec!(60000.1)), mark: price(dec!(60000)), at: Timestamp::from_ms(0) })
    }

    fn buttons(words: &str) -> Vec<Saying> {
        let Some(Own::New(words)) = read(words) else { panic!("{words} does not lead to a panel") };
        let NoticeBody::Panel { buttons, .. } = panel(&words, &instruments(), &quote) else { panic!("no panel") };
        buttons.into_iter().flatten().filter(|button| button.label != "« Back").collect()
    }

    #[test]
    fn every_way_through_the_buttons_ends_in_a_sentence_that_is_read_as_an_order() {
        let (all, lexicon) = (instruments(), Lexicon::new(&instruments()));
        let mut waiting = vec!["/new".to_owned()];
        let mut sentences = Vec::new();
        while let Some(words) = waiting.pop() {
            for button in buttons(&words) {
                assert!(taps::saying(&button.says).is_some(), "{button:?}");
                if button.says.starts_with("/new") {
                    waiting.push(button.says);
                } else {
                    sentences.push(button.says);
                }
            }
        }
        // Pairs × amounts × (market and three limits), for two sides of spot; for two of perpetuals each with six leverages and
        // five stops.
        assert_eq!(sentences.len(), (all.len() / 2) * 6 * 4 * (2 + 2 * 6 * 5));
        for sentence in sentences {
            let reading = crate::nlp::read::read(&sentence, &lexicon);
            let Reading::Request(Request::Command(Command::Open(request))) = &reading else { panic!("{sentence}: {reading:?}") };
            assert_eq!(matches!(request.price, OpenPrice::Limit { .. }), sentence.contains(" at "), "{sentence}");
            assert_eq!(
                (request.leverage.is_some(), request.stop.is_some()),
                (sentence.contains('x'), sentence.contains(" stop ")),
                "{sentence}"
            );
        }
    }

    #[test]
    fn a_limit_lies_on_the_better_side_and_on_the_tick() {
        let says = |words: &str| buttons(words).into_iter().map(|button| button.says).collect::<Vec<_>>();
        assert_eq!(says("/new btc long 100 5x default")[1], "long btc 100 usdt 5x at 59700");
        assert_eq!(says("/new btc short 100 3x 2%")[0], "short btc 100 usdt 3x stop 2%");
        assert_eq!(says("/new eth sell 25")[3], "sell eth 25 usdt at 61200");
    }

    #[test]
    fn words_that_lead_nowhere_begin_again() {
        for words in [
            "/new doge",
            "/new btc up",
            "/new btc long many",
            "/new btc long 0",
            "/new a b c d e",
            "/new btc long 100 7x",
            "/new btc long 100 5x 9%",
        ] {
            assert!(!buttons(words).is_empty(), "{words}");
        }
    }
}
