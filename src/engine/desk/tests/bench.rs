//! A Desk on a workbench: the pure machine, the pure paper venue, and a memory that refuses what the journal would.
//!
//! Everything is synchronous and goes one thing after another, so that a test can say what is lost, late or refused.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::domain::actor::{Actor, ChatId, Role, UserId};
use crate::domain::funding::Funding;
use crate::domain::ids::{AccountId, ClientOrderId, Nonce, SourceKey};
use crate::domain::instrument::{Currency, InstrumentId};
use crate::domain::market::{MarketSource, Quote, Tick};
use crate::domain::money::{Amount, Price};
use crate::domain::notice::{Notice, NoticeBody};
use crate::domain::order::{Fill, Leg, OrderReport, OrderSpec, OrderState};
use crate::domain::position::Position;
use crate::domain::proposal::{Origin, Proposal, Want};
use crate::domain::rows::OrderRow;
use crate::domain::time::Timestamp;
use crate::engine::book::ledger::check_balanced;
use crate::engine::exchange::paper::core::{PaperCore, State};
use crate::engine::exchange::paper::fixtures::{around, instruments, price};
use crate::engine::exchange::paper::log::Record;
use crate::engine::ports::{BookRows, CancelOutcome, QueryError, Quotes, SubmitOutcome, VenueAccount};
use crate::engine::risk::limits::Limits;

use super::super::draft::Step;
use super::super::effect::Effect;
use super::super::input::{Input, TapVerb, VenuePicture};
use super::super::machine::{Desk, DeskSettings};
use super::faults::Faults;
use super::journal::Journal;

/// The person of most tests.
pub const TRADER: Actor = Actor { user: UserId(7), chat: ChatId(70), role: Role::Trader };

/// Prices as the test sets them.
#[derive(Default)]
pub struct Board(pub BTreeMap<InstrumentId, Quote>);

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

/// The workbench.
pub struct Bench {
    pub desk: Desk,
    pub venue: PaperCore,
    pub board: Board,
    pub now: Timestamp,
    pub notices: Vec<Notice>,
    pub sent: Vec<(Timestamp, OrderSpec)>,
    pub faults: Faults,
    pub journal: Journal,
    /// The venue's lists of open orders come back empty.
    pub hide_orders: bool,
    /// What somebody else paid in at the venue.
    strange: Amount,
    ended: BTreeMap<ClientOrderId, OrderReport>,
    fills: Vec<Fill>,
    pub fundings: Vec<Funding>,
    queue: VecDeque<Input>,
    words: u64,
}

fn desk(limits: Limits, rows: BookRows) -> Desk {
    let (account, quote, venue) = (AccountId::new("paper"), Currency::new("USDT"), "paper".to_owned());
    let settings = DeskSettings { account, quote, limits, venue, live: false, snapshots_kept_ms: i64::MAX };
    Desk::new(settings, b"secret", rows, instruments())
}

impl Bench {
    /// A reconciled desk with 100,000 USDT at a price of 100.
    pub fn new() -> Self {
        Self::with(Limits::paper())
    }

    pub fn with(limits: Limits) -> Self {
        let deposit = Amount::new(rust_decimal::dec!(100_000)).unwrap();
        let mut bench = Self {
            desk: desk(limits, BookRows::default()),
            venue: PaperCore::new(instruments(), State::opening(deposit)).unwrap(),
            board: Board::default(),
            now: Timestamp::from_ms(1_700_000_000_000),
            notices: Vec::new(),
            sent: Vec::new(),
            faults: Faults::default(),
            journal: Journal::default(),
            hide_orders: false,
            strange: Amount::ZERO,
            ended: BTreeMap::new(),
            fills: Vec::new(),
            fundings: Vec::new(),
            queue: VecDeque::new(),
            words: 0,
        };
        bench.mark("100");
        bench.begin();
        bench
    }

    fn begin(&mut self) {
        let step = self.desk.recover(self.now);
        self.commit(step);
        self.input(Input::Timer);
        assert!(self.desk.is_reconciled(), "the first picture agrees");
    }

    /// The process ends and another begins.
    pub fn restart(&mut self) {
        self.queue.clear();
        self.desk = desk(self.desk.settings.limits.clone(), self.journal.rows.clone());
        let step = self.desk.recover(self.now);
        self.commit(step);
        self.input(Input::Timer);
    }

    /// A new mark for both markets, with a book around it.
    pub fn mark(&mut self, mark: &str) {
        for instrument in instruments() {
            self.tick(around(&instrument.id, self.now.ms(), mark));
        }
    }

    pub fn tick(&mut self, tick: Tick) {
        let (bid, ask) = (tick.bids[0].price, tick.asks[0].price);
        self.board.0.insert(tick.instrument.clone(), Quote { bid, ask, mark: tick.mark, at: self.now });
        let record = self.venue.on_tick(&tick);
        self.push(record);
        self.drain();
    }

    /// Lets time pass; the timer rings whenever the Desk wants it to, and quotes stay fresh.
    pub fn wait(&mut self, ms: i64) -> u32 {
        let end = self.now.plus_ms(ms);
        let mut rings = 0;
        loop {
            let next = self.desk.next_wake(self.now).max(self.now.plus_ms(50));
            if next > end {
                break;
            }
            self.now = next;
            self.refresh();
            self.input(Input::Timer);
            rings += 1;
            assert!(rings < 40_000, "the timer spins");
        }
        self.now = end;
        self.refresh();
        rings
    }

    fn refresh(&mut self) {
        self.board.0.values_mut().for_each(|quote| quote.at = self.now);
    }

    /// One input, and everything that follows from it.
    pub fn input(&mut self, input: Input) {
        self.queue.push_back(input);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(input) = self.queue.pop_front() {
            let step = self.desk.step(self.now, &self.board, input);
            self.commit(step);
        }
    }

    /// Writes a step as the journal would, and lets its effects run.
    pub fn commit(&mut self, step: Step) {
        assert_eq!(check_balanced(&step.postings).unwrap(), None, "a step leaves the ledger unbalanced");
        if let Some(key) = &step.inbox_done {
            assert!(self.journal.inbox.insert(key.clone()), "{key} was dealt with before");
        }
        self.journal.write(&step);
        for notice in &step.notices {
            if self.journal.notice_keys.insert(notice.key.clone()) {
                self.notices.push(notice.clone());
            }
        }
        self.desk.apply(step.events, step.memory);
        for effect in step.effects {
            self.act(effect);
        }
    }

    fn act(&mut self, effect: Effect) {
        match effect {
            Effect::Send(approved) => {
                let id = approved.spec().id.clone();
                let Some((_, events)) = self.desk.licensed(self.now, &id) else { return self.queue.push_back(Input::LicenseRefused(id)) };
                self.journal.facts(&events);
                self.desk.apply_events(events);
                self.send(approved.into_spec());
            }
            Effect::Cancel { instrument, id } => self.cancel(&instrument, id),
            Effect::Ask { id, .. } => {
                let answer = if self.faults.deaf {
                    Err(QueryError("deaf".to_owned()))
                } else {
                    Ok((self.report(&id), self.fills.iter().filter(|fill| fill.order.as_ref() == Some(&id)).cloned().collect()))
                };
                self.queue.push_back(Input::Asked { order: id, answer });
            }
            Effect::Reconcile { since, proof } => {
                let open = self.venue.state().orders.values().map(|order| order.report());
                let orders = open.filter(|_| !self.hide_orders).collect();
                let fills = self.fills.iter().filter(|fill| fill.at >= since).cloned().collect();
                let fundings = self.fundings.iter().filter(|funding| funding.at >= since).cloned().collect();
                let account = VenueAccount { at: self.now, ..self.account() };
                self.queue.push_back(Input::Reconciled { picture: Ok(Box::new(VenuePicture { orders, fills, fundings, account })), proof });
            }
        }
    }

    fn account(&self) -> VenueAccount {
        let account = &self.venue.state().account;
        let mut balances = account.balances();
        balances[0].1 = balances[0].1.plus(self.strange).unwrap();
        VenueAccount { balances, positions: account.positions.values().cloned().collect(), at: self.now }
    }

    fn send(&mut self, spec: OrderSpec) {
        let (order, leg) = (spec.id.clone(), self.desk.book().order(&spec.id).unwrap().leg);
        self.sent.push((self.now, spec.clone()));
        let outcome = if self.faults.refused == Some(leg) {
            SubmitOutcome::Rejected { code: "-1".to_owned(), reason: "refused by the test".to_owned() }
        } else if self.faults.lost_sends > 0 {
            self.faults.lost_sends -= 1;
            SubmitOutcome::Unknown("lost on its way".to_owned())
        } else {
            let (outcome, record) = self.venue.submit(spec, self.now);
            self.push(record);
            if self.faults.lost_answers > 0 {
                self.faults.lost_answers -= 1;
                SubmitOutcome::Unknown("the answer was lost".to_owned())
            } else {
                outcome
            }
        };
        self.queue.push_back(Input::Submitted { order, outcome });
    }

    fn cancel(&mut self, instrument: &InstrumentId, id: ClientOrderId) {
        if self.faults.lost_cancels > 0 {
            self.faults.lost_cancels -= 1;
            return self.queue.push_back(Input::Cancelled { order: id, outcome: CancelOutcome::Unknown("lost".to_owned()) });
        }
        let (report, record) = self.venue.cancel(instrument, &id, self.now);
        self.push(record);
        let outcome = report.or_else(|| self.ended.get(&id).cloned()).map_or(CancelOutcome::NotFound, |r| CancelOutcome::Done(Box::new(r)));
        self.queue.push_back(Input::Cancelled { order: id, outcome });
    }

    fn report(&self, id: &ClientOrderId) -> Option<OrderReport> {
        if self.faults.forgotten.contains(id) {
            return None;
        }
        let open = self.venue.state().orders.values().find(|order| order.spec.id == *id).map(|order| order.report());
        open.or_else(|| self.ended.get(id).cloned())
    }

    fn push(&mut self, record: Record) {
        for order in record.orders.iter().filter(|order| order.stage.is_over()) {
            self.ended.insert(order.spec.id.clone(), order.report());
        }
        self.fills.extend(record.fills.iter().map(|(_, fill)| fill.clone()));
        self.fundings.extend(record.fundings.iter().map(|(_, funding)| funding.clone()));
        if !self.faults.silent {
            self.queue.extend(record.events().into_iter().map(Input::from));
        }
    }

    /// The venue ends an order on its own and tells nobody.
    pub fn lose(&mut self, id: &ClientOrderId) {
        let instrument = self.desk.book().order(id).unwrap().spec.instrument.clone();
        let silent = std::mem::replace(&mut self.faults.silent, true);
        let record = self.venue.cancel(&instrument, id, self.now).1;
        self.push(record);
        self.faults.silent = silent;
        if !silent {
            let report = self.ended[id].clone();
            self.input(Input::OrderPushed(report));
        }
    }

    /// The market moves while the Desk is away.
    pub fn away_mark(&mut self, mark: &str) {
        for instrument in instruments() {
            let record = self.venue.on_tick(&around(&instrument.id, self.now.ms(), mark));
            self.push(record);
        }
        for quote in self.board.0.values_mut() {
            *quote = Quote { mark: price(mark), at: self.now, ..quote.clone() };
        }
    }

    /// Somebody trades at a price.
    pub fn trade_at(&mut self, at: &str, quantity: &str) {
        for instrument in instruments() {
            let tick = around(&instrument.id, self.now.ms(), "100");
            self.tick(crate::engine::exchange::paper::fixtures::printed(tick, at, quantity, crate::domain::order::Side::Sell));
        }
    }

    /// Somebody else moves money at the venue.
    pub fn stranger(&mut self, paid_in: Amount) {
        self.strange = self.strange.plus(paid_in).unwrap();
    }

    /// The Desk's database is lost; the venue's is not.
    pub fn forget_everything(&mut self) {
        self.journal = Journal::default();
        self.desk = desk(self.desk.settings.limits.clone(), BookRows::default());
        self.begin();
    }

    // ------------------------------------------------------------ what a person does

    pub fn key(&mut self) -> SourceKey {
        self.words += 1;
        SourceKey::new(format!("term:1:{}", self.words))
    }

    pub fn propose(&mut self, want: Want) {
        let key = self.key();
        let origin = Origin::Person(TRADER);
        self.input(Input::Propose(Proposal { key, origin, want, text: "words".to_owned() }));
    }

    pub fn card(&self) -> Option<Nonce> {
        self.desk.book().pendings().next().map(|row| row.nonce.clone())
    }

    pub fn tap(&mut self, verb: TapVerb) {
        let Some(nonce) = self.card() else { panic!("no card; the last words were {:?}", self.notices.last()) };
        let key = self.key();
        self.input(Input::Tap { nonce, verb, actor: TRADER, key });
    }

    /// Wants something and confirms its card.
    pub fn confirm(&mut self, want: Want) {
        self.propose(want);
        self.tap(TapVerb::Confirm);
    }

    // ------------------------------------------------------------ what a test asks

    pub fn order(&self, leg: Leg) -> &OrderRow {
        self.orders(leg).last().copied().unwrap_or_else(|| panic!("no {leg:?} is alive"))
    }

    pub fn orders(&self, leg: Leg) -> Vec<&OrderRow> {
        let mut rows: Vec<&OrderRow> = self.desk.book().live_orders().filter(|row| row.leg == leg && !row.state.is_done()).collect();
        rows.sort_by_key(|row| row.made_at);
        rows
    }

    pub fn position(&self, instrument: &InstrumentId) -> Option<&Position> {
        self.desk.book().position(instrument).and_then(|row| row.position.as_ref())
    }

    pub fn said(&self, word: &str) -> usize {
        self.notices.iter().filter(|notice| serde_json::to_string(&notice.body).unwrap().contains(word)).count()
    }

    pub fn alerts(&self) -> usize {
        self.notices.iter().filter(|notice| matches!(notice.body, NoticeBody::Alert { .. })).count()
    }

    pub fn last_words(&self) -> String {
        self.notices.last().map_or_else(String::new, |notice| serde_json::to_string(&notice.body).unwrap())
    }

    /// Books and venue agree to the last digit, and every live order of ours is one of the venue's.
    pub fn assert_agrees(&self) {
        let (account, book) = (self.account(), self.desk.book());
        for (currency, amount) in &account.balances {
            assert_eq!(book.balance(currency).map(|row| row.cash), Some(*amount), "{currency}");
        }
        let ours: Vec<&Position> = book.positions().filter_map(|row| row.position.as_ref()).collect();
        assert_eq!(ours, account.positions.iter().collect::<Vec<_>>());
        let open: BTreeSet<&ClientOrderId> = self.venue.state().orders.values().map(|order| &order.spec.id).collect();
        let live: BTreeSet<&ClientOrderId> =
            book.live_orders().filter(|row| !row.state.is_done() && row.state != OrderState::Planned).map(|row| &row.spec.id).collect();
        assert_eq!(live, open, "working orders");
    }
}
