//! From an allowed plan to planned orders: approval on fresh quotes, reservations, and the wish to send.

use crate::domain::actor::{Actor, ChatId};
use crate::domain::ids::{ClientOrderId, SourceKey};
use crate::domain::instrument::{Instrument, Market};
use crate::domain::money::{Amount, Leverage, MoneyError, Quantity, Ratio};
use crate::domain::notice::NoticeBody;
use crate::domain::order::{AttachedSpec, Leg, OrderSpec, OrderState, OrderType, Side, TimeInForce};
use crate::domain::plan::{ExitChange, Plan, PlanKind};
use crate::domain::position::initial_margin;
use crate::domain::rows::{AuthorityRecord, OrderRow, PlanRow, PlanState, PositionRow, Reservation};
use crate::domain::time::Timestamp;
use crate::engine::ports::Quotes;
use crate::engine::risk::approve::{Approved, approve};
use crate::engine::risk::authority::Authority;
use crate::engine::risk::facts::{Asker, Facts, Stage};
use crate::engine::risk::plan_hash::plan_hash;

use super::draft::{Draft, Recipient};
use super::effect::Effect;
use super::machine::Desk;
use super::stacking;
use super::upkeep;

/// What caused a plan, and who is told of it.
#[derive(Debug, Clone)]
pub(super) struct Cause {
    /// The message, or the rule.
    pub(super) key: SourceKey,
    /// Where its notices go.
    pub(super) chat: Option<ChatId>,
    /// Who asked.
    pub(super) actor: Option<Actor>,
    /// What was said.
    pub(super) text: String,
}

impl Cause {
    fn recipient(&self) -> Recipient {
        Recipient { chat: self.chat, cause: self.actor.map(|_| self.key.clone()) }
    }
}

impl Desk {
    /// Approves a plan and plans its orders, or records and tells why not.
    pub(super) fn execute(&self, d: &mut Draft<'_>, quotes: &dyn Quotes, plan: Plan, authority: &Authority, cause: &Cause) {
        let approved = self.approved(d, quotes, &plan, authority);
        let mut row = PlanRow {
            plan_hash: plan_hash(&plan),
            state: PlanState::Denied,
            authority: Some(authority.record().clone()),
            actor: cause.actor,
            text: cause.text.clone(),
            rules: Vec::new(),
            refusals: Vec::new(),
            at: d.now,
            plan,
        };
        match approved {
            Ok((approved, rules)) => {
                row.rules = rules;
                // A protect plan is done once its orders stand; the others when their main order ends.
                row.state = if row.plan.kind == PlanKind::Protect { PlanState::Done } else { PlanState::Approved };
                let plan = row.plan.clone();
                d.put_plan(row, "approved");
                self.change_exits(d, quotes, &plan, cause);
                approved.into_iter().for_each(|(leg, approved)| self.plan_order(d, &plan, leg, approved, cause));
            }
            Err(verdict) => {
                row.rules = verdict.records;
                row.refusals.clone_from(&verdict.refusals);
                let codes: Vec<&str> = verdict.refusals.iter().map(|refusal| refusal.code.as_str()).collect();
                let (subject, machine) = (row.text.clone(), cause.actor.is_none());
                let text = format!("the protection of {} could not act: {}", row.plan.instrument.name(), codes.join(", "));
                d.put_plan(row, "refused on the second look");
                if machine {
                    d.alert(&text, codes.first().copied());
                } else {
                    let body = NoticeBody::Denied { subject, refusals: verdict.refusals };
                    d.tell(format!("denied:{}:{}", cause.key, d.now.ms()), &cause.recipient(), body);
                }
            }
        }
    }

    /// What a protect plan does besides its new orders: old targets make room first (the venue lets targets together cover
    /// the position once), and the position's record says where its stop is from now on. An old stop stays until the new
    /// one is proven.
    fn change_exits(&self, d: &mut Draft<'_>, quotes: &dyn Quotes, plan: &Plan, cause: &Cause) {
        if plan.kind != PlanKind::Protect {
            return;
        }
        let going = |row: &&&OrderRow| match row.leg {
            // What an entry that has not filled yet will bring along is not an exit of this position.
            _ if row.state == OrderState::Held => false,
            Leg::Target(_) => plan.exits.targets,
            Leg::Stop => plan.exits.stop && plan.stop.is_none(),
            Leg::Entry | Leg::Close => false,
        };
        let orders = d.live_orders_of(&plan.instrument);
        let rows: Vec<OrderRow> = orders.iter().filter(going).map(|row| (*row).clone()).collect();
        for row in rows {
            let id = row.spec.id.clone();
            if cause.actor.is_some() {
                // Its end answers whoever asked for it, not the message that once placed it.
                d.put_order(OrderRow { cause: cause.key.clone(), chat: cause.chat, ..row }, "order.cancel_asked", "a person");
            }
            self.send_cancel(d, &id, "its person changed the exits");
        }
        let row = d.position_or_flat(&plan.instrument);
        let mut protection = row.protection.clone();
        if plan.exits.stop {
            protection.required = plan.stop.is_some();
            protection.stop = plan.stop.as_ref().map(|stop| stop.trigger);
            protection.stop_order = plan.stop.as_ref().map(|_| self.ids.order(&plan.id, Leg::Stop, 0));
            protection.trailing = plan.stop.as_ref().and_then(|stop| stop.trailing);
            if protection.trailing.is_some() && row.protection.trailing.is_none() {
                protection.best = quotes.quote(&plan.instrument).map(|quote| quote.mark);
            }
        }
        if plan.exits.targets {
            protection.target_orders = (1_u8..).zip(&plan.targets).map(|(n, _)| self.ids.order(&plan.id, Leg::Target(n), 0)).collect();
        }
        upkeep::note(&mut protection, &plan.upkeep, d.now);
        stacking::follow(&mut protection, plan);
        if plan.exits.stop {
            protection.trail_from = plan.upkeep.trail_from;
        }
        protection.plan = Some(plan.id.clone());
        d.put_position(PositionRow { protection, ..row }, "position.protection", "exits changed");
        if plan.exits == ExitChange::default() {
            self.tell_upkeep(d, plan, &cause.recipient());
        }
    }

    /// Looks at a plan once more and approves its orders.
    #[expect(clippy::type_complexity, reason = "orders beside their legs, or the verdict against them")]
    fn approved(
        &self,
        d: &Draft<'_>,
        quotes: &dyn Quotes,
        plan: &Plan,
        authority: &Authority,
    ) -> Result<(Vec<(Leg, Approved)>, Vec<crate::domain::rows::RuleRecord>), crate::engine::risk::check::Verdict> {
        let lists = self.fact_lists(d.now, plan);
        let facts = self.facts(d.now, quotes, plan, &lists, (Stage::Approve, asker(authority.record())));
        // After a start the step in which books and venue first agree is the one that approves again.
        let facts = Facts { reconciled: d.is_reconciled(), ..facts };
        let orders = self.legs(plan);
        let legs: Vec<Leg> = orders.iter().map(|(leg, _)| *leg).collect();
        let (approved, verdict) = approve(&facts, authority, orders)?;
        Ok((legs.into_iter().zip(approved).collect(), verdict.records))
    }

    /// Approves a planned order again after a restart, before it is sent for the first time.
    pub(super) fn approve_again(&self, d: &Draft<'_>, quotes: &dyn Quotes, row: &PlanRow, id: &ClientOrderId) -> Option<Approved> {
        // Rules look at the books as they stood before this step: with money on the move they would judge an old account.
        let authority = Authority::resumed(row, d.now).filter(|_| !d.moves_money())?;
        let (orders, _) = self.approved(d, quotes, &row.plan, &authority).ok()?;
        orders.into_iter().map(|(_, approved)| approved).find(|approved| approved.spec().id == *id)
    }

    /// Returns the plan's legs as they will go over the wire.
    fn legs(&self, plan: &Plan) -> Vec<(Leg, OrderSpec)> {
        let Some(instrument) = self.instruments.get(&plan.instrument) else { return Vec::new() };
        match plan.kind {
            PlanKind::Open => vec![(Leg::Entry, self.main_spec(plan, Leg::Entry, self.attached(plan)))],
            PlanKind::Close => vec![(Leg::Close, self.main_spec(plan, Leg::Close, Vec::new()))],
            PlanKind::Protect => self.exit_specs(plan, instrument),
        }
    }

    fn main_spec(&self, plan: &Plan, leg: Leg, attached: Vec<AttachedSpec>) -> OrderSpec {
        let id = self.ids.order(&plan.id, leg, 0);
        let order = plan.order.as_ref();
        OrderSpec {
            id,
            instrument: plan.instrument.clone(),
            side: plan.side,
            order_type: order.map_or(OrderType::Limit, |order| order.order_type),
            quantity: order.map_or(Quantity::ZERO, |order| order.quantity),
            price: order.and_then(|order| order.price),
            trigger: order.and_then(|order| order.trigger),
            tif: order.map_or(TimeInForce::Ioc, |order| order.tif),
            reduce_only: order.is_some_and(|order| order.reduce_only),
            leverage: plan.leverage,
            margin_mode: plan.margin_mode,
            attached,
        }
    }

    fn attached(&self, plan: &Plan) -> Vec<AttachedSpec> {
        let stop = plan.stop.iter().map(|stop| AttachedSpec {
            id: self.ids.order(&plan.id, Leg::Stop, 0),
            leg: Leg::Stop,
            price: stop.trigger,
            share: Ratio::ONE,
        });
        let targets = (1_u8..).zip(&plan.targets).map(|(n, target)| AttachedSpec {
            id: self.ids.order(&plan.id, Leg::Target(n), 0),
            leg: Leg::Target(n),
            price: target.price,
            share: target.share,
        });
        stop.chain(targets).collect()
    }

    fn exit_specs(&self, plan: &Plan, instrument: &Instrument) -> Vec<(Leg, OrderSpec)> {
        let Some(position) = self.book.position(&plan.instrument).and_then(|row| row.position.as_ref()) else { return Vec::new() };
        let whole = position.quantity;
        let mut left = whole;
        let last = plan.targets.len();
        let mut specs = Vec::new();
        for attached in self.attached(plan) {
            let share = whole.share(attached.share).and_then(|part| part.floor_to(instrument.step)).unwrap_or(Quantity::ZERO);
            let quantity = match attached.leg {
                Leg::Target(n) => {
                    let all_taken =
                        plan.targets.iter().map(|target| target.share.value()).sum::<rust_decimal::Decimal>() == rust_decimal::Decimal::ONE;
                    let part = if usize::from(n) == last && all_taken { left } else { share.min(left) };
                    left = left.saturating_minus(part);
                    part
                }
                _ => whole,
            };
            if !quantity.is_zero() {
                specs.push((attached.leg, exit_spec(plan, &attached, quantity)));
            }
        }
        specs
    }

    /// Writes an approved order as planned, with its attached exits and its reservation, and wishes it sent.
    fn plan_order(&self, d: &mut Draft<'_>, plan: &Plan, leg: Leg, approved: Approved, cause: &Cause) {
        let spec = approved.spec().clone();
        let reservation = self.instruments.get(&spec.instrument).and_then(|instrument| reservation(instrument, &spec).ok().flatten());
        for attached in &spec.attached {
            let share = spec.quantity.share(attached.share).unwrap_or(spec.quantity);
            let child = exit_spec(plan, attached, share);
            let row = new_row(plan, attached.leg, child, cause, d.now);
            d.put_order(OrderRow { parent: Some(spec.id.clone()), ..row }, "order.planned", "rests with its entry");
        }
        let row = new_row(plan, leg, spec, cause, d.now);
        d.put_order(OrderRow { reservation, ..row }, "order.planned", "approved");
        d.effect(Effect::Send(approved));
    }
}

/// Returns who asks, as far as rules care.
fn asker(record: &AuthorityRecord) -> Asker {
    match record {
        AuthorityRecord::Tapped { .. } => Asker::Person,
        AuthorityRecord::StopWord { .. } => Asker::StopWord,
        AuthorityRecord::Protection { .. } => Asker::Protection,
    }
}

fn exit_spec(plan: &Plan, attached: &AttachedSpec, quantity: Quantity) -> OrderSpec {
    let is_stop = attached.leg == Leg::Stop;
    OrderSpec {
        id: attached.id.clone(),
        instrument: plan.instrument.clone(),
        side: plan.direction.closing_side(),
        order_type: if is_stop { OrderType::StopMarket } else { OrderType::Limit },
        quantity,
        price: (!is_stop).then_some(attached.price),
        trigger: is_stop.then_some(attached.price),
        tif: TimeInForce::Gtc,
        reduce_only: true,
        leverage: plan.leverage,
        margin_mode: plan.margin_mode,
        attached: Vec::new(),
    }
}

fn new_row(plan: &Plan, leg: Leg, spec: OrderSpec, cause: &Cause, now: Timestamp) -> OrderRow {
    OrderRow {
        spec,
        plan: plan.id.clone(),
        leg,
        generation: 0,
        parent: None,
        state: OrderState::Planned,
        filled: Quantity::ZERO,
        filled_notional: Amount::ZERO,
        fees: Amount::ZERO,
        reservation: None,
        venue_id: None,
        sent_at: None,
        asking: None,
        cancel_wanted: false,
        cancel_sent_at: None,
        cause: cause.key.clone(),
        chat: cause.chat,
        why: String::new(),
        made_at: now,
        changed_at: now,
    }
}

/// Returns what an order holds back until it ends: the cost and fee of a spot purchase, margin and fee of a perpetual entry.
fn reservation(instrument: &Instrument, spec: &OrderSpec) -> Result<Option<Reservation>, MoneyError> {
    let price = spec.price.or(spec.trigger);
    let (Some(price), false) = (price, spec.reduce_only) else { return Ok(None) };
    let market = spec.instrument.market;
    if market == Market::Spot && spec.side == Side::Sell {
        return Ok(None);
    }
    let notional = price.notional(spec.quantity)?;
    let leverage = if market == Market::Spot { Leverage::ONE } else { spec.leverage };
    let held = if market == Market::Spot { notional } else { initial_margin(market, notional, leverage)? };
    let amount = held.plus(notional.share(instrument.taker_fee)?)?;
    Ok(Some(Reservation { currency: spec.instrument.symbol.quote.clone(), amount }))
}
