//! One account in memory: its lease, its chain and the rows that the chain makes.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::event::{Change, DeskEvent};
use crate::domain::ids::{AccountId, ClientOrderId, PlanId, SourceKey, TradeId};
use crate::domain::instrument::InstrumentId;
use crate::domain::order::OrderState;
use crate::domain::rows::{OrderRow, Posting, TradingState};
use crate::domain::snapshot::{SnapshotRow, SnapshotWrite};
use crate::domain::time::Timestamp;
use crate::engine::ports::JournalError;
use crate::store::link::{ChainHead, Link};
use crate::store::step::{POSTING_WORDS, fill_words, plan_words};
use crate::store::table::{Cell, Record, StoredRecord, Table};

/// What tells rows of one table apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum RowKey {
    Text(String),
    Execution(InstrumentId, TradeId),
    Number(i64),
    Single,
}

/// A row with the links that made and last changed it.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) first_seq: i64,
    pub(super) last_seq: i64,
    pub(super) change: Change,
}

/// An account's durable part.
#[derive(Debug, Clone, Default)]
pub(super) struct Book {
    pub(super) epoch: i64,
    pub(super) links: Vec<Link>,
    pub(super) postings: Vec<(i64, Posting)>,
    /// Snapshots by their moment.
    pub(super) snapshots: BTreeMap<Timestamp, SnapshotRow>,
    rows: BTreeMap<Table, BTreeMap<RowKey, Row>>,
    plan_keys: BTreeMap<SourceKey, PlanId>,
    transactions: BTreeSet<String>,
}

/// Returns where a fact has its row, if it has one.
fn key_of(change: &Change) -> Option<(Table, RowKey)> {
    Some(match change {
        Change::Pending(row) => (Table::Pendings, RowKey::Text(row.nonce.to_string())),
        Change::Plan(row) => (Table::Plans, RowKey::Text(row.plan.id.to_string())),
        Change::Order(row) => (Table::Orders, RowKey::Text(row.spec.id.to_string())),
        Change::Fill(row) => (Table::Fills, RowKey::Execution(row.fill.instrument.clone(), row.fill.trade_id.clone())),
        Change::Balance(row) => (Table::Balances, RowKey::Text(row.currency.to_string())),
        Change::Position(row) => (Table::Positions, RowKey::Text(row.instrument.to_string())),
        Change::State(_) => (Table::State, RowKey::Single),
        Change::PnlDay(row) => (Table::PnlDays, RowKey::Number(row.day.ms())),
        Change::Act(_) | Change::Ledger(_) => return None,
    })
}

impl Book {
    pub(super) fn head(&self) -> ChainHead {
        self.links.last().map_or_else(ChainHead::empty, Link::head)
    }

    /// Returns the links that `events` add.
    pub(super) fn links_for(&self, account: &AccountId, events: &[DeskEvent]) -> Result<Vec<Link>, JournalError> {
        let mut head = self.head();
        let mut links = Vec::with_capacity(events.len());
        for event in events {
            let link = Link::after(account, &head, event).map_err(JournalError::NotWritten)?;
            head = link.head();
            links.push(link);
        }
        Ok(links)
    }

    /// Checks that plans, executions and ledger transactions are new.
    pub(super) fn check_new(&self, events: &[DeskEvent], postings: &[Posting]) -> Result<(), JournalError> {
        let mut plans: BTreeMap<&SourceKey, &PlanId> = BTreeMap::new();
        let mut causes: BTreeMap<&PlanId, &SourceKey> = BTreeMap::new();
        let mut fills = BTreeSet::new();
        for event in events {
            match &event.change {
                Change::Plan(row) => {
                    let (id, key) = (&row.plan.id, &row.plan.key);
                    let other_plan = plans.insert(key, id).or_else(|| self.plan_keys.get(key)).is_some_and(|plan| plan != id);
                    let other_cause = causes.insert(id, key).or_else(|| self.cause_of(id)).is_some_and(|cause| cause != key);
                    if other_plan || other_cause {
                        return Err(JournalError::Duplicate(plan_words(row)));
                    }
                }
                Change::Fill(row) => {
                    let Some((table, key)) = key_of(&event.change) else { continue };
                    if self.row(table, &key).is_some() || !fills.insert(key) {
                        return Err(JournalError::Duplicate(fill_words(row)));
                    }
                }
                _ => {}
            }
        }
        if postings.iter().any(|posting| self.transactions.contains(&posting.transaction)) {
            return Err(JournalError::Duplicate(POSTING_WORDS.into()));
        }
        Ok(())
    }

    fn cause_of(&self, plan: &PlanId) -> Option<&SourceKey> {
        match &self.row(Table::Plans, &RowKey::Text(plan.to_string()))?.change {
            Change::Plan(row) => Some(&row.plan.key),
            _ => None,
        }
    }

    /// Adds what was checked.
    pub(super) fn apply(&mut self, links: Vec<Link>, events: Vec<DeskEvent>, postings: Vec<Posting>) {
        for (event, link) in events.into_iter().zip(&links) {
            if let Change::Plan(row) = &event.change {
                self.plan_keys.insert(row.plan.key.clone(), row.plan.id.clone());
            }
            let Some((table, key)) = key_of(&event.change) else { continue };
            let rows = self.rows.entry(table).or_default();
            let first_seq = rows.get(&key).map_or(link.seq, |row| row.first_seq);
            rows.insert(key, Row { first_seq, last_seq: link.seq, change: event.change });
        }
        self.links.extend(links);
        let step = self.head().count;
        self.transactions.extend(postings.iter().map(|posting| posting.transaction.clone()));
        self.postings.extend(postings.into_iter().map(|posting| (step, posting)));
    }

    /// Adds a snapshot, and takes those away that are too old.
    pub(super) fn take_snapshot(&mut self, snapshot: Option<SnapshotWrite>) {
        let Some(SnapshotWrite { row, forget_before }) = snapshot else { return };
        self.snapshots.insert(row.at, row);
        self.snapshots = self.snapshots.split_off(&forget_before);
    }

    /// Returns when the latest fact was written that is no mere act.
    pub(super) fn last_event_at(&self) -> Option<Timestamp> {
        self.links.iter().rev().find(|link| !link.kind.starts_with("audit.")).map(|link| link.at)
    }

    fn row(&self, table: Table, key: &RowKey) -> Option<&Row> {
        self.rows.get(&table).and_then(|rows| rows.get(key))
    }

    /// Returns the rows of a table in the order they were made.
    pub(super) fn rows(&self, table: Table) -> Vec<&Row> {
        let mut rows: Vec<&Row> = self.rows.get(&table).into_iter().flat_map(BTreeMap::values).collect();
        rows.sort_unstable_by_key(|row| row.first_seq);
        rows
    }

    /// Returns the rows of a table for which `pick` returns something, in the order they were made.
    pub(super) fn picked<'a, T>(&'a self, table: Table, pick: impl Fn(&'a Change) -> Option<T>) -> Vec<T> {
        let rows = self.rows.get(&table).into_iter().flat_map(BTreeMap::values);
        let mut found: Vec<(i64, T)> = rows.filter_map(|row| Some((row.first_seq, pick(&row.change)?))).collect();
        found.sort_unstable_by_key(|(first_seq, _)| *first_seq);
        found.into_iter().map(|(_, row)| row).collect()
    }

    pub(super) fn order(&self, id: &ClientOrderId) -> Option<&OrderRow> {
        match &self.row(Table::Orders, &RowKey::Text(id.to_string()))?.change {
            Change::Order(row) => Some(row),
            _ => None,
        }
    }

    pub(super) fn order_state(&self, id: &ClientOrderId) -> Option<OrderState> {
        self.order(id).map(|order| order.state)
    }

    pub(super) fn takes_risk(&self) -> bool {
        match self.row(Table::State, &RowKey::Single).map(|row| &row.change) {
            Some(Change::State(row)) => row.trading == TradingState::Active,
            _ => false,
        }
    }

    /// Returns a row as its table would hold it.
    pub(super) fn stored(&self, row: &Row) -> StoredRecord {
        let link = usize::try_from(row.last_seq - 1).ok().and_then(|index| self.links.get(index));
        let record = link.and_then(|link| Record::of(&row.change, &link.body));
        let cells: Vec<Cell> = record.map(|record| record.cells).unwrap_or_default();
        StoredRecord { first_seq: row.first_seq, last_seq: row.last_seq, cells }
    }
}
