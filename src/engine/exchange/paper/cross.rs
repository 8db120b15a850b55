//! Cross margin at the venue: whether the wallet still stands for its cross positions, and what is closed if not.
//!
//! Invariant: after every tick the margin balance is above the maintenance margin or no cross position is open, cash is not
//! negative, and what open orders lock is there.

use super::account::Booking;
use super::checks::Rejection;
use super::core::PaperCore;
use super::order::{PaperOrder, Stage};
use crate::domain::cross::{CrossLeg, CrossWallet};
use crate::domain::instrument::Market;
use crate::domain::margin::MarginMode;
use crate::domain::money::{Amount, MoneyError};
use crate::domain::order::OrderSpec;
use crate::domain::position::Position;
use crate::domain::time::Timestamp;

/// Tells whether an execution that reduces would take more than stands for the position: its margin, or all the cash.
pub(super) fn is_bankrupt(booking: &Booking, mode: MarginMode) -> bool {
    booking.reduces
        && match mode {
            MarginMode::Isolated => booking.cash_change.is_negative(),
            MarginMode::Cross => booking.balance.is_negative(),
        }
}

impl PaperCore {
    /// Returns the wallet with its cross positions at their marks. One whose book was not seen since the start stands at its
    /// entry price.
    ///
    /// # Errors
    /// [`MoneyError`] if an entry price cannot be held.
    pub(super) fn cross_wallet(&self) -> Result<CrossWallet<'_>, MoneyError> {
        let account = &self.state.account;
        let mut legs = Vec::new();
        for position in account.positions.values().filter(|position| is_cross(position)) {
            let Some(instrument) = self.instruments.get(&position.instrument) else { continue };
            let seen = self.books.get(&position.instrument).map(|book| book.mark);
            let mark = seen.map_or_else(|| position.entry_price(), Ok)?;
            legs.push(CrossLeg { position: position.clone(), instrument, mark });
        }
        Ok(CrossWallet { cash: account.cash.balance, legs })
    }

    /// An instrument is held, and ordered, in one mode at a time.
    pub(super) fn check_margin_mode(&self, spec: &OrderSpec) -> Result<(), Rejection> {
        let other = |mode: MarginMode| spec.instrument.market == Market::Perp && mode != spec.margin_mode;
        if self.state.account.position(&spec.instrument).is_some_and(|position| other(position.margin_mode)) {
            return Err(Rejection { code: -4048, reason: "Margin type cannot be changed if there exists position.".to_owned() });
        }
        let opening = |order: &&PaperOrder| order.spec.instrument == spec.instrument && !order.spec.reduce_only;
        if self.state.orders.values().filter(opening).any(|order| other(order.spec.margin_mode)) {
            return Err(Rejection { code: -4047, reason: "Margin type cannot be changed if there exists open orders.".to_owned() });
        }
        Ok(())
    }

    /// Liquidates cross positions, the one with the largest loss first, until the wallet stands for the rest.
    pub(super) fn liquidate_cross_if_due(&mut self, at: Timestamp) {
        if !self.state.account.positions.values().any(is_cross) {
            return;
        }
        let due = |core: &Self| {
            let wallet = core.cross_wallet()?;
            if wallet.is_due()? { wallet.first_to_close() } else { Ok(None) }
        };
        // Each round closes one; one that cannot be booked is tried again with the next tick.
        for _ in 0..self.state.account.positions.len() {
            let Ok::<_, MoneyError>(Some(instrument)) = due(self) else { return };
            self.unlock(Amount::ZERO, "the wallet is being liquidated", at);
            self.liquidate(&instrument, at);
        }
    }

    /// After a loss that went beyond a position's margin: ends the newest orders that lock what is not there any more.
    pub(super) fn unlock_losses(&mut self, at: Timestamp) {
        self.unlock(self.state.account.cash.balance, "the balance does not cover it any more", at);
    }

    /// Ends orders, the newest first, until no more than `most` is locked.
    fn unlock(&mut self, most: Amount, why: &str, at: Timestamp) {
        while self.locked_cash().is_ok_and(|locked| locked > most) {
            let locks = |order: &&PaperOrder| self.lock_of(order, order.remaining()).is_ok_and(|lock| !lock.is_zero());
            let Some(number) = self.state.orders.values().rev().find(locks).map(|order| order.number) else { return };
            self.end(number, Stage::Expired, why, at);
        }
    }
}

fn is_cross(position: &Position) -> bool {
    position.instrument.market == Market::Perp && position.margin_mode == MarginMode::Cross
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{ProptestConfig, any, prop_assert, prop_assert_eq, proptest};
    use rust_decimal::Decimal;

    use super::super::core::State;
    use super::super::fixtures::{
        amount, at, bracket, crossed, dec, instruments, levered, limit, market, perp, reducing, refused, spot, taken, tick,
    };
    use super::*;
    use crate::domain::instrument::{Instrument, InstrumentId, Symbol};
    use crate::domain::market::Tick;
    use crate::domain::money::Price;
    use crate::domain::order::{FillCause, Side};

    fn ether() -> InstrumentId {
        InstrumentId::new(Symbol::new("ETH", "USDT"), Market::Perp)
    }

    /// A book deep enough for all of it, a tenth around the mark.
    fn deep(id: &InstrumentId, ms: i64, mark: Decimal) -> Tick {
        let (bid, ask) = (mark - dec("0.1"), mark + dec("0.1"));
        tick(id, ms, &mark.to_string(), &format!("{bid}x100000"), &format!("{ask}x100000"))
    }

    /// A venue with three markets at 100.
    fn venue(deposit: &str) -> PaperCore {
        let mut listed = instruments();
        listed.push(Instrument { id: ether(), ..listed[1].clone() });
        let mut core = PaperCore::new(listed, State::opening(amount(deposit))).unwrap();
        for id in [spot(), perp(), ether()] {
            core.on_tick(&deep(&id, 1, dec("100")));
        }
        core
    }

    fn cash(core: &PaperCore) -> Amount {
        core.state().account.cash.balance
    }

    #[test]
    fn a_cross_position_outlives_its_margin_and_an_isolated_one_does_not() {
        for (mode, survives) in [(MarginMode::Cross, true), (MarginMode::Isolated, false)] {
            let mut core = venue("1000");
            taken(&mut core, OrderSpec { margin_mode: mode, ..levered(market("in", perp(), Side::Buy, "10"), "10") });
            let record = core.on_tick(&deep(&perp(), 3, dec("85")));
            assert_eq!(record.fills.is_empty(), survives, "{mode:?}");
            assert_eq!(core.state().account.position(&perp()).is_some(), survives);
            // 1000 less 100.1 of margin and the fee; the isolated one gives back nothing but takes no more.
            assert!(cash(&core) >= amount("898.899"), "{}", cash(&core));
        }
    }

    #[test]
    fn the_liquidation_price_is_the_published_formulas() {
        let mut core = venue("1000");
        taken(&mut core, crossed(levered(market("a", perp(), Side::Buy, "30"), "10")));
        taken(&mut core, crossed(levered(market("b", ether(), Side::Sell, "20"), "10")));
        core.on_tick(&deep(&ether(), 3, dec("110")));
        let wallet = core.cross_wallet().unwrap();
        // Wallet: 1000 less fees of 3.003 and 1.998. The short has lost 202 and needs 0.5 % of 2,200.
        let balance = dec("1000") - dec("3.003") - dec("1.998");
        let expected = (balance - dec("11") - dec("202") - dec("30") * dec("100.1")) / (dec("30") * dec("0.005") - dec("30"));
        let got = wallet.liquidation_price(&perp()).unwrap().unwrap();
        assert_eq!(got.value().round_dp(9), expected.round_dp(9));
    }

    #[test]
    fn the_largest_loss_is_closed_first_and_no_more_than_must_be() {
        let mut core = venue("1000");
        taken(&mut core, crossed(levered(market("a", perp(), Side::Buy, "60"), "20")));
        taken(&mut core, crossed(levered(market("b", ether(), Side::Buy, "10"), "20")));
        core.on_tick(&deep(&ether(), 3, dec("99")));
        taken(&mut core, limit("rests", spot(), Side::Buy, "1", "90"));
        let record = core.on_tick(&deep(&perp(), 4, dec("84")));
        assert_eq!(record.fills.len(), 1, "{:?}", record.fills);
        let (_, fill) = &record.fills[0];
        assert_eq!((fill.cause, &fill.instrument), (FillCause::Liquidation, &perp()));
        assert!(core.state().account.position(&ether()).is_some(), "the rest stands again");
        assert!(core.state().orders.is_empty(), "what locked cash went first");
        assert!(!cash(&core).is_negative() && !core.cross_wallet().unwrap().is_due().unwrap());
    }

    #[test]
    fn an_instrument_is_held_and_ordered_in_one_mode() {
        let mut core = venue("1000");
        taken(&mut core, limit("rests", perp(), Side::Buy, "1", "90"));
        assert_eq!(refused(&mut core, crossed(market("x", perp(), Side::Buy, "1"))).0, "-4047");
        taken(&mut core, crossed(bracket(market("in", ether(), Side::Buy, "1"), "90", &[])));
        assert_eq!(refused(&mut core, market("y", ether(), Side::Buy, "1")).0, "-4048");
        taken(&mut core, reducing(market("out", ether(), Side::Sell, "1")));
        taken(&mut core, market("z", ether(), Side::Buy, "1"));
    }

    #[test]
    fn open_losses_cannot_be_spent_and_taken_losses_end_the_newest_orders() {
        let mut core = venue("1000");
        taken(&mut core, crossed(levered(market("in", perp(), Side::Buy, "40"), "20")));
        taken(&mut core, limit("first", spot(), Side::Buy, "2", "90"));
        taken(&mut core, limit("second", spot(), Side::Buy, "4", "90"));
        core.on_tick(&deep(&perp(), 3, dec("84")));
        assert_eq!(refused(&mut core, limit("third", spot(), Side::Buy, "1", "90")).0, "-2010");
        taken(&mut core, reducing(market("out", perp(), Side::Sell, "40")));
        let left: Vec<&str> = core.state().orders.values().map(|order| order.spec.id.as_str()).collect();
        assert_eq!(left, ["first"], "{} is left", cash(&core));
        assert!(core.locked_cash().unwrap() <= cash(&core));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        #[test]
        fn cross_is_liquidated_exactly_when_equity_is_down_to_maintenance_and_isolated_costs_no_more_than_its_margin(
            sizes in (1i64..60, 1i64..60), longs in (any::<bool>(), any::<bool>()), modes in (any::<bool>(), any::<bool>()),
            times in (2i64..=20, 2i64..=20), walk in proptest::collection::vec((any::<bool>(), 600i64..1_500), 1..12),
        ) {
            let mut core = venue("1000");
            for (name, id, size, long, cross, times) in
                [("a", perp(), sizes.0, longs.0, modes.0, times.0), ("b", ether(), sizes.1, longs.1, modes.1, times.1)]
            {
                let side = if long { Side::Buy } else { Side::Sell };
                let spec = levered(market(name, id, side, &size.to_string()), &times.to_string());
                let _ = core.submit(if cross { crossed(spec) } else { spec }, at(2));
            }
            for (step, (first, mark)) in (3..).zip(walk) {
                let id = if first { perp() } else { ether() };
                let mark = Decimal::new(mark, 1);
                let before = core.state().account.clone();
                // What the venue is to find, from its state before and the new mark.
                let mut wallet = core.cross_wallet().unwrap();
                for leg in wallet.legs.iter_mut().filter(|leg| leg.position.instrument == id) {
                    leg.mark = Price::new(mark).unwrap();
                }
                let due = wallet.is_due().unwrap();
                let record = core.on_tick(&deep(&id, step, mark));
                let cross_fills = record.fills.iter().filter(|(_, fill)| fill.margin_mode == MarginMode::Cross).count();
                prop_assert_eq!(due, cross_fills > 0);
                prop_assert!(!core.cross_wallet().unwrap().is_due().unwrap());
                if cross_fills == 0 {
                    prop_assert!(cash(&core) >= before.cash.balance, "an isolated loss took cash");
                }
                prop_assert!(!cash(&core).is_negative());
                let account = &core.state().account;
                let margins = |account: &super::super::account::Account| account.positions.values().fold(account.cash.balance, |sum, held| sum.plus(held.margin).unwrap());
                let paid = record.fills.iter().fold(Amount::ZERO, |sum, (_, fill)| {
                    let held = &before.positions[&fill.instrument];
                    let gain = held.unrealized(fill.price).unwrap();
                    sum.plus(gain).unwrap().minus(fill.fee).unwrap()
                });
                prop_assert_eq!(margins(account), margins(&before).plus(paid).unwrap(), "wallet and positions balance");
            }
        }
    }

    #[test]
    fn a_wallet_without_cross_positions_is_never_due() {
        let core = venue("0");
        let wallet = core.cross_wallet().unwrap();
        assert!(!wallet.is_due().unwrap() && wallet.first_to_close().unwrap().is_none());
        assert_eq!(wallet.liquidation_price(&perp()), Ok(None));
    }
}
