//! Profit and loss over a window of UTC days.

use crate::domain::money::{Amount, MoneyError};
use crate::domain::notice::PnlView;
use crate::domain::request::Window;
use crate::domain::rows::PnlDayRow;
use crate::domain::time::{DAY_MS, Timestamp};

/// Returns the first day of a window that ends at `now`; today counts as one of its days.
pub fn first_day(window: Window, now: Timestamp) -> Timestamp {
    let today = now.day_start();
    match window {
        Window::Today => today,
        Window::Week => today.plus_ms(-6 * DAY_MS),
        Window::Month => today.plus_ms(-29 * DAY_MS),
        Window::All => Timestamp::from_ms(i64::MIN),
    }
}

/// Adds days up: `total = realized + unrealized − fees + funding`, realized without fees.
///
/// # Errors
/// [`MoneyError::Overflow`] if a sum cannot be held.
pub fn view(window: Window, days: &[PnlDayRow], unrealized: Amount) -> Result<PnlView, MoneyError> {
    let (mut realized, mut fees, mut funding) = (Amount::ZERO, Amount::ZERO, Amount::ZERO);
    for day in days {
        realized = realized.plus(day.realized)?;
        fees = fees.plus(day.fees)?;
        funding = funding.plus(day.funding)?;
    }
    let total = realized.plus(unrealized)?.minus(fees)?.plus(funding)?;
    Ok(PnlView { window, realized, unrealized, fees, funding, total })
}

#[cfg(test)]
mod tests {
    use rust_decimal::{Decimal, dec};

    use super::{first_day, view};
    use crate::domain::money::Amount;
    use crate::domain::request::Window;
    use crate::domain::rows::PnlDayRow;
    use crate::domain::time::{DAY_MS, Timestamp};

    fn amount(value: Decimal) -> Amount {
        Amount::new(value).unwrap()
    }

    #[test]
    fn the_total_is_exact() {
        let day = |realized, fees, funding| PnlDayRow {
            day: Timestamp::from_ms(0),
            realized: amount(realized),
            fees: amount(fees),
            funding: amount(funding),
            fills: 1,
        };
        let view_of = |days: &[PnlDayRow]| view(Window::Week, days, amount(dec!(-0.006825))).unwrap();
        let one = view_of(&[day(dec!(0), dec!(0.199875325), dec!(0))]);
        assert_eq!(one.total, amount(dec!(-0.206700325)));
        let two = view_of(&[day(dec!(10), dec!(0.1), dec!(-0.5)), day(dec!(-3), dec!(0.2), dec!(0.25))]);
        assert_eq!((two.realized, two.fees, two.funding), (amount(dec!(7)), amount(dec!(0.3)), amount(dec!(-0.25))));
        assert_eq!(two.total, amount(dec!(6.443175)));
        assert_eq!(view(Window::All, &[], Amount::ZERO).unwrap().total, Amount::ZERO);
    }

    #[test]
    fn windows_are_whole_utc_days() {
        let now = Timestamp::from_ms(100 * DAY_MS + 12_345);
        assert_eq!(first_day(Window::Today, now), Timestamp::from_ms(100 * DAY_MS));
        assert_eq!(first_day(Window::Week, now), Timestamp::from_ms(94 * DAY_MS));
        assert_eq!(first_day(Window::Month, now), Timestamp::from_ms(71 * DAY_MS));
        assert!(first_day(Window::All, now) < Timestamp::from_ms(0));
    }
}
