//! The position monitor: proven stops, trailing, the liquidation guard, and the ladder that ends in closing.
//!
//! Invariant I5: a position that must have a stop has a proven one within ten seconds, or is closed. Every act here is a
//! plan that passes the same gate as a person's, under the account's own protection (I2).

use crate::domain::evidence::{Evidence, EvidenceKind, EvidenceMap};
use crate::domain::ids::SourceKey;
use crate::domain::instrument::InstrumentId;
use crate::domain::margin::MarginMode;
use crate::domain::money::{Price, Quantity, Ratio};
use crate::domain::order::{Leg, OrderState, TimeInForce};
use crate::domain::pace::Pace;
use crate::domain::plan::Plan;
use crate::domain::position::Direction;
use crate::domain::request::{AmountSpec, CloseRequest, CloseWhich, LevelSpec, ProtectRequest, StopChange};
use crate::domain::rows::{OrderRow, PositionRow, Protection};
use crate::domain::time::Timestamp;
use crate::domain::upkeep::UpkeepSpec;
use crate::engine::ports::Quotes;
use crate::engine::risk::authority::Authority;
use crate::engine::risk::continuous::{GuardAction, guard};
use rust_decimal::dec;

use super::draft::Draft;
use super::execute::Cause;
use super::machine::Desk;
use super::sizing::Unplannable;
use super::sizing::levels::stop_trigger;

/// Stops that may be placed anew for one position before it is closed instead.
const REPLACED_MAX: u32 = 3;
/// Acts of one rule for one position in one millisecond that are told apart.
const ACTS_MAX: u32 = 16;
/// Wait between two tries of an emergency close, in milliseconds.
const CLOSE_AGAIN_MS: i64 = 2_000;
/// Longest wait between two tries that close nothing while a proven stop stands, in milliseconds.
const CLOSE_AGAIN_MAX_MS: i64 = 32_000;
/// How long a proven stop that covers too little may take to grow before a whole one is placed, in milliseconds.
const GROWING_MS: i64 = 1_000;
/// A trailing stop moves when it gains at least this share of its distance.
const TRAIL_STEP: rust_decimal::Decimal = dec!(0.1);

impl Desk {
    /// Looks after every open position.
    pub(super) fn monitor(&self, d: &mut Draft<'_>, quotes: &dyn Quotes) {
        let open: Vec<InstrumentId> =
            self.book.positions().filter(|row| row.position.is_some()).map(|row| row.instrument.clone()).collect();
        for instrument in open {
            self.repair_protection(d, quotes, &instrument);
            self.guard_liquidation(d, quotes, &instrument);
            self.time_stop(d, quotes, &instrument);
            self.even_after_target(d, quotes, &instrument);
            self.one_stop(d, quotes, &instrument);
            self.trail(d, quotes, &instrument);
        }
    }

    /// The ladder: place the stop again at once; after ten seconds, or three tries, close.
    pub(super) fn repair_protection(&self, d: &mut Draft<'_>, quotes: &dyn Quotes, instrument: &InstrumentId) {
        let Some(row) = d.position(instrument).cloned() else { return };
        // Sizing reads the book: what this very step changed is looked at again on the next timer, a moment later.
        if self.book.position(instrument).is_none_or(|held| held.position != row.position) {
            return;
        }
        if row.protection.closing_at.is_some() {
            return self.close_further(d, quotes, &row);
        }
        let Some(since) = row.protection.unprotected_since else { return };
        let late = d.now.since(since) >= self.settings.limits.unprotected_max_ms;
        let through = self.is_through(quotes, &row);
        if late || through || row.protection.replaced >= REPLACED_MAX {
            let why = if through { "the price is already through the stop" } else { "no proven stop" };
            return self.emergency_close(d, quotes, &row, why);
        }
        if !self.stop_is_coming(d, instrument, since) {
            self.place_stop_again(d, quotes, row);
        }
    }

    /// Tells whether a stop is on its way: sent and not proven yet, held by an entry that has begun to fill, or there and
    /// only too small for the moment (the venue may be about to say that it grew).
    fn stop_is_coming(&self, d: &Draft<'_>, instrument: &InstrumentId, since: Timestamp) -> bool {
        let young = d.now.since(since) < GROWING_MS;
        let filling = |order: &OrderRow| order.parent.as_ref().and_then(|id| d.order(id)).is_some_and(|entry| !entry.filled.is_zero());
        let coming = |order: &OrderRow| match order.state {
            OrderState::Planned | OrderState::Sending | OrderState::Unknown => true,
            OrderState::Held => filling(order),
            state => state.is_proven() && young,
        };
        d.live_orders_of(instrument).into_iter().any(|order| order.leg == Leg::Stop && coming(order))
    }

    fn is_through(&self, quotes: &dyn Quotes, row: &PositionRow) -> bool {
        let (Some(position), Some(stop), Some(quote)) = (&row.position, row.protection.stop, quotes.quote(&row.instrument)) else {
            return false;
        };
        match position.direction {
            Direction::Long => quote.mark <= stop,
            Direction::Short => quote.mark >= stop,
        }
    }

    fn place_stop_again(&self, d: &mut Draft<'_>, quotes: &dyn Quotes, row: PositionRow) {
        let Some(stop) = row.protection.stop.or_else(|| self.fallback_stop(quotes, &row)) else { return };
        let protection = Protection { replaced: row.protection.replaced.saturating_add(1), stop: Some(stop), ..row.protection.clone() };
        let row = PositionRow { protection, ..row };
        d.put_position(row.clone(), "position.protection", "the stop is placed again");
        self.place_stop(d, quotes, &row, stop, row.protection.trailing, "POSITION_UNPROTECTED");
    }

    /// A stop for a position nobody set one for (adopted, or from a late execution): the farthest default.
    fn fallback_stop(&self, quotes: &dyn Quotes, row: &PositionRow) -> Option<Price> {
        let (position, instrument) = (row.position.as_ref()?, self.instruments.get(&row.instrument)?);
        let mark = quotes.quote(&row.instrument)?.mark;
        let level = LevelSpec::Distance(Ratio::new(self.settings.limits.default_stop_max).ok()?);
        stop_trigger(position.direction, mark, level, instrument.tick).ok()
    }

    /// Plans a stop for the whole position under the account's own protection.
    pub(super) fn place_stop(
        &self,
        d: &mut Draft<'_>,
        quotes: &dyn Quotes,
        row: &PositionRow,
        trigger: Price,
        trailing: Option<Ratio>,
        rule: &str,
    ) {
        let request = ProtectRequest {
            symbol: Some(row.instrument.symbol.clone()),
            stop: Some(StopChange::Set(LevelSpec::Price(trigger))),
            targets: None,
            upkeep: UpkeepSpec::default(),
            evidence: EvidenceMap::from([("stop".to_owned(), Evidence::of(EvidenceKind::Mandate, rule))]),
        };
        let key = self.rule_key(d, &row.instrument, rule);
        let plan = self.sizing(d.now, quotes).protect_instrument(&key, &row.instrument, &request);
        let Ok(mut plan) = plan else { return };
        if let Some(stop) = &mut plan.stop {
            stop.trailing = trailing;
        }
        plan.upkeep.trail_from = row.protection.trail_from;
        self.run(d, quotes, plan, &key, rule);
    }

    /// Closes a position because its protection failed, and halts the account.
    fn emergency_close(&self, d: &mut Draft<'_>, quotes: &dyn Quotes, row: &PositionRow, why: &str) {
        let instrument = row.instrument.name();
        let text = format!("{instrument}: {why}; the position is being closed and trading is halted.");
        d.alert(&text, Some("POSITION_UNPROTECTED"));
        self.halt(d, &format!("POSITION_UNPROTECTED: {instrument}: {why}"));
        self.close_further(d, quotes, row);
    }

    /// Sends the next rung of an emergency close, unless one is on its way: first inside a wide cap, then at any price.
    fn close_further(&self, d: &mut Draft<'_>, quotes: &dyn Quotes, row: &PositionRow) {
        if self.is_closing(d, &row.instrument) {
            return;
        }
        let first = row.protection.closing_at.is_none();
        if row.protection.closing_at.is_some_and(|at| d.now.since(at) < close_wait(&row.protection)) {
            return;
        }
        let open = row.position.as_ref().map_or(Quantity::ZERO, |position| position.quantity);
        let pace = Some(Pace::after(row.protection.closing_pace, open));
        let protection = Protection { closing_at: Some(d.now), closing_pace: pace, ..row.protection.clone() };
        d.put_position(PositionRow { protection, ..row.clone() }, "position.closing", "emergency close");
        let key = self.rule_key(d, &row.instrument, "emergency");
        let plan = if first {
            self.partial_close(d, quotes, &key, &row.instrument, Ratio::ONE)
        } else {
            self.sizing(d.now, quotes).close_at_any_price(&key, &row.instrument)
        };
        match plan {
            Ok(plan) => self.run(d, quotes, plan, &key, "POSITION_UNPROTECTED"),
            Err(_) => d.alert(&format!("{} cannot be closed: no price. Trying again.", row.instrument.name()), Some("STALE_PRICE")),
        }
    }

    /// Tells whether a close is on its way that acts at once. A close that rests at a limit closes nothing now.
    pub(super) fn is_closing(&self, d: &Draft<'_>, instrument: &InstrumentId) -> bool {
        let at_once = |order: &OrderRow| order.leg == Leg::Close && !order.state.is_done() && order.spec.tif != TimeInForce::Gtc;
        d.live_orders_of(instrument).into_iter().any(at_once)
    }

    pub(super) fn partial_close(
        &self,
        d: &Draft<'_>,
        quotes: &dyn Quotes,
        key: &SourceKey,
        id: &InstrumentId,
        share: Ratio,
    ) -> Result<Plan, Unplannable> {
        let request = CloseRequest {
            which: CloseWhich::Symbol(id.symbol.clone()),
            market: Some(id.market),
            amount: AmountSpec::Share(share),
            at_once: true,
            evidence: Default::default(),
        };
        let mut plans = self.sizing(d.now, quotes).close(key, &request)?;
        plans
            .pop()
            .ok_or_else(|| Unplannable::refused(crate::domain::refusal::Code::NoPosition, "an open position", "none", "nothing is open"))
    }

    /// Half is closed when the way to liquidation has shrunk to a quarter of what it was, all at a tenth.
    fn guard_liquidation(&self, d: &mut Draft<'_>, quotes: &dyn Quotes, instrument: &InstrumentId) {
        let Some(row) = d.position(instrument).cloned() else { return };
        let Some(position) = &row.position else { return };
        // A cross position that nothing could liquidate at its opening can be by what the others lose: all of the way was left.
        let unbounded = (position.margin_mode == MarginMode::Cross).then_some(Ratio::ONE);
        let Some(opened) = row.protection.liquidation_distance.or(unbounded) else { return };
        let quote = quotes.quote(instrument);
        let Some(now) = quote.and_then(|quote| self.liquidation_distance(d, quotes, position, quote.mark)) else { return };
        let share = match guard(now, opened, &self.settings.limits) {
            GuardAction::Halve if !row.protection.guard_halved => Ratio::new(dec!(0.5)).unwrap_or(Ratio::ONE),
            GuardAction::Close => Ratio::ONE,
            GuardAction::None | GuardAction::Halve => return,
        };
        if self.is_closing(d, instrument) || row.protection.closing_at.is_some() {
            return;
        }
        let key = self.rule_key(d, instrument, "guard");
        let Ok(plan) = self.partial_close(d, quotes, &key, instrument, share) else { return };
        let text = format!(
            "{}: {} % is left of the way to liquidation that there was at the opening; closing {} % of the position.",
            instrument.name(),
            share_left(now, opened),
            share.percent()
        );
        d.alert(&text, Some("LIQUIDATION_DISTANCE"));
        // Closing all goes on, at any price in the end, until the position is flat.
        let closing_at = (share == Ratio::ONE).then_some(d.now);
        let protection = Protection { guard_halved: true, closing_at, ..row.protection.clone() };
        d.put_position(PositionRow { protection, ..row }, "position.guard", "the way to liquidation is short");
        self.run(d, quotes, plan, &key, "LIQUIDATION_DISTANCE");
    }

    /// Moves a trailing stop after the best price.
    fn trail(&self, d: &mut Draft<'_>, quotes: &dyn Quotes, instrument: &InstrumentId) {
        let Some(row) = d.position(instrument).cloned() else { return };
        let (Some(position), Some(distance), Some(stop)) = (&row.position, row.protection.trailing, row.protection.stop) else { return };
        let (Some(mark), Some(rules)) = (quotes.quote(instrument).map(|quote| quote.mark), self.instruments.get(instrument)) else {
            return;
        };
        if !self.trails(d, &row, mark) {
            return;
        }
        let best = match (position.direction, row.protection.best) {
            (Direction::Long, Some(best)) => best.max(mark),
            (Direction::Short, Some(best)) => best.min(mark),
            (_, None) => mark,
        };
        let Ok(wanted) = stop_trigger(position.direction, best, LevelSpec::Distance(distance), rules.tick) else { return };
        let gain = match position.direction {
            Direction::Long => wanted.minus(stop),
            Direction::Short => stop.minus(wanted),
        };
        let least = best.value() * distance.value() * TRAIL_STEP;
        let pending = self.stop_is_moving(d, &row);
        // Too near to the price, or through it, the gate would refuse the stop now and at each further look: the older one stays.
        let room = match position.direction {
            Direction::Long => mark.minus(wanted),
            Direction::Short => wanted.minus(mark),
        };
        let near = room.value() < mark.value() * self.settings.limits.stop_distance_min;
        if near || gain.value() < least || row.protection.unprotected_since.is_some() || row.protection.closing_at.is_some() || pending {
            return;
        }
        let protection = Protection { best: Some(best), ..row.protection.clone() };
        let row = PositionRow { protection, ..row };
        d.put_position(row.clone(), "position.trailed", &format!("best price {best}, stop to {wanted}"));
        self.place_stop(d, quotes, &row, wanted, Some(distance), "TRAILING");
    }

    pub(super) fn run(&self, d: &mut Draft<'_>, quotes: &dyn Quotes, plan: Plan, key: &SourceKey, rule: &str) {
        let authority = Authority::protection(rule, d.now);
        let cause = Cause { key: key.clone(), chat: None, actor: None, text: rule.to_owned() };
        self.execute(d, quotes, plan, &authority, &cause);
    }

    /// A key for each act of a rule, also for two in one millisecond (a stop that was refused at once is placed again): the
    /// same key would name the same order, and no order is sent twice.
    pub(super) fn rule_key(&self, d: &Draft<'_>, instrument: &InstrumentId, rule: &str) -> SourceKey {
        let generation = d.position(instrument).map_or(0, |row| row.generation);
        let key = |n: u32| SourceKey::new(format!("risk:{instrument}:{generation}:{rule}:{}:{n}", d.now.ms()));
        let used = |key: &SourceKey| {
            let plan = self.ids.plan(key);
            [Leg::Stop, Leg::Close].into_iter().any(|leg| d.order(&self.ids.order(&plan, leg, 0)).is_some())
        };
        (0..ACTS_MAX).map(key).find(|key| !used(key)).unwrap_or_else(|| key(ACTS_MAX))
    }
}

/// Returns how long after the latest try of a close the next one is due. An empty book fills no faster for being asked more
/// often; but a position without a proven stop is tried at an even pace.
fn close_wait(protection: &Protection) -> i64 {
    match protection.closing_pace {
        Some(pace) if protection.unprotected_since.is_none() => pace.wait_ms(CLOSE_AGAIN_MS, CLOSE_AGAIN_MAX_MS),
        _ => CLOSE_AGAIN_MS,
    }
}

fn share_left(now: Ratio, opened: Ratio) -> rust_decimal::Decimal {
    now.value().checked_div(opened.value()).map_or(rust_decimal::Decimal::ZERO, |left| (left * dec!(100)).round_dp(1).normalize())
}
