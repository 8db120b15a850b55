//! A private PostgreSQL server for tests: started from the binaries that are there, on a socket of its own, gone with the
//! test. As root it runs as an unprivileged user, for the server refuses to be root.

use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use outcry::engine::deadline::pause;
use outcry::engine::ports::{Journal, JournalError};
use outcry::store::open::Store;
use outcry::store::refusal::OpenError;

use crate::store_story::{Scratch, tell};
use crate::store_story_rows::*;

/// How often the new server is asked whether it is up, 100 ms apart.
const ASKED_MAX: u32 = 600;

/// A running server with an empty cluster.
pub struct Server {
    process: Child,
    scratch: Scratch,
}

impl Server {
    /// Starts a server, or says plainly that there is none and returns `None` (`OUTCRY_REQUIRE_POSTGRES=1` makes that a failure).
    pub async fn start() -> Option<Self> {
        let Some(binaries) = binaries() else {
            assert!(!required(), "OUTCRY_REQUIRE_POSTGRES=1, but neither PATH nor /usr/lib/postgresql/*/bin has initdb and postgres");
            println!(
                "SKIPPED: no PostgreSQL binaries (initdb, postgres) in PATH or /usr/lib/postgresql/*/bin; install postgresql to run this"
            );
            return None;
        };
        let scratch = Scratch::new("pg");
        let data = scratch.path().join("data");
        std::fs::create_dir(&data).unwrap();
        for path in [scratch.path(), &data] {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700)).unwrap();
            if let Some((uid, gid)) = unprivileged() {
                chown(path, Some(uid), Some(gid)).unwrap();
            }
        }
        let made = dropped(&binaries.join("initdb"))
            .args(["-A", "trust", "-U", "outcry", "-E", "UTF8", "--no-locale", "-N", "-D"])
            .arg(&data)
            .current_dir(scratch.path())
            .output()
            .unwrap();
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        let log = std::fs::File::create(scratch.path().join("log")).unwrap();
        let process = dropped(&binaries.join("postgres"))
            .args(["-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=40", "-k"])
            .arg(scratch.path())
            .arg("-D")
            .arg(&data)
            .current_dir(scratch.path())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut server = Self { process, scratch };
        server.wait_until_up().await;
        Some(server)
    }

    async fn wait_until_up(&mut self) {
        for _ in 0..ASKED_MAX {
            if let Some(status) = self.process.try_wait().unwrap() {
                let log = std::fs::read_to_string(self.scratch.path().join("log")).unwrap_or_default();
                panic!("the PostgreSQL server ended with {status}: {log}");
            }
            if self.scratch.path().join(".s.PGSQL.5432").exists() && self.execute("SELECT 1").await.is_ok() {
                return;
            }
            pause(std::time::Duration::from_millis(100)).await;
        }
        panic!("the PostgreSQL server did not come up");
    }

    /// Returns the address of a database on it.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://outcry:canary-s3cret@localhost/{database}?host={}", self.scratch.path().display())
    }

    /// Makes an empty database and returns its address.
    pub async fn database(&self, name: &'static str) -> String {
        self.execute(&format!("CREATE DATABASE {name}")).await.unwrap();
        self.url(name)
    }

    /// Runs a statement on the maintenance database.
    pub async fn execute(&self, sql: &str) -> Result<(), sqlx::Error> {
        run(&self.url("postgres"), sql).await
    }

    /// Ends the server as a crash would.
    pub fn stop(&mut self) {
        if !matches!(self.process.try_wait(), Ok(None)) {
            return;
        }
        // SIGQUIT: immediate shutdown, which also removes its shared memory.
        let _ = Command::new("kill").args(["-QUIT", &self.process.id().to_string()]).status();
        let _ = self.process.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Runs a statement on the database at `url`.
pub async fn run(url: &str, sql: &str) -> Result<(), sqlx::Error> {
    use sqlx::Connection;
    sqlx::any::install_default_drivers();
    let mut connection = sqlx::AnyConnection::connect(url).await?;
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut connection).await?;
    connection.close().await
}

#[expect(clippy::disallowed_methods, reason = "how the pipeline forbids the skip")]
fn required() -> bool {
    std::env::var("OUTCRY_REQUIRE_POSTGRES").as_deref() == Ok("1")
}

#[expect(clippy::disallowed_methods, reason = "where the system's programs are")]
fn search_path() -> std::ffi::OsString {
    std::env::var_os("PATH").unwrap_or_default()
}

fn binaries() -> Option<PathBuf> {
    let path = search_path();
    let mut places: Vec<PathBuf> = std::env::split_paths(&path).collect();
    if let Ok(versions) = std::fs::read_dir("/usr/lib/postgresql") {
        let mut versions: Vec<PathBuf> = versions.flatten().map(|entry| entry.path().join("bin")).collect();
        versions.sort();
        places.extend(versions.into_iter().rev());
    }
    places.into_iter().find(|place| place.join("initdb").is_file() && place.join("postgres").is_file())
}

/// Returns user and group to drop to, if this process is root.
pub fn unprivileged() -> Option<(u32, u32)> {
    use std::os::unix::fs::MetadataExt;
    if std::fs::metadata("/proc/self").unwrap().uid() != 0 {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").unwrap();
    let ids = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    Some(ids("postgres").or_else(|| ids("nobody")).unwrap_or((65_534, 65_534)))
}

/// Returns a command that runs `program` as an unprivileged user.
pub fn dropped(program: &Path) -> Command {
    let Some((uid, gid)) = unprivileged() else { return Command::new(program) };
    let mut command = Command::new("setpriv");
    command.args([format!("--reuid={uid}"), format!("--regid={gid}"), "--clear-groups".into(), "--".into()]).arg(program);
    command
}

#[tokio::test]
async fn the_story_and_its_refusals_hold_on_postgresql() {
    let Some(mut server) = Server::start().await else { return };
    let story = server.database("story").await;
    let store = Store::open(&story).await.unwrap();
    tell(&store).await;
    let before = crate::store_story::picture(&store).await;
    store.close().await;
    let store = Store::open(&story).await.unwrap();
    assert_eq!(crate::store_story::picture(&store).await, before);
    crate::store_story::whole(&store).await;

    leases(&server.database("leases").await).await;
    crate::store_story_random::agree(&Store::open(&server.database("differential").await).await.unwrap(), 3).await;
    two_openings_at_once(&server.database("twice").await).await;

    run(&story, "INSERT INTO migrations (version, checksum) VALUES (99, 'x')").await.unwrap();
    let newer = Store::open(&story).await.unwrap_err();
    assert!(matches!(newer, OpenError::Newer { found: 99, .. }), "{newer}");
    unreachable(&mut server, &store).await;
}

/// The role of Desk owner is a lease: refused while another's is unexpired, taken over afterwards with the next epoch.
async fn leases(url: &str) {
    let (first, second) = (Store::open(url).await.unwrap(), Store::open(url).await.unwrap());
    let set = |epoch, units| step(epoch, vec![event("balance.set", "USDT", units, balance("USDT", units))]);
    let epoch = first.claim_desk(&account(), at(0)).await.unwrap();
    // Whatever the one who asks takes for the time: the server's clock decides.
    assert!(matches!(second.claim_desk(&account(), at(1_000_000_000)).await, Err(JournalError::NotOwner(_))));
    run_out(url).await;
    first.renew_role(&account()).await.unwrap();
    assert!(matches!(second.claim_desk(&account(), at(0)).await, Err(JournalError::NotOwner(_))));
    first.commit(&set(epoch, 1)).await.unwrap();
    run_out(url).await;
    assert_eq!(second.claim_desk(&account(), at(0)).await, Ok(epoch + 1));
    assert!(matches!(first.commit(&set(epoch, 2)).await, Err(JournalError::NotOwner(_))));
    assert!(matches!(first.renew_role(&account()).await, Err(JournalError::NotOwner(_))));
    second.commit(&set(epoch + 1, 3)).await.unwrap();
    second.release_role(&account()).await.unwrap();
    assert_eq!(first.claim_desk(&account(), at(0)).await, Ok(epoch + 2), "a role given back need not be waited for");
}

/// Lets every lease run out, as if its owner had been silent.
pub async fn run_out(url: &str) {
    run(url, "UPDATE lease SET expires_at = 0").await.unwrap();
}

async fn two_openings_at_once(url: &str) {
    let (first, second) = tokio::join!(Store::open(url), Store::open(url));
    assert_eq!(first.unwrap().install_key(&[7; 32]).await.unwrap(), second.unwrap().install_key(&[7; 32]).await.unwrap());
}

/// A server that is gone gives a sentence without the password, and nothing is taken for written.
async fn unreachable(server: &mut Server, store: &Store) {
    let nowhere = Store::open(&server.url("no_such_database")).await.unwrap_err();
    assert!(matches!(nowhere, OpenError::Unreachable { .. }), "{nowhere}");
    let url = server.url("story");
    server.stop();
    let gone = Store::open(&url).await.unwrap_err();
    assert!(matches!(gone, OpenError::Unreachable { .. }), "{gone}");
    let refused = store.commit(&step(9, Vec::new())).await.unwrap_err();
    assert!(matches!(refused, JournalError::NotWritten(_)), "{refused}");
    for words in [nowhere.to_string(), gone.to_string(), refused.to_string(), format!("{store:?}")] {
        assert!(!words.contains("canary-s3cret"), "{words}");
    }
}
