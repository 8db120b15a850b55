//! The role of an account's one Desk. On a file it is an operating-system lock beside the file, which dies with its
//! process; on a server it is a lease that runs out. Other verbs may read and write beside the owner.
//!
//! On a server two clocks guard the role. The owner sends nothing once its own monotonic clock says that the lease may have
//! run out ([`Tenure`]); a successor takes the role only [`SETTLE_MS`] later by the server's clock, when whatever the owner
//! sent in its last moment has reached the venue.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::Row;

use crate::clock::Stopwatch;
use crate::domain::ids::AccountId;
use crate::domain::time::SECOND_MS;
use crate::engine::ports::JournalError;

use super::address::Address;
use super::audit;
use super::head_file::{self, HeadKeeper};
use super::history::History;
use super::link::ChainHead;
use super::open::Store;
use super::write::{Engine, Failure};

/// How long a lease lasts without renewal, in milliseconds.
pub const LEASE_MS: i64 = 15 * SECOND_MS;
/// How much longer a successor waits, in milliseconds: longer than a call to the venue may take.
pub const SETTLE_MS: i64 = 10 * SECOND_MS;
/// What this program calls its build: what the build named it, or its version alone.
pub const BUILD: &str = match option_env!("OUTCRY_BUILD") {
    Some(build) => build,
    None => env!("CARGO_PKG_VERSION"),
};

// The lease is measured by the server's clock, the one clock that all who want the role share; market time may stand still.
// Where the file lock decides, whoever is named in the lease is dead.
const TAKE_ON_SERVER: &str = "INSERT INTO lease (account, owner, epoch, expires_at) \
     VALUES ($1, $2, 1, CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) + $3) \
     ON CONFLICT (account) DO UPDATE SET owner = excluded.owner, epoch = lease.epoch + 1, expires_at = excluded.expires_at \
     WHERE lease.owner = excluded.owner OR lease.expires_at + $4 <= CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) \
     RETURNING epoch";
const TAKE_IN_FILE: &str = "INSERT INTO lease (account, owner, epoch, expires_at) VALUES ($1, $2, 1, $3) \
     ON CONFLICT (account) DO UPDATE SET owner = excluded.owner, epoch = lease.epoch + 1 RETURNING epoch";
const RENEW: &str = "UPDATE lease SET expires_at = CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) + $3 \
     WHERE account = $1 AND owner = $2";
const HOLDER: &str = "SELECT owner FROM lease WHERE account = $1 LIMIT 1";
const RELEASE: &str = "UPDATE lease SET expires_at = $3 WHERE account = $1 AND owner = $2";

/// How long this process may be sure of the role, by the monotonic clock: that goes on while the process stands still.
#[derive(Debug, Default)]
pub struct Tenure {
    /// Since the last time the lease was asked for and given; none where nothing runs out.
    renewed: Mutex<Option<Stopwatch>>,
}

impl Tenure {
    /// Tells whether another process may have the role by now.
    pub fn is_over(&self) -> bool {
        let renewed = *self.renewed.lock().unwrap_or_else(PoisonError::into_inner);
        renewed.is_some_and(|since| since.passed() >= Duration::from_millis(LEASE_MS.unsigned_abs()))
    }

    /// Notes that the lease was given; `asked` was started before it was asked for.
    pub(crate) fn renew(&self, asked: Stopwatch) {
        *self.renewed.lock().unwrap_or_else(PoisonError::into_inner) = Some(asked);
    }
}

/// The lock on the role, held as long as this value lives.
#[derive(Debug)]
pub(super) struct OwnerLock {
    _file: File,
}

impl OwnerLock {
    fn take(database: &Path) -> Result<Self, JournalError> {
        let path = lock_path(database);
        let shown = path.display();
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|error| JournalError::NotWritten(format!("the lock file {shown} cannot be opened: {error}")))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(JournalError::NotOwner(format!(
                "it holds {shown}; end it, or give this one a database of its own. Reading verbs work beside it"
            ))),
            Err(TryLockError::Error(error)) => Err(JournalError::NotWritten(format!("the lock file {shown} cannot be locked: {error}"))),
        }
    }
}

fn lock_path(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".desk-lock");
    PathBuf::from(name)
}

impl Store {
    /// Takes the role and returns its new epoch; every commit of an older epoch fails from now on.
    pub(super) async fn take_role(&self, account: &AccountId) -> Result<i64, JournalError> {
        if let Address::Sqlite(path) = self.address() {
            let mut role = self.role.lock().unwrap_or_else(PoisonError::into_inner);
            if role.is_none() {
                *role = Some(OwnerLock::take(path)?);
            }
        }
        let epoch = self.try_take_role(account).await.map_err(|failure| failure.into_error(self))?;
        self.begin_keeping_heads().await?;
        Ok(epoch)
    }

    /// Begins to keep the chains' ends in their file. A record that does not continue what the file says is left as it is,
    /// and so is the file: the two together are the evidence.
    async fn begin_keeping_heads(&self) -> Result<(), JournalError> {
        let Some(path) = self.head_path().filter(|_| self.head_keeper.lock().unwrap_or_else(PoisonError::into_inner).is_none()) else {
            return Ok(());
        };
        let shown = path.display().to_string();
        let known = match head_file::read(&path) {
            Ok(known) => known.unwrap_or_default(),
            Err(error) => {
                tracing::error!(%error, "the end of the record is not kept any more; run `outcry audit verify`");
                return Ok(());
            }
        };
        if let Some(account) = audit::departed(self, &known).await? {
            tracing::error!(%account, file = shown, "the record does not continue what this file says; run `outcry audit verify`");
            return Ok(());
        }
        let keeper = HeadKeeper::start(path, known).map_err(|error| JournalError::NotWritten(format!("no thread for {shown}: {error}")))?;
        for account in self.accounts().await? {
            if let Some(head) = self.chain_head(&account).await? {
                keeper.note(&account, &head);
            }
        }
        *self.head_keeper.lock().unwrap_or_else(PoisonError::into_inner) = Some(keeper);
        Ok(())
    }

    /// Notes where a chain ends after a commit.
    pub(super) fn note_head(&self, account: &AccountId, head: &ChainHead) {
        if let Some(keeper) = &*self.head_keeper.lock().unwrap_or_else(PoisonError::into_inner) {
            keeper.note(account, head);
        }
    }

    async fn try_take_role(&self, account: &AccountId) -> Result<i64, Failure> {
        let mut connection = self.engine().bounded(self.writer().acquire()).await?;
        let mut tx = self.begin(&mut connection).await?;
        let asked = Stopwatch::start();
        let take = if self.engine() == Engine::Sqlite { TAKE_IN_FILE } else { TAKE_ON_SERVER };
        let take = sqlx::query(take).bind(account.as_str()).bind(self.owner()).bind(LEASE_MS);
        let take = if self.engine() == Engine::Sqlite { take } else { take.bind(SETTLE_MS) };
        let Some(row) = take.fetch_optional(&mut *tx).await? else {
            let holder = sqlx::query(HOLDER).bind(account.as_str()).fetch_optional(&mut *tx).await?;
            let holder: String = holder.map_or(Ok(String::new()), |row| row.try_get(0))?;
            let build = holder.split_once('@').map_or_else(|| "of an unknown build".to_owned(), |(_, build)| format!("of build {build}"));
            return Err(Failure::Refused(JournalError::NotOwner(format!(
                "{build}; its lease has not run out; without renewal it is free within {} s",
                (LEASE_MS + SETTLE_MS) / SECOND_MS
            ))));
        };
        let epoch: i64 = row.try_get(0)?;
        let head = ChainHead::empty();
        sqlx::query("INSERT INTO chain_head (account, count, hash) VALUES ($1, $2, $3) ON CONFLICT (account) DO NOTHING")
            .bind(account.as_str())
            .bind(head.count)
            .bind(head.hash)
            .execute(&mut *tx)
            .await?;
        let outcome = self.engine().bounded(tx.commit()).await;
        self.settle(outcome, connection, None).await?;
        if self.engine() == Engine::Postgres {
            self.tenure.renew(asked);
        }
        Ok(epoch)
    }

    /// Keeps the role for another [`LEASE_MS`]; to be called every few seconds while the Desk runs. A file's lock needs none.
    ///
    /// # Errors
    /// [`JournalError::NotOwner`] if the role went to somebody else.
    pub async fn renew_role(&self, account: &AccountId) -> Result<(), JournalError> {
        if self.engine() == Engine::Sqlite {
            return Ok(());
        }
        let asked = Stopwatch::start();
        self.set_expiry(RENEW, account, LEASE_MS).await?;
        self.tenure.renew(asked);
        Ok(())
    }

    /// Returns how long this process may be sure of the role.
    pub fn tenure(&self) -> Arc<Tenure> {
        Arc::clone(&self.tenure)
    }

    /// Gives the role back, so that a successor need not wait for the lease to run out.
    ///
    /// # Errors
    /// [`JournalError::NotOwner`] if the role is somebody else's already.
    pub async fn release_role(&self, account: &AccountId) -> Result<(), JournalError> {
        self.set_expiry(RELEASE, account, i64::MIN).await
    }

    /// Tells whether the role is still this process's, of this epoch.
    ///
    /// # Errors
    /// [`JournalError`] if it cannot be read.
    pub async fn holds_desk(&self, account: &AccountId, epoch: i64) -> Result<bool, JournalError> {
        let lease = sqlx::query("SELECT 1 FROM lease WHERE account = $1 AND epoch = $2 AND owner = $3")
            .bind(account.as_str())
            .bind(epoch)
            .bind(self.owner())
            .fetch_optional(self.readers());
        let found = self.engine().bounded(lease).await.map_err(|error| self.unread(&error))?;
        Ok(found.is_some())
    }

    async fn set_expiry(&self, sql: &'static str, account: &AccountId, expiry: i64) -> Result<(), JournalError> {
        let change = sqlx::query(sql).bind(account.as_str()).bind(self.owner()).bind(expiry).execute(self.writer());
        match self.engine().bounded(change).await {
            Ok(done) if done.rows_affected() == 1 => Ok(()),
            Ok(_) => Err(JournalError::NotOwner("it took over while this one was silent".to_owned())),
            Err(error) => Err(JournalError::Unknown(self.sentence(&error))),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{LEASE_MS, Stopwatch, Tenure};

    #[tokio::test(start_paused = true)]
    async fn a_tenure_ends_with_the_lease_counted_from_when_it_was_asked_for() {
        let tenure = Tenure::default();
        assert!(!tenure.is_over(), "a file's lock does not run out");
        let asked = Stopwatch::start();
        let lease = Duration::from_millis(LEASE_MS.unsigned_abs());
        tokio::time::advance(Duration::from_secs(3)).await;
        tenure.renew(asked);
        tokio::time::advance(lease - Duration::from_secs(3) - Duration::from_millis(1)).await;
        assert!(!tenure.is_over());
        tokio::time::advance(Duration::from_millis(1)).await;
        assert!(tenure.is_over());
        tenure.renew(Stopwatch::start());
        assert!(!tenure.is_over());
    }
}
