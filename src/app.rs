//! The composition root: the only file that knows which adapter stands behind which port.

pub mod audit;
pub mod backup;
pub mod chat;
pub mod market;
pub mod operators;
pub mod pacer;
pub mod role;
pub mod serve;
pub mod stop_signal;
pub mod tenured_exchange;
pub mod venue_process;
pub mod verb;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::{Notify, watch};

use crate::bot::answers::Answers;
use crate::bot::answers::reports::Pages;
use crate::bot::intake::Intake;
use crate::bot::outbox::Outbox;
use crate::bot::render::place::Place;
use crate::config::Settings;
use crate::domain::ids::AccountId;
use crate::domain::instrument::{Currency, Instrument};
use crate::domain::notice::SettingView;
use crate::domain::time::Timestamp;
use crate::engine::desk::door::DeskDoor;
use crate::engine::desk::health::DeskHealth;
use crate::engine::desk::machine::DeskSettings;
use crate::engine::desk::runtime::{Runtime, RuntimeParts, Started};
use crate::engine::ports::users::Users;
use crate::engine::ports::{Clock, Exchange, Journal, JournalError, Quotes, Views};
use crate::engine::risk::limits::Limits;
use crate::nlp::lexicon::Lexicon;
use crate::tasks::Tasks;

/// The account that this version trades.
pub const PAPER_ACCOUNT: &str = "paper";

/// Lanes to the venue when nobody needs repeatable runs.
pub const LANES: usize = 4;

/// Why the program does not start. Shown to a person as one sentence.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A setting, or a combination of them: exit code 2.
    #[error("{0}")]
    Usage(String),
    /// A record that could not be looked at, so that nothing is known of it: exit code 2.
    #[error("{0}")]
    Unchecked(String),
    /// Something that was needed is not to be had: exit code 1.
    #[error("{0}")]
    Failed(String),
}

impl StartError {
    /// Returns the failure of something that was needed.
    pub fn failed(error: impl std::fmt::Display) -> Self {
        Self::Failed(error.to_string())
    }
}

/// What stands behind the ports.
#[derive(Clone)]
pub struct Ports {
    /// The durable memory.
    pub journal: Arc<dyn Journal>,
    /// Reads of it.
    pub views: Arc<dyn Views>,
    /// Who is let in.
    pub users: Arc<dyn Users>,
    /// The venue.
    pub exchange: Arc<dyn Exchange>,
    /// The latest prices.
    pub quotes: Arc<dyn Quotes>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

/// How the house is run.
pub struct HouseOptions {
    /// The numbers behind the rules.
    pub limits: Limits,
    /// What the venue lists.
    pub instruments: Vec<Instrument>,
    /// Instruments that may talk to the venue at once; one makes runs repeatable.
    pub lanes: usize,
    /// Settings to show, with their origin.
    pub settings: Vec<SettingView>,
    /// How long snapshots of the account are kept, in milliseconds.
    pub snapshots_kept_ms: i64,
    /// The secret of a new installation: random, or derived from the seed of a repeatable run.
    pub fresh_key: Vec<u8>,
}

/// A running house.
pub struct House {
    /// The Desk's door.
    pub door: DeskDoor,
    /// Takes messages in.
    pub intake: Arc<Intake>,
    /// Brings notices out.
    pub outbox: Arc<Outbox>,
    /// When the Desk's next timer is due.
    pub wake: watch::Receiver<Timestamp>,
    /// How the Desk stands; closed when its loop has ended.
    pub health: watch::Receiver<DeskHealth>,
    /// Rung when notices are committed.
    pub committed: Arc<Notify>,
    /// The epoch of this process's hold on the Desk.
    pub epoch: i64,
    /// The loops.
    pub tasks: Tasks,
}

/// Starts the Desk's loops behind these ports. Both the program and its simulation start here.
///
/// # Errors
/// [`JournalError`] if another process owns the Desk, or the journal does not answer.
pub async fn assemble(ports: Ports, options: HouseOptions) -> Result<House, JournalError> {
    let Ports { journal, views, users, exchange, quotes, clock } = ports;
    let committed = Arc::new(Notify::new());
    let desk = DeskSettings {
        account: AccountId::new(PAPER_ACCOUNT),
        quote: Currency::new("USDT"),
        limits: options.limits,
        venue: exchange.name().to_owned(),
        live: exchange.is_live(),
        snapshots_kept_ms: options.snapshots_kept_ms,
    };
    let place = Place { venue: desk.venue.clone(), live: desk.live, source: quotes.source() };
    let account = desk.account.clone();
    let quote_currency = desk.quote.clone();
    let parts = RuntimeParts {
        settings: desk,
        journal: Arc::clone(&journal),
        exchange,
        quotes: Arc::clone(&quotes),
        clock: Arc::clone(&clock),
        lanes: options.lanes,
        committed: Arc::clone(&committed),
        fresh_key: options.fresh_key,
    };
    let Started { runtime, workers, door, wake, health, epoch } = Runtime::start(parts, options.instruments.clone()).await?;
    let mut tasks = Tasks::default();
    tasks.spawn("desk", runtime.run());
    for worker in workers {
        tasks.spawn("lane", async move {
            worker.run().await;
            Ok::<(), JournalError>(())
        });
    }
    let lexicon = Lexicon::new(&options.instruments);
    let answers = Answers {
        account,
        quote_currency,
        views,
        quotes,
        instruments: options.instruments,
        settings: options.settings,
        pages: Pages::default(),
    };
    let read: crate::bot::intake::Reader = Arc::new(move |text| crate::nlp::read::read(text, &lexicon));
    let intake = Arc::new(Intake { journal: Arc::clone(&journal), door: door.clone(), clock, read, answers, users });
    let outbox = Arc::new(Outbox::new(journal, place));
    Ok(House { door, intake, outbox, wake, health, committed, epoch, tasks })
}

/// Where a chat keeps its facts, and its paper venue's.
#[derive(Debug, Clone)]
pub struct Files {
    /// Address of the Desk's database.
    pub desk_url: String,
    /// The paper venue's own file.
    pub venue: PathBuf,
    /// Typed lines of earlier sessions.
    pub history: PathBuf,
}

impl Files {
    /// Returns the files in `folder`, which is made if there is none.
    ///
    /// # Errors
    /// [`StartError::Failed`] if it cannot be made.
    pub fn in_folder(folder: &Path) -> Result<Self, StartError> {
        std::fs::create_dir_all(folder)
            .map_err(|error| StartError::Failed(format!("the folder {} cannot be made: {error}", folder.display())))?;
        Ok(Self::beside(&folder.join("outcry.db"), folder))
    }

    /// Returns the files that go with a database file.
    pub fn beside(database: &Path, history: &Path) -> Self {
        let mut venue = database.as_os_str().to_owned();
        venue.push(".paper");
        let desk_url = format!("sqlite://{}", database.display());
        Self { desk_url, venue: venue.into(), history: history.join("chat-history.txt") }
    }
}

/// Returns the folder that the program keeps its files in unless told otherwise.
#[expect(clippy::disallowed_methods, reason = "where files go is a matter of the environment")]
pub fn state_folder() -> PathBuf {
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/share"));
    let base = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from).filter(|path| path.is_absolute()).or_else(home);
    base.unwrap_or_else(|| PathBuf::from(".")).join("outcry")
}

/// Returns the limits of the account.
pub fn limits(settings: &Settings) -> Limits {
    settings.limits()
}
