//! The price path of one coin.
//!
//! Invariant: the path depends on its seed, its coin and the schedule of steps only; the price stays within a factor
//! of twenty of where it began, and is always a finite number above zero.
//!
//! Log returns are `σ·z − σ²/2`, plus the market's jumps times the coin's scale. `z` is partly the market's, partly the
//! coin's own. σ is the coin's volatility × the market's agitation × exp(heat), where heat is the coin's own
//! Ornstein-Uhlenbeck process: so volatility clusters in the market as a whole and in each coin.

use serde::{Deserialize, Serialize};

use super::bits;
use super::coin::Temper;
use super::dice::Dice;
use super::mood::Weather;
use crate::domain::time::{DAY_MS, HOUR_MS};

/// Milliseconds of a year of 365 days: volatilities are annual.
const YEAR_MS: f64 = (365 * DAY_MS) as f64;
/// Standard deviation of the coin's own heat at rest.
const HEAT_DEVIATION: f64 = 0.2;
/// Time after which heat has fallen to 1/e.
const HEAT_DECAY_MS: f64 = HOUR_MS as f64;
const HEAT_MAX: f64 = 1.2;
/// The price stays within this factor of its start.
const RANGE_FACTOR: f64 = 20.0;
/// Volume of a step never exceeds this multiple of the usual.
const VOLUME_FACTOR_MAX: f64 = 40.0;

/// The state of a path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Path {
    dice: Dice,
    /// Price in ticks.
    #[serde(with = "bits")]
    price: f64,
    /// Deviation of the coin's log volatility from the market's.
    #[serde(with = "bits")]
    heat: f64,
}

/// What one step brought.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Move {
    /// The price afterwards, in ticks.
    pub price: f64,
    /// The logarithm of the price's change.
    pub log_return: f64,
    /// Volume traded, in quote currency.
    pub volume: f64,
    /// Present volatility as a multiple of the coin's normal one.
    pub agitation: f64,
}

/// A coin's coefficients for one length of step.
#[derive(Debug, Clone, PartialEq)]
pub struct Pace {
    /// Standard deviation of a step's log return in the normal regime.
    deviation: f64,
    heat_kept: f64,
    heat_noise: f64,
    jump_scale: f64,
    common_weight: f64,
    own_weight: f64,
    volume: f64,
}

impl Pace {
    /// Returns the coefficients of a coin of this temper for steps of `step_ms`.
    pub fn new(temper: &Temper, step_ms: i64) -> Self {
        let step = step_ms as f64;
        let heat_kept = libm::exp(-step / HEAT_DECAY_MS);
        Self {
            deviation: temper.volatility * (step / YEAR_MS).sqrt(),
            heat_kept,
            heat_noise: HEAT_DEVIATION * (1.0 - heat_kept * heat_kept).sqrt(),
            jump_scale: temper.jump_scale,
            common_weight: temper.common,
            own_weight: (1.0 - temper.common * temper.common).sqrt(),
            volume: temper.daily_volume * step / DAY_MS as f64,
        }
    }
}

impl Path {
    /// Starts a path at `price` (in ticks).
    pub const fn new(dice: Dice, price: f64) -> Self {
        Self { dice, price, heat: 0.0 }
    }

    /// Returns the present price in ticks.
    pub const fn price(&self) -> f64 {
        self.price
    }

    /// Tells whether a stored path is one that a coin starting at `start` can be on.
    pub fn is_sound(&self, start: f64) -> bool {
        let bounds = start / RANGE_FACTOR..=start * RANGE_FACTOR;
        self.dice.is_sound() && bounds.contains(&self.price) && (-HEAT_MAX..=HEAT_MAX).contains(&self.heat)
    }

    /// Takes one step through the market's weather; `start` is the price the path began at.
    pub fn step(&mut self, pace: &Pace, weather: &Weather, start: f64) -> Move {
        let (own, heat_shock) = self.dice.normals();
        self.heat = (self.heat * pace.heat_kept + heat_shock * pace.heat_noise).clamp(-HEAT_MAX, HEAT_MAX);
        // As for the market's heat: a mean square of one.
        let agitation = weather.agitation * libm::exp(self.heat - HEAT_DEVIATION * HEAT_DEVIATION);
        let deviation = pace.deviation * agitation;
        let drawn = pace.common_weight * weather.shock + pace.own_weight * own;
        let log_return = deviation * drawn - deviation * deviation / 2.0 + weather.jump * pace.jump_scale;
        self.price = (self.price * libm::exp(log_return)).clamp(start / RANGE_FACTOR, start * RANGE_FACTOR);

        // Volume follows volatility: the present one, and the size of this very move.
        let size = if deviation > 0.0 { (log_return / deviation).abs() } else { 0.0 };
        let busy = ((0.4 + 0.6 * agitation) * (0.6 + 0.5 * size) * self.dice.exponential()).min(VOLUME_FACTOR_MAX);
        Move { price: self.price, log_return, volume: pace.volume * busy, agitation }
    }
}
