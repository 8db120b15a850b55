//! What is over: ended orders, executions and the log, in memory or in the venue's file.
//!
//! Invariant: the memory form is bounded; its oldest rows go first. The file keeps everything.

use std::collections::{BTreeMap, VecDeque};

use super::core::State;
use super::file::{FileError, VenueFile};
use super::log::{LogEntry, Record};
use crate::domain::funding::Funding;
use crate::domain::ids::ClientOrderId;
use crate::domain::instrument::InstrumentId;
use crate::domain::order::{Fill, OrderReport};
use crate::domain::time::Timestamp;

/// Rows of each kind that the memory form keeps.
pub const MEMORY_ROWS_MAX: usize = 200_000;

/// Where a venue remembers.
pub(super) enum Archive {
    /// Until the process ends.
    Memory(MemoryArchive),
    /// In a file.
    File(VenueFile),
}

/// Ended orders, executions and the log, until the process ends.
#[derive(Default)]
pub(super) struct MemoryArchive {
    ended: BTreeMap<ClientOrderId, OrderReport>,
    ended_order: VecDeque<ClientOrderId>,
    fills: VecDeque<(u64, Fill)>,
    fundings: VecDeque<(u64, Funding)>,
    log: VecDeque<LogEntry>,
    meta: BTreeMap<String, String>,
}

impl MemoryArchive {
    fn keep(&mut self, record: &Record) {
        for order in record.orders.iter().filter(|order| order.stage.is_over()) {
            self.ended.insert(order.spec.id.clone(), order.report());
            self.ended_order.push_back(order.spec.id.clone());
        }
        while self.ended_order.len() > MEMORY_ROWS_MAX {
            if let Some(oldest) = self.ended_order.pop_front() {
                self.ended.remove(&oldest);
            }
        }
        self.fills.extend(record.fills.iter().cloned());
        self.fundings.extend(record.fundings.iter().cloned());
        self.log.extend(record.log.iter().cloned());
        self.fills.drain(..self.fills.len().saturating_sub(MEMORY_ROWS_MAX));
        self.fundings.drain(..self.fundings.len().saturating_sub(MEMORY_ROWS_MAX));
        self.log.drain(..self.log.len().saturating_sub(MEMORY_ROWS_MAX));
    }
}

impl Archive {
    /// Makes a record durable, as far as this archive can.
    pub(super) async fn keep(&mut self, record: &Record) -> Result<(), FileError> {
        match self {
            Self::Memory(memory) => {
                memory.keep(record);
                Ok(())
            }
            Self::File(file) => file.commit(record).await,
        }
    }

    /// Returns the state that was last made durable; none in memory, which never loses it.
    pub(super) async fn state(&self) -> Result<Option<State>, FileError> {
        match self {
            Self::Memory(_) => Ok(None),
            Self::File(file) => file.state().await,
        }
    }

    /// Returns the latest ended order with this client id.
    pub(super) async fn ended(&self, instrument: &InstrumentId, id: &ClientOrderId) -> Result<Option<OrderReport>, FileError> {
        match self {
            Self::Memory(memory) => Ok(memory.ended.get(id).filter(|report| report.instrument == *instrument).cloned()),
            Self::File(file) => file.ended(instrument, id).await,
        }
    }

    /// Returns the first ended order with this client id, whatever it traded.
    pub(super) async fn first_with(&self, id: &ClientOrderId) -> Result<Option<OrderReport>, FileError> {
        match self {
            Self::Memory(memory) => Ok(memory.ended.get(id).cloned()),
            Self::File(file) => file.first_with(id).await,
        }
    }

    /// Returns executions at or after `since` whose number is above `after`, oldest first, at most `count`.
    pub(super) async fn fills(&self, since: Timestamp, after: u64, count: usize) -> Result<Vec<(u64, Fill)>, FileError> {
        match self {
            Self::Memory(memory) => {
                let later = memory.fills.iter().filter(|(number, fill)| *number > after && fill.at >= since);
                Ok(later.take(count).cloned().collect())
            }
            Self::File(file) => file.fills(since, after, count).await,
        }
    }

    /// Returns funding payments settled at or after `since` whose number is above `after`, oldest first, at most `count`.
    pub(super) async fn fundings(&self, since: Timestamp, after: u64, count: usize) -> Result<Vec<(u64, Funding)>, FileError> {
        match self {
            Self::Memory(memory) => {
                let later = memory.fundings.iter().filter(|(number, funding)| *number > after && funding.at >= since);
                Ok(later.take(count).cloned().collect())
            }
            Self::File(file) => file.fundings(since, after, count).await,
        }
    }

    /// Returns rows of the log above `after`, oldest first, at most `count`.
    pub(super) async fn log(&self, after: u64, count: usize) -> Result<Vec<LogEntry>, FileError> {
        match self {
            Self::Memory(memory) => Ok(memory.log.iter().filter(|entry| entry.sequence > after).take(count).cloned().collect()),
            Self::File(file) => file.log(after, count).await,
        }
    }

    /// Stores a value of the caller's under a key.
    pub(super) async fn put_meta(&mut self, key: &str, value: &str) -> Result<(), FileError> {
        match self {
            Self::Memory(memory) => {
                memory.meta.insert(key.to_owned(), value.to_owned());
                Ok(())
            }
            Self::File(file) => file.put_meta(key, value).await,
        }
    }

    /// Returns the caller's value of a key.
    pub(super) async fn meta(&self, key: &str) -> Result<Option<String>, FileError> {
        match self {
            Self::Memory(memory) => Ok(memory.meta.get(key).cloned()),
            Self::File(file) => file.meta(key).await,
        }
    }
}
