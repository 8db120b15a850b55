//! RATE_LIMIT_EXCEEDED: so many openings in ten seconds, an hour, a day, and no more.

use crate::domain::refusal::Code;
use crate::domain::time::{DAY_MS, HOUR_MS, SECOND_MS, Timestamp};
use crate::engine::risk::facts::{Facts, Finding};

use super::finding::{deny, pass};
use super::unjudged::Unjudged;
use super::{opening, wording};

/// Concerns openings; exits are never counted and never held up.
pub fn look(facts: &Facts<'_>) -> Finding {
    opening::look(facts, Code::RateLimitExceeded, judge)
}

fn judge(facts: &Facts<'_>) -> Result<Finding, Unjudged> {
    let limits = facts.limits;
    let windows =
        [("10 s", 10 * SECOND_MS, limits.rate_10s_max), ("hour", HOUR_MS, limits.rate_hour_max), ("day", DAY_MS, limits.rate_day_max)];
    let mut counts = Vec::new();
    let mut full: Option<Full> = None;
    for (name, window_ms, most) in windows {
        let inside = inside(facts, window_ms);
        let count = inside.len().saturating_add(1);
        counts.push(format!("{count} per {name}"));
        if count > most {
            let wait_ms = wait_ms(facts.now, &inside, window_ms, most);
            // The window that lasts longest decides when the order would pass; one without end lasts longest.
            let longer = |other: &Full| wait_ms.unwrap_or(i64::MAX) > other.wait_ms.unwrap_or(i64::MAX);
            if full.as_ref().is_none_or(longer) {
                full = Some(Full { limit: format!("{most} per {name}"), actual: format!("{count} per {name}"), wait_ms });
            }
        }
    }
    let all = format!("{} per 10 s, {} per hour, {} per day", limits.rate_10s_max, limits.rate_hour_max, limits.rate_day_max);
    Ok(match full {
        None => pass(all, counts.join(", ")),
        Some(Full { limit, actual, wait_ms: Some(wait_ms) }) => {
            let would_pass = format!("the same order in {}", wording::duration(wait_ms));
            deny(Code::RateLimitExceeded, limit, actual, would_pass)
        }
        Some(Full { limit, actual, wait_ms: None }) => deny(Code::RateLimitExceeded, limit, actual, "closes only: no entries are allowed"),
    })
}

/// A window with no room; `wait_ms` is none if it never has any.
struct Full {
    limit: String,
    actual: String,
    wait_ms: Option<i64>,
}

/// Returns the times that count in a window. One that lies ahead counts: clocks may differ, orders were sent.
fn inside(facts: &Facts<'_>, window_ms: i64) -> Vec<Timestamp> {
    facts.recent_opens.iter().copied().filter(|at| facts.now.since(*at) < window_ms).collect()
}

/// Returns the time until one more fits, or `None` if none ever does.
fn wait_ms(now: Timestamp, inside: &[Timestamp], window_ms: i64, most: usize) -> Option<i64> {
    let must_leave = inside.len().checked_sub(most.checked_sub(1)?)?;
    let last_to_leave = inside.get(must_leave.checked_sub(1)?)?;
    Some(window_ms.saturating_sub(now.since(*last_to_leave)).max(0))
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Sample, denial, table};
    use super::*;
    use crate::engine::risk::facts::Asker;
    use crate::engine::risk::limits::Limits;

    fn live() -> Sample {
        Sample { limits: Limits::live(), ..Sample::spot_buy() }
    }

    /// `count` openings, one every `every_ms`, the latest `every_ms` ago.
    fn earlier(sample: &mut Sample, count: i64, every_ms: i64) {
        sample.recent_opens = (1..=count).rev().map(|n| sample.now.plus_ms(-n * every_ms)).collect();
    }

    #[test]
    fn table_of_cases() {
        table(
            look,
            live,
            &[
                ("first", |_| {}, "pass"),
                ("edge: the fifth in ten seconds", |s| earlier(s, 4, 1_000), "pass"),
                ("the sixth", |s| earlier(s, 5, 1_000), "deny"),
                ("the oldest just left", |s| earlier(s, 5, 2_000), "pass"),
                ("edge: the thirtieth in an hour", |s| earlier(s, 29, 60_000), "pass"),
                ("the thirty-first", |s| earlier(s, 30, 60_000), "deny"),
                ("the hundredth in a day", |s| earlier(s, 99, 600_000), "pass"),
                ("the one after", |s| earlier(s, 100, 600_000), "deny"),
                (
                    "a machine",
                    |s| {
                        earlier(s, 5, 1_000);
                        s.asker = Asker::Machine
                    },
                    "deny",
                ),
                ("times ahead count", |s| earlier(s, 5, -1_000), "deny"),
                ("the ends of time", |s| s.recent_opens = vec![Timestamp::from_ms(i64::MIN), Timestamp::from_ms(i64::MAX)], "pass"),
                ("none allowed", |s| s.limits.rate_day_max = 0, "deny"),
                (
                    "missing data changes nothing",
                    |s| {
                        earlier(s, 5, 1_000);
                        (s.quote, s.equity) = (None, None)
                    },
                    "deny",
                ),
                (
                    "a close",
                    |s| {
                        *s = Sample { limits: Limits::live(), ..Sample::close_long() };
                        earlier(s, 50, 100)
                    },
                    "not concerned",
                ),
                (
                    "a sale",
                    |s| {
                        *s = Sample { limits: Limits::live(), ..Sample::spot_sale() };
                        earlier(s, 50, 100)
                    },
                    "not concerned",
                ),
            ],
        );
    }

    #[test]
    fn it_says_how_long_to_wait() {
        assert_eq!(denial(look, live, |s| earlier(s, 5, 1_000)).would_pass, "the same order in 5 s");
        assert_eq!(denial(look, live, |s| earlier(s, 7, 500)).would_pass, "the same order in 8 s");
        let never = denial(look, live, |s| {
            earlier(s, 5, 1_000);
            s.limits.rate_day_max = 0;
        });
        assert_eq!(never.would_pass, "closes only: no entries are allowed");
    }
}
