//! Setting, moving and taking away the exits of an open position.
//!
//! ```text
//! protect = {clause}        clause = verb | SYM | levels.rs | upkeep.rs | name | ["at" | "to"] level | even | filler
//! verb    = "move" | "set" | "put" | "raise" | "lower" | "tighten" | "change" | "add" | "protect" | … | remove
//! remove  = "remove" | "delete" | "drop" | "clear" | "cancel"        then the names say what is taken away
//! name    = "stop" | "targets" | "trail"                             its level may stand after the symbol: "stop on btc at 2%"
//! even    = ["to" | "at"] ("breakeven" | "break even" | "be" | "entry")
//! ```

use super::levels::{self, Levels};
use super::stop_limit::Limited;
use super::upkeep::Upkeep;
use crate::domain::evidence::{Evidence, EvidenceMap};
use crate::domain::instrument::Symbol;
use crate::domain::request::{Command, LevelSpec, ProtectRequest, Request, StopChange, TargetChange};
use crate::domain::upkeep::TimeStop;
use crate::nlp::clauses;
use crate::nlp::cursor::Cursor;
use crate::nlp::doubt::Doubt;
use crate::nlp::family::{Outcome, Partial};
use crate::nlp::lexicon::Lexicon;
use crate::nlp::slot::Slot;

#[cfg(test)]
pub(in crate::nlp) const EXAMPLES: &[(&str, &str)] = &[
    ("move stop to 60k", "protect only stop=60000"),
    ("set stop on btc at 2%", "protect BTC/USDT stop=2%"),
    ("stop to breakeven", "protect only stop=breakeven"),
    ("move my sol stop to entry", "protect SOL/USDT stop=breakeven"),
    ("trail my sol stop 2%", "protect SOL/USDT trail=2%"),
    ("set targets on eth 2000 and 2200", "protect ETH/USDT tp=2000 tp=2200"),
    ("take half at 6% on eth", "protect ETH/USDT tp=6%*0.5"),
    ("set tp 72k and sl 58k on my btc position", "protect BTC/USDT stop=58000 tp=72000"),
    ("remove stop", "protect only stop=none"),
    ("remove the targets on eth", "protect ETH/USDT tp=none"),
    ("stop loss 58k for btc", "protect BTC/USDT stop=58000"),
    ("cancel my btc stop", "protect BTC/USDT stop=none"),
];

const VERBS: &[&str] = &[
    "move", "set", "put", "raise", "lower", "tighten", "change", "update", "adjust", "bring", "shift", "add", "protect", "modify", "place",
    "use", "make", "with",
];
const REMOVE: &[&str] = &["remove", "delete", "drop", "clear", "cancel"];
const EVEN: &[&[&str]] =
    &[&["breakeven"], &["break", "even"], &["be"], &["my", "entry"], &["the", "entry"], &["entry", "price"], &["entry"]];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Want {
    Stop,
    Targets,
    Trail,
}

#[derive(Debug, Default)]
struct Draft {
    symbol: Slot<Symbol>,
    levels: Levels,
    even: Slot<()>,
    upkeep: Upkeep,
    removes: bool,
    /// Whether a word may mean a step from the old level.
    steps: bool,
    no_stop: Slot<()>,
    no_targets: Slot<()>,
    want: Option<Want>,
}

/// Reads a change of exits.
pub fn read(mut cursor: Cursor<'_>, lexicon: &Lexicon) -> Outcome {
    let mut draft = Draft::default();
    draft.levels.limited = Limited::May;
    let mut unknown = Vec::new();
    let read = clauses::read(&mut cursor, &mut unknown, |cursor| draft.clause(cursor));
    let partial = Partial { understood: draft.understood(), unknown };
    if let Err(doubt) = read {
        return partial.asked(doubt);
    }
    if !partial.unknown.is_empty() {
        return if draft.symbol.is_empty() && draft.says_a_level() {
            partial.unknown_symbol(cursor.text(), lexicon)
        } else {
            partial.left_over()
        };
    }
    match draft.request() {
        Ok(request) => Outcome::Request(Request::Command(Command::Protect(request))),
        Err(doubt) => partial.asked(doubt),
    }
}

impl Draft {
    fn clause(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, Doubt> {
        if cursor.eat(REMOVE).is_some() {
            self.removes = true;
            return Ok(true);
        }
        if cursor.at_word(&["raise", "lower"]) {
            self.steps = true;
        }
        if cursor.eat(VERBS).is_some() {
            return Ok(true);
        }
        if self.removes {
            return Ok(self.removal(cursor)? || self.symbol(cursor)? || self.small(cursor));
        }
        Ok(self.upkeep.clause(cursor)?
            || self.even(cursor)?
            || self.symbol(cursor)?
            || self.trail_of(cursor)?
            || self.levels.clause(cursor)?
            || self.name(cursor)
            || self.wanted(cursor)?
            || self.small(cursor))
    }

    fn small(&self, cursor: &mut Cursor<'_>) -> bool {
        cursor.filler() || cursor.eat(&["position", "positions", "for", "it", "to", "at", "level", "order"]).is_some()
    }

    fn symbol(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, Doubt> {
        let Some(listed) = cursor.symbol(0) else { return Ok(false) };
        let Some(span) = cursor.skip() else { return Ok(false) };
        self.symbol.fill("symbol", listed.symbol.clone(), span)?;
        Ok(true)
    }

    fn removal(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, Doubt> {
        let Some(first) = cursor.token(0).map(|token| token.span) else { return Ok(false) };
        if let Some(span) = cursor.phrase(&["time", "stop"]) {
            self.upkeep.time_stop.fill("time_stop", TimeStop::Never, span)?;
            return Ok(true);
        }
        if levels::trail_word(cursor) || levels::stop_word(cursor) {
            self.no_stop.fill("stop", (), first)?;
            return Ok(true);
        }
        if levels::target_word(cursor) {
            self.no_targets.fill("target", (), first)?;
            return Ok(true);
        }
        Ok(false)
    }

    /// `stop to breakeven`, `btc to breakeven`.
    fn even(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, Doubt> {
        let mut ahead = *cursor;
        levels::stop_word(&mut ahead);
        ahead.eat_all(&["to", "at"]);
        let Some(span) = ahead.any_phrase(EVEN) else { return Ok(false) };
        *cursor = ahead;
        self.want = None;
        self.even.fill("stop", (), span)?;
        Ok(true)
    }

    /// `trail my sol stop 2%`: the stop is what trails.
    fn trail_of(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, Doubt> {
        if self.want != Some(Want::Trail) {
            return Ok(false);
        }
        let mut ahead = *cursor;
        levels::stop_word(&mut ahead);
        let found = self.levels.trailing_value(&mut ahead)?;
        if found {
            self.want = None;
            *cursor = ahead;
        }
        Ok(found)
    }

    /// A name whose level comes later.
    fn name(&mut self, cursor: &mut Cursor<'_>) -> bool {
        let want = if levels::trail_word(cursor) {
            Want::Trail
        } else if levels::stop_word(cursor) {
            if cursor.eat(&["limit"]).is_some() {
                self.levels.limited = Limited::Must;
            }
            if self.want == Some(Want::Trail) { Want::Trail } else { Want::Stop }
        } else if levels::target_word(cursor) || cursor.eat(&["take"]).is_some() {
            Want::Targets
        } else {
            return false;
        };
        self.want = Some(want);
        true
    }

    /// The level of the name before.
    fn wanted(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, Doubt> {
        let mut ahead = *cursor;
        let found = match self.want {
            None => false,
            Some(Want::Stop) => self.levels.stop_value(&mut ahead)?,
            Some(Want::Trail) => self.levels.trailing_value(&mut ahead)?,
            Some(Want::Targets) => self.levels.targets.items(&mut ahead, true)?,
        };
        if found {
            self.want = None;
            *cursor = ahead;
        }
        Ok(found)
    }

    fn says_a_level(&self) -> bool {
        !self.levels.stop.is_empty()
            || !self.levels.trailing.is_empty()
            || !self.levels.targets.is_empty()
            || !self.even.is_empty()
            || !self.upkeep.is_empty()
            || !self.levels.trail_atr.is_empty()
            || self.removes
            || self.want.is_some()
    }

    fn request(&self) -> Result<ProtectRequest, Doubt> {
        let mut evidence = EvidenceMap::new();
        let stop = self.stop()?;
        let targets = self.targets()?;
        if let Some(want) = self.want {
            return Err(nameless(want));
        }
        let upkeep = self.levels.upkeep(&self.upkeep)?;
        if stop.is_some() && upkeep.trail_atr.is_some() {
            return Err(Doubt::twice("stop"));
        }
        if stop.is_none() && targets.is_none() && self.upkeep.is_empty() && upkeep.trail_atr.is_none() {
            return Err(Doubt::about(
                "stop",
                "What shall I change? Say for example: move stop to 60k, trail 2%, or set targets on eth 2000 and 2200.",
            ));
        }
        self.symbol.note("symbol", &mut evidence);
        evidence.entry("symbol".into()).or_insert_with(|| Evidence::computed("no symbol said: the only open position"));
        self.levels.note(&mut evidence);
        self.upkeep.note(&mut evidence);
        self.even.note("stop", &mut evidence);
        self.no_stop.note("stop", &mut evidence);
        self.no_targets.note("targets", &mut evidence);
        Ok(ProtectRequest { symbol: self.symbol.value().cloned(), stop, targets, upkeep, evidence })
    }

    fn stop(&self) -> Result<Option<StopChange>, Doubt> {
        let distance = matches!(self.levels.stop.value(), Some(LevelSpec::Distance(_)));
        if distance && (self.steps || !self.levels.reference.is_empty()) {
            // A distance is counted from the price now; "raise by 2%" and "2% below entry" mean something else.
            return Err(Doubt::about(
                "stop",
                "I count a distance from the price now. Say the price of the stop, or the distance alone: move stop to 60k, or set stop at 2%.",
            ));
        }
        let said = [
            self.levels.stop.value().map(|level| StopChange::Set(*level)),
            self.levels.trailing.value().map(|ratio| StopChange::Trail(*ratio)),
            self.even.value().map(|()| StopChange::BreakEven),
            self.no_stop.value().map(|()| StopChange::Remove),
        ];
        let mut said = said.into_iter().flatten();
        let first = said.next();
        if said.next().is_some() { Err(Doubt::twice("stop")) } else { Ok(first) }
    }

    fn targets(&self) -> Result<Option<TargetChange>, Doubt> {
        if !self.no_targets.is_empty() {
            return if self.levels.targets.is_empty() { Ok(Some(TargetChange::Remove)) } else { Err(Doubt::twice("target")) };
        }
        let specs = self.levels.targets.specs()?;
        Ok((!specs.is_empty()).then_some(TargetChange::Set(specs)))
    }

    fn understood(&self) -> String {
        let verb = if self.removes { "remove exits" } else { "change exits" };
        self.symbol.value().map_or_else(|| verb.to_owned(), |symbol| format!("{verb} of {symbol}"))
    }
}

fn nameless(want: Want) -> Doubt {
    match want {
        Want::Stop => Doubt::about(
            "stop",
            "Where should the stop be? Say a price, a distance or break-even, for example: move stop to 60k, stop 2%, stop to breakeven.",
        ),
        Want::Targets => {
            Doubt::about("target", "Where should the targets be? Say prices or distances, for example: set targets on eth 2000 and 2200.")
        }
        Want::Trail => Doubt::about("trailing", "At what distance should the stop trail? Say for example: trail 2%."),
    }
}
