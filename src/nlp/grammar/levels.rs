//! Stops, targets and trailing stops, of an order or of an open position.
//!
//! ```text
//! stop     = ("stop" ["loss"] | "sl") [join] level [away] | N% "stop" ["loss"]
//! trailing = ("trail" | "trailing") ["stop" ["loss"]] [join] (N% | N "atr") [begins] | N% ("trail" | "trailing" ["stop"])
//! begins   = ("from" | "after" | "activation") level
//! level    = N | "$" N | N "%"                                    targets = targets.rs
//! join     = "at" | "to" | "@" | "of" | "=" | ":" | "is"                      away  = ("below" | "above" | …) ["entry"]
//! ```

use crate::domain::evidence::EvidenceMap;
use crate::domain::money::{Price, Ratio};
use crate::domain::order::Side;
use crate::domain::request::LevelSpec;
use crate::domain::upkeep::UpkeepSpec;
use crate::nlp::cursor::Cursor;
use crate::nlp::doubt::Doubt;
use crate::nlp::grammar::amount;
use crate::nlp::grammar::stop_limit::{self, Limited};
use crate::nlp::grammar::targets::Targets;
use crate::nlp::grammar::upkeep::Upkeep;
use crate::nlp::number::{Mark, Number};
use crate::nlp::slot::Slot;
use crate::nlp::token::{Said, Span};

#[cfg(test)]
pub(in crate::nlp) const EXAMPLES: &[(&str, &str)] = &[
    (
        "long sol 5x with 300, stop 4%, take half at 6% and the rest at 10%",
        "open long SOL/USDT margin=300 5x stop=4% tp=6%*0.5 tp=10%*0.5 market",
    ),
    ("buy 0.1 btc stop loss at 58k", "open buy BTC/USDT base=0.1 stop=58000 market"),
    ("buy 0.1 btc with a 4% stop", "open buy BTC/USDT base=0.1 stop=4% market"),
    ("buy 0.1 btc sl 58k tp 65k", "open buy BTC/USDT base=0.1 stop=58000 tp=65000 market"),
    ("buy 0.1 btc, targets 65k, 67k and 70k", "open buy BTC/USDT base=0.1 tp=65000 tp=67000 tp=70000 market"),
    ("long btc 5x $500 tp1 65k 30% tp2 70k 70%", "open long BTC/USDT quote=500 5x tp=65000*0.3 tp=70000*0.7 market"),
    ("buy 0.1 btc take profit 50% at 65k", "open buy BTC/USDT base=0.1 tp=65000*0.5 market"),
    ("buy 0.1 btc trailing stop 1.5%", "open buy BTC/USDT base=0.1 trail=1.5% market"),
    ("buy 0.1 btc and trail 2%", "open buy BTC/USDT base=0.1 trail=2% market"),
];

/// Words between a level's name and the level.
const JOINS: &[&str] = &["at", "to", "of", "is", "with", "distance", "a", "price", "around", "my", "the"];
const HEADS: &[&str] = &["tp", "tps", "target", "targets", "takeprofit"];

/// On which side of the entry a stop was said to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reference {
    /// Below it.
    Below,
    /// Above it.
    Above,
    /// Away from it, whichever side that is.
    Away,
}

/// The exits that were said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Levels {
    /// The stop.
    pub stop: Slot<LevelSpec>,
    /// Where the stop's distance is counted from, if that was said.
    pub reference: Slot<Reference>,
    /// The targets in the order said.
    pub targets: Targets,
    /// The trailing distance.
    pub trailing: Slot<Ratio>,
    /// The trailing distance as a multiple of the average true range.
    pub trail_atr: Slot<Ratio>,
    /// From where on the stop trails.
    pub trail_from: Slot<LevelSpec>,
    /// The limit of the stop.
    pub stop_limit: Slot<Price>,
    /// Whether a limit may stand behind the stop's level.
    pub limited: Limited,
}

impl Levels {
    /// Reads one clause; tells whether one stood here.
    ///
    /// # Errors
    /// [`Doubt`] if a level is not above zero, a second stop, or targets take more than there is.
    pub fn clause(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, Doubt> {
        Ok(self.trail(cursor)? || self.stop(cursor)? || self.targets.clause(cursor)?)
    }

    fn trail(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, Doubt> {
        let mut ahead = *cursor;
        if let Some(said) = ahead.number(0).filter(|said| said.value.mark == Mark::Percent) {
            ahead.skip();
            if ahead.eat(&["trail", "trailing"]).is_none() || follows_level(&ahead) {
                return Ok(false);
            }
            stop_word(&mut ahead);
            *cursor = ahead;
            return self.set_trailing(&said);
        }
        if !trail_word(&mut ahead) {
            return Ok(false);
        }
        self.trailing_value(&mut ahead).inspect(|found| {
            if *found {
                *cursor = ahead
            }
        })
    }

    /// Reads the distance of a trailing stop after its name.
    ///
    /// # Errors
    /// [`Doubt`] if it is no percentage above zero.
    pub fn trailing_value(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, Doubt> {
        let mut ahead = *cursor;
        joins(&mut ahead);
        ahead.eat(&["by"]);
        joins(&mut ahead);
        if let Some(said) = ranges(&mut ahead)? {
            self.trail_atr.fill("trailing", said.value, said.span)?;
            self.begins(&mut ahead)?;
            *cursor = ahead;
            return Ok(true);
        }
        let Some(said) = ahead.number(0) else { return Ok(false) };
        if said.value.mark != Mark::Percent {
            return Err(Doubt::about("trailing", "A trailing stop follows at a distance in percent. Say for example: trail 2%."));
        }
        ahead.skip();
        ahead.eat(&["away", "behind"]);
        self.begins(&mut ahead)?;
        *cursor = ahead;
        self.set_trailing(&said)
    }

    /// Reads from where on a stop trails: `from 65k`, `after 3%`.
    fn begins(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Doubt> {
        let mut ahead = *cursor;
        if ahead.eat(&["from", "after", "activation", "activated", "starting"]).is_none() {
            return Ok(());
        }
        ahead.eat_all(&["at", "from", "price", "the"]);
        ahead.mark(&['+']);
        if let Some(said) = level(&mut ahead, "target")? {
            *cursor = ahead;
            self.trail_from.fill("trail_from", said.value, said.span)?;
        }
        Ok(())
    }

    fn set_trailing(&mut self, said: &Said<Number>) -> Result<bool, Doubt> {
        let LevelSpec::Distance(ratio) = level_of(said.value, "trailing")? else { return Ok(false) };
        self.trailing.fill("trailing", ratio, said.span)?;
        Ok(true)
    }

    fn stop(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, Doubt> {
        let mut ahead = *cursor;
        if let Some(said) = ahead.number(0).filter(|said| said.value.mark == Mark::Percent) {
            ahead.skip();
            if !stop_word(&mut ahead) || follows_level(&ahead) {
                return Ok(false);
            }
            *cursor = ahead;
            self.stop.fill("stop", level_of(said.value, "stop")?, said.span)?;
            return Ok(true);
        }
        if stop_limit::named(&mut ahead) {
            self.limited = Limited::Must;
        } else if !stop_word(&mut ahead) {
            return Ok(false);
        }
        self.stop_value(&mut ahead).inspect(|found| {
            if *found {
                *cursor = ahead
            }
        })
    }

    /// Reads the level of a stop after its name.
    ///
    /// # Errors
    /// [`Doubt`] if it is not above zero or a second stop.
    pub fn stop_value(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, Doubt> {
        let mut ahead = *cursor;
        joins(&mut ahead);
        let Some(said) = level(&mut ahead, "stop")? else { return Ok(false) };
        let reference = reference(&mut ahead);
        *cursor = ahead;
        if let Some(said) = reference {
            self.reference.fill("stop", said.value, said.span)?;
        }
        self.stop.fill("stop", said.value, said.span)?;
        if let Some(limit) = stop_limit::behind(cursor, self.limited)? {
            self.stop_limit.fill("stop_limit", limit.value, limit.span)?;
        }
        Ok(true)
    }

    /// Checks that the words around the stop fit an order of `side`.
    ///
    /// # Errors
    /// [`Doubt`] if the stop of a buy was said to be above, or that of a sale below.
    pub fn check_stop_side(&self, side: Side) -> Result<(), Doubt> {
        let wrong = matches!((side, self.reference.value()), (Side::Buy, Some(Reference::Above)) | (Side::Sell, Some(Reference::Below)));
        let (order, place) = if side == Side::Buy { ("buy", "below") } else { ("sale", "above") };
        if wrong {
            Err(Doubt::about("stop", format!("The stop of a {order} lies {place} the entry. Say for example: stop 4% {place} entry.")))
        } else {
            Ok(())
        }
    }

    /// Returns the upkeep that was said, with what concerns a trailing stop.
    ///
    /// # Errors
    /// [`Doubt`] if two trailing distances were said.
    pub fn upkeep(&self, said: &Upkeep) -> Result<UpkeepSpec, Doubt> {
        if !self.trailing.is_empty() && !self.trail_atr.is_empty() {
            return Err(Doubt::twice("trailing"));
        }
        Ok(UpkeepSpec {
            time_stop: said.time_stop.value().copied(),
            even_after_target: !said.even.is_empty(),
            trail_from: self.trail_from.value().copied(),
            trail_atr: self.trail_atr.value().copied(),
            stop_limit: self.stop_limit.value().copied(),
        })
    }

    /// Writes where each level was said into `evidence`.
    pub fn note(&self, evidence: &mut EvidenceMap) {
        self.stop.note("stop", evidence);
        self.trailing.note("trailing", evidence);
        self.trail_atr.note("trailing", evidence);
        self.trail_from.note("trail_from", evidence);
        self.stop_limit.note("stop_limit", evidence);
        self.targets.note(evidence);
    }
}

/// Reads a distance in average true ranges: `2 atr`, `1.5x atr`.
fn ranges(cursor: &mut Cursor<'_>) -> Result<Option<Said<Ratio>>, Doubt> {
    let mut ahead = *cursor;
    let said = match (ahead.multiplier(), ahead.number(0)) {
        (Some(said), _) => said,
        (None, Some(said)) if said.value.mark == Mark::Bare => Said::new(said.value.value, said.span),
        (None, _) => return Ok(None),
    };
    ahead.skip();
    ahead.eat(&["times", "x"]);
    let Some(end) = ahead.eat(&["atr", "atrs"]) else { return Ok(None) };
    *cursor = ahead;
    let bad = || Doubt::about("trailing", "A multiple of ATR lies between 0.1 and 20. Say for example: trail 2 atr.");
    let allowed = (rust_decimal::dec!(0.1)..=rust_decimal::dec!(20)).contains(&said.value);
    let ratio = Ratio::new(said.value).map_err(|_| bad())?;
    if allowed { Ok(Some(Said::new(ratio, said.span.to(end)))) } else { Err(bad()) }
}

/// Moves over the name of a stop.
pub fn stop_word(cursor: &mut Cursor<'_>) -> bool {
    cursor
        .any_phrase(&[&["protective", "stop"], &["stop", "loss"], &["stop", "losses"], &["stoploss"], &["stop"], &["stops"], &["sl"]])
        .is_some()
}

/// Moves over the name of a trailing stop.
pub fn trail_word(cursor: &mut Cursor<'_>) -> bool {
    let found = cursor.eat(&["trail", "trailing"]).is_some();
    if found {
        stop_word(cursor);
    }
    found
}

/// Moves over the name of a target: `tp`, `tp2`, `targets`, `take profit`.
pub fn target_word(cursor: &mut Cursor<'_>) -> bool {
    let numbered =
        cursor.word(0).and_then(|word| word.strip_prefix("tp")).is_some_and(|n| n.len() == 1 && n.bytes().all(|b| b.is_ascii_digit()));
    if numbered || cursor.at_word(HEADS) {
        return cursor.skip().is_some();
    }
    cursor
        .any_phrase(&[
            &["scale", "out", "of"],
            &["scale", "out"],
            &["take", "profit"],
            &["take", "profits"],
            &["profit", "target"],
            &["profit", "targets"],
        ])
        .is_some()
}

/// Moves over the words between a level's name and the level.
pub fn joins(cursor: &mut Cursor<'_>) {
    while cursor.any_phrase(&[&["up", "to"], &["down", "to"]]).is_some()
        || cursor.eat(JOINS).is_some()
        || cursor.mark(&['@', '=', ':']).is_some()
    {}
}

/// Tells whether the percentage here belongs to the stop, target or trail named behind it: `4% stop`.
pub fn names_a_level(cursor: &Cursor<'_>) -> bool {
    let mut ahead = *cursor;
    let percent = ahead.number(0).is_some_and(|said| said.value.mark == Mark::Percent);
    ahead.skip();
    percent && level_word(&mut ahead) && !follows_level(&ahead)
}

/// Tells whether a level follows, so that the percentage before the name belongs to something else: `25% stop 4%`. A
/// percentage that has a name of its own does not count: `6% target 3% stop`.
pub fn follows_level(cursor: &Cursor<'_>) -> bool {
    let mut ahead = *cursor;
    joins(&mut ahead);
    if ahead.number(0).is_none() || amount::counts_something(&ahead) {
        return false;
    }
    ahead.skip();
    !level_word(&mut ahead)
}

fn level_word(cursor: &mut Cursor<'_>) -> bool {
    trail_word(cursor) || stop_word(cursor) || target_word(cursor)
}

/// Reads `below entry`, `away`.
fn reference(cursor: &mut Cursor<'_>) -> Option<Said<Reference>> {
    let (reference, words): (Reference, &[&str]) = match cursor.word(0)? {
        "below" | "under" => (Reference::Below, &["the", "my"]),
        "above" | "over" => (Reference::Above, &["the", "my"]),
        "away" | "from" => (Reference::Away, &["from", "the", "my"]),
        _ => return None,
    };
    let first = cursor.skip()?;
    cursor.eat_all(words);
    let last = cursor.any_phrase(&[&["entry", "price"], &["entry"]]).unwrap_or(first);
    Some(Said::new(reference, first.to(last)))
}

/// Reads a price or a distance.
pub fn level(cursor: &mut Cursor<'_>, slot: &'static str) -> Result<Option<Said<LevelSpec>>, Doubt> {
    let Some(said) = cursor.number(0) else { return Ok(None) };
    if amount::counts_something(cursor) && cursor.symbol(1).is_some() {
        return Ok(None);
    }
    cursor.skip();
    let value = level_of(said.value, slot)?;
    if said.value.mark != Mark::Percent {
        cursor.eat(&["usdt", "usd", "dollars"]);
    }
    Ok(Some(Said::new(value, Span::new(said.span.start, said.span.end))))
}

/// Checks a level. A sign before a stop's percentage only says which way is down, so it is dropped.
pub fn level_of(number: Number, slot: &'static str) -> Result<LevelSpec, Doubt> {
    let bad = || {
        Doubt::about(slot, format!("A {} must be a price above zero or a distance above 0%, for example {}.", named(slot), sample(slot)))
    };
    if number.mark != Mark::Percent {
        return Price::new(number.value).map(LevelSpec::Price).map_err(|_| bad());
    }
    let percent = if slot == "target" { number.value } else { number.value.abs() };
    if number.doubtful {
        return Err(bad());
    }
    let ratio = Ratio::from_percent(percent).map_err(|_| bad())?;
    let reaches_zero = slot != "target" && ratio >= Ratio::ONE;
    if ratio <= Ratio::ZERO || reaches_zero { Err(bad()) } else { Ok(LevelSpec::Distance(ratio)) }
}

fn named(slot: &'static str) -> &'static str {
    if slot == "trailing" { "trailing stop" } else { slot }
}

fn sample(slot: &'static str) -> &'static str {
    match slot {
        "trailing" => "trail 2%",
        "target" => "take profit at 65k or at 6%",
        _ => "stop 58k or stop 4%",
    }
}
