//! How long one step of the Desk takes, with fifty entries and their exits at the venue: `cargo bench --bench desk`.
//!
//! divan prints fastest, slowest, median and mean; the last lines print the 50th and 99th percentile of single steps.

#![allow(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "a bench reads the clock, and ends at once when its scene cannot be built"
)]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::io::Write;
use std::time::Instant;

use outcry::domain::actor::{Actor, ChatId, Role, UserId};
use outcry::domain::ids::{AccountId, Nonce, SourceKey, TradeId, VenueOrderId};
use outcry::domain::instrument::{Currency, Instrument, InstrumentId, InstrumentStatus, Market, Symbol};
use outcry::domain::market::{MarketSource, Quote};
use outcry::domain::money::{Amount, Leverage, Price, Quantity, Ratio};
use outcry::domain::order::{Fill, FillCause, Leg, OrderReport, Side, VenueOrderState};
use outcry::domain::proposal::{Origin, Proposal, Want};
use outcry::domain::request::{AmountSpec, LevelSpec, OpenPrice, OpenRequest, OpenVerb};
use outcry::domain::rows::OrderRow;
use outcry::domain::time::Timestamp;
use outcry::engine::desk::input::{Input, TapVerb, VenuePicture};
use outcry::engine::desk::machine::{Desk, DeskSettings};
use outcry::engine::ports::{BookRows, Quotes, SubmitOutcome, VenueAccount};
use outcry::engine::risk::limits::Limits;
use rust_decimal::{Decimal, dec};

/// Pairs that are traded; each gets the same number of resting entries.
const BASES: [&str; 10] = ["BTC", "ETH", "SOL", "BNB", "XRP", "DOGE", "ADA", "AVAX", "LINK", "LTC"];
/// Resting entries of the whole account, each with a stop and a target.
const ENTRIES: usize = 50;
/// Single steps that the percentiles are taken of.
const ROUNDS: usize = 5_000;
/// Whoever trades.
const TRADER: Actor = Actor { user: UserId(1), chat: ChatId(1), role: Role::Trader };

fn main() -> std::io::Result<()> {
    divan::main();
    percentiles()
}

struct Board(BTreeMap<InstrumentId, Quote>);

impl Quotes for Board {
    fn quote(&self, instrument: &InstrumentId) -> Option<Quote> {
        self.0.get(instrument).cloned()
    }

    fn atr_1h(&self, _: &InstrumentId) -> Option<Price> {
        None
    }

    fn source(&self) -> MarketSource {
        MarketSource::Simulated
    }
}

fn price(value: Decimal) -> Price {
    Price::new(value).unwrap_or_else(|_| std::process::abort())
}

fn amount(value: Decimal) -> Amount {
    Amount::new(value).unwrap_or(Amount::ZERO)
}

fn ratio(value: Decimal) -> Ratio {
    Ratio::new(value).unwrap_or(Ratio::ZERO)
}

fn quantity(value: Decimal) -> Quantity {
    Quantity::new(value).unwrap_or(Quantity::ZERO)
}

fn instrument(base: &str) -> Instrument {
    Instrument {
        id: InstrumentId::new(Symbol::new(base, "USDT"), Market::Perp),
        tick: price(dec!(0.1)),
        step: quantity(dec!(0.001)),
        min_notional: amount(dec!(5)),
        maker_fee: ratio(dec!(0.0002)),
        taker_fee: ratio(dec!(0.0005)),
        maintenance: ratio(dec!(0.005)),
        brackets: Vec::new(),
        leverage_max: Leverage::new(dec!(20)).unwrap_or(Leverage::ONE),
        major: true,
        status: InstrumentStatus::Trading,
    }
}

/// A Desk with fifty resting entries, a position, a card, and the inputs that are timed.
struct Scene {
    desk: Desk,
    board: Board,
    now: Timestamp,
    words: u64,
}

impl Scene {
    fn new() -> Self {
        let instruments: Vec<Instrument> = BASES.iter().map(|base| instrument(base)).collect();
        let now = Timestamp::from_ms(1_700_000_000_000);
        let quote = Quote { bid: price(dec!(99.9)), ask: price(dec!(100.1)), mark: price(dec!(100)), at: now };
        let board = Board(instruments.iter().map(|instrument| (instrument.id.clone(), quote.clone())).collect());
        let limits = Limits { rate_10s_max: 1_000_000, ..Limits::paper() };
        let (account, quote) = (AccountId::new("paper"), Currency::new("USDT"));
        let settings =
            DeskSettings { account, quote: quote.clone(), limits, venue: "paper".to_owned(), live: false, snapshots_kept_ms: i64::MAX };
        let desk = Desk::new(settings, b"key", BookRows::default(), instruments);
        let mut scene = Self { desk, board, now, words: 0 };
        let account = VenueAccount { balances: vec![(quote, amount(dec!(1_000_000)))], positions: Vec::new(), at: now };
        let picture = VenuePicture { orders: Vec::new(), fills: Vec::new(), fundings: Vec::new(), account };
        scene.take(Input::Reconciled { picture: Ok(Box::new(picture)), proof: None });
        for n in 0..ENTRIES {
            let proposal = scene.proposal(BASES[n % BASES.len()], OpenPrice::Limit { price: price(dec!(95)), post_only: false });
            scene.take(proposal);
            let tap = scene.tap();
            scene.take(tap);
            scene.accept();
        }
        let fill = scene.fill();
        scene.take(fill);
        scene
    }

    fn take(&mut self, input: Input) {
        let step = self.desk.step(self.now, &self.board, input);
        self.desk.apply(step.events, step.memory);
    }

    fn key(&mut self) -> SourceKey {
        self.words += 1;
        SourceKey::new(format!("term:1:{}", self.words))
    }

    fn proposal(&mut self, base: &str, at: OpenPrice) -> Input {
        let request = OpenRequest {
            verb: OpenVerb::Long,
            symbol: Symbol::new(base, "USDT"),
            market: None,
            amount: AmountSpec::Base(quantity(dec!(1) + Decimal::new(i64::try_from(self.words).unwrap_or(0), 1))),
            price: at,
            leverage: Leverage::new(dec!(5)).ok(),
            margin_mode: None,
            stop: Some(LevelSpec::Distance(ratio(dec!(0.04)))),
            targets: vec![outcry::domain::request::TargetSpec { level: LevelSpec::Distance(ratio(dec!(0.1))), share: None }],
            trailing: None,
            upkeep: Default::default(),
            evidence: BTreeMap::default(),
        };
        let (key, origin) = (self.key(), Origin::Person(TRADER));
        Input::Propose(Proposal { key, origin, want: Want::Open(request), text: "long btc".to_owned() })
    }

    fn card(&self) -> Nonce {
        self.desk.book().pendings().next().map_or_else(|| Nonce::new("none"), |row| row.nonce.clone())
    }

    fn tap(&mut self) -> Input {
        Input::Tap { nonce: self.card(), verb: TapVerb::Confirm, actor: TRADER, key: self.key() }
    }

    /// The venue takes whatever is planned.
    fn accept(&mut self) {
        let planned = |row: &&OrderRow| row.parent.is_none() && !row.state.is_live() && !row.state.is_done();
        let Some(id) = self.desk.book().live_orders().find(planned).map(|row| row.spec.id.clone()) else { return };
        let Some((rows, events)) = self.desk.licensed(self.now, &id) else { return };
        self.desk.apply_events(events);
        let orders = rows.iter().map(|row| report(row, self.now)).collect();
        self.take(Input::Submitted { order: id, outcome: SubmitOutcome::Accepted { orders, fills: Vec::new() } });
    }

    fn fill(&self) -> Input {
        let entry = self.desk.book().live_orders().find(|row| row.leg == Leg::Entry);
        let (id, instrument) = entry.map(|row| (row.spec.id.clone(), row.spec.instrument.clone())).unzip();
        Input::FillPushed(Fill {
            trade_id: TradeId::new(self.words.to_string()),
            order: id,
            instrument: instrument.unwrap_or_else(|| instrument_of("BTC")),
            side: Side::Buy,
            quantity: quantity(dec!(0.5)),
            price: price(dec!(95)),
            fee: amount(dec!(0.0095)),
            fee_currency: Currency::new("USDT"),
            leverage: Leverage::new(dec!(5)).unwrap_or(Leverage::ONE),
            margin_mode: Default::default(),
            maker: true,
            cause: FillCause::Order,
            at: self.now,
        })
    }

    /// Returns the inputs that are timed, by name. Each is stepped again and again over the same books.
    fn inputs(&mut self) -> Vec<(&'static str, Input)> {
        let proposal = self.proposal("BTC", OpenPrice::Market);
        self.take(proposal.clone());
        let tap = self.tap();
        self.words += 1;
        vec![("propose", proposal), ("tap", tap), ("fill", self.fill()), ("timer", Input::Timer)]
    }
}

fn instrument_of(base: &str) -> InstrumentId {
    InstrumentId::new(Symbol::new(base, "USDT"), Market::Perp)
}

fn report(row: &OrderRow, at: Timestamp) -> OrderReport {
    OrderReport {
        id: row.spec.id.clone(),
        venue_id: VenueOrderId::new("1"),
        instrument: row.spec.instrument.clone(),
        side: row.spec.side,
        order_type: row.spec.order_type,
        state: if row.parent.is_some() { VenueOrderState::Held } else { VenueOrderState::Working },
        quantity: row.spec.quantity,
        filled: Quantity::ZERO,
        price: row.spec.price,
        trigger: row.spec.trigger,
        reduce_only: row.spec.reduce_only,
        at,
    }
}

#[divan::bench(args = ["propose", "tap", "fill", "timer"])]
fn step(bencher: divan::Bencher<'_, '_>, name: &str) {
    let mut scene = Scene::new();
    let input = scene.inputs().into_iter().find(|(other, _)| *other == name).map_or(Input::Timer, |(_, input)| input);
    bencher.with_inputs(|| input.clone()).bench_local_values(|input| scene.desk.step(scene.now, &scene.board, black_box(input)));
}

fn percentiles() -> std::io::Result<()> {
    let mut scene = Scene::new();
    let mut out = std::io::stdout();
    writeln!(out, "orders not done {}", scene.desk.book().live_orders().count())?;
    for (name, input) in scene.inputs() {
        let mut took_ns: Vec<u128> = (0..ROUNDS)
            .map(|_| {
                let input = input.clone();
                let start = Instant::now();
                let step = scene.desk.step(scene.now, &scene.board, black_box(input));
                let took = start.elapsed().as_nanos();
                black_box(step);
                took
            })
            .collect();
        took_ns.sort_unstable();
        let at = |percent: usize| took_ns.get(ROUNDS * percent / 100).copied().unwrap_or_default();
        let facts = scene.desk.step(scene.now, &scene.board, input).events.len();
        writeln!(out, "{name:8} p50 {:6} ns   p99 {:6} ns   facts {facts}", at(50), at(99))?;
    }
    Ok(())
}
