//! [`Book`]: everything the Desk knows of its account, as the rows of the database and a few indexes over them.
//!
//! Invariant: a book changes only through [`Book::apply`], with events that are already committed (I3). Because events
//! carry whole rows, applying them twice, or loading the rows they wrote, gives the same book.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::domain::event::{Change, DeskEvent};
use crate::domain::ids::{AccountId, ClientOrderId, Nonce, PlanId, TradeId};
use crate::domain::instrument::{Currency, InstrumentId};
use crate::domain::money::Quantity;
use crate::domain::order::{OrderState, Side};
use crate::domain::plan::PlanKind;
use crate::domain::rows::{BalanceRow, FillRow, OrderRow, PendingRow, PendingState, PlanRow, PlanState, PnlDayRow, PositionRow, StateRow};
use crate::domain::time::{DAY_MS, Timestamp};
use crate::engine::ports::BookRows;

/// Tombstones kept in memory; older ones are found in the database by their id.
pub const TOMBSTONES_MAX: usize = 5_000;
/// Executions whose ids are remembered for telling duplicates; the database's unique key stands behind them.
pub const FILLS_SEEN_MAX: usize = 50_000;
/// Opening plans remembered for rates, duplicates and medians.
pub const OPENS_MAX: usize = 10_000;
/// How long an opening plan is remembered.
pub const OPENS_KEPT_MS: i64 = 30 * DAY_MS;

/// An opening plan that was approved, for the rate and duplicate rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenRecord {
    /// When.
    pub at: Timestamp,
    /// Which plan.
    pub plan: PlanId,
    /// What.
    pub instrument: InstrumentId,
    /// Which side.
    pub side: Side,
    /// How much.
    pub quantity: Quantity,
}

/// An account's books.
#[derive(Debug, Clone)]
pub struct Book {
    /// Whose.
    pub account: AccountId,
    /// The currency that equity is measured in.
    pub quote: Currency,
    pub(super) balances: BTreeMap<Currency, BalanceRow>,
    pub(super) positions: BTreeMap<InstrumentId, PositionRow>,
    /// Orders that something is still expected of: few, and looked through in every step.
    live: BTreeMap<ClientOrderId, OrderRow>,
    live_of: BTreeMap<InstrumentId, BTreeSet<ClientOrderId>>,
    /// Orders that are over: many, and looked up by id only.
    done: BTreeMap<ClientOrderId, OrderRow>,
    done_order: VecDeque<ClientOrderId>,
    plans: BTreeMap<PlanId, PlanRow>,
    pendings: BTreeMap<Nonce, PendingRow>,
    fills: BTreeSet<(InstrumentId, TradeId)>,
    fills_order: VecDeque<(InstrumentId, TradeId)>,
    opens: VecDeque<OpenRecord>,
    state: Option<StateRow>,
    pnl_day: Option<PnlDayRow>,
    /// When the latest of these facts was written, as the database had it at the start.
    pub last_event_at: Option<Timestamp>,
}

impl Book {
    /// Returns the books of `account` as the database holds them.
    pub fn from_rows(account: AccountId, quote: Currency, rows: BookRows) -> Self {
        let mut book = Self {
            account,
            quote,
            balances: BTreeMap::new(),
            positions: BTreeMap::new(),
            live: BTreeMap::new(),
            live_of: BTreeMap::new(),
            done: BTreeMap::new(),
            done_order: VecDeque::new(),
            plans: BTreeMap::new(),
            pendings: BTreeMap::new(),
            fills: BTreeSet::new(),
            fills_order: VecDeque::new(),
            opens: VecDeque::new(),
            state: rows.state,
            pnl_day: rows.pnl_day,
            last_event_at: rows.last_event_at,
        };
        rows.balances.into_iter().for_each(|row| book.put_balance(row));
        rows.positions.into_iter().for_each(|row| book.put_position(row));
        let mut opened: Vec<&PlanRow> = rows.opened.iter().chain(&rows.plans).collect();
        opened.sort_by_key(|row| row.at);
        opened.into_iter().for_each(|row| book.remember_open(row));
        rows.plans.into_iter().for_each(|row| book.put_plan(row));
        rows.orders.into_iter().for_each(|row| book.put_order(row));
        rows.pendings.into_iter().for_each(|row| book.put_pending(row));
        rows.fills.iter().for_each(|row| book.put_fill(row));
        book
    }

    /// Takes over a committed fact.
    pub fn apply(&mut self, event: DeskEvent) {
        match event.change {
            Change::Pending(row) => self.put_pending(*row),
            Change::Plan(row) => {
                // A plan is approved once; later events of it are not another opening.
                if row.state == PlanState::Approved {
                    self.remember_open(&row);
                }
                self.put_plan(*row);
            }
            Change::Order(row) => self.put_order(*row),
            Change::Fill(row) => self.put_fill(&row),
            Change::Balance(row) => self.put_balance(row),
            Change::Position(row) => self.put_position(*row),
            Change::State(row) => self.state = Some(row),
            Change::PnlDay(row) => self.pnl_day = Some(row),
            Change::Act(_) | Change::Ledger(_) => {}
        }
    }

    fn put_balance(&mut self, row: BalanceRow) {
        self.balances.insert(row.currency.clone(), row);
    }

    fn put_position(&mut self, row: PositionRow) {
        self.positions.insert(row.instrument.clone(), row);
    }

    fn put_pending(&mut self, row: PendingRow) {
        if row.state == PendingState::Open {
            self.pendings.insert(row.nonce.clone(), row);
        } else {
            self.pendings.remove(&row.nonce);
        }
    }

    fn put_plan(&mut self, row: PlanRow) {
        if matches!(row.state, PlanState::Confirmed | PlanState::Approved) {
            self.plans.insert(row.plan.id.clone(), row);
        } else {
            self.plans.remove(&row.plan.id);
        }
    }

    fn remember_open(&mut self, row: &PlanRow) {
        let approved = matches!(row.state, PlanState::Approved | PlanState::Done) && row.plan.kind == PlanKind::Open;
        let Some(order) = row.plan.order.as_ref().filter(|_| approved) else { return };
        if self.opens.iter().rev().take(16).any(|open| open.plan == row.plan.id) {
            return;
        }
        let (plan, instrument) = (row.plan.id.clone(), row.plan.instrument.clone());
        self.opens.push_back(OpenRecord { at: row.at, plan, instrument, side: row.plan.side, quantity: order.quantity });
        while self.opens.len() > OPENS_MAX || self.opens.front().is_some_and(|open| row.at.since(open.at) > OPENS_KEPT_MS) {
            self.opens.pop_front();
        }
    }

    fn put_order(&mut self, row: OrderRow) {
        let id = row.spec.id.clone();
        // An order that is done but whose fills are still asked for is looked after like a live one.
        if row.state.is_done() && row.asking.is_none() {
            if self.live.remove(&id).is_some()
                && let Some(ids) = self.live_of.get_mut(&row.spec.instrument)
            {
                ids.remove(&id);
            }
            if self.done.insert(id.clone(), row).is_none() {
                self.done_order.push_back(id);
            }
        } else {
            // One that had been given up and turns out to work is no tombstone any more.
            if self.done.remove(&id).is_some() {
                self.done_order.retain(|done| *done != id);
            }
            if !self.live.contains_key(&id) {
                self.live_of.entry(row.spec.instrument.clone()).or_default().insert(id.clone());
            }
            self.live.insert(id, row);
        }
        while self.done_order.len() > TOMBSTONES_MAX {
            if let Some(oldest) = self.done_order.pop_front() {
                self.done.remove(&oldest);
            }
        }
    }

    fn put_fill(&mut self, row: &FillRow) {
        let key = (row.fill.instrument.clone(), row.fill.trade_id.clone());
        if self.fills.insert(key.clone()) {
            self.fills_order.push_back(key);
        }
        while self.fills_order.len() > FILLS_SEEN_MAX {
            if let Some(oldest) = self.fills_order.pop_front() {
                self.fills.remove(&oldest);
            }
        }
    }

    /// Returns an order, live or tombstone.
    pub fn order(&self, id: &ClientOrderId) -> Option<&OrderRow> {
        self.live.get(id).or_else(|| self.done.get(id))
    }

    /// Returns the orders that something is still expected of, in the order of their ids.
    pub fn live_orders(&self) -> impl Iterator<Item = &OrderRow> {
        self.live.values()
    }

    /// Returns the live orders of one instrument, in the order of their ids.
    pub fn live_orders_of(&self, instrument: &InstrumentId) -> impl Iterator<Item = &OrderRow> {
        self.live_of.get(instrument).into_iter().flatten().filter_map(|id| self.live.get(id))
    }

    /// Returns the instruments that have had live orders since this process began.
    pub fn instruments_ordered(&self) -> impl Iterator<Item = &InstrumentId> {
        self.live_of.keys()
    }

    /// Returns the orders whose id begins with `prefix`.
    pub fn orders_by_prefix(&self, prefix: &str) -> Vec<&OrderRow> {
        self.live_orders().filter(|row| row.spec.id.as_str().starts_with(prefix)).collect()
    }

    /// Returns a balance.
    pub fn balance(&self, currency: &Currency) -> Option<&BalanceRow> {
        self.balances.get(currency)
    }

    /// Returns all balances.
    pub fn balances(&self) -> impl Iterator<Item = &BalanceRow> {
        self.balances.values()
    }

    /// Returns the row of an instrument that was ever held.
    pub fn position(&self, instrument: &InstrumentId) -> Option<&PositionRow> {
        self.positions.get(instrument)
    }

    /// Returns the rows of all instruments that were ever held, flat ones included.
    pub fn positions(&self) -> impl Iterator<Item = &PositionRow> {
        self.positions.values()
    }

    /// Returns a plan that is confirmed or approved.
    pub fn plan(&self, id: &PlanId) -> Option<&PlanRow> {
        self.plans.get(id)
    }

    /// Returns the plans that are confirmed or approved.
    pub fn plans(&self) -> impl Iterator<Item = &PlanRow> {
        self.plans.values()
    }

    /// Returns a card that waits.
    pub fn pending(&self, nonce: &Nonce) -> Option<&PendingRow> {
        self.pendings.get(nonce)
    }

    /// Returns the cards that wait.
    pub fn pendings(&self) -> impl Iterator<Item = &PendingRow> {
        self.pendings.values()
    }

    /// Tells whether an execution is in the books.
    pub fn has_fill(&self, instrument: &InstrumentId, trade: &TradeId) -> bool {
        self.fills.contains(&(instrument.clone(), trade.clone()))
    }

    /// Returns approved opening plans, oldest first.
    pub fn opens(&self) -> impl DoubleEndedIterator<Item = &OpenRecord> {
        self.opens.iter()
    }

    /// Returns the trading state, once the account is open.
    pub fn state(&self) -> Option<&StateRow> {
        self.state.as_ref()
    }

    /// Returns the latest day's profit and loss.
    pub fn pnl_day(&self) -> Option<&PnlDayRow> {
        self.pnl_day.as_ref()
    }

    /// Tells whether an order of this instrument has an outcome that is not known.
    pub fn outcome_unknown(&self, instrument: &InstrumentId) -> bool {
        self.live_orders_of(instrument).any(|row| row.state == OrderState::Unknown)
    }
}
