//! The journal of the workbench: rows in memory, and what the database would refuse.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::act::Act;
use crate::domain::event::{Change, DeskEvent};
use crate::domain::ids::{PlanId, SourceKey};
use crate::domain::plan::PlanKind;
use crate::domain::rows::{PendingState, PlanState};
use crate::domain::snapshot::SnapshotRow;
use crate::engine::desk::draft::Step;
use crate::engine::ports::BookRows;

/// What the journal holds.
#[derive(Default)]
pub struct Journal {
    pub rows: BookRows,
    plan_keys: BTreeMap<SourceKey, PlanId>,
    pub notice_keys: BTreeSet<String>,
    transactions: BTreeSet<String>,
    pub inbox: BTreeSet<SourceKey>,
    /// Snapshots in the order they were taken.
    pub snapshots: Vec<SnapshotRow>,
    /// Acts on record.
    pub acts: Vec<Act>,
}

impl Journal {
    /// Writes a step; a cause, an execution or a transaction that is there already fails the test.
    pub fn write(&mut self, step: &Step) {
        for transaction in step.postings.iter().map(|line| &line.transaction).collect::<BTreeSet<_>>() {
            assert!(self.transactions.insert(transaction.clone()), "{transaction} is in the ledger already");
        }
        self.snapshots.extend(step.snapshot.as_ref().map(|write| write.row.clone()));
        self.facts(&step.events);
    }

    /// Writes facts.
    pub fn facts(&mut self, events: &[DeskEvent]) {
        let rows = &mut self.rows;
        for event in events {
            rows.last_event_at = Some(event.at);
            match event.change.clone() {
                Change::Plan(row) => {
                    let id = self.plan_keys.entry(row.plan.key.clone()).or_insert_with(|| row.plan.id.clone());
                    assert_eq!(*id, row.plan.id, "two plans of one cause");
                    rows.plans.retain(|old| old.plan.id != row.plan.id);
                    if row.state == PlanState::Done && row.plan.kind == PlanKind::Open {
                        rows.opened.push((*row).clone());
                    }
                    if matches!(row.state, PlanState::Confirmed | PlanState::Approved) {
                        rows.plans.push(*row);
                    }
                }
                Change::Order(row) => {
                    rows.orders.retain(|old| old.spec.id != row.spec.id);
                    rows.orders.push(*row);
                }
                Change::Fill(row) => {
                    let same = |old: &&crate::domain::rows::FillRow| old.fill.trade_id == row.fill.trade_id;
                    assert!(rows.fills.iter().find(same).is_none(), "an execution twice");
                    rows.fills.push(*row);
                }
                Change::Pending(row) => {
                    rows.pendings.retain(|old| old.nonce != row.nonce);
                    if row.state == PendingState::Open {
                        rows.pendings.push(*row);
                    }
                }
                Change::Balance(row) => {
                    rows.balances.retain(|old| old.currency != row.currency);
                    rows.balances.push(row);
                }
                Change::Position(row) => {
                    rows.positions.retain(|old| old.instrument != row.instrument);
                    rows.positions.push(*row);
                }
                Change::State(row) => rows.state = Some(row),
                Change::PnlDay(row) => rows.pnl_day = Some(row),
                Change::Act(act) => self.acts.push(*act),
                Change::Ledger(_) => {}
            }
        }
    }
}
