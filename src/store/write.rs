//! What the two engines differ in, and how the end of a transaction is judged: surely nothing, surely all, or unknown.
//!
//! An error before COMMIT was issued means that nothing was written. An error of COMMIT itself means that we do not know,
//! unless reading the chain's head again proves it. Guessing here would lose or double an order.

use std::time::Duration;

use sqlx::Any;
use sqlx::pool::PoolConnection;

use crate::domain::ids::AccountId;
use crate::engine::deadline::within;
use crate::engine::ports::JournalError;

use super::link::ChainHead;
use super::open::Store;

/// A server that has not answered after this long is treated as gone.
const SERVER_DEADLINE: Duration = Duration::from_secs(10);

/// PostgreSQL's words for "rolled back, try again". (SQLite's busy is not among them: it has waited long enough by itself.)
const SERIALIZATION: &str = "40001";
const DEADLOCK: &str = "40P01";

/// How often a transaction is tried when the database asks to try again. Always before anything was sent.
pub(super) const ATTEMPTS_MAX: u32 = 4;

/// Which database runs below.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Engine {
    /// A file.
    Sqlite,
    /// A server.
    Postgres,
}

impl Engine {
    /// Returns how a writing transaction begins.
    pub(super) const fn begin_write(self) -> &'static str {
        match self {
            // Takes the write lock at once, so that a step cannot fail half-way for want of it.
            Self::Sqlite => "BEGIN IMMEDIATE",
            Self::Postgres => "BEGIN ISOLATION LEVEL READ COMMITTED",
        }
    }

    /// Returns how a transaction begins whose reads all see the same moment.
    pub(super) const fn begin_read(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN",
            Self::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        }
    }

    /// Waits for `work`, on a server no longer than the deadline. (A local file answers, or fails, on its own.)
    pub(super) async fn bounded<T, E: From<sqlx::Error>>(self, work: impl Future<Output = Result<T, E>> + Send) -> Result<T, E> {
        match self {
            Self::Sqlite => work.await,
            Self::Postgres => within(SERVER_DEADLINE, work).await.unwrap_or_else(|| {
                let silence = std::io::Error::new(std::io::ErrorKind::TimedOut, "no answer within the deadline");
                Err(E::from(sqlx::Error::Io(silence)))
            }),
        }
    }
}

/// Why a transaction did not come to its end.
#[derive(Debug)]
pub(super) enum Failure {
    /// A reason of ours.
    Refused(JournalError),
    /// The database's reason, before COMMIT was issued.
    Sql(sqlx::Error),
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<JournalError> for Failure {
    fn from(error: JournalError) -> Self {
        Self::Refused(error)
    }
}

impl Failure {
    /// Returns a refusal that says why nothing was written.
    pub(super) fn not_written(reason: impl Into<String>) -> Self {
        Self::Refused(JournalError::NotWritten(reason.into()))
    }

    /// Turns a violated uniqueness into "dealt with before".
    pub(super) fn duplicate(error: sqlx::Error, what: impl FnOnce() -> String) -> Self {
        match error.as_database_error() {
            Some(database) if database.is_unique_violation() => Self::Refused(JournalError::Duplicate(what())),
            _ => Self::Sql(error),
        }
    }

    /// Tells whether the same transaction may pass when it is tried again.
    pub(super) fn is_transient(&self) -> bool {
        match self {
            Self::Refused(_) => false,
            Self::Sql(error) => matches!(code_of(error).as_str(), SERIALIZATION | DEADLOCK),
        }
    }

    /// Returns the journal's word for it.
    pub(super) fn into_error(self, store: &Store) -> JournalError {
        match self {
            Self::Refused(error) => error,
            Self::Sql(error) => JournalError::NotWritten(store.sentence(&error)),
        }
    }
}

/// Returns the database's code of an error, or nothing.
pub(super) fn code_of(error: &sqlx::Error) -> String {
    error.as_database_error().and_then(|error| error.code().map(|code| code.into_owned())).unwrap_or_default()
}

/// What proves that a transaction took place: the heads of its account's chain before and after it.
pub(super) struct Proof {
    /// Whose chain.
    pub(super) account: AccountId,
    /// Its head as the transaction found it.
    pub(super) before: ChainHead,
    /// Its head as the transaction left it; the same if it added no link.
    pub(super) after: ChainHead,
}

impl Store {
    /// Returns an error of the database as a sentence, without secrets.
    pub(super) fn sentence(&self, error: &sqlx::Error) -> String {
        let refusal = super::refusal::OpenError::from_sql(self.place().to_owned(), error);
        self.without_secret(&refusal.to_string())
    }

    /// Judges the outcome of a COMMIT that was issued on `connection`.
    pub(super) async fn settle(
        &self,
        outcome: Result<(), sqlx::Error>,
        connection: PoolConnection<Any>,
        proof: Option<&Proof>,
    ) -> Result<(), Failure> {
        let Err(error) = outcome else {
            if let Some(proof) = proof {
                self.note_head(&proof.account, &proof.after);
            }
            return Ok(());
        };
        // The connection may still believe that it is inside the transaction: it must not be used again.
        let _ = self.engine().bounded(connection.close()).await;
        if matches!(code_of(&error).as_str(), SERIALIZATION | DEADLOCK) {
            // PostgreSQL's word that this COMMIT rolled back.
            return Err(Failure::Sql(error));
        }
        let reason = self.sentence(&error);
        // After a failed fsync (1034, 1290) the file may or may not hold the step once the machine restarts.
        let decidable = !(self.engine() == Engine::Sqlite && matches!(code_of(&error).as_str(), "1034" | "1290"));
        if let Some(proof) = proof.filter(|proof| decidable && proof.before != proof.after)
            && let Ok(head) = self.engine().bounded(self.settled_head(&proof.account)).await
        {
            if head == proof.before {
                return Err(Failure::not_written(reason));
            }
            if head == proof.after {
                self.note_head(&proof.account, &proof.after);
                return Ok(());
            }
        }
        Err(Failure::Refused(JournalError::Unknown(reason)))
    }

    /// Reads the chain's head behind every transaction that is still under way: such a one holds the lease's row.
    async fn settled_head(&self, account: &AccountId) -> Result<ChainHead, sqlx::Error> {
        let mut connection = self.writer().acquire().await?;
        let mut tx = self.begin(&mut connection).await?;
        let wait = "UPDATE lease SET epoch = epoch WHERE account = $1";
        sqlx::query(wait).bind(account.as_str()).execute(&mut *tx).await?;
        super::step::head(&mut tx, account).await
    }
}
