//! One simulated day of one seed: people talk, the market moves, faults strike, processes die and start again; then the
//! faults end, and everything must come to rest.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use outcry::clock::WallClock;
use outcry::domain::actor::Actor;
use outcry::domain::ids::Nonce;
use outcry::domain::money::Amount;
use outcry::domain::rows::{PendingState, TradingState};
use outcry::domain::time::{DAY_MS, HOUR_MS, SECOND_MS, Timestamp};
use outcry::engine::desk::input::{Input, TapVerb};
use outcry::engine::exchange::paper::venue::PaperVenue;
use outcry::engine::ports::{Clock, Feed, InboxMessage};
use outcry::engine::risk::limits::Limits;
use outcry::store::memory::MemoryStore;
use rust_decimal::{Decimal, dec};

use super::bug::Bug;
use super::faults::{Fault, Faults};
use super::invariants::rest;
use super::life::Point;
use super::luck::Luck;
use super::market::{Busy, SimFeed, schedule};
use super::network::Network;
use super::person::{OWNER, People, STRANGER, Saying, TRADER};
use super::process::{Outside, Process};
use super::watch::{Counts, Violation, Watch};

/// What a day came to.
#[derive(Debug)]
pub struct Outcome {
    pub seed: u64,
    pub counts: Counts,
    pub faults: BTreeMap<Fault, u64>,
    pub denials: BTreeMap<String, u64>,
    /// Orders that the venue took, by kind.
    pub kinds: BTreeMap<&'static str, u64>,
    pub violations: Vec<Violation>,
    pub trace: Vec<String>,
    /// The end of the event chain: the fingerprint of everything that happened.
    pub hash: String,
}

/// A day in the making.
pub struct World {
    pub outside: Outside,
    pub store: MemoryStore,
    pub people: People,
    pub luck: Luck,
    /// Faults that keep a process from reading or writing, at the last look.
    pub troubles: u64,
    /// When there was one last.
    pub troubled_at: Timestamp,
    /// The last execution of the venue that was looked at.
    pub fills_seen: u64,
}

/// Runs the day of `seed`, with a planted bug or without.
pub fn run(seed: u64, bug: Option<Bug>) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(day(seed, bug))
}

async fn day(seed: u64, bug: Option<Bug>) -> Outcome {
    let mut luck = Luck::new(seed, "world");
    // A Monday in 2026, at any hour: midnight comes somewhere in the run.
    let start = Timestamp::from_ms(1_782_691_200_000).plus_ms(luck.between(0, 24) * HOUR_MS);
    let busy = schedule(seed, start, DAY_MS);
    let mut world = World::new(seed, bug, start, &busy, luck);
    let mut process = world.boot().await;
    for stretch in &busy {
        process = world.until(process, stretch.from.plus_ms(1)).await;
        process = world.busy(process, *stretch).await;
        process = world.calm(process).await;
    }
    world.finish(seed, process).await
}

fn limits(luck: &mut Luck) -> Limits {
    Limits {
        leverage_max: dec!(10),
        order_notional_max: Some(dec!(30_000)),
        symbol_exposure_share_max: dec!(0.7),
        gross_exposure_share_max: dec!(1),
        gross_exposure_perp_share_max: dec!(1.5),
        open_positions_max: 4,
        open_orders_max: 20,
        daily_loss_share_max: if luck.strikes(200) { dec!(0.02) } else { dec!(0.30) },
        drawdown_share_max: if luck.strikes(200) { dec!(0.03) } else { dec!(0.50) },
        ..Limits::paper()
    }
}

impl World {
    fn new(seed: u64, bug: Option<Bug>, start: Timestamp, busy: &[Busy], mut luck: Luck) -> Self {
        let clock = Arc::new(WallClock::new(start, Decimal::ONE));
        let faults = Arc::new(Faults::of_seed(seed));
        let mut schedule = busy.to_vec();
        if let Some(last) = schedule.last_mut() {
            // Prices are needed until the end has been looked at.
            last.until = last.until.plus_ms(4 * HOUR_MS);
        }
        let feed = SimFeed::new(seed, start, schedule, faults.enabled(Fault::ThinBook));
        let instruments = feed.instruments();
        let limits = limits(&mut luck);
        let deposit = Amount::new(dec!(100_000)).unwrap();
        let venue_clock: Arc<dyn Clock> = Arc::<WallClock>::clone(&clock);
        let venue = Arc::new(PaperVenue::in_memory(instruments.clone(), deposit, venue_clock).unwrap());
        let traders = [OWNER.user, TRADER.user].into_iter().collect();
        let watch = Arc::new(Mutex::new(Watch::new(limits.clone(), instruments.clone(), traders)));
        let outside = Outside {
            network: Arc::new(Network::new(venue, clock, faults, watch)),
            feed: Arc::new(tokio::sync::Mutex::new(Box::new(feed))),
            limits,
            post: Arc::default(),
            bug,
            face_works: Arc::new(Mutex::new(start)),
        };
        let people = People::new(seed, instruments);
        Self { outside, store: MemoryStore::new(seed), people, luck, troubles: 0, troubled_at: start, fills_seen: 0 }
    }

    /// Returns the moment of the run.
    pub fn now(&self) -> Timestamp {
        self.outside.network.clock.now()
    }

    fn strikes(&self, fault: Fault) -> bool {
        self.outside.network.faults.strikes(fault)
    }

    /// Looks at, or tells, the watcher.
    pub fn with_watch<T>(&self, look: impl FnOnce(&mut Watch) -> T) -> T {
        look(&mut self.outside.network.watch.lock().unwrap())
    }

    // ------------------------------------------------------------ processes

    /// Starts a process; a start that fails is tried again.
    async fn boot(&mut self) -> Process {
        loop {
            match Process::start(&self.outside, &self.store).await {
                Ok(process) => return process,
                Err(_) => {
                    self.store = self.store.reopen();
                    self.drift(2 * SECOND_MS).await;
                }
            }
        }
    }

    /// Buries a dead process and starts the next, some seconds later.
    async fn reboot(&mut self, mut process: Process) -> Process {
        process.life.end();
        process.house.tasks.stop().await;
        drop(process);
        let now = self.now();
        self.with_watch(|watch| {
            watch.counts.restarts += 1;
            watch.note(now, "==== the process died".to_owned());
        });
        self.store = self.store.reopen();
        rest::inv20_nothing_committed_is_lost(&self.outside.network.watch, &self.store, now).await;
        let down = self.luck.between(100, 20_000);
        self.drift(down).await;
        // 40 s across a crash (invariant 7), and what the look allows for anyway.
        self.outside.network.faults.excuse(None, self.now().plus_ms(30 * SECOND_MS));
        let mut process = self.boot().await;
        self.redeliver(&mut process);
        process
    }

    /// Lets time pass while no process runs: the venue and the network go on.
    async fn drift(&self, ms: i64) {
        let end = self.now().plus_ms(ms);
        while self.now() < end {
            let next = self.now().plus_ms(SECOND_MS).min(end);
            self.outside.network.clock.sleep_until(next).await;
            let ticks = self.outside.feed.lock().await.due(self.now());
            for tick in ticks {
                self.outside.network.venue.on_tick(&tick).await.unwrap();
            }
            self.outside.network.deliver().await;
        }
    }

    /// Delivers again what was not acknowledged.
    pub fn redeliver(&self, process: &mut Process) {
        let waiting: Vec<InboxMessage> = self.outside.post.lock().unwrap().values().cloned().collect();
        waiting.into_iter().for_each(|message| process.hand_in(message, &self.outside.post));
    }

    /// Lets the house run until `at`.
    pub async fn until(&mut self, mut process: Process, at: Timestamp) -> Process {
        while self.now() < at {
            let network = Arc::clone(&self.outside.network);
            let next = network.next_at().map_or(at, |due| due.min(at));
            let life = Arc::clone(&process.life);
            let ended = tokio::select! {
                biased;
                () = life.over() => None,
                end = process.house.tasks.first_end() => end,
                () = network.posted.notified() => Some(("time", Ok(()))),
                () = network.clock.sleep_until(next) => Some(("time", Ok(()))),
            };
            match ended {
                Some(("time" | "delivery", _)) => {}
                Some((name, end)) => {
                    let now = self.now();
                    self.with_watch(|watch| watch.broken(25, now, format!("the task {name} ended by itself: {end:?}")));
                    process = self.reboot(process).await;
                }
                None => process = self.reboot(process).await,
            }
            network.deliver().await;
        }
        process
    }

    // ------------------------------------------------------------ the day

    async fn busy(&mut self, mut process: Process, stretch: Busy) -> Process {
        while self.now() < stretch.until && self.with_watch(|watch| watch.violations.is_empty()) {
            if self.luck.strikes(850) {
                self.act(&mut process);
            }
            if self.luck.strikes(100) {
                self.redeliver(&mut process);
            }
            if self.strikes(Fault::Crash) {
                match self.luck.pick(&Point::ALL) {
                    point if self.luck.strikes(700) => process.life.plan(*point),
                    _ => process.life.end(),
                }
            }
            let pause = self.luck.between(200, 3_400);
            let next = self.now().plus_ms(pause);
            process = self.until(process, next).await;
            self.look(&process).await;
        }
        process
    }

    /// Before a quiet time most of what is open is closed, as a person does who goes away.
    async fn calm(&mut self, mut process: Process) -> Process {
        for words in ["cancel all orders", "close everything", "yes", "yes", "close everything", "yes", "yes"] {
            if self.luck.strikes(980) {
                self.say(&mut process, Saying { actor: OWNER, body: words.to_owned() }, 0);
            }
            let next = self.now().plus_ms(4 * SECOND_MS);
            process = self.until(process, next).await;
            self.look(&process).await;
        }
        process
    }

    fn act(&mut self, process: &mut Process) {
        let waiting: Vec<(Nonce, Actor)> = self.with_watch(|watch| {
            let open = watch.pendings.values().filter(|row| row.state == PendingState::Open);
            open.map(|row| (row.nonce.clone(), row.actor)).collect()
        });
        if let Some((nonce, _)) = waiting.first()
            && self.strikes(Fault::Stranger)
        {
            self.intrude(process, nonce.clone());
        }
        let late = if self.strikes(Fault::LateMessage) { self.luck.between(0, 200_000) } else { 0 };
        let active = self.with_watch(|watch| watch.state.as_ref().is_some_and(|state| state.trading == TradingState::Active));
        for saying in self.people.next(&*process.board, &waiting, active) {
            self.say(process, saying, late);
        }
    }

    fn intrude(&mut self, process: &mut Process, nonce: Nonce) {
        let key = self.people.key();
        if self.luck.strikes(500) {
            process.knock(Input::Tap { nonce, verb: TapVerb::Confirm, actor: STRANGER, key });
        } else {
            let body = outcry::bot::taps::encode(TapVerb::Confirm, &nonce);
            let message = InboxMessage { key, actor: STRANGER, body, received_at: self.now() };
            process.hand_in(message, &self.outside.post);
        }
    }

    /// Lets somebody say something.
    pub fn say(&mut self, process: &mut Process, saying: Saying, late_ms: i64) {
        let received_at = self.now().plus_ms(-late_ms);
        let now = self.now();
        let message = InboxMessage { key: self.people.key(), actor: saying.actor, body: saying.body, received_at };
        self.with_watch(|watch| {
            watch.counts.messages += 1;
            watch.note(now, format!("user {} says {:?} ({})", message.actor.user.0, message.body, message.key));
        });
        self.outside.post.lock().unwrap().insert(message.key.clone(), message.clone());
        if self.strikes(Fault::SentTwice) {
            process.hand_in(message.clone(), &self.outside.post);
        }
        process.hand_in(message, &self.outside.post);
    }
}
