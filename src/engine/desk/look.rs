//! Snapshots of the account: at each execution, each minute while a position is open, each hour otherwise.

use crate::domain::instrument::Market;
use crate::domain::money::{Amount, MoneyError};
use crate::domain::snapshot::{SnapshotRow, SnapshotWrite};
use crate::domain::time::{HOUR_MS, MINUTE_MS, Timestamp};
use crate::engine::book::valuation::worth;
use crate::engine::ports::Quotes;

use super::draft::Draft;
use super::machine::Desk;

impl Desk {
    /// Takes a snapshot if one is due, or if the step booked an execution. One that cannot be valued (no price yet) is left
    /// out: a report with a gap is better than one with a guess.
    pub(super) fn look(&self, d: &mut Draft<'_>, quotes: &dyn Quotes, timer: bool) {
        let due = timer && d.memory().snapshot_at.is_none_or(|at| at <= d.now);
        if d.state().is_none() || !(due || d.books_a_fill()) {
            return;
        }
        let row = self.snapshot(d, quotes);
        let open = d.positions().iter().any(|row| row.position.is_some());
        d.memory().snapshot_at = Some(next_mark(d.now, if open { MINUTE_MS } else { HOUR_MS }));
        if let Ok(Some(row)) = row {
            let forget_before = d.now.plus_ms(-self.settings.snapshots_kept_ms);
            d.take_snapshot(SnapshotWrite { row, forget_before });
        }
    }

    /// Returns the account as it would stand after the step; none while something that is held has no price.
    fn snapshot(&self, d: &Draft<'_>, quotes: &dyn Quotes) -> Result<Option<SnapshotRow>, MoneyError> {
        let cash = d.cash(&self.settings.quote);
        let (mut equity, mut margin, mut unrealized, mut exposure) = (cash, Amount::ZERO, Amount::ZERO, Amount::ZERO);
        let mut positions = 0_u32;
        for position in d.positions().into_iter().filter_map(|row| row.position.as_ref()) {
            let Some(quote) = quotes.quote(&position.instrument) else { return Ok(None) };
            equity = equity.plus(worth(position, quote.mark)?)?;
            unrealized = unrealized.plus(position.unrealized(quote.mark)?)?;
            exposure = exposure.plus(quote.mark.notional(position.quantity)?)?;
            if position.instrument.market == Market::Perp {
                margin = margin.plus(position.margin)?;
            }
            positions = positions.saturating_add(1);
        }
        Ok(Some(SnapshotRow { at: d.now, equity, cash, margin, unrealized, exposure, positions }))
    }
}

/// Returns the next whole multiple of `step_ms` after `now`, so that snapshots of two runs of a process line up.
fn next_mark(now: Timestamp, step_ms: i64) -> Timestamp {
    now.plus_ms(step_ms - now.ms().rem_euclid(step_ms))
}

#[cfg(test)]
mod tests {
    use super::next_mark;
    use crate::domain::time::{MINUTE_MS, Timestamp};

    #[test]
    fn the_next_mark_lies_ahead_on_a_whole_minute() {
        for (now, next) in [(0, MINUTE_MS), (1, MINUTE_MS), (MINUTE_MS - 1, MINUTE_MS), (MINUTE_MS, 2 * MINUTE_MS), (-1, 0)] {
            assert_eq!(next_mark(Timestamp::from_ms(now), MINUTE_MS), Timestamp::from_ms(next));
        }
    }
}
