//! How much free quote currency an opening order needs, and how much of it a free amount can carry.
//!
//! Sizing and the two INSUFFICIENT rules share this, so that "all of it" is an order that passes.

use rust_decimal::Decimal;

use crate::domain::money::{Amount, Leverage, MoneyError, Price, Quantity, Ratio};

/// What an order costs by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// Price it is expected to fill at.
    pub price: Price,
    /// Worst price it may fill at: the limit or slippage cap of a buy.
    pub worst: Price,
    /// Leverage; one on spot, where the whole notional is the cost.
    pub leverage: Leverage,
    /// Fee as a share of notional.
    pub fee_rate: Ratio,
    /// Share of the cost that is kept free on top.
    pub buffer: Decimal,
}

impl Terms {
    /// Returns what `quantity` needs: `cost + fee + buffer × cost` at the expected price, or `cost + fee` at the worst one where
    /// that is more. The cost is `notional ÷ leverage`.
    ///
    /// # Errors
    /// [`MoneyError`] if the numbers cannot be held.
    pub fn needed(&self, quantity: Quantity) -> Result<Amount, MoneyError> {
        let (cost, fee) = self.cost_and_fee(self.price, quantity)?;
        let expected = cost.plus(fee)?.plus(cost.share(Ratio::new(self.buffer)?)?)?;
        let (cost, fee) = self.cost_and_fee(self.worst, quantity)?;
        Ok(expected.max(cost.plus(fee)?))
    }

    /// Returns the largest quantity on the step that `free` can carry; zero if none.
    ///
    /// # Errors
    /// [`MoneyError`] if the numbers cannot be held or the step is zero.
    pub fn affordable(&self, free: Amount, step: Quantity) -> Result<Quantity, MoneyError> {
        if free.value() <= Decimal::ZERO {
            return Ok(Quantity::ZERO);
        }
        let unit = Price::new(self.needed(Quantity::new(Decimal::ONE)?)?.value())?;
        free.at_price(unit)?.floor_to(step)
    }

    fn cost_and_fee(&self, price: Price, quantity: Quantity) -> Result<(Amount, Amount), MoneyError> {
        let notional = price.notional(quantity)?;
        Ok((notional.over_leverage(self.leverage)?, notional.share(self.fee_rate)?))
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{amount, leverage, price, quantity, ratio};
    use super::*;

    fn terms() -> Terms {
        let buffer = rust_decimal::dec!(0.01);
        Terms { price: price("60000"), worst: price("60300"), leverage: leverage("1"), fee_rate: ratio("0.001"), buffer }
    }

    #[test]
    fn the_buffer_counts_until_the_worst_price_is_worse() {
        assert_eq!(terms().needed(quantity("0.1")), Ok(amount("6066")));
        let wide = Terms { worst: price("61000"), ..terms() };
        assert_eq!(wide.needed(quantity("0.1")), Ok(amount("6106.1")));
        let leveraged = Terms { leverage: leverage("5"), ..terms() };
        assert_eq!(leveraged.needed(quantity("0.1")), Ok(amount("1218")));
    }

    #[test]
    fn what_is_affordable_fits_and_one_step_more_does_not() {
        let step = quantity("0.00001");
        for (free, lever) in [("1000", "1"), ("1000", "3"), ("0.7", "7"), ("123456.789", "19")] {
            let terms = Terms { leverage: leverage(lever), ..terms() };
            let fits = terms.affordable(amount(free), step).unwrap();
            assert!(terms.needed(fits).unwrap() <= amount(free), "{free} at {lever}");
            assert!(terms.needed(fits.plus(step).unwrap()).unwrap() > amount(free), "{free} at {lever}");
        }
        assert_eq!(terms().affordable(amount("-1"), step), Ok(Quantity::ZERO));
        assert!(terms().affordable(amount("1"), Quantity::ZERO).is_err());
    }
}
