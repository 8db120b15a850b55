//! The program beside a fake Telegram, with its people let in and its limits raised; and what it holds in memory.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use outcry::domain::actor::{Role, UserId};
use outcry::domain::ids::{AccountId, SourceKey};
use outcry::domain::time::Timestamp;
use outcry::domain::user::{UserAct, UserRow, UserState};
use outcry::engine::ports::Journal as _;
use outcry::engine::ports::users::Users;
use outcry::store::open::Store;

use crate::telegram_fake::FakeTelegram;

/// Whose bot it is; says nothing.
const OWNER: i64 = 1_001;
/// The first chat; the others follow.
pub const FIRST_CHAT: i64 = 10_000;
/// What deliveries carry.
pub const SECRET: &str = "secret-of-the-load";

/// Rates and the rules about usual orders are out of the way, and sending is as fast as it goes.
const SETTINGS: &str = "[risk]\nrate_10s_max = 1000000\nrate_hour_max = 1000000\nrate_day_max = 1000000\nduplicate_window_ms = 1\n\
    quantity_median_factor = 1000\nsymbol_exposure_share_max = 10\ngross_exposure_share_max = 10\ncard_life_ms = 3600000\ncard_band = 0.2\n\
    open_orders_max = 1000000\n\
    [telegram]\noverall_per_second = 100000\nchat_per_second = 1000\nuser_per_minute = 100000\n";

/// How updates come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The program asks for them.
    Polling,
    /// They are posted to it.
    Webhook,
}

/// A running program with all that it needs. Dropped it is killed and its files are gone.
pub struct Stand {
    pub fake: FakeTelegram,
    /// Where updates are posted to; none if they are asked for.
    pub hook: Option<SocketAddr>,
    folder: tempfile::TempDir,
    process: Child,
}

impl Stand {
    /// Starts `program` with its files in a folder under `place`, and with so many chats.
    pub async fn start(program: &Path, place: &Path, chats: i64, by: By) -> Self {
        let folder = tempfile::tempdir_in(place).unwrap();
        std::fs::write(folder.path().join("outcry.toml"), SETTINGS).unwrap();
        let fake = FakeTelegram::start();
        fake.add_person(OWNER, "Olga");
        (FIRST_CHAT..FIRST_CHAT + chats).for_each(|chat| fake.add_person(chat, "Ann"));
        let_in(folder.path(), chats).await;
        let hook = (by == By::Webhook).then(|| TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
        let log = std::fs::File::create(folder.path().join("log.txt")).unwrap();
        let mut command = Command::new(program);
        command.args(["serve", "--db", "desk.db", "--market", "simulated", "--seed", "7"]).current_dir(folder.path());
        command.env_clear().env("HOME", folder.path()).env("NO_PROXY", "*");
        command.env("TELEGRAM_BOT_TOKEN", fake.token()).env("TELEGRAM_API_URL", fake.url()).env("TELEGRAM_OWNER_ID", OWNER.to_string());
        if let Some(address) = hook {
            command.env("TELEGRAM_WEBHOOK_URL", format!("http://{address}/hook")).env("TELEGRAM_WEBHOOK_SECRET", SECRET);
            command.env("TELEGRAM_WEBHOOK_ADDR", address.to_string());
        }
        let process = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        // The menu is set by the process that owns the desk.
        fake.wait_calls("setMyCommands", 2).await;
        Self { fake, hook, folder, process }
    }

    /// Returns where its files are.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns what it logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder().join("log.txt")).unwrap_or_default()
    }

    /// Returns the resident memory, in KiB; Linux tells it.
    pub fn resident_kib(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).ok()?;
        status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?.trim().trim_end_matches(" kB").trim().parse().ok()
    }

    /// Returns the processor time spent so far.
    pub fn spent(&self) -> Option<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id())).ok()?;
        let ticks: u64 = stat.rsplit_once(") ")?.1.split(' ').skip(11).take(2).filter_map(|word| word.parse::<u64>().ok()).sum();
        // Linux counts in hundredths of a second on every machine of today.
        Some(Duration::from_millis(ticks * 10))
    }

    /// Asks it to end, and returns its exit code.
    pub fn stop(&mut self) -> Option<i32> {
        Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status().unwrap();
        self.process.wait().unwrap().code()
    }
}

impl Drop for Stand {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Writes the people of the chats down as traders.
async fn let_in(folder: &Path, chats: i64) {
    let store = Store::open(&format!("sqlite://{}", folder.join("desk.db").display())).await.unwrap();
    store.claim_desk(&AccountId::new("paper"), Timestamp::from_ms(1_790_000_000_000)).await.unwrap();
    for chat in FIRST_CHAT..FIRST_CHAT + chats {
        let changed_at = Timestamp::from_ms(1_790_000_000_000);
        let user = UserRow { id: UserId(chat), role: Role::Trader, state: UserState::Active, name: "Ann".to_owned(), changed_at };
        let act = UserAct { by: Some(UserId(OWNER)), cause: SourceKey::new(format!("load:{chat}")) };
        store.decide(&user, &act, (&AccountId::new("paper"), &[]), Vec::new(), None).await.unwrap();
    }
    store.close().await;
}
