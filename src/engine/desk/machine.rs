//! The Desk: a pure machine from inputs to steps. It holds the books and the numbers, never a connection.

use std::collections::BTreeMap;

use crate::domain::actor::{Actor, Role};
use crate::domain::event::DeskEvent;
use crate::domain::ids::{AccountId, ClientOrderId, SourceKey};
use crate::domain::instrument::{Currency, Instrument, InstrumentId};
use crate::domain::notice::NoticeBody;
use crate::domain::order::{OrderEvent, OrderState};
use crate::domain::refusal::{Code, Refusal};
use crate::domain::rows::OrderRow;
use crate::domain::time::Timestamp;
use crate::engine::book::books::Book;
use crate::engine::ports::{BookRows, Quotes};
use crate::engine::risk::limits::Limits;

use super::draft::{Draft, Recipient, Step};
use super::ids::IdMaker;
use super::input::Input;
use super::memory::Memory;
use super::sizing::Sizing;

/// What a Desk is told once, when it is made.
#[derive(Debug, Clone)]
pub struct DeskSettings {
    /// Which account.
    pub account: AccountId,
    /// What its equity is measured in.
    pub quote: Currency,
    /// The numbers behind the rules.
    pub limits: Limits,
    /// The venue's name on cards.
    pub venue: String,
    /// Whether real money moves.
    pub live: bool,
    /// How long snapshots of the account are kept, in milliseconds.
    pub snapshots_kept_ms: i64,
}

/// A Desk.
pub struct Desk {
    pub(super) book: Book,
    pub(super) memory: Memory,
    pub(super) settings: DeskSettings,
    pub(super) instruments: BTreeMap<InstrumentId, Instrument>,
    pub(super) ids: IdMaker,
}

impl Desk {
    /// Returns a Desk over the rows of the database.
    pub fn new(settings: DeskSettings, install_key: &[u8], rows: BookRows, instruments: Vec<Instrument>) -> Self {
        let ids = IdMaker::new(install_key, settings.account.clone());
        let book = Book::from_rows(settings.account.clone(), settings.quote.clone(), rows);
        let instruments = instruments.into_iter().map(|instrument| (instrument.id.clone(), instrument)).collect();
        Self { book, memory: Memory::default(), settings, instruments, ids }
    }

    /// Returns what `input` comes to at `now`. Changes nothing.
    pub fn step(&self, now: Timestamp, quotes: &dyn Quotes, input: Input) -> Step {
        let mut draft = Draft::new(&self.book, self.memory, now);
        let d = &mut draft;
        let (act, timer) = (self.act_of(&input), matches!(input, Input::Timer));
        match input {
            Input::Propose(proposal) => self.propose(d, quotes, proposal),
            Input::Tap { nonce, verb, actor, key } => self.tap(d, quotes, &nonce, verb, &actor, &key),
            Input::Cancel { which, actor, key } => self.cancel(d, &which, &actor, &key),
            Input::Trading { word, actor, key } => self.trading_word(d, quotes, word, &actor, &key),
            Input::Submitted { order, outcome } => self.submitted(d, quotes, &order, outcome),
            Input::Cancelled { order, outcome } => self.cancelled(d, quotes, &order, outcome),
            Input::Asked { order, answer } => self.asked(d, quotes, &order, answer),
            Input::Reconciled { picture, proof } => self.reconciled(d, quotes, picture, proof),
            Input::LicenseRefused(order) => self.license_refused(d, &order),
            Input::OrderPushed(report) => self.report(d, &report, "venue stream"),
            Input::FillPushed(fill) => self.fill(d, quotes, &fill, "venue stream"),
            Input::FundingPushed(funding) => self.funding(d, &funding),
            Input::StreamGap => self.stream_gap(d),
            Input::Timer => self.timer(d, quotes),
        }
        self.settle(d, quotes);
        if d.moves_money() {
            d.memory().looked_at = None;
        }
        self.note_act(d, act);
        self.look(d, quotes, timer);
        draft.finish()
    }

    /// Takes over the facts of a step that is committed, and what it remembers.
    pub fn apply(&mut self, events: Vec<DeskEvent>, memory: Memory) {
        self.apply_events(events);
        self.memory = memory;
    }

    /// Takes over committed facts that were not made by [`Desk::step`] (a licence).
    pub fn apply_events(&mut self, events: Vec<DeskEvent>) {
        events.into_iter().for_each(|event| self.book.apply(event));
    }

    /// Returns an order and its attached exits as they stand once they are licensed, with the facts that say so; `None` if
    /// one of them is no longer planned.
    pub fn licensed(&self, now: Timestamp, id: &ClientOrderId) -> Option<(Vec<OrderRow>, Vec<DeskEvent>)> {
        let mut draft = Draft::new(&self.book, self.memory, now);
        let children = draft.live_orders().into_iter().filter(|row| row.parent.as_ref() == Some(id)).map(|row| row.spec.id.clone());
        let ids: Vec<ClientOrderId> = std::iter::once(id.clone()).chain(children.collect::<Vec<_>>()).collect();
        let mut rows = Vec::with_capacity(ids.len());
        for id in ids {
            let row = draft.order(&id).filter(|row| row.state == OrderState::Planned)?.clone();
            draft.put_sent_at(row);
            rows.push(draft.move_order(&id, OrderEvent::Licensed, "licensed to send")?);
        }
        Some((rows, draft.finish().events))
    }

    /// Returns the books.
    pub fn book(&self) -> &Book {
        &self.book
    }

    /// Tells whether the books agreed with the venue since this process began.
    pub fn is_reconciled(&self) -> bool {
        self.memory.reconciled
    }

    /// Returns what sizing looks at.
    pub(super) fn sizing<'a>(&'a self, now: Timestamp, quotes: &'a dyn Quotes) -> Sizing<'a> {
        Sizing { book: &self.book, quotes, limits: &self.settings.limits, instruments: &self.instruments, ids: &self.ids, now }
    }

    /// Tells a person why something is not done.
    pub(super) fn deny(&self, d: &mut Draft<'_>, to: &Recipient, key: &SourceKey, subject: &str, refusals: Vec<Refusal>) {
        let body = NoticeBody::Denied { subject: subject.to_owned(), refusals };
        d.tell(format!("denied:{key}"), to, body);
    }

    /// Tells whether a person may trade; if not, says so.
    pub(super) fn may_trade(&self, d: &mut Draft<'_>, actor: &Actor, key: &SourceKey, subject: &str) -> bool {
        if actor.role >= Role::Trader {
            return true;
        }
        let refusal = Refusal::new(Code::NotAllowed, "trader or owner", "viewer", "ask the owner for the trader role");
        self.deny(d, &Recipient::of_person(actor, key), key, subject, vec![refusal]);
        false
    }
}
