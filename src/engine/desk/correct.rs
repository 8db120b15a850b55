//! Taking over the venue's amounts where books and venue agree on everything that is held.
//!
//! Average cost depends on the order in which executions are booked. Pushes may overtake each other, so with the same
//! executions the books may split the same money otherwise between cost, margin and profit than the venue did. The
//! venue's split is the true one; without this the account would never agree again, and take no entry.

use std::collections::BTreeMap;

use crate::domain::instrument::{Currency, InstrumentId, Market};
use crate::domain::money::{Amount, MoneyError};
use crate::domain::position::{Direction, Position};
use crate::domain::rows::{PnlDayRow, PositionRow};
use crate::engine::book::ledger;
use crate::engine::ports::VenueAccount;

use super::draft::Draft;
use super::machine::Desk;

/// What dividing cost and margin between closed and open parts may leave, in quote currency.
const SPLIT_MAX: rust_decimal::Decimal = rust_decimal::dec!(0.000001);

impl Desk {
    /// Takes over the venue's cash, cost and margin, if it holds exactly what the books hold. The difference is booked
    /// against realised profit and told. Returns whether it did.
    pub(super) fn correct(&self, d: &mut Draft<'_>, account: &VenueAccount) -> Result<bool, MoneyError> {
        let Some(pairs) = self.same_holdings(d, account) else { return Ok(false) };
        let quote = &self.book.quote;
        let theirs = account.balances.iter().find(|(currency, _)| currency == quote).map_or(Amount::ZERO, |(_, cash)| *cash);
        if !self.same_worth(d.cash(quote), theirs, &pairs)? {
            return Ok(false);
        }
        let mut changes = vec![(ledger::CASH.to_owned(), theirs.minus(d.cash(quote))?)];
        for (row, position) in &pairs {
            let Some(ours) = &row.position else { continue };
            let id = &row.instrument;
            changes.push(match id.market {
                Market::Spot => (format!("cost:{id}"), position.cost.minus(ours.cost)?),
                Market::Perp => (format!("margin:{id}"), position.margin.minus(ours.margin)?),
            });
        }
        let gain = changes.iter().try_fold(Amount::ZERO, |sum, (_, change)| sum.plus(*change))?;
        d.post(ledger::correction(quote, &changes, d.now)?);
        d.put_balance(quote, theirs, "taken over from the venue");
        for (row, position) in pairs {
            if row.position.as_ref() != Some(&position) {
                d.put_position(PositionRow { position: Some(position), ..row }, "position.corrected", "the venue's cost and margin");
            }
        }
        if let Some(day) = d.pnl_day().cloned() {
            d.put_pnl_day(PnlDayRow { realized: day.realized.plus(gain)?, ..day });
        }
        let text = format!(
            "Executions came out of their order; the venue's cost, margin and cash were taken over. Realised profit changes by {gain} {quote}."
        );
        d.alert(&text, None);
        Ok(true)
    }

    /// Tells whether books and venue are worth the same at any price: then they differ only in how executions were split
    /// between closed and open parts. Worth is cash, and for a perpetual margin less (long) or plus (short) its cost. Money
    /// that came or went otherwise is never taken over.
    fn same_worth(&self, ours: Amount, theirs: Amount, pairs: &[(PositionRow, Position)]) -> Result<bool, MoneyError> {
        let perp = |position: &Position| match (position.instrument.market, position.direction) {
            (Market::Spot, _) => Ok(Amount::ZERO),
            (Market::Perp, Direction::Long) => position.margin.minus(position.cost),
            (Market::Perp, Direction::Short) => position.margin.plus(position.cost),
        };
        let mut difference = theirs.minus(ours)?;
        for (row, position) in pairs {
            difference = difference.plus(perp(position)?)?;
            if let Some(held) = &row.position {
                difference = difference.minus(perp(held)?)?;
            }
        }
        Ok(difference.magnitude().value() <= SPLIT_MAX)
    }

    /// Returns the open positions beside the venue's, if instruments, directions, quantities and coins are all the same.
    fn same_holdings(&self, d: &Draft<'_>, account: &VenueAccount) -> Option<Vec<(PositionRow, Position)>> {
        let venue: BTreeMap<&InstrumentId, &Position> = account.positions.iter().map(|position| (&position.instrument, position)).collect();
        let rows: Vec<PositionRow> = d.positions().into_iter().filter(|row| row.position.is_some()).cloned().collect();
        let coins: BTreeMap<&Currency, Amount> = account.balances.iter().map(|(currency, amount)| (currency, *amount)).collect();
        let same_coin = |currency: &Currency| d.cash(currency) == coins.get(currency).copied().unwrap_or(Amount::ZERO);
        let currencies = self.book.balances().map(|row| &row.currency).chain(coins.keys().copied());
        if rows.len() != venue.len() || !currencies.filter(|currency| **currency != self.book.quote).all(same_coin) {
            return None;
        }
        let beside = |row: PositionRow| {
            let position = (*venue.get(&row.instrument)?).clone();
            let ours = row.position.as_ref()?;
            ((ours.direction, ours.quantity) == (position.direction, position.quantity)).then_some((row, position))
        };
        rows.into_iter().map(beside).collect()
    }
}
