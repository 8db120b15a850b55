//! Funding payments: into the ledger, the position's margin and the day, once each.

use crate::domain::funding::Funding;
use crate::domain::money::{Amount, MoneyError};
use crate::domain::notice::NoticeBody;
use crate::domain::rows::{PnlDayRow, PositionRow};
use crate::engine::book::ledger;

use super::draft::{Draft, Recipient};
use super::machine::Desk;

/// Moments that are remembered for each instrument: eight days, far longer than payments are asked for again.
const MOMENTS_MAX: usize = 24;

impl Desk {
    /// Books a payment, unless it is booked or from before the account was opened.
    pub(super) fn funding(&self, d: &mut Draft<'_>, funding: &Funding) {
        let row = d.position_or_flat(&funding.instrument);
        let forgotten = row.funded.len() >= MOMENTS_MAX && row.funded.first().is_some_and(|oldest| funding.moment < *oldest);
        if forgotten || row.funded.contains(&funding.moment) || d.state().is_none_or(|state| funding.at < state.opened_at) {
            return;
        }
        if let Err(error) = self.book_funding(d, funding, row) {
            d.alert(&format!("funding of {} could not be booked ({error}); trading halts", funding.instrument.name()), None);
            self.halt(d, &format!("funding could not be booked: {error}"));
        }
    }

    fn book_funding(&self, d: &mut Draft<'_>, funding: &Funding, row: PositionRow) -> Result<(), MoneyError> {
        // All numbers first: a payment that cannot be booked must leave no half of itself in the books.
        let quote = &funding.instrument.symbol.quote;
        let mut position = row.position.clone();
        // Executions that overtook it may have closed what it took margin from; then cash paid it all the same.
        let from_margin = position.as_ref().map_or(Amount::ZERO, |held| funding.from_margin.min(held.margin));
        if let Some(held) = &mut position {
            held.margin = held.margin.minus(from_margin)?;
        }
        let lines = ledger::funding(funding, from_margin)?;
        let cash = d.cash(quote).plus(ledger::cash_change(&lines, quote)?)?;
        let day = self.day_of(d, funding)?;

        d.memory().looked_at = None;
        d.put_balance(quote, cash, "funding");
        d.put_pnl_day(day);
        d.post(lines);
        let mut funded = row.funded.clone();
        funded.push(funding.moment);
        funded.sort_unstable();
        let funded = funded.split_off(funded.len().saturating_sub(MOMENTS_MAX));
        d.put_position(PositionRow { position, funded, ..row }, "position.funded", &format!("{} {quote}", funding.amount));
        let key = format!("funding:{}:{}", funding.instrument, funding.moment.ms());
        d.tell(key, &Recipient::default(), NoticeBody::Text(told(funding)));
        Ok(())
    }

    fn day_of(&self, d: &Draft<'_>, funding: &Funding) -> Result<PnlDayRow, MoneyError> {
        let row = d.pnl_day_at(funding.at);
        Ok(PnlDayRow { funding: row.funding.plus(funding.amount)?, ..row })
    }
}

fn told(funding: &Funding) -> String {
    let (name, quote) = (funding.instrument.name(), &funding.instrument.symbol.quote);
    let word = if funding.amount.is_negative() { "paid" } else { "received" };
    let amount = funding.amount.magnitude().shown(4).normalize();
    let rate = funding.rate.percent();
    let side = funding.direction.as_str();
    format!("Funding of {name}: {word} {amount} {quote} ({side} {}, rate {rate} %).", funding.quantity)
}
