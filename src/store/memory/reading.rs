//! Views and history in memory; each answers as the SQL of `store/views.rs` and `store/history.rs` does.

use std::collections::BTreeSet;

use async_trait::async_trait;

use crate::domain::actor::ChatId;
use crate::domain::event::{Change, DeskEvent};
use crate::domain::ids::{AccountId, PlanId};
use crate::domain::rows::{BalanceRow, FillRow, OrderRow, PendingRow, PendingState, PlanRow, PnlDayRow, PositionRow, Posting, StateRow};
use crate::domain::snapshot::SnapshotRow;
use crate::domain::time::Timestamp;
use crate::engine::ports::{JournalError, PlanQuery, Views};
use crate::store::history::{History, PAGE_MAX};
use crate::store::link::{ChainHead, Link};
use crate::store::table::{StoredRecord, Table};
use crate::store::views::{COUNT_MAX, searchable};

use super::MemoryStore;
use super::book::{Book, Row};

impl MemoryStore {
    /// Reads from an account; one that never was gives an empty answer.
    fn read<T: Default>(&self, account: &AccountId, read: impl FnOnce(&Book) -> T) -> Result<T, JournalError> {
        Ok(self.alive()?.books.get(account).map(read).unwrap_or_default())
    }
}

fn at_most<T>(mut rows: Vec<T>, count: u32, most: u32) -> Vec<T> {
    rows.truncate(usize::try_from(count.min(most)).unwrap_or(usize::MAX));
    rows
}

/// Tells whether an id begins with `prefix`, which is in lower case.
fn begins(id: &str, prefix: &str) -> bool {
    id.to_ascii_lowercase().starts_with(prefix)
}

pub(super) fn state_of(book: &Book) -> Option<StateRow> {
    let found = book.picked(Table::State, |change| match change {
        Change::State(row) => Some(row.clone()),
        _ => None,
    });
    found.into_iter().next()
}

/// Returns days at or after `from`, in order.
pub(super) fn days_of(book: &Book, from: Timestamp) -> Vec<PnlDayRow> {
    let mut days = book.picked(Table::PnlDays, |change| match change {
        Change::PnlDay(row) if row.day >= from => Some(row.clone()),
        _ => None,
    });
    days.sort_by_key(|row| row.day);
    days
}

/// Returns all executions, newest first.
fn newest_fills(book: &Book) -> Vec<FillRow> {
    let mut fills = book.picked(Table::Fills, |change| match change {
        Change::Fill(row) => Some((**row).clone()),
        _ => None,
    });
    fills.sort_by_key(|row| row.fill.at);
    fills.reverse();
    fills
}

fn orders_of(book: &Book, keep: impl Fn(&OrderRow) -> bool) -> Vec<&OrderRow> {
    book.picked(Table::Orders, |change| match change {
        Change::Order(row) if keep(row) => Some(&**row),
        _ => None,
    })
}

fn latest(book: &Book, which: &PlanQuery) -> Option<PlanRow> {
    let keep: Box<dyn Fn(&PlanRow) -> bool> = match which {
        PlanQuery::Chat(chat) => Box::new(|row| row.actor.is_some_and(|actor| actor.chat == *chat)),
        PlanQuery::Symbol(symbol) => Box::new(|row| row.plan.instrument.symbol == *symbol),
        PlanQuery::IdPrefix(prefix) => {
            let prefix = searchable(prefix)?;
            let orders = orders_of(book, |order| begins(order.spec.id.as_str(), &prefix));
            let plans: BTreeSet<PlanId> = orders.into_iter().map(|order| order.plan.clone()).collect();
            Box::new(move |row| begins(row.plan.id.as_str(), &prefix) || plans.contains(&row.plan.id))
        }
    };
    let found = book.picked(Table::Plans, |change| match change {
        Change::Plan(row) if keep(row) => Some(&**row),
        _ => None,
    });
    // Of two at the same moment the one made later: `max_by_key` takes the last of equals.
    found.into_iter().max_by_key(|row| row.at).cloned()
}

#[async_trait]
impl Views for MemoryStore {
    async fn positions(&self, account: &AccountId) -> Result<Vec<PositionRow>, JournalError> {
        self.read(account, |book| {
            book.picked(Table::Positions, |change| match change {
                Change::Position(row) if row.position.is_some() => Some((**row).clone()),
                _ => None,
            })
        })
    }

    async fn open_orders(&self, account: &AccountId) -> Result<Vec<OrderRow>, JournalError> {
        self.read(account, |book| orders_of(book, |order| !order.state.is_done()).into_iter().cloned().collect())
    }

    async fn balances(&self, account: &AccountId) -> Result<Vec<BalanceRow>, JournalError> {
        self.read(account, |book| {
            book.picked(Table::Balances, |change| match change {
                Change::Balance(row) => Some(row.clone()),
                _ => None,
            })
        })
    }

    async fn state(&self, account: &AccountId) -> Result<Option<StateRow>, JournalError> {
        self.read(account, state_of)
    }

    async fn pnl_days(&self, account: &AccountId, from: Timestamp) -> Result<Vec<PnlDayRow>, JournalError> {
        self.read(account, |book| days_of(book, from))
    }

    async fn fills(&self, account: &AccountId, count: u32) -> Result<Vec<FillRow>, JournalError> {
        Ok(at_most(self.read(account, newest_fills)?, count, COUNT_MAX))
    }

    async fn fill_count(&self, account: &AccountId) -> Result<u64, JournalError> {
        self.read(account, |book| u64::try_from(book.rows(Table::Fills).len()).unwrap_or(u64::MAX))
    }

    async fn fills_page(&self, account: &AccountId, skip: u64, count: u32) -> Result<Vec<FillRow>, JournalError> {
        let fills = self.read(account, newest_fills)?.into_iter().skip(usize::try_from(skip).unwrap_or(usize::MAX));
        Ok(at_most(fills.collect(), count, COUNT_MAX))
    }

    async fn fills_after(&self, account: &AccountId, after: i64, count: u32) -> Result<Vec<(i64, FillRow)>, JournalError> {
        let fills = self.read(account, |book| {
            let rows = book.rows(Table::Fills).into_iter().filter(|row| row.first_seq > after);
            let fill = |row: &Row| match &row.change {
                Change::Fill(fill) => Some((row.first_seq, (**fill).clone())),
                _ => None,
            };
            rows.filter_map(fill).collect()
        })?;
        Ok(at_most(fills, count, COUNT_MAX))
    }

    async fn snapshot_at(&self, account: &AccountId, at: Timestamp) -> Result<Option<SnapshotRow>, JournalError> {
        self.read(account, |book| book.snapshots.range(..=at).next_back().map(|(_, row)| row.clone()))
    }

    async fn snapshots(&self, account: &AccountId, after: Timestamp, count: u32) -> Result<Vec<SnapshotRow>, JournalError> {
        let later = |book: &Book| book.snapshots.values().filter(|row| row.at > after).cloned().collect();
        Ok(at_most(self.read(account, later)?, count, COUNT_MAX))
    }

    async fn open_pending(&self, account: &AccountId, chat: ChatId) -> Result<Option<PendingRow>, JournalError> {
        let mut cards = self.read(account, |book| {
            book.picked(Table::Pendings, |change| match change {
                Change::Pending(row) if row.state == PendingState::Open && row.actor.chat == chat => Some((**row).clone()),
                _ => None,
            })
        })?;
        Ok(cards.pop())
    }

    async fn latest_plan(&self, account: &AccountId, which: &PlanQuery) -> Result<Option<PlanRow>, JournalError> {
        self.read(account, |book| latest(book, which))
    }

    async fn events_of(&self, account: &AccountId, plan: &PlanId, count: u32) -> Result<Vec<DeskEvent>, JournalError> {
        let links = self.read(account, |book| {
            let orders = orders_of(book, |order| order.plan == *plan);
            let orders: BTreeSet<&str> = orders.into_iter().map(|order| order.spec.id.as_str()).collect();
            let about =
                |link: &&Link| link.plan.as_ref() == Some(plan) || link.subject == plan.as_str() || orders.contains(link.subject.as_str());
            book.links.iter().filter(about).cloned().collect::<Vec<_>>()
        })?;
        at_most(links, count, COUNT_MAX).iter().map(|link| link.event().map_err(JournalError::NotWritten)).collect()
    }
}

#[async_trait]
impl History for MemoryStore {
    async fn accounts(&self) -> Result<Vec<AccountId>, JournalError> {
        Ok(self.alive()?.books.keys().cloned().collect())
    }

    async fn chain_head(&self, account: &AccountId) -> Result<Option<ChainHead>, JournalError> {
        self.read(account, |book| Some(book.head()))
    }

    async fn links(&self, account: &AccountId, after: i64, count: u32) -> Result<Vec<Link>, JournalError> {
        let start = usize::try_from(after.max(0)).unwrap_or(usize::MAX);
        let count = usize::try_from(count.min(PAGE_MAX)).unwrap_or(usize::MAX);
        self.read(account, |book| book.links.iter().skip(start).take(count).cloned().collect())
    }

    async fn records(&self, account: &AccountId, table: Table, after: i64, count: u32) -> Result<Vec<StoredRecord>, JournalError> {
        let count = usize::try_from(count.min(PAGE_MAX)).unwrap_or(usize::MAX);
        self.read(account, |book| {
            book.rows(table).into_iter().filter(|row| row.first_seq > after).take(count).map(|row| book.stored(row)).collect()
        })
    }

    async fn postings(&self, account: &AccountId, after: i64, count: u32) -> Result<Vec<(i64, Posting)>, JournalError> {
        let count = usize::try_from(count.min(PAGE_MAX)).unwrap_or(usize::MAX);
        let mut lines = self.read(account, |book| {
            let later = book.postings.iter().filter(|(step, _)| *step > after);
            let last = later.clone().take(count).last().map_or(after, |(step, _)| *step);
            later.take_while(|(step, _)| *step <= last).cloned().collect::<Vec<_>>()
        })?;
        lines.sort_by(|(a_step, a), (b_step, b)| (a_step, &a.transaction).cmp(&(b_step, &b.transaction)));
        Ok(lines)
    }
}
