//! `outcry chat`: the terminal face on a paper account.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rust_decimal::Decimal;
use tokio::sync::Mutex;

use crate::app::pacer::Pacer;
use crate::bot::terminal::output::{Output, Style};
use crate::bot::terminal::session::{PassTime, Session};
use crate::bot::terminal::{piped, tty};
use crate::clock::{SteppedClock, WallClock, wall_now};
use crate::config::Settings;
use crate::domain::instrument::Instrument;
use crate::domain::money::Amount;
use crate::domain::time::Timestamp;
use crate::engine::deadline::{pause, within};
use crate::engine::exchange::paper::venue::PaperVenue;
use crate::engine::market::board::QuoteBoard;
use crate::engine::ports::{Clock, Exchange, Feed};
use crate::store::open::Store;
use crate::tasks;

use super::market::{OpenedMarket, keep, open, stored};
use super::{Files, House, HouseOptions, LANES, Ports, StartError, assemble, limits, state_folder};

/// Bars of the past that warm the indicators up.
const PAST_BARS: usize = 100;
/// How often a running simulated market is kept, in wall time.
const KEEP_EVERY: Duration = Duration::from_secs(10);
/// How long orders on the wire may hold up the end of the program.
const END_MAX: Duration = Duration::from_secs(10);

/// What the command line says.
#[derive(Debug, Clone)]
pub struct ChatOptions {
    /// The settings, command line included.
    pub settings: Settings,
    /// The database file, if one is named.
    pub database: Option<PathBuf>,
    /// Whether replies are JSON lines.
    pub json: bool,
    /// A paper venue in another process, to trade on instead of one's own.
    pub venue: Option<std::net::SocketAddr>,
}

/// A chat's clock: it runs on a terminal, and stands still between the lines of a pipe.
enum Pace {
    Running(Arc<WallClock>),
    Stepped(Arc<SteppedClock>),
}

impl Pace {
    fn clock(&self) -> Arc<dyn Clock> {
        match self {
            Self::Running(clock) => Arc::<WallClock>::clone(clock),
            Self::Stepped(clock) => Arc::<SteppedClock>::clone(clock),
        }
    }
}

/// Runs a chat to its end.
///
/// # Errors
/// [`StartError`] if it cannot start, or cannot write.
pub async fn run(options: ChatOptions) -> Result<(), StartError> {
    let interactive = !options.json && std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    let seed = options.settings.market.seed;
    // A seed without a database is a run of its own: its files go with it.
    let fresh = if seed.is_some() && options.database.is_none() { Some(tempfile::tempdir().map_err(StartError::failed)?) } else { None };
    let files = match (&options.database, &fresh, &options.settings.store.url) {
        (Some(database), ..) => Files::beside(database, &state_folder()),
        (None, Some(folder), _) => Files::in_folder(folder.path())?,
        (None, None, Some(url)) => Files { desk_url: url.expose().to_owned(), ..Files::in_folder(&state_folder())? },
        (None, None, None) => Files::in_folder(&state_folder())?,
    };
    let chat = Chat::open(&options, &files, interactive, fresh.is_some()).await?;
    let outcome = chat.converse(&options, &files, interactive).await;
    chat.close().await;
    outcome
}

struct Chat {
    house: Mutex<House>,
    pacer: Arc<Pacer>,
    venue: Arc<PaperVenue>,
    store: Arc<Store>,
    pace: Pace,
    session: String,
}

impl Chat {
    async fn open(options: &ChatOptions, files: &Files, interactive: bool, repeatable: bool) -> Result<Self, StartError> {
        let settings = &options.settings;
        let kept = if repeatable { None } else { stored(&files.venue).await? };
        let OpenedMarket { feed, starts_at } = open(settings, kept.as_deref(), settings.market.seed, wall_now())?;
        let pace = pace(settings, interactive, starts_at);
        let store = Arc::new(Store::open(&files.desk_url).await.map_err(StartError::failed)?);
        let deposit = Amount::new(settings.paper.initial_capital).map_err(StartError::failed)?;
        let instruments = feed.instruments();
        let venue = PaperVenue::open(&files.venue, instruments.clone(), deposit, pace.clock()).await.map_err(StartError::failed)?;
        let venue = Arc::new(venue);
        let board = warmed_board(&*feed, &instruments, starts_at);
        let exchange: Arc<dyn Exchange> = Arc::<PaperVenue>::clone(&venue);
        let fresh_key = if repeatable { seed_key(settings.market.seed) } else { random_key()? };
        let ports = Ports {
            journal: Arc::<Store>::clone(&store),
            views: Arc::<Store>::clone(&store),
            exchange,
            quotes: Arc::<QuoteBoard>::clone(&board),
            clock: pace.clock(),
        };
        let lanes = if interactive { LANES } else { 1 };
        let options = HouseOptions { limits: limits(settings), instruments, lanes, settings: settings.listing(), fresh_key };
        let house = assemble(ports, options).await.map_err(StartError::failed)?;
        let session = house.epoch.to_string();
        let pacer = Arc::new(Pacer {
            feed: Arc::new(Mutex::new(feed)),
            board,
            venue: Some(Arc::clone(&venue)),
            clock: pace.clock(),
            door: house.door.clone(),
            wake: house.wake.clone(),
        });
        pacer.begin().await.map_err(StartError::failed)?;
        Ok(Self { house: Mutex::new(house), pacer, venue, store, pace, session })
    }

    async fn converse(&self, options: &ChatOptions, files: &Files, interactive: bool) -> Result<(), StartError> {
        if interactive {
            let (terminal, thread, sink) = tty::open(files.history.clone()).map_err(StartError::failed)?;
            tasks::thread("terminal", move || thread.run()).map_err(StartError::failed)?;
            let output = Output::new(sink, if wants_colour() { Style::Painted } else { Style::Plain });
            let session = self.session(output).await;
            self.start_time().await;
            tty::run(&session, terminal).await.map_err(StartError::failed)
        } else {
            let style = if options.json { Style::Json } else { Style::Plain };
            let session = self.session(Output::new(Box::new(std::io::stdout()), style)).await;
            let input = tokio::io::BufReader::new(tokio::io::stdin());
            piped::run(&session, input).await.map_err(StartError::failed)
        }
    }

    async fn session(&self, output: Output) -> Session {
        let house = self.house.lock().await;
        Session {
            intake: Arc::clone(&house.intake),
            outbox: Arc::clone(&house.outbox),
            output: Arc::new(output),
            id: self.session.clone(),
            pass_time: self.pass_time(),
        }
    }

    /// On a terminal time runs by itself.
    async fn start_time(&self) {
        let mut house = self.house.lock().await;
        house.tasks.spawn("pacer", Arc::clone(&self.pacer).run());
        let (pacer, venue) = (Arc::clone(&self.pacer), Arc::clone(&self.venue));
        house.tasks.spawn("market keeper", keep_market(pacer, venue));
    }

    fn pass_time(&self) -> PassTime {
        let pacer = Arc::clone(&self.pacer);
        match &self.pace {
            Pace::Stepped(clock) => {
                let (clock, venue) = (Arc::clone(clock), Arc::clone(&self.venue));
                Arc::new(move |ms| {
                    let (pacer, clock, venue) = (Arc::clone(&pacer), Arc::clone(&clock), Arc::clone(&venue));
                    Box::pin(async move {
                        if let Err(error) = pacer.pass(&clock, ms).await {
                            tracing::error!(%error, "time could not pass");
                        }
                        let snapshot = pacer.feed.lock().await.snapshot();
                        keep(&venue, snapshot).await;
                    })
                })
            }
            Pace::Running(clock) => {
                let clock = Arc::clone(clock);
                Arc::new(move |ms| {
                    let clock = Arc::clone(&clock);
                    Box::pin(async move { clock.sleep_until(clock.now().plus_ms(ms)).await })
                })
            }
        }
    }

    /// Lets what is on the wire come to its end, keeps the market, and closes the files.
    async fn close(self) {
        let mut house = self.house.into_inner();
        let busy = house.door.busy().clone();
        if within(END_MAX, busy.idle()).await.is_none() {
            tracing::warn!("orders were still on the wire at the end; their outcome is asked for at the next start");
        }
        house.tasks.stop().await;
        let snapshot = self.pacer.feed.lock().await.snapshot();
        keep(&self.venue, snapshot).await;
        self.venue.close().await;
        self.store.close().await;
    }
}

fn pace(settings: &Settings, interactive: bool, starts_at: Timestamp) -> Pace {
    if interactive {
        return Pace::Running(Arc::new(WallClock::new(starts_at, settings.market.speed.max(Decimal::new(1, 3)))));
    }
    Pace::Stepped(Arc::new(SteppedClock::new(starts_at)))
}

/// Returns a quote board that knows the recent past of each instrument.
fn warmed_board(feed: &dyn Feed, instruments: &[Instrument], now: Timestamp) -> Arc<QuoteBoard> {
    let board = QuoteBoard::new(feed.source());
    for instrument in instruments {
        board.preload(&instrument.id, &feed.hourly_bars(&instrument.id, now, PAST_BARS));
    }
    Arc::new(board)
}

/// Returns the install key of a repeatable run.
fn seed_key(seed: Option<u64>) -> Vec<u8> {
    let text = format!("outcry repeatable run {}", seed.unwrap_or_default());
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes()).as_ref().to_vec()
}

async fn keep_market(pacer: Arc<Pacer>, venue: Arc<PaperVenue>) -> Result<(), StartError> {
    loop {
        pause(KEEP_EVERY).await;
        let snapshot = pacer.feed.lock().await.snapshot();
        keep(&venue, snapshot).await;
    }
}

/// Returns the install key of a new installation.
fn random_key() -> Result<Vec<u8>, StartError> {
    let mut key = vec![0; 32];
    aws_lc_rs::rand::fill(&mut key).map_err(|_| StartError::Failed("no random numbers are to be had".to_owned()))?;
    Ok(key)
}

/// Colours are left out where the environment says so (<https://no-color.org>).
#[expect(clippy::disallowed_methods, reason = "NO_COLOR is a convention of the environment, not a setting of ours")]
fn wants_colour() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
