//! From an amount in the person's unit to a quantity on the step.

use rust_decimal::Decimal;

use crate::domain::evidence::{Evidence, EvidenceMap};
use crate::domain::money::{Amount, Leverage, Quantity, Ratio};
use crate::domain::plan::StopPlan;
use crate::domain::refusal::Code;
use crate::domain::request::AmountSpec;
use crate::engine::book::valuation::{equity, free};

use super::entry::Entry;
use super::levels::Start;
use super::{Sizing, Unplannable};

impl Sizing<'_> {
    /// Returns the quantity of an opening order.
    pub(super) fn open_quantity(
        &self,
        start: &Start<'_>,
        entry: &Entry,
        amount: &AmountSpec,
        stop: Option<&StopPlan>,
        evidence: &mut EvidenceMap,
    ) -> Result<Quantity, Unplannable> {
        let quote = &start.instrument.id.symbol.quote;
        let price = entry.expected;
        let leveraged = start.instrument.id.market == crate::domain::instrument::Market::Perp;
        let (raw, rule) = match amount {
            AmountSpec::Base(quantity) => (*quantity, None),
            AmountSpec::Notional(value) => (value.at_price(price)?, Some(format!("{value} {quote} of position ÷ {price}"))),
            AmountSpec::Quote(value) | AmountSpec::Margin(value) if leveraged => {
                let notional = value.times_leverage(start.leverage)?;
                (notional.at_price(price)?, Some(format!("{value} {quote} margin × {} ÷ {price}", start.leverage)))
            }
            AmountSpec::Quote(value) | AmountSpec::Margin(value) => (value.at_price(price)?, Some(format!("{value} {quote} ÷ {price}"))),
            AmountSpec::Share(share) => {
                let budget = self.budget(start, entry, *share)?;
                let notional = budget.times_leverage(start.leverage)?;
                (notional.at_price(price)?, Some(format!("{} % of free {quote}, fee kept aside: {budget} ÷ {price}", share.percent())))
            }
            AmountSpec::Risk(share) => self.risk_quantity(start, entry, *share, stop)?,
        };
        let quantity = raw.floor_to(start.instrument.step)?;
        let step = start.instrument.step;
        if let Some(rule) = rule {
            evidence.insert("quantity".to_owned(), Evidence::computed(format!("{rule}, down to the step {step}")));
        } else if let Some(said) = evidence.get("amount").cloned() {
            let floored = Evidence { text: Some(format!("down to the step {step}")), ..said.clone() };
            evidence.insert("quantity".to_owned(), if quantity == raw { said } else { floored });
        }
        Ok(quantity)
    }

    /// Returns the margin (or cash, on spot) that a share of the free balance gives, so that its fee is free as well.
    fn budget(&self, start: &Start<'_>, entry: &Entry, share: Ratio) -> Result<Amount, Unplannable> {
        let free = free(self.book, &start.instrument.id.symbol.quote)?;
        if free.is_negative() || free.is_zero() {
            let quote = &start.instrument.id.symbol.quote;
            return Err(Unplannable::refused(
                Code::InsufficientBalance,
                &format!("free {quote}"),
                &format!("{free} {quote}"),
                "less, once something is free",
            ));
        }
        let rate = if entry.takes { start.instrument.taker_fee } else { start.instrument.maker_fee };
        // margin × (1 + buffer) and the fee at the worst price must fit into what is free.
        let buffer = self.limits.fee_buffer;
        let factor = Decimal::ONE + buffer + rate.value() * start.leverage.value() * (Decimal::ONE + buffer);
        let most = free.over_leverage(Leverage::new(factor)?)?;
        let wanted = free.share(share)?;
        Ok(if wanted < most { wanted } else { Amount::new(most.value().trunc_with_scale(8))? })
    }

    /// Returns the quantity that loses a share of equity at the stop, both fees included.
    fn risk_quantity(
        &self,
        start: &Start<'_>,
        entry: &Entry,
        share: Ratio,
        stop: Option<&StopPlan>,
    ) -> Result<(Quantity, Option<String>), Unplannable> {
        let Some(stop) = stop else {
            let text = "A size from risk needs a stop. Where should it be?".to_owned();
            return Err(Unplannable::Ask { text, choices: vec!["the same with: stop 4%".to_owned()] });
        };
        let equity = equity(self.book, self.quotes)
            .map_err(|error| Unplannable::refused(Code::StalePrice, "a known equity", &error.to_string(), "the same again in a moment"))?;
        let risked = Amount::new(equity.value().trunc_with_scale(8))?.share(share)?;
        let price = entry.expected;
        let distance = price.minus(stop.trigger).magnitude();
        let fees = (price.value() + stop.trigger.value()) * start.instrument.taker_fee.value();
        let loss = crate::domain::money::Price::new(distance.value() + fees)?;
        let rule = format!("{} % of equity {equity} at risk ÷ loss of {loss} a unit at the stop", share.percent());
        Ok((risked.at_price(loss)?, Some(rule)))
    }
}
