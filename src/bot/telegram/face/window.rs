//! How many messages may leave within a stretch of time. Exact: no stretch of that length ever holds more, wherever it
//! begins. (A leaky bucket would let nearly twice as many through in one.)

use std::collections::VecDeque;

use crate::domain::time::{MINUTE_MS, SECOND_MS, Timestamp};

/// So many in so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many; at least one.
    pub count: usize,
    /// In how many milliseconds.
    pub span_ms: i64,
}

/// What Telegram lets a bot send (its FAQ names these figures); a fake without such limits may be given others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates {
    /// To all chats together.
    pub overall: Rate,
    /// To one chat: one a second, in small bursts.
    pub chat: Rate,
    /// To one group.
    pub group: Rate,
}

impl Default for Rates {
    fn default() -> Self {
        Self::of(30, 1, 20)
    }
}

impl Rates {
    /// Returns rates of so many messages a second overall and to one chat, and a minute to one group.
    pub const fn of(per_second: usize, chat_per_second: usize, group_per_minute: usize) -> Self {
        Self {
            overall: Rate { count: per_second, span_ms: SECOND_MS },
            chat: Rate { count: chat_per_second.saturating_mul(3), span_ms: 3 * SECOND_MS },
            group: Rate { count: group_per_minute, span_ms: MINUTE_MS },
        }
    }
}

/// When messages left.
#[derive(Debug, Clone)]
pub struct Window {
    rate: Rate,
    left_at: VecDeque<Timestamp>,
}

impl Window {
    /// Returns a window through which nothing has left yet.
    pub const fn new(rate: Rate) -> Self {
        Self { rate, left_at: VecDeque::new() }
    }

    /// Returns when the next message may leave: `now`, or later.
    pub fn free_at(&self, now: Timestamp) -> Timestamp {
        let full = self.left_at.len() >= self.rate.count.max(1);
        let first = self.left_at.front().filter(|_| full).map(|first| first.plus_ms(self.rate.span_ms));
        first.map_or(now, |first| first.max(now))
    }

    /// Notes that a message leaves now.
    pub fn note(&mut self, now: Timestamp) {
        self.left_at.push_back(now);
        while self.left_at.len() > self.rate.count.max(1) {
            self.left_at.pop_front();
        }
    }

    /// Tells whether everything that left is long past.
    pub fn is_idle(&self, now: Timestamp) -> bool {
        self.left_at.back().is_none_or(|last| now.since(*last) >= self.rate.span_ms)
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::proptest;

    use super::{Rate, Timestamp, Window};

    proptest! {
        #[test]
        fn no_stretch_of_the_span_holds_more_than_the_rate(count in 1_usize..6, span_ms in 1_i64..5_000, waits in vec(0_i64..900, 1..200)) {
            let mut window = Window::new(Rate { count, span_ms });
            let (mut now, mut left) = (Timestamp::from_ms(0), Vec::new());
            for wait in waits {
                now = window.free_at(now.plus_ms(wait));
                window.note(now);
                left.push(now);
            }
            for stretch in left.windows(count + 1) {
                assert!(stretch[count].since(stretch[0]) >= span_ms);
            }
        }
    }
}
