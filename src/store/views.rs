//! Reads of committed state, for answers. Text is never ordered or compared by rank here: engines differ in collation.

use async_trait::async_trait;
use serde::de::DeserializeOwned;
use sqlx::Row;

use crate::domain::actor::ChatId;
use crate::domain::event::DeskEvent;
use crate::domain::ids::{AccountId, PlanId};
use crate::domain::rows::{BalanceRow, FillRow, OrderRow, PendingRow, PlanRow, PnlDayRow, PositionRow, StateRow};
use crate::domain::snapshot::SnapshotRow;
use crate::domain::time::Timestamp;
use crate::engine::ports::{JournalError, PlanQuery, Views};

use super::history::link_of;
use super::load::{complete, decoded, live_states};
use super::open::Store;

/// Most rows that a question may ask for.
pub(super) const COUNT_MAX: u32 = 10_000;
/// Shortest beginning of an id that names a plan.
pub(super) const PREFIX_CHARS_MIN: usize = 4;
/// Longest beginning of an id that is looked for.
pub(super) const PREFIX_CHARS_MAX: usize = 64;

/// Returns an id's beginning as it is compared, unless it is too short or too long to name a plan.
pub(super) fn searchable(prefix: &str) -> Option<String> {
    let prefix = prefix.to_ascii_lowercase();
    let length = prefix.chars().count();
    ((PREFIX_CHARS_MIN..=PREFIX_CHARS_MAX).contains(&length) && !prefix.contains('\0')).then_some(prefix)
}

type Query = sqlx::query::Query<'static, sqlx::Any, sqlx::any::AnyArguments>;

impl Store {
    async fn read<T: DeserializeOwned>(&self, query: Query, what: &str) -> Result<Vec<T>, JournalError> {
        let rows = self.engine().bounded(query.fetch_all(self.readers())).await.map_err(|error| self.unread(&error))?;
        rows.iter().map(|row| decoded(row, 0, what)).collect()
    }
}

fn query(sql: &'static str, account: &AccountId) -> Query {
    sqlx::query(sql).bind(account.as_str().to_owned())
}

#[async_trait]
impl Views for Store {
    async fn positions(&self, account: &AccountId) -> Result<Vec<PositionRow>, JournalError> {
        let sql = "SELECT body FROM positions WHERE account = $1 AND flat = 0 ORDER BY first_seq LIMIT $2";
        complete(self.read(query(sql, account).bind(i64::from(COUNT_MAX) + 1), "position").await?)
    }

    async fn open_orders(&self, account: &AccountId) -> Result<Vec<OrderRow>, JournalError> {
        let sql = concat!("SELECT body FROM orders WHERE account = $1 AND state IN ", live_states!(), " ORDER BY first_seq LIMIT $2");
        complete(self.read(query(sql, account).bind(i64::from(COUNT_MAX) + 1), "order").await?)
    }

    async fn balances(&self, account: &AccountId) -> Result<Vec<BalanceRow>, JournalError> {
        let sql = "SELECT body FROM balances WHERE account = $1 ORDER BY first_seq LIMIT $2";
        complete(self.read(query(sql, account).bind(i64::from(COUNT_MAX) + 1), "balance").await?)
    }

    async fn state(&self, account: &AccountId) -> Result<Option<StateRow>, JournalError> {
        Ok(self.read(query("SELECT body FROM state WHERE account = $1 LIMIT 1", account), "trading state").await?.pop())
    }

    async fn pnl_days(&self, account: &AccountId, from: Timestamp) -> Result<Vec<PnlDayRow>, JournalError> {
        let sql = "SELECT body FROM pnl_days WHERE account = $1 AND day >= $2 ORDER BY day LIMIT $3";
        complete(self.read(query(sql, account).bind(from.ms()).bind(i64::from(COUNT_MAX) + 1), "day").await?)
    }

    async fn fills(&self, account: &AccountId, count: u32) -> Result<Vec<FillRow>, JournalError> {
        let sql = "SELECT body FROM fills WHERE account = $1 ORDER BY at DESC, first_seq DESC LIMIT $2";
        self.read(query(sql, account).bind(i64::from(count.min(COUNT_MAX))), "execution").await
    }

    async fn fill_count(&self, account: &AccountId) -> Result<u64, JournalError> {
        let counted = query("SELECT COUNT(*) FROM fills WHERE account = $1 LIMIT 1", account).fetch_one(self.readers());
        let row = self.engine().bounded(counted).await.map_err(|error| self.unread(&error))?;
        let count: i64 = row.try_get(0).map_err(|error| self.unread(&error))?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    async fn fills_page(&self, account: &AccountId, skip: u64, count: u32) -> Result<Vec<FillRow>, JournalError> {
        let sql = "SELECT body FROM fills WHERE account = $1 ORDER BY at DESC, first_seq DESC LIMIT $2 OFFSET $3";
        let skip = i64::try_from(skip).unwrap_or(i64::MAX);
        self.read(query(sql, account).bind(i64::from(count.min(COUNT_MAX))).bind(skip), "execution").await
    }

    async fn fills_after(&self, account: &AccountId, after: i64, count: u32) -> Result<Vec<(i64, FillRow)>, JournalError> {
        let sql = "SELECT first_seq, body FROM fills WHERE account = $1 AND first_seq > $2 ORDER BY first_seq LIMIT $3";
        let found = query(sql, account).bind(after).bind(i64::from(count.min(COUNT_MAX))).fetch_all(self.readers());
        let rows = self.engine().bounded(found).await.map_err(|error| self.unread(&error))?;
        rows.iter().map(|row| Ok((row.try_get(0).map_err(|error| self.unread(&error))?, decoded(row, 1, "execution")?))).collect()
    }

    async fn snapshot_at(&self, account: &AccountId, at: Timestamp) -> Result<Option<SnapshotRow>, JournalError> {
        let sql = "SELECT body FROM account_snapshots WHERE account = $1 AND at <= $2 ORDER BY at DESC LIMIT 1";
        Ok(self.read(query(sql, account).bind(at.ms()), "snapshot").await?.pop())
    }

    async fn snapshots(&self, account: &AccountId, after: Timestamp, count: u32) -> Result<Vec<SnapshotRow>, JournalError> {
        let sql = "SELECT body FROM account_snapshots WHERE account = $1 AND at > $2 ORDER BY at LIMIT $3";
        self.read(query(sql, account).bind(after.ms()).bind(i64::from(count.min(COUNT_MAX))), "snapshot").await
    }

    async fn open_pending(&self, account: &AccountId, chat: ChatId) -> Result<Option<PendingRow>, JournalError> {
        let sql = "SELECT body FROM pendings WHERE account = $1 AND chat = $2 AND state = 'open' ORDER BY first_seq DESC LIMIT 1";
        Ok(self.read(query(sql, account).bind(chat.0), "card").await?.pop())
    }

    async fn latest_plan(&self, account: &AccountId, which: &PlanQuery) -> Result<Option<PlanRow>, JournalError> {
        let found = match which {
            PlanQuery::Chat(chat) => {
                let sql = "SELECT body FROM plans WHERE account = $1 AND chat = $2 ORDER BY at DESC, first_seq DESC LIMIT 1";
                query(sql, account).bind(chat.0)
            }
            PlanQuery::Symbol(symbol) => {
                let sql = "SELECT body FROM plans WHERE account = $1 AND symbol = $2 ORDER BY at DESC, first_seq DESC LIMIT 1";
                query(sql, account).bind(super::link::storable(&symbol.to_string()))
            }
            PlanQuery::IdPrefix(prefix) => {
                let Some(prefix) = searchable(prefix) else { return Ok(None) };
                // Not LIKE: its wildcards would need escaping, and engines differ about the case of letters.
                let sql = "SELECT body FROM plans WHERE account = $1 AND (lower(substr(id, 1, CAST($2 AS INTEGER))) = $3 OR id IN \
                     (SELECT plan FROM orders WHERE account = $1 AND lower(substr(id, 1, CAST($2 AS INTEGER))) = $3)) \
                     ORDER BY at DESC, first_seq DESC LIMIT 1";
                query(sql, account).bind(i64::try_from(prefix.chars().count()).unwrap_or(i64::MAX)).bind(prefix)
            }
        };
        Ok(self.read(found, "plan").await?.pop())
    }

    async fn events_of(&self, account: &AccountId, plan: &PlanId, count: u32) -> Result<Vec<DeskEvent>, JournalError> {
        let sql = "SELECT seq, at, kind, subject, plan, detail, body, prev_hash, hash FROM order_events WHERE account = $1 AND seq IN \
             (SELECT seq FROM order_events WHERE account = $1 AND plan = $2 \
              UNION SELECT seq FROM order_events WHERE account = $1 AND subject = $2 \
              UNION SELECT seq FROM order_events WHERE account = $1 AND subject IN \
                    (SELECT id FROM orders WHERE account = $1 AND plan = $2)) \
             ORDER BY seq LIMIT $3";
        let found = query(sql, account).bind(plan.as_str().to_owned()).bind(i64::from(count.min(COUNT_MAX)));
        let rows = self.engine().bounded(found.fetch_all(self.readers())).await.map_err(|error| self.unread(&error))?;
        rows.iter().map(|row| link_of(row).map_err(|error| self.unread(&error))?.event().map_err(JournalError::NotWritten)).collect()
    }
}
