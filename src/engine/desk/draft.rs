//! A step in the making: rows as they would stand, over the book as it stands.
//!
//! Step, commit, apply, act: a draft never touches the book. It gathers the facts of one step; the runtime commits them in
//! one transaction, applies them, and only then lets the effects run (I3).

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::event::{Change, DeskEvent};
use crate::domain::ids::{ClientOrderId, Nonce, SourceKey, TradeId};
use crate::domain::instrument::{Currency, InstrumentId};
use crate::domain::money::Amount;
use crate::domain::notice::{Notice, NoticeBody};
use crate::domain::order::{OrderEvent, OrderState, Transition, transition};
use crate::domain::rows::{
    BalanceRow, FillRow, OrderRow, PendingRow, PendingState, PlanRow, PnlDayRow, PositionRow, Posting, Protection, StateRow,
};
use crate::domain::snapshot::SnapshotWrite;
use crate::domain::time::Timestamp;
use crate::engine::book::books::Book;

use super::effect::Effect;
use super::memory::Memory;

/// What a step comes to.
#[derive(Debug, Default)]
pub struct Step {
    /// Facts, in order.
    pub events: Vec<DeskEvent>,
    /// Ledger lines.
    pub postings: Vec<Posting>,
    /// What people are told.
    pub notices: Vec<Notice>,
    /// The message that is thereby dealt with.
    pub inbox_done: Option<SourceKey>,
    /// What the account is worth, if it was looked at.
    pub snapshot: Option<SnapshotWrite>,
    /// What is done once all of that is committed.
    pub effects: Vec<Effect>,
    /// What the Desk remembers without storing it; taken over with the facts.
    pub memory: Memory,
}

/// A step in the making.
pub struct Draft<'a> {
    /// The book as it stands.
    pub book: &'a Book,
    /// The moment of the step.
    pub now: Timestamp,
    step: Step,
    orders: BTreeMap<ClientOrderId, OrderRow>,
    positions: BTreeMap<InstrumentId, PositionRow>,
    balances: BTreeMap<Currency, BalanceRow>,
    fills: Vec<(InstrumentId, TradeId)>,
    state: Option<StateRow>,
    pnl_day: Option<PnlDayRow>,
    /// Instruments whose orders or position this step touches.
    touched: BTreeSet<InstrumentId>,
    /// Orders somebody is told of in this step.
    told: BTreeSet<ClientOrderId>,
    /// Cards that this step ends.
    ended_cards: BTreeSet<Nonce>,
}

impl<'a> Draft<'a> {
    /// Returns an empty draft over `book`.
    pub fn new(book: &'a Book, memory: Memory, now: Timestamp) -> Self {
        Self {
            book,
            now,
            step: Step { memory, ..Step::default() },
            orders: BTreeMap::new(),
            positions: BTreeMap::new(),
            balances: BTreeMap::new(),
            fills: Vec::new(),
            state: None,
            pnl_day: None,
            touched: BTreeSet::new(),
            told: BTreeSet::new(),
            ended_cards: BTreeSet::new(),
        }
    }

    /// Returns what the Desk remembers without storing it.
    pub fn memory(&mut self) -> &mut Memory {
        &mut self.step.memory
    }

    /// Tells whether books and venue agree, as this step has it.
    pub fn is_reconciled(&self) -> bool {
        self.step.memory.reconciled
    }

    /// Tells whether this step books anything in the ledger.
    pub fn moves_money(&self) -> bool {
        !self.step.postings.is_empty()
    }

    /// Takes the instruments that were touched since the last call.
    pub fn take_touched(&mut self) -> BTreeSet<InstrumentId> {
        std::mem::take(&mut self.touched)
    }

    /// Returns the orders that ended in this step without anybody being told.
    pub fn ended_untold(&self) -> Vec<OrderRow> {
        let ended =
            self.orders.values().filter(|row| row.state.is_done() && self.book.order(&row.spec.id).is_none_or(|old| !old.state.is_done()));
        ended.filter(|row| !self.told.contains(&row.spec.id)).cloned().collect()
    }

    /// Returns the orders that were proven to work in this step.
    pub fn newly_open(&self) -> Vec<OrderRow> {
        let open = self.orders.values().filter(|row| row.state == OrderState::Open);
        open.filter(|row| self.book.order(&row.spec.id).is_none_or(|old| !old.state.is_proven())).cloned().collect()
    }

    /// Notes that somebody is told of an order in this step.
    pub fn told(&mut self, id: &ClientOrderId) {
        self.told.insert(id.clone());
    }

    /// Ends the draft.
    pub fn finish(self) -> Step {
        self.step
    }

    /// Adds something to do after the commit.
    pub fn effect(&mut self, effect: Effect) {
        self.step.effects.push(effect);
    }

    /// Adds a fact that has no row of its own.
    pub fn record(&mut self, event: DeskEvent) {
        self.step.events.push(event);
    }

    /// Adds a snapshot of the account.
    pub fn take_snapshot(&mut self, snapshot: SnapshotWrite) {
        self.step.snapshot = Some(snapshot);
    }

    /// Tells whether the step books an execution.
    pub fn books_a_fill(&self) -> bool {
        !self.fills.is_empty()
    }

    /// Returns the codes of the refusals that answer a message in this step.
    pub fn refusals_of(&self, key: &SourceKey) -> Vec<&'static str> {
        let key = format!("denied:{key}");
        let told = self.step.notices.iter().filter(|notice| notice.key == key);
        let refusals = told.flat_map(|notice| match &notice.body {
            NoticeBody::Denied { refusals, .. } => refusals.as_slice(),
            _ => &[],
        });
        refusals.map(|refusal| refusal.code.as_str()).collect()
    }

    /// Marks the message that this step deals with.
    pub fn deals_with(&mut self, key: &SourceKey) {
        self.step.inbox_done = Some(key.clone());
    }

    fn event(&mut self, kind: &str, subject: &str, detail: &str, change: Change) {
        let event = DeskEvent { kind: kind.to_owned(), subject: subject.to_owned(), detail: detail.to_owned(), at: self.now, change };
        self.step.events.push(event);
    }

    // ------------------------------------------------------------ orders

    /// Returns an order as it would stand.
    pub fn order(&self, id: &ClientOrderId) -> Option<&OrderRow> {
        self.orders.get(id).or_else(|| self.book.order(id))
    }

    /// Returns the orders that something is still expected of, as they would stand.
    pub fn live_orders(&self) -> Vec<&OrderRow> {
        let untouched = self.book.live_orders().filter(|row| !self.orders.contains_key(&row.spec.id));
        let touched = self.orders.values().filter(|row| !row.state.is_done() || row.asking.is_some());
        untouched.chain(touched).collect()
    }

    /// Returns the orders that this step changed, as they would stand.
    pub fn changed_orders(&self) -> impl Iterator<Item = &OrderRow> {
        self.orders.values()
    }

    /// Returns the live orders of one instrument.
    pub fn live_orders_of(&self, instrument: &InstrumentId) -> Vec<&OrderRow> {
        let untouched = self.book.live_orders_of(instrument).filter(|row| !self.orders.contains_key(&row.spec.id));
        let touched =
            self.orders.values().filter(|row| row.spec.instrument == *instrument && (!row.state.is_done() || row.asking.is_some()));
        untouched.chain(touched).collect()
    }

    /// Writes an order.
    pub fn put_order(&mut self, row: OrderRow, kind: &str, detail: &str) {
        let mut row = row;
        row.changed_at = self.now;
        // While executions of an ended order are asked for, what they will cost stays set aside.
        if row.state.is_done() && row.asking.is_none() {
            row.reservation = None;
        }
        self.event(kind, row.spec.id.as_str(), detail, Change::Order(Box::new(row.clone())));
        self.touched.insert(row.spec.instrument.clone());
        self.orders.insert(row.spec.id.clone(), row);
    }

    /// Notes the moment of the licence, without an event of its own: the move to `Sending` that follows carries it.
    pub fn put_sent_at(&mut self, row: OrderRow) {
        self.orders.insert(row.spec.id.clone(), OrderRow { sent_at: Some(self.now), ..row });
    }

    /// Moves an order by the table of its life, and returns its new row if it moved.
    pub fn move_order(&mut self, id: &ClientOrderId, event: OrderEvent, detail: &str) -> Option<OrderRow> {
        let row = self.order(id)?.clone();
        let (state, revived) = match transition(row.state, event) {
            Transition::To(state) => (state, false),
            Transition::Revived(state) => (state, true),
            Transition::Stale => return None,
            Transition::Illegal => {
                self.alert(&format!("defect: order {id} is {} and was told {event:?} ({detail})", row.state.as_str()), None);
                return None;
            }
        };
        // A refused cancel leaves an order that had fills partly filled.
        let state = if state == OrderState::Open && !row.filled.is_zero() { OrderState::Partial } else { state };
        if state == row.state {
            return None;
        }
        let moved = OrderRow { state, why: detail.to_owned(), ..row };
        let late = if revived { "late_" } else { "" };
        self.put_order(moved, &format!("order.{late}{}", state.as_str()), detail);
        if revived {
            self.alert(&format!("order {id} had been given up, but the venue says it is {}", state.as_str()), None);
        }
        self.order(id).cloned()
    }

    // ------------------------------------------------------------ positions and money

    /// Returns the row of an instrument as it would stand.
    pub fn position(&self, instrument: &InstrumentId) -> Option<&PositionRow> {
        self.positions.get(instrument).or_else(|| self.book.position(instrument))
    }

    /// Returns the row of an instrument, or a flat one if it was never held.
    pub fn position_or_flat(&self, instrument: &InstrumentId) -> PositionRow {
        self.position(instrument).cloned().unwrap_or_else(|| PositionRow {
            instrument: instrument.clone(),
            position: None,
            generation: 0,
            protection: Protection::default(),
            changed_at: self.now,
            funded: Vec::new(),
        })
    }

    /// Returns all rows as they would stand.
    pub fn positions(&self) -> Vec<&PositionRow> {
        let untouched = self.book.positions().filter(|row| !self.positions.contains_key(&row.instrument));
        untouched.chain(self.positions.values()).collect()
    }

    /// Writes a position.
    pub fn put_position(&mut self, row: PositionRow, kind: &str, detail: &str) {
        let row = PositionRow { changed_at: self.now, ..row };
        self.event(kind, &row.instrument.to_string(), detail, Change::Position(Box::new(row.clone())));
        self.touched.insert(row.instrument.clone());
        self.positions.insert(row.instrument.clone(), row);
    }

    /// Returns the cash of a currency as it would stand.
    pub fn cash(&self, currency: &Currency) -> Amount {
        self.balances.get(currency).or_else(|| self.book.balance(currency)).map_or(Amount::ZERO, |row| row.cash)
    }

    /// Writes a balance.
    pub fn put_balance(&mut self, currency: &Currency, cash: Amount, detail: &str) {
        let row = BalanceRow { currency: currency.clone(), cash };
        self.event("balance.changed", currency.as_str(), detail, Change::Balance(row.clone()));
        self.balances.insert(currency.clone(), row);
    }

    /// Tells whether an execution is booked, or would be.
    pub fn has_fill(&self, instrument: &InstrumentId, trade: &TradeId) -> bool {
        self.book.has_fill(instrument, trade) || self.fills.iter().any(|(i, t)| i == instrument && t == trade)
    }

    /// Writes an execution.
    pub fn put_fill(&mut self, row: FillRow, postings: Vec<Posting>) {
        self.fills.push((row.fill.instrument.clone(), row.fill.trade_id.clone()));
        let subject = format!("{}:{}", row.fill.instrument, row.fill.trade_id);
        let detail = format!("{} {} at {}", row.fill.side.as_str(), row.fill.quantity, row.fill.price);
        self.event("fill.booked", &subject, &detail, Change::Fill(Box::new(row)));
        self.step.postings.extend(postings);
    }

    /// Writes ledger lines that belong to no execution.
    pub fn post(&mut self, postings: Vec<Posting>) {
        self.step.postings.extend(postings);
    }

    /// Returns the latest day's profit and loss as it would stand.
    pub fn pnl_day(&self) -> Option<&PnlDayRow> {
        self.pnl_day.as_ref().or_else(|| self.book.pnl_day())
    }

    /// Returns the row that something of `at` counts in. A late fact of an earlier day counts on the day it became known:
    /// rows of past days stay as they were told.
    pub fn pnl_day_at(&self, at: Timestamp) -> PnlDayRow {
        let day = at.day_start();
        let empty = PnlDayRow { day, realized: Amount::ZERO, fees: Amount::ZERO, funding: Amount::ZERO, fills: 0 };
        self.pnl_day().filter(|row| row.day >= day).cloned().unwrap_or(empty)
    }

    /// Writes a day's profit and loss.
    pub fn put_pnl_day(&mut self, row: PnlDayRow) {
        self.event("pnl.changed", &row.day.ms().to_string(), "", Change::PnlDay(row.clone()));
        self.pnl_day = Some(row);
    }

    // ------------------------------------------------------------ cards, plans, state

    /// Writes a card.
    pub fn put_pending(&mut self, row: PendingRow, detail: &str) {
        if row.state != PendingState::Open {
            self.ended_cards.insert(row.nonce.clone());
        }
        let kind = format!("card.{}", row.state.as_str());
        self.event(&kind, row.nonce.as_str(), detail, Change::Pending(Box::new(row.clone())));
    }

    /// Returns the cards that still wait, as they would stand.
    pub fn open_cards(&self) -> impl Iterator<Item = &PendingRow> {
        self.book.pendings().filter(|row| !self.ended_cards.contains(&row.nonce))
    }

    /// Writes a plan.
    pub fn put_plan(&mut self, row: PlanRow, detail: &str) {
        let kind = format!("plan.{}", row.state.as_str());
        self.event(&kind, row.plan.id.as_str(), detail, Change::Plan(Box::new(row.clone())));
    }

    /// Returns the trading state as it would stand.
    pub fn state(&self) -> Option<&StateRow> {
        self.state.as_ref().or_else(|| self.book.state())
    }

    /// Writes the trading state.
    pub fn put_state(&mut self, row: StateRow, kind: &str) {
        self.event(kind, self.book.account.clone().as_str(), &row.why.clone(), Change::State(row.clone()));
        self.state = Some(row);
    }

    // ------------------------------------------------------------ notices

    /// Tells somebody something. `key` makes the notice unique.
    pub fn tell(&mut self, key: String, to: &Recipient, body: NoticeBody) {
        if self.step.notices.iter().any(|notice| notice.key == key) {
            return;
        }
        self.step.notices.push(Notice { key, chat: to.chat, cause: to.cause.clone(), at: self.now, body });
    }

    /// Pushes an alert to the owner. The same words are told once a minute: a condition that stands must not flood a chat.
    pub fn alert(&mut self, text: &str, code: Option<&str>) {
        let key = format!("alert:{}:{text}", self.now.ms().div_euclid(crate::domain::time::MINUTE_MS));
        self.tell(key, &Recipient::default(), NoticeBody::Alert { text: text.to_owned(), code: code.map(str::to_owned) });
    }
}

/// Where a notice goes, and what it answers.
#[derive(Debug, Clone, Default)]
pub struct Recipient {
    /// Which chat; none means the owner's.
    pub chat: Option<crate::domain::actor::ChatId>,
    /// The message it answers; none for a push.
    pub cause: Option<SourceKey>,
}

impl Recipient {
    /// Returns the person and the message behind an order.
    pub fn of_order(row: &OrderRow) -> Self {
        Self { chat: row.chat, cause: Some(row.cause.clone()) }
    }

    /// Returns a person's chat and their message.
    pub fn of_person(actor: &crate::domain::actor::Actor, key: &SourceKey) -> Self {
        Self { chat: Some(actor.chat), cause: Some(key.clone()) }
    }
}
