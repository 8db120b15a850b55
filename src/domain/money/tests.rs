//! Money against integers: whatever fits is exact, whatever does not fit is refused.

use proptest::prelude::*;

use super::*;

/// Units and scale of a value that may be money.
fn parts() -> impl Strategy<Value = (i64, u32)> {
    let units = prop_oneof![1..1_000_i64, 1..10_i64.pow(12), 1..10_i64.pow(17)];
    (units, 0..13_u32)
}

fn decimal((units, scale): (i64, u32)) -> Decimal {
    Decimal::new(units, scale)
}

/// Compares `value` with `units × 10^-scale` in integers of 128 bits, as far as they carry.
fn is_exactly(value: Decimal, units: i128, scale: u32) -> bool {
    let most = value.scale().max(scale);
    let widen = |units: i128, scale: u32| units.checked_mul(10_i128.checked_pow(most - scale)?);
    matches!((widen(value.mantissa(), value.scale()), widen(units, scale)), (Some(a), Some(b)) if a == b)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn a_product_is_exact_or_refused(a in parts(), b in parts()) {
        let units = i128::from(a.0) * i128::from(b.0);
        match product(decimal(a), decimal(b)) {
            Ok(value) => {
                prop_assert!(is_exactly(value, units, a.1 + b.1), "{value}");
                prop_assert_eq!(value, value.normalize());
                prop_assert_eq!(value.scale(), value.normalize().scale(), "canonical");
            }
            Err(error) => {
                prop_assert_eq!(error, MoneyError::Overflow);
                let (a, b) = (decimal(a).normalize(), decimal(b).normalize());
                let (units, scale) = (a.mantissa() * b.mantissa(), a.scale() + b.scale());
                let held = scale <= 28 && units < (1_i128 << 96) && units / 10_i128.pow(scale) < 1_000_000_000_000_000;
                prop_assert!(!held, "{units} at {scale} could be held");
            }
        }
    }

    #[test]
    fn the_short_way_of_bounded_is_the_long_one(units in any::<i128>(), scale in 0..=28_u32) {
        let value = Decimal::from_i128_with_scale(units % (1_i128 << 95), scale);
        let long = if value.abs() > MAGNITUDE_MAX { Err(MoneyError::Overflow) } else { Ok(value.normalize()) };
        let short = bounded(value);
        prop_assert_eq!(short, long);
        if let (Ok(short), Ok(long)) = (short, long) {
            prop_assert_eq!((short.mantissa(), short.scale()), (long.mantissa(), long.scale()));
        }
    }

    #[test]
    fn floors_lie_on_the_grid_and_less_than_a_step_below(value in parts(), step in (1..1_000_i64, 0..9_u32)) {
        let (Ok(value), Ok(step)) = (Quantity::new(decimal(value)), Quantity::new(decimal(step))) else { return Ok(()) };
        if let Ok(floor) = value.floor_to(step) {
            prop_assert!(floor.is_multiple_of(step) && floor <= value);
            prop_assert!(value.minus(floor).unwrap() < step);
            prop_assert_eq!(floor.floor_to(step), Ok(floor));
        }
    }

    #[test]
    fn ticks_are_the_neighbours_of_a_price(value in parts(), tick in (1..1_000_i64, 0..9_u32)) {
        let (Ok(value), Ok(tick)) = (Price::new(decimal(value)), Price::new(decimal(tick))) else { return Ok(()) };
        if let (Ok(down), Ok(up)) = (value.to_tick(tick, Rounding::Down), value.to_tick(tick, Rounding::Up)) {
            prop_assert!(down.is_multiple_of(tick) && up.is_multiple_of(tick) && down <= value && value <= up);
            prop_assert!(up == down || up.minus(down).value() == tick.value());
        }
    }

    #[test]
    fn parts_make_the_whole(amount in parts(), whole in 1..1_000_000_000_i64, cuts in prop::collection::vec(1..100_000_000_i64, 1..6)) {
        let Ok(amount) = Amount::new(decimal(amount)) else { return Ok(()) };
        let (mut left, mut held) = (amount, Quantity::new(Decimal::new(whole, 3)).unwrap());
        let mut taken = Amount::ZERO;
        for cut in cuts {
            let part = Quantity::new(Decimal::new(cut, 3)).unwrap().min(held);
            if part.is_zero() {
                break;
            }
            let share = left.prorated(part, held).unwrap();
            prop_assert!(!share.is_negative() && share <= left);
            (left, held) = (left.minus(share).unwrap(), held.minus(part).unwrap());
            taken = taken.plus(share).unwrap();
        }
        if !held.is_zero() {
            taken = taken.plus(left.prorated(held, held).unwrap()).unwrap();
        }
        prop_assert_eq!(taken, amount);
    }

    #[test]
    fn margin_is_never_rounded_down(cost in parts(), leverage in 1..125_i64) {
        let (Ok(cost), Ok(leverage)) = (Amount::new(decimal(cost)), Leverage::new(Decimal::from(leverage))) else { return Ok(()) };
        let margin = cost.over_leverage(leverage).unwrap();
        prop_assert!(margin.value() * leverage.value() >= cost.value());
    }

    #[test]
    fn no_text_makes_a_panic(text in "\\PC{0,40}") {
        if let Ok(value) = text.parse::<Decimal>() {
            let (price, quantity) = (Price::new(value), Quantity::new(value));
            if let (Ok(price), Ok(quantity)) = (price, quantity) {
                let _ = (price.notional(quantity), price.midpoint(price), price.change_from(price), price.is_multiple_of(price));
                let _ = (quantity.floor_to(quantity), quantity.saturating_minus(quantity), quantity.is_multiple_of(quantity));
            }
        }
    }
}

#[test]
fn small_coins_in_large_numbers_are_exact() {
    let pepe = Price::new("0.00001234".parse().unwrap()).unwrap();
    let many = Quantity::new("81037277147".parse().unwrap()).unwrap();
    assert_eq!(pepe.notional(many).unwrap().value(), "999999.99999398".parse().unwrap());
    let average = Amount::new("999999.99999398".parse().unwrap()).unwrap().average_over(many).unwrap();
    assert_eq!(average, pepe);
    let third = Ratio::new("0.333333333333".parse().unwrap()).unwrap();
    assert_eq!(many.share(third).unwrap().value(), "27012425715.639654240951".parse::<Decimal>().unwrap());
}
