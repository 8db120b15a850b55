//! Opening plans: buy, long, short, and the spot sale that is no opening at all.

use rust_decimal::Decimal;

use crate::domain::evidence::{Evidence, EvidenceMap};
use crate::domain::ids::SourceKey;
use crate::domain::instrument::{Instrument, Market};
use crate::domain::margin::MarginMode;
use crate::domain::money::{Amount, Leverage, MoneyError, Price, Quantity, Ratio};
use crate::domain::plan::{ExitChange, Figures, MainOrder, Plan, PlanKind, StopPlan, TargetPlan};
use crate::domain::position::{Direction, initial_margin};
use crate::domain::refusal::Code;
use crate::domain::request::{AmountSpec, CloseRequest, CloseWhich, OpenRequest, OpenVerb};
use crate::domain::upkeep::UpkeepSpec;
use crate::engine::risk::limits::Limits;

use super::entry::{Entry, entry, slippage_cap};
use super::levels::{Start, stop_trigger, targets};
use super::{Sizing, Unplannable};

impl Sizing<'_> {
    /// Returns the plan of an opening request.
    ///
    /// # Errors
    /// [`Unplannable`] if it cannot be done as asked, or must be asked back.
    pub fn open(&self, key: &SourceKey, request: &OpenRequest) -> Result<Plan, Unplannable> {
        let market = market_of(request);
        if market == Market::Spot && request.verb == OpenVerb::Sell {
            return self.spot_sale(key, request);
        }
        let instrument = self.instrument(&request.symbol, market)?;
        let quote = self.quote(&instrument.id)?;
        let mut evidence = request.evidence.clone();
        let leverage = self.leverage(request, market, &mut evidence)?;
        let margin_mode = self.margin_mode(request, &instrument.id, &mut evidence)?;
        let side = request.verb.side();
        let entry = entry(instrument, &quote, side, &request.price, slippage_cap(instrument, self.limits))?;
        let direction = Direction::opened_by(side);
        let start = Start { instrument, direction, entry: entry.expected, leverage, margin_mode };
        let request =
            &OpenRequest { trailing: self.trailing(request.trailing, &request.upkeep, &start, &mut evidence)?, ..request.clone() };
        let stop = self.stop(request, &start, &mut evidence)?;
        let targets = targets(direction, entry.expected, &request.targets, instrument.tick, &mut evidence)?;
        let upkeep = self.upkeep(&request.upkeep, &start, !targets.is_empty())?;
        let quantity = self.open_quantity(&start, &entry, &request.amount, stop.as_ref(), &mut evidence)?;
        if quantity.is_zero() {
            return Err(too_small(instrument, entry.expected, self.limits));
        }
        entry.note(side, slippage_cap(instrument, self.limits), &mut evidence);
        let figures = self.figures(&start, &entry, quantity, stop.as_ref(), &targets, &mut evidence)?;
        let warnings = self.stacks(&start, stop.as_ref(), &targets).into_iter().collect();
        Ok(Plan {
            id: self.ids.plan(key),
            account: self.account(),
            key: key.clone(),
            kind: PlanKind::Open,
            instrument: instrument.id.clone(),
            side,
            direction,
            order: Some(main_order(&entry, quantity, false)),
            leverage,
            margin_mode,
            stop,
            targets,
            exits: ExitChange::default(),
            upkeep,
            figures,
            evidence,
            warnings,
            quote,
            source: self.quotes.source(),
            made_at: self.now,
        })
    }

    /// A sale on spot closes holdings; without any it has another meaning, and that is asked.
    fn spot_sale(&self, key: &SourceKey, request: &OpenRequest) -> Result<Plan, Unplannable> {
        let instrument = self.instrument(&request.symbol, Market::Spot)?;
        let held = self.book.position(&instrument.id).is_some_and(|row| row.position.is_some());
        let base = &request.symbol.base;
        if !held {
            let text = format!("You hold no {base} to sell. Do you want to go short on the perpetual?");
            return Err(Unplannable::Ask { text, choices: vec![format!("short {} {base}", amount_words(&request.amount))] });
        }
        if request.stop.is_some() || !request.targets.is_empty() || request.trailing.is_some() || request.upkeep != UpkeepSpec::default() {
            let text =
                format!("A sale of {base} you hold opens nothing, so it takes no stop or target. Sell without them, or go short instead?");
            let choices = vec![format!("sell {} {base}", amount_words(&request.amount)), format!("short {base} …, stop …")];
            return Err(Unplannable::Ask { text, choices });
        }
        let close = CloseRequest {
            which: CloseWhich::Symbol(request.symbol.clone()),
            market: Some(Market::Spot),
            amount: request.amount.clone(),
            at_once: false,
            evidence: request.evidence.clone(),
        };
        self.close_one(key, &instrument.id, &close, &request.price, slippage_cap(instrument, self.limits))
    }

    fn leverage(&self, request: &OpenRequest, market: Market, evidence: &mut EvidenceMap) -> Result<Leverage, MoneyError> {
        match (market, request.leverage) {
            (Market::Spot, _) => {
                evidence.insert("leverage".to_owned(), Evidence::computed("spot has no leverage"));
                Ok(Leverage::ONE)
            }
            (Market::Perp, Some(said)) => Ok(said),
            (Market::Perp, None) => {
                evidence.insert("leverage".to_owned(), Evidence::default_setting("risk.default_leverage"));
                Leverage::new(self.limits.default_leverage)
            }
        }
    }

    fn stop(&self, request: &OpenRequest, start: &Start<'_>, evidence: &mut EvidenceMap) -> Result<Option<StopPlan>, Unplannable> {
        let tick = start.instrument.tick;
        if let Some(level) = request.stop {
            let trigger = stop_trigger(start.direction, start.entry, level, tick)?;
            return Ok(Some(StopPlan { trigger, trailing: request.trailing }));
        }
        if let Some(trail) = request.trailing {
            let level = crate::domain::request::LevelSpec::Distance(trail);
            evidence.insert("stop".to_owned(), Evidence::computed(format!("trails the best price by {} %", trail.percent())));
            let trigger = stop_trigger(start.direction, start.entry, level, tick)?;
            return Ok(Some(StopPlan { trigger, trailing: Some(trail) }));
        }
        if start.instrument.id.market == Market::Perp && self.limits.require_stop {
            let stop = self.default_stop(start, evidence)?;
            return Ok(Some(self.stop_in_place(start, stop, evidence)));
        }
        if start.instrument.id.market == Market::Perp {
            evidence.insert("stop".to_owned(), Evidence::default_setting("risk.require_stop is off"));
        }
        Ok(None)
    }
}

/// Spot, unless the words say perpetual: by name, by long or short, or by a leverage.
fn market_of(request: &OpenRequest) -> Market {
    match (request.market, request.verb, request.leverage) {
        (Some(market), _, None) => market,
        (_, OpenVerb::Long | OpenVerb::Short, _) | (_, _, Some(_)) => Market::Perp,
        (None, OpenVerb::Buy | OpenVerb::Sell, None) => Market::Spot,
    }
}

/// Returns the order of a plan.
pub(super) fn main_order(entry: &Entry, quantity: Quantity, reduce_only: bool) -> MainOrder {
    MainOrder {
        order_type: entry.order_type,
        tif: entry.tif,
        quantity,
        price: entry.price,
        trigger: entry.trigger,
        reduce_only,
        at_market: entry.at_market,
    }
}

/// Returns the refusal of an amount that is less than one step.
pub(super) fn too_small(instrument: &Instrument, price: Price, limits: &Limits) -> Unplannable {
    let least = instrument.min_notional.value() * limits.min_notional_factor;
    let quote = &instrument.id.symbol.quote;
    let limit = format!("at least {} {}", instrument.step, instrument.id.symbol.base);
    let would_pass = format!("{} {quote} or more at {price}", least.normalize());
    Unplannable::refused(Code::LotSize, &limit, "less than one step", &would_pass)
}

/// Returns how a liquidation price comes about.
pub(super) fn liquidation_rule(instrument: &Instrument, notional: Amount, mode: MarginMode) -> Result<Evidence, MoneyError> {
    let (rate, deduction) = instrument.bracket_of(notional)?;
    let less = if deduction.is_zero() { String::new() } else { format!(" less {deduction} {}", instrument.id.symbol.quote) };
    let margin = match mode {
        MarginMode::Isolated => "margin",
        MarginMode::Cross => "cash + margins + other profits − their maintenance",
    };
    Ok(Evidence::computed(format!("{margin} + profit = {} % maintenance{less}, {}", rate.percent(), mode.as_str())))
}

/// Returns the loss at a stop, both fees included; negative if the stop would lock in a gain.
pub(super) fn loss_at(start: &Start<'_>, entry: Price, stop: Price, quantity: Quantity, entry_fee: Amount) -> Result<Amount, MoneyError> {
    let cost = entry.notional(quantity)?;
    let value = stop.notional(quantity)?;
    let gross = if start.direction == Direction::Long { cost.minus(value)? } else { value.minus(cost)? };
    gross.plus(entry_fee)?.plus(value.share(start.instrument.taker_fee)?)
}

fn reward(start: &Start<'_>, entry: Price, targets: &[TargetPlan], quantity: Quantity, entry_fee: Amount) -> Result<Amount, MoneyError> {
    let mut sum = entry_fee.negated();
    for target in targets {
        let part = quantity.share(target.share)?.floor_to(start.instrument.step)?;
        let (cost, value) = (entry.notional(part)?, target.price.notional(part)?);
        let gross = if start.direction == Direction::Long { value.minus(cost)? } else { cost.minus(value)? };
        sum = sum.plus(gross)?.minus(value.share(start.instrument.maker_fee)?)?;
    }
    Ok(sum)
}

fn amount_words(amount: &AmountSpec) -> String {
    match amount {
        AmountSpec::Base(quantity) => quantity.to_string(),
        AmountSpec::Quote(value) | AmountSpec::Margin(value) | AmountSpec::Notional(value) => format!("{value} usdt of"),
        AmountSpec::Share(share) => format!("{}% of", share.percent()),
        AmountSpec::Risk(share) => format!("risk {}%", share.percent()),
    }
}

/// Returns `amount` times `factor`, for the ½ and ×2 buttons; shares stop at the whole.
pub fn scaled(amount: &AmountSpec, factor: Ratio) -> Result<AmountSpec, MoneyError> {
    Ok(match amount {
        AmountSpec::Base(quantity) => AmountSpec::Base(quantity.share(factor)?),
        AmountSpec::Quote(value) => AmountSpec::Quote(value.share(factor)?),
        AmountSpec::Margin(value) => AmountSpec::Margin(value.share(factor)?),
        AmountSpec::Notional(value) => AmountSpec::Notional(value.share(factor)?),
        AmountSpec::Share(share) => AmountSpec::Share(Ratio::new((share.value() * factor.value()).min(Decimal::ONE))?),
        AmountSpec::Risk(share) => AmountSpec::Risk(Ratio::new((share.value() * factor.value()).min(Decimal::ONE))?),
    })
}

impl Sizing<'_> {
    fn figures(
        &self,
        start: &Start<'_>,
        entry: &Entry,
        quantity: Quantity,
        stop: Option<&StopPlan>,
        targets: &[TargetPlan],
        evidence: &mut EvidenceMap,
    ) -> Result<Figures, Unplannable> {
        let instrument = start.instrument;
        let price = entry.expected;
        let rate = if entry.takes { instrument.taker_fee } else { instrument.maker_fee };
        let notional = price.notional(quantity)?;
        let fee = notional.share(rate)?;
        let liquidation_price = self.liquidation_after(start, quantity, fee)?;
        let margin = match instrument.id.market {
            Market::Spot => notional,
            Market::Perp => initial_margin(Market::Perp, notional, start.leverage)?,
        };
        let loss_at_stop = stop.map(|stop| loss_at(start, price, stop.trigger, quantity, fee)).transpose()?;
        let reward_risk = match loss_at_stop {
            Some(loss) if !targets.is_empty() && !loss.is_zero() && !loss.is_negative() => {
                Some(reward(start, price, targets, quantity, fee)?.as_share_of(loss)?)
            }
            _ => None,
        };
        let percent = rate.percent();
        evidence.insert("notional".to_owned(), Evidence::computed("quantity × price"));
        evidence.insert(
            "fee".to_owned(),
            Evidence::computed(format!("{percent} % of the notional, {}", if entry.takes { "taker" } else { "maker" })),
        );
        evidence.insert("margin".to_owned(), Evidence::computed("notional ÷ leverage"));
        if liquidation_price.is_some() {
            evidence.insert("liquidation_price".to_owned(), liquidation_rule(instrument, notional, start.margin_mode)?);
        }
        if loss_at_stop.is_some() {
            evidence.insert("loss_at_stop".to_owned(), Evidence::computed("quantity × distance to the stop + both fees"));
        }
        if reward_risk.is_some() {
            evidence.insert("reward_risk".to_owned(), Evidence::computed("gain at the targets ÷ loss at the stop, fees included"));
        }
        Ok(Figures { price, notional, margin, fee, liquidation_price, loss_at_stop, reward_risk })
    }
}
