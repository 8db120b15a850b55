//! What must hold once the faults have ended and two minutes have passed, and what must hold across a crash.

use std::collections::BTreeMap;

use outcry::app::PAPER_ACCOUNT;
use outcry::domain::funding::Funding;
use outcry::domain::ids::AccountId;
use outcry::domain::instrument::{Currency, InstrumentId};
use outcry::domain::notice::NoticeBody;
use outcry::domain::order::{Leg, OrderState};
use outcry::domain::position::Position;
use outcry::domain::refusal::Code;
use outcry::domain::time::Timestamp;
use outcry::engine::ports::VenueAccount;
use outcry::store::history::History;
use outcry::store::memory::MemoryStore;
use outcry::store::{chain, rebuild};
use rust_decimal::Decimal;

use crate::sim::watch::Watch;

/// 5: the executions in the ledger are the venue's, each once.
pub fn inv05_fills_are_the_venues(watch: &mut Watch, now: Timestamp) {
    let theirs: BTreeMap<_, _> = watch.venue_fills.iter().map(|fill| ((fill.instrument.clone(), fill.trade_id.clone()), fill)).collect();
    let lost = theirs.iter().find(|(key, fill)| watch.fills.get(*key).is_none_or(|row| row.fill != ***fill));
    let made_up = watch.fills.keys().find(|key| !theirs.contains_key(*key));
    let wrong = match (lost, made_up) {
        (Some((key, _)), _) => Some(format!("the venue's execution {} {} is not in the ledger as it was", key.0, key.1)),
        (_, Some(key)) => Some(format!("the ledger's execution {} {} never happened", key.0, key.1)),
        (None, None) => None,
    };
    if let Some(wrong) = wrong {
        watch.broken(5, now, wrong);
    }
}

/// 5, for funding: the payments in the ledger are the venue's, each once.
pub fn inv05_fundings_are_the_venues(watch: &mut Watch, theirs: &[Funding], now: Timestamp) {
    let name = |paid: &Funding| format!("funding:{}:{}", paid.instrument, paid.moment.ms());
    let theirs: BTreeMap<String, Decimal> =
        theirs.iter().map(|paid| (name(paid), paid.amount.value())).filter(|(_, amount)| !amount.is_zero()).collect();
    watch.counts.fundings += theirs.len() as u64;
    if watch.fundings != theirs {
        watch.broken(5, now, format!("funding {:?} in the ledger, {theirs:?} at the venue", watch.fundings));
    }
}

/// 6: balances and positions are the venue's, exactly.
pub fn inv06_account_is_the_venues(watch: &mut Watch, account: &VenueAccount, now: Timestamp) {
    let theirs: BTreeMap<Currency, Decimal> = account
        .balances
        .iter()
        .map(|(currency, amount)| (currency.clone(), amount.value()))
        .filter(|(_, amount)| !amount.is_zero())
        .collect();
    let ours: BTreeMap<Currency, Decimal> =
        watch.cash.iter().map(|(currency, cash)| (currency.clone(), *cash)).filter(|(_, cash)| !cash.is_zero()).collect();
    if ours != theirs {
        watch.broken(6, now, format!("balances {ours:?} in the books, {theirs:?} at the venue"));
    }
    let held = |position: &Position| (position.direction, position.quantity, position.cost, (position.margin, position.margin_mode));
    let theirs: BTreeMap<InstrumentId, _> =
        account.positions.iter().map(|position| (position.instrument.clone(), held(position))).collect();
    let ours: BTreeMap<InstrumentId, _> =
        watch.positions.values().filter_map(|row| Some((row.instrument.clone(), held(row.position.as_ref()?)))).collect();
    if ours != theirs {
        watch.broken(6, now, format!("positions {ours:?} in the books, {theirs:?} at the venue"));
    }
}

/// 19: the chain verifies, and the tables are what it makes.
pub async fn inv19_chain_and_tables(watch: &std::sync::Mutex<Watch>, store: &MemoryStore, now: Timestamp) {
    let account = AccountId::new(PAPER_ACCOUNT);
    if let Err(broken) = chain::verify(store, Some(&account)).await {
        watch.lock().unwrap().broken(19, now, broken.to_string());
    }
    if let Err(difference) = rebuild::compare(store, &account).await {
        watch.lock().unwrap().broken(19, now, difference.to_string());
    }
}

/// 20: what was acknowledged is there after a crash.
pub async fn inv20_nothing_committed_is_lost(watch: &std::sync::Mutex<Watch>, store: &MemoryStore, now: Timestamp) {
    let Some(acked) = watch.lock().unwrap().acked.clone() else { return };
    if acked.count == 0 {
        return;
    }
    let link = store.links(&AccountId::new(PAPER_ACCOUNT), acked.count - 1, 1).await.ok().and_then(|links| links.into_iter().next());
    if link.is_none_or(|link| link.hash != acked.hash) {
        watch.lock().unwrap().broken(20, now, format!("event {} was acknowledged and is gone", acked.count));
    }
}

/// 28: each position has one stop at most, unless an entry that adds to it is filling or the price is too near for the one.
pub fn inv28_one_stop(watch: &mut Watch, now: Timestamp) {
    let live =
        |id: &InstrumentId| watch.orders.values().filter(|row| row.spec.instrument == *id && !row.state.is_done()).collect::<Vec<_>>();
    let several = watch.positions.values().find(|row| {
        let orders = live(&row.instrument);
        let filling = orders.iter().any(|order| order.leg == Leg::Entry && !order.filled.is_zero());
        let stops = orders.iter().filter(|order| order.leg == Leg::Stop && order.state != OrderState::Held).count();
        row.position.is_some() && row.protection.stacking.is_none() && !filling && stops > 1
    });
    let text = several.map(|row| format!("{} has several stops: {:?}", row.instrument, row.protection));
    if let Some(text) = text {
        watch.broken(28, now, text);
    }
}

/// 25, first half: no outcome is open any more.
pub fn inv25_nothing_is_unknown(watch: &mut Watch, now: Timestamp) {
    let open = watch.orders.values().find(|row| row.state.in_flight() || row.asking.is_some());
    if let Some(text) = open.map(|row| format!("order {} is {} and asked about: {:?}", row.spec.id, row.state.as_str(), row.asking)) {
        watch.broken(25, now, text);
    }
}

/// 25, second half: every message was dealt with, and a wish to buy gets a card, or a refusal that is not about books that
/// differ or outcomes that are unknown.
pub fn inv25_the_door_is_open(watch: &mut Watch, left: usize, now: Timestamp) {
    let told = watch.asked_at_the_end.take().unwrap_or_default();
    let blocked = |code: Code| matches!(code, Code::AccountNotReconciled | Code::OutcomeUnknown | Code::StalePrice);
    let open = told.iter().any(|body| match body {
        NoticeBody::Card(_) => true,
        NoticeBody::Denied { refusals, .. } => !refusals.iter().any(|refusal| blocked(refusal.code)),
        _ => false,
    });
    if left > 0 || !open {
        watch.broken(25, now, format!("{left} messages are not dealt with; a wish to buy was answered by {told:?}"));
    }
}
