//! What a chat trades on: a market and a paper venue of its own, or a venue in another process with that one's market.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;

use crate::app::StartError;
use crate::app::market::{self, OpenedMarket};
use crate::clock::wall_now;
use crate::config::Settings;
use crate::domain::instrument::Instrument;
use crate::domain::money::Amount;
use crate::domain::time::Timestamp;
use crate::engine::deadline::{pause, within};
use crate::engine::exchange::paper::remote::RemoteVenue;
use crate::engine::exchange::paper::venue::PaperVenue;
use crate::engine::market::board::QuoteBoard;
use crate::engine::ports::{Clock, Exchange, Feed};
use crate::tasks::Tasks;

use super::pace::Pace;

/// How often a running simulated market is kept, in wall time.
const KEEP_EVERY: Duration = Duration::from_secs(10);
/// Bars of the past that warm the indicators up.
const PAST_BARS: usize = 100;
/// How long a venue in another process may take to answer for the first time, and its market to show a price.
const GREETING_MAX: Duration = Duration::from_secs(10);
/// Pause between two tries to reach it.
const GREETING_PAUSE: Duration = Duration::from_millis(50);

/// What a chat trades on, and the time that goes with it.
pub struct Ground {
    /// The venue.
    pub exchange: Arc<dyn Exchange>,
    /// What it lists.
    pub instruments: Vec<Instrument>,
    /// Its prices.
    pub board: Arc<QuoteBoard>,
    /// Its time.
    pub pace: Pace,
    /// The market and the venue, if they are this process's own.
    pub own: Option<Own>,
    /// The connection, if they are not.
    pub connection: Tasks,
}

/// A market and a venue of one's own.
#[derive(Clone)]
pub struct Own {
    /// Where ticks come from.
    pub feed: Arc<Mutex<Box<dyn Feed>>>,
    /// The venue that matches against them.
    pub venue: Arc<PaperVenue>,
    /// Their time.
    clock: Arc<dyn Clock>,
}

/// What a market of one's own does while its process is down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhileDown {
    /// It goes on from where it was left.
    StandsStill,
    /// It goes on without us, as a real one does: what was waiting for an answer, such as a card, has grown old meanwhile.
    GoesOn,
}

impl Own {
    /// Keeps a running market from time to time.
    ///
    /// # Errors
    /// None; the signature is that of a task.
    pub async fn keep_running(self) -> Result<(), StartError> {
        loop {
            self.keep().await;
            pause(KEEP_EVERY).await;
        }
    }

    /// Keeps the market in the venue's file, so that it goes on from here.
    pub async fn keep(&self) {
        let feed = self.feed.lock().await;
        let (snapshot, now) = (feed.snapshot(), self.clock.now());
        drop(feed);
        market::keep(&self.venue, snapshot, now).await;
    }
}

impl Ground {
    /// Opens a market, and a venue with its file, in this process. `pace` makes the clock for the moment at which the
    /// market begins; a repeatable run begins with an empty file.
    ///
    /// # Errors
    /// [`StartError`] with what is missing.
    pub async fn own(
        settings: &Settings,
        file: &std::path::Path,
        repeatable: bool,
        while_down: WhileDown,
        pace: impl FnOnce(Timestamp) -> Pace,
    ) -> Result<Self, StartError> {
        let kept = if repeatable { None } else { market::stored(file).await? };
        let OpenedMarket { mut feed, starts_at } = market::open(settings, kept.as_deref(), settings.market.seed, wall_now())?;
        let moment = if kept.is_some() && while_down == WhileDown::GoesOn { market::moment(file).await? } else { None };
        let resumed = moment.map(|moment| moment.resumed(wall_now(), settings.market.speed, KEEP_EVERY).max(starts_at));
        let starts_at = resumed.map_or(starts_at, |moment| market::pass_unseen(&mut *feed, moment));
        let pace = pace(starts_at);
        let deposit = Amount::new(settings.paper.initial_capital).map_err(StartError::failed)?;
        let instruments = feed.instruments();
        let venue = PaperVenue::open(file, instruments.clone(), deposit, pace.clock()).await;
        let venue = venue.map_err(|error| market::unusable(file, &error))?;
        let venue = Arc::new(venue.with_rules(market::venue_rules(settings)?));
        let board = QuoteBoard::new(feed.source());
        for instrument in &instruments {
            board.preload(&instrument.id, &feed.hourly_bars(&instrument.id, starts_at, PAST_BARS));
        }
        let exchange: Arc<dyn Exchange> = Arc::<PaperVenue>::clone(&venue);
        let own = Some(Own { feed: Arc::new(Mutex::new(feed)), venue, clock: pace.clock() });
        Ok(Self { exchange, instruments, board: Arc::new(board), pace, own, connection: Tasks::default() })
    }

    /// Connects to the paper venue that another process runs at `address`. Its market's time runs here as it does there,
    /// if both are told the same speed.
    ///
    /// # Errors
    /// [`StartError::Failed`] if no venue answers there.
    pub async fn elsewhere(settings: &Settings, address: SocketAddr) -> Result<Self, StartError> {
        let (venue, link, mut ticks) = RemoteVenue::connect(address);
        let mut connection = Tasks::default();
        connection.spawn("venue link", async move {
            link.run().await;
            Ok::<(), StartError>(())
        });
        let silent = |error: &dyn std::fmt::Display| {
            StartError::Failed(format!("no paper venue answers at {address} ({error}); start one with `outcry paper-venue --file PATH`"))
        };
        let instruments = greeted(&venue).await.map_err(|error| silent(&error))?;
        let board = QuoteBoard::new(settings.market.source);
        for instrument in &instruments {
            board.preload(&instrument.id, &venue.hourly_bars(&instrument.id, PAST_BARS).await.map_err(|error| silent(&error))?);
        }
        let board = Arc::new(board);
        // Without a first price the first words would find a market without prices; a market that has ended shows none.
        if let Some(Some(tick)) = within(GREETING_MAX, ticks.recv()).await {
            board.on_tick(&tick);
        }
        let now = venue.now().await.map_err(|error| silent(&error))?;
        let pace = Pace::running(now, settings.market.speed);
        let shown = Arc::clone(&board);
        connection.spawn("venue prices", async move {
            while let Some(tick) = ticks.recv().await {
                shown.on_tick(&tick);
            }
            Ok::<(), StartError>(())
        });
        Ok(Self { exchange: Arc::new(venue), instruments, board, pace, own: None, connection })
    }
}

/// Asks a venue what it lists until it answers.
async fn greeted(venue: &RemoteVenue) -> Result<Vec<Instrument>, crate::engine::ports::QueryError> {
    let answered = within(GREETING_MAX, async {
        loop {
            match venue.instruments().await {
                Ok(instruments) => return instruments,
                Err(_) => pause(GREETING_PAUSE).await,
            }
        }
    });
    match answered.await {
        Some(instruments) => Ok(instruments),
        None => venue.instruments().await,
    }
}
