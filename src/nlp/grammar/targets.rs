//! Take-profit levels, one or several, with the share each takes.
//!
//! ```text
//! targets = head [join] item {sep item} | N% ("tp" | "target" | "take profit")
//! head    = "tp" | "tp1" … | "target" | "targets" | "take" ["profit"] | "scale" "out" ["of"]
//! item    = share ["of it" | "off"] "at" level | level ["for"] [share]      share = share.rs | ["the"] "rest"
//! sep     = "," | "and" | "then" | "/" | "&"                                level = levels.rs
//! ```
//!
//! Invariant: shares are above zero and come to at most the whole.

use rust_decimal::Decimal;

use super::levels::{follows_level, joins, level, level_of, names_a_level, target_word};
use super::{amount, share};
use crate::domain::evidence::EvidenceMap;
use crate::domain::money::Ratio;
use crate::domain::request::{LevelSpec, TargetSpec};
use crate::nlp::cursor::Cursor;
use crate::nlp::doubt::Doubt;
use crate::nlp::number::Mark;
use crate::nlp::token::Said;

/// Most targets of one order.
const TARGETS_MAX: usize = 10;
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
}

/// The targets in the order said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Targets(Vec<Target>);

impl Targets {
    /// Tells whether none was said.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads one clause of targets; tells whether one stood here.
    ///
    /// # Errors
    /// [`Doubt`] if a level is not above zero or there are too many.
    pub fn clause(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, Doubt> {
        let mut ahead = *cursor;
        if let Some(said) = ahead.number(0).filter(|said| said.value.mark == Mark::Percent) {
            ahead.skip();
            if !target_word(&mut ahead) || follows_level(&ahead) {
                return Ok(false);
            }
            *cursor = ahead;
            return self.push(Target { level: Said::new(level_of(said.value, "target")?, said.span), share: None });
        }
        let plural = ahead.at_word(&["targets", "tps", "scale"]);
        if !target_word(&mut ahead) && ahead.eat(&["take"]).is_none() {
            return Ok(false);
        }
        self.items(&mut ahead, plural).inspect(|found| {
            if *found {
                *cursor = ahead
            }
        })
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
        if self.0.len() == TARGETS_MAX {
            return Err(Doubt::about(
                "target",
                format!("I take at most {TARGETS_MAX} targets. Say for example: targets 65k, 67k and 70k."),
            ));
        }
        self.0.push(target);
        Ok(true)
    }

    /// Returns the targets with "the rest" worked out.
    ///
    /// # Errors
    /// [`Doubt`] if the shares come to more than the whole, or "the rest" is nothing or said twice.
    pub fn specs(&self) -> Result<Vec<TargetSpec>, Doubt> {
        let said: Decimal = self
            .0
            .iter()
            .filter_map(|target| match target.share.as_ref()?.value {
                Share::Ratio(ratio) => Some(ratio.value()),
                Share::Rest => None,
            })
            .sum();
        let open = self.0.iter().filter(|target| !matches!(&target.share, Some(Said { value: Share::Ratio(_), .. }))).count();
        let rests = self.0.iter().filter(|target| matches!(&target.share, Some(Said { value: Share::Rest, .. }))).count();
        if said > Decimal::ONE || (open > 0 && said == Decimal::ONE) {
            let percent = (said * Decimal::ONE_HUNDRED).normalize();
            return Err(Doubt::about(
                "target",
                format!(
                    "The targets take {percent}% of the position and more. Their shares may come to 100% at most, for example: take half at 6% and the rest at 10%."
                ),
            ));
        }
        if rests > 0 && open > 1 {
            return Err(Doubt::about(
                "target",
                "I cannot tell how large each target's share is. Give each one its share, for example: take half at 6% and the rest at 10%.",
            ));
        }
        let rest = Ratio::new(Decimal::ONE - said)
            .map_err(|_| Doubt::about("target", "I cannot work out the rest. Give each target its share in percent."))?;
        let spec = |target: &Target| TargetSpec {
            level: target.level.value,
            share: target.share.as_ref().map(|share| match share.value {
                Share::Ratio(ratio) => ratio,
                Share::Rest => rest,
            }),
        };
        Ok(self.0.iter().map(spec).collect())
    }

    /// Writes where each target was said into `evidence`.
    pub fn note(&self, evidence: &mut EvidenceMap) {
        for (place, target) in self.0.iter().enumerate() {
            evidence.insert(format!("target.{}", place + 1), target.level.span.said());
            if let Some(share) = &target.share {
                evidence.insert(format!("target.{}.share", place + 1), share.span.said());
            }
        }
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
        return Err(Doubt::about(
            "target",
            "Two percentages follow each other and I cannot tell the distance from the share. Say it like: take half at 6%.",
        ));
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
