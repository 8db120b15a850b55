//! How long the whole way takes, sentence → card, tap → durable paper fill → reply ready: `cargo bench --bench chat`.
//!
//! The parts are the program's own: the house as `assemble` puts it together, the store on SQLite, the paper venue, the
//! simulated market. Only the face is a sink, and market time is moved between the readings, never inside one. Three
//! places for the files show what the disk takes: the program's code alone, everything but the disk, and as it ships.

use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use outcry::app::market::{self, OpenedMarket};
use outcry::app::pacer::Pacer;
use outcry::app::{House, HouseOptions, Ports, assemble, limits};
use outcry::bot::intake::Outcome;
use outcry::bot::outbox::{Face, FaceError};
use outcry::bot::render::Rendered;
use outcry::clock::SteppedClock;
use outcry::config::Settings;
use outcry::domain::actor::{Actor, ChatId, Role, UserId};
use outcry::domain::ids::SourceKey;
use outcry::domain::money::Amount;
use outcry::domain::notice::{Notice, NoticeBody};
use outcry::engine::exchange::paper::venue::PaperVenue;
use outcry::engine::market::board::QuoteBoard;
use outcry::engine::ports::{Clock, Exchange, InboxMessage};
use outcry::engine::risk::limits::Limits;
use outcry::store::open::Store;
use rust_decimal::dec;
use tokio::sync::Mutex;

/// Trades measured in each place, after [`WARM_UP`] that are not.
const TRADES: usize = 500;
/// Trades before the first reading.
const WARM_UP: usize = 20;
/// Market time between two readings, so that no rule about orders in quick succession, or the same order twice, stands in the way.
const BETWEEN_MS: i64 = 31_000;
/// Where Linux keeps files in memory.
const MEMORY_FOLDER: &str = "/dev/shm";

fn main() -> Result<(), Box<dyn Error>> {
    // As the program runs it.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(figures())
}

async fn figures() -> Result<(), Box<dyn Error>> {
    let own = format!("outcry-bench-chat-{}", std::process::id());
    let disk = std::env::temp_dir().join(&own);
    std::fs::create_dir_all(&disk)?;
    measure("without fsync (store unsynced, venue in memory)", &Places { store: disk.join("unsynced.db"), synced: false, venue: None })
        .await?;
    if Path::new(MEMORY_FOLDER).is_dir() {
        let memory = Path::new(MEMORY_FOLDER).join(&own);
        std::fs::create_dir_all(&memory)?;
        measure("both files in memory, every sync asked for", &Places::shipped(&memory)).await?;
        std::fs::remove_dir_all(memory)?;
    }
    measure("both files on the disk, as it ships", &Places::shipped(&disk)).await?;
    std::fs::remove_dir_all(disk)?;
    Ok(())
}

struct Places {
    store: PathBuf,
    synced: bool,
    venue: Option<PathBuf>,
}

impl Places {
    fn shipped(folder: &Path) -> Self {
        Self { store: folder.join("desk.db"), synced: true, venue: Some(folder.join("desk.db.paper")) }
    }
}

/// One reading.
struct Reading {
    card: Duration,
    fill: Duration,
}

async fn measure(name: &str, places: &Places) -> Result<(), Box<dyn Error>> {
    let mut road = Road::open(places).await?;
    for _ in 0..WARM_UP {
        road.trade().await?;
    }
    let mut readings = Vec::with_capacity(TRADES);
    for _ in 0..TRADES {
        readings.push(road.trade().await?);
    }
    road.close().await;
    let mut out = std::io::stdout();
    writeln!(out, "{name}, {TRADES} trades:")?;
    print(&mut out, "sentence → card", readings.iter().map(|reading| reading.card).collect())?;
    print(&mut out, "tap → fill → reply", readings.iter().map(|reading| reading.fill).collect())?;
    print(&mut out, "the whole way", readings.iter().map(|reading| reading.card + reading.fill).collect())?;
    Ok(())
}

fn print(out: &mut impl Write, what: &str, mut took: Vec<Duration>) -> std::io::Result<()> {
    took.sort_unstable();
    let at = |percent: usize| took.get(took.len() * percent / 100).map_or(0, Duration::as_micros);
    writeln!(out, "    {what:<20} p50 {:>6} µs   p99 {:>6} µs", at(50), at(99))
}

/// The house with what stands around it.
struct Road {
    house: House,
    pacer: Pacer,
    clock: Arc<SteppedClock>,
    venue: Arc<PaperVenue>,
    store: Arc<Store>,
    seen: Seen,
    lines: u64,
}

impl Road {
    async fn open(places: &Places) -> Result<Self, Box<dyn Error>> {
        let settings = Settings::default();
        let epoch = outcry::domain::time::Timestamp::from_ms(1_790_000_000_000);
        let OpenedMarket { feed, starts_at } = market::open(&settings, None, Some(7), epoch)?;
        let clock = Arc::new(SteppedClock::new(starts_at));
        let url = format!("sqlite://{}", places.store.display());
        let store = Arc::new(if places.synced { Store::open(&url).await? } else { Store::open_unsynced(&url).await? });
        let instruments = feed.instruments();
        let (deposit, time) = (Amount::new(dec!(100_000))?, Arc::<SteppedClock>::clone(&clock));
        let venue = Arc::new(match &places.venue {
            Some(file) => PaperVenue::open(file, instruments.clone(), deposit, time).await?,
            None => PaperVenue::in_memory(instruments.clone(), deposit, time)?,
        });
        let board = Arc::new(QuoteBoard::new(feed.source()));
        for instrument in &instruments {
            board.preload(&instrument.id, &feed.hourly_bars(&instrument.id, starts_at, 100));
        }
        let ports = Ports {
            journal: Arc::<Store>::clone(&store),
            views: Arc::<Store>::clone(&store),
            users: Arc::<Store>::clone(&store),
            exchange: Arc::<PaperVenue>::clone(&venue) as Arc<dyn Exchange>,
            quotes: Arc::<QuoteBoard>::clone(&board),
            clock: Arc::<SteppedClock>::clone(&clock),
        };
        // As shipped, but for the number of orders a day: the readings are many.
        let limits = Limits { rate_hour_max: usize::MAX, rate_day_max: usize::MAX, ..limits(&settings) };
        let options = HouseOptions {
            limits,
            instruments,
            lanes: 1,
            settings: settings.listing(),
            snapshots_kept_ms: i64::MAX,
            fresh_key: vec![7; 32],
        };
        let house = assemble(ports, options).await?;
        let pacer = Pacer {
            feed: Some(Arc::new(Mutex::new(feed))),
            board,
            venue: Some(Arc::clone(&venue)),
            clock: Arc::<SteppedClock>::clone(&clock),
            door: house.door.clone(),
            wake: house.wake.clone(),
        };
        pacer.begin().await?;
        Ok(Self { house, pacer, clock, venue, store, seen: Seen::default(), lines: 0 })
    }

    /// Buys (measured) and closes (not measured).
    async fn trade(&mut self) -> Result<Reading, Box<dyn Error>> {
        let filled = self.seen.filled.load(Ordering::Relaxed);
        let card = self.say("buy 200 usdt of btc").await?;
        let fill = self.say("yes").await?;
        if self.seen.filled.load(Ordering::Relaxed) == filled {
            let last = self.seen.last.lock().await;
            return Err(format!("a purchase was not filled, so this is not the way that was to be measured: {last}").into());
        }
        self.say("close btc").await?;
        self.say("yes").await?;
        self.pacer.pass(&self.clock, BETWEEN_MS).await?;
        Ok(Reading { card, fill })
    }

    /// Says a line as the terminal does, and returns how long it took until its replies were rendered.
    #[expect(clippy::disallowed_methods, reason = "a bench measures by the wall")]
    async fn say(&mut self, line: &str) -> Result<Duration, Box<dyn Error>> {
        self.lines += 1;
        let began = Instant::now();
        let message = InboxMessage {
            key: SourceKey::new(format!("bench:{}", self.lines)),
            actor: Actor { user: UserId::TERMINAL, chat: ChatId::TERMINAL, role: Role::Owner },
            body: line.to_owned(),
            received_at: self.clock.now(),
        };
        let outcome = self.house.intake.handle(&message).await;
        self.house.door.busy().idle().await;
        self.house.outbox.drain(&self.seen).await?;
        let took = began.elapsed();
        if outcome == Outcome::Done { Ok(took) } else { Err(format!("{line}: {outcome:?}").into()) }
    }

    async fn close(mut self) {
        self.house.tasks.stop().await;
        self.venue.close().await;
        self.store.close().await;
    }
}

/// A face that takes every reply, counts the fills and knows the last reply.
#[derive(Default)]
struct Seen {
    filled: AtomicUsize,
    last: Mutex<String>,
}

#[async_trait]
impl Face for Seen {
    async fn show(&self, notice: &Notice, rendered: &Rendered) -> Result<(), FaceError> {
        self.last.lock().await.clone_from(&rendered.text);
        if matches!(notice.body, NoticeBody::Filled(_)) {
            self.filled.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }
}
