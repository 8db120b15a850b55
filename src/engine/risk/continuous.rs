//! Limits that are watched all the time, not only before an order: loss, drawdown, the way to liquidation, the card's band.
//!
//! Pure and fail closed: a number that cannot be computed counts as a limit that was reached.

use rust_decimal::Decimal;

use crate::domain::money::{Amount, Price, Ratio};
use crate::domain::refusal::{Code, Refusal};

use super::limits::Limits;
use super::rules::wording;

/// What the liquidation guard does with a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GuardAction {
    /// Nothing.
    None,
    /// Closes half of it.
    Halve,
    /// Closes all of it.
    Close,
}

/// Returns a refusal if the loss since the start of the UTC day has reached its limit.
pub fn daily_loss_breached(equity: Amount, day_equity: Amount, limits: &Limits) -> Option<Refusal> {
    let fall = fall(equity, day_equity, limits.daily_loss_share_max)?;
    Some(Refusal::new(
        Code::MaxDailyLoss,
        format!("a loss below {} of the day's first equity", wording::percent(limits.daily_loss_share_max)),
        fall,
        "entries after 00:00 UTC; closes and stops at any time",
    ))
}

/// Returns a refusal if the loss from the highest equity has reached its limit.
pub fn drawdown_breached(equity: Amount, peak_equity: Amount, limits: &Limits) -> Option<Refusal> {
    let fall = fall(equity, peak_equity, limits.drawdown_share_max)?;
    let share = wording::percent(limits.drawdown_share_max);
    let needed = Decimal::ONE
        .checked_sub(limits.drawdown_share_max)
        .and_then(|kept| peak_equity.value().checked_mul(kept))
        .map_or_else(|| "a higher equity".to_owned(), |least| format!("an equity above {}", wording::rounded_up(least)));
    Some(Refusal::new(
        Code::MaxDrawdown,
        format!("a loss below {share} of the highest equity"),
        fall,
        format!("{needed}; closes and stops at any time"),
    ))
}

/// Describes the fall from `start` to `equity` if it is `share_max` of `start` or more, or if nothing is left.
fn fall(equity: Amount, start: Amount, share_max: Decimal) -> Option<String> {
    if equity.value() <= Decimal::ZERO {
        return Some("nothing is left".to_owned());
    }
    if equity >= start {
        return None;
    }
    let Ok(lost) = start.minus(equity) else { return Some("a loss too large to be held exactly".to_owned()) };
    let Some(allowed) = start.value().checked_mul(share_max) else { return Some("a loss that cannot be compared".to_owned()) };
    if lost.value() < allowed {
        return None;
    }
    let share = lost.as_share_of(start).map_or_else(|_| "a loss".to_owned(), |share| wording::percent(share.value()));
    Some(format!("{share} lost ({} of {})", wording::rounded_up(lost.value()), wording::rounded_down(start.value())))
}

/// Returns what the liquidation guard does now. Distances are |mark − liquidation| ÷ mark, now and at the last opening fill.
pub fn guard(distance_now: Ratio, distance_at_open: Ratio, limits: &Limits) -> GuardAction {
    if !limits.liquidation_guard {
        return GuardAction::None;
    }
    let at = |share: Decimal| distance_at_open.value().checked_mul(share).is_none_or(|bound| distance_now.value() <= bound);
    if at(limits.guard_close_at) {
        GuardAction::Close
    } else if at(limits.guard_halve_at) {
        GuardAction::Halve
    } else {
        GuardAction::None
    }
}

/// Returns a refusal if the price has left the band around the card's price.
pub fn price_moved(card_price: Price, now_price: Price, limits: &Limits) -> Option<Refusal> {
    let band = wording::percent(limits.card_band);
    let moved = match now_price.change_from(card_price) {
        Ok(change) if change.magnitude().value() <= limits.card_band => return None,
        Ok(change) => format!("{} ({card_price} to {now_price})", wording::percent(change.value())),
        Err(error) => error.to_string(),
    };
    Some(Refusal::new(Code::PriceMoved, format!("{band} either way from the card's price"), moved, format!("a new card at {now_price}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    fn amount(value: Decimal) -> Amount {
        Amount::new(value).unwrap()
    }

    fn ratio(value: Decimal) -> Ratio {
        Ratio::new(value).unwrap()
    }

    #[test]
    fn daily_loss_trips_at_its_limit_and_not_before() {
        let limits = Limits::live();
        let start = amount(dec!(10000));
        for (equity, breached) in [
            (dec!(10000), false),
            (dec!(12000), false),
            (dec!(9700.01), false),
            (dec!(9700), true),
            (dec!(9000), true),
            (dec!(0), true),
            (dec!(-5), true),
        ] {
            assert_eq!(daily_loss_breached(amount(equity), start, &limits).is_some(), breached, "{equity}");
        }
    }

    #[test]
    fn an_account_that_began_the_day_empty_may_trade_what_came_since() {
        assert_eq!(daily_loss_breached(amount(dec!(100)), Amount::ZERO, &Limits::live()), None);
        assert!(daily_loss_breached(Amount::ZERO, Amount::ZERO, &Limits::live()).is_some());
    }

    #[test]
    fn drawdown_trips_at_its_limit_and_says_which_equity_would_do() {
        let limits = Limits::live();
        let peak = amount(dec!(20000));
        assert_eq!(drawdown_breached(amount(dec!(18000.01)), peak, &limits), None);
        let refusal = drawdown_breached(amount(dec!(18000)), peak, &limits).unwrap();
        assert_eq!(refusal.code, Code::MaxDrawdown);
        assert!(refusal.actual.starts_with("10 % lost"), "{refusal}");
        assert!(refusal.would_pass.contains("18000"), "{refusal}");
        let extreme = amount(dec!(1_000_000_000_000_000));
        assert!(drawdown_breached(extreme.negated(), extreme, &limits).is_some());
    }

    #[test]
    fn guard_halves_at_a_quarter_and_closes_at_a_tenth_of_the_opening_distance() {
        let limits = Limits::paper();
        for (now, action) in [
            (dec!(0.05), GuardAction::None),
            (dec!(0.012501), GuardAction::None),
            (dec!(0.0125), GuardAction::Halve),
            (dec!(0.005001), GuardAction::Halve),
            (dec!(0.005), GuardAction::Close),
            (dec!(0), GuardAction::Close),
            (dec!(-0.01), GuardAction::Close),
        ] {
            assert_eq!(guard(ratio(now), ratio(dec!(0.05)), &limits), action, "{now}");
        }
        let off = Limits { liquidation_guard: false, ..limits };
        assert_eq!(guard(ratio(dec!(0)), ratio(dec!(0.05)), &off), GuardAction::None);
    }

    #[test]
    fn price_moved_lets_the_edge_of_the_band_pass() {
        let limits = Limits::live();
        let price = |value| Price::new(value).unwrap();
        for (now, moved) in [
            (dec!(60000), false),
            (dec!(60300), false),
            (dec!(59700), false),
            (dec!(60300.1), true),
            (dec!(59699.9), true),
            (dec!(1_000_000_000_000_000), true),
        ] {
            assert_eq!(price_moved(price(dec!(60000)), price(now), &limits).is_some(), moved, "{now}");
        }
        let tiny = price(dec!(0.0000000000000000000000000001));
        assert!(price_moved(tiny, price(dec!(1_000_000_000_000_000)), &limits).is_some());
    }
}
