//! What must hold for every commit that takes effect.

use std::collections::BTreeMap;

use outcry::domain::ids::SourceKey;
use outcry::domain::instrument::Currency;
use outcry::domain::order::{OrderEvent, OrderState, Transition, transition};
use outcry::domain::rows::{OrderRow, PendingRow, PendingState};
use outcry::domain::time::Timestamp;
use outcry::engine::ports::Commit;
use rust_decimal::Decimal;

use crate::sim::watch::Watch;

/// Most events of one step.
const EVENTS_MAX: usize = 1_000;

const EVENTS: [OrderEvent; 14] = [
    OrderEvent::Licensed,
    OrderEvent::Lapsed,
    OrderEvent::NotSent,
    OrderEvent::OutcomeUnknown,
    OrderEvent::Held,
    OrderEvent::Working,
    OrderEvent::PartlyFilled,
    OrderEvent::CancelSent,
    OrderEvent::CancelRefused,
    OrderEvent::Filled,
    OrderEvent::Canceled,
    OrderEvent::Rejected,
    OrderEvent::Expired,
    OrderEvent::Absent,
];

/// 6, with every step: the postings of each transaction sum to zero for each currency.
pub fn inv06_postings_balance(watch: &mut Watch, made: &Commit, now: Timestamp) {
    let mut sums: BTreeMap<(&str, &Currency), Decimal> = BTreeMap::new();
    for posting in &made.postings {
        *sums.entry((&posting.transaction, &posting.currency)).or_default() += posting.amount.value();
    }
    if let Some(((transaction, currency), sum)) = sums.into_iter().find(|(_, sum)| !sum.is_zero()) {
        watch.broken(6, now, format!("{transaction} leaves {sum} {currency}"));
    }
}

/// 6, with every step: each balance row is the sum of its ledger.
pub fn inv06_ledger_is_the_balance(watch: &mut Watch, made: &Commit, now: Timestamp) {
    if made.postings.is_empty() {
        return;
    }
    let cash = |currency: &Currency| watch.ledger.get(&("cash".to_owned(), currency.clone())).copied().unwrap_or_default();
    let wrong = watch.cash.iter().find(|(currency, balance)| cash(currency) != **balance);
    if let Some((currency, balance)) = wrong.map(|(currency, balance)| (currency.clone(), *balance)) {
        let text = format!("{currency} is {balance} in its row and {} in the ledger", cash(&currency));
        watch.broken(6, now, text);
    }
}

/// 13: what is set aside never grows, is never negative, and is gone once the order has ended.
// While executions of an ended order are still asked for, what they will cost stays set aside.
pub fn inv13_reservation_released_once(watch: &mut Watch, row: &OrderRow, now: Timestamp) {
    let held = |row: &OrderRow| row.reservation.as_ref().map_or(Decimal::ZERO, |held| held.amount.value());
    let before = watch.orders.get(&row.spec.id).map(held);
    let wrong = held(row).is_sign_negative() && !held(row).is_zero()
        || before.is_some_and(|before| held(row) > before)
        || (row.state.is_done() && row.asking.is_none() && row.reservation.is_some());
    if wrong {
        let text = format!("order {} ({}) holds {} after {before:?}", row.spec.id, row.state.as_str(), held(row));
        watch.broken(13, now, text);
    }
}

/// 13: what is set aside is there.
pub fn inv13_reservations_fit(watch: &mut Watch, now: Timestamp) {
    if let Some((currency, cash)) = watch.cash.iter().find(|(_, cash)| cash.is_sign_negative() && !cash.is_zero()) {
        let text = format!("{cash} {currency} in the books");
        watch.broken(13, now, text);
    }
}

/// 14: every move is one row of the table, what has filled only grows, and only evidence moves a tombstone.
pub fn inv14_moves_by_the_table(watch: &mut Watch, row: &OrderRow, now: Timestamp) {
    let Some(old) = watch.orders.get(&row.spec.id) else {
        if row.state != OrderState::Planned {
            watch.broken(14, now, format!("order {} begins as {}", row.spec.id, row.state.as_str()));
        }
        return;
    };
    let (from, to) = (old.state, row.state);
    let leads = |event: &OrderEvent| match transition(from, *event) {
        Transition::To(state) | Transition::Revived(state) => state == to || (state == OrderState::Open && to == OrderState::Partial),
        Transition::Stale | Transition::Illegal => false,
    };
    let legal = from == to || EVENTS.iter().any(leads);
    let ranked = to.rank() >= from.rank() || (from == OrderState::Canceling && matches!(to, OrderState::Open | OrderState::Partial));
    let revived = from.is_done() && !to.is_done();
    let there = watch.taken.contains_key(&row.spec.id) || watch.exits_taken.contains_key(&row.spec.id);
    if !legal || !(ranked || revived && there) || row.filled < old.filled {
        let text = format!("order {} went from {} to {}, {} filled", row.spec.id, from.as_str(), to.as_str(), row.filled);
        watch.broken(14, now, text);
    }
}

/// 14 and I4: an order is called absent, or not sent, only if the venue never took it. A failed question is no answer.
pub fn inv14_absent_is_not_there(watch: &mut Watch, row: &OrderRow, now: Timestamp) {
    let gone = matches!(row.state, OrderState::Absent | OrderState::NotSent | OrderState::Lapsed);
    let there = watch.taken.contains_key(&row.spec.id) || watch.exits_taken.contains_key(&row.spec.id);
    if gone && there {
        watch.broken(14, now, format!("order {} is called {}, but the venue took it", row.spec.id, row.state.as_str()));
    }
}

/// 16: a message has one effect.
pub fn inv16_one_effect(watch: &mut Watch, key: &SourceKey, now: Timestamp) {
    if !watch.dealt_with.insert(key.clone()) {
        watch.broken(16, now, format!("message {key} took effect twice"));
    }
}

/// 16: a card leaves its open state once.
pub fn inv16_a_card_is_used_once(watch: &mut Watch, row: &PendingRow, now: Timestamp) {
    let old = watch.pendings.get(&row.nonce).map(|old| old.state);
    if old.is_some_and(|old| old != PendingState::Open) {
        watch.broken(16, now, format!("card {} was {old:?} and is {:?} now", row.nonce, row.state));
    }
}

/// 23: a step is bounded.
pub fn inv23_bounded_step(watch: &mut Watch, made: &Commit, now: Timestamp) {
    if made.events.len() > EVENTS_MAX {
        watch.broken(23, now, format!("a step of {} events", made.events.len()));
    }
}
