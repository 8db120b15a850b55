//! The venue as a pure machine: orders and ticks in, records of what changed out. No clock, no I/O, no randomness.
//!
//! Invariant: the same operations in the same order give the same records, byte for byte.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::account::{Account, CASH_CURRENCY};
use super::book::VisibleBook;
use super::log::{LogEntry, LogEvent, Record, Totals};
use super::order::{Attachment, OrderNumber, PaperOrder, Stage};
use super::rules::VenueRules;
use crate::domain::funding::Funding;
use crate::domain::ids::{ClientOrderId, VenueOrderId};
use crate::domain::instrument::{Instrument, InstrumentId};
use crate::domain::margin::MarginMode;
use crate::domain::market::Tick;
use crate::domain::money::{Amount, Leverage, Quantity};
use crate::domain::order::{AttachedSpec, Fill, Leg, OrderReport, OrderSpec, OrderType, Side, TimeInForce};
use crate::domain::time::Timestamp;
use crate::engine::ports::SubmitOutcome;

/// Running numbers, each the last one given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counters {
    /// Orders.
    pub orders: u64,
    /// Executions.
    pub trades: u64,
    /// Funding payments.
    #[serde(default)]
    pub fundings: u64,
    /// Rows of the log.
    pub log: u64,
}

/// What the venue must never forget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Cash and positions.
    pub account: Account,
    /// Open orders by number, which is also their order of arrival.
    pub orders: BTreeMap<OrderNumber, PaperOrder>,
    /// Running numbers.
    pub counters: Counters,
    /// The latest funding moment that was settled, by instrument.
    pub funded: BTreeMap<InstrumentId, Timestamp>,
}

impl State {
    /// Returns the state of a venue at which `deposit` was just paid in.
    pub fn opening(deposit: Amount) -> Self {
        Self { account: Account::new(deposit), orders: BTreeMap::new(), counters: Counters::default(), funded: BTreeMap::new() }
    }
}

/// Why a venue cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ListingError {
    /// Another currency than the account's cash.
    #[error("{0} is not quoted in {CASH_CURRENCY}, the only cash of the paper account")]
    ForeignQuote(InstrumentId),
    /// An order or position of an earlier run has no instrument now.
    #[error("the paper account has an order or a position in {0}, which this market does not list")]
    Unlisted(InstrumentId),
}

/// What the running operation has changed so far.
#[derive(Debug, Default)]
pub(super) struct Pending {
    pub(super) moved: BTreeSet<OrderNumber>,
    pub(super) told: BTreeSet<OrderNumber>,
    pub(super) fills: Vec<(u64, Fill)>,
    pub(super) fundings: Vec<(u64, Funding)>,
    pub(super) log: Vec<LogEntry>,
    pub(super) positions: BTreeSet<InstrumentId>,
    /// The room of exits before other orders took from it; see [`PaperCore::note_reduction`].
    pub(super) reduced: BTreeMap<(InstrumentId, Side), Quantity>,
}

/// The venue.
#[derive(Debug)]
pub struct PaperCore {
    pub(super) instruments: BTreeMap<InstrumentId, Arc<Instrument>>,
    pub(super) books: BTreeMap<InstrumentId, VisibleBook>,
    pub(super) state: State,
    pub(super) pending: Pending,
    pub(super) rules: VenueRules,
}

impl PaperCore {
    /// Returns a venue that lists `instruments` and goes on from `state`.
    ///
    /// # Errors
    /// [`ListingError`] if an instrument is quoted in another currency, or the state names one that is not listed.
    pub fn new(instruments: Vec<Instrument>, state: State) -> Result<Self, ListingError> {
        if let Some(foreign) = instruments.iter().find(|instrument| instrument.id.symbol.quote.as_str() != CASH_CURRENCY) {
            return Err(ListingError::ForeignQuote(foreign.id.clone()));
        }
        let instruments: BTreeMap<_, _> = instruments.into_iter().map(|instrument| (instrument.id.clone(), Arc::new(instrument))).collect();
        let used = state.orders.values().map(|order| &order.spec.instrument).chain(state.account.positions.keys());
        if let Some(unlisted) = used.into_iter().find(|id| !instruments.contains_key(id)) {
            return Err(ListingError::Unlisted(unlisted.clone()));
        }
        Ok(Self { instruments, books: BTreeMap::new(), state, pending: Pending::default(), rules: VenueRules::default() })
    }

    /// Returns the venue with rules of its own.
    #[must_use]
    pub fn with_rules(self, rules: VenueRules) -> Self {
        Self { rules, ..self }
    }

    /// Takes an order, or refuses it; what can be matched at once is.
    pub fn submit(&mut self, spec: OrderSpec, now: Timestamp) -> (SubmitOutcome, Record) {
        // What was held at a funding moment pays for it, not what an order makes of it afterwards.
        self.fund_if_due(&spec.instrument, now);
        if let Err(rejection) = self.check(&spec) {
            let (code, reason) = (rejection.code.to_string(), rejection.reason);
            self.note(now, LogEvent::Rejected { spec, code: code.clone(), reason: reason.clone() });
            return (SubmitOutcome::Rejected { code, reason }, self.finish());
        }
        let number = self.accept(spec, now);
        self.start(number, now);
        let record = self.finish();
        (accepted(number, &record), record)
    }

    /// Cancels an open order by its client id; `None` if no open order has it.
    pub fn cancel(&mut self, instrument: &InstrumentId, id: &ClientOrderId, now: Timestamp) -> (Option<OrderReport>, Record) {
        let Some(number) = self.open_order(instrument, id).map(|order| order.number) else {
            return (None, Record::default());
        };
        self.end(number, Stage::Canceled, "", now);
        let report = self.state.orders.get(&number).map(PaperOrder::report);
        (report, self.finish())
    }

    /// Takes in one step of the market. A tick of an unlisted instrument, or without a book, is ignored.
    ///
    /// Liquidation comes last: a mark that jumped past a stop and past the liquidation price passed the stop first.
    /// What the stop could not close above bankruptcy is then liquidated.
    pub fn on_tick(&mut self, tick: &Tick) -> Record {
        if !self.instruments.contains_key(&tick.instrument) || tick.bids.is_empty() || tick.asks.is_empty() {
            return Record::default();
        }
        match self.books.get_mut(&tick.instrument) {
            Some(book) => book.refresh(tick),
            None => {
                self.books.insert(tick.instrument.clone(), VisibleBook::of(tick));
            }
        }
        self.fund_if_due(&tick.instrument, tick.at);
        if self.state.orders.values().any(|order| order.spec.instrument == tick.instrument) {
            self.match_tick(tick);
        }
        self.liquidate_if_due(&tick.instrument, tick.mark, tick.at);
        self.liquidate_cross_if_due(tick.at);
        self.finish()
    }

    /// Returns the open order with this client id.
    pub fn open_order(&self, instrument: &InstrumentId, id: &ClientOrderId) -> Option<&PaperOrder> {
        self.state.orders.values().find(|order| order.spec.id == *id && order.spec.instrument == *instrument)
    }

    /// Returns the rules of the venue.
    pub const fn rules(&self) -> VenueRules {
        self.rules
    }

    /// Returns the open order with this client id, whatever it trades.
    pub fn open_order_of(&self, id: &ClientOrderId) -> Option<&PaperOrder> {
        self.state.orders.values().find(|order| order.spec.id == *id)
    }

    /// Returns what the venue must never forget.
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// Returns the listed instruments.
    pub fn instruments(&self) -> impl Iterator<Item = &Instrument> {
        self.instruments.values().map(Arc::as_ref)
    }

    /// Replaces the state by what the file holds; the visible books stay.
    pub fn recover(&mut self, state: State) {
        self.state = state;
        self.pending = Pending::default();
    }

    /// Enters an order and its attached exits, which are held.
    fn accept(&mut self, spec: OrderSpec, now: Timestamp) -> OrderNumber {
        let number = self.next_order();
        let venue_id = VenueOrderId::new(number.to_string());
        self.note(now, LogEvent::Accepted { venue_id, spec: spec.clone() });
        let exits = attached_exits(&spec, number);
        let stage = match spec.order_type {
            OrderType::StopMarket => Stage::Waiting,
            OrderType::Market | OrderType::Limit => Stage::Taking,
        };
        let quantity = spec.quantity;
        self.enter(PaperOrder { number, quantity, filled: Quantity::ZERO, attachment: None, stage, at: now, spec });
        let step = self.step_of(number);
        let sizes = self.state.orders.get(&number).map(|order| super::bracket::grants(&order.spec.attached, quantity, step));
        for ((spec, attachment), size) in exits.into_iter().zip(sizes.unwrap_or_default()) {
            let number = self.next_order();
            let attachment = Some(attachment);
            self.enter(PaperOrder { number, spec, attachment, quantity: size, filled: Quantity::ZERO, stage: Stage::Held, at: now });
        }
        number
    }

    fn enter(&mut self, order: PaperOrder) {
        self.touch(order.number);
        self.state.orders.insert(order.number, order);
    }

    fn next_order(&mut self) -> OrderNumber {
        self.state.counters.orders += 1;
        self.state.counters.orders
    }

    /// Marks an order as changed and its report as news.
    pub(super) fn touch(&mut self, number: OrderNumber) {
        self.pending.moved.insert(number);
        self.pending.told.insert(number);
    }

    /// Adds a row to the log.
    pub(super) fn note(&mut self, at: Timestamp, event: LogEvent) {
        self.state.counters.log += 1;
        self.pending.log.push(LogEntry { sequence: self.state.counters.log, at, event });
    }

    /// Closes the operation: hands out what changed and forgets orders that ended.
    fn finish(&mut self) -> Record {
        let pending = std::mem::take(&mut self.pending);
        let mut orders = Vec::with_capacity(pending.moved.len());
        for number in pending.moved {
            let over = self.state.orders.get(&number).is_some_and(|order| order.stage.is_over());
            let order = if over { self.state.orders.remove(&number) } else { self.state.orders.get(&number).cloned() };
            orders.extend(order);
        }
        let account = &self.state.account;
        let after = |id: InstrumentId| {
            let position = account.position(&id).cloned();
            (id, position)
        };
        let positions = pending.positions.into_iter().map(after).collect();
        let totals = (!pending.log.is_empty()).then(|| Totals::of(&self.state));
        Record {
            orders,
            told: pending.told.into_iter().collect(),
            fills: pending.fills,
            fundings: pending.fundings,
            log: pending.log,
            positions,
            totals,
        }
    }
}

/// Returns the orders that rest with an entry, and what ties them to it.
fn attached_exits(entry: &OrderSpec, parent: OrderNumber) -> Vec<(OrderSpec, Attachment)> {
    let exit = |attached: &AttachedSpec| {
        let (order_type, price, trigger) = match attached.leg {
            Leg::Stop => (OrderType::StopMarket, None, Some(attached.price)),
            _ => (OrderType::Limit, Some(attached.price), None),
        };
        let spec = OrderSpec {
            id: attached.id.clone(),
            instrument: entry.instrument.clone(),
            side: entry.side.opposite(),
            order_type,
            quantity: entry.quantity,
            price,
            trigger,
            tif: TimeInForce::Gtc,
            reduce_only: true,
            leverage: Leverage::ONE,
            margin_mode: MarginMode::default(),
            attached: Vec::new(),
        };
        (spec, Attachment { parent, leg: attached.leg, share: attached.share, granted: Quantity::ZERO })
    };
    entry.attached.iter().map(exit).collect()
}

/// Returns the answer to an accepted order: itself, its exits, and their executions so far.
fn accepted(number: OrderNumber, record: &Record) -> SubmitOutcome {
    let mine = |order: &&PaperOrder| order.number == number || order.attachment.is_some_and(|tie| tie.parent == number);
    let orders: Vec<OrderReport> = record.orders.iter().filter(mine).map(PaperOrder::report).collect();
    let ours = |fill: &Fill| orders.iter().any(|order| fill.order.as_ref() == Some(&order.id));
    let fills = record.fills.iter().map(|(_, fill)| fill).filter(|fill| ours(fill)).cloned().collect();
    SubmitOutcome::Accepted { orders, fills }
}
