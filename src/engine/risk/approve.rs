//! The one way to an order that may be sent: a plan, a fresh look by every rule, and an authority that covers it.
//!
//! Invariant I1: [`Approved`] has private fields, no `Clone`, no `Deserialize`, and this room's constructor only; the
//! executor takes it by value. Invariant I2: exits come through here too.
//!
//! ```compile_fail,E0451
//! use outcry::engine::risk::approve::Approved;
//! fn forge(spec: outcry::domain::order::OrderSpec, at: outcry::domain::time::Timestamp) -> Approved {
//!     Approved { spec, expires_at: at }
//! }
//! ```
//! ```compile_fail,E0599
//! use outcry::engine::risk::approve::Approved;
//! fn copy(approved: &Approved) -> Approved {
//!     approved.clone()
//! }
//! ```

use crate::domain::money::Price;
use crate::domain::order::{Leg, OrderSpec};
use crate::domain::plan::{OcoPlan, Plan, PlanKind};
use crate::domain::refusal::{Code, Refusal};
use crate::domain::time::Timestamp;
use crate::domain::trail::Trail;

use super::authority::Authority;
use super::check::{Verdict, check};
use super::facts::Facts;

/// How long an approval may wait for its licence and its first byte, in milliseconds.
pub const APPROVAL_LIFE_MS: i64 = 5_000;

/// An order that may be sent, once, soon.
#[derive(Debug)]
pub struct Approved {
    spec: OrderSpec,
    expires_at: Timestamp,
}

impl Approved {
    /// Returns the order.
    pub fn spec(&self) -> &OrderSpec {
        &self.spec
    }

    /// Returns when the approval ends.
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// Gives up the approval for the order, to be sent now.
    pub(in crate::engine) fn into_spec(self) -> OrderSpec {
        self.spec
    }
}

/// Looks at the plan once more and, if every rule passes and the authority covers it, approves its orders.
///
/// `orders` are the plan's legs as they will go over the wire; each must say no more than the plan does.
///
/// # Errors
/// The [`Verdict`] with every rule that failed.
pub(in crate::engine) fn approve(
    facts: &Facts<'_>,
    authority: &Authority,
    orders: Vec<(Leg, OrderSpec)>,
) -> Result<(Vec<Approved>, Verdict), Verdict> {
    let mut verdict = check(facts);
    if !authority.covers(facts.plan) {
        verdict.refusals.push(Refusal::new(Code::NotAllowed, "the plan that was confirmed", "another plan", "confirm a new card"));
    }
    if let Some((leg, _)) = orders.iter().find(|(leg, spec)| !within_plan(facts, *leg, spec)) {
        verdict.refusals.push(Refusal::new(
            Code::NotAllowed,
            "orders as planned",
            format!("{leg:?} differs from its plan"),
            "confirm a new card",
        ));
    }
    if !verdict.passes() {
        return Err(verdict);
    }
    let expires_at = facts.now.plus_ms(APPROVAL_LIFE_MS);
    let approved = orders.into_iter().map(|(_, spec)| Approved { spec, expires_at }).collect();
    Ok((approved, verdict))
}

/// Tells whether an order says no more than its plan (invariant 4 of the simulation: sent equals confirmed).
fn within_plan(facts: &Facts<'_>, leg: Leg, spec: &OrderSpec) -> bool {
    let plan = facts.plan;
    if spec.instrument != plan.instrument {
        return false;
    }
    match (leg, &plan.order) {
        (Leg::Entry | Leg::Close, Some(order)) => {
            spec.side == plan.side
                && spec.quantity == order.quantity
                && spec.price == order.price
                && spec.trigger == order.trigger
                && spec.order_type == order.order_type
                && spec.tif == order.tif
                && spec.reduce_only == order.reduce_only
                && spec.leverage == plan.leverage
                && (spec.reduce_only || plan.kind == PlanKind::Open)
                && spec.attached.len() == if leg == Leg::Entry { usize::from(plan.stop.is_some()) + plan.targets.len() } else { 0 }
                && spec
                    .attached
                    .iter()
                    .all(|exit| at_its_level(plan, exit.leg, exit.price) && of_its_kind(plan, exit.leg, exit.limit, exit.trail))
                && spec.oco.as_deref().map(|other| OcoPlan { trigger: other.trigger, limit: other.limit }) == order.oco
        }
        (Leg::Stop | Leg::Target(_), None) => {
            let level = spec.trigger.or(spec.price);
            spec.reduce_only
                && spec.side == plan.direction.closing_side()
                && plan.kind == PlanKind::Protect
                && spec.attached.is_empty()
                && level.is_some_and(|level| at_its_level(plan, leg, level))
                && (leg != Leg::Stop || of_its_kind(plan, leg, spec.price, spec.trail))
                && facts.position.is_some_and(|(_, held)| spec.quantity <= held)
        }
        _ => false,
    }
}

/// Tells whether a stop has the limit and trails as the plan has it, and a target neither.
fn of_its_kind(plan: &Plan, leg: Leg, limit: Option<Price>, trail: Option<Trail>) -> bool {
    let planned = plan.stop.as_ref().filter(|_| leg == Leg::Stop);
    planned.map_or((None, None), |stop| (stop.limit, stop.at_venue)) == (limit, trail)
}

/// Tells whether an exit stands where the plan has it.
fn at_its_level(plan: &Plan, leg: Leg, level: Price) -> bool {
    match leg {
        Leg::Stop => plan.stop.as_ref().is_some_and(|stop| stop.trigger == level),
        Leg::Target(n) => plan.targets.get(usize::from(n).wrapping_sub(1)).is_some_and(|target| target.price == level),
        Leg::Entry | Leg::Close => false,
    }
}
