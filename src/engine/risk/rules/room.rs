//! How much still fits under a limit, so that a refusal can say what would pass. Room is always rounded down.

use rust_decimal::{Decimal, RoundingStrategy};

use crate::domain::money::{Amount, DIVISION_SCALE, MoneyError, Price, Quantity};
use crate::engine::risk::facts::Facts;

use super::unjudged::Unjudged;
use super::{opening, wording};

/// Returns `share` of `amount`, rounded down where it does not end.
pub fn part_of(amount: Amount, share: Decimal) -> Result<Amount, Unjudged> {
    let exact = amount.value().checked_mul(share).ok_or(MoneyError::Overflow)?;
    Ok(Amount::new(exact.round_dp_with_strategy(DIVISION_SCALE, RoundingStrategy::ToNegativeInfinity))?)
}

/// Names the largest quantity on the step that costs at most `amount` at `unit_cost` each, or says `nothing` where no step fits.
pub fn phrase(facts: &Facts<'_>, amount: Amount, unit_cost: Price, nothing: &str) -> String {
    quantity(facts, amount, unit_cost).map_or_else(|_| nothing.to_owned(), |fits| at_most(facts, fits, nothing))
}

fn quantity(facts: &Facts<'_>, amount: Amount, unit_cost: Price) -> Result<Quantity, Unjudged> {
    Ok(amount.at_price(unit_cost)?.floor_to(opening::instrument(facts)?.step)?)
}

/// Names a quantity as a person would type it: "at most 0.123 BTC".
pub fn at_most(facts: &Facts<'_>, quantity: Quantity, nothing: &str) -> String {
    if quantity.is_zero() { nothing.to_owned() } else { format!("at most {}", wording::base(facts.plan, quantity)) }
}
