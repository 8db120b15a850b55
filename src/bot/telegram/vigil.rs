//! What was tried by whoever is not let in (wrong secrets, strangers), put on record.
//!
//! Invariant: of each sort at most one link a minute grows the record, and it says how many there were since the last; so a
//! flood is seen, and cannot fill it. Nothing depends on it: what cannot be written is counted to the next one.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::domain::act::{Act, ActKind, ActOutcome};
use crate::domain::ids::{AccountId, SourceKey};
use crate::domain::time::{MINUTE_MS, Timestamp};
use crate::engine::ports::{Clock, Journal};

/// What was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attempt {
    /// A delivery whose secret is not ours.
    Secret,
    /// A message of somebody who is not let in.
    Stranger,
}

impl Attempt {
    const fn kind(self) -> ActKind {
        match self {
            Self::Secret => ActKind::Token,
            Self::Stranger => ActKind::Message,
        }
    }

    const fn refusal(self) -> &'static str {
        match self {
            Self::Secret => "wrong_secret",
            Self::Stranger => "not_let_in",
        }
    }
}

#[derive(Debug, Default)]
struct Seen {
    recorded_at: Option<Timestamp>,
    since: u64,
}

/// Watches, and puts on record.
pub struct Vigil {
    journal: Arc<dyn Journal>,
    account: AccountId,
    /// Wall time, for the minute between two links.
    wall: fn() -> Timestamp,
    /// The record's own time, once this process owns the desk; until then it only counts.
    market: OnceLock<Arc<dyn Clock>>,
    seen: Mutex<BTreeMap<Attempt, Seen>>,
}

impl Vigil {
    /// Returns a watch over this account's record.
    pub const fn new(journal: Arc<dyn Journal>, account: AccountId, wall: fn() -> Timestamp) -> Self {
        Self { journal, account, wall, market: OnceLock::new(), seen: Mutex::new(BTreeMap::new()) }
    }

    /// Begins to write: the desk is this process's, and runs by this clock.
    pub fn begin(&self, market: Arc<dyn Clock>) {
        // A second clock would be the same desk's.
        let _ = self.market.set(market);
    }

    /// Takes note of an attempt. `about` must hold no secret and nothing that was typed.
    pub async fn saw(&self, attempt: Attempt, source: Option<SourceKey>, about: &str) {
        let Some((count, now)) = self.due(attempt) else { return };
        let about = if count == 1 { about.to_owned() } else { format!("{about}, and {} more since the last such entry", count - 1) };
        let outcome = ActOutcome::Refused(attempt.refusal().to_owned());
        let act = Act { kind: attempt.kind(), by: None, source, about, outcome }.event(now);
        if let Err(error) = self.journal.record(&self.account, &[act], Vec::new(), None).await {
            tracing::warn!(%error, ?attempt, "an attempt could not be put on record");
            self.seen.lock().unwrap_or_else(PoisonError::into_inner).entry(attempt).or_default().since += count;
        }
    }

    /// Counts an attempt. Returns how many are to be put on record now, and the record's time.
    fn due(&self, attempt: Attempt) -> Option<(u64, Timestamp)> {
        let wall = (self.wall)();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = seen.entry(attempt).or_default();
        seen.since = seen.since.saturating_add(1);
        let market = self.market.get()?;
        if seen.recorded_at.is_some_and(|at| wall.since(at) < MINUTE_MS) {
            return None;
        }
        seen.recorded_at = Some(wall);
        Some((std::mem::take(&mut seen.since), market.now()))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::{Attempt, Vigil};
    use crate::clock::SteppedClock;
    use crate::domain::ids::AccountId;
    use crate::domain::time::{MINUTE_MS, Timestamp};
    use crate::engine::ports::Journal;
    use crate::store::history::History;
    use crate::store::memory::MemoryStore;

    static WALL: AtomicI64 = AtomicI64::new(0);

    #[tokio::test]
    async fn a_flood_leaves_one_link_a_minute_that_says_how_many_there_were() {
        let (store, account) = (MemoryStore::new(1), AccountId::new("paper"));
        let vigil = Vigil::new(Arc::new(store.clone()), account.clone(), || Timestamp::from_ms(WALL.load(Ordering::Relaxed)));
        vigil.saw(Attempt::Secret, None, "a delivery").await;
        store.claim_desk(&account, Timestamp::from_ms(0)).await.unwrap();
        vigil.begin(Arc::new(SteppedClock::new(Timestamp::from_ms(77))));
        for _ in 0..1_000 {
            vigil.saw(Attempt::Secret, None, "a delivery").await;
            vigil.saw(Attempt::Stranger, None, "somebody").await;
        }
        WALL.store(MINUTE_MS, Ordering::Relaxed);
        vigil.saw(Attempt::Secret, None, "a delivery").await;
        let links = store.links(&account, 0, 100).await.unwrap();
        let told: Vec<(&str, &str)> = links.iter().map(|link| (link.kind.as_str(), link.detail.as_str())).collect();
        assert_eq!(
            told,
            [
                ("audit.token", "a delivery, and 1 more since the last such entry: refused: wrong_secret"),
                ("audit.message", "somebody: refused: not_let_in"),
                ("audit.token", "a delivery, and 999 more since the last such entry: refused: wrong_secret"),
            ]
        );
        assert!(links.iter().all(|link| link.at == Timestamp::from_ms(77)));
    }
}
