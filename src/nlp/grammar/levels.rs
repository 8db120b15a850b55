//! Stops, targets and trailing stops, of an order or of an open position.
//!
//! ```text
//! stop     = ("stop" ["loss"] | "sl") [join] level [away] | N% "stop" ["loss"]
//! trailing = ("trail" | "trailing") ["stop" ["loss"]] [join] N% | N% ("trail" | "trailing" ["stop"])
<<<<<<< HEAD
//! targets  = head [join] item {sep item} | N% ("tp" | "target" | "take profit")
//! head     = "tp" | "tp1" … | "target" | "targets" | "take" ["profit"]
//! item     = share ["of it" | "off"] "at" level | level ["for"] [share]      share = share.rs | ["the"] "rest"
//! sep      = "," | "and" | "then" | "/" | "&"                                level = N | "$" N | N "%"
//! join     = "at" | "to" | "@" | "of" | "=" | ":" | "is" | "by"              away  = ("below" | "above" | …) ["entry"]
//! ```

use rust_decimal::Decimal;

use crate::domain::evidence::EvidenceMap;
use crate::domain::money::{Price, Ratio};
use crate::domain::request::{LevelSpec, TargetSpec};
use crate::nlp::cursor::Cursor;
use crate::nlp::doubt::Doubt;
use crate::nlp::grammar::{amount, share};
=======
//! level    = N | "$" N | N "%"                                    targets = targets.rs
//! join     = "at" | "to" | "@" | "of" | "=" | ":" | "is"                      away  = ("below" | "above" | …) ["entry"]
//! ```

use crate::domain::evidence::EvidenceMap;
use crate::domain::money::{Price, Ratio};
use crate::domain::order::Side;
use crate::domain::request::LevelSpec;
use crate::nlp::cursor::Cursor;
use crate::nlp::doubt::Doubt;
use crate::nlp::grammar::amount;
use crate::nlp::grammar::targets::Targets;
>>>>>>> nlp
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

<<<<<<< HEAD
/// Most targets of one order.
const TARGETS_MAX: usize = 10;
/// Words between a level's name and the level.
const JOINS: &[&str] = &["at", "to", "of", "is", "by", "with", "distance", "a", "price", "around", "down", "up", "my", "the"];
const HEADS: &[&str] = &["tp", "tps", "target", "targets", "takeprofit"];

/// A target while it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    level: Said<LevelSpec>,
    share: Option<Said<Share>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Share {
    Ratio(Ratio),
    Rest,
=======
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
>>>>>>> nlp
}

/// The exits that were said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Levels {
    /// The stop.
    pub stop: Slot<LevelSpec>,
<<<<<<< HEAD
    /// The targets in the order said.
    pub targets: Vec<Target>,
=======
    /// Where the stop's distance is counted from, if that was said.
    pub reference: Slot<Reference>,
    /// The targets in the order said.
    pub targets: Targets,
>>>>>>> nlp
    /// The trailing distance.
    pub trailing: Slot<Ratio>,
}

impl Levels {
    /// Reads one clause; tells whether one stood here.
    ///
    /// # Errors
    /// [`Doubt`] if a level is not above zero, a second stop, or targets take more than there is.
    pub fn clause(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, Doubt> {
<<<<<<< HEAD
        Ok(self.trail(cursor)? || self.stop(cursor)? || self.target(cursor)?)
=======
        Ok(self.trail(cursor)? || self.stop(cursor)? || self.targets.clause(cursor)?)
>>>>>>> nlp
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
<<<<<<< HEAD
        self.trailing_value(&mut ahead).inspect(|found| if *found { *cursor = ahead })
=======
        self.trailing_value(&mut ahead).inspect(|found| {
            if *found {
                *cursor = ahead
            }
        })
>>>>>>> nlp
    }

    /// Reads the distance of a trailing stop after its name.
    ///
    /// # Errors
    /// [`Doubt`] if it is no percentage above zero.
    pub fn trailing_value(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, Doubt> {
        let mut ahead = *cursor;
        joins(&mut ahead);
<<<<<<< HEAD
=======
        ahead.eat(&["by"]);
        joins(&mut ahead);
>>>>>>> nlp
        let Some(said) = ahead.number(0) else { return Ok(false) };
        if said.value.mark != Mark::Percent {
            return Err(Doubt::about("trailing", "A trailing stop follows at a distance in percent. Say for example: trail 2%."));
        }
        ahead.skip();
<<<<<<< HEAD
        away(&mut ahead);
=======
        ahead.eat(&["away", "behind"]);
>>>>>>> nlp
        *cursor = ahead;
        self.set_trailing(&said)
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
        if !stop_word(&mut ahead) {
            return Ok(false);
        }
<<<<<<< HEAD
        self.stop_value(&mut ahead).inspect(|found| if *found { *cursor = ahead })
=======
        self.stop_value(&mut ahead).inspect(|found| {
            if *found {
                *cursor = ahead
            }
        })
>>>>>>> nlp
    }

    /// Reads the level of a stop after its name.
    ///
    /// # Errors
    /// [`Doubt`] if it is not above zero or a second stop.
    pub fn stop_value(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, Doubt> {
        let mut ahead = *cursor;
        joins(&mut ahead);
        let Some(said) = level(&mut ahead, "stop")? else { return Ok(false) };
<<<<<<< HEAD
        away(&mut ahead);
        *cursor = ahead;
=======
        let reference = reference(&mut ahead);
        *cursor = ahead;
        if let Some(said) = reference {
            self.reference.fill("stop", said.value, said.span)?;
        }
>>>>>>> nlp
        self.stop.fill("stop", said.value, said.span)?;
        Ok(true)
    }

<<<<<<< HEAD
    fn target(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, Doubt> {
        let mut ahead = *cursor;
        if let Some(said) = ahead.number(0).filter(|said| said.value.mark == Mark::Percent) {
            ahead.skip();
            if !target_word(&mut ahead) || follows_level(&ahead) {
                return Ok(false);
            }
            *cursor = ahead;
            return self.push(Target { level: Said::new(level_of(said.value, "target")?, said.span), share: None });
        }
        let plural = ahead.at_word(&["targets", "tps"]);
        if !target_word(&mut ahead) && ahead.eat(&["take"]).is_none() {
            return Ok(false);
        }
        self.items(&mut ahead, plural).inspect(|found| if *found { *cursor = ahead })
    }

    /// Reads a list of targets after its name; in a plural list numbers may follow each other without a sign.
    ///
    /// # Errors
    /// [`Doubt`] as for [`Self::clause`].
    pub fn items(&mut self, cursor: &mut Cursor<'_>, plural: bool) -> Result<bool, Doubt> {
        let Some(first) = item(cursor)? else { return Ok(false) };
        self.push(first)?;
        loop {
            let mut ahead = *cursor;
            let separated = separator(&mut ahead);
            if separated {
                let _ = target_word(&mut ahead) || ahead.eat(&["take", "sell", "close"]).is_some();
            }
            let counts = ahead.number(0).is_some() && (amount::counts_something(&ahead) || names_a_level(&ahead));
            if (!separated && !plural) || counts {
                return Ok(true);
            }
            let Some(next) = item(&mut ahead)? else { return Ok(true) };
            self.push(next)?;
            *cursor = ahead;
        }
    }

    fn push(&mut self, target: Target) -> Result<bool, Doubt> {
        if self.targets.len() == TARGETS_MAX {
            return Err(Doubt::about("target", format!("I take at most {TARGETS_MAX} targets. Say for example: targets 65k, 67k and 70k.")));
        }
        self.targets.push(target);
        Ok(true)
    }

    /// Returns the targets with "the rest" worked out.
    ///
    /// # Errors
    /// [`Doubt`] if the shares come to more than the whole, or "the rest" is nothing or said twice.
    pub fn target_specs(&self) -> Result<Vec<TargetSpec>, Doubt> {
        let said: Decimal = self.targets.iter().filter_map(|target| match target.share.as_ref()?.value {
            Share::Ratio(ratio) => Some(ratio.value()),
            Share::Rest => None,
        }).sum();
        let open = self.targets.iter().filter(|target| !matches!(&target.share, Some(Said { value: Share::Ratio(_), .. }))).count();
        let rests = self.targets.iter().filter(|target| matches!(&target.share, Some(Said { value: Share::Rest, .. }))).count();
        if said > Decimal::ONE || (open > 0 && said == Decimal::ONE) {
            let percent = (said * Decimal::ONE_HUNDRED).normalize();
            return Err(Doubt::about("target", format!("The targets take {percent}% of the position and more. Their shares may come to 100% at most, for example: take half at 6% and the rest at 10%.")));
        }
        if rests > 0 && open > 1 {
            return Err(Doubt::about("target", "I cannot tell how large each target's share is. Give each one its share, for example: take half at 6% and the rest at 10%."));
        }
        let rest = Ratio::new(Decimal::ONE - said).map_err(|_| Doubt::about("target", "I cannot work out the rest. Give each target its share in percent."))?;
        let spec = |target: &Target| TargetSpec {
            level: target.level.value,
            share: target.share.as_ref().map(|share| match share.value { Share::Ratio(ratio) => ratio, Share::Rest => rest }),
        };
        Ok(self.targets.iter().map(spec).collect())
    }

=======
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

>>>>>>> nlp
    /// Writes where each level was said into `evidence`.
    pub fn note(&self, evidence: &mut EvidenceMap) {
        self.stop.note("stop", evidence);
        self.trailing.note("trailing", evidence);
<<<<<<< HEAD
        for (place, target) in self.targets.iter().enumerate() {
            evidence.insert(format!("target.{}", place + 1), target.level.span.said());
            if let Some(share) = &target.share {
                evidence.insert(format!("target.{}.share", place + 1), share.span.said());
            }
        }
=======
        self.targets.note(evidence);
>>>>>>> nlp
    }
}

/// Moves over the name of a stop.
pub fn stop_word(cursor: &mut Cursor<'_>) -> bool {
<<<<<<< HEAD
    cursor.any_phrase(&[&["protective", "stop"], &["stop", "loss"], &["stop", "losses"], &["stoploss"], &["stop"], &["stops"], &["sl"]]).is_some()
=======
    cursor
        .any_phrase(&[&["protective", "stop"], &["stop", "loss"], &["stop", "losses"], &["stoploss"], &["stop"], &["stops"], &["sl"]])
        .is_some()
>>>>>>> nlp
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
<<<<<<< HEAD
    let numbered = cursor.word(0).and_then(|word| word.strip_prefix("tp")).is_some_and(|n| n.len() == 1 && n.bytes().all(|b| b.is_ascii_digit()));
=======
    let numbered =
        cursor.word(0).and_then(|word| word.strip_prefix("tp")).is_some_and(|n| n.len() == 1 && n.bytes().all(|b| b.is_ascii_digit()));
>>>>>>> nlp
    if numbered || cursor.at_word(HEADS) {
        return cursor.skip().is_some();
    }
    cursor.any_phrase(&[&["take", "profit"], &["take", "profits"], &["profit", "target"], &["profit", "targets"]]).is_some()
}

/// Moves over the words between a level's name and the level.
pub fn joins(cursor: &mut Cursor<'_>) {
<<<<<<< HEAD
    while cursor.eat(JOINS).is_some() || cursor.mark(&['@', '=', ':']).is_some() {}
=======
    while cursor.any_phrase(&[&["up", "to"], &["down", "to"]]).is_some()
        || cursor.eat(JOINS).is_some()
        || cursor.mark(&['@', '=', ':']).is_some()
    {}
>>>>>>> nlp
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
<<<<<<< HEAD
fn follows_level(cursor: &Cursor<'_>) -> bool {
=======
pub fn follows_level(cursor: &Cursor<'_>) -> bool {
>>>>>>> nlp
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

<<<<<<< HEAD
/// Moves over `below entry`, `away`.
fn away(cursor: &mut Cursor<'_>) {
    if cursor.eat(&["below", "above", "under", "over", "away", "from"]).is_some() {
        cursor.eat_all(&["from", "the", "my"]);
        cursor.any_phrase(&[&["entry", "price"], &["entry"], &["market"]]);
    }
}

fn separator(cursor: &mut Cursor<'_>) -> bool {
    let mut found = false;
    while cursor.mark(&[',', '/', '&', ';']).is_some() || cursor.eat(&["and", "then"]).is_some() {
        found = true;
    }
    found
}

/// Reads `half at 6%` or `65k 30%`.
fn item(cursor: &mut Cursor<'_>) -> Result<Option<Target>, Doubt> {
    let mut ahead = *cursor;
    joins(&mut ahead);
    let mut sharing = ahead;
    if let Some(share) = target_share(&mut sharing)? {
        sharing.any_phrase(&[&["of", "it"], &["of", "the", "position"], &["of", "my", "position"], &["off"], &["profit"], &["profits"]]);
        if sharing.eat(&["at"]).is_some() || sharing.mark(&['@']).is_some() {
            sharing.eat_all(&["a", "the", "price"]);
            if let Some(level) = level(&mut sharing, "target")? {
                *cursor = sharing;
                return Ok(Some(Target { level, share: Some(share) }));
            }
        }
    }
    let Some(level) = level(&mut ahead, "target")? else { return Ok(None) };
    *cursor = ahead;
    let share = share_behind(cursor, &level)?;
    Ok(Some(Target { level, share }))
}

/// Reads the share behind a level: `65k 30%`, `65k (30%)`, `6% for half`.
fn share_behind(cursor: &mut Cursor<'_>, level: &Said<LevelSpec>) -> Result<Option<Said<Share>>, Doubt> {
    let mut ahead = *cursor;
    let bracket = ahead.mark(&['(']).is_some();
    let marked = bracket || ahead.eat(&["for"]).is_some();
    let percent = ahead.number(0).is_some_and(|said| said.value.mark == Mark::Percent);
    let elsewhere = names_a_level(&ahead) || (ahead.word(1) == Some("of") && !matches!(ahead.word(2), Some("it" | "position")));
    if elsewhere || !(percent || marked) {
        return Ok(None);
    }
    if percent && !marked && matches!(level.value, LevelSpec::Distance(_)) {
        return Err(Doubt::about("target", "Two percentages follow each other and I cannot tell the distance from the share. Say it like: take half at 6%."));
    }
    let Some(share) = target_share(&mut ahead)? else { return Ok(None) };
    if bracket && ahead.mark(&[')']).is_none() {
        return Ok(None);
    }
    ahead.any_phrase(&[&["of", "it"], &["of", "position"], &["of", "the", "position"]]);
    *cursor = ahead;
    Ok(Some(share))
}

fn target_share(cursor: &mut Cursor<'_>) -> Result<Option<Said<Share>>, Doubt> {
    let mut ahead = *cursor;
    ahead.eat(&["the"]);
    if let Some(span) = ahead.any_phrase(&[&["rest"], &["remaining"], &["remainder"], &["other", "half"]]) {
        *cursor = ahead;
        return Ok(Some(Said::new(Share::Rest, span)));
    }
    // A percentage below zero or above 100 may be a target, never a share.
    if ahead.number(0).is_some_and(|said| said.value.value > Decimal::ONE_HUNDRED || said.value.value <= Decimal::ZERO) {
        return Ok(None);
    }
    let found = share::read(&mut ahead)?.map(|said| Said::new(Share::Ratio(said.value), said.span));
    if found.is_some() {
        *cursor = ahead;
    }
    Ok(found)
}

/// Reads a price or a distance.
fn level(cursor: &mut Cursor<'_>, slot: &'static str) -> Result<Option<Said<LevelSpec>>, Doubt> {
=======
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
>>>>>>> nlp
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
<<<<<<< HEAD
fn level_of(number: Number, slot: &'static str) -> Result<LevelSpec, Doubt> {
    let bad = || Doubt::about(slot, format!("A {} must be a price above zero or a distance above 0%, for example {}.", named(slot), sample(slot)));
=======
pub fn level_of(number: Number, slot: &'static str) -> Result<LevelSpec, Doubt> {
    let bad = || {
        Doubt::about(slot, format!("A {} must be a price above zero or a distance above 0%, for example {}.", named(slot), sample(slot)))
    };
>>>>>>> nlp
    if number.mark != Mark::Percent {
        return Price::new(number.value).map(LevelSpec::Price).map_err(|_| bad());
    }
    let percent = if slot == "target" { number.value } else { number.value.abs() };
<<<<<<< HEAD
=======
    if number.doubtful {
        return Err(bad());
    }
>>>>>>> nlp
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
