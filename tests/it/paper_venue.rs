//! The paper venue and its file: what it answered survives, what it could not keep it did not tell.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails loudly")]

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tokio::sync::watch;

use outcry::domain::ids::ClientOrderId;
use outcry::domain::instrument::{Instrument, InstrumentId, InstrumentStatus, Market, Symbol};
use outcry::domain::market::{Level, Tick};
use outcry::domain::money::{Amount, Leverage, Price, Quantity, Ratio};
use outcry::domain::order::{AttachedSpec, Leg, OrderSpec, OrderType, Side, TimeInForce, VenueOrderState};
use outcry::domain::time::Timestamp;
use outcry::engine::exchange::paper::rules::VenueRules;
use outcry::engine::exchange::paper::venue::PaperVenue;
use outcry::engine::ports::{CancelOutcome, Clock, Exchange, SubmitOutcome, VenueEvent};

/// A clock that the test turns.
pub struct HandClock(watch::Sender<i64>);

impl HandClock {
    pub fn at(ms: i64) -> Arc<Self> {
        Arc::new(Self(watch::Sender::new(ms)))
    }

    pub fn turn_to(&self, ms: i64) {
        self.0.send_replace(ms);
    }
}

#[async_trait]
impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(*self.0.borrow())
    }

    async fn sleep_until(&self, at: Timestamp) {
        let _ = self.0.subscribe().wait_for(|now| *now >= at.ms()).await;
    }
}

/// A file name of its own, removed with everything beside it at the end.
pub struct ScratchFile(PathBuf);

impl ScratchFile {
    pub fn new(name: &str) -> Self {
        let directory = std::env::temp_dir().join(format!("outcry paper %20 {name} {}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        Self(directory)
    }

    pub fn path(&self) -> PathBuf {
        self.0.join("venue.db")
    }
}

impl Drop for ScratchFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub fn perp() -> InstrumentId {
    InstrumentId::new(Symbol::new("ETH", "USDT"), Market::Perp)
}

pub fn price(text: &str) -> Price {
    Price::new(text.parse().unwrap()).unwrap()
}

pub fn quantity(text: &str) -> Quantity {
    Quantity::new(text.parse().unwrap()).unwrap()
}

pub fn instruments() -> Vec<Instrument> {
    let ratio = |text: &str| Ratio::new(text.parse().unwrap()).unwrap();
    vec![Instrument {
        id: perp(),
        tick: price("0.01"),
        step: quantity("0.001"),
        min_notional: Amount::new("5".parse().unwrap()).unwrap(),
        maker_fee: ratio("0.0002"),
        taker_fee: ratio("0.0005"),
        maintenance: ratio("0.005"),
        brackets: Vec::new(),
        leverage_max: Leverage::new("20".parse().unwrap()).unwrap(),
        major: true,
        status: InstrumentStatus::Trading,
    }]
}

pub fn deposit() -> Amount {
    Amount::new("100000".parse().unwrap()).unwrap()
}

/// A tick with two levels of 5 on each side of the mark.
pub fn tick(ms: i64, mark: &str) -> Tick {
    let level = |cents: i64| {
        let price = Price::new(mark.parse::<rust_decimal::Decimal>().unwrap() + rust_decimal::Decimal::new(cents, 2)).unwrap();
        Level { price, quantity: quantity("5") }
    };
    let (bids, asks) = (vec![level(-1), level(-2)], vec![level(1), level(2)]);
    Tick { instrument: perp(), at: Timestamp::from_ms(ms), mark: price(mark), print: None, bids, asks }
}

pub fn id(text: &str) -> ClientOrderId {
    ClientOrderId::new(text)
}

pub fn limit(name: &str, side: Side, size: &str, at: &str) -> OrderSpec {
    OrderSpec {
        id: id(name),
        instrument: perp(),
        side,
        order_type: OrderType::Limit,
        quantity: quantity(size),
        price: Some(price(at)),
        trigger: None,
        tif: TimeInForce::Gtc,
        reduce_only: false,
        leverage: Leverage::new("10".parse().unwrap()).unwrap(),
        margin_mode: Default::default(),
        attached: Vec::new(),
    }
}

pub fn bracket(name: &str, size: &str, at: &str, stop: &str, target: &str) -> OrderSpec {
    let exit = |suffix: &str, leg, at: &str| AttachedSpec { id: id(&format!("{name}{suffix}")), leg, price: price(at), share: Ratio::ONE };
    let attached = vec![exit("-s", Leg::Stop, stop), exit("-t", Leg::Target(1), target)];
    OrderSpec { attached, ..limit(name, Side::Buy, size, at) }
}

/// Collects what a venue pushes.
pub fn listen(venue: &dyn Exchange) -> Arc<Mutex<Vec<VenueEvent>>> {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ear = Arc::clone(&heard);
    venue.attach(Arc::new(move |event| ear.lock().unwrap().push(event)));
    heard
}

async fn open(file: &ScratchFile) -> PaperVenue {
    PaperVenue::open(&file.path(), instruments(), deposit(), HandClock::at(1_000)).await.unwrap()
}

fn is_taken(outcome: &SubmitOutcome) -> bool {
    matches!(outcome, SubmitOutcome::Accepted { .. })
}

#[tokio::test]
async fn a_venue_goes_on_where_it_was_after_each_step() {
    let file = ScratchFile::new("reopen");
    let mut venue = open(&file).await;
    for step in 0..9 {
        // A new process knows no prices until its first tick.
        venue.on_tick(&tick(1_000 + step, "2000")).await.unwrap();
        match step {
            0 => assert!(is_taken(&venue.submit(bracket("a", "12", "2000.02", "1900", "2100")).await)),
            1 => assert!(is_taken(&venue.submit(limit("rest", Side::Buy, "1", "1999.99")).await)),
            2 => venue.put_meta("market", "a snapshot").await.unwrap(),
            3 => assert!(matches!(venue.submit(limit("bad", Side::Buy, "0.0001", "1")).await, SubmitOutcome::Rejected { .. })),
            4 => {
                let mut through = tick(1_100, "2000");
                let aggressor = Side::Sell;
                through.print = Some(outcry::domain::market::Print { price: price("1999.99"), quantity: quantity("3"), aggressor });
                venue.on_tick(&through).await.unwrap();
            }
            5 => assert!(matches!(venue.cancel(&perp(), &id("rest")).await, CancelOutcome::Done(_))),
            6 => venue.on_tick(&tick(1_200, "1890")).await.unwrap(),
            7 => assert!(is_taken(&venue.submit(limit("again", Side::Buy, "1", "1500")).await)),
            _ => {}
        }
        let before = (venue.state().await.unwrap(), venue.log(0, 1_000).await.unwrap(), venue.account().await.unwrap());
        venue.close().await;
        venue = open(&file).await;
        let after = (venue.state().await.unwrap(), venue.log(0, 1_000).await.unwrap(), venue.account().await.unwrap());
        assert_eq!(before, after, "after step {step}");
    }
    let ended = venue.order(&perp(), &id("rest")).await.unwrap().unwrap();
    assert_eq!(ended.state, VenueOrderState::Canceled, "ended orders stay known");
    assert_eq!(venue.order(&perp(), &id("never")).await.unwrap(), None);
    assert_eq!(venue.cancel(&perp(), &id("never")).await, CancelOutcome::NotFound);
    assert_eq!(venue.meta("market").await.unwrap().as_deref(), Some("a snapshot"));
    let fills = venue.fills_since(Timestamp::from_ms(0)).await.unwrap();
    let bought: rust_decimal::Decimal = fills.iter().filter(|fill| fill.side == Side::Buy).map(|fill| fill.quantity.value()).sum();
    assert_eq!(bought, "12".parse().unwrap());
    assert!(venue.fills_since(Timestamp::from_ms(1_200)).await.unwrap().iter().all(|fill| fill.side == Side::Sell));
}

#[tokio::test]
async fn a_dropped_venue_forgets_nothing_it_answered() {
    let file = ScratchFile::new("drop");
    let venue = open(&file).await;
    venue.on_tick(&tick(1, "2000")).await.unwrap();
    assert!(is_taken(&venue.submit(limit("a", Side::Buy, "1", "2000.01")).await));
    let before = venue.state().await.unwrap();
    drop(venue);
    assert_eq!(open(&file).await.state().await.unwrap(), before);
}

#[tokio::test]
async fn a_tick_that_changes_nothing_writes_nothing() {
    let file = ScratchFile::new("quiet");
    let venue = open(&file).await;
    venue.on_tick(&tick(1, "2000")).await.unwrap();
    assert!(is_taken(&venue.submit(bracket("a", "1", "2000.02", "1900", "2100")).await));
    let written = || {
        let names = [file.path(), file.path().with_extension("db-wal")];
        names.map(|name| std::fs::metadata(name).map_or(0, |meta| meta.len()))
    };
    let before = written();
    for step in 0..50 {
        venue.on_tick(&tick(2 + step, "2001")).await.unwrap();
    }
    assert_eq!(written(), before);
    venue.on_tick(&tick(99, "1800")).await.unwrap();
    assert_ne!(written(), before, "the stop's execution is written");
}

#[tokio::test]
async fn what_could_not_be_kept_is_not_told() {
    let file = ScratchFile::new("broken");
    let venue = open(&file).await;
    let heard = listen(&venue);
    venue.on_tick(&tick(1, "2000")).await.unwrap();
    venue.close().await;
    assert!(matches!(venue.submit(limit("a", Side::Buy, "1", "2000.01")).await, SubmitOutcome::Unknown(_)));
    assert!(matches!(venue.submit(limit("b", Side::Buy, "1", "2000.01")).await, SubmitOutcome::NotSent(_)));
    assert!(matches!(venue.cancel(&perp(), &id("a")).await, CancelOutcome::Unknown(_)));
    assert!(venue.open_orders().await.is_err() && venue.account().await.is_err(), "no empty answers");
    assert!(heard.lock().unwrap().is_empty());
    let again = open(&file).await;
    assert!(again.state().await.unwrap().orders.is_empty());
    assert_eq!(again.log(0, 10).await.unwrap(), []);
}

#[tokio::test]
async fn a_second_venue_on_the_same_file_is_refused() {
    let file = ScratchFile::new("second");
    let first = open(&file).await;
    let second = PaperVenue::open(&file.path(), instruments(), deposit(), HandClock::at(1)).await;
    assert!(second.err().unwrap().to_string().contains("in use by another process"));
    first.close().await;
    open(&file).await;
}

#[tokio::test]
async fn a_file_that_is_none_or_of_another_market_is_refused_with_a_sentence() {
    let file = ScratchFile::new("foreign");
    std::fs::write(file.path(), vec![b'x'; 8_192]).unwrap();
    let refusal = PaperVenue::open(&file.path(), instruments(), deposit(), HandClock::at(1)).await.err().unwrap();
    assert!(refusal.to_string().starts_with("the paper venue's file cannot be used"), "{refusal}");

    std::fs::remove_file(file.path()).unwrap();
    let venue = open(&file).await;
    venue.close().await;
    let database = sqlx::AnyPool::connect(&format!("sqlite://{}", file.path().display().to_string().replace('%', "%25"))).await.unwrap();
    sqlx::query("UPDATE paper_schema SET version = 99").execute(&database).await.unwrap();
    database.close().await;
    let refusal = PaperVenue::open(&file.path(), instruments(), deposit(), HandClock::at(1)).await.err().unwrap();
    assert!(refusal.to_string().contains("later version"), "{refusal}");

    std::fs::remove_file(file.path()).unwrap();
    let venue = open(&file).await;
    venue.on_tick(&tick(1, "2000")).await.unwrap();
    assert!(is_taken(&venue.submit(limit("a", Side::Buy, "1", "1000")).await));
    venue.close().await;
    let refusal = PaperVenue::open(&file.path(), Vec::new(), deposit(), HandClock::at(1)).await.err().unwrap();
    assert!(refusal.to_string().contains("ETH/USDT:perp"), "{refusal}");
}

#[tokio::test]
async fn memory_and_file_tell_the_same() {
    let file = ScratchFile::new("twins");
    let durable = open(&file).await;
    let fleeting = PaperVenue::in_memory(instruments(), deposit(), HandClock::at(1_000)).unwrap();
    let mut told = Vec::new();
    for venue in [&durable, &fleeting] {
        let heard = listen(venue);
        venue.on_tick(&tick(1, "2000")).await.unwrap();
        let outcome = venue.submit(bracket("a", "12", "2000.02", "1900", "2100")).await;
        venue.on_tick(&tick(2, "1890")).await.unwrap();
        let answers = (outcome, venue.order(&perp(), &id("a-t")).await.unwrap(), venue.log(2, 3).await.unwrap());
        let events = heard.lock().unwrap().clone();
        told.push((answers, events, venue.fills_page(Timestamp::from_ms(2), 0, 1).await.unwrap(), venue.state().await.unwrap()));
    }
    assert_eq!(told[0], told[1]);
}

#[tokio::test]
async fn a_call_that_was_dropped_in_its_middle_leaves_one_truth() {
    let file = ScratchFile::new("dropped");
    let mut answered = 0;
    for patience in 1..40 {
        let venue = open(&file).await;
        let heard = listen(&venue);
        venue.on_tick(&tick(1, "2000")).await.unwrap();
        let kept = venue.log(0, 10_000).await.unwrap().len();
        let name = format!("n{patience}");
        // Gives up after so many turns: somewhere inside the commit.
        let answer = {
            let mut call = std::pin::pin!(venue.submit(limit(&name, Side::Buy, "0.01", "2000.01")));
            let mut turns = 0;
            std::future::poll_fn(|context| {
                turns += 1;
                if turns > patience { std::task::Poll::Ready(None) } else { call.as_mut().poll(context).map(Some) }
            })
            .await
        };
        answered += usize::from(answer.is_some());
        let state = venue.state().await.unwrap();
        let heard = heard.lock().unwrap().clone();
        match answer {
            Some(outcome) => assert!(is_taken(&outcome) && heard.len() == 2),
            None => assert_eq!(heard, [VenueEvent::Gap], "it says that something may be missing"),
        }
        let log = venue.log(0, 10_000).await.unwrap().len();
        let known = venue.order(&perp(), &id(&name)).await.unwrap().is_some();
        assert_eq!(log - kept, if known { 2 } else { 0 }, "whole or not at all");
        venue.close().await;
        let again = open(&file).await;
        assert_eq!(again.state().await.unwrap(), state);
        again.close().await;
    }
    assert!((1..39).contains(&answered), "{answered} calls came to their end: the others must have been cut");
}

#[tokio::test]
async fn where_ids_are_for_ever_a_repeated_one_is_answered_with_its_first_order() {
    let file = ScratchFile::new("ids");
    for forever in [false, true] {
        let _ = std::fs::remove_file(file.path());
        let rules = VenueRules { ids_forever: forever, ..VenueRules::default() };
        let venue = open(&file).await.with_rules(rules);
        venue.on_tick(&tick(1, "2000")).await.unwrap();
        assert!(is_taken(&venue.submit(limit("a", Side::Buy, "1", "1000")).await));
        let first =
            venue.order(&limit("a", Side::Buy, "1", "1000").instrument, &limit("a", Side::Buy, "1", "1000").id).await.unwrap().unwrap();
        let again = venue.submit(limit("a", Side::Buy, "2", "900")).await;
        match again {
            SubmitOutcome::Accepted { orders, fills } if forever => assert_eq!((orders, fills), (vec![first.clone()], vec![])),
            SubmitOutcome::Rejected { code, .. } if !forever => assert_eq!(code, "-2010"),
            other => panic!("{other:?}"),
        }
        venue.cancel(&first.instrument, &first.id).await;
        let after = venue.submit(limit("a", Side::Buy, "2", "900")).await;
        let open = venue.open_orders().await.unwrap().len();
        assert_eq!((is_taken(&after), open), (true, usize::from(!forever)), "an order of its own only where ids may come again");
        venue.close().await;
    }
}
