//! The `card` object of SPEC §9. Numbers are exact decimal strings; a field that does not apply is null.

use serde_json::{Value, json};

use crate::domain::evidence::Evidence;
use crate::domain::notice::CardView;
use crate::domain::plan::{Plan, PlanKind};
use crate::domain::proposal::Want;

use super::exact::{maybe, number, order_type};
use super::place::Place;

/// Returns one object a plan; for a card without plans, one that says what it does.
pub fn all(view: &CardView, place: &Place) -> Vec<Value> {
    if view.pending.plans.is_empty() {
        return vec![planless(view, place)];
    }
    view.pending.plans.iter().map(|plan| of_plan(view, place, plan)).collect()
}

fn of_plan(view: &CardView, place: &Place, plan: &Plan) -> Value {
    let figures = &plan.figures;
    let order = plan.order.as_ref();
    json!({
        "id": view.pending.nonce.as_str(),
        "venue": view.venue,
        "mode": place.mode(),
        "source": plan.source.as_str(),
        "instrument": plan.instrument.market.as_str(),
        "side": plan.side.as_str(),
        "symbol": number(&plan.instrument.symbol),
        "quantity": maybe(order.map(|order| order.quantity)),
        "price": number(figures.price),
        "notional": number(figures.notional),
        "leverage": number(plan.leverage),
        "stop": maybe(plan.stop.as_ref().map(|stop| stop.trigger)),
        "targets": plan.targets.iter().map(|target| number(target.price)).collect::<Vec<_>>(),
        "fee": number(figures.fee),
        "loss_at_stop": maybe(figures.loss_at_stop),
        "liquidation_price": maybe(figures.liquidation_price),
        "expires_ms": view.pending.expires_at.ms(),
        "evidence": serde_json::to_value(&plan.evidence).unwrap_or_default(),
        // Beyond SPEC §9's list.
        "action": match plan.kind { PlanKind::Open => "open", PlanKind::Close => "close", PlanKind::Protect => "protect" },
        "plan": plan.id.as_str(),
        "order_type": order.map(|order| if order.at_market { "market" } else { order_type(order.order_type) }),
        "limit": maybe(order.and_then(|order| order.price)),
        "trigger": maybe(order.and_then(|order| order.trigger)),
        "trailing": maybe(plan.stop.as_ref().and_then(|stop| stop.trailing)),
        "target_shares": plan.targets.iter().map(|target| number(target.share)).collect::<Vec<_>>(),
        "reward_risk": maybe(figures.reward_risk),
        "margin": number(figures.margin),
        "upkeep": (!plan.upkeep.is_none()).then_some(plan.upkeep),
        "replaces": plan.replaces.as_ref().map(|replaced| replaced.order.as_str()),
        "warnings": plan.warnings,
    })
}

fn planless(view: &CardView, place: &Place) -> Value {
    json!({
        "id": view.pending.nonce.as_str(),
        "venue": view.venue,
        "mode": place.mode(),
        "source": place.source.as_str(),
        "instrument": null,
        "side": null,
        "symbol": null,
        "quantity": null,
        "price": null,
        "notional": null,
        "leverage": null,
        "stop": null,
        "targets": [],
        "fee": null,
        "loss_at_stop": null,
        "liquidation_price": null,
        "expires_ms": view.pending.expires_at.ms(),
        "evidence": { "expires_ms": Evidence::default_setting("risk.card_life_ms") },
        "action": match view.pending.proposal.want { Want::Resume => "resume", _ => "none" },
    })
}
