//! What has been written, as it lies there: for verifying the chain, rebuilding the tables, and backups.

use async_trait::async_trait;
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::domain::ids::{AccountId, PlanId};
use crate::domain::instrument::Currency;
use crate::domain::money::Amount;
use crate::domain::rows::Posting;
use crate::domain::time::Timestamp;
use crate::engine::ports::JournalError;

use super::link::{ChainHead, Link};
use super::open::Store;
use super::table::{Cell, StoredRecord, Table};

/// Most rows in one page.
pub const PAGE_MAX: u32 = 1_000;
/// Most accounts that are listed.
pub(super) const ACCOUNTS_MAX: i64 = 10_000;

/// Reads of the raw record. Pages are at most [`PAGE_MAX`] long; an empty page is the end.
#[async_trait]
pub trait History: Send + Sync {
    /// Returns the accounts that have a chain, in the order of their names' bytes.
    async fn accounts(&self) -> Result<Vec<AccountId>, JournalError>;

    /// Returns where a chain ends, as its head row says.
    async fn chain_head(&self, account: &AccountId) -> Result<Option<ChainHead>, JournalError>;

    /// Returns links after number `after`, in order.
    async fn links(&self, account: &AccountId, after: i64, count: u32) -> Result<Vec<Link>, JournalError>;

    /// Returns records of a table that were made after link `after`, in that order.
    async fn records(&self, account: &AccountId, table: Table, after: i64, count: u32) -> Result<Vec<StoredRecord>, JournalError>;

    /// Returns ledger lines of steps after link `after`, all of each step that has one on the page; each with its step's number.
    async fn postings(&self, account: &AccountId, after: i64, count: u32) -> Result<Vec<(i64, Posting)>, JournalError>;
}

/// Reads a link from the columns seq, at, kind, subject, plan, detail, body, prev_hash, hash.
pub(super) fn link_of(row: &AnyRow) -> Result<Link, sqlx::Error> {
    Ok(Link {
        seq: row.try_get(0)?,
        at: Timestamp::from_ms(row.try_get(1)?),
        kind: row.try_get(2)?,
        subject: row.try_get(3)?,
        plan: row.try_get::<Option<String>, _>(4)?.map(PlanId::new),
        detail: row.try_get(5)?,
        body: row.try_get(6)?,
        prev_hash: row.try_get(7)?,
        hash: row.try_get(8)?,
    })
}

fn record_of(row: &AnyRow, table: Table) -> Result<StoredRecord, sqlx::Error> {
    let mut cells = Vec::new();
    for column in 2..row.len() {
        cells.push(if table.int_cells().contains(&(column - 2)) {
            Cell::Int(row.try_get(column)?)
        } else {
            Cell::Text(row.try_get(column)?)
        });
    }
    Ok(StoredRecord { first_seq: row.try_get(0)?, last_seq: row.try_get(1)?, cells })
}

/// Reads a ledger line with its step and its number within its transaction.
fn posting_of(row: &AnyRow) -> Result<(i64, i64, Posting), sqlx::Error> {
    let amount: String = row.try_get(4)?;
    let amount =
        serde_json::from_value::<Amount>(serde_json::Value::String(amount)).map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
    let posting = Posting {
        transaction: row.try_get(1)?,
        ledger: row.try_get(2)?,
        currency: Currency::new(row.try_get::<&str, _>(3)?),
        amount,
        at: Timestamp::from_ms(row.try_get(5)?),
    };
    Ok((row.try_get(0)?, row.try_get(6)?, posting))
}

impl Store {
    async fn page<T>(
        &self,
        query: sqlx::query::Query<'_, sqlx::Any, sqlx::any::AnyArguments>,
        read: impl Fn(&AnyRow) -> Result<T, sqlx::Error>,
    ) -> Result<Vec<T>, JournalError> {
        let rows = self.engine().bounded(query.fetch_all(self.readers())).await.map_err(|error| self.unread(&error))?;
        rows.iter().map(read).collect::<Result<_, _>>().map_err(|error| self.unread(&error))
    }
}

#[async_trait]
impl History for Store {
    async fn accounts(&self) -> Result<Vec<AccountId>, JournalError> {
        // Not only where there is a head: one that was taken away must be missed.
        let sql = "SELECT account FROM chain_head UNION SELECT account FROM order_events UNION SELECT account FROM lease LIMIT $1";
        let query = sqlx::query(sql).bind(ACCOUNTS_MAX);
        let mut accounts: Vec<AccountId> = self.page(query, |row| row.try_get::<String, _>(0).map(AccountId::new)).await?;
        accounts.sort();
        Ok(accounts)
    }

    async fn chain_head(&self, account: &AccountId) -> Result<Option<ChainHead>, JournalError> {
        let query = sqlx::query("SELECT count, hash FROM chain_head WHERE account = $1 LIMIT 1").bind(account.as_str());
        Ok(self.page(query, |row| Ok(ChainHead { count: row.try_get(0)?, hash: row.try_get(1)? })).await?.pop())
    }

    async fn links(&self, account: &AccountId, after: i64, count: u32) -> Result<Vec<Link>, JournalError> {
        let sql = "SELECT seq, at, kind, subject, plan, detail, body, prev_hash, hash FROM order_events \
             WHERE account = $1 AND seq > $2 ORDER BY seq LIMIT $3";
        let query = sqlx::query(sql).bind(account.as_str()).bind(after).bind(i64::from(count.min(PAGE_MAX)));
        self.page(query, link_of).await
    }

    async fn records(&self, account: &AccountId, table: Table, after: i64, count: u32) -> Result<Vec<StoredRecord>, JournalError> {
        let query = sqlx::query(table.page()).bind(account.as_str()).bind(after).bind(i64::from(count.min(PAGE_MAX)));
        self.page(query, |row| record_of(row, table)).await
    }

    async fn postings(&self, account: &AccountId, after: i64, count: u32) -> Result<Vec<(i64, Posting)>, JournalError> {
        // The inner query finds the last step of the page; the outer one returns its steps whole.
        let sql = "SELECT seq, txn, ledger, currency, amount, at, line FROM postings WHERE account = $1 AND seq > $2 AND seq <= \
             (SELECT COALESCE(MAX(seq), 0) FROM (SELECT seq FROM postings WHERE account = $1 AND seq > $2 ORDER BY seq LIMIT $3) AS page) \
             ORDER BY seq, line LIMIT $4";
        let most = i64::from(PAGE_MAX) * 100;
        let query = sqlx::query(sql).bind(account.as_str()).bind(after).bind(i64::from(count.min(PAGE_MAX))).bind(most);
        let mut lines = self.page(query, posting_of).await?;
        lines.sort_by(|(a_seq, _, a), (b_seq, _, b)| (a_seq, &a.transaction).cmp(&(b_seq, &b.transaction)));
        for transaction in lines.chunk_by(|(a_seq, _, a), (b_seq, _, b)| a_seq == b_seq && a.transaction == b.transaction) {
            if let Some(((_, _, line), _)) = transaction.iter().zip(1..).find(|((_, number, _), expected)| number != expected) {
                return Err(JournalError::NotWritten(format!(
                    "the lines of ledger transaction {} are not numbered as they were",
                    line.transaction
                )));
            }
        }
        Ok(lines.into_iter().map(|(seq, _, line)| (seq, line)).collect())
    }
}
