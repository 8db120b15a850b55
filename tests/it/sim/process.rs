//! One process of the house: assembled by the program's own constructor, with a face that delivers and a pacer that
//! brings time.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use outcry::app::pacer::Pacer;
use outcry::app::{House, HouseOptions, Ports, assemble};
use outcry::bot::intake::Outcome;
use outcry::bot::outbox::{Face, FaceError, Outbox};
use outcry::bot::render::Rendered;
use outcry::clock::WallClock;
use outcry::domain::ids::SourceKey;
use outcry::domain::notice::Notice;
use outcry::domain::time::{SECOND_MS, Timestamp};
use outcry::engine::desk::door::DoorError;
use outcry::engine::desk::input::Input;
use outcry::engine::market::board::QuoteBoard;
use outcry::engine::ports::{Clock, Feed, InboxMessage, JournalError};
use outcry::engine::risk::limits::Limits;
use outcry::store::memory::MemoryStore;
use tokio::sync::Notify;

use super::bug::Bug;
use super::exchange::FaultyExchange;
use super::faults::{Fault, Faults};
use super::journal::FaultyJournal;
use super::life::Life;
use super::network::Network;
use super::watch::Watch;

/// Messages that were sent and not acknowledged: a face delivers them again.
pub type Post = Arc<Mutex<BTreeMap<SourceKey, InboxMessage>>>;

/// What outlives processes.
pub struct Outside {
    pub network: Arc<Network>,
    pub feed: Arc<tokio::sync::Mutex<Box<dyn Feed>>>,
    pub limits: Limits,
    pub post: Post,
    pub bug: Option<Bug>,
    /// Since when the face has taken notices.
    pub face_works: Arc<Mutex<Timestamp>>,
}

/// A running process.
pub struct Process {
    pub house: House,
    pub life: Arc<Life>,
    pub board: Arc<QuoteBoard>,
    pub started: Timestamp,
}

struct SimFace {
    watch: Arc<Mutex<Watch>>,
    faults: Arc<Faults>,
    clock: Arc<WallClock>,
    life: Arc<Life>,
    works: Arc<Mutex<Timestamp>>,
}

#[async_trait]
impl Face for SimFace {
    async fn show(&self, notice: &Notice, _rendered: &Rendered) -> Result<(), FaceError> {
        self.life.breathe().await;
        if self.faults.strikes(Fault::FaceFails) {
            *self.works.lock().unwrap() = self.clock.now();
            return Err(FaceError::Failed("simulated: nobody there".to_owned()));
        }
        self.watch.lock().unwrap().shown(notice, self.clock.now());
        Ok(())
    }
}

impl Process {
    /// Starts a process over a store's handle of its own.
    ///
    /// # Errors
    /// As [`assemble`].
    pub async fn start(outside: &Outside, store: &MemoryStore) -> Result<Self, JournalError> {
        let Outside { network, feed, limits, bug, .. } = outside;
        let (clock, faults, watch) = (Arc::clone(&network.clock), Arc::clone(&network.faults), Arc::clone(&network.watch));
        let life = Arc::new(Life::default());
        let (board, instruments) = {
            let feed = feed.lock().await;
            let board = QuoteBoard::new(feed.source());
            let instruments = feed.instruments();
            instruments.iter().for_each(|listed| board.preload(&listed.id, &feed.hourly_bars(&listed.id, clock.now(), 20)));
            (Arc::new(board), instruments)
        };
        watch.lock().unwrap().board = Some(Arc::clone(&board));
        let journal = FaultyJournal {
            store: store.clone(),
            clock: Arc::clone(&clock),
            faults: Arc::clone(&faults),
            watch,
            life: Arc::clone(&life),
            bug: *bug,
            unwritten: tokio::sync::Mutex::default(),
        };
        let ports = Ports {
            journal: Arc::new(journal),
            views: Arc::new(store.clone()),
            users: Arc::new(store.clone()),
            exchange: Arc::new(FaultyExchange { network: Arc::clone(network), life: Arc::clone(&life), bug: *bug }),
            quotes: Arc::<QuoteBoard>::clone(&board),
            clock: Arc::<WallClock>::clone(&clock),
        };
        let options = HouseOptions {
            limits: limits.clone(),
            instruments,
            lanes: 1,
            settings: Vec::new(),
            snapshots_kept_ms: i64::MAX,
            fresh_key: vec![7; 32],
        };
        let house = assemble(ports, options).await?;
        let mut process = Self { house, life, board, started: clock.now() };
        process.run_pacer(outside);
        process.run_face(outside);
        Ok(process)
    }

    fn run_pacer(&mut self, outside: &Outside) {
        let pacer = Arc::new(Pacer {
            feed: Some(Arc::clone(&outside.feed)),
            board: Arc::clone(&self.board),
            venue: Some(Arc::clone(&outside.network.venue)),
            clock: Arc::<WallClock>::clone(&outside.network.clock),
            door: self.house.door.clone(),
            wake: self.house.wake.clone(),
        });
        self.house.tasks.spawn("pacer", async move {
            pacer.begin().await?;
            pacer.run().await
        });
    }

    fn run_face(&mut self, outside: &Outside) {
        let network = &outside.network;
        let face = SimFace {
            watch: Arc::clone(&network.watch),
            faults: Arc::clone(&network.faults),
            clock: Arc::clone(&network.clock),
            life: Arc::clone(&self.life),
            works: Arc::clone(&outside.face_works),
        };
        *outside.face_works.lock().unwrap() = network.clock.now();
        let (outbox, committed) = (Arc::clone(&self.house.outbox), Arc::clone(&self.house.committed));
        self.house.tasks.spawn("face", deliver_notices(outbox, committed, face));
        let (intake, committed, life) = (Arc::clone(&self.house.intake), Arc::clone(&self.house.committed), Arc::clone(&self.life));
        self.house.tasks.spawn("delivery", async move {
            life.breathe().await;
            // What an earlier process left open; what fails is delivered again by its face.
            let _ = intake.resume().await;
            committed.notify_one();
            Ok::<(), Infallible>(())
        });
    }

    /// Hands a message in, as a face does: it counts as delivered once it was dealt with.
    pub fn hand_in(&mut self, message: InboxMessage, post: &Post) {
        let (intake, committed, post) = (Arc::clone(&self.house.intake), Arc::clone(&self.house.committed), Arc::clone(post));
        self.house.tasks.spawn("delivery", async move {
            if !matches!(intake.handle(&message).await, Outcome::Failed(_)) {
                post.lock().unwrap().remove(&message.key);
            }
            committed.notify_one();
            Ok::<(), Infallible>(())
        });
    }

    /// Puts an input through the door, past the intake.
    pub fn knock(&mut self, input: Input) {
        let door = self.house.door.clone();
        self.house.tasks.spawn("delivery", async move {
            match door.send(input).await {
                Err(DoorError::Closed) => Err(DoorError::Closed),
                Ok(()) | Err(DoorError::Journal(_)) => Ok(()),
            }
        });
    }
}

async fn deliver_notices(outbox: Arc<Outbox>, committed: Arc<Notify>, face: SimFace) -> Result<(), Infallible> {
    loop {
        match outbox.drain(&face).await {
            Ok(()) => committed.notified().await,
            Err(_) => face.clock.sleep_until(face.clock.now().plus_ms(2 * SECOND_MS)).await,
        }
    }
}
