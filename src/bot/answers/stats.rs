//! Figures of trades. Each formula stands at its field in `domain/report.rs`.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::domain::instrument::Symbol;
use crate::domain::money::{Amount, DIVISION_SCALE, MoneyError, Quantity, Ratio};
use crate::domain::position::Direction;
use crate::domain::report::{PerformanceView, SideStats, StatsView, SymbolRow, Trade};
use crate::domain::request::Window;

/// What the account cost and risked meanwhile, which no single trade tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Costs {
    /// Fees of all executions.
    pub fees: Amount,
    /// Funding.
    pub funding: Amount,
    /// Largest fall from a peak.
    pub drawdown: Option<Ratio>,
}

/// Returns the figures of `trades`.
///
/// # Errors
/// [`MoneyError`] if a sum cannot be held.
pub fn stats(window: Window, trades: &[Trade], costs: Costs) -> Result<StatsView, MoneyError> {
    let gains: Vec<&Trade> = trades.iter().filter(|trade| gained(trade)).collect();
    let losses: Vec<&Trade> = trades.iter().filter(|trade| trade.net.is_negative()).collect();
    let (won, lost) = (sum(gains.iter().copied())?, sum(losses.iter().copied())?);
    let held = trades.iter().map(|trade| trade.closed_at.since(trade.opened_at));
    let total = held.clone().fold(0_i128, |total, ms| total.saturating_add(i128::from(ms)));
    let average = i128::try_from(trades.len()).ok().and_then(|count| total.checked_div(count)).and_then(|ms| i64::try_from(ms).ok());
    Ok(StatsView {
        window,
        trades: count(trades.len()),
        wins: count(gains.len()),
        losses: count(losses.len()),
        win_rate: share(gains.len(), trades.len())?,
        profit_factor: if lost.is_zero() { None } else { Some(won.as_share_of(lost.magnitude())?) },
        net: sum(trades)?,
        average_win: average_of(won, gains.len())?,
        average_loss: average_of(lost, losses.len())?,
        // Of equals the earlier one.
        best: trades.iter().rev().max_by_key(|trade| trade.net).cloned(),
        worst: trades.iter().min_by_key(|trade| trade.net).cloned(),
        long: side(trades, Direction::Long)?,
        short: side(trades, Direction::Short)?,
        fees: costs.fees,
        funding: costs.funding,
        drawdown: costs.drawdown,
        holding_ms: average,
        longest_ms: held.max(),
    })
}

/// Returns trades by symbol, the best first, equals by name.
///
/// # Errors
/// [`MoneyError`] if a sum cannot be held.
pub fn performance(window: Window, trades: &[Trade]) -> Result<PerformanceView, MoneyError> {
    let mut by_symbol: BTreeMap<&Symbol, SymbolRow> = BTreeMap::new();
    for trade in trades {
        let symbol = &trade.instrument.symbol;
        let row = by_symbol.entry(symbol).or_insert_with(|| SymbolRow {
            symbol: symbol.clone(),
            trades: 0,
            wins: 0,
            realized: Amount::ZERO,
            fees: Amount::ZERO,
            net: Amount::ZERO,
        });
        row.trades = row.trades.saturating_add(1);
        row.wins = row.wins.saturating_add(u32::from(gained(trade)));
        row.realized = row.realized.plus(trade.realized)?;
        row.fees = row.fees.plus(trade.fees)?;
        row.net = row.net.plus(trade.net)?;
    }
    let mut rows: Vec<SymbolRow> = by_symbol.into_values().collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.net));
    Ok(PerformanceView { window, rows })
}

/// The largest fall of equity from its highest point so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Drawdown {
    peak: Option<Amount>,
    /// The largest share of a peak that was lost; none before the first equity.
    pub largest: Option<Ratio>,
}

impl Drawdown {
    /// Takes the next equity: drawdown = (peak − equity) ÷ peak.
    ///
    /// # Errors
    /// [`MoneyError`] if the share cannot be held.
    pub fn take(&mut self, equity: Amount) -> Result<(), MoneyError> {
        let peak = self.peak.map_or(equity, |peak| peak.max(equity));
        self.peak = Some(peak);
        let fall = if peak.is_zero() || peak.is_negative() { Ratio::ZERO } else { peak.minus(equity)?.as_share_of(peak)? };
        self.largest = Some(self.largest.map_or(fall, |largest| largest.max(fall)));
        Ok(())
    }
}

fn gained(trade: &Trade) -> bool {
    !trade.net.is_negative() && !trade.net.is_zero()
}

fn side(trades: &[Trade], direction: Direction) -> Result<SideStats, MoneyError> {
    let of_side = || trades.iter().filter(|trade| trade.direction == direction);
    Ok(SideStats { trades: count(of_side().count()), wins: count(of_side().filter(|trade| gained(trade)).count()), net: sum(of_side())? })
}

fn sum<'t>(trades: impl IntoIterator<Item = &'t Trade>) -> Result<Amount, MoneyError> {
    trades.into_iter().try_fold(Amount::ZERO, |sum, trade| sum.plus(trade.net))
}

/// Returns `sum ÷ count` at [`DIVISION_SCALE`] places towards zero; none for nothing.
fn average_of(sum: Amount, count: usize) -> Result<Option<Amount>, MoneyError> {
    if count == 0 {
        return Ok(None);
    }
    let (one, all) = (Quantity::new(Decimal::ONE)?, Quantity::new(Decimal::from(count))?);
    sum.prorated(one, all).map(Some)
}

fn share(part: usize, whole: usize) -> Result<Option<Ratio>, MoneyError> {
    let share = Decimal::from(part).checked_div(Decimal::from(whole));
    share.map(|share| Ratio::new(share.round_dp(DIVISION_SCALE))).transpose()
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
