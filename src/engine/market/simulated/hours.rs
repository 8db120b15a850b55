//! The hours of one coin: those it has lived, and a made-up past before them.
//!
//! Invariant I12: memory is bounded by [`LIVED_MAX`] and [`PAST_HOURS`]; the past ends at the price at which life begins.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::coin::Coin;
use super::dice::Dice;
use super::mood::{Mood, MoodPace};
use super::path::{Pace, Path};
use crate::domain::market::Bar;
use crate::domain::time::{HOUR_MS, MINUTE_MS, Timestamp};
use crate::engine::market::hour;

/// Hours of past that are made up before the start.
pub const PAST_HOURS: i64 = 168;

/// Lived hours that are kept.
pub const LIVED_MAX: usize = 120;

/// Step of the path behind the made-up past.
const PAST_STEP_MS: i64 = 5 * MINUTE_MS;

/// One hour in ticks of price and steps of quantity, compact enough to be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hour(i64, i64, i64, i64, i64, i64);

impl Hour {
    fn begin(open_at: Timestamp, price: i64, volume: i64) -> Self {
        Self(open_at.ms(), price, price, price, price, volume)
    }

    const fn open_at(self) -> Timestamp {
        Timestamp::from_ms(self.0)
    }

    fn extend(&mut self, price: i64, volume: i64) {
        let Self(_, _, high, low, close, traded) = self;
        *high = (*high).max(price);
        *low = (*low).min(price);
        *close = price;
        *traded = traded.saturating_add(volume);
    }

    fn bar(self, coin: &Coin) -> Option<Bar> {
        let Self(_, open, high, low, close, volume) = self;
        let price = |ticks| coin.price_grid().price(ticks);
        Some(Bar {
            open_at: self.open_at(),
            open: price(open)?,
            high: price(high)?,
            low: price(low)?,
            close: price(close)?,
            volume: coin.quantity_grid().quantity(volume),
        })
    }
}

/// The hours a coin has lived, the running one last.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Lived(VecDeque<Hour>);

impl Lived {
    /// Notes a price in ticks and a volume in steps.
    pub fn note(&mut self, at: Timestamp, price: i64, volume: i64) {
        let open_at = hour::start_of(at);
        match self.0.back_mut() {
            Some(running) if running.open_at() == open_at => running.extend(price, volume),
            _ => {
                if self.0.len() > LIVED_MAX {
                    self.0.pop_front();
                }
                self.0.push_back(Hour::begin(open_at, price, volume));
            }
        }
    }

    /// Tells whether stored hours are within bounds and in order.
    pub fn is_sound(&self) -> bool {
        self.0.len() <= LIVED_MAX + 1 && self.0.iter().is_sorted_by(|a, b| a.0 < b.0)
    }

    /// Returns the last `count` closed hours that ended by `now`, preceded by `past` where life has not filled them.
    pub fn bars(&self, coin: &Coin, past: &[Hour], now: Timestamp, count: usize) -> Vec<Bar> {
        // Once the first lived hours are forgotten, the past no longer joins on.
        let joined = match (past.last(), self.0.front()) {
            (Some(last), Some(first)) if last.0.saturating_add(HOUR_MS) != first.0 => &[],
            _ => past,
        };
        // The running hour may still grow, so it is not yet closed.
        let closed = self.0.iter().take(self.0.len().saturating_sub(1));
        let ended: Vec<Hour> = joined.iter().chain(closed).copied().filter(|hour| hour.open_at().plus_ms(HOUR_MS) <= now).collect();
        let wanted = ended.len().saturating_sub(count);
        ended.into_iter().skip(wanted).filter_map(|hour| hour.bar(coin)).collect()
    }
}

/// Makes up the closed hours before `starts_at`, oldest first; the last closes at the coin's starting price.
pub fn past(seed: u64, coin: &Coin, starts_at: Timestamp) -> Vec<Hour> {
    let start = coin.start_ticks as f64;
    // One mood for all coins: their pasts belong together as their lives do.
    let (mut mood, mood_pace) = (Mood::new(Dice::new(seed, "past mood")), MoodPace::new(PAST_STEP_MS));
    let mut path = Path::new(Dice::new(seed, &format!("{}/past", coin.base)), start);
    let pace = Pace::new(&coin.temper, PAST_STEP_MS);
    let steps_per_hour = HOUR_MS / PAST_STEP_MS;
    // One more point than steps: the first is the price at which the past begins.
    let mut points = vec![(start, 0.0)];
    for _ in 0..PAST_HOURS * steps_per_hour {
        let step = path.step(&pace, &mood.step(&mood_pace), start);
        points.push((step.price, step.volume));
    }
    // Moved as a whole so that it ends where life begins.
    let shift = start / path.price();
    let until = hour::start_of(starts_at);
    let mut hours = Vec::with_capacity(PAST_HOURS as usize);
    for (index, chunk) in (0..PAST_HOURS).zip(points.windows(steps_per_hour as usize + 1).step_by(steps_per_hour as usize)) {
        let open_at = until.plus_ms((index - PAST_HOURS) * HOUR_MS);
        let mut whole: Option<Hour> = None;
        for (price, volume) in chunk {
            let ticks = (libm::round(price * shift) as i64).max(1);
            let steps = (volume / coin.quote_per_step(ticks)) as i64;
            match &mut whole {
                Some(hour) => hour.extend(ticks, steps),
                // The first point is the last one of the hour before: its volume was counted there.
                None => whole = Some(Hour::begin(open_at, ticks, 0)),
            }
        }
        hours.extend(whole);
    }
    hours
}

#[cfg(test)]
mod tests {
    use super::super::coin::COINS;
    use super::*;

    #[test]
    fn the_past_is_whole_and_ends_at_the_starting_price() {
        let starts_at = Timestamp::from_ms(1_790_000_000_000);
        for coin in &COINS {
            let past = past(7, coin, starts_at);
            let bars = Lived::default().bars(coin, &past, starts_at, usize::MAX);
            assert_eq!(bars.len(), PAST_HOURS as usize, "{}", coin.base);
            assert_eq!(bars.last().unwrap().close, coin.price_grid().price(coin.start_ticks).unwrap());
            assert!(bars.windows(2).all(|pair| pair[1].open_at.since(pair[0].open_at) == HOUR_MS && pair[1].open == pair[0].close));
            assert!(bars.iter().all(|bar| bar.low <= bar.open.min(bar.close) && bar.high >= bar.open.max(bar.close)));
            assert!(bars.iter().all(|bar| !bar.volume.is_zero()));
            assert!(bars.last().unwrap().open_at.plus_ms(HOUR_MS) <= starts_at);
        }
    }

    #[test]
    fn lived_hours_join_the_past_and_are_bounded() {
        let (coin, starts_at) = (&COINS[0], Timestamp::from_ms(1_790_000_000_000));
        let past = past(7, coin, starts_at);
        let mut lived = Lived::default();
        let mut at = starts_at;
        for index in 0..4 {
            lived.note(at, coin.start_ticks + index, 1);
            at = at.plus_ms(HOUR_MS);
        }
        let bars = lived.bars(coin, &past, at, usize::MAX);
        assert_eq!(bars.len(), PAST_HOURS as usize + 3, "the running hour is not closed");
        assert!(bars.windows(2).all(|pair| pair[1].open_at.since(pair[0].open_at) == HOUR_MS));
        assert_eq!(lived.bars(coin, &past, at, 2), bars[bars.len() - 2..]);
        for _ in 0..500 {
            lived.note(at, coin.start_ticks, 1);
            at = at.plus_ms(HOUR_MS);
        }
        assert_eq!(lived.bars(coin, &past, at, usize::MAX).len(), LIVED_MAX);
        assert!(lived.is_sound());
    }
}
