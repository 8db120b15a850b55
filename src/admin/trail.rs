//! What is measured from one port to another: from a message to its order on the wire, from a price to its execution.
//!
//! Invariant I12: each map has a bound. One that is full is emptied: a figure is lost then, and nothing else.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rust_decimal::prelude::ToPrimitive;

use crate::clock::Stopwatch;
use crate::domain::actor::UserId;
use crate::domain::event::Change;
use crate::domain::ids::{ClientOrderId, SourceKey};
use crate::domain::money::Price;
use crate::domain::order::{OrderSpec, OrderState, Side};
use crate::domain::rows::{FillRow, PendingState, PlanState};
use crate::engine::ports::{Commit, InboxMessage, Quotes};

use super::metrics::Metrics;

/// Entries of each map.
const ENTRIES_MAX: usize = 4_096;
/// How long somebody who wrote counts as active.
const ACTIVE: Duration = Duration::from_secs(15 * 60);

/// Follows messages and orders.
pub struct Trail {
    metrics: Arc<Metrics>,
    quotes: Arc<dyn Quotes>,
    followed: Mutex<Followed>,
}

#[derive(Default)]
struct Followed {
    messages: BTreeMap<SourceKey, Stopwatch>,
    tapped: BTreeMap<ClientOrderId, Stopwatch>,
    touches: BTreeMap<ClientOrderId, Price>,
    users: BTreeMap<UserId, Stopwatch>,
}

impl Trail {
    /// Returns a trail that nothing has entered yet.
    pub fn new(metrics: Arc<Metrics>, quotes: Arc<dyn Quotes>) -> Self {
        Self { metrics, quotes, followed: Mutex::default() }
    }

    fn followed(&self) -> MutexGuard<'_, Followed> {
        // A panic elsewhere leaves figures at worst half-written.
        self.followed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Follows a message that came in.
    pub fn message(&self, message: &InboxMessage) {
        let mut followed = self.followed();
        keep(&mut followed.messages, message.key.clone(), Stopwatch::start());
        keep(&mut followed.users, message.actor.user, Stopwatch::start());
    }

    /// Notes that a message is dealt with, and returns when it came.
    pub fn done(&self, key: &SourceKey) -> Option<Stopwatch> {
        let came = self.followed().messages.remove(key)?;
        self.metrics.message.observe(came.passed().as_secs_f64());
        Some(came)
    }

    /// Notes what was committed.
    pub fn committed(&self, commit: &Commit) {
        let came = commit.inbox_done.as_ref().and_then(|key| self.done(key));
        let confirms = |change: &Change| matches!(change, Change::Pending(row) if row.state == PendingState::Confirmed);
        let tapped = came.filter(|_| commit.events.iter().any(|event| confirms(&event.change)));
        for event in &commit.events {
            match &event.change {
                Change::Plan(row) if row.state == PlanState::Denied => {
                    row.refusals.iter().for_each(|refusal| self.metrics.denial(refusal.code));
                }
                Change::Order(row) if row.state == OrderState::Planned => {
                    if let Some(came) = tapped {
                        keep(&mut self.followed().tapped, row.spec.id.clone(), came);
                    }
                }
                Change::Fill(row) => self.filled(row),
                Change::Order(row) if row.state.is_done() => {
                    let mut followed = self.followed();
                    followed.tapped.remove(&row.spec.id);
                    followed.touches.remove(&row.spec.id);
                }
                _ => {}
            }
        }
    }

    /// Notes that an order is on its way, and at which price it would meet the market.
    pub fn sent(&self, spec: &OrderSpec) {
        let touch = self.quotes.quote(&spec.instrument).map(|quote| quote.touch(spec.side));
        let mut followed = self.followed();
        if let Some(came) = followed.tapped.remove(&spec.id) {
            self.metrics.tap_to_wire.observe(came.passed().as_secs_f64());
        }
        if let Some(touch) = touch {
            keep(&mut followed.touches, spec.id.clone(), touch);
        }
    }

    fn filled(&self, row: &FillRow) {
        let fill = &row.fill;
        let touch = fill.order.as_ref().filter(|_| !fill.maker).and_then(|id| self.followed().touches.get(id).copied());
        if let Some(slipped) = touch.and_then(|touch| slippage(fill.side, fill.price, touch)) {
            self.metrics.slippage.observe(slipped);
        }
    }

    /// Returns how many people wrote lately.
    pub fn active_users(&self) -> usize {
        self.followed().users.values().filter(|wrote| wrote.passed() < ACTIVE).count()
    }
}

/// Returns how much worse than `touch` an execution was, as a share of it.
fn slippage(side: Side, price: Price, touch: Price) -> Option<f64> {
    let worse = match side {
        Side::Buy => price.value() - touch.value(),
        Side::Sell => touch.value() - price.value(),
    };
    worse.checked_div(touch.value())?.to_f64()
}

fn keep<K: Ord, V>(map: &mut BTreeMap<K, V>, key: K, value: V) {
    if map.len() >= ENTRIES_MAX && !map.contains_key(&key) {
        map.clear();
    }
    map.insert(key, value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    #[test]
    fn slippage_is_above_zero_when_it_is_worse() {
        let price = |value| Price::new(value).unwrap();
        assert_eq!(slippage(Side::Buy, price(dec!(101)), price(dec!(100))), Some(0.01));
        assert_eq!(slippage(Side::Sell, price(dec!(99)), price(dec!(100))), Some(0.01));
        assert_eq!(slippage(Side::Sell, price(dec!(101)), price(dec!(100))), Some(-0.01));
    }

    #[test]
    fn a_full_map_is_emptied_and_never_larger() {
        let mut map = BTreeMap::new();
        for number in 0..3 * ENTRIES_MAX {
            keep(&mut map, number, ());
            assert!(map.len() <= ENTRIES_MAX);
        }
    }
}
