//! The limits that Telegram documents: 30 messages a second overall, one a second in a chat, 20 a minute in a group.
//! Off until a test turns them on.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

/// What a window forgives: two calls that left a second apart may arrive a little closer.
const GRACE: Duration = Duration::from_millis(60);

/// So many calls in so long.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    pub calls: usize,
    pub within: Duration,
}

/// The limits in force.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub overall: Limit,
    pub chat: Limit,
    pub group: Limit,
}

impl Limits {
    /// As documented.
    pub const REAL: Self = Self {
        overall: Limit { calls: 30, within: Duration::from_secs(1) },
        chat: Limit { calls: 1, within: Duration::from_secs(1) },
        group: Limit { calls: 20, within: Duration::from_secs(60) },
    };
}

/// Counts calls against the limits.
#[derive(Debug, Default)]
pub struct Limiter {
    pub limits: Option<Limits>,
    overall: VecDeque<Instant>,
    chats: BTreeMap<i64, VecDeque<Instant>>,
}

impl Limiter {
    /// Takes a call to `chat` (below 0: a group or a channel), or says after how many seconds it may come again.
    pub fn take(&mut self, chat: i64, now: Instant) -> Result<(), u64> {
        let Some(limits) = self.limits else { return Ok(()) };
        let seen = self.chats.entry(chat).or_default();
        let mut wait = full_for(&self.overall, limits.overall, now).max(full_for(seen, limits.chat, now));
        if chat < 0 {
            wait = wait.max(full_for(seen, limits.group, now));
        }
        if let Some(wait) = wait {
            return Err(wait.as_secs() + u64::from(wait.subsec_nanos() > 0));
        }
        let longest = limits.group.within.max(limits.chat.within);
        note(seen, longest, now);
        note(&mut self.overall, limits.overall.within, now);
        Ok(())
    }
}

fn note(seen: &mut VecDeque<Instant>, keep: Duration, now: Instant) {
    seen.push_back(now);
    while seen.front().is_some_and(|first| now.duration_since(*first) > keep) {
        seen.pop_front();
    }
}

/// How long the window stays full, if it is.
fn full_for(seen: &VecDeque<Instant>, limit: Limit, now: Instant) -> Option<Duration> {
    let oldest = seen.len().checked_sub(limit.calls).and_then(|index| seen.get(index))?;
    let free = *oldest + limit.within;
    (free > now + GRACE).then(|| free - now)
}
