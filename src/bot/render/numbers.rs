//! Numbers for people: thousands grouped, money to sensible places, prices to their own scale. JSON never comes this way.

use rust_decimal::{Decimal, RoundingStrategy, dec};

use crate::domain::money::{Amount, Leverage, Price, Quantity, Ratio};

/// Digits of an average price that a person can use; tick prices have no more.
const PRICE_DIGITS: u32 = 8;
/// Digits kept of an amount below one unit.
const SMALL_DIGITS: u32 = 3;

/// Returns a decimal with its thousands grouped.
pub fn grouped(value: Decimal) -> String {
    let text = value.to_string();
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |rest| ("-", rest));
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(whole, fraction)| (whole, Some(fraction)));
    let mut out = String::from(sign);
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// Returns a sentence with the thousands of its plain numbers grouped; words and numbers with letters in them stay.
pub fn grouped_within(text: &str) -> String {
    let word = |word: &str| {
        let plain = word.chars().all(|c| c.is_ascii_digit() || c == '.') && word.chars().any(|c| c.is_ascii_digit());
        // An exact parse only: what it would change is left alone.
        let value = word.parse::<Decimal>().ok().filter(|value| plain && value.to_string() == word);
        value.map_or_else(|| word.to_owned(), grouped)
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// Returns a price: exact up to eight digits, rounded beyond.
pub fn price(price: Price) -> String {
    grouped(to_digits(price.value(), PRICE_DIGITS))
}

/// Returns a price, or a dash.
pub fn maybe_price(value: Option<Price>) -> String {
    value.map_or_else(|| "–".to_owned(), price)
}

/// Returns a quantity, exact.
pub fn quantity(quantity: Quantity) -> String {
    grouped(quantity.value())
}

/// Returns an amount: two places from one upwards, three digits below.
pub fn money(amount: Amount) -> String {
    let value = amount.value();
    if value.is_zero() {
        return "0.00".to_owned();
    }
    if value.abs() >= Decimal::ONE {
        let mut cents = amount.shown(2);
        cents.rescale(2);
        return grouped(cents);
    }
    let mut small = to_digits(value, SMALL_DIGITS);
    if small.scale() < 2 {
        small.rescale(2);
    }
    grouped(small)
}

/// Returns an amount that is a gain or a loss, always with its sign.
pub fn signed(amount: Amount) -> String {
    if amount.is_negative() || amount.is_zero() { money(amount) } else { format!("+{}", money(amount)) }
}

/// Returns a share as percent with at most two places.
pub fn percent(ratio: Ratio) -> String {
    let value = ratio.value().checked_mul(Decimal::ONE_HUNDRED).unwrap_or(Decimal::MAX);
    format!("{}%", grouped(value.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero).normalize()))
}

/// Returns a plain ratio with two places at most.
pub fn ratio(ratio: Ratio) -> String {
    grouped(ratio.value().round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero).normalize())
}

/// Returns a leverage, as it is said.
pub fn leverage(leverage: Leverage) -> String {
    format!("{}x", grouped(leverage.value()))
}

/// Rounds to so many significant digits, but never touches the digits before the point.
fn to_digits(value: Decimal, digits: u32) -> Decimal {
    let magnitude = value.abs();
    if magnitude.is_zero() {
        return magnitude;
    }
    let mut places = 0;
    if magnitude >= Decimal::ONE {
        let whole = u32::try_from(magnitude.trunc().to_string().len()).unwrap_or(u32::MAX);
        places = digits.saturating_sub(whole).max(places);
    } else {
        let mut scaled = magnitude;
        while scaled < dec!(0.1) && places < Decimal::MAX_SCALE {
            scaled *= Decimal::TEN;
            places += 1;
        }
        places += digits;
    }
    value.round_dp_with_strategy(places.min(Decimal::MAX_SCALE), RoundingStrategy::MidpointAwayFromZero).normalize()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};
    use rust_decimal::{Decimal, dec};

    use super::{grouped, grouped_within, money, percent, price, signed};
    use crate::domain::money::{Amount, MAGNITUDE_MAX, Price, Ratio};

    #[test]
    fn thousands_are_grouped_and_nothing_else_changes() {
        for (value, text) in [
            (dec!(0), "0"),
            (dec!(999), "999"),
            (dec!(1000), "1,000"),
            (dec!(-1234567.0001), "-1,234,567.0001"),
            (dec!(-100), "-100"),
            (dec!(0.00001), "0.00001"),
        ] {
            assert_eq!(grouped(value), text);
        }
    }

    #[test]
    fn numbers_inside_a_sentence_are_grouped_and_words_are_not() {
        assert_eq!(grouped_within("4999999.67 USDT, 0.5 % worse"), "4,999,999.67 USDT, 0.5 % worse");
        assert_eq!(grouped_within("20x or less, 2026-11-20, b29e8b41, 12345. 1..2"), "20x or less, 2026-11-20, b29e8b41, 12345. 1..2");
    }

    #[test]
    fn money_keeps_the_digits_that_matter() {
        for (value, text) in [
            (dec!(199.875325), "199.88"),
            (dec!(100000), "100,000.00"),
            (dec!(0), "0.00"),
            (dec!(0.199875325), "0.20"),
            (dec!(-0.006825), "-0.00683"),
            (dec!(0.00000001), "0.00000001"),
            (dec!(-1), "-1.00"),
        ] {
            assert_eq!(money(Amount::new(value).unwrap()), text);
        }
        assert_eq!(signed(Amount::new(dec!(12.3)).unwrap()), "+12.30");
        assert_eq!(signed(Amount::new(dec!(-12.3)).unwrap()), "-12.30");
    }

    #[test]
    fn prices_keep_their_own_scale_and_averages_are_cut() {
        for (value, text) in [
            (dec!(61500.1), "61,500.1"),
            (dec!(0.00001234), "0.00001234"),
            (dec!(61500.123456789012), "61,500.123"),
            (dec!(0.000012345678), "0.000012345678"),
            (dec!(123456789.5), "123,456,790"),
            (dec!(3), "3"),
        ] {
            assert_eq!(price(Price::new(value).unwrap()), text);
        }
    }

    #[test]
    fn percent_has_two_places_at_most() {
        assert_eq!(percent(Ratio::new(dec!(0.5)).unwrap()), "50%");
        assert_eq!(percent(Ratio::new(dec!(0.333333)).unwrap()), "33.33%");
    }

    proptest! {
        #[test]
        fn any_amount_can_be_shown(whole in any::<i64>(), scale in 0_u32..28) {
            if let Ok(value) = Decimal::try_from_i128_with_scale(i128::from(whole), scale)
                && value.abs() <= MAGNITUDE_MAX
            {
                let amount = Amount::new(value).unwrap();
                let shown: Decimal = money(amount).replace(',', "").parse().unwrap();
                // Never off by more than half a cent, or half of the third digit.
                assert!((shown - value).abs() <= dec!(0.005).max(value.abs() * dec!(0.005)), "{value} {shown}");
            }
        }
    }
}
