//! Funding: what the two sides of a perpetual pay each other every eight hours, so that its price stays near the spot's.
//!
//! The venue settles it and the book takes the settled numbers over; both use the same type, so that they agree to the
//! last digit (invariant I6).

use rust_decimal::{Decimal, dec};
use serde::{Deserialize, Serialize};

use super::instrument::InstrumentId;
use super::money::{Amount, MoneyError, Price, Quantity, Ratio};
use super::position::{Direction, Position};
use super::time::{HOUR_MS, Timestamp};

/// Time between two funding moments, in milliseconds: 00:00, 08:00 and 16:00 UTC.
pub const FUNDING_EVERY_MS: i64 = 8 * HOUR_MS;
/// How far the premium may lie from the interest before it moves the rate.
const DEAD_BAND: Decimal = dec!(0.0005);
/// Largest rate of one moment, either way.
const RATE_MAX: Decimal = dec!(0.0075);
/// Decimal places of a rate.
const RATE_SCALE: u32 = 8;

/// One settled payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Funding {
    /// Of which perpetual.
    pub instrument: InstrumentId,
    /// The funding moment it is for; an instrument is settled once a moment.
    pub moment: Timestamp,
    /// The rate; above zero when longs pay.
    pub rate: Ratio,
    /// The mark price it was reckoned at.
    pub mark: Price,
    /// Which way the position gained.
    pub direction: Direction,
    /// How much was held.
    pub quantity: Quantity,
    /// Received (positive) or paid, in quote currency.
    pub amount: Amount,
    /// The part of a payment that free cash did not cover: taken from the position's margin. Never negative.
    pub from_margin: Amount,
    /// When it was settled: at the moment, or at the first tick after it.
    pub at: Timestamp,
}

/// Returns the latest funding moment at or before `at`.
pub const fn last_moment(at: Timestamp) -> Timestamp {
    Timestamp::from_ms(at.ms().div_euclid(FUNDING_EVERY_MS) * FUNDING_EVERY_MS)
}

/// Returns the rate of a moment: `premium + clamp(interest − premium, ±0.05 %)`, within ±0.75 %, as large venues reckon it.
/// The premium is how far the perpetual's mark lies above the spot's, as a share of the spot's.
///
/// # Errors
/// [`MoneyError`] if the numbers cannot be held.
pub fn rate(perp: Price, spot: Price, interest: Ratio) -> Result<Ratio, MoneyError> {
    let premium = perp.change_from(spot)?.value();
    let pull = (interest.value() - premium).clamp(-DEAD_BAND, DEAD_BAND);
    Ratio::new((premium + pull).clamp(-RATE_MAX, RATE_MAX).round_dp(RATE_SCALE))
}

/// Returns what a position receives (positive) or pays at `rate`: its notional times the rate; longs pay a positive one.
///
/// # Errors
/// [`MoneyError`] if the numbers cannot be held exactly.
pub fn due(position: &Position, mark: Price, rate: Ratio) -> Result<Amount, MoneyError> {
    let value = mark.notional(position.quantity)?.share(rate)?;
    Ok(match position.direction {
        Direction::Long => value.negated(),
        Direction::Short => value,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(value: Decimal) -> Price {
        Price::new(value).unwrap()
    }

    #[test]
    fn the_rate_is_the_interest_near_the_spot_and_follows_the_premium_beyond() {
        let of = |perp: Decimal| rate(price(perp), price(dec!(100)), Ratio::new(dec!(0.0001)).unwrap()).unwrap().value();
        assert_eq!(of(dec!(100)), dec!(0.0001), "no premium: the interest");
        assert_eq!(of(dec!(100.04)), dec!(0.0001), "inside the band");
        assert_eq!(of(dec!(100.2)), dec!(0.0015), "0.2 % less the band");
        assert_eq!(of(dec!(99.8)), dec!(-0.0015), "below the spot shorts pay");
        assert_eq!((of(dec!(103)), of(dec!(97))), (dec!(0.0075), dec!(-0.0075)));
    }

    #[test]
    fn moments_are_eight_hours_apart() {
        let at = |ms| last_moment(Timestamp::from_ms(ms)).ms();
        assert_eq!((at(0), at(28_799_999), at(28_800_000), at(-1)), (0, 0, 28_800_000, -28_800_000));
    }
}
