//! A chat's clock: it runs by itself, or stands still between the lines of a pipe so that the run can be repeated.

use std::sync::Arc;

use rust_decimal::Decimal;

use crate::clock::{SteppedClock, WallClock};
use crate::domain::time::Timestamp;
use crate::engine::ports::Clock;

/// Slowest that market time may run.
const SPEED_MIN: Decimal = Decimal::from_parts(1, 0, 0, false, 3);

/// How market time passes.
#[derive(Clone)]
pub enum Pace {
    /// With the wall, perhaps faster.
    Running(Arc<WallClock>),
    /// Only while somebody waits.
    Stepped(Arc<SteppedClock>),
}

impl Pace {
    /// Returns time that runs from `now`, `speed` times as fast as the wall.
    pub fn running(now: Timestamp, speed: Decimal) -> Self {
        Self::Running(Arc::new(WallClock::new(now, speed.max(SPEED_MIN))))
    }

    /// Returns time that stands at `now`.
    pub fn stepped(now: Timestamp) -> Self {
        Self::Stepped(Arc::new(SteppedClock::new(now)))
    }

    /// Returns the clock.
    pub fn clock(&self) -> Arc<dyn Clock> {
        match self {
            Self::Running(clock) => Arc::<WallClock>::clone(clock),
            Self::Stepped(clock) => Arc::<SteppedClock>::clone(clock),
        }
    }
}
