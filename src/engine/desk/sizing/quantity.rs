//! From an amount in the person's unit to a quantity on the step.

use crate::domain::evidence::{Evidence, EvidenceMap};
use crate::domain::money::{Amount, Quantity, Ratio};
use crate::domain::plan::StopPlan;
use crate::domain::position::Direction;
use crate::domain::refusal::Code;
use crate::domain::request::AmountSpec;
use crate::engine::book::valuation::{Besides, equity, free};
use crate::engine::risk::rules::need::Terms;

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
                let quantity = self.affordable(start, entry, *share)?;
                (
                    quantity,
                    Some(format!("{} % of free {quote}, with leverage {}, fee kept aside, ÷ {price}", share.percent(), start.leverage)),
                )
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

    /// Returns what a share of the free balance carries; the whole of it is an order that passes the INSUFFICIENT rules, which
    /// work with the same terms.
    fn affordable(&self, start: &Start<'_>, entry: &Entry, share: Ratio) -> Result<Quantity, Unplannable> {
        let free = free(self.book, &start.instrument.id.symbol.quote, Besides::NOTHING)?;
        if free.is_negative() || free.is_zero() {
            let quote = &start.instrument.id.symbol.quote;
            return Err(Unplannable::refused(
                Code::InsufficientBalance,
                &format!("free {quote}"),
                &format!("{free} {quote}"),
                "less, once something is free",
            ));
        }
        let quote = self.quote(&start.instrument.id)?;
        let (price, worst) = match start.direction {
            Direction::Long => (entry.expected, entry.price.map_or(entry.expected, |limit| limit.max(entry.expected))),
            // A sale at a limit under the market fills at the market.
            Direction::Short => (entry.expected.max(quote.bid), entry.expected.max(quote.bid)),
        };
        let (fee_rate, buffer) = (start.instrument.taker_fee, self.limits.fee_buffer);
        let terms = Terms { price, worst, leverage: start.leverage, fee_rate, buffer };
        let wanted = free.share(share)?.times_leverage(start.leverage)?.at_price(price)?;
        Ok(wanted.min(terms.affordable(free, start.instrument.step)?))
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
