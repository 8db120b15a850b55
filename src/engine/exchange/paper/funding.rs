//! Funding: every eight hours each perpetual position pays or receives its share, once a moment.
//!
//! Invariant: a payment comes out of free cash first and out of the position's own margin for the rest, so that cash never
//! falls below what open orders lock; what neither covers is not paid, for the liquidation of such a position is due anyway.

use super::core::PaperCore;
use super::log::LogEvent;
use crate::domain::funding::{self, Funding};
use crate::domain::instrument::{InstrumentId, Market};
use crate::domain::money::{Amount, MoneyError};
use crate::domain::time::Timestamp;

impl PaperCore {
    /// Settles the latest funding moment at or before `at` for the position of an instrument, unless that was done or the
    /// position was opened after it. Moments that passed unseen (the venue was closed) are not made up for.
    pub(super) fn fund_if_due(&mut self, id: &InstrumentId, at: Timestamp) {
        let moment = funding::last_moment(at);
        let Some(position) = self.state.account.position(id).filter(|_| id.market == Market::Perp) else { return };
        let settled = self.state.funded.get(id).is_some_and(|latest| *latest >= moment);
        if settled || position.opened_at >= moment {
            return;
        }
        match self.funding_due(id, moment, at) {
            Ok(Some(payment)) => self.fund(payment),
            // Without a price of both markets the next tick settles it.
            Ok(None) => {}
            Err(error) => tracing::warn!(instrument = %id, %error, "a funding payment could not be booked"),
        }
    }

    fn funding_due(&self, id: &InstrumentId, moment: Timestamp, at: Timestamp) -> Result<Option<Funding>, MoneyError> {
        let spot = InstrumentId::new(id.symbol.clone(), Market::Spot);
        let mark = |id: &InstrumentId| self.books.get(id).map(|book| book.mark);
        let (Some(position), Some(perp)) = (self.state.account.position(id), mark(id)) else { return Ok(None) };
        // A venue that lists no spot market knows no premium.
        let spot = if self.instruments.contains_key(&spot) { mark(&spot) } else { Some(perp) };
        let Some(spot) = spot else { return Ok(None) };
        let rate = funding::rate(perp, spot, self.rules.funding_rate)?;
        let wanted = funding::due(position, perp, rate)?;
        let (amount, from_margin) = if wanted.is_negative() {
            let free = self.state.account.cash.balance.minus(self.locked_cash()?)?.max(Amount::ZERO);
            let cash = wanted.magnitude().min(free);
            let margin = wanted.magnitude().minus(cash)?.min(position.margin);
            (cash.plus(margin)?.negated(), margin)
        } else {
            (wanted, Amount::ZERO)
        };
        let (direction, quantity, instrument) = (position.direction, position.quantity, id.clone());
        Ok(Some(Funding { instrument, moment, rate, mark: perp, direction, quantity, amount, from_margin, at }))
    }

    fn fund(&mut self, payment: Funding) {
        let account = &mut self.state.account;
        let Some(position) = account.positions.get_mut(&payment.instrument) else { return };
        let cash = payment.amount.plus(payment.from_margin).and_then(|change| account.cash.balance.plus(change));
        let (Ok(cash), Ok(margin)) = (cash, position.margin.minus(payment.from_margin)) else { return };
        account.cash.balance = cash;
        position.margin = margin;
        self.state.funded.insert(payment.instrument.clone(), payment.moment);
        self.state.counters.fundings += 1;
        self.pending.positions.insert(payment.instrument.clone());
        self.note(payment.at, LogEvent::Funded { funding: payment.clone() });
        self.pending.fundings.push((self.state.counters.fundings, payment));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{ProptestConfig, prop_assert, prop_assert_eq, proptest};
    use rust_decimal::Decimal;

    use super::super::core::State;
    use super::super::fixtures::{amount, around, instruments, leverage, levered, limit, market, perp, price, ratio, spot, taken};
    use super::*;
    use crate::domain::funding::FUNDING_EVERY_MS;
    use crate::domain::market::Tick;
    use crate::domain::money::{Price, Quantity};
    use crate::domain::order::{OrderSpec, Side};

    /// A venue a minute before a funding moment, with prices of both markets.
    fn before_the_moment(deposit: &str) -> PaperCore {
        let mut core = PaperCore::new(instruments(), State::opening(amount(deposit))).unwrap();
        core.on_tick(&around(&spot(), -60_000, "100"));
        core.on_tick(&around(&perp(), -60_000, "100"));
        core
    }

    fn submitted(core: &mut PaperCore, spec: OrderSpec) {
        let (outcome, _) = core.submit(spec, Timestamp::from_ms(-30_000));
        assert!(matches!(outcome, crate::engine::ports::SubmitOutcome::Accepted { .. }), "{outcome:?}");
    }

    fn payments(core: &mut PaperCore, tick: &Tick) -> Vec<Funding> {
        core.on_tick(tick).fundings.into_iter().map(|(_, payment)| payment).collect()
    }

    #[test]
    fn a_position_pays_once_a_moment_and_shorts_receive_what_longs_pay() {
        for (side, sign) in [(Side::Buy, "-"), (Side::Sell, "")] {
            let mut core = before_the_moment("1000");
            submitted(&mut core, levered(market("in", perp(), side, "1"), "5"));
            let cash = core.state().account.cash.balance;
            assert!(payments(&mut core, &around(&perp(), -1, "100")).is_empty());
            let paid = payments(&mut core, &around(&perp(), 0, "100"));
            // The spot's last price is 100, too: the interest of 0.01 % on 100.
            assert_eq!((paid.len(), paid[0].amount, paid[0].from_margin), (1, amount(&format!("{sign}0.01")), Amount::ZERO));
            assert_eq!(core.state().account.cash.balance, cash.plus(paid[0].amount).unwrap());
            assert!(payments(&mut core, &around(&perp(), 1, "100")).is_empty(), "once");
            // Two moments passed unseen: one payment.
            assert_eq!(payments(&mut core, &around(&perp(), 3 * FUNDING_EVERY_MS, "100")).len(), 1);
        }
    }

    #[test]
    fn a_premium_moves_the_rate_and_a_position_opened_after_the_moment_pays_nothing() {
        let mut core = before_the_moment("1000");
        submitted(&mut core, levered(market("in", perp(), Side::Buy, "1"), "5"));
        let paid = payments(&mut core, &around(&perp(), 5, "101"));
        assert_eq!((paid[0].rate, paid[0].at.ms(), paid[0].moment.ms()), (ratio("0.0075"), 5, 0), "1 % above the spot: the cap");
        let mut core = before_the_moment("1000");
        core.on_tick(&around(&perp(), 1, "100"));
        let (_, record) = core.submit(levered(market("in", perp(), Side::Buy, "1"), "5"), Timestamp::from_ms(2));
        assert!(record.fundings.is_empty() && payments(&mut core, &around(&perp(), 3, "100")).is_empty());
    }

    #[test]
    fn an_order_after_the_moment_finds_the_payment_made() {
        let mut core = before_the_moment("1000");
        submitted(&mut core, levered(market("in", perp(), Side::Buy, "1"), "5"));
        let (_, record) = core.submit(levered(limit("more", perp(), Side::Buy, "1", "99"), "5"), Timestamp::from_ms(10));
        assert_eq!(record.fundings.len(), 1, "for what was held at the moment");
        assert_eq!(record.events().len(), 2);
    }

    #[test]
    fn what_free_cash_does_not_cover_comes_out_of_the_margin() {
        let mut core = before_the_moment("30.2");
        submitted(&mut core, levered(market("in", perp(), Side::Buy, "1"), "5"));
        // Nearly all of the rest is locked by a resting order.
        let lock = core.state().account.cash.balance.value();
        let quantity =
            Quantity::new((lock / Decimal::new(19, 0)).round_dp_with_strategy(3, rust_decimal::RoundingStrategy::ToZero)).unwrap();
        submitted(&mut core, OrderSpec { leverage: leverage("5"), quantity, ..limit("rest", perp(), Side::Buy, "1", "90") });
        let free = core.state().account.cash.balance.minus(core.locked_cash().unwrap()).unwrap();
        let margin = core.state().account.position(&perp()).unwrap().margin;
        let paid = payments(&mut core, &around(&perp(), 0, "101"));
        assert!(paid[0].amount.magnitude() > free && !paid[0].from_margin.is_zero(), "{paid:?}, free {free}");
        assert_eq!(core.state().account.position(&perp()).unwrap().margin, margin.minus(paid[0].from_margin).unwrap());
        assert!(core.state().account.cash.balance >= core.locked_cash().unwrap());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn funding_moves_exactly_what_it_says_and_never_more_than_there_is(
            quantity in 1i64..40_000, long: bool, times in 1i64..20, spot_tenths in 900i64..1_100, perp_tenths in 900i64..1_100,
        ) {
            let mut core = before_the_moment("300");
            let side = if long { Side::Buy } else { Side::Sell };
            let spec = OrderSpec { quantity: Quantity::new(Decimal::new(quantity, 3)).unwrap(), ..market("in", perp(), side, "1") };
            let _ = core.submit(levered(spec, &times.to_string()), Timestamp::from_ms(-30_000));
            let Some(before) = core.state().account.position(&perp()).cloned() else { return Ok(()) };
            let cash = core.state().account.cash.balance;
            core.on_tick(&around(&spot(), -1, &Decimal::new(spot_tenths, 1).to_string()));
            let tick = around(&perp(), 0, &Decimal::new(perp_tenths, 1).to_string());
            core.books.get_mut(&perp()).unwrap().refresh(&tick);
            core.fund_if_due(&perp(), tick.at);
            let (_, paid) = core.pending.fundings[0].clone();
            let after = core.state().account.position(&perp()).unwrap();
            let moved = core.state().account.cash.balance.minus(cash).unwrap().plus(after.margin.minus(before.margin).unwrap()).unwrap();
            prop_assert_eq!(moved, paid.amount);
            prop_assert!(!core.state().account.cash.balance.is_negative() && !after.margin.is_negative());
            prop_assert!(!paid.from_margin.is_negative());
            let full = funding::due(&before, Price::new(Decimal::new(perp_tenths, 1)).unwrap(), paid.rate).unwrap();
            prop_assert!(paid.amount == full || (after.margin.is_zero() && paid.amount > full));
        }
    }

    #[test]
    fn other_orders_of_the_room_do_not_meet_funding() {
        let mut core = before_the_moment("1000");
        taken(&mut core, limit("a", spot(), Side::Buy, "1", "99"));
        assert!(payments(&mut core, &around(&spot(), 0, "100")).is_empty() && price("100").value() == Decimal::ONE_HUNDRED);
    }
}
