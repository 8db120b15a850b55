//! Maintenance margin by notional brackets, as large venues have them: the more is held, the more of it must be covered.
//!
//! Invariant: the margin is continuous in the notional and never falls with it. Rates rise with the floors, and what a
//! bracket deducts (the venue's "maintenance amount") follows from them, so that it cannot be at odds with them.

use serde::{Deserialize, Serialize};

use super::instrument::{Instrument, Market};
use super::money::{Amount, Leverage, MoneyError, Price, Ratio};
use super::position::{Direction, Position};

/// A bracket above the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bracket {
    /// Notional from which on its rate holds, in quote currency.
    pub floor: Amount,
    /// Maintenance margin as a share of the notional; above the rates of the brackets before.
    pub rate: Ratio,
}

/// What a bracket asks for: `rate × notional − deduction`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Line {
    rate: Ratio,
    deduction: Amount,
}

impl Instrument {
    /// Returns each bracket's line. A deduction is the sum of `floor × (rate − rate before)` up to its bracket, which makes
    /// the lines meet at the floors; the maintenance margin is the largest of them.
    fn lines(&self) -> Result<Vec<Line>, MoneyError> {
        let mut line = Line { rate: self.maintenance, deduction: Amount::ZERO };
        let mut lines = vec![line];
        for bracket in &self.brackets {
            let more = Ratio::new(bracket.rate.value() - line.rate.value())?;
            line = Line { rate: bracket.rate, deduction: line.deduction.plus(bracket.floor.share(more)?)? };
            lines.push(line);
        }
        Ok(lines)
    }

    /// Returns the margin below which a position of this notional is liquidated; zero on spot.
    ///
    /// # Errors
    /// [`MoneyError`] if the numbers cannot be held.
    pub fn maintenance_margin(&self, notional: Amount) -> Result<Amount, MoneyError> {
        let mut most = Amount::ZERO;
        for line in self.lines()? {
            most = most.max(notional.share(line.rate)?.minus(line.deduction)?);
        }
        Ok(most)
    }

    /// Returns the rate and the deduction of the bracket that a notional lies in.
    ///
    /// # Errors
    /// [`MoneyError`] if the numbers cannot be held.
    pub fn bracket_of(&self, notional: Amount) -> Result<(Ratio, Amount), MoneyError> {
        let above = self.brackets.iter().take_while(|bracket| bracket.floor <= notional).count();
        let line = self.lines()?.into_iter().nth(above).unwrap_or(Line { rate: self.maintenance, deduction: Amount::ZERO });
        Ok((line.rate, line.deduction))
    }

    /// Returns the largest leverage at which this notional may be held: the venue's, and no more than leaves twice the
    /// maintenance margin at the start (`1 ÷ (2 × rate)`).
    ///
    /// # Errors
    /// [`MoneyError`] if the numbers cannot be held.
    pub fn leverage_max_at(&self, notional: Amount) -> Result<Leverage, MoneyError> {
        let first = self.brackets.first().is_none_or(|bracket| notional < bracket.floor);
        if first {
            return Ok(self.leverage_max);
        }
        let (rate, _) = self.bracket_of(notional)?;
        let twice = rate.value().checked_mul(rust_decimal::Decimal::TWO).ok_or(MoneyError::Overflow)?;
        let most = rust_decimal::Decimal::ONE.checked_div(twice).ok_or(MoneyError::DivideByZero)?;
        Ok(Leverage::new(most.floor().max(rust_decimal::Decimal::ONE))?.min(self.leverage_max))
    }

    /// Returns the mark price at which a position's margin and unrealised profit are down to the maintenance margin, or
    /// `None` where no price above zero does.
    ///
    /// The maintenance margin is the largest of the brackets' lines, so the position is due where the first of them is met:
    /// coming down for a long that is the highest of the lines' prices, coming up for a short the lowest.
    ///
    /// # Errors
    /// [`MoneyError`] if the numbers cannot be held.
    pub fn liquidation_price(&self, position: &Position) -> Result<Option<Price>, MoneyError> {
        if self.id.market == Market::Spot {
            return Ok(None);
        }
        let mut first: Option<Price> = None;
        for line in self.lines()? {
            let Some(met) = position.price_of_margin(line.rate, line.deduction)? else { continue };
            first = Some(match (first, position.direction) {
                (None, _) => met,
                (Some(price), Direction::Long) => price.max(met),
                (Some(price), Direction::Short) => price.min(met),
            });
        }
        Ok(first)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{Strategy, prop_assert, proptest};
    use rust_decimal::{Decimal, dec};

    use super::*;
    use crate::domain::instrument::{InstrumentId, InstrumentStatus, Symbol};
    use crate::domain::money::Quantity;
    use crate::domain::order::Side;
    use crate::domain::position::{Execution, after_execution};
    use crate::domain::time::Timestamp;

    fn instrument() -> Instrument {
        let bracket = |floor: i64, rate| Bracket { floor: Amount::new(Decimal::from(floor)).unwrap(), rate: Ratio::new(rate).unwrap() };
        Instrument {
            id: InstrumentId::new(Symbol::new("BTC", "USDT"), Market::Perp),
            tick: Price::new(dec!(0.1)).unwrap(),
            step: Quantity::new(dec!(0.001)).unwrap(),
            min_notional: Amount::new(dec!(5)).unwrap(),
            maker_fee: Ratio::ZERO,
            taker_fee: Ratio::ZERO,
            maintenance: Ratio::new(dec!(0.004)).unwrap(),
            brackets: vec![bracket(50_000, dec!(0.005)), bracket(250_000, dec!(0.01)), bracket(1_000_000, dec!(0.025))],
            leverage_max: Leverage::new(dec!(125)).unwrap(),
            major: true,
            status: InstrumentStatus::Trading,
        }
    }

    fn amount(value: Decimal) -> Amount {
        Amount::new(value).unwrap()
    }

    #[test]
    fn brackets_deduct_what_makes_them_meet() {
        let instrument = instrument();
        let margin = |notional| instrument.maintenance_margin(amount(notional)).unwrap().value();
        assert_eq!((margin(dec!(50_000)), margin(dec!(100_000))), (dec!(200), dec!(450)), "0.4 % of 50,000; 0.5 % less 50");
        assert_eq!(margin(dec!(2_000_000)), dec!(50_000) - dec!(50) - dec!(1_250) - dec!(15_000));
        assert_eq!(instrument.bracket_of(amount(dec!(250_000))).unwrap(), (Ratio::new(dec!(0.01)).unwrap(), amount(dec!(1_300))));
        let leverage = |notional| instrument.leverage_max_at(amount(notional)).unwrap().value();
        assert_eq!((leverage(dec!(1)), leverage(dec!(60_000)), leverage(dec!(1_000_000))), (dec!(125), dec!(100), dec!(20)));
    }

    fn positions() -> impl Strategy<Value = Position> {
        (1_000i64..2_000_000, 1i64..100_000, 1i64..=60, proptest::bool::ANY).prop_map(|(price, quantity, times, long)| {
            let execution = Execution {
                side: if long { Side::Buy } else { Side::Sell },
                quantity: Quantity::new(Decimal::new(quantity, 3)).unwrap(),
                price: Price::new(Decimal::new(price, 1)).unwrap(),
                leverage: Leverage::new(Decimal::from(times)).unwrap(),
                margin_mode: Default::default(),
                at: Timestamp::from_ms(1),
            };
            after_execution(&instrument().id, None, execution).unwrap().position.unwrap()
        })
    }

    proptest! {
        #[test]
        fn at_the_liquidation_price_margin_and_profit_are_the_maintenance_margin(position in positions()) {
            let instrument = instrument();
            let Some(mark) = instrument.liquidation_price(&position).unwrap() else { return Ok(()) };
            let gap = |mark: Price| {
                let equity = position.margin.plus(position.unrealized(mark).unwrap()).unwrap();
                let needed = instrument.maintenance_margin(mark.notional(position.quantity).unwrap()).unwrap();
                equity.value() - needed.value()
            };
            let tolerance = Decimal::new(2, 12) * position.quantity.value().max(Decimal::ONE);
            prop_assert!(gap(mark).abs() <= tolerance, "{} at {mark}", gap(mark));
            let step = dec!(0.01);
            let (safe, lost) = match position.direction {
                Direction::Long => (step, -step),
                Direction::Short => (-step, step),
            };
            let moved = |by: Decimal| Price::new(mark.value() + by);
            prop_assert!(moved(safe).is_ok_and(|price| gap(price) > Decimal::ZERO));
            prop_assert!(moved(lost).map_or(true, |price| gap(price) < Decimal::ZERO));
        }

        #[test]
        fn the_margin_never_falls_with_the_notional_and_is_that_of_its_bracket(a in 0i64..5_000_000, b in 0i64..5_000_000) {
            let instrument = instrument();
            let margin = |notional: i64| instrument.maintenance_margin(amount(Decimal::from(notional))).unwrap();
            prop_assert!(margin(a.min(b)) <= margin(a.max(b)));
            let (rate, deduction) = instrument.bracket_of(amount(Decimal::from(a))).unwrap();
            prop_assert!(margin(a) == amount(Decimal::from(a)).share(rate).unwrap().minus(deduction).unwrap());
        }
    }
}
