//! Executions: into the ledger, the position, the order and the day, once each.

use crate::domain::instrument::{Currency, Market};
use crate::domain::money::{Amount, MoneyError, Quantity};
use crate::domain::notice::{FilledView, NoticeBody, OrderView, PositionView};
use crate::domain::order::{Fill, FillCause, Leg, OrderEvent};
use crate::domain::plan::Plan;
use crate::domain::position::{Execution, FillEffect, after_execution};
use crate::domain::rows::{FillRow, OrderRow, PnlDayRow, PositionRow, Posting, Protection, Reservation};
use crate::engine::book::ledger;
use crate::engine::ports::Quotes;

use super::draft::{Draft, Recipient};
use super::machine::Desk;
use super::reconcile::adopt_fill;
use super::{stacking, upkeep, venue_stop};

impl Desk {
    /// Books an execution, unless it is booked.
    pub(super) fn fill(&self, d: &mut Draft<'_>, quotes: &dyn Quotes, fill: &Fill, source: &str) {
        if d.has_fill(&fill.instrument, &fill.trade_id) {
            return;
        }
        let order = fill.order.as_ref().and_then(|id| d.order(id)).cloned();
        // Read late, but from before the account was opened: the balances it began with have it.
        if order.is_none() && d.state().is_some_and(|state| fill.at < state.opened_at) {
            return adopt_fill(d, fill);
        }
        if order.is_none() && fill.cause == FillCause::Order {
            // An execution of an order the books do not know: booked all the same, for it moved money, and said aloud.
            d.alert(&format!("an execution came for an order the books do not know: {} {}", fill.instrument.name(), fill.trade_id), None);
        }
        if let Err(error) = self.book_fill(d, quotes, fill, order.as_ref(), source) {
            d.alert(&format!("an execution of {} could not be booked ({error}); trading halts", fill.instrument.name()), None);
            self.halt(d, &format!("an execution could not be booked: {error}"));
        }
    }

    fn book_fill(
        &self,
        d: &mut Draft<'_>,
        quotes: &dyn Quotes,
        fill: &Fill,
        order: Option<&OrderRow>,
        source: &str,
    ) -> Result<(), MoneyError> {
        // All numbers first: an execution that cannot be booked must leave no half of itself in the books.
        let before = d.position_or_flat(&fill.instrument);
        let execution = Execution {
            side: fill.side,
            quantity: fill.quantity,
            price: fill.price,
            leverage: fill.leverage,
            margin_mode: fill.margin_mode,
            at: fill.at,
        };
        let effect = after_execution(&fill.instrument, before.position.as_ref(), execution)?;
        let lines = ledger::execution(fill, &effect)?;
        let balances = self.moved_cash(d, fill, &lines)?;
        let day = self.day_with(d, fill, effect.realized)?;
        let filled = order.map(|order| filled_row(order, fill)).transpose()?;

        balances.into_iter().for_each(|(currency, cash)| d.put_balance(&currency, cash, "execution"));
        d.put_pnl_day(day);
        let row = FillRow {
            fill: fill.clone(),
            plan: order.map(|order| order.plan.clone()),
            leg: order.map(|order| order.leg),
            realized: effect.realized,
        };
        d.put_fill(row.clone(), lines);
        if let Some(filled) = filled {
            self.fill_order(d, filled, source);
        }
        let entry = order.filter(|order| order.leg == Leg::Entry);
        let plan = entry.and_then(|order| Some((self.book.plan(&order.plan)?.plan.clone(), order.filled.is_zero())));
        self.move_position(d, quotes, before, &effect, plan.as_ref().map(|(plan, first)| (plan, *first)), fill);
        self.tell_fill(d, quotes, row, order);
        Ok(())
    }

    /// Returns the balances that an execution changes, as they stand afterwards.
    fn moved_cash(&self, d: &Draft<'_>, fill: &Fill, lines: &[Posting]) -> Result<Vec<(Currency, Amount)>, MoneyError> {
        let symbol = &fill.instrument.symbol;
        let mut currencies = vec![symbol.quote.clone()];
        if fill.instrument.market == Market::Spot {
            currencies.push(symbol.base.clone());
        }
        if !currencies.contains(&fill.fee_currency) {
            currencies.push(fill.fee_currency.clone());
        }
        let mut moved = Vec::with_capacity(currencies.len());
        for currency in currencies {
            let change = ledger::cash_change(lines, &currency)?;
            if !change.is_zero() {
                let cash = d.cash(&currency).plus(change)?;
                moved.push((currency, cash));
            }
        }
        Ok(moved)
    }

    fn day_with(&self, d: &Draft<'_>, fill: &Fill, realized: Amount) -> Result<PnlDayRow, MoneyError> {
        let row = d.pnl_day_at(fill.at);
        let fees = row.fees.plus(fill.fee)?;
        Ok(PnlDayRow { realized: row.realized.plus(realized)?, fees, fills: row.fills.saturating_add(1), ..row })
    }

    fn fill_order(&self, d: &mut Draft<'_>, row: OrderRow, source: &str) {
        let id = row.spec.id.clone();
        let whole = row.filled >= row.spec.quantity;
        let overfilled = row.filled > row.spec.quantity && !row.spec.reduce_only;
        d.put_order(row, "order.filled_part", source);
        d.move_order(&id, if whole { OrderEvent::Filled } else { OrderEvent::PartlyFilled }, source);
        if whole {
            self.stop_asking(d, &id);
        }
        if overfilled {
            d.alert(&format!("order {id} was filled beyond its size; the position holds what the venue says"), None);
        }
    }

    fn move_position(
        &self,
        d: &mut Draft<'_>,
        quotes: &dyn Quotes,
        before: PositionRow,
        effect: &FillEffect,
        plan: Option<(&Plan, bool)>,
        fill: &Fill,
    ) {
        let direction = effect.position.as_ref().map(|position| position.direction);
        // A position that turned around is another position: nothing of the old one's protection fits it.
        let was_flat = before.position.as_ref().map(|position| position.direction) != direction;
        let adds = !was_flat && before.protection.stop.is_some();
        let generation = if was_flat && direction.is_some() { before.generation.saturating_add(1) } else { before.generation };
        let mut protection = if was_flat { Protection::default() } else { before.protection };
        // An entry against the position (two rested, and the other one filled first) only reduced it.
        let plan = plan.filter(|(plan, _)| direction == Some(plan.direction));
        if effect.position.is_none() {
            protection = Protection::default();
        } else if let Some((plan, first)) = plan {
            self.protect_by_plan(&mut protection, (plan, first), quotes, fill);
            if adds {
                stacking::note(&mut protection, plan, fill.quantity, d.now);
            }
        } else if was_flat {
            // Opened by an order whose plan is gone (a tombstone that proved alive): it must be protected all the same.
            protection.required = fill.instrument.market == Market::Perp && self.settings.limits.require_stop;
        }
        let mut row = PositionRow { position: effect.position.clone(), generation, protection, ..before };
        if let (Some(position), true) = (&row.position, plan.is_some() || was_flat) {
            let mark = quotes.quote(&fill.instrument).map_or(fill.price, |quote| quote.mark);
            row.protection.liquidation_distance = self.liquidation_distance(d, quotes, position, mark);
            row.protection.guard_halved = false;
        }
        d.put_position(row, "position.changed", "execution");
    }

    fn protect_by_plan(&self, protection: &mut Protection, (plan, first): (&Plan, bool), quotes: &dyn Quotes, fill: &Fill) {
        let leveraged = plan.instrument.market == Market::Perp;
        protection.required |= plan.stop.is_some() || (leveraged && self.settings.limits.require_stop);
        // A later fill of the same entry must not take back what became of its stop meanwhile (trailed, moved by hand).
        protection.plan = Some(plan.id.clone());
        if plan.stop.is_some() && (first || protection.stop.is_none()) {
            venue_stop::note(protection, plan);
            protection.stop_order = Some(self.ids.order(&plan.id, Leg::Stop, 0));
        }
        if first {
            upkeep::note(protection, &plan.upkeep, fill.at);
        }
        let mark = quotes.quote(&fill.instrument).map_or(fill.price, |quote| quote.mark);
        protection.best.get_or_insert(mark);
        for (n, _) in (1_u8..).zip(&plan.targets).filter(|_| first) {
            let id = self.ids.order(&plan.id, Leg::Target(n), 0);
            if !protection.target_orders.contains(&id) {
                protection.target_orders.push(id);
            }
        }
    }

    fn tell_fill(&self, d: &mut Draft<'_>, quotes: &dyn Quotes, row: FillRow, order: Option<&OrderRow>) {
        let cause = row.fill.cause;
        let key = format!("fill:{}:{}", row.fill.instrument, row.fill.trade_id);
        let position = d.position(&row.fill.instrument).cloned();
        let position = position.and_then(|row| self.position_view(d, quotes, &row).ok().flatten());
        let to = order.map_or_else(Recipient::default, Recipient::of_order);
        let order = order.and_then(|order| d.order(&order.spec.id)).map(OrderView::from);
        if let Some(order) = order.as_ref().filter(|order| order.state.is_done()) {
            d.told(&crate::domain::ids::ClientOrderId::new(order.id.clone()));
        }
        d.tell(key, &to, NoticeBody::Filled(Box::new(FilledView { fill: row, order, position, cause })));
    }

    /// Returns a position as people are told of it; none when flat.
    pub(super) fn position_view(&self, d: &Draft<'_>, quotes: &dyn Quotes, row: &PositionRow) -> Result<Option<PositionView>, MoneyError> {
        let Some(position) = &row.position else { return Ok(None) };
        let mark = quotes.quote(&row.instrument).map(|quote| quote.mark);
        let orders = d.live_orders_of(&row.instrument);
        let proven = |leg: fn(Leg) -> bool| orders.iter().filter(move |order| leg(order.leg) && order.state.is_proven());
        let mut targets: Vec<_> = proven(|leg| matches!(leg, Leg::Target(_))).collect();
        targets.sort_by_key(|order| order.leg);
        Ok(Some(PositionView {
            instrument: row.instrument.clone(),
            direction: position.direction,
            quantity: position.quantity,
            entry_price: position.entry_price()?,
            mark_price: mark,
            unrealized: mark.map(|mark| position.unrealized(mark)).transpose()?,
            leverage: position.leverage,
            margin: position.margin,
            margin_mode: position.margin_mode,
            liquidation_price: self.liquidation_price(d, quotes, position)?,
            stop: proven(|leg| leg == Leg::Stop).find_map(|order| order.spec.trigger),
            targets: targets.into_iter().filter_map(|order| order.spec.price).collect(),
            upkeep: (&row.protection).into(),
        }))
    }

    /// Returns how much of a position proven stops cover.
    pub(super) fn covered(&self, d: &Draft<'_>, row: &PositionRow) -> Quantity {
        let stops = d.live_orders_of(&row.instrument).into_iter().filter(|order| order.leg == Leg::Stop && order.state.is_proven());
        stops.fold(Quantity::ZERO, |sum, order| sum.plus(order.remaining()).unwrap_or(sum))
    }
}

/// Returns an order as it stands after an execution; what was set aside shrinks with what is left of it.
fn filled_row(order: &OrderRow, fill: &Fill) -> Result<OrderRow, MoneyError> {
    let mut row = order.clone();
    row.filled = order.filled.plus(fill.quantity)?;
    row.filled_notional = order.filled_notional.plus(fill.price.notional(fill.quantity)?)?;
    row.fees = order.fees.plus(fill.fee)?;
    if let Some(held) = &order.reservation {
        let left = order.spec.quantity.saturating_minus(row.filled);
        let before = order.remaining();
        let amount = if before.is_zero() { Amount::ZERO } else { held.amount.prorated(left.min(before), before)? };
        row.reservation = Some(Reservation { currency: held.currency.clone(), amount });
    }
    Ok(row)
}
