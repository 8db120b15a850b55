//! The only place that reads a clock.
//!
//! Market time is the wall's, or faster ([`WallClock`]), or stands still until somebody lets it pass ([`SteppedClock`]).
//! Under tokio's paused time the wall clock is virtual as well, which is how the simulation runs it.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::domain::time::Timestamp;
use crate::engine::ports::Clock;

/// Longest single sleep; a longer one is slept in parts.
const SLEEP_MAX: Duration = Duration::from_secs(3_600);

/// Returns the wall's time.
#[expect(clippy::disallowed_methods, reason = "the one reading of the wall clock")]
pub fn wall_now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_ms(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Measures how long ago something was, by the monotonic clock: for figures, and for how long a role is sure.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts one.
    #[expect(clippy::disallowed_methods, reason = "the one stopwatch")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Returns the time since it was started.
    pub fn passed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// A clock that runs with the wall, perhaps faster. Durations come from the monotonic clock, so a jump of the wall does
/// not move it.
pub struct WallClock {
    started: Instant,
    anchor: Timestamp,
    /// Market milliseconds a thousand wall milliseconds.
    pace: i64,
}

impl WallClock {
    /// Returns a clock that stands at `anchor` now and runs `speed` times as fast as the wall.
    #[expect(clippy::disallowed_methods, reason = "the one reading of the monotonic clock")]
    pub fn new(anchor: Timestamp, speed: Decimal) -> Self {
        let pace = (speed * Decimal::ONE_THOUSAND).to_i64().unwrap_or(1_000).clamp(1, 1_000_000_000);
        Self { started: Instant::now(), anchor, pace }
    }
}

#[async_trait]
impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        let elapsed = i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX);
        self.anchor.plus_ms(elapsed.saturating_mul(self.pace) / 1_000)
    }

    #[expect(clippy::disallowed_methods, reason = "the one sleep of market time")]
    async fn sleep_until(&self, at: Timestamp) {
        loop {
            let left = at.since(self.now());
            if left <= 0 {
                return;
            }
            // Rounded up, so that the moment has come when the sleep ends.
            let wall_ms = left.saturating_mul(1_000) / self.pace + 1;
            tokio::time::sleep(Duration::from_millis(wall_ms.unsigned_abs()).min(SLEEP_MAX)).await;
        }
    }
}

/// A clock that stands still until [`SteppedClock::set`] moves it.
pub struct SteppedClock {
    now: watch::Sender<Timestamp>,
    // Only one mover at a time: a clock never goes back.
    moving: Mutex<()>,
}

impl SteppedClock {
    /// Returns a clock that stands at `now`.
    pub fn new(now: Timestamp) -> Self {
        Self { now: watch::Sender::new(now), moving: Mutex::new(()) }
    }

    /// Moves the clock forward to `to`; it never goes back.
    pub fn set(&self, to: Timestamp) {
        let _moving = self.moving.lock().unwrap_or_else(PoisonError::into_inner);
        self.now.send_if_modified(|now| {
            let forward = to > *now;
            *now = to.max(*now);
            forward
        });
    }
}

#[async_trait]
impl Clock for SteppedClock {
    fn now(&self) -> Timestamp {
        *self.now.borrow()
    }

    async fn sleep_until(&self, at: Timestamp) {
        let mut receiver = self.now.subscribe();
        // The sender lives as long as `self`, so waiting cannot fail.
        let _ = receiver.wait_for(|now| *now >= at).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    #[tokio::test(start_paused = true)]
    async fn a_fast_clock_runs_its_hour_in_a_minute() {
        let clock = WallClock::new(Timestamp::from_ms(0), dec!(60));
        clock.sleep_until(Timestamp::from_ms(3_600_000)).await;
        assert!(clock.now().ms() >= 3_600_000 && clock.now().ms() < 3_601_000);
        assert!(clock.started.elapsed() < Duration::from_secs(61));
    }

    // The clock reads the wall never, so no setting of the wall can turn it back: here the wall goes on and it stands still.
    #[tokio::test(start_paused = true)]
    async fn a_wall_clock_does_not_look_at_the_wall_again() {
        let ahead = wall_now().plus_ms(86_400_000);
        let clock = WallClock::new(ahead, Decimal::ONE);
        let before = wall_now();
        while wall_now() == before {
            std::hint::spin_loop();
        }
        assert_eq!(clock.now(), ahead, "though the wall has moved and is a day behind");
        tokio::time::advance(Duration::from_millis(1_500)).await;
        assert_eq!(clock.now(), ahead.plus_ms(1_500));
    }

    #[tokio::test(start_paused = true)]
    async fn a_wall_clock_never_goes_back_at_any_pace() {
        for speed in [dec!(0.0001), dec!(0.3), dec!(1), dec!(60), dec!(99999999999)] {
            let clock = WallClock::new(Timestamp::from_ms(0), speed);
            let mut last = clock.now();
            for step in [0, 1, 2, 999, 86_400_000, 400 * 86_400_000] {
                tokio::time::advance(Duration::from_millis(step)).await;
                assert!(clock.now() >= last, "{speed}: {} after {}", clock.now().ms(), last.ms());
                last = clock.now();
            }
            assert!(last > Timestamp::from_ms(0), "{speed}: it does run");
        }
    }

    #[tokio::test]
    async fn a_stepped_clock_wakes_its_sleepers_and_never_goes_back() {
        let clock = SteppedClock::new(Timestamp::from_ms(10));
        clock.set(Timestamp::from_ms(5));
        assert_eq!(clock.now().ms(), 10);
        tokio::join!(clock.sleep_until(Timestamp::from_ms(20)), async { clock.set(Timestamp::from_ms(20)) });
        assert_eq!(clock.now().ms(), 20);
    }
}
