//! `outcry chat`: the terminal face on a paper account.

pub(super) mod ground;
pub(super) mod pace;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;

use crate::app::pacer::Pacer;
use crate::bot::terminal::output::{Output, Style};
use crate::bot::terminal::session::{self, PassTime, Session};
use crate::bot::terminal::{piped, tty};
use crate::config::Settings;
use crate::engine::deadline::within;
use crate::engine::ports::{Clock, Exchange};
use crate::store::open::Store;
use crate::tasks::{self, Tasks};

use self::ground::{Ground, Own, WhileDown};
use self::pace::Pace;
use super::operators::Operators;
use super::stop_signal::{StopSignal, StopSignals};
use super::tenured_exchange::TenuredExchange;
use super::{Files, House, HouseOptions, LANES, Ports, StartError, assemble, limits, role, state_folder};

/// How long orders on the wire may hold up the end of the program, besides the line that is being handled.
const END_MAX: Duration = Duration::from_secs(5);

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

/// Why a chat ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The person left, the input ended, or nobody read any more.
    Left,
    /// The program was asked to end.
    Stopped(StopSignal),
}

/// Runs a chat to its end. When it is asked to stop, it reads no further line, lets the present one and what is on the
/// wire come to their end (10 s at most), and closes its files.
///
/// # Errors
/// [`StartError`] if it cannot start, or cannot write.
pub async fn run(options: ChatOptions) -> Result<Ended, StartError> {
    let mut signals = StopSignals::listen().map_err(StartError::failed)?;
    let interactive = !options.json && std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    // A seed without a database is a run of its own: its files go with it.
    let repeatable = options.settings.market.seed.is_some() && options.database.is_none();
    let fresh = if repeatable { Some(tempfile::tempdir().map_err(StartError::failed)?) } else { None };
    let files = match (&options.database, &fresh, &options.settings.store.url) {
        (Some(database), ..) => Files::beside(database, &state_folder()),
        (None, Some(folder), _) => Files::in_folder(folder.path())?,
        (None, None, Some(url)) => Files { desk_url: url.expose().to_owned(), ..Files::in_folder(&state_folder())? },
        (None, None, None) => Files::in_folder(&state_folder())?,
    };
    let chat = Chat::open(&options, &files, interactive, repeatable).await?;
    let mut stopped = None;
    let outcome = chat.converse(&options, &files, interactive, async { stopped = Some(signals.first().await) }).await;
    chat.close().await;
    outcome.map(|()| stopped.map_or(Ended::Left, Ended::Stopped))
}

struct Chat {
    house: Mutex<House>,
    pacer: Arc<Pacer>,
    own: Option<Own>,
    connection: Tasks,
    store: Arc<Store>,
    pace: Pace,
    session: String,
}

impl Chat {
    async fn open(options: &ChatOptions, files: &Files, interactive: bool, repeatable: bool) -> Result<Self, StartError> {
        let settings = &options.settings;
        let pace = |now| if interactive { Pace::running(now, settings.market.speed) } else { Pace::stepped(now) };
        let ground = match options.venue {
            Some(address) => Ground::elsewhere(settings, address).await?,
            None => Ground::own(settings, &files.venue, repeatable, WhileDown::StandsStill, pace).await?,
        };
        let Ground { exchange, instruments, board, pace, own, connection } = ground;
        let store = Arc::new(Store::open(&files.desk_url).await.map_err(StartError::failed)?);
        let exchange: Arc<dyn Exchange> = Arc::new(TenuredExchange { inner: exchange, tenure: store.tenure() });
        if let Some(path) = settings.store.head_file.clone().filter(|_| options.database.is_none() && !repeatable) {
            store.keep_heads_in(path);
        }
        let ports = Ports {
            journal: Arc::<Store>::clone(&store),
            views: Arc::<Store>::clone(&store),
            users: Arc::<Store>::clone(&store),
            exchange: Arc::<dyn Exchange>::clone(&exchange),
            quotes: board.clone(),
            clock: pace.clock(),
        };
        let fresh_key = if repeatable { seed_key(settings.market.seed) } else { random_key()? };
        // Only where time stands still can a run be repeated; there one lane keeps the order.
        let lanes = if matches!(pace, Pace::Stepped(_)) { 1 } else { LANES };
        let (ports, operators) = Operators::around(settings, ports, &instruments);
        let house = HouseOptions {
            limits: limits(settings),
            instruments,
            lanes,
            settings: settings.listing(),
            snapshots_kept_ms: settings.reports.snapshots_kept_ms(),
            fresh_key,
        };
        let mut house = assemble(ports, house).await.map_err(StartError::failed)?;
        let pacer = Arc::new(Pacer {
            feed: own.as_ref().map(|own| Arc::clone(&own.feed)),
            board,
            venue: own.as_ref().map(|own| Arc::clone(&own.venue)),
            clock: pace.clock(),
            door: house.door.clone(),
            wake: house.wake.clone(),
        });
        pacer.begin().await.map_err(StartError::failed)?;
        house.tasks.spawn("role", role::keep(Arc::clone(&store)));
        if let Some(operators) = operators {
            operators.start(&mut house, &store, session::PERSON).await?;
        }
        let session = house.epoch.to_string();
        Ok(Self { house: Mutex::new(house), pacer, own, connection, store, pace, session })
    }

    async fn converse(
        &self,
        options: &ChatOptions,
        files: &Files,
        interactive: bool,
        stop: impl Future<Output = ()>,
    ) -> Result<(), StartError> {
        if matches!(self.pace, Pace::Running(_)) {
            self.start_time().await;
        }
        if interactive {
            let (terminal, thread, sink) = tty::open(files.history.clone()).map_err(StartError::failed)?;
            tasks::thread("terminal", move || thread.run()).map_err(StartError::failed)?;
            let style = if wants_colour() { Style::Painted } else { Style::Plain };
            let output = Output::new(sink, style).with_exports(export_folder(options, files));
            let session = self.session(output).await;
            tty::run_until(&session, terminal, stop).await.map_err(StartError::failed)
        } else {
            let style = if options.json { Style::Json } else { Style::Plain };
            let output = Output::new(Box::new(std::io::stdout()), style).with_exports(export_folder(options, files));
            let session = self.session(output).await;
            let input = tokio::io::BufReader::new(tokio::io::stdin());
            piped::run_until(&session, input, stop).await.map_err(StartError::failed)
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

    /// Where time runs by itself, something has to bring what it brings.
    async fn start_time(&self) {
        let mut house = self.house.lock().await;
        house.tasks.spawn("pacer", Arc::clone(&self.pacer).run());
        if let Some(own) = self.own.clone() {
            house.tasks.spawn("market keeper", own.keep_running());
        }
    }

    fn pass_time(&self) -> PassTime {
        let (pacer, own, pace) = (Arc::clone(&self.pacer), self.own.clone(), self.pace.clone());
        Arc::new(move |ms| {
            let (pacer, own, pace) = (Arc::clone(&pacer), own.clone(), pace.clone());
            Box::pin(async move {
                match pace {
                    Pace::Running(clock) => clock.sleep_until(clock.now().plus_ms(ms)).await,
                    Pace::Stepped(clock) => {
                        if let Err(error) = pacer.pass(&clock, ms).await {
                            tracing::error!(%error, "time could not pass");
                        }
                        if let Some(own) = own {
                            own.keep().await;
                        }
                    }
                }
            })
        })
    }

    /// Lets what is on the wire come to its end, keeps the market, and closes the files.
    async fn close(mut self) {
        let mut house = self.house.into_inner();
        let busy = house.door.busy().clone();
        if within(END_MAX, busy.idle()).await.is_none() {
            tracing::warn!("orders were still on the wire at the end; their outcome is asked for at the next start");
        }
        house.tasks.stop().await;
        self.connection.stop().await;
        if let Some(own) = self.own {
            own.keep().await;
            own.venue.close().await;
        }
        role::give_back(&self.store).await;
        self.store.close().await;
    }
}

/// Returns where exports go: where the settings say, or beside the database. A run without a database that stays has none;
/// its exports go to the working directory, for they are asked for to be kept.
fn export_folder(options: &ChatOptions, files: &Files) -> PathBuf {
    let passing = options.settings.market.seed.is_some() && options.database.is_none();
    let beside = files.venue.parent().filter(|folder| !passing && !folder.as_os_str().is_empty());
    let said = options.settings.reports.export_folder.clone();
    said.or_else(|| beside.map(PathBuf::from)).unwrap_or_else(|| PathBuf::from("."))
}

/// Returns the install key of a repeatable run.
fn seed_key(seed: Option<u64>) -> Vec<u8> {
    let text = format!("outcry repeatable run {}", seed.unwrap_or_default());
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes()).as_ref().to_vec()
}

/// Returns the install key of a new installation.
pub(super) fn random_key() -> Result<Vec<u8>, StartError> {
    let mut key = vec![0; 32];
    aws_lc_rs::rand::fill(&mut key).map_err(|_| StartError::Failed("no random numbers are to be had".to_owned()))?;
    Ok(key)
}

/// Colours are left out where the environment says so (<https://no-color.org>).
#[expect(clippy::disallowed_methods, reason = "NO_COLOR is a convention of the environment, not a setting of ours")]
fn wants_colour() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
