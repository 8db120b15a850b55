//! The paper venue in another process: the protocol on the loopback interface, and what it survives.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails loudly")]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;

use outcry::domain::instrument::{Instrument, InstrumentId};
use outcry::domain::market::{Bar, MarketSource, Tick};
use outcry::domain::order::{Side, VenueOrderState};
use outcry::domain::time::Timestamp;
use outcry::engine::exchange::paper::frame::REQUEST_BYTES_MAX;
use outcry::engine::exchange::paper::log::LogEvent;
use outcry::engine::exchange::paper::remote::RemoteVenue;
use outcry::engine::exchange::paper::server::{self, ServeError, SharedFeed};
use outcry::engine::exchange::paper::venue::PaperVenue;
use outcry::engine::ports::{CancelOutcome, Exchange, Feed, SubmitOutcome, VenueEvent};

use crate::paper_venue::{HandClock, bracket, deposit, id, instruments, limit, listen, perp, tick};

/// Nothing here takes so long unless it hangs.
const PATIENCE: Duration = Duration::from_secs(30);

/// A market that ticks at 2000 each millisecond up to its last.
struct SteadyFeed {
    next: i64,
    last: i64,
}

impl SteadyFeed {
    fn until(last: i64) -> SharedFeed {
        Arc::new(Mutex::new(Box::new(Self { next: 1, last })))
    }
}

impl Feed for SteadyFeed {
    fn set_step_ms(&mut self, _: i64) {}

    fn snapshot(&self) -> Option<String> {
        None
    }

    fn source(&self) -> MarketSource {
        MarketSource::Simulated
    }
    fn instruments(&self) -> Vec<Instrument> {
        instruments()
    }
    fn starts_at(&self) -> Timestamp {
        Timestamp::from_ms(1)
    }
    fn next_at(&self) -> Option<Timestamp> {
        (self.next <= self.last).then(|| Timestamp::from_ms(self.next))
    }
    fn due(&mut self, now: Timestamp) -> Vec<Tick> {
        let upto = now.ms().min(self.last);
        let ticks = (self.next..=upto).map(|ms| tick(ms, "2000")).collect();
        self.next = self.next.max(upto + 1);
        ticks
    }
    fn hourly_bars(&self, _: &InstrumentId, _: Timestamp, _: usize) -> Vec<Bar> {
        Vec::new()
    }
}

struct House {
    address: SocketAddr,
    clock: Arc<HandClock>,
    venue: Arc<PaperVenue>,
    tasks: JoinSet<()>,
}

impl House {
    async fn open() -> Self {
        let clock = HandClock::at(0);
        let venue = Arc::new(PaperVenue::in_memory(instruments(), deposit(), clock.clone()).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut house = Self { address: listener.local_addr().unwrap(), clock, venue, tasks: JoinSet::new() };
        house.serve(listener);
        house
    }

    fn serve(&mut self, listener: TcpListener) {
        let (venue, clock) = (Arc::clone(&self.venue), self.clock.clone());
        self.tasks.spawn(async move {
            server::run(listener, venue, SteadyFeed::until(100_000), clock).await.unwrap();
        });
    }

    /// A client whose market has begun.
    async fn client(&mut self) -> RemoteVenue {
        let (client, link, mut ticks) = RemoteVenue::connect(self.address);
        self.tasks.spawn(link.run());
        within(async {
            while client.open_orders().await.is_err() {
                tokio::task::yield_now().await;
            }
        })
        .await;
        self.clock.turn_to(1);
        let first = within(ticks.recv()).await.unwrap();
        assert_eq!(first.instrument, perp());
        client
    }
}

async fn within<T>(future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future).await.expect("it hangs")
}

#[tokio::test]
async fn a_remote_venue_is_the_venue() {
    let mut house = House::open().await;
    let client = house.client().await;
    let heard = listen(&client);
    let SubmitOutcome::Accepted { orders, fills } = client.submit(bracket("a", "12", "2000.02", "1900", "2100")).await else {
        panic!("not accepted")
    };
    assert_eq!((orders.len(), fills.len()), (3, 2));
    assert_eq!(client.account().await.unwrap(), house.venue.account().await.unwrap());
    assert_eq!(client.open_orders().await.unwrap(), house.venue.open_orders().await.unwrap());
    assert_eq!(client.instruments().await.unwrap(), instruments());
    assert_eq!(client.fills_since(Timestamp::from_ms(0)).await.unwrap(), fills);
    assert_eq!(client.order(&perp(), &id("never")).await.unwrap(), None);
    assert_eq!(client.hourly_bars(&perp(), 5).await.unwrap(), []);
    assert_eq!(client.now().await.unwrap().ms(), 1);
    let CancelOutcome::Done(report) = client.cancel(&perp(), &id("a")).await else { panic!("not cancelled") };
    assert_eq!(report.state, VenueOrderState::Canceled);
    assert_eq!(client.cancel(&perp(), &id("never")).await, CancelOutcome::NotFound);
    for n in 0..600 {
        assert!(matches!(client.submit(limit(&format!("x{n}"), Side::Buy, "0", "1")).await, SubmitOutcome::Rejected { .. }));
    }
    let log = client.log().await.unwrap();
    assert_eq!(log, house.venue.log(0, 10_000).await.unwrap(), "over more than one page");
    assert!(matches!(log[0].event, LogEvent::Accepted { .. }));
    let heard = heard.lock().unwrap();
    assert_eq!(heard.iter().filter(|event| matches!(event, VenueEvent::Fill(_))).count(), 2);
}

#[tokio::test]
async fn garbage_and_oversized_lines_end_only_their_own_session() {
    let mut house = House::open().await;
    let client = house.client().await;
    let deep = format!("{}\n", "[".repeat(50_000)).into_bytes();
    let lines: [Vec<u8>; 6] = [
        b"\x00\xff\xfe not json\n".to_vec(),
        b"{\"id\":1,\"method\":\"withdraw\",\"params\":{}}\n".to_vec(),
        b"{\"id\":-1,\"method\":\"account\"}\n".to_vec(),
        deep,
        vec![b'x'; REQUEST_BYTES_MAX + 10],
        b"{\"id\":1,\"method\":\"submit\",\"params\":{\"quantity\":\"NaN\"}}\n".to_vec(),
    ];
    for line in lines {
        let mut stream = TcpStream::connect(house.address).await.unwrap();
        let _ = stream.write_all(&line).await;
        let mut answer = Vec::new();
        // A reset after the complaint is as good as an end.
        let _ = within(stream.read_to_end(&mut answer)).await;
        let shown = String::from_utf8_lossy(&line[..line.len().min(40)]).into_owned();
        assert!(answer.is_empty() || answer.starts_with(b"{\"error\":"), "{shown}");
        client.account().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_its_line_unfinished_is_disconnected() {
    let house = House::open().await;
    let mut stream = TcpStream::connect(house.address).await.unwrap();
    stream.write_all(b"{\"id\":1,").await.unwrap();
    // Time is the executor's: it jumps to the end of the venue's patience as soon as nothing else is to do.
    assert_eq!(stream.read(&mut [0; 8]).await.unwrap_or(0), 0);
}

#[tokio::test]
async fn clients_beyond_the_limit_are_turned_away_and_places_come_back() {
    let mut house = House::open().await;
    let client = house.client().await;
    let ask = b"{\"id\":1,\"method\":\"now\"}\n";
    let mut guests = Vec::new();
    for _ in 0..server::CLIENTS_MAX - 1 {
        let mut guest = BufReader::new(TcpStream::connect(house.address).await.unwrap());
        guest.get_mut().write_all(ask).await.unwrap();
        let mut answer = String::new();
        within(guest.read_line(&mut answer)).await.unwrap();
        assert!(answer.starts_with("{\"id\":1,\"result\":"), "{answer}");
        guests.push(guest);
    }
    let mut surplus = TcpStream::connect(house.address).await.unwrap();
    assert_eq!(within(surplus.read(&mut [0; 8])).await.unwrap_or(0), 0, "turned away");
    drop(guests);
    client.account().await.unwrap();
    let mut late = BufReader::new(TcpStream::connect(house.address).await.unwrap());
    late.get_mut().write_all(ask).await.unwrap();
    let mut answer = String::new();
    within(late.read_line(&mut answer)).await.unwrap();
    assert!(answer.contains("result"));
}

#[tokio::test]
async fn a_client_that_does_not_read_is_disconnected_and_holds_nobody_up() {
    let mut house = House::open().await;
    let client = house.client().await;
    let mut slow = TcpStream::connect(house.address).await.unwrap();
    slow.write_all(b"{\"id\":1,\"method\":\"subscribe\"}\n").await.unwrap();
    client.account().await.unwrap();
    for step in 1..=40 {
        house.clock.turn_to(step * 2_500);
        client.account().await.unwrap();
    }
    assert!(matches!(client.submit(limit("a", Side::Buy, "1", "2000.01")).await, SubmitOutcome::Accepted { .. }));
    let mut unread = Vec::new();
    let _ = within(async {
        // Waits for the venue's patience with the unread line to end, then finds the connection closed.
        tokio::time::sleep(Duration::from_secs(5)).await;
        slow.read_to_end(&mut unread).await
    })
    .await;
    assert!(unread.iter().filter(|byte| **byte == b'\n').count() < 100_000, "it never got them all");
}

#[tokio::test]
async fn a_venue_that_is_not_there_is_not_sent_to() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let (client, link, _ticks) = RemoteVenue::connect(address);
    let mut tasks = JoinSet::new();
    tasks.spawn(link.run());
    assert!(matches!(within(client.submit(limit("a", Side::Buy, "1", "1"))).await, SubmitOutcome::NotSent(_)));
    assert!(within(client.order(&perp(), &id("a"))).await.is_err(), "an error is not an empty answer");
    assert!(matches!(within(client.cancel(&perp(), &id("a"))).await, CancelOutcome::Unknown(_)));
    tasks.abort_all();
    while tasks.join_next().await.is_some() {}
    assert!(matches!(within(client.submit(limit("a", Side::Buy, "1", "1"))).await, SubmitOutcome::NotSent(_)), "no link, no byte");
}

/// Plays a venue that answers the subscription, then the first order with `answer`, then hangs up.
async fn impostor(listener: &TcpListener, answer: &str) {
    let (stream, _) = listener.accept().await.unwrap();
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line).await.unwrap();
    stream.get_mut().write_all(b"{\"id\":1,\"result\":\"paper\"}\n").await.unwrap();
    line.clear();
    stream.read_line(&mut line).await.unwrap();
    stream.get_mut().write_all(answer.as_bytes()).await.unwrap();
}

#[tokio::test]
async fn an_order_without_a_readable_answer_is_of_unknown_outcome() {
    for answer in [
        "",
        "{\"id\":2}\n",
        "{\"id\":2,\"result\":null}\n",
        "{\"id\":2,\"result\":\"ok\"}\n",
        "{\"id\":2,\"error\":\"no\"}\n",
        "nonsense\n",
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (client, link, _ticks) = RemoteVenue::connect(listener.local_addr().unwrap());
        let mut tasks = JoinSet::new();
        tasks.spawn(link.run());
        let (outcome, ()) =
            within(async { tokio::join!(client.submit(limit("a", Side::Buy, "1", "1")), impostor(&listener, answer)) }).await;
        assert!(matches!(outcome, SubmitOutcome::Unknown(_)), "{answer:?} gave {outcome:?}");
    }
}

#[tokio::test]
async fn after_a_lost_connection_the_client_comes_back_and_tells_of_a_gap() {
    let mut house = House::open().await;
    let address = house.address;
    let (client, link, _ticks) = RemoteVenue::connect(address);
    let mut line = JoinSet::new();
    line.spawn(link.run());
    let heard = listen(&client);
    within(async { while client.open_orders().await.is_err() {} }).await;
    house.tasks.abort_all();
    while house.tasks.join_next().await.is_some() {}
    assert!(client.account().await.is_err());

    let listener = within(async {
        loop {
            match TcpListener::bind(address).await {
                Ok(listener) => break listener,
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    })
    .await;
    house.serve(listener);
    within(async { while client.account().await.is_err() {} }).await;
    assert_eq!(*heard.lock().unwrap(), [VenueEvent::Gap]);
}

#[tokio::test]
async fn only_the_loopback_interface_is_served() {
    let clock = HandClock::at(0);
    let venue = Arc::new(PaperVenue::in_memory(instruments(), deposit(), clock.clone()).unwrap());
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let refusal = server::run(listener, venue, SteadyFeed::until(1), clock).await;
    assert!(matches!(refusal, Err(ServeError::NotLoopback(_))));
}
