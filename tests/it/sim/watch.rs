//! The watcher: it sees every commit that took effect, every order that reaches the venue, every answer and every notice
//! that was shown, keeps its own picture of them, and holds the invariants against it. It shares no code with the Desk's
//! books.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use outcry::domain::actor::UserId;
use outcry::domain::event::Change;
use outcry::domain::ids::{ClientOrderId, Nonce, PlanId, SourceKey, TradeId};
use outcry::domain::instrument::{Currency, Instrument, InstrumentId, Market};
use outcry::domain::notice::{Notice, NoticeBody};
use outcry::domain::order::{Fill, OrderSpec};
use outcry::domain::rows::{FillRow, OrderRow, PendingRow, PlanRow, PositionRow, StateRow, TradingState};
use outcry::domain::time::Timestamp;
use outcry::engine::market::board::QuoteBoard;
use outcry::engine::ports::{Commit, Quotes, SubmitOutcome};
use outcry::engine::risk::limits::Limits;
use outcry::store::link::ChainHead;
use rust_decimal::Decimal;

use super::invariants::kinds::Kinds;
use super::invariants::{arrival, commit, notice};

/// Events that a report of a broken invariant shows.
const TRACE_MAX: usize = 60;

/// A broken invariant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Its number.
    pub number: u32,
    /// What was seen.
    pub text: String,
    /// When.
    pub at: Timestamp,
}

/// Counts of a run.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    /// Commits that took effect.
    pub commits: u64,
    /// Events in them.
    pub events: u64,
    /// Plans: confirmed, or denied.
    pub plans: u64,
    /// Plans that a person confirmed.
    pub confirmed: u64,
    /// Orders that the venue took.
    pub orders: u64,
    /// Executions booked.
    pub fills: u64,
    /// Funding payments.
    pub fundings: u64,
    /// Processes beyond the first.
    pub restarts: u64,
    /// Messages sent, repeats included.
    pub messages: u64,
    /// Breakers that tripped.
    pub breakers: u64,
}

/// What the watcher knows.
pub struct Watch {
    pub limits: Limits,
    pub instruments: BTreeMap<InstrumentId, Instrument>,
    /// Who may trade.
    pub traders: BTreeSet<UserId>,
    pub board: Option<Arc<QuoteBoard>>,
    // --- the books, as committed
    pub orders: BTreeMap<ClientOrderId, OrderRow>,
    pub plans: BTreeMap<PlanId, PlanRow>,
    pub pendings: BTreeMap<Nonce, PendingRow>,
    pub positions: BTreeMap<InstrumentId, PositionRow>,
    pub cash: BTreeMap<Currency, Decimal>,
    pub state: Option<StateRow>,
    pub fills: BTreeMap<(InstrumentId, TradeId), FillRow>,
    pub ledger: BTreeMap<(String, Currency), Decimal>,
    /// What each funding payment brought, by its transaction.
    pub fundings: BTreeMap<String, Decimal>,
    pub dealt_with: BTreeSet<SourceKey>,
    pub acked: Option<ChainHead>,
    // --- the venue
    /// What was taken, by our id: the order and how often.
    pub taken: BTreeMap<ClientOrderId, (OrderSpec, u32)>,
    pub taken_at: BTreeMap<ClientOrderId, Timestamp>,
    pub entries_of: BTreeMap<PlanId, u32>,
    /// Exits that the venue holds for an entry it took.
    pub exits_taken: BTreeMap<ClientOrderId, ClientOrderId>,
    /// Signed size by the venue's own executions.
    pub held: BTreeMap<InstrumentId, Decimal>,
    pub venue_fills: Vec<Fill>,
    // --- people
    /// Orders that ended, and since when nobody was told.
    pub untold: BTreeMap<ClientOrderId, Timestamp>,
    // --- clocks of the continuous rules
    pub unprotected: BTreeMap<InstrumentId, Timestamp>,
    pub flat_with_exits: BTreeMap<InstrumentId, Timestamp>,
    pub over_the_loss: Option<Timestamp>,
    pub kinds: Kinds,
    /// Whether the Desk has said, since the last look, that its books differ from the venue.
    pub books_differ: bool,
    /// What was told since the question at the end.
    pub asked_at_the_end: Option<Vec<NoticeBody>>,
    // --- the report
    pub counts: Counts,
    /// How often each code refused.
    pub denials: BTreeMap<String, u64>,
    pub violations: Vec<Violation>,
    trace: VecDeque<(Timestamp, String)>,
}

impl Watch {
    /// Returns a watcher of an account that was never used.
    pub fn new(limits: Limits, instruments: Vec<Instrument>, traders: BTreeSet<UserId>) -> Self {
        Self {
            limits,
            instruments: instruments.into_iter().map(|listed| (listed.id.clone(), listed)).collect(),
            traders,
            board: None,
            orders: BTreeMap::new(),
            plans: BTreeMap::new(),
            pendings: BTreeMap::new(),
            positions: BTreeMap::new(),
            cash: BTreeMap::new(),
            state: None,
            fills: BTreeMap::new(),
            ledger: BTreeMap::new(),
            fundings: BTreeMap::new(),
            dealt_with: BTreeSet::new(),
            acked: None,
            taken: BTreeMap::new(),
            taken_at: BTreeMap::new(),
            entries_of: BTreeMap::new(),
            exits_taken: BTreeMap::new(),
            held: BTreeMap::new(),
            venue_fills: Vec::new(),
            untold: BTreeMap::new(),
            unprotected: BTreeMap::new(),
            flat_with_exits: BTreeMap::new(),
            over_the_loss: None,
            kinds: Kinds::default(),
            books_differ: false,
            asked_at_the_end: None,
            counts: Counts::default(),
            denials: BTreeMap::new(),
            violations: Vec::new(),
            trace: VecDeque::new(),
        }
    }

    /// Notes a line for the report.
    pub fn note(&mut self, at: Timestamp, line: String) {
        if self.trace.len() >= TRACE_MAX && self.violations.is_empty() {
            self.trace.pop_front();
        }
        // The first violation ends the story; a few lines after it help.
        if self.trace.len() < TRACE_MAX + 5 {
            self.trace.push_back((at, line));
        }
    }

    /// Returns the last lines before the first violation.
    pub fn trace(&self) -> impl Iterator<Item = String> + '_ {
        self.trace.iter().map(|(at, line)| format!("{:>14} {line}", at.ms()))
    }

    /// Notes a broken invariant.
    pub fn broken(&mut self, number: u32, at: Timestamp, text: String) {
        self.note(at, format!("BROKEN {number}: {text}"));
        if self.violations.len() < 20 {
            self.violations.push(Violation { number, text, at });
        }
    }

    /// Takes in a commit, or a licence, that took effect.
    pub fn committed(&mut self, made: &Commit, now: Timestamp) {
        self.counts.commits += 1;
        commit::inv06_postings_balance(self, made, now);
        if let Some(key) = &made.inbox_done {
            commit::inv16_one_effect(self, key, now);
        }
        commit::inv23_bounded_step(self, made, now);
        for event in &made.events {
            self.counts.events += 1;
            self.note(now, format!("{} {} {}", event.kind, event.subject, event.detail));
            self.change(&event.change, made, now);
        }
        for told in &made.notices {
            match &told.body {
                NoticeBody::Alert { text, code } => {
                    self.note(now, format!("ALERT {text}"));
                    let words = text.split_whitespace().filter(|word| !word.contains(|c: char| c.is_ascii_digit() || c == '/'));
                    let kind = code.clone().unwrap_or_else(|| words.take(6).collect::<Vec<_>>().join(" "));
                    *self.denials.entry(format!("alert: {kind}")).or_default() += 1;
                }
                NoticeBody::Denied { subject, refusals } => {
                    let codes: Vec<&str> = refusals.iter().map(|refusal| refusal.code.as_str()).collect();
                    self.note(now, format!("denied {subject:?}: {}", codes.join(" ")));
                    codes.iter().for_each(|code| *self.denials.entry((*code).to_owned()).or_default() += 1);
                }
                _ => {}
            }
        }
        for posting in &made.postings {
            let total = self.ledger.entry((posting.ledger.clone(), posting.currency.clone())).or_default();
            *total += posting.amount.value();
            if posting.ledger == "income:funding" {
                // Income is negative where it grows.
                *self.fundings.entry(posting.transaction.clone()).or_default() -= posting.amount.value();
            }
        }
        commit::inv06_ledger_is_the_balance(self, made, now);
        commit::inv13_reservations_fit(self, now);
    }

    fn change(&mut self, change: &Change, made: &Commit, now: Timestamp) {
        match change {
            Change::Order(row) => {
                commit::inv13_reservation_released_once(self, row, now);
                commit::inv14_moves_by_the_table(self, row, now);
                commit::inv14_absent_is_not_there(self, row, now);
                let ended = row.state.is_done() && self.orders.get(&row.spec.id).is_none_or(|old| !old.state.is_done());
                if ended {
                    self.untold.insert(row.spec.id.clone(), now);
                    notice::inv17_told_with_its_end(self, row, made, now);
                }
                self.orders.insert(row.spec.id.clone(), (**row).clone());
            }
            Change::Plan(row) => {
                if !self.plans.contains_key(&row.plan.id) {
                    self.counts.plans += 1;
                    self.counts.confirmed += u64::from(row.actor.is_some() && row.authority.is_some());
                }
                self.plans.insert(row.plan.id.clone(), (**row).clone());
            }
            Change::Pending(row) => {
                commit::inv16_a_card_is_used_once(self, row, now);
                self.pendings.insert(row.nonce.clone(), (**row).clone());
            }
            Change::Position(row) => {
                self.positions.insert(row.instrument.clone(), (**row).clone());
            }
            Change::Balance(row) => {
                self.cash.insert(row.currency.clone(), row.cash.value());
            }
            Change::State(row) => {
                let tripped = row.trading != TradingState::Active && row.why.starts_with("MAX_");
                self.counts.breakers += u64::from(tripped && self.state.as_ref().is_none_or(|old| old.trading != row.trading));
                self.state = Some(row.clone());
            }
            Change::Fill(row) => {
                self.counts.fills += 1;
                self.fills.insert((row.fill.instrument.clone(), row.fill.trade_id.clone()), (**row).clone());
            }
            Change::PnlDay(_) | Change::Act(_) | Change::Ledger(_) => {}
        }
    }

    /// Takes in an order that reaches the venue.
    pub fn arrives(&mut self, spec: &OrderSpec, now: Timestamp) {
        self.note(now, format!("-> venue {} {} {} {}", spec.id, spec.instrument, spec.side.as_str(), spec.quantity));
        arrival::inv02_row_before_arrival(self, spec, now);
        arrival::inv03_authority(self, spec, now);
        arrival::inv04_sent_is_confirmed(self, spec, now);
        arrival::inv08_exits_reduce(self, spec, now);
        arrival::inv12_limits_hold(self, spec, now);
        arrival::inv21_on_the_grid(self, spec, now);
        arrival::inv35_replaced_is_gone(self, spec, now);
    }

    /// Takes in what the venue did with it.
    pub fn answered(&mut self, spec: &OrderSpec, outcome: &SubmitOutcome, now: Timestamp) {
        if !matches!(outcome, SubmitOutcome::Accepted { .. }) {
            return self.note(now, format!("<- venue {} {outcome:?}", spec.id));
        }
        self.counts.orders += 1;
        self.taken.entry(spec.id.clone()).or_insert_with(|| (spec.clone(), 0)).1 += 1;
        self.taken_at.insert(spec.id.clone(), now);
        self.kinds.taken(spec);
        let with_it = spec.attached.iter().map(|exit| &exit.id).chain(spec.oco.iter().map(|other| &other.id));
        for id in with_it {
            self.exits_taken.insert(id.clone(), spec.id.clone());
            self.taken_at.insert(id.clone(), now);
        }
        arrival::inv01_one_entry_a_plan(self, spec, now);
    }

    /// Takes in a licence that is about to be given.
    pub fn licensed(&mut self, opens: bool, now: Timestamp) {
        arrival::inv10_11_no_entry_unless_active(self, opens, now);
    }

    /// Takes in a notice that a person has seen.
    pub fn shown(&mut self, shown: &Notice, now: Timestamp) {
        let told: Vec<ClientOrderId> = match &shown.body {
            NoticeBody::OrderNews { orders, .. } => orders.iter().map(|view| ClientOrderId::new(view.id.clone())).collect(),
            NoticeBody::Filled(view) => view.order.iter().map(|view| ClientOrderId::new(view.id.clone())).collect(),
            NoticeBody::Rejected { order, .. } => vec![ClientOrderId::new(order.id.clone())],
            _ => Vec::new(),
        };
        for id in told {
            self.untold.remove(&id);
        }
        if let NoticeBody::Alert { text, code } = &shown.body {
            self.books_differ |= code.as_deref() == Some("ACCOUNT_NOT_RECONCILED");
            if text.starts_with("defect:") {
                self.broken(14, now, text.clone());
            }
        }
        if let Some(told) = &mut self.asked_at_the_end {
            told.push(shown.body.clone());
        }
    }

    /// Returns what the books are worth at the prices on the board; `None` while one is missing.
    pub fn equity(&self) -> Option<Decimal> {
        let board = self.board.as_ref()?;
        let mut sum = self.cash.get(&Currency::new("USDT")).copied().unwrap_or_default();
        for position in self.positions.values().filter_map(|row| row.position.as_ref()) {
            let mark = board.quote(&position.instrument)?.mark;
            sum += match position.instrument.market {
                Market::Spot => mark.value() * position.quantity.value(),
                Market::Perp => position.margin.value() + position.unrealized(mark).ok()?.value(),
            };
        }
        Some(sum)
    }
}
