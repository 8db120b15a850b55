//! Rebuilding the tables from the chain and comparing them with what is there (invariant 19 of the simulation).

use std::collections::BTreeMap;

use crate::domain::ids::AccountId;
use crate::engine::ports::JournalError;

use super::history::{History, PAGE_MAX};
use super::link::Link;
use super::table::{Cell, Record, StoredRecord, Table};

/// Where the tables are not what the events make.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Difference {
    /// A row differs, is missing, or has no event.
    #[error("the table {table} of account {account} is not what its events make: row {key} {reason}")]
    Row {
        /// Whose row.
        account: AccountId,
        /// In which table.
        table: &'static str,
        /// Its key.
        key: String,
        /// What differs.
        reason: String,
    },
    /// It could not be read.
    #[error("the record could not be read: {0}")]
    Unread(#[from] JournalError),
}

type Rows = BTreeMap<(Table, Vec<Cell>), StoredRecord>;

/// Folds all events of `account` (last write wins), compares the result with its tables, and returns the number of rows.
/// The account must be at rest meanwhile.
///
/// # Errors
/// [`Difference`] names the first row that differs.
pub async fn compare(history: &dyn History, account: &AccountId) -> Result<usize, Difference> {
    let mut made = fold(history, account).await?;
    let mut compared = 0;
    for table in Table::ALL {
        let mut after = 0;
        loop {
            let page = history.records(account, table, after, PAGE_MAX).await?;
            let Some(last) = page.last() else { break };
            after = last.first_seq;
            for live in page {
                let key = live.cells.get(..table.key_width()).unwrap_or_default().to_vec();
                let reason = match made.remove(&(table, key.clone())) {
                    None => "has no event",
                    Some(expected) if expected != live => "differs from its last event",
                    Some(_) => {
                        compared += 1;
                        continue;
                    }
                };
                return Err(difference(account, table, &key, reason));
            }
        }
    }
    match made.into_keys().next() {
        Some((table, key)) => Err(difference(account, table, &key, "is missing")),
        None => Ok(compared),
    }
}

async fn fold(history: &dyn History, account: &AccountId) -> Result<Rows, Difference> {
    let mut rows = Rows::new();
    let mut after = 0;
    loop {
        let page = history.links(account, after, PAGE_MAX).await?;
        let Some(last) = page.last() else { return Ok(rows) };
        after = last.seq;
        for link in page {
            apply(&mut rows, &link).map_err(JournalError::NotWritten)?;
        }
    }
}

fn apply(rows: &mut Rows, link: &Link) -> Result<(), String> {
    let Some(record) = Record::of(&link.change()?, &link.body) else { return Ok(()) };
    let key = (record.table, record.key().to_vec());
    let first_seq = rows.get(&key).map_or(link.seq, |row| row.first_seq);
    rows.insert(key, StoredRecord { first_seq, last_seq: link.seq, cells: record.cells });
    Ok(())
}

fn difference(account: &AccountId, table: Table, key: &[Cell], reason: &str) -> Difference {
    let words: Vec<String> = key
        .iter()
        .map(|cell| match cell {
            Cell::Text(text) => text.clone().unwrap_or_default(),
            Cell::Int(number) => number.map(|number| number.to_string()).unwrap_or_default(),
        })
        .collect();
    Difference::Row { account: account.clone(), table: table.name(), key: words.join(" "), reason: reason.to_owned() }
}
