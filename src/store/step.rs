//! A step's transaction, and the licence's: events with their links and rows, ledger lines, notices, the message done.

use std::collections::BTreeMap;

use sqlx::AnyConnection;
use sqlx::any::AnyRow;
use sqlx::pool::PoolConnection;
use sqlx::{Any, Connection, Row, Transaction};

use crate::domain::event::{Change, DeskEvent};
use crate::domain::ids::{AccountId, SourceKey};
use crate::domain::notice::Notice;
use crate::domain::rows::{FillRow, PlanRow, Posting};
use crate::engine::ports::{Commit, JournalError, License};

use super::batch::Batch;
use super::link::{ChainHead, Link};
use super::open::Store;
use super::table::{Cell, Record, int, text, verbatim};
use super::write::{Engine, Failure, Proof};

impl Store {
    /// Begins a writing transaction.
    pub(super) async fn begin<'c>(&self, connection: &'c mut PoolConnection<Any>) -> Result<Transaction<'c, Any>, sqlx::Error> {
        self.engine().bounded(connection.begin_with(self.engine().begin_write())).await
    }

    /// Tries to write a step, once.
    pub(super) async fn try_commit(&self, commit: &Commit) -> Result<(), Failure> {
        let mut connection = self.engine().bounded(self.writer().acquire()).await?;
        let mut tx = self.begin(&mut connection).await?;
        let proof = self.engine().bounded(write_step(&mut tx, self.engine(), commit)).await?;
        let outcome = self.engine().bounded(tx.commit()).await;
        self.settle(outcome, connection, Some(&proof)).await
    }

    /// Tries to append acts, once.
    pub(super) async fn try_record(
        &self,
        account: &AccountId,
        acts: &[DeskEvent],
        told: (&[Notice], Option<&SourceKey>),
    ) -> Result<(), Failure> {
        let mut connection = self.engine().bounded(self.writer().acquire()).await?;
        let mut tx = self.begin(&mut connection).await?;
        let proof = self.engine().bounded(write_record(&mut tx, self.engine(), account, acts, told)).await?;
        let outcome = self.engine().bounded(tx.commit()).await;
        self.settle(outcome, connection, Some(&proof)).await
    }

    /// Tries to give a licence, once.
    pub(super) async fn try_license(&self, license: &License) -> Result<bool, Failure> {
        let mut connection = self.engine().bounded(self.writer().acquire()).await?;
        let mut tx = self.begin(&mut connection).await?;
        let Some(proof) = self.engine().bounded(write_license(&mut tx, self.engine(), license)).await? else { return Ok(false) };
        let outcome = self.engine().bounded(tx.commit()).await;
        self.settle(outcome, connection, Some(&proof)).await.map(|()| true)
    }
}

async fn write_step(connection: &mut AnyConnection, engine: Engine, commit: &Commit) -> Result<Proof, Failure> {
    let over = JournalError::NotOwner(format!("epoch {} is over", commit.epoch));
    let mut opening = fence(&commit.account, commit.epoch, over);
    if let Some(key) = &commit.inbox_done {
        super::inbox::mark_done(&mut opening, key);
    }
    super::outbox::take_numbers(&mut opening, commit.notices.len());
    let before = opened(connection, engine, opening, &commit.account).await?;
    let mut batch = Batch::default();
    let seal = sealing_of(commit);
    let after = add_events(&mut batch, &commit.account, &before.head, commit.events.iter().chain(&seal))?;
    super::snapshots::add_snapshot(&mut batch, &commit.account, commit.snapshot.as_ref())?;
    add_postings(&mut batch, &commit.account, after.count, &commit.postings);
    super::outbox::add_notices(&mut batch, before.number, &commit.notices)?;
    batch.run(connection, engine).await?;
    Ok(Proof { account: commit.account.clone(), before: before.head, after })
}

/// Returns the fact that seals a step's ledger lines, at the moment of the step.
pub(super) fn sealing_of(commit: &Commit) -> Option<DeskEvent> {
    let at = commit.events.last().map(|event| event.at).or_else(|| commit.postings.first().map(|line| line.at));
    super::seal::sealing(&commit.postings, at.unwrap_or_default())
}

/// Appends acts to an account's chain, with what is told of them. The lease's row is locked as every step's fence locks it,
/// whoever owns it: so the chain has one writer at a time.
pub(super) async fn write_record(
    connection: &mut AnyConnection,
    engine: Engine,
    account: &AccountId,
    acts: &[DeskEvent],
    (notices, inbox_done): (&[Notice], Option<&SourceKey>),
) -> Result<Proof, Failure> {
    let mut opening = Batch::default();
    opening.add("UPDATE lease SET epoch = epoch WHERE account = $1", vec![verbatim(account.as_str())]);
    opening.or(JournalError::NotWritten("the account has no desk yet".to_owned()));
    if let Some(key) = inbox_done {
        super::inbox::mark_done(&mut opening, key);
    }
    super::outbox::take_numbers(&mut opening, notices.len());
    let before = opened(connection, engine, opening, account).await?;
    let mut batch = Batch::default();
    let after = add_events(&mut batch, account, &before.head, acts)?;
    super::outbox::add_notices(&mut batch, before.number, notices)?;
    batch.run(connection, engine).await?;
    Ok(Proof { account: account.clone(), before: before.head, after })
}

/// Writes a licence, or returns `None` if it cannot be given; the transaction must then be rolled back.
async fn write_license(connection: &mut AnyConnection, engine: Engine, license: &License) -> Result<Option<Proof>, Failure> {
    let not_given = || JournalError::NotOwner(NOT_GIVEN.to_owned());
    let mut opening = fence(&license.account, license.epoch, not_given());
    for order in &license.orders {
        // Epoch and trading state stand in the very UPDATE that licenses, so that a stop word binds at the next send.
        opening.add(
            "UPDATE orders SET state = 'sending' WHERE account = $1 AND id = $2 AND state = 'planned' \
             AND EXISTS (SELECT 1 FROM lease WHERE lease.account = $1 AND lease.epoch = $3) \
             AND ($4 = 0 OR EXISTS (SELECT 1 FROM state WHERE state.account = $1 AND state.trading = 'active'))",
            vec![verbatim(license.account.as_str()), verbatim(order.spec.id.as_str()), int(license.epoch), int(i64::from(license.opens))],
        );
        opening.or(not_given());
    }
    let before = match opened(connection, engine, opening, &license.account).await {
        Err(Failure::Refused(JournalError::NotOwner(words))) if words == NOT_GIVEN => return Ok(None),
        opened => opened?,
    };
    let mut batch = Batch::default();
    let after = add_events(&mut batch, &license.account, &before.head, &license.events)?;
    batch.run(connection, engine).await?;
    Ok(Some(Proof { account: license.account.clone(), before: before.head, after }))
}

/// Marks a licence that cannot be given, on its way out of a batch.
const NOT_GIVEN: &str = "not given";

/// Begins a batch that locks the lease row for the rest of the transaction, or fails with `over` if `epoch` is not the
/// current one: a successor's claim waits behind this transaction, and a transaction behind the claim finds its epoch gone.
fn fence(account: &AccountId, epoch: i64, over: JournalError) -> Batch {
    let mut batch = Batch::default();
    batch.add("UPDATE lease SET epoch = epoch WHERE account = $1 AND epoch = $2", vec![verbatim(account.as_str()), int(epoch)]);
    batch.or(over);
    batch
}

/// What a transaction finds once its opening has run.
struct Opened {
    head: ChainHead,
    /// The last number of the outbox before those that were taken; 0 if none were.
    number: i64,
}

/// Runs an opening, and reads where the chain ends.
async fn opened(connection: &mut AnyConnection, engine: Engine, mut opening: Batch, account: &AccountId) -> Result<Opened, Failure> {
    opening.add(HEAD, vec![verbatim(account.as_str())]);
    let mut found = Opened { head: ChainHead::empty(), number: 0 };
    for row in opening.run(connection, engine).await? {
        // The outbox answers with one column, the chain with two.
        match row.len() {
            1 => found.number = row.try_get(0)?,
            _ => found.head = head_of(&row)?,
        }
    }
    Ok(found)
}

/// Where an account's chain ends.
const HEAD: &str = "SELECT count, hash FROM chain_head WHERE account = $1 LIMIT 1";

fn head_of(row: &AnyRow) -> Result<ChainHead, sqlx::Error> {
    Ok(ChainHead { count: row.try_get(0)?, hash: row.try_get(1)? })
}

/// Reads where an account's chain ends.
pub(super) async fn head(connection: &mut AnyConnection, account: &AccountId) -> Result<ChainHead, sqlx::Error> {
    let row = sqlx::query(HEAD).bind(account.as_str()).fetch_optional(connection).await?;
    row.map_or_else(|| Ok(ChainHead::empty()), |row| head_of(&row))
}

/// Adds the rows of `events`, their links, and the chain's new head, which is returned.
fn add_events<'e>(
    batch: &mut Batch,
    account: &AccountId,
    before: &ChainHead,
    events: impl IntoIterator<Item = &'e DeskEvent>,
) -> Result<ChainHead, Failure> {
    let mut head = before.clone();
    let mut links = Vec::new();
    for event in events {
        let link = Link::after(account, &head, event).map_err(Failure::not_written)?;
        add_row(batch, account, link.seq, &event.change, &link.body);
        head = link.head();
        links.push(link_cells(account, link));
    }
    let insert = "INSERT INTO order_events (account, seq, at, kind, subject, plan, detail, body, prev_hash, hash)";
    batch.insert(insert, "", links);
    if head != *before {
        batch.add(
            "UPDATE chain_head SET count = $2, hash = $3 WHERE account = $1 AND count = $4 AND hash = $5",
            vec![verbatim(account.as_str()), int(head.count), verbatim(&head.hash), int(before.count), verbatim(&before.hash)],
        );
        batch.or(JournalError::NotWritten("the hash chain was continued by somebody else at the same moment".into()));
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

fn add_row(batch: &mut Batch, account: &AccountId, seq: i64, change: &Change, body: &str) {
    let Some(record) = Record::of(change, body) else { return };
    let cells = [verbatim(account.as_str()), int(seq)].into_iter().chain(record.cells).collect();
    batch.add(record.table.upsert(), cells);
    match change {
        Change::Plan(row) => {
            batch.or(JournalError::Duplicate(plan_words(row)));
            batch.unless_taken(plan_words(row));
        }
        Change::Fill(row) => batch.unless_taken(fill_words(row)),
        _ => {}
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

fn add_postings(batch: &mut Batch, account: &AccountId, seq: i64, postings: &[Posting]) {
    let mut lines = BTreeMap::<&str, i64>::new();
    let mut rows = Vec::with_capacity(postings.len());
    for posting in postings {
        let line = lines.entry(&posting.transaction).or_insert(0);
        *line += 1;
        let (ledger, currency, amount) = (text(&posting.ledger), text(&posting.currency), text(posting.amount));
        rows.push(vec![text(account), text(&posting.transaction), int(*line), int(seq), ledger, currency, amount, int(posting.at.ms())]);
    }
    batch.insert_new("INSERT INTO postings (account, txn, line, seq, ledger, currency, amount, at)", POSTING_WORDS, rows);
}
