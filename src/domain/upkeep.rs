//! What the account does with an open position on its own: a time stop, the stop to break-even once a target has filled,
//! and from which price on a stop trails.

use serde::{Deserialize, Serialize};

use super::money::{Price, Ratio};
use super::request::LevelSpec;
use super::rows::Protection;
use super::time::Timestamp;

/// A time stop, or its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeStop {
    /// Close so many milliseconds after the position was opened; for one that is open, from now.
    After(i64),
    /// Take the time stop away.
    Never,
}

/// Upkeep as asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct UpkeepSpec {
    /// When the position is closed.
    pub time_stop: Option<TimeStop>,
    /// Whether the stop goes to break-even once a target has filled.
    pub even_after_target: bool,
    /// From where on the stop trails.
    pub trail_from: Option<LevelSpec>,
    /// The trailing distance as a multiple of the average true range of an hour.
    pub trail_atr: Option<Ratio>,
    /// The limit of the stop, which then is a stop-limit.
    #[serde(default)]
    pub stop_limit: Option<Price>,
}

/// Upkeep as planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Upkeep {
    /// When the position is closed.
    pub time_stop: Option<TimeStop>,
    /// Whether the stop goes to break-even once a target has filled.
    pub even_after_target: bool,
    /// The mark price from which on the stop trails; none means at once.
    pub trail_from: Option<Price>,
}

impl Upkeep {
    /// Tells whether there is none.
    pub const fn is_none(&self) -> bool {
        self.time_stop.is_none() && !self.even_after_target && self.trail_from.is_none()
    }
}

/// What is in force, as it is told beside a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct UpkeepView {
    /// The distance at which the stop trails, or will.
    pub trailing: Option<Ratio>,
    /// The mark price from which on it does; none means that it does.
    pub trail_from: Option<Price>,
    /// Whether the stop goes to break-even once a target has filled.
    pub even_after_target: bool,
    /// When the position is closed because its time is over.
    pub close_at: Option<Timestamp>,
}

impl From<&Protection> for UpkeepView {
    fn from(protection: &Protection) -> Self {
        Self {
            trailing: protection.trailing,
            trail_from: protection.trail_from,
            even_after_target: protection.even_after_target,
            close_at: protection.close_at,
        }
    }
}
