//! `outcry serve` as a process, on the strict fake: what the stories and the faults have in common.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use sqlx::Row;

use crate::store_story::Scratch;
use crate::telegram_fake::FakeTelegram;

/// The owner, who has pressed Start.
pub const OWNER: i64 = 1_001;
/// What the webhook's deliveries carry.
pub const SECRET: &str = "s3cret-of-the-hook";

/// A Telegram, and a folder for the program's files.
pub struct Stage {
    pub fake: FakeTelegram,
    pub scratch: Scratch,
}

impl Stage {
    /// Sets a stage with its owner.
    pub fn new() -> Self {
        let fake = FakeTelegram::start();
        fake.add_person(OWNER, "Olga");
        Self { fake, scratch: Scratch::new("serve") }
    }

    /// Starts the program with its files here.
    pub fn serve(&self) -> Serving {
        self.serve_with(&[], &[])
    }

    /// Starts it with more settings and arguments.
    pub fn serve_with(&self, settings: &[(&str, &str)], arguments: &[&str]) -> Serving {
        let mut command = program(self.scratch.path());
        command.args(["--db", "desk.db", "--market", "simulated", "--seed", "7"]).args(arguments);
        self.start(command, settings)
    }

    /// Starts a prepared command against the fake.
    pub fn start(&self, mut command: Command, settings: &[(&str, &str)]) -> Serving {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.log()).unwrap();
        command.env("TELEGRAM_BOT_TOKEN", self.fake.token()).env("TELEGRAM_API_URL", self.fake.url());
        // One person says more here in a minute than anybody does; a test of that limit names it.
        command.env("TELEGRAM_OWNER_ID", OWNER.to_string()).env("TELEGRAM_USER_PER_MINUTE", "100000").envs(settings.iter().copied());
        Serving { process: command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap() }
    }

    /// Returns the file of what the program logged.
    pub fn log(&self) -> PathBuf {
        self.scratch.path().join("log.txt")
    }

    /// Returns the address of the program's database.
    pub fn database(&self) -> String {
        format!("sqlite://{}", self.scratch.path().join("desk.db").display())
    }

    /// Counts what a query on the program's database counts.
    pub async fn count(&self, sql: &'static str) -> i64 {
        count(&self.database(), sql).await
    }

    /// Waits until a query counts `wanted`; a minute at most.
    pub async fn wait_count(&self, sql: &'static str, wanted: i64) {
        let mut found = -1;
        for _ in 0..1_200 {
            found = self.count(sql).await;
            if found == wanted {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("{sql}: {found}, not {wanted}; {}", std::fs::read_to_string(self.log()).unwrap_or_default());
    }

    /// Lets the owner make a person a trader.
    pub async fn let_in(&self, id: i64) {
        let before = self.fake.shown().len();
        self.fake.say(OWNER, &format!("/users {id} trader"));
        self.fake.wait_shown_after(before, |shown| shown.chat == OWNER && shown.text.contains("trader")).await;
    }

    /// Lets a person ask for a card, and returns its message.
    pub async fn card(&self, person: i64, words: &str) -> i64 {
        let before = self.fake.shown().len();
        self.fake.say(person, words);
        let is_card = |shown: &crate::telegram_fake::journal::Shown| {
            shown.chat == person && shown.buttons.iter().flatten().any(|button| button.text.contains("Confirm"))
        };
        self.fake.wait_shown_after(before, is_card).await.id
    }
}

/// Counts what a query on a database counts; nothing while there is no such table.
pub async fn count(url: &str, sql: &'static str) -> i64 {
    use sqlx::Connection;
    sqlx::any::install_default_drivers();
    let Ok(mut connection) = sqlx::AnyConnection::connect(url).await else { return -1 };
    let counted = sqlx::query(sql).fetch_one(&mut connection).await.and_then(|row| row.try_get::<i64, _>(0));
    connection.close().await.unwrap();
    counted.unwrap_or(-1)
}

/// A running program; dropped it is killed.
pub struct Serving {
    pub process: Child,
}

impl Serving {
    /// Kills it with SIGKILL.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Asks it to end, and returns its exit code.
    pub fn stop(&mut self) -> Option<i32> {
        Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status().unwrap();
        self.process.wait().unwrap().code()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Returns the command without any settings of this machine.
pub fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_outcry"));
    command.arg("serve").current_dir(folder).env_clear().env("HOME", folder).env("NO_PROXY", "*");
    command
}

/// Runs the program to its end with only these settings.
pub fn ended(folder: &Path, settings: &[(&str, &str)]) -> Output {
    program(folder).args(["--db", "desk.db"]).envs(settings.iter().copied()).stdin(Stdio::null()).output().unwrap()
}

/// Returns a local address that nobody listens on.
pub fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}
