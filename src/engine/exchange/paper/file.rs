//! The venue's own file: SQLite, one connection, every commit synced to the disk.
//!
//! Invariant: a record is in the file whole or not at all; one process at a time has the file.

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::any::{AnyPoolOptions, AnyRow};
use sqlx::{AnyConnection, AnyPool, Connection, Row};

use super::account::Account;
use super::core::State;
use super::file_lock::FileLock;
use super::log::{LogEntry, Record, Totals};
use super::order::PaperOrder;
use crate::domain::funding::Funding;
use crate::domain::ids::ClientOrderId;
use crate::domain::instrument::InstrumentId;
use crate::domain::order::{Fill, OrderReport};
use crate::domain::position::Position;
use crate::domain::time::Timestamp;

/// Version of the tables; a file of a later one is refused.
const SCHEMA_VERSION: i64 = 2;
/// How long opening waits for a process that is just letting go of the file.
const OPEN_WAIT_MAX: Duration = Duration::from_secs(3);

/// Why the venue's file could not be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The database said no.
    #[error("the paper venue's file cannot be used: {0}")]
    Database(#[from] sqlx::Error),
    /// A row is not what this program writes.
    #[error("the paper venue's file holds a row that cannot be read: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// Another process holds it.
    #[error("the paper venue's file {0} is in use by another process; stop that one, or name another file")]
    InUse(String),
    /// A later program wrote it.
    #[error("the paper venue's file was written by a later version of the program (schema {found}, this one knows {SCHEMA_VERSION})")]
    TooNew {
        /// The version found.
        found: i64,
    },
    /// The lock beside it cannot be opened.
    #[error("the paper venue's file cannot be locked: {0}")]
    Lock(#[from] std::io::Error),
    /// The path is no text.
    #[error("the path of the paper venue's file is no plain text")]
    Path,
    /// A number does not fit the column.
    #[error("a running number of the paper venue is out of range")]
    Range(#[from] std::num::TryFromIntError),
}

const TABLES: [&str; 10] = [
    "CREATE TABLE IF NOT EXISTS paper_schema (version BIGINT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS paper_totals (id BIGINT NOT NULL PRIMARY KEY, body TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS paper_positions (instrument TEXT NOT NULL PRIMARY KEY, body TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS paper_orders (number BIGINT NOT NULL PRIMARY KEY, client_id TEXT NOT NULL, instrument TEXT NOT NULL, \
     is_open BIGINT NOT NULL, body TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS paper_orders_client ON paper_orders (client_id)",
    "CREATE INDEX IF NOT EXISTS paper_orders_open ON paper_orders (is_open) WHERE is_open = 1",
    "CREATE TABLE IF NOT EXISTS paper_fills (number BIGINT NOT NULL PRIMARY KEY, at BIGINT NOT NULL, body TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS paper_fundings (number BIGINT NOT NULL PRIMARY KEY, at BIGINT NOT NULL, body TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS paper_log (sequence BIGINT NOT NULL PRIMARY KEY, at BIGINT NOT NULL, body TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS paper_meta (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)",
];

/// The file, open.
pub(super) struct VenueFile {
    pool: AnyPool,
    lock: Mutex<Option<FileLock>>,
}

impl VenueFile {
    /// Opens the file, making it and its tables where they are missing.
    pub(super) async fn open(path: &Path) -> Result<Self, FileError> {
        sqlx::any::install_default_drivers();
        let address = address(path)?;
        let lock = FileLock::take(path).await?.ok_or_else(|| FileError::InUse(path.display().to_string()))?;
        // The pool goes on trying until its time is up, whatever is wrong; a connection of our own says at once what it is.
        let mut first = AnyConnection::connect(&address).await?;
        let probed = prepare_connection(&mut first).await;
        first.close().await?;
        probed.map_err(|error| if is_busy(&error) { FileError::InUse(path.display().to_string()) } else { error.into() })?;
        let pool = AnyPoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .acquire_timeout(OPEN_WAIT_MAX)
            .test_before_acquire(false)
            .after_connect(|connection, _| Box::pin(prepare_connection(connection)))
            .connect(&address)
            .await?;
        let file = Self { pool, lock: Mutex::new(Some(lock)) };
        file.prepare().await?;
        Ok(file)
    }

    async fn prepare(&self) -> Result<(), FileError> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        for table in TABLES {
            sqlx::query(table).execute(&mut *transaction).await?;
        }
        let found = sqlx::query("SELECT version FROM paper_schema").fetch_optional(&mut *transaction).await?;
        match found.map(|row| row.try_get::<i64, _>(0)).transpose()? {
            Some(found) if found > SCHEMA_VERSION => return Err(FileError::TooNew { found }),
            Some(_) => {
                sqlx::query("UPDATE paper_schema SET version = $1").bind(SCHEMA_VERSION).execute(&mut *transaction).await?;
            }
            None => {
                sqlx::query("INSERT INTO paper_schema (version) VALUES ($1)").bind(SCHEMA_VERSION).execute(&mut *transaction).await?;
            }
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Writes a record whole.
    pub(super) async fn commit(&self, record: &Record) -> Result<(), FileError> {
        if record.is_empty() {
            return Ok(());
        }
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        for entry in &record.log {
            sqlx::query("INSERT INTO paper_log (sequence, at, body) VALUES ($1, $2, $3)")
                .bind(i64::try_from(entry.sequence)?)
                .bind(entry.at.ms())
                .bind(json(entry)?)
                .execute(&mut *transaction)
                .await?;
        }
        for (number, fill) in &record.fills {
            sqlx::query("INSERT INTO paper_fills (number, at, body) VALUES ($1, $2, $3)")
                .bind(i64::try_from(*number)?)
                .bind(fill.at.ms())
                .bind(json(fill)?)
                .execute(&mut *transaction)
                .await?;
        }
        for (number, funding) in &record.fundings {
            sqlx::query("INSERT INTO paper_fundings (number, at, body) VALUES ($1, $2, $3)")
                .bind(i64::try_from(*number)?)
                .bind(funding.at.ms())
                .bind(json(funding)?)
                .execute(&mut *transaction)
                .await?;
        }
        for order in &record.orders {
            sqlx::query(
                "INSERT INTO paper_orders (number, client_id, instrument, is_open, body) VALUES ($1, $2, $3, $4, $5) \
                 ON CONFLICT (number) DO UPDATE SET is_open = excluded.is_open, body = excluded.body",
            )
            .bind(i64::try_from(order.number)?)
            .bind(order.spec.id.as_str().to_owned())
            .bind(order.spec.instrument.to_string())
            .bind(i64::from(!order.stage.is_over()))
            .bind(json(order)?)
            .execute(&mut *transaction)
            .await?;
        }
        for (instrument, position) in &record.positions {
            match position {
                Some(position) => sqlx::query(
                    "INSERT INTO paper_positions (instrument, body) VALUES ($1, $2) \
                     ON CONFLICT (instrument) DO UPDATE SET body = excluded.body",
                )
                .bind(instrument.to_string())
                .bind(json(position)?),
                None => sqlx::query("DELETE FROM paper_positions WHERE instrument = $1").bind(instrument.to_string()),
            }
            .execute(&mut *transaction)
            .await?;
        }
        if let Some(totals) = &record.totals {
            sqlx::query("INSERT INTO paper_totals (id, body) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET body = excluded.body")
                .bind(json(totals)?)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Returns the stored state; none in a new file.
    pub(super) async fn state(&self) -> Result<Option<State>, FileError> {
        let Some(totals) = sqlx::query("SELECT body FROM paper_totals WHERE id = 1").fetch_optional(&self.pool).await? else {
            return Ok(None);
        };
        let totals: Totals = body(&totals)?;
        let positions = sqlx::query("SELECT body FROM paper_positions").fetch_all(&self.pool).await?;
        let positions: Vec<Position> = bodies(&positions)?;
        let orders = sqlx::query("SELECT body FROM paper_orders WHERE is_open = 1").fetch_all(&self.pool).await?;
        let orders: Vec<PaperOrder> = bodies(&orders)?;
        let positions = positions.into_iter().map(|position| (position.instrument.clone(), position)).collect();
        let orders = orders.into_iter().map(|order| (order.number, order)).collect();
        Ok(Some(State { account: Account { cash: totals.cash, positions }, orders, counters: totals.counters, funded: totals.funded }))
    }

    /// Returns the latest ended order with this client id.
    pub(super) async fn ended(&self, instrument: &InstrumentId, id: &ClientOrderId) -> Result<Option<OrderReport>, FileError> {
        let row = sqlx::query(
            "SELECT body FROM paper_orders WHERE client_id = $1 AND instrument = $2 AND is_open = 0 ORDER BY number DESC LIMIT 1",
        )
        .bind(id.as_str().to_owned())
        .bind(instrument.to_string())
        .fetch_optional(&self.pool)
        .await?;
        row.map(|row| Ok(body::<PaperOrder>(&row)?.report())).transpose()
    }

    /// Returns the first ended order with this client id, whatever it traded.
    pub(super) async fn first_with(&self, id: &ClientOrderId) -> Result<Option<OrderReport>, FileError> {
        let row = sqlx::query("SELECT body FROM paper_orders WHERE client_id = $1 AND is_open = 0 ORDER BY number LIMIT 1")
            .bind(id.as_str().to_owned())
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| Ok(body::<PaperOrder>(&row)?.report())).transpose()
    }

    /// Returns executions at or after `since` with a number above `after`, oldest first.
    pub(super) async fn fills(&self, since: Timestamp, after: u64, count: usize) -> Result<Vec<(u64, Fill)>, FileError> {
        self.numbered("SELECT body, number FROM paper_fills WHERE at >= $1 AND number > $2 ORDER BY number LIMIT $3", since, after, count)
            .await
    }

    /// Returns funding payments settled at or after `since` with a number above `after`, oldest first.
    pub(super) async fn fundings(&self, since: Timestamp, after: u64, count: usize) -> Result<Vec<(u64, Funding)>, FileError> {
        self.numbered(
            "SELECT body, number FROM paper_fundings WHERE at >= $1 AND number > $2 ORDER BY number LIMIT $3",
            since,
            after,
            count,
        )
        .await
    }

    /// Returns a page of numbered rows.
    async fn numbered<T: DeserializeOwned>(
        &self,
        page: &'static str,
        since: Timestamp,
        after: u64,
        count: usize,
    ) -> Result<Vec<(u64, T)>, FileError> {
        let rows = sqlx::query(page).bind(since.ms()).bind(i64::try_from(after)?).bind(i64::try_from(count)?).fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok((u64::try_from(row.try_get::<i64, _>(1)?)?, body(row)?))).collect()
    }

    /// Returns rows of the log above `after`, oldest first.
    pub(super) async fn log(&self, after: u64, count: usize) -> Result<Vec<LogEntry>, FileError> {
        let rows = sqlx::query("SELECT body FROM paper_log WHERE sequence > $1 ORDER BY sequence LIMIT $2")
            .bind(i64::try_from(after)?)
            .bind(i64::try_from(count)?)
            .fetch_all(&self.pool)
            .await?;
        bodies(&rows)
    }

    /// Stores a value of the caller's.
    pub(super) async fn put_meta(&self, key: &str, value: &str) -> Result<(), FileError> {
        sqlx::query("INSERT INTO paper_meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value")
            .bind(key.to_owned())
            .bind(value.to_owned())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Returns the caller's value of a key.
    pub(super) async fn meta(&self, key: &str) -> Result<Option<String>, FileError> {
        let row = sqlx::query("SELECT value FROM paper_meta WHERE name = $1").bind(key.to_owned()).fetch_optional(&self.pool).await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?)
    }

    /// Lets go of the file.
    pub(super) async fn close(&self) {
        self.pool.close().await;
        drop(self.lock.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

/// Makes the commits of a connection durable.
async fn prepare_connection(connection: &mut AnyConnection) -> Result<(), sqlx::Error> {
    for pragma in ["PRAGMA busy_timeout = 1000", "PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL"] {
        sqlx::query(pragma).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Tells whether SQLite found the file locked (primary result code 5).
fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code()).and_then(|code| code.parse::<i64>().ok());
    code.is_some_and(|code| code & 0xff == 5)
}

/// Returns the database address of a path; characters that mean something in an address are escaped.
fn address(path: &Path) -> Result<String, FileError> {
    let text = path.to_str().ok_or(FileError::Path)?;
    let escaped = text.replace('%', "%25").replace('?', "%3F").replace('#', "%23").replace(' ', "%20");
    Ok(format!("sqlite://{escaped}?mode=rwc"))
}

fn json(value: &impl Serialize) -> Result<String, FileError> {
    Ok(serde_json::to_string(value)?)
}

fn body<T: DeserializeOwned>(row: &AnyRow) -> Result<T, FileError> {
    Ok(serde_json::from_str(&row.try_get::<String, _>(0)?)?)
}

fn bodies<T: DeserializeOwned>(rows: &[AnyRow]) -> Result<Vec<T>, FileError> {
    rows.iter().map(body).collect()
}
