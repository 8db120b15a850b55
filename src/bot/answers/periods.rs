//! Days, weeks and months in UTC, and what each of them brought.

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::domain::money::{Amount, MoneyError};
use crate::domain::report::{Period, PeriodRow, Trade};
use crate::domain::rows::PnlDayRow;
use crate::domain::time::{DAY_MS, Timestamp};

/// Days that a weekly report may reach into, and months that a monthly one may.
const ROWS: [(Period, usize); 3] = [(Period::Daily, 7), (Period::Weekly, 8), (Period::Monthly, 12)];

/// Returns the periods that end with the one that holds `now`, the latest first, as (first moment, first moment after);
/// none that ended before `opened_at`.
pub fn spans(period: Period, now: Timestamp, opened_at: Timestamp) -> Vec<(Timestamp, Timestamp)> {
    let rows = ROWS.iter().find(|(known, _)| *known == period).map_or(1, |(_, rows)| *rows);
    let mut spans = Vec::with_capacity(rows);
    let (mut from, mut until) = span(period, now);
    while spans.len() < rows {
        spans.push((from, until));
        if from <= opened_at {
            break;
        }
        (from, until) = span(period, from.plus_ms(-1));
    }
    spans
}

/// Returns the period that holds `at`.
fn span(period: Period, at: Timestamp) -> (Timestamp, Timestamp) {
    let day = at.day_start();
    match period {
        Period::Daily => (day, day.plus_ms(DAY_MS)),
        Period::Weekly => {
            // The epoch was a Thursday, three days into its week.
            let into = (day.ms().div_euclid(DAY_MS) + 3).rem_euclid(7);
            let monday = day.plus_ms(-into * DAY_MS);
            (monday, monday.plus_ms(7 * DAY_MS))
        }
        Period::Monthly => month(at).unwrap_or((day, day.plus_ms(DAY_MS))),
    }
}

/// Returns the calendar month that holds `at`; none outside the calendar.
fn month(at: Timestamp) -> Option<(Timestamp, Timestamp)> {
    let date = jiff::Timestamp::from_millisecond(at.ms()).ok()?.to_zoned(TimeZone::UTC).date();
    let first = date.first_of_month();
    let next = first.checked_add(1.month()).ok()?;
    Some((start_of(first)?, start_of(next)?))
}

fn start_of(date: Date) -> Option<Timestamp> {
    let zoned = date.to_zoned(TimeZone::UTC).ok()?;
    Some(Timestamp::from_ms(zoned.timestamp().as_millisecond()))
}

/// Adds up what a period brought: its days' realised profit, fees and funding, and the trades that ended in it.
/// `net = realized − fees + funding`.
///
/// # Errors
/// [`MoneyError`] if a sum cannot be held.
pub fn row(
    (from, until): (Timestamp, Timestamp),
    days: &[PnlDayRow],
    trades: &[Trade],
    equity: Option<Amount>,
) -> Result<PeriodRow, MoneyError> {
    let inside = |at: Timestamp| from <= at && at < until;
    let (mut realized, mut fees, mut funding, mut fills) = (Amount::ZERO, Amount::ZERO, Amount::ZERO, 0_u32);
    for day in days.iter().filter(|day| inside(day.day)) {
        realized = realized.plus(day.realized)?;
        fees = fees.plus(day.fees)?;
        funding = funding.plus(day.funding)?;
        fills = fills.saturating_add(day.fills);
    }
    let net = realized.minus(fees)?.plus(funding)?;
    let trades = u32::try_from(trades.iter().filter(|trade| inside(trade.closed_at)).count()).unwrap_or(u32::MAX);
    Ok(PeriodRow { from, until, realized, fees, funding, net, trades, fills, equity })
}

#[cfg(test)]
mod tests {
    use super::spans;
    use crate::domain::report::Period;
    use crate::domain::time::{DAY_MS, Timestamp};

    /// 2026-11-20 22:00 UTC, a Friday.
    const NOW: Timestamp = Timestamp::from_ms(1_795_212_000_000);

    fn days_before(ms: Timestamp) -> i64 {
        NOW.day_start().since(ms) / DAY_MS
    }

    #[test]
    fn periods_are_whole_and_follow_one_another() {
        for (period, count, starts) in [
            (Period::Daily, 7, [0, 1, 2]),
            (Period::Weekly, 8, [4, 11, 18]),
            // November began 19 days ago, October has 31 days, September 30.
            (Period::Monthly, 12, [19, 50, 80]),
        ] {
            let found = spans(period, NOW, Timestamp::from_ms(0));
            assert_eq!(found.len(), count);
            assert_eq!(found.iter().take(3).map(|(from, _)| days_before(*from)).collect::<Vec<_>>(), starts, "{period:?}");
            assert!(found.windows(2).all(|pair| pair[0].0 == pair[1].1));
            assert!(found[0].0 <= NOW && NOW < found[0].1);
        }
    }

    #[test]
    fn no_period_ends_before_the_account_was_opened() {
        let opened = NOW.plus_ms(-30 * DAY_MS);
        assert_eq!(spans(Period::Monthly, NOW, opened).len(), 2);
        assert_eq!(spans(Period::Daily, NOW, NOW).len(), 1);
        assert_eq!(spans(Period::Weekly, Timestamp::from_ms(i64::MAX), opened).len(), 8);
    }
}
