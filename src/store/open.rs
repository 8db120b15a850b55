//! Opening the durable memory. Everything that would make it less than durable is refused here, before anything relies on it.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions, install_default_drivers};
use sqlx::{AnyConnection, AnyPool, ConnectOptions, Connection, Row};

use crate::engine::ports::{InboxClaim, InboxMessage};

use super::address::{self, Address};
use super::convoy::Convoy;
use super::head_file::{self, HeadKeeper};
use super::outbox::Answer;
use super::owner::{BUILD, OwnerLock, Tenure};
use super::refusal::OpenError;
use super::schema;
use super::write::Engine;

/// Connections that read.
const READERS: u32 = 4;
/// Connections that write to a server; a file has one writer.
const SERVER_WRITERS: u32 = 4;
/// How long a connection may take to be made, or to become free.
const CONNECT_DEADLINE: Duration = Duration::from_secs(10);

/// SQLite: readers never wait for the writer; a commit is on the disk when it returns; a lock is waited for 5 s at most.
const SQLITE_PRAGMAS: &str = "PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL;";
/// The same without waiting for the disk: for benches only.
const SQLITE_PRAGMAS_UNSYNCED: &str = "PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON; PRAGMA synchronous = OFF;";
/// PostgreSQL: a commit is durable when it returns; nothing waits for ever.
const POSTGRES_SETTINGS: &str = "SET synchronous_commit = on; SET statement_timeout = '8s'; SET lock_timeout = '5s'; \
     SET idle_in_transaction_session_timeout = '30s'; SET client_min_messages = 'warning';";

/// Journal and views over one database. Dropping it gives up the role of Desk owner.
pub struct Store {
    engine: Engine,
    address: Address,
    place: String,
    writer: AnyPool,
    readers: AnyPool,
    /// Names this process in the lease.
    owner: String,
    /// How long this process may be sure of the role on a server.
    pub(super) tenure: Arc<Tenure>,
    /// SQLite's lock on the role of Desk owner, once it was claimed.
    pub(super) role: Mutex<Option<OwnerLock>>,
    /// Messages on their way in, and answers on their way out: many at a time.
    pub(super) deliveries: Convoy<Vec<InboxMessage>, Vec<InboxClaim>>,
    pub(super) answers: Convoy<Answer, ()>,
    /// Where the ends of the chains are kept, if anywhere.
    head_path: Mutex<Option<PathBuf>>,
    /// Keeps them there, once the role was claimed.
    pub(super) head_keeper: Mutex<Option<HeadKeeper>>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("place", &self.place).finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the database at `url` (`sqlite://path` or `postgres://…`), makes it if there is none, and updates its schema.
    ///
    /// # Errors
    /// [`OpenError`], a sentence with what would work.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        Self::open_with(url, SQLITE_PRAGMAS).await
    }

    /// Opens a SQLite file whose commits do not wait for the disk. For benches: a power cut may lose the latest steps.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn open_unsynced(url: &str) -> Result<Self, OpenError> {
        Self::open_with(url, SQLITE_PRAGMAS_UNSYNCED).await
    }

    async fn open_with(url: &str, sqlite_pragmas: &'static str) -> Result<Self, OpenError> {
        install_default_drivers();
        let address = Address::parse(url)?;
        let place = address.place();
        let (engine, connect_url, settings, writers) = match &address {
            Address::Sqlite(path) => (Engine::Sqlite, sqlite_url(path, &place)?, sqlite_pragmas, 1),
            Address::Postgres(url) => (Engine::Postgres, url.clone(), POSTGRES_SETTINGS, SERVER_WRITERS),
        };
        let options = AnyConnectOptions::from_str(&connect_url)
            .map_err(|_| OpenError::BadAddress { address: place.clone(), reason: "it is no valid URL".into() })?;
        let owner = random_name().ok_or_else(|| OpenError::Other { place: place.clone(), reason: "no random numbers to be had".into() })?;
        let (writer, readers) = (pool(engine, writers, settings, &options), pool(engine, READERS, settings, &options));
        let head_path = match &address {
            Address::Sqlite(path) => Some(head_file::beside(path)),
            Address::Postgres(_) => None,
        };
        let (role, head_path, head_keeper) = (Mutex::new(None), Mutex::new(head_path), Mutex::new(None));
        let tenure = Arc::new(Tenure::default());
        let (deliveries, answers) = (Convoy::default(), Convoy::default());
        let store = Self { engine, address, place, writer, readers, owner, tenure, role, deliveries, answers, head_path, head_keeper };
        store.prepare(&options, settings).await?;
        Ok(store)
    }

    /// Looks at what is there, and makes it ours. On a connection of its own: a pool would try again and hide the reason.
    async fn prepare(&self, options: &AnyConnectOptions, settings: &'static str) -> Result<(), OpenError> {
        let failed = |error: sqlx::Error| self.refusal(&error);
        let mut connection = self.engine.bounded(options.connect()).await.map_err(failed)?;
        self.engine.bounded(sqlx::raw_sql(settings).execute(&mut connection)).await.map_err(failed)?;
        if self.engine == Engine::Sqlite {
            self.inspect_file(&mut connection).await?;
        }
        let migrated = schema::migrate(&mut connection, self.engine, &self.place).await.map_err(|refusal| self.scrubbed(refusal));
        let closed = self.engine.bounded(connection.close()).await.map_err(failed);
        migrated.and(closed)
    }

    async fn inspect_file(&self, connection: &mut AnyConnection) -> Result<(), OpenError> {
        let failed = |error: sqlx::Error| self.refusal(&error);
        let mode = sqlx::query("PRAGMA journal_mode = WAL").fetch_one(&mut *connection).await.map_err(failed)?;
        let mode: String = mode.try_get(0).map_err(failed)?;
        if !mode.eq_ignore_ascii_case("wal") {
            let reason = format!("its journal mode is {mode}, and write-ahead logging cannot be had there");
            return Err(OpenError::ReadOnly { place: self.place.clone(), reason });
        }
        let found = sqlx::query("PRAGMA quick_check(1)").fetch_one(connection).await.map_err(failed)?;
        let found: String = found.try_get(0).map_err(failed)?;
        if found == "ok" { Ok(()) } else { Err(OpenError::Corrupt { place: self.place.clone(), reason: found }) }
    }

    fn refusal(&self, error: &sqlx::Error) -> OpenError {
        self.scrubbed(OpenError::from_sql(self.place.clone(), error))
    }

    /// Takes the password out of words that a driver or a server chose.
    fn scrubbed(&self, refusal: OpenError) -> OpenError {
        let clean = |reason: String| self.without_secret(&reason);
        match refusal {
            OpenError::ReadOnly { place, reason } => OpenError::ReadOnly { place, reason: clean(reason) },
            OpenError::Full { place, reason } => OpenError::Full { place, reason: clean(reason) },
            OpenError::Corrupt { place, reason } => OpenError::Corrupt { place, reason: clean(reason) },
            OpenError::Unreachable { place, reason } => OpenError::Unreachable { place, reason: clean(reason) },
            OpenError::Busy { place, reason } => OpenError::Busy { place, reason: clean(reason) },
            OpenError::Other { place, reason } => OpenError::Other { place, reason: clean(reason) },
            other @ (OpenError::BadAddress { .. } | OpenError::Newer { .. } | OpenError::Foreign { .. }) => other,
        }
    }

    /// Returns `words` without the address and its password.
    pub(super) fn without_secret(&self, words: &str) -> String {
        match &self.address {
            Address::Sqlite(_) => words.to_owned(),
            Address::Postgres(url) => {
                let words = words.replace(url.as_str(), &self.place);
                address::password(url).map_or(words.clone(), |secret| words.replace(secret, "***"))
            }
        }
    }

    /// Ends all connections in good order.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
        if let Some(keeper) = &*self.head_keeper.lock().unwrap_or_else(PoisonError::into_inner) {
            keeper.flush();
        }
    }

    /// Keeps the ends of the chains in this file instead of the one beside the database; to be said before the Desk's role
    /// is claimed. A server has no file of its own, and keeps none unless told.
    pub fn keep_heads_in(&self, path: PathBuf) {
        *self.head_path.lock().unwrap_or_else(PoisonError::into_inner) = Some(path);
    }

    /// Returns the file that the ends of the chains are kept in, if there is one.
    pub fn head_path(&self) -> Option<PathBuf> {
        self.head_path.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns where the database is, in words that may be shown.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Tells whether several processes can use this database at once, each able to take over from the other.
    pub fn is_shared(&self) -> bool {
        self.engine == Engine::Postgres
    }

    pub(super) const fn engine(&self) -> Engine {
        self.engine
    }

    pub(super) const fn address(&self) -> &Address {
        &self.address
    }

    pub(super) const fn writer(&self) -> &AnyPool {
        &self.writer
    }

    pub(super) const fn readers(&self) -> &AnyPool {
        &self.readers
    }

    pub(super) fn owner(&self) -> &str {
        &self.owner
    }
}

fn pool(engine: Engine, connections: u32, settings: &'static str, options: &AnyConnectOptions) -> AnyPool {
    AnyPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(CONNECT_DEADLINE)
        // A server may have gone and come back meanwhile; a file has not.
        .test_before_acquire(engine == Engine::Postgres)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                sqlx::raw_sql(settings).execute(connection).await?;
                Ok(())
            })
        })
        .connect_lazy_with(options.clone())
}

/// Returns the driver's URL of a file, after proving with the system's own words that it can be read and written.
pub(super) fn sqlite_url(path: &Path, place: &str) -> Result<String, OpenError> {
    let failed = |error: std::io::Error| OpenError::from_io(place.to_owned(), &error);
    let path = std::path::absolute(path).map_err(failed)?;
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory).map_err(failed)?;
    }
    if path.is_dir() {
        return Err(OpenError::BadAddress { address: place.to_owned(), reason: "it is a directory".into() });
    }
    OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(failed)?;
    let text = path.to_str().ok_or_else(|| OpenError::BadAddress { address: place.to_owned(), reason: "it is not UTF-8".into() })?;
    let mut url = String::from("sqlite://");
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'_' | b'-' => url.push(char::from(byte)),
            _ => url.push_str(&format!("%{byte:02X}")),
        }
    }
    url.push_str("?mode=rwc");
    Ok(url)
}

/// Returns a name that no other process has, with the build behind it.
fn random_name() -> Option<String> {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).ok()?;
    Some(format!("{}@{BUILD}", hex::encode(bytes)))
}
