//! A step's transaction, and the licence's: events with their links and rows, ledger lines, notices, the message done.

use std::collections::BTreeMap;

use sqlx::AnyConnection;
use sqlx::pool::PoolConnection;
use sqlx::{Any, Connection, Row, Transaction};

use crate::domain::event::{Change, DeskEvent};
use crate::domain::ids::AccountId;
use crate::domain::rows::{FillRow, PlanRow, Posting};
use crate::engine::ports::{Commit, JournalError, License};

use super::batch::insert_all;
use super::link::{ChainHead, Link};
use super::open::Store;
use super::table::{Cell, Record, int, text};
use super::write::{Failure, Proof};

impl Store {
    /// Begins a writing transaction.
    pub(super) async fn begin<'c>(&self, connection: &'c mut PoolConnection<Any>) -> Result<Transaction<'c, Any>, sqlx::Error> {
        self.engine().bounded(connection.begin_with(self.engine().begin_write())).await
    }

    /// Tries to write a step, once.
    pub(super) async fn try_commit(&self, commit: &Commit) -> Result<(), Failure> {
        let mut connection = self.engine().bounded(self.writer().acquire()).await?;
        let mut tx = self.begin(&mut connection).await?;
        let proof = self.engine().bounded(write_step(&mut tx, commit)).await?;
        let outcome = self.engine().bounded(tx.commit()).await;
        self.settle(outcome, connection, Some(&proof)).await
    }

    /// Tries to give a licence, once.
    pub(super) async fn try_license(&self, license: &License) -> Result<bool, Failure> {
        let mut connection = self.engine().bounded(self.writer().acquire()).await?;
        let mut tx = self.begin(&mut connection).await?;
        let Some(proof) = self.engine().bounded(write_license(&mut tx, license)).await? else { return Ok(false) };
        let outcome = self.engine().bounded(tx.commit()).await;
        self.settle(outcome, connection, Some(&proof)).await.map(|()| true)
    }
}

async fn write_step(connection: &mut AnyConnection, commit: &Commit) -> Result<Proof, Failure> {
    if !fenced(connection, &commit.account, commit.epoch).await? {
        return Err(Failure::Refused(JournalError::NotOwner(format!("epoch {} is over", commit.epoch))));
    }
    if let Some(key) = &commit.inbox_done {
        super::inbox::mark_done(connection, key).await?;
    }
    let before = head(connection, &commit.account).await?;
    let after = write_events(connection, &commit.account, &before, &commit.events).await?;
    write_postings(connection, &commit.account, after.count, &commit.postings).await?;
    super::outbox::write_notices(connection, &commit.notices).await?;
    Ok(Proof { account: commit.account.clone(), before, after })
}

/// Writes a licence, or returns `None` if it cannot be given; the transaction must then be rolled back.
async fn write_license(connection: &mut AnyConnection, license: &License) -> Result<Option<Proof>, Failure> {
    if !fenced(connection, &license.account, license.epoch).await? {
        return Ok(None);
    }
    for order in &license.orders {
        // Epoch and trading state stand in the very UPDATE that licenses, so that a stop word binds at the next send.
        let licensed = sqlx::query(
            "UPDATE orders SET state = 'sending' WHERE account = $1 AND id = $2 AND state = 'planned' \
             AND EXISTS (SELECT 1 FROM lease WHERE lease.account = $1 AND lease.epoch = $3) \
             AND ($4 = 0 OR EXISTS (SELECT 1 FROM state WHERE state.account = $1 AND state.trading = 'active'))",
        )
        .bind(license.account.as_str())
        .bind(order.spec.id.as_str())
        .bind(license.epoch)
        .bind(i64::from(license.opens))
        .execute(&mut *connection)
        .await?;
        if licensed.rows_affected() != 1 {
            return Ok(None);
        }
    }
    let before = head(connection, &license.account).await?;
    let after = write_events(connection, &license.account, &before, &license.events).await?;
    Ok(Some(Proof { account: license.account.clone(), before, after }))
}

/// Locks the lease row for the rest of the transaction and tells whether `epoch` is the current one: a successor's claim
/// waits behind this transaction, and a transaction behind the claim finds its epoch gone.
async fn fenced(connection: &mut AnyConnection, account: &AccountId, epoch: i64) -> Result<bool, Failure> {
    let locked = sqlx::query("UPDATE lease SET epoch = epoch WHERE account = $1 AND epoch = $2")
        .bind(account.as_str())
        .bind(epoch)
        .execute(connection)
        .await?;
    Ok(locked.rows_affected() == 1)
}

/// Reads where an account's chain ends.
pub(super) async fn head(connection: &mut AnyConnection, account: &AccountId) -> Result<ChainHead, sqlx::Error> {
    let row = sqlx::query("SELECT count, hash FROM chain_head WHERE account = $1 LIMIT 1")
        .bind(account.as_str())
        .fetch_optional(connection)
        .await?;
    match row {
        Some(row) => Ok(ChainHead { count: row.try_get(0)?, hash: row.try_get(1)? }),
        None => Ok(ChainHead::empty()),
    }
}

async fn write_events(
    connection: &mut AnyConnection,
    account: &AccountId,
    before: &ChainHead,
    events: &[DeskEvent],
) -> Result<ChainHead, Failure> {
    let mut head = before.clone();
    let mut links = Vec::with_capacity(events.len());
    for event in events {
        let link = Link::after(account, &head, event).map_err(Failure::not_written)?;
        write_row(&mut *connection, account, link.seq, &event.change, &link.body).await?;
        head = link.head();
        links.push(link_cells(account, link));
    }
    let insert = "INSERT INTO order_events (account, seq, at, kind, subject, plan, detail, body, prev_hash, hash)";
    insert_all(connection, insert, "", links).await?;
    if head != *before {
        let moved = sqlx::query("UPDATE chain_head SET count = $2, hash = $3 WHERE account = $1 AND count = $4 AND hash = $5")
            .bind(account.as_str())
            .bind(head.count)
            .bind(head.hash.as_str())
            .bind(before.count)
            .bind(before.hash.as_str())
            .execute(connection)
            .await?;
        if moved.rows_affected() != 1 {
            return Err(Failure::not_written("the hash chain was continued by somebody else at the same moment"));
        }
    }
    Ok(head)
}

fn link_cells(account: &AccountId, link: Link) -> Vec<Cell> {
    let stored = |words: String| Cell::Text(Some(words));
    vec![
        text(account),
        int(link.seq),
        int(link.at.ms()),
        stored(link.kind),
        stored(link.subject),
        link.plan.map_or(Cell::Text(None), text),
        stored(link.detail),
        stored(link.body),
        stored(link.prev_hash),
        stored(link.hash),
    ]
}

/// Tells of a ledger transaction that is booked already.
pub(super) const POSTING_WORDS: &str = "a ledger transaction of this step";

async fn write_row(connection: &mut AnyConnection, account: &AccountId, seq: i64, change: &Change, body: &str) -> Result<(), Failure> {
    let record = Record::of(change, body);
    let mut upsert = sqlx::query(record.table.upsert()).bind(account.as_str()).bind(seq);
    for cell in record.cells {
        upsert = match cell {
            Cell::Text(value) => upsert.bind(value),
            Cell::Int(value) => upsert.bind(value),
        };
    }
    let written = upsert.execute(connection).await;
    match (written, change) {
        (Ok(done), Change::Plan(row)) if done.rows_affected() == 0 => Err(Failure::Refused(JournalError::Duplicate(plan_words(row)))),
        (Ok(_), _) => Ok(()),
        (Err(error), Change::Plan(row)) => Err(Failure::duplicate(error, || plan_words(row))),
        (Err(error), Change::Fill(row)) => Err(Failure::duplicate(error, || fill_words(row))),
        (Err(error), _) => Err(Failure::Sql(error)),
    }
}

/// Returns the words that tell of a plan whose cause, or whose id, is taken.
pub(super) fn plan_words(row: &PlanRow) -> String {
    format!("plan {} of {}", row.plan.id, row.plan.key)
}

/// Returns the words that tell of an execution that is in the books.
pub(super) fn fill_words(row: &FillRow) -> String {
    format!("execution {} of {}", row.fill.trade_id, row.fill.instrument)
}

async fn write_postings(connection: &mut AnyConnection, account: &AccountId, seq: i64, postings: &[Posting]) -> Result<(), Failure> {
    let mut lines = BTreeMap::<&str, i64>::new();
    let mut rows = Vec::with_capacity(postings.len());
    for posting in postings {
        let line = lines.entry(&posting.transaction).or_insert(0);
        *line += 1;
        let (ledger, currency, amount) = (text(&posting.ledger), text(&posting.currency), text(posting.amount));
        rows.push(vec![text(account), text(&posting.transaction), int(*line), int(seq), ledger, currency, amount, int(posting.at.ms())]);
    }
    let insert = "INSERT INTO postings (account, txn, line, seq, ledger, currency, amount, at)";
    insert_all(connection, insert, "", rows).await.map_err(|error| Failure::duplicate(error, || POSTING_WORDS.to_owned()))
}
