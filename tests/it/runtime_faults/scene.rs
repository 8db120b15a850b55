//! The real runtime over the memory journal, a market that stands still and a venue where orders only rest.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use outcry::clock::SteppedClock;
use outcry::domain::actor::{Actor, ChatId, Role, UserId};
use outcry::domain::funding::Funding;
use outcry::domain::ids::{AccountId, ClientOrderId, SourceKey, TradeId, VenueOrderId};
use outcry::domain::instrument::{Currency, Instrument, InstrumentId, InstrumentStatus, Market, Symbol};
use outcry::domain::market::{MarketSource, Quote};
use outcry::domain::money::{Amount, Leverage, Price, Quantity, Ratio};
use outcry::domain::notice::Notice;
use outcry::domain::order::{Fill, FillCause, Leg, OrderReport, OrderSpec, VenueOrderState};
use outcry::domain::proposal::{Origin, Proposal, Want};
use outcry::domain::request::{AmountSpec, OpenPrice, OpenRequest, OpenVerb};
use outcry::domain::rows::OrderRow;
use outcry::domain::time::Timestamp;
use outcry::engine::desk::door::{DeskDoor, DoorError};
use outcry::engine::desk::input::{Input, TapVerb};
use outcry::engine::desk::machine::DeskSettings;
use outcry::engine::desk::runtime::{Runtime, RuntimeParts, Started};
use outcry::engine::ports::{
    CancelOutcome, Clock, Exchange, Journal, JournalError, QueryError, Quotes, SubmitOutcome, VenueAccount, VenueEvent, VenueSink,
};
use outcry::engine::risk::limits::Limits;
use outcry::store::memory::MemoryStore;
use rust_decimal::{Decimal, dec};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

pub const TRADER: Actor = Actor { user: UserId(7), chat: ChatId(70), role: Role::Trader };

const START: Timestamp = Timestamp::from_ms(1_700_000_000_000);

fn price(value: Decimal) -> Price {
    Price::new(value).unwrap()
}

fn quantity(value: Decimal) -> Quantity {
    Quantity::new(value).unwrap()
}

pub fn usdt() -> Currency {
    Currency::new("USDT")
}

fn bitcoin() -> Instrument {
    Instrument {
        id: InstrumentId::new(Symbol::new("BTC", "USDT"), Market::Spot),
        tick: price(dec!(0.1)),
        step: quantity(dec!(0.001)),
        min_notional: Amount::new(dec!(5)).unwrap(),
        maker_fee: Ratio::new(dec!(0.001)).unwrap(),
        taker_fee: Ratio::new(dec!(0.001)).unwrap(),
        maintenance: Ratio::ZERO,
        brackets: Vec::new(),
        leverage_max: Leverage::ONE,
        major: true,
        status: InstrumentStatus::Trading,
    }
}

struct StillMarket(Arc<SteppedClock>);

impl Quotes for StillMarket {
    fn quote(&self, _: &InstrumentId) -> Option<Quote> {
        Some(Quote { bid: price(dec!(99.9)), ask: price(dec!(100.1)), mark: price(dec!(100)), at: self.0.now() })
    }
    fn atr_1h(&self, _: &InstrumentId) -> Option<Price> {
        None
    }
    fn source(&self) -> MarketSource {
        MarketSource::Simulated
    }
}

/// A venue where every order rests until it is cancelled. It keeps what reached it, and pushes when it is told to.
pub struct RestingVenue {
    clock: Arc<SteppedClock>,
    cash: Amount,
    pub reached: Mutex<Vec<OrderSpec>>,
    pub cancels: Mutex<Vec<ClientOrderId>>,
    orders: Mutex<Vec<OrderReport>>,
    fills: Mutex<Vec<Fill>>,
    sink: Mutex<Option<VenueSink>>,
}

impl RestingVenue {
    fn new(clock: Arc<SteppedClock>) -> Self {
        Self {
            clock,
            cash: Amount::new(dec!(100_000)).unwrap(),
            reached: Mutex::default(),
            cancels: Mutex::default(),
            orders: Mutex::default(),
            fills: Mutex::default(),
            sink: Mutex::default(),
        }
    }

    /// Fills a part of the order that rests and pushes the execution.
    pub fn push_fill(&self, trade: &str, part: Decimal) {
        let order = self.reached.lock().unwrap().last().unwrap().clone();
        let value = order.price.unwrap().notional(quantity(part)).unwrap();
        let fill = Fill {
            trade_id: TradeId::new(trade),
            order: Some(order.id),
            instrument: order.instrument,
            side: order.side,
            quantity: quantity(part),
            price: order.price.unwrap(),
            fee: value.share(Ratio::new(dec!(0.001)).unwrap()).unwrap(),
            fee_currency: usdt(),
            leverage: Leverage::ONE,
            margin_mode: Default::default(),
            maker: true,
            cause: FillCause::Order,
            at: self.clock.now(),
        };
        self.fills.lock().unwrap().push(fill.clone());
        let sink = self.sink.lock().unwrap().clone().unwrap();
        sink(VenueEvent::Fill(fill));
    }

    fn report(&self, spec: &OrderSpec, state: VenueOrderState) -> OrderReport {
        OrderReport {
            id: spec.id.clone(),
            venue_id: VenueOrderId::new(format!("v-{}", spec.id)),
            instrument: spec.instrument.clone(),
            side: spec.side,
            order_type: spec.order_type,
            state,
            quantity: spec.quantity,
            filled: Quantity::ZERO,
            price: spec.price,
            trigger: spec.trigger,
            reduce_only: spec.reduce_only,
            at: self.clock.now(),
        }
    }
}

#[async_trait]
impl Exchange for RestingVenue {
    fn name(&self) -> &'static str {
        "resting"
    }
    fn is_live(&self) -> bool {
        false
    }
    fn attach(&self, sink: VenueSink) {
        *self.sink.lock().unwrap() = Some(sink);
    }
    async fn submit(&self, order: OrderSpec) -> SubmitOutcome {
        let report = self.report(&order, VenueOrderState::Working);
        self.reached.lock().unwrap().push(order);
        self.orders.lock().unwrap().push(report.clone());
        SubmitOutcome::Accepted { orders: vec![report], fills: Vec::new() }
    }
    async fn cancel(&self, _: &InstrumentId, id: &ClientOrderId) -> CancelOutcome {
        self.cancels.lock().unwrap().push(id.clone());
        let mut orders = self.orders.lock().unwrap();
        let Some(place) = orders.iter().position(|order| order.id == *id) else { return CancelOutcome::NotFound };
        CancelOutcome::Done(Box::new(OrderReport { state: VenueOrderState::Canceled, ..orders.remove(place) }))
    }
    async fn order(&self, _: &InstrumentId, id: &ClientOrderId) -> Result<Option<OrderReport>, QueryError> {
        Ok(self.orders.lock().unwrap().iter().find(|order| order.id == *id).cloned())
    }
    async fn open_orders(&self) -> Result<Vec<OrderReport>, QueryError> {
        Ok(self.orders.lock().unwrap().clone())
    }
    async fn fills_since(&self, since: Timestamp) -> Result<Vec<Fill>, QueryError> {
        Ok(self.fills.lock().unwrap().iter().filter(|fill| fill.at >= since).cloned().collect())
    }
    async fn funding_since(&self, _: Timestamp) -> Result<Vec<Funding>, QueryError> {
        Ok(Vec::new())
    }
    async fn account(&self) -> Result<VenueAccount, QueryError> {
        Ok(VenueAccount { balances: vec![(usdt(), self.cash)], positions: Vec::new(), at: self.clock.now() })
    }
    async fn instruments(&self) -> Result<Vec<Instrument>, QueryError> {
        Ok(vec![bitcoin()])
    }
}

/// A started Desk, a person before it, and the venue behind it.
pub struct Scene {
    pub store: MemoryStore,
    pub venue: Arc<RestingVenue>,
    pub door: DeskDoor,
    pub run: JoinHandle<Result<(), JournalError>>,
    clock: Arc<SteppedClock>,
    keys: u64,
}

impl Scene {
    /// A Desk whose books agree with the venue: 100,000 USDT, nothing held, nothing ordered.
    pub async fn begin() -> Self {
        let store = MemoryStore::new(1);
        Self::over(store.clone(), Arc::new(store)).await
    }

    /// The same over a journal of the test's own, which keeps its facts in `store`.
    pub async fn over(store: MemoryStore, journal: Arc<dyn Journal>) -> Self {
        let clock = Arc::new(SteppedClock::new(START));
        let venue = Arc::new(RestingVenue::new(Arc::clone(&clock)));
        let settings = DeskSettings {
            account: account(),
            quote: usdt(),
            limits: Limits::paper(),
            venue: "resting".to_owned(),
            live: false,
            snapshots_kept_ms: 86_400_000,
        };
        let parts = RuntimeParts {
            settings,
            journal,
            exchange: Arc::<RestingVenue>::clone(&venue),
            quotes: Arc::new(StillMarket(Arc::clone(&clock))),
            clock: Arc::<SteppedClock>::clone(&clock),
            lanes: 1,
            committed: Arc::new(Notify::new()),
            fresh_key: vec![7; 32],
        };
        let Started { runtime, workers, door, .. } = Runtime::start(parts, vec![bitcoin()]).await.unwrap();
        workers.into_iter().for_each(|worker| drop(tokio::spawn(worker.run())));
        let mut scene = Self { store, venue, door, run: tokio::spawn(runtime.run()), clock, keys: 0 };
        scene.ring(0).await;
        assert!(scene.rows().await.state.is_some(), "the first picture opened the account");
        scene
    }

    /// Lets time pass and rings the timer; returns once nothing is in flight.
    pub async fn ring(&mut self, ms: i64) {
        self.clock.set(self.clock.now().plus_ms(ms));
        // The outcome is the test's to look at in the books.
        let _ = self.door.send(Input::Timer).await;
        self.idle().await;
    }

    /// Waits until nothing is in flight.
    pub async fn idle(&self) {
        self.door.busy().idle().await;
    }

    pub fn key(&mut self) -> SourceKey {
        self.keys += 1;
        SourceKey::new(format!("term:1:{}", self.keys))
    }

    /// Asks for a card: 2 BTC at a limit of 95, which rests.
    pub async fn propose(&mut self) -> Result<(), DoorError> {
        let want = Want::Open(OpenRequest {
            verb: OpenVerb::Buy,
            symbol: bitcoin().id.symbol,
            market: None,
            amount: AmountSpec::Base(quantity(dec!(2))),
            price: OpenPrice::Limit { price: price(dec!(95)), post_only: false },
            leverage: None,
            margin_mode: None,
            stop: None,
            targets: Vec::new(),
            trailing: None,
            upkeep: Default::default(),
            evidence: Default::default(),
        });
        let key = self.key();
        self.door.send(Input::Propose(Proposal { key, origin: Origin::Person(TRADER), want, text: "buy 2 btc at 95".to_owned() })).await
    }

    /// Taps the open card under a key.
    pub async fn tap(&self, key: &SourceKey) -> Result<(), DoorError> {
        let nonce = self.rows().await.pendings.first().expect("a card is open").nonce.clone();
        let outcome = self.door.send(Input::Tap { nonce, verb: TapVerb::Confirm, actor: TRADER, key: key.clone() }).await;
        self.idle().await;
        outcome
    }

    /// Asks and confirms; returns the tap's key and its outcome.
    pub async fn confirm(&mut self) -> (SourceKey, Result<(), DoorError>) {
        self.propose().await.unwrap();
        let key = self.key();
        let outcome = self.tap(&key).await;
        (key, outcome)
    }

    pub async fn rows(&self) -> outcry::engine::ports::BookRows {
        self.store.load(&account()).await.unwrap()
    }

    /// The one entry there is, as it is stored.
    pub async fn entry(&self) -> OrderRow {
        let orders = self.rows().await.orders;
        let [entry] = orders.as_slice() else { panic!("one order, not {orders:?}") };
        assert_eq!(entry.leg, Leg::Entry);
        entry.clone()
    }

    pub fn sends(&self) -> usize {
        self.venue.reached.lock().unwrap().len()
    }

    /// What is said with `word` in it.
    pub async fn said(&self, word: &str) -> Vec<Notice> {
        let all = self.store.outbox_next(100).await.unwrap().into_iter().map(|entry| entry.notice);
        all.filter(|notice| serde_json::to_string(&notice.body).unwrap().contains(word)).collect()
    }
}

pub fn account() -> AccountId {
    AccountId::new("paper")
}
