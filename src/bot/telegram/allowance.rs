//! How much each person may say. Pure.
//!
//! Invariant: in no minute are more messages of a person let through than their rate; what is refused stays refused, and
//! they are told so at most once a minute. A message is judged by when it was sent, and the same message always alike, so
//! that an outage, after which everything comes at once or again, takes nobody's words away.

use std::collections::{BTreeMap, VecDeque};

use crate::domain::actor::UserId;
use crate::domain::ids::SourceKey;
use crate::domain::time::{MINUTE_MS, Timestamp};

/// How long what was let through is remembered: longer than the oldest message that is still acted on.
const REMEMBERED_MS: i64 = 3 * MINUTE_MS;
/// People after whose number those are forgotten who were silent.
const PEOPLE_MAX: usize = 10_000;

/// What may be done with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It goes on.
    Heard,
    /// It is dropped, and its person is told why.
    Told,
    /// It is dropped in silence: they know.
    Dropped,
}

/// Who said how much of late.
#[derive(Debug)]
pub struct Allowance {
    rate: usize,
    people: BTreeMap<UserId, Heard>,
}

#[derive(Debug, Default)]
struct Heard {
    let_through: VecDeque<(Timestamp, SourceKey)>,
    told_at: Option<Timestamp>,
}

impl Allowance {
    /// Returns an allowance of so many messages a minute for each person.
    pub const fn new(rate: usize) -> Self {
        Self { rate, people: BTreeMap::new() }
    }

    /// Judges a message that was sent at `at`, now.
    pub fn judge(&mut self, user: UserId, key: &SourceKey, at: Timestamp, now: Timestamp) -> Verdict {
        if self.people.len() >= PEOPLE_MAX {
            self.people.retain(|_, heard| heard.let_through.back().is_some_and(|(last, _)| now.since(*last) <= REMEMBERED_MS));
        }
        let heard = self.people.entry(user).or_default();
        heard.let_through.retain(|(sent, _)| now.since(*sent) <= REMEMBERED_MS);
        if heard.let_through.iter().any(|(_, known)| known == key) {
            return Verdict::Heard;
        }
        // Messages may come out of order: those around it count, whichever side of it they lie on.
        let around = heard.let_through.iter().filter(|(sent, _)| sent.since(at).abs() < MINUTE_MS).count();
        if around < self.rate {
            heard.let_through.push_back((at, key.clone()));
            return Verdict::Heard;
        }
        if heard.told_at.is_some_and(|told| now.since(told) < MINUTE_MS) {
            return Verdict::Dropped;
        }
        heard.told_at = Some(now);
        Verdict::Told
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::{prop_assert, proptest};

    use super::{Allowance, MINUTE_MS, SourceKey, Timestamp, UserId, Verdict};

    #[test]
    fn beyond_the_rate_a_person_is_told_once_a_minute_and_others_are_heard() {
        let mut allowance = Allowance::new(2);
        let mut judge = |user: i64, n: i64, ms: i64| {
            allowance.judge(UserId(user), &SourceKey::new(format!("k{user}:{n}")), Timestamp::from_ms(ms), Timestamp::from_ms(ms))
        };
        assert_eq!(
            [judge(1, 1, 0), judge(1, 2, 10), judge(1, 3, 20), judge(1, 4, 30)],
            [Verdict::Heard, Verdict::Heard, Verdict::Told, Verdict::Dropped]
        );
        assert_eq!(judge(1, 2, 40), Verdict::Heard, "the same message again is no second one");
        assert_eq!(judge(2, 1, 50), Verdict::Heard);
        assert_eq!(judge(1, 5, MINUTE_MS), Verdict::Heard);
        assert_eq!(
            [judge(1, 6, MINUTE_MS + 5), judge(1, 7, MINUTE_MS + 20), judge(1, 8, MINUTE_MS + 30)],
            [Verdict::Dropped, Verdict::Heard, Verdict::Told]
        );
    }

    proptest! {
        #[test]
        fn no_minute_holds_more_than_the_rate(rate in 1_usize..6, waits in vec(0_i64..20_000, 1..150), late in vec(0_i64..60_000, 150)) {
            let mut allowance = Allowance::new(rate);
            let (mut now, mut heard) = (1_000_000, Vec::new());
            for (n, (wait, late)) in waits.into_iter().zip(late).enumerate() {
                now += wait;
                let at = Timestamp::from_ms(now - late);
                if allowance.judge(UserId(1), &SourceKey::new(n.to_string()), at, Timestamp::from_ms(now)) == Verdict::Heard {
                    heard.push(at);
                }
            }
            heard.sort();
            for stretch in heard.windows(rate + 1) {
                prop_assert!(stretch[rate].since(stretch[0]) >= MINUTE_MS);
            }
        }
    }
}
