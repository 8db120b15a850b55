//! What all coins have in common: the regime, its heat, the shared part of every move, and the jumps of the market.
//!
//! Invariant: the mood depends on the seed and the schedule of steps only, never on which coins are listed.

use serde::{Deserialize, Serialize};

use super::bits;
use super::dice::Dice;
use super::regime::Regime;
use crate::domain::time::{DAY_MS, HOUR_MS};

/// Standard deviation of the heat at rest, as log volatility.
const HEAT_DEVIATION: f64 = 0.3;
/// Time after which heat has fallen to 1/e.
const HEAT_DECAY_MS: f64 = HOUR_MS as f64;
/// Heat that a jump adds, and the most there can be.
const HEAT_OF_JUMP: f64 = 0.9;
const HEAT_MAX: f64 = 1.5;
/// Size of a jump of bitcoin as log return: a sure part, and the mean of an exponential part.
const JUMP_SURE: f64 = 0.032;
const JUMP_MEAN: f64 = 0.005;
const JUMP_MAX: f64 = 0.15;

/// The state of the market as a whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mood {
    dice: Dice,
    regime: Regime,
    /// Deviation of the log volatility inside the regime: an Ornstein-Uhlenbeck process.
    #[serde(with = "bits")]
    heat: f64,
}

/// What one step brings to all coins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weather {
    /// The shared standard normal number.
    pub shock: f64,
    /// Volatility as a multiple of the normal one.
    pub agitation: f64,
    /// Log return of a jump, for a coin of jump scale one; zero if there is none.
    pub jump: f64,
}

/// The coefficients for one length of step.
#[derive(Debug, Clone, PartialEq)]
pub struct MoodPace {
    heat_kept: f64,
    heat_noise: f64,
    leave: [f64; 3],
    jump: [f64; 3],
}

impl MoodPace {
    /// Returns the coefficients for steps of `step_ms`.
    pub fn new(step_ms: i64) -> Self {
        let step = step_ms as f64;
        let heat_kept = libm::exp(-step / HEAT_DECAY_MS);
        let happens = |rate_per_ms: f64| 1.0 - libm::exp(-rate_per_ms * step);
        Self {
            heat_kept,
            heat_noise: HEAT_DEVIATION * (1.0 - heat_kept * heat_kept).sqrt(),
            leave: Regime::ALL.map(|regime| happens(1.0 / regime.mean_stay_ms())),
            jump: Regime::ALL.map(|regime| happens(regime.jumps_per_day() / DAY_MS as f64)),
        }
    }
}

impl Mood {
    /// Returns the mood a market of this seed begins in: calm or normal, with a heat that is usual.
    pub fn new(mut dice: Dice) -> Self {
        let regime = if dice.uniform() < 0.35 { Regime::Calm } else { Regime::Normal };
        let (heat, _) = dice.normals();
        Self { dice, regime, heat: heat * HEAT_DEVIATION }
    }

    /// Returns the present regime.
    pub const fn regime(&self) -> Regime {
        self.regime
    }

    /// Tells whether a stored mood is one that a market can be in.
    pub fn is_sound(&self) -> bool {
        self.dice.is_sound() && (-HEAT_MAX..=HEAT_MAX).contains(&self.heat)
    }

    /// Takes one step.
    pub fn step(&mut self, pace: &MoodPace) -> Weather {
        let (shock, heat_shock) = self.dice.normals();
        let jumps = self.dice.uniform() < of(&pace.jump, self.regime);
        let jump = if jumps { self.jump() } else { 0.0 };
        if !jumps && self.dice.uniform() < of(&pace.leave, self.regime) {
            self.regime = self.regime.next(&mut self.dice);
        }
        self.heat = (self.heat * pace.heat_kept + heat_shock * pace.heat_noise).clamp(-HEAT_MAX, HEAT_MAX);
        // exp(heat − deviation²) has a mean square of one, so heat does not change the volatility on average.
        let agitation = self.regime.volatility() * libm::exp(self.heat - HEAT_DEVIATION * HEAT_DEVIATION);
        Weather { shock, agitation, jump }
    }

    /// A jump leaves a turbulent and heated market behind, as the aftershocks of a crash do.
    fn jump(&mut self) -> f64 {
        self.regime = Regime::Turbulent;
        self.heat += HEAT_OF_JUMP;
        let size = (JUMP_SURE + JUMP_MEAN * self.dice.exponential()).min(JUMP_MAX);
        if self.dice.uniform() < 0.5 { -size } else { size }
    }
}

fn of(by_regime: &[f64; 3], regime: Regime) -> f64 {
    let [calm, normal, turbulent] = *by_regime;
    match regime {
        Regime::Calm => calm,
        Regime::Normal => normal,
        Regime::Turbulent => turbulent,
    }
}
