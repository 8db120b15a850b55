//! Loading an account: everything that is not done, and what late news of the last days may be about.

use serde::de::DeserializeOwned;
use sqlx::AnyConnection;
use sqlx::any::AnyRow;
use sqlx::{Connection, Row};

use crate::domain::ids::AccountId;
use crate::domain::plan::PlanKind;
use crate::domain::rows::PlanRow;
use crate::domain::time::{DAY_MS, Timestamp};
use crate::engine::book::books::OPENS_KEPT_MS;
use crate::engine::ports::{BookRows, JournalError};

use super::open::Store;

/// Most rows of one kind that are not done; more is a defect somewhere, and a part of them would be worse than none.
pub(super) const LIVE_MAX: i64 = 10_000;
/// Most rows of one kind that are kept for late news; the oldest are left out (their executions still cannot be booked twice).
pub(super) const PAST_MAX: i64 = 50_000;
/// How long ended orders are kept in mind, in milliseconds.
pub(super) const PAST_MS: i64 = 7 * DAY_MS;

/// The states of an order that is not done, as SQL.
macro_rules! live_states {
    () => {
        "('planned', 'sending', 'unknown', 'held', 'open', 'partial', 'canceling')"
    };
}
pub(super) use live_states;

/// Orders that late news may be about: not done, or ended (after they were sent) since $2.
macro_rules! in_mind {
    () => {
        concat!("(state IN ", live_states!(), " OR (changed_at >= $2 AND state <> 'lapsed'))")
    };
}

const PENDINGS: &str = "SELECT body FROM pendings WHERE account = $1 AND state = 'open' AND first_seq > $2 ORDER BY first_seq LIMIT $3";
const PLANS: &str =
    "SELECT body FROM plans WHERE account = $1 AND state IN ('confirmed', 'approved') AND first_seq > $2 ORDER BY first_seq LIMIT $3";
const OPENED: &str = "SELECT body FROM plans WHERE account = $1 AND state = 'done' AND at >= $2 ORDER BY first_seq DESC LIMIT $3";
const ORDERS: &str = concat!("SELECT body FROM orders WHERE account = $1 AND ", in_mind!(), " ORDER BY first_seq DESC LIMIT $3");
const LIVE_ORDERS: &str =
    concat!("SELECT COUNT(*) FROM orders WHERE account = $1 AND first_seq > $2 AND state IN ", live_states!(), " LIMIT $3");
const FILLS: &str = concat!(
    "SELECT body FROM fills WHERE account = $1 AND (at >= $2 OR order_id IN (SELECT id FROM orders WHERE account = $1 AND ",
    in_mind!(),
    ")) ORDER BY first_seq DESC LIMIT $3"
);
const BALANCES: &str = "SELECT body FROM balances WHERE account = $1 AND first_seq > $2 ORDER BY first_seq LIMIT $3";
const POSITIONS: &str = "SELECT body FROM positions WHERE account = $1 AND first_seq > $2 ORDER BY first_seq LIMIT $3";
const STATE: &str = "SELECT body FROM state WHERE account = $1 AND first_seq > $2 LIMIT $3";
const PNL_DAY: &str = "SELECT body FROM pnl_days WHERE account = $1 AND first_seq > $2 ORDER BY day DESC LIMIT $3";
// Acts may be recorded while no Desk runs: they say nothing of how far the venue was asked.
const LAST_EVENT: &str = "SELECT at FROM order_events WHERE account = $1 AND substr(kind, 1, 6) <> 'audit.' ORDER BY seq DESC LIMIT 1";

/// Returns the JSON value in a column of `row`.
pub(super) fn decoded<T: DeserializeOwned>(row: &AnyRow, column: usize, what: &str) -> Result<T, JournalError> {
    let body: String = row.try_get(column).map_err(|error| JournalError::NotWritten(format!("a stored {what} cannot be read: {error}")))?;
    serde_json::from_str(&body).map_err(|error| {
        JournalError::NotWritten(format!("a stored {what} cannot be read: {error}. Run `outcry audit verify`, then restore a backup"))
    })
}

/// Runs a query of three arguments (account, a number, a limit) and decodes its first column.
pub(super) async fn rows<T: DeserializeOwned>(
    store: &Store,
    connection: &mut AnyConnection,
    sql: &'static str,
    account: &AccountId,
    (number, limit): (i64, i64),
) -> Result<Vec<T>, JournalError> {
    let found = sqlx::query(sql).bind(account.as_str()).bind(number).bind(limit).fetch_all(connection);
    let found = store.engine().bounded(found).await.map_err(|error| store.unread(&error))?;
    found.iter().map(|row| decoded(row, 0, "row")).collect()
}

/// As [`rows`], but more than [`LIVE_MAX`] of them are refused, for a part would be taken for the whole.
pub(super) async fn whole<T: DeserializeOwned>(
    store: &Store,
    connection: &mut AnyConnection,
    sql: &'static str,
    account: &AccountId,
) -> Result<Vec<T>, JournalError> {
    let found = rows(store, connection, sql, account, (0, LIVE_MAX + 1)).await?;
    complete(found)
}

/// Passes rows on unless there are more than [`LIVE_MAX`].
pub(super) fn complete<T>(found: Vec<T>) -> Result<Vec<T>, JournalError> {
    if i64::try_from(found.len()).is_ok_and(|count| count <= LIVE_MAX) {
        Ok(found)
    } else {
        Err(JournalError::NotWritten(format!("there are more than {LIVE_MAX} rows of one kind that are not done; that cannot be right")))
    }
}

impl Store {
    /// Returns the error of a read that did not succeed.
    pub(super) fn unread(&self, error: &sqlx::Error) -> JournalError {
        JournalError::NotWritten(self.sentence(error))
    }

    pub(super) async fn read_book(&self, account: &AccountId) -> Result<BookRows, JournalError> {
        let engine = self.engine();
        let mut connection = engine.bounded(self.readers().acquire()).await.map_err(|error| self.unread(&error))?;
        // One moment for all tables; it ends with a rollback, for nothing was written.
        let mut tx = engine.bounded(connection.begin_with(engine.begin_read())).await.map_err(|error| self.unread(&error))?;
        let last = sqlx::query(LAST_EVENT).bind(account.as_str()).fetch_optional(&mut *tx);
        let last = engine.bounded(last).await.map_err(|error| self.unread(&error))?;
        let last_event_at = match last {
            Some(row) => Some(Timestamp::from_ms(row.try_get(0).map_err(|error| self.unread(&error))?)),
            None => None,
        };
        let since = last_event_at.map_or(i64::MAX, |at| at.plus_ms(-PAST_MS).ms());
        let live: Vec<i64> = {
            let row = sqlx::query(LIVE_ORDERS).bind(account.as_str()).bind(0_i64).bind(1_i64).fetch_all(&mut *tx);
            let row = engine.bounded(row).await.map_err(|error| self.unread(&error))?;
            row.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>().map_err(|error| self.unread(&error))?
        };
        if live.iter().any(|count| *count > LIVE_MAX) {
            return Err(JournalError::NotWritten(format!("more than {LIVE_MAX} orders are not done; that cannot be right")));
        }
        let opened_since = last_event_at.map_or(i64::MAX, |at| at.plus_ms(-OPENS_KEPT_MS).ms());
        let mut opened: Vec<PlanRow> = rows(self, &mut tx, OPENED, account, (opened_since, PAST_MAX)).await?;
        opened.retain(|row| row.plan.kind == PlanKind::Open);
        opened.reverse();
        let mut orders = rows(self, &mut tx, ORDERS, account, (since, PAST_MAX)).await?;
        let mut fills = rows(self, &mut tx, FILLS, account, (since, PAST_MAX)).await?;
        orders.reverse();
        fills.reverse();
        Ok(BookRows {
            pendings: whole(self, &mut tx, PENDINGS, account).await?,
            plans: whole(self, &mut tx, PLANS, account).await?,
            opened,
            orders,
            fills,
            balances: whole(self, &mut tx, BALANCES, account).await?,
            positions: whole(self, &mut tx, POSITIONS, account).await?,
            state: rows(self, &mut tx, STATE, account, (0, 1)).await?.pop(),
            pnl_day: rows(self, &mut tx, PNL_DAY, account, (0, 1)).await?.pop(),
            last_event_at,
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::order::OrderState as S;

    #[test]
    fn the_sql_lists_exactly_the_states_that_are_not_done() {
        let all = [
            S::Planned,
            S::Lapsed,
            S::Sending,
            S::NotSent,
            S::Unknown,
            S::Held,
            S::Open,
            S::Partial,
            S::Canceling,
            S::Filled,
            S::Canceled,
            S::Rejected,
            S::Expired,
            S::Absent,
        ];
        let live: Vec<String> = all.iter().filter(|state| !state.is_done()).map(|state| format!("'{}'", state.as_str())).collect();
        assert_eq!(live_states!(), format!("({})", live.join(", ")));
        assert!(include_str!("../../migrations/0001_spine.sql").contains(&format!("WHERE state IN ({})", live.join(", "))));
    }
}
