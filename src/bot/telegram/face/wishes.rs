//! What a chat wants to be told, how loudly, and where. Kept as JSON for each person's own chat.
//!
//! Invariant: answers, cards and questions always come, and an alert can be made silent but never switched off.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::words::Dial;
use crate::domain::notice::{Notice, NoticeBody};
use crate::domain::order::Leg;
use crate::domain::time::{DAY_MS, MINUTE_MS, Timestamp};

/// Kinds of notices that come unasked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Executions.
    Fills,
    /// Orders that rest, change or end.
    Orders,
    /// What needs attention, refusals of the venue included.
    Alerts,
    /// Everything about the program itself.
    System,
}

/// How a kind of notice comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// With a sound.
    On,
    /// Without.
    Silent,
    /// Not at all.
    Off,
}

/// Kinds that share a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// Fills and orders.
    Trades,
    /// Alerts.
    Alerts,
    /// The program itself.
    System,
}

/// Where notices of a subject go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// To which chat.
    pub chat: i64,
    /// To which topic in it.
    pub thread: Option<i64>,
}

/// Hours in which nothing but an alert makes a sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quiet {
    /// From this minute of the day.
    pub from: u16,
    /// To this one; it may lie on the next day.
    pub to: u16,
    /// Minutes that the person's clock is ahead of UTC.
    pub ahead: i16,
}

/// What a chat wants.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Wishes {
    /// Levels that were said; the others are on.
    pub levels: BTreeMap<Kind, Level>,
    /// Quiet hours.
    pub quiet: Option<Quiet>,
    /// The zone of the person's clock, by its IANA name; none takes the distance from UTC that stands with the quiet hours.
    pub zone: Option<String>,
    /// Topics that were said.
    pub routes: BTreeMap<Subject, Route>,
    /// Why nobody can be reached there, once Telegram has said so.
    pub unreachable: Option<String>,
    /// The chat's new id, if it became another.
    pub moved_to: Option<i64>,
}

/// How a notice is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// With a sound.
    Aloud,
    /// Without.
    Silent,
    /// Later: it is quiet, and it can wait for the digest at the end.
    Held,
    /// Not at all: the person switched its kind off.
    Dropped,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Fills, Self::Orders, Self::Alerts, Self::System];

    /// Returns its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fills => "fills",
            Self::Orders => "orders",
            Self::Alerts => "alerts",
            Self::System => "system",
        }
    }

    /// Returns the kind of a notice; none for what is always told.
    pub fn of(notice: &Notice) -> Option<Self> {
        match &notice.body {
            NoticeBody::Filled(_) => Some(Self::Fills),
            NoticeBody::OrderNews { .. } => Some(Self::Orders),
            NoticeBody::Alert { .. } | NoticeBody::Rejected { .. } => Some(Self::Alerts),
            NoticeBody::State { .. } | NoticeBody::Text(_) | NoticeBody::Error(_) if notice.cause.is_none() => Some(Self::System),
            _ => None,
        }
    }

    /// Returns the subject it belongs to.
    pub const fn subject(self) -> Subject {
        match self {
            Self::Fills | Self::Orders => Subject::Trades,
            Self::Alerts => Subject::Alerts,
            Self::System => Subject::System,
        }
    }
}

impl Level {
    /// Every level.
    pub const ALL: [Self; 3] = [Self::On, Self::Silent, Self::Off];

    /// Returns its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Silent => "silent",
            Self::Off => "off",
        }
    }
}

impl Subject {
    /// Every subject.
    pub const ALL: [Self; 3] = [Self::Trades, Self::Alerts, Self::System];

    /// Returns its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Trades => "trades",
            Self::Alerts => "alerts",
            Self::System => "system",
        }
    }
}

impl Quiet {
    /// Tells whether it is quiet now, on a clock so many minutes ahead of UTC.
    fn covers(&self, now: Timestamp, ahead: i64) -> bool {
        let minute = now.plus_ms(ahead.saturating_mul(MINUTE_MS)).ms().rem_euclid(DAY_MS) / MINUTE_MS;
        let (from, to) = (i64::from(self.from), i64::from(self.to));
        if from <= to { (from..to).contains(&minute) } else { minute >= from || minute < to }
    }
}

impl Wishes {
    /// Reads stored wishes. Words that this version cannot read are as good as none: everything is told.
    pub fn parse(stored: Option<&str>) -> Self {
        let Some(stored) = stored else { return Self::default() };
        serde_json::from_str(stored).unwrap_or_else(|error| {
            tracing::warn!(%error, "a chat's wishes cannot be read; it is told everything");
            Self::default()
        })
    }

    /// Returns them for storing.
    ///
    /// # Errors
    /// What serde says; not known to happen.
    pub fn store(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// Returns how loudly a kind comes.
    pub fn level(&self, kind: Kind) -> Level {
        let said = self.levels.get(&kind).copied().unwrap_or(Level::On);
        if kind == Kind::Alerts { said.min(Level::Silent) } else { said }
    }

    /// Sets quiet hours; the clock that was said before stays if none is said now.
    pub fn set_quiet(&mut self, from: u16, to: u16, dial: &Dial) {
        let ahead = match dial {
            Dial::Same => self.quiet.map_or(0, |quiet| quiet.ahead),
            Dial::Ahead(ahead) => {
                self.zone = None;
                *ahead
            }
            Dial::Zone(name) => {
                self.zone = Some(name.clone());
                0
            }
        };
        self.quiet = Some(Quiet { from, to, ahead });
    }

    /// Tells whether it is quiet now.
    pub fn is_quiet(&self, now: Timestamp) -> bool {
        let Some(quiet) = &self.quiet else { return false };
        let zone = self.zone.as_deref().and_then(|name| TimeZone::get(name).ok());
        let at = jiff::Timestamp::from_millisecond(now.ms()).ok();
        // A name that this program's version does not know any more leaves the distance that was said.
        let in_zone = zone.zip(at).map(|(zone, at)| i64::from(zone.to_offset(at).seconds()) / 60);
        quiet.covers(now, in_zone.unwrap_or(quiet.ahead.into()))
    }

    /// Returns how a notice is told now.
    pub fn manner(&self, notice: &Notice, now: Timestamp) -> Manner {
        let Some(kind) = Kind::of(notice) else { return Manner::Aloud };
        let is_quiet = self.is_quiet(now);
        match self.level(kind) {
            Level::Off => Manner::Dropped,
            Level::On | Level::Silent if is_quiet && can_wait(notice) => Manner::Held,
            Level::Silent => Manner::Silent,
            Level::On if is_quiet && kind != Kind::Alerts => Manner::Silent,
            Level::On => Manner::Aloud,
        }
    }

    /// Returns where a notice goes, if its subject has a place of its own.
    pub fn route(&self, notice: &Notice) -> Option<Route> {
        self.routes.get(&Kind::of(notice)?.subject()).copied()
    }
}

/// Tells whether a notice can wait for the end of quiet hours: news that answer nobody and are about no execution, no stop,
/// no state of trading, and nothing that needs attention.
fn can_wait(notice: &Notice) -> bool {
    let waits = match &notice.body {
        NoticeBody::OrderNews { orders, .. } => orders.iter().all(|order| order.leg != Leg::Stop),
        NoticeBody::Text(_) | NoticeBody::Error(_) => true,
        _ => false,
    };
    waits && notice.cause.is_none()
}

#[cfg(test)]
mod tests {
    use super::{Kind, Level, Manner, Quiet, Wishes};
    use crate::domain::ids::SourceKey;
    use crate::domain::notice::{Notice, NoticeBody};
    use crate::domain::time::{DAY_MS, MINUTE_MS, Timestamp};

    fn notice(body: NoticeBody, cause: Option<&str>) -> Notice {
        Notice { key: "k".to_owned(), chat: None, cause: cause.map(SourceKey::new), at: Timestamp::from_ms(0), body }
    }

    fn alert() -> Notice {
        notice(NoticeBody::Alert { text: "no stop".to_owned(), code: None }, None)
    }

    #[test]
    fn an_alert_is_never_switched_off_and_an_answer_never_silenced() {
        let wishes = Wishes { levels: Kind::ALL.iter().map(|&kind| (kind, Level::Off)).collect(), ..Wishes::default() };
        let now = Timestamp::from_ms(0);
        assert_eq!(wishes.manner(&alert(), now), Manner::Silent);
        assert_eq!(wishes.manner(&notice(NoticeBody::Text("hello".to_owned()), Some("tg:1:1:1")), now), Manner::Aloud);
        assert_eq!(wishes.manner(&notice(NoticeBody::Text("started".to_owned()), None), now), Manner::Dropped);
    }

    #[test]
    fn quiet_hours_go_over_midnight_and_follow_the_persons_clock() {
        // 22:00 to 07:00, two hours ahead of UTC.
        let quiet = Quiet { from: 22 * 60, to: 7 * 60, ahead: 120 };
        let at = |hour: i64, minute: i64| Timestamp::from_ms(20_000 * DAY_MS + (hour * 60 + minute) * MINUTE_MS);
        let wishes = Wishes { quiet: Some(quiet), ..Wishes::default() };
        let is_quiet = |wishes: &Wishes, hour, minute| wishes.is_quiet(at(hour, minute));
        assert!(!is_quiet(&wishes, 19, 59) && is_quiet(&wishes, 20, 0) && is_quiet(&wishes, 4, 59) && !is_quiet(&wishes, 5, 0));
        assert_eq!(wishes.manner(&notice(NoticeBody::Text("x".to_owned()), None), at(23, 0)), Manner::Held);
        assert_eq!(wishes.manner(&notice(NoticeBody::Text("x".to_owned()), Some("tg:1:1:1")), at(23, 0)), Manner::Aloud);
        assert_eq!(wishes.manner(&alert(), at(23, 0)), Manner::Aloud);
    }

    #[test]
    fn a_zones_own_summer_moves_the_quiet_hours() {
        let quiet = Quiet { from: 22 * 60, to: 7 * 60, ahead: 0 };
        let wishes = Wishes { quiet: Some(quiet), zone: Some("Europe/Berlin".to_owned()), ..Wishes::default() };
        let at = |text: &str| Timestamp::from_ms(text.parse::<jiff::Timestamp>().unwrap().as_millisecond());
        for (quiet, loud) in [("2026-07-01T20:00:00Z", "2026-07-01T19:59:00Z"), ("2026-12-01T21:00:00Z", "2026-12-01T20:59:00Z")] {
            assert!(wishes.is_quiet(at(quiet)) && !wishes.is_quiet(at(loud)), "{quiet}");
        }
        let lost = Wishes { zone: Some("Atlantis/Poseidonis".to_owned()), ..wishes };
        assert!(lost.is_quiet(at("2026-07-01T22:00:00Z")) && !lost.is_quiet(at("2026-07-01T21:59:00Z")));
    }

    #[test]
    fn wishes_are_read_back_and_nonsense_is_none() {
        let wishes = Wishes { levels: [(Kind::Fills, Level::Silent)].into(), ..Wishes::default() };
        assert_eq!(Wishes::parse(Some(&wishes.store().unwrap())), wishes);
        assert_eq!(Wishes::parse(Some("{")), Wishes::default());
    }
}
