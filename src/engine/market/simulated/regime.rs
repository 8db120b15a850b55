//! The mood of a market: a continuous-time Markov chain over calm, normal and turbulent.
//!
//! Invariant: neighbouring regimes are more than a factor three apart in volatility.

use serde::{Deserialize, Serialize};

use super::dice::Dice;
use crate::domain::time::HOUR_MS;

/// How nervous the market is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Regime {
    /// Little happens.
    Calm,
    /// The usual.
    Normal,
    /// Large moves follow each other.
    Turbulent,
}

impl Regime {
    /// All of them, calmest first.
    pub const ALL: [Self; 3] = [Self::Calm, Self::Normal, Self::Turbulent];

    /// Returns volatility as a multiple of the normal regime's.
    pub const fn volatility(self) -> f64 {
        match self {
            Self::Calm => 0.27,
            Self::Normal => 1.0,
            Self::Turbulent => 3.7,
        }
    }

    /// Returns how long it lasts on average, in milliseconds.
    pub const fn mean_stay_ms(self) -> f64 {
        (match self {
            Self::Calm => 8 * HOUR_MS,
            Self::Normal => 10 * HOUR_MS,
            Self::Turbulent => 2 * HOUR_MS,
        }) as f64
    }

    /// Returns the mean number of jumps a day while it lasts.
    pub const fn jumps_per_day(self) -> f64 {
        match self {
            Self::Calm => 0.15,
            Self::Normal => 0.25,
            Self::Turbulent => 1.2,
        }
    }

    /// Returns the regime that follows once this one ends.
    pub fn next(self, dice: &mut Dice) -> Self {
        let draw = dice.uniform();
        match self {
            Self::Calm if draw < 0.9 => Self::Normal,
            Self::Calm => Self::Turbulent,
            Self::Normal if draw < 0.6 => Self::Calm,
            Self::Normal => Self::Turbulent,
            Self::Turbulent if draw < 0.8 => Self::Normal,
            Self::Turbulent => Self::Calm,
        }
    }
}
