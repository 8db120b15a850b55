//! Amending plans: a resting order at another price or of another size, as a plan that stands in its place.

use crate::domain::amend::{AmendRequest, Replaced};
use crate::domain::evidence::{Evidence, EvidenceKind, EvidenceMap};
use crate::domain::ids::SourceKey;
use crate::domain::instrument::Market;
use crate::domain::order::{Leg, OrderState, OrderType, Side, TimeInForce};
use crate::domain::plan::{Plan, PlanKind};
use crate::domain::refusal::Code;
use crate::domain::request::{AmountSpec, CancelWhich, CloseRequest, CloseWhich, LevelSpec, OpenPrice, OpenRequest, OpenVerb, TargetSpec};
use crate::domain::rows::{OrderRow, PlanRow};
use crate::domain::upkeep::UpkeepSpec;

use super::entry::slippage_cap;
use super::{Sizing, Unplannable};

impl Sizing<'_> {
    /// Returns the plan that stands in the place of a resting order: its price, its size or both are new, the rest is as
    /// it was on the card of that order.
    ///
    /// # Errors
    /// [`Unplannable`] if no such order rests, or if it is not clear which.
    pub fn amend(&self, key: &SourceKey, request: &AmendRequest) -> Result<Plan, Unplannable> {
        let row = self.amended(request)?;
        let Some(old) = self.book.plan(&row.plan) else {
            return Err(Unplannable::refused(Code::NoOrder, "an order of a plan", "a plan that has ended", "cancel it and order anew"));
        };
        let price = new_price(row, request)?;
        let amount = request.amount.clone().unwrap_or(AmountSpec::Base(row.remaining()));
        let evidence = evidence(row, old, request);
        let mut plan = match old.plan.kind {
            PlanKind::Close => {
                let close = CloseRequest {
                    which: CloseWhich::Symbol(row.spec.instrument.symbol.clone()),
                    market: Some(row.spec.instrument.market),
                    amount,
                    at_once: false,
                    evidence,
                };
                let cap = slippage_cap(self.instrument(&row.spec.instrument.symbol, row.spec.instrument.market)?, self.limits);
                self.close_one(key, &row.spec.instrument, &close, &price, cap)?
            }
            PlanKind::Open | PlanKind::Protect => {
                let open = opened_anew(row, old, price, amount, evidence);
                // The stop is the old one whole, kind and all: the request names only where it stands.
                Plan { upkeep: old.plan.upkeep, stop: old.plan.stop.clone(), ..self.open(key, &open)? }
            }
        };
        plan.replaces = Some(Replaced { order: row.spec.id.clone(), plan: row.plan.clone(), filled: row.filled });
        Ok(plan)
    }

    /// Returns the one resting order that a request means. Exits are moved by name ("move stop to …"), not here.
    fn amended(&self, request: &AmendRequest) -> Result<&OrderRow, Unplannable> {
        let resting = self.book.live_orders().filter(|row| {
            matches!(row.leg, Leg::Entry | Leg::Close)
                && matches!(row.state, OrderState::Open | OrderState::Partial)
                && !row.cancel_wanted
                && row.spec.tif != TimeInForce::Ioc
        });
        let found: Vec<&OrderRow> = resting
            .filter(|row| match &request.which {
                CancelWhich::Id(prefix) => row.spec.id.as_str().starts_with(prefix.as_str()),
                CancelWhich::Symbol(symbol) => row.spec.instrument.symbol == *symbol,
                CancelWhich::All | CancelWhich::Only => true,
            })
            .collect();
        match found.as_slice() {
            [] => Err(Unplannable::refused(Code::NoOrder, "an entry or a sale that rests", "none", "what `orders` shows")),
            [one] => Ok(one),
            several => {
                let choices = several.iter().filter_map(|row| choice(row, request)).collect();
                Err(Unplannable::Ask { text: "Which order shall I change?".to_owned(), choices })
            }
        }
    }
}

/// Returns the sentence that means one of several orders.
fn choice(row: &OrderRow, request: &AmendRequest) -> Option<String> {
    let id: String = row.spec.id.as_str().chars().take(8).collect();
    match (request.price, &request.amount) {
        (Some(price), None) => Some(format!("move order {id} to {price}")),
        (None, Some(AmountSpec::Base(quantity))) => Some(format!("change order {id} to {quantity} {}", row.spec.instrument.symbol.base)),
        _ => None,
    }
}

fn new_price(row: &OrderRow, request: &AmendRequest) -> Result<OpenPrice, Unplannable> {
    let spec = &row.spec;
    let price = match (spec.order_type, spec.price, spec.trigger) {
        (OrderType::Limit, Some(limit), _) if spec.oco.is_none() => {
            OpenPrice::Limit { price: request.price.unwrap_or(limit), post_only: spec.tif == TimeInForce::PostOnly }
        }
        (OrderType::StopMarket, _, Some(trigger)) => OpenPrice::Stop(request.price.unwrap_or(trigger)),
        _ => {
            let kind = "a limit order or a stop entry";
            return Err(Unplannable::refused(Code::NoOrder, kind, "an order of another type", "cancel it and order anew"));
        }
    };
    Ok(price)
}

/// Returns the request that would have made the old plan, at the new price and size.
fn opened_anew(row: &OrderRow, old: &PlanRow, price: OpenPrice, amount: AmountSpec, evidence: EvidenceMap) -> OpenRequest {
    let perp = row.spec.instrument.market == Market::Perp;
    let verb = match (row.spec.side, perp) {
        (Side::Buy, false) => OpenVerb::Buy,
        (Side::Sell, false) => OpenVerb::Sell,
        (Side::Buy, true) => OpenVerb::Long,
        (Side::Sell, true) => OpenVerb::Short,
    };
    let stop = old.plan.stop.as_ref();
    let target = |target: &crate::domain::plan::TargetPlan| TargetSpec { level: LevelSpec::Price(target.price), share: Some(target.share) };
    OpenRequest {
        verb,
        symbol: row.spec.instrument.symbol.clone(),
        market: (!perp).then_some(Market::Spot),
        amount,
        price,
        leverage: perp.then_some(row.spec.leverage),
        margin_mode: perp.then_some(row.spec.margin_mode),
        stop: stop.map(|stop| LevelSpec::Price(stop.trigger)),
        targets: old.plan.targets.iter().map(target).collect(),
        trailing: stop.and_then(|stop| stop.trailing),
        upkeep: UpkeepSpec::default(),
        evidence,
    }
}

/// What is not said is as it was.
fn evidence(row: &OrderRow, old: &PlanRow, request: &AmendRequest) -> EvidenceMap {
    let id: String = row.spec.id.as_str().chars().take(8).collect();
    let kept = Evidence::of(EvidenceKind::Account, format!("as in order {id}"));
    let mut evidence = request.evidence.clone();
    let exits = [
        ("stop", old.plan.stop.is_some()),
        ("targets", !old.plan.targets.is_empty()),
        ("trailing", old.plan.stop.as_ref().is_some_and(|stop| stop.trailing.is_some())),
    ];
    let exits = exits.into_iter().filter(|(_, is_there)| *is_there).map(|(field, _)| field);
    for field in ["side", "symbol", "amount", "price", "leverage"].into_iter().chain(exits) {
        evidence.entry(field.to_owned()).or_insert_with(|| kept.clone());
    }
    evidence
}
