//! What must hold at the moment an order reaches the venue.

use outcry::domain::instrument::Market;
use outcry::domain::order::{Leg, OrderSpec, OrderState, OrderType};
use outcry::domain::plan::PlanKind;
use outcry::domain::rows::{AuthorityRecord, PendingState, PlanRow, TradingState};
use outcry::domain::time::Timestamp;
use outcry::engine::ports::Quotes;
use outcry::engine::risk::plan_hash::plan_hash;
use rust_decimal::{Decimal, dec};

use crate::sim::watch::Watch;

/// 1: at most one opening order of a plan is ever taken, and no id is taken twice.
pub fn inv01_one_entry_a_plan(watch: &mut Watch, spec: &OrderSpec, now: Timestamp) {
    let times = watch.taken.get(&spec.id).map_or(0, |(_, times)| *times);
    let plan = watch.orders.get(&spec.id).filter(|row| row.leg.opens()).map(|row| row.plan.clone());
    let entries = plan.map_or(0, |plan| {
        let count = watch.entries_of.entry(plan).or_default();
        *count += 1;
        *count
    });
    if times > 1 || entries > 1 {
        watch.broken(1, now, format!("order {} was taken {times} times, its plan's entries {entries} times", spec.id));
    }
}

/// 2: an order and its attached exits have committed rows in state `sending` before the first byte arrives. A row that
/// is doubted already (the answer is late) is as good.
pub fn inv02_row_before_arrival(watch: &mut Watch, spec: &OrderSpec, now: Timestamp) {
    let ids = std::iter::once(&spec.id).chain(spec.attached.iter().map(|exit| &exit.id));
    for id in ids.cloned().collect::<Vec<_>>() {
        let state = watch.orders.get(&id).map(|row| row.state);
        if !matches!(state, Some(OrderState::Sending | OrderState::Unknown)) {
            watch.broken(2, now, format!("order {id} arrives while its row says {state:?}"));
        }
    }
}

fn plan_of(watch: &Watch, spec: &OrderSpec) -> Option<(Leg, PlanRow)> {
    let row = watch.orders.get(&spec.id)?;
    Some((row.leg, watch.plans.get(&row.plan)?.clone()))
}

/// 3: each order traces to a tap on an unexpired card by somebody who may trade, with the same plan; or to a stop word or
/// the account's protection, which only ever take risk away.
pub fn inv03_authority(watch: &mut Watch, spec: &OrderSpec, now: Timestamp) {
    let Some((leg, plan)) = plan_of(watch, spec) else {
        return watch.broken(3, now, format!("order {} has no plan", spec.id));
    };
    let wrong = match &plan.authority {
        None => Some("has no authority"),
        Some(_) if plan.plan_hash != plan_hash(&plan.plan) => Some("differs from its own hash"),
        Some(AuthorityRecord::StopWord { by, .. }) if leg.opens() || !watch.traders.contains(by) => Some("opens by a stop word"),
        Some(AuthorityRecord::Protection { .. }) if leg.opens() => Some("opens by protection"),
        Some(AuthorityRecord::StopWord { .. } | AuthorityRecord::Protection { .. }) => None,
        Some(AuthorityRecord::Tapped { by, at, nonce }) => match watch.pendings.get(nonce) {
            None => Some("was tapped on a card that never was"),
            Some(card) if card.state != PendingState::Confirmed => Some("comes from a card that was not confirmed"),
            Some(card) if *at >= card.expires_at => Some("comes from an expired card"),
            Some(card) if card.actor.user != *by || !watch.traders.contains(by) => Some("was tapped by somebody else"),
            Some(card) if !card.plans.iter().any(|shown| plan_hash(shown) == plan.plan_hash) => Some("was not on its card"),
            Some(_) => None,
        },
    };
    if let Some(wrong) = wrong {
        watch.broken(3, now, format!("the plan of order {} {wrong}", spec.id));
    }
}

/// 4: what is sent is what was confirmed.
pub fn inv04_sent_is_confirmed(watch: &mut Watch, spec: &OrderSpec, now: Timestamp) {
    let Some((leg, row)) = plan_of(watch, spec) else { return };
    let plan = &row.plan;
    let same = spec.instrument == plan.instrument && spec.leverage == plan.leverage && spec.margin_mode == plan.margin_mode;
    let held = match (leg, &plan.order) {
        (Leg::Entry | Leg::Close, Some(order)) => {
            let stops = spec.attached.iter().filter(|exit| exit.leg == Leg::Stop).map(|exit| exit.price);
            let targets = spec.attached.iter().filter(|exit| exit.leg != Leg::Stop).map(|exit| (exit.price, exit.share));
            spec.side == plan.side
                && spec.quantity <= order.quantity
                && (spec.price, spec.trigger, spec.order_type) == (order.price, order.trigger, order.order_type)
                && (leg == Leg::Close || stops.eq(plan.stop.iter().map(|stop| stop.trigger)))
                && (leg == Leg::Close || targets.eq(plan.targets.iter().map(|target| (target.price, target.share))))
        }
        (Leg::Stop, None) => spec.trigger == plan.stop.as_ref().map(|stop| stop.trigger) && plan.kind == PlanKind::Protect,
        (Leg::Target(_), None) => plan.targets.iter().any(|target| Some(target.price) == spec.price),
        _ => false,
    };
    if !(same && held) {
        watch.broken(4, now, format!("order {} differs from its plan", spec.id));
    }
}

/// 8, first half: every exit says that it only reduces.
pub fn inv08_exits_reduce(watch: &mut Watch, spec: &OrderSpec, now: Timestamp) {
    let leg = watch.orders.get(&spec.id).map(|row| row.leg);
    if leg.is_some_and(|leg| !leg.opens()) && !spec.reduce_only {
        watch.broken(8, now, format!("exit {} could open a position", spec.id));
    }
}

/// 10 and 11: no licence to open is given unless the stored state is active.
pub fn inv10_11_no_entry_unless_active(watch: &mut Watch, opens: bool, now: Timestamp) {
    let trading = watch.state.as_ref().map(|state| state.trading);
    if opens && trading != Some(TradingState::Active) {
        watch.broken(10, now, format!("an entry was licensed while trading is {trading:?}"));
    }
}

/// 12: the limits hold when an entry reaches the venue, with everything that may still fill counted in full. Shares of
/// equity get 3 % of room: prices have moved since the second look.
pub fn inv12_limits_hold(watch: &mut Watch, spec: &OrderSpec, now: Timestamp) {
    let Some((Leg::Entry, plan)) = plan_of(watch, spec) else { return };
    let limits = &watch.limits;
    let mut wrong = Vec::new();
    if spec.leverage.value() > limits.leverage_max {
        wrong.push(format!("leverage {}", spec.leverage));
    }
    let price = spec.price.or(spec.trigger).unwrap_or(plan.plan.figures.price).value();
    let notional = price * spec.quantity.value();
    if limits.order_notional_max.is_some_and(|most| plan.plan.figures.notional.value() > most) {
        wrong.push(format!("notional {notional}"));
    }
    let live = || watch.orders.values().filter(|row| !row.state.is_done() && row.leg.opens() && row.spec.id != spec.id);
    let mut held: Vec<_> = watch.positions.values().filter(|row| row.position.is_some()).map(|row| row.instrument.clone()).collect();
    held.extend(live().map(|row| row.spec.instrument.clone()));
    held.sort();
    held.dedup();
    let others = held.iter().filter(|id| **id != spec.instrument).count();
    let adds = watch.positions.get(&spec.instrument).is_some_and(|row| row.position.is_some());
    if !adds && others + 1 > limits.open_positions_max {
        wrong.push(format!("{} positions", others + 1));
    }
    let board = watch.board.as_ref();
    let mark = |id| board.and_then(|board| board.quote(id)).map_or(Decimal::ZERO, |quote| quote.mark.value());
    let positions = watch.positions.values().filter_map(|row| row.position.as_ref());
    let open: Decimal = positions.map(|position| mark(&position.instrument) * position.quantity.value()).sum();
    let coming: Decimal =
        live().map(|row| row.spec.price.or(row.spec.trigger).map_or(Decimal::ZERO, |price| price.value() * row.remaining().value())).sum();
    if let Some(equity) = watch.equity() {
        let gross = open + coming + notional;
        // A perpetual that was taken while this order was on its way had the wider limit.
        let decided = watch.orders.get(&spec.id).map_or(now, |row| row.made_at);
        let overtaken = watch.orders.values().any(|row| row.spec.instrument.market == Market::Perp && row.made_at > decided);
        let share = match spec.instrument.market {
            Market::Spot if !overtaken => limits.gross_exposure_share_max,
            Market::Spot | Market::Perp => limits.gross_exposure_perp_share_max,
        };
        if gross > equity * share * dec!(1.03) {
            wrong.push(format!("gross exposure {gross} on equity {equity}"));
        }
    }
    if !wrong.is_empty() {
        watch.broken(12, now, format!("entry {} reaches the venue beyond a limit: {}", spec.id, wrong.join(", ")));
    }
}

/// 21: prices and quantities on the wire are on the grid, above zero, and an opening order is worth the venue's minimum.
pub fn inv21_on_the_grid(watch: &mut Watch, spec: &OrderSpec, now: Timestamp) {
    let Some(rules) = watch.instruments.get(&spec.instrument) else {
        return watch.broken(21, now, format!("order {} is in an unlisted instrument", spec.id));
    };
    let prices = spec.price.iter().chain(&spec.trigger).chain(spec.attached.iter().map(|exit| &exit.price));
    let on_tick = prices.into_iter().all(|price| price.is_multiple_of(rules.tick));
    let on_step = spec.quantity.is_multiple_of(rules.step) && !spec.quantity.is_zero();
    let price = spec.price.or(spec.trigger).map_or(Decimal::ZERO, |price| price.value());
    let worth = spec.reduce_only || price * spec.quantity.value() >= rules.min_notional.value();
    let priced = match spec.order_type {
        OrderType::Limit => spec.price.is_some(),
        OrderType::StopMarket => spec.trigger.is_some(),
        OrderType::Market => spec.reduce_only,
    };
    if !(on_tick && on_step && worth && priced) {
        watch.broken(21, now, format!("order {} is off the venue's grid: {spec:?}", spec.id));
    }
}
