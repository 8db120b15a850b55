//! Closing plans: which position, how much of it, and how the closing order meets the market.

use rust_decimal::Decimal;

use crate::domain::evidence::{Evidence, EvidenceMap};
use crate::domain::ids::SourceKey;
use crate::domain::instrument::{Instrument, InstrumentId, Market};
use crate::domain::market::Quote;
use crate::domain::money::{Price, Quantity, Ratio};
use crate::domain::order::{OrderType, TimeInForce};
use crate::domain::plan::{ExitChange, Figures, Plan, PlanKind};
use crate::domain::position::Position;
use crate::domain::refusal::Code;
use crate::domain::request::{AmountSpec, CloseRequest, CloseWhich, OpenPrice};
use crate::domain::upkeep::Upkeep;

use super::entry::{Entry, entry, slippage_cap};
use super::open::{liquidation_rule, main_order, too_small};
use super::{Sizing, Unplannable};

impl Sizing<'_> {
    /// Returns the plans of a closing request, one a position.
    ///
    /// # Errors
    /// [`Unplannable`] if there is nothing to close, or if it is not clear what.
    pub fn close(&self, key: &SourceKey, request: &CloseRequest) -> Result<Vec<Plan>, Unplannable> {
        let which = self.which(request)?;
        let plans = which.iter().enumerate().map(|(n, id)| {
            let instrument = self.instrument(&id.symbol, id.market)?;
            let cap = if request.at_once { self.limits.slippage_emergency } else { slippage_cap(instrument, self.limits) };
            // Each plan has a key of its own: a key names one plan for ever.
            let own = if which.len() > 1 { SourceKey::new(format!("{key}:{n}")) } else { key.clone() };
            self.close_one(&own, id, request, &OpenPrice::Market, cap)
        });
        plans.collect()
    }

    pub(super) fn which(&self, request: &CloseRequest) -> Result<Vec<InstrumentId>, Unplannable> {
        let held = self.book.positions().filter(|row| row.position.is_some()).map(|row| row.instrument.clone());
        let held: Vec<InstrumentId> = held.filter(|id| request.market.is_none_or(|market| id.market == market)).collect();
        let names = || held.iter().map(ToString::to_string).collect::<Vec<_>>();
        let nothing = |actual: &str| {
            let would_pass = if held.is_empty() { "nothing is open".to_owned() } else { format!("one of {}", names().join(", ")) };
            Unplannable::refused(Code::NoPosition, "an open position", actual, &would_pass)
        };
        match &request.which {
            CloseWhich::Everything if held.is_empty() => Err(nothing("none")),
            CloseWhich::Everything => Ok(held),
            CloseWhich::Only => match held.as_slice() {
                [] => Err(nothing("none")),
                [one] => Ok(vec![one.clone()]),
                _ => Err(Unplannable::Ask { text: "Which position should be closed?".to_owned(), choices: close_choices(&held) }),
            },
            CloseWhich::Symbol(symbol) => {
                let of_symbol: Vec<InstrumentId> = held.iter().filter(|id| id.symbol == *symbol).cloned().collect();
                match of_symbol.len() {
                    0 => Err(nothing(&format!("no position in {symbol}"))),
                    1 => Ok(of_symbol),
                    _ => {
                        let text = format!("You hold {symbol} on spot and as a perpetual. Which one should be closed?");
                        Err(Unplannable::Ask { text, choices: close_choices(&of_symbol) })
                    }
                }
            }
        }
    }

    /// Returns the plan that closes or reduces one position.
    pub(super) fn close_one(
        &self,
        key: &SourceKey,
        id: &InstrumentId,
        request: &CloseRequest,
        price: &OpenPrice,
        cap: Decimal,
    ) -> Result<Plan, Unplannable> {
        let instrument = self.instrument(&id.symbol, id.market)?;
        let Some(position) = self.book.position(id).and_then(|row| row.position.as_ref()) else {
            return Err(Unplannable::refused(Code::NoPosition, "an open position", "none", "nothing is open"));
        };
        let quote = self.quote(id)?;
        let mut evidence = request.evidence.clone();
        let side = position.direction.closing_side();
        let entry = entry(instrument, &quote, side, price, cap)?;
        let quantity = close_quantity(instrument, position, &entry, &request.amount, &mut evidence)?;
        if quantity.is_zero() {
            return Err(too_small(instrument, entry.expected, self.limits));
        }
        self.close_plan(key, position, instrument, quote, (&entry, quantity, cap), evidence)
    }

    /// Returns the plan of the last rung of an emergency close: a market order for what is left, at any price.
    ///
    /// # Errors
    /// [`Unplannable`] if there is no position or no price.
    pub fn close_at_any_price(&self, key: &SourceKey, id: &InstrumentId) -> Result<Plan, Unplannable> {
        let instrument = self.instrument(&id.symbol, id.market)?;
        let Some(position) = self.book.position(id).and_then(|row| row.position.as_ref()) else {
            return Err(Unplannable::refused(Code::NoPosition, "an open position", "none", "nothing is open"));
        };
        let quote = self.quote(id)?;
        let expected = quote.touch(position.direction.closing_side());
        let entry = Entry {
            order_type: OrderType::Market,
            tif: TimeInForce::Ioc,
            price: None,
            trigger: None,
            expected,
            at_market: true,
            takes: true,
        };
        let evidence = EvidenceMap::from([(
            "quantity".to_owned(),
            Evidence::of(crate::domain::evidence::EvidenceKind::Account, "all of the position"),
        )]);
        self.close_plan(key, position, instrument, quote, (&entry, position.quantity, Decimal::ZERO), evidence)
    }

    fn close_plan(
        &self,
        key: &SourceKey,
        position: &Position,
        instrument: &Instrument,
        quote: Quote,
        (entry, quantity, cap): (&Entry, Quantity, Decimal),
        mut evidence: EvidenceMap,
    ) -> Result<Plan, Unplannable> {
        let rate = if entry.takes { instrument.taker_fee } else { instrument.maker_fee };
        let notional = entry.expected.notional(quantity)?;
        evidence.insert("notional".to_owned(), Evidence::computed("quantity × price"));
        let word = if entry.takes { "taker" } else { "maker" };
        evidence.insert("fee".to_owned(), Evidence::computed(format!("{} % of the notional, {word}", rate.percent())));
        let account = |text: &str| Evidence::of(crate::domain::evidence::EvidenceKind::Account, text);
        evidence.entry("side".to_owned()).or_insert_with(|| account("the position's other side"));
        evidence.insert("leverage".to_owned(), account("the position"));
        evidence.insert("margin".to_owned(), account("the closed part of the position's margin"));
        if instrument.id.market == Market::Perp {
            evidence.insert(
                "liquidation_price".to_owned(),
                liquidation_rule(instrument, quote.mark.notional(position.quantity)?, position.margin_mode)?,
            );
        }
        entry.note(position.direction.closing_side(), cap, &mut evidence);
        let figures = Figures {
            price: entry.expected,
            notional,
            margin: position.margin.prorated(quantity.min(position.quantity), position.quantity)?,
            fee: notional.share(rate)?,
            liquidation_price: self.liquidation_of(instrument, position)?,
            loss_at_stop: None,
            reward_risk: None,
        };
        Ok(Plan {
            id: self.ids.plan(key),
            account: self.account(),
            key: key.clone(),
            kind: PlanKind::Close,
            instrument: instrument.id.clone(),
            side: position.direction.closing_side(),
            direction: position.direction,
            order: Some(main_order(entry, quantity, true)),
            leverage: position.leverage,
            margin_mode: position.margin_mode,
            stop: None,
            targets: Vec::new(),
            exits: ExitChange::default(),
            upkeep: Upkeep::default(),
            figures,
            evidence,
            warnings: Vec::new(),
            quote,
            source: self.quotes.source(),
            made_at: self.now,
        })
    }
}

fn close_choices(held: &[InstrumentId]) -> Vec<String> {
    let mut choices: Vec<String> =
        held.iter().map(|id| format!("close {} {}", id.symbol.base.as_str().to_lowercase(), id.market.as_str())).collect();
    choices.push("close everything".to_owned());
    choices
}

fn close_quantity(
    instrument: &Instrument,
    position: &Position,
    entry: &Entry,
    amount: &AmountSpec,
    evidence: &mut EvidenceMap,
) -> Result<Quantity, Unplannable> {
    let price: Price = entry.expected;
    let (raw, rule) = match amount {
        AmountSpec::Base(quantity) => (*quantity, None),
        AmountSpec::Share(share) if *share == Ratio::ONE => (position.quantity, Some("all of the position".to_owned())),
        AmountSpec::Share(share) => (position.quantity.share(*share)?, Some(format!("{} % of the position", share.percent()))),
        AmountSpec::Quote(value) | AmountSpec::Notional(value) | AmountSpec::Margin(value) => {
            (value.at_price(price)?, Some(format!("{value} {} ÷ {price}", instrument.id.symbol.quote)))
        }
        AmountSpec::Risk(_) => {
            let text = "How much of the position should be closed?".to_owned();
            return Err(Unplannable::Ask { text, choices: vec!["half".to_owned(), "all".to_owned()] });
        }
    };
    // All of a position is closed as it is, even if it lies off the step.
    let quantity = if raw == position.quantity { raw } else { raw.floor_to(instrument.step)? };
    if let Some(rule) = rule {
        evidence.insert("quantity".to_owned(), Evidence::of(crate::domain::evidence::EvidenceKind::Account, rule));
    } else if let Some(said) = evidence.get("amount").cloned() {
        evidence.insert("quantity".to_owned(), said);
    }
    Ok(quantity)
}
