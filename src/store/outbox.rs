//! Notices on their way out: committed with the facts they tell of, delivered at least once, each key at most once.

use sqlx::pool::PoolConnection;
use sqlx::{Any, Row};

use crate::domain::ids::SourceKey;
use crate::domain::notice::Notice;
use crate::engine::ports::{JournalError, OutboxNotice};

use super::batch::Batch;
use super::convoy::Turn;
use super::open::Store;
use super::table::{Cell, int, text};
use super::write::{ATTEMPTS_MAX, Failure};

/// Most notices that are returned at once.
pub(super) const NEXT_MAX: u32 = 1_000;

/// What is told to people, and the message that is thereby dealt with.
pub(super) struct Answer {
    pub(super) notices: Vec<Notice>,
    pub(super) inbox_done: Option<SourceKey>,
}

/// Takes numbers for so many notices; the batch then answers with the last of them.
pub(super) fn take_numbers(batch: &mut Batch, notices: usize) {
    if notices > 0 {
        let count = i64::try_from(notices).unwrap_or(i64::MAX);
        // The row stays locked until the transaction ends, so that numbers become visible in their order.
        batch.add("UPDATE counters SET value = value + $1 WHERE name = 'outbox' RETURNING value", vec![int(count)]);
    }
}

/// Adds notices under the numbers up to `last`; one whose key is known is dropped, for it was told before.
pub(super) fn add_notices<'n>(
    batch: &mut Batch,
    last: i64,
    notices: impl IntoIterator<Item = &'n Notice, IntoIter: DoubleEndedIterator>,
) -> Result<(), Failure> {
    let mut rows = Vec::new();
    for (back, notice) in (0..).zip(notices.into_iter().rev()) {
        let body = serde_json::to_string(notice).map_err(|error| Failure::not_written(format!("notice {}: {error}", notice.key)))?;
        let chat = Cell::Int(notice.chat.map(|chat| chat.0));
        rows.push(vec![int(last - back), text(&notice.key), chat, int(notice.at.ms()), int(0), text(body)]);
    }
    rows.reverse();
    batch.insert("INSERT INTO outbox (sequence, key, chat, at, done, body)", "ON CONFLICT (key) DO NOTHING", rows);
    Ok(())
}

impl Store {
    pub(super) async fn read_outbox(&self, count: u32) -> Result<Vec<OutboxNotice>, JournalError> {
        let rows = sqlx::query("SELECT sequence, body FROM outbox WHERE done = 0 ORDER BY sequence LIMIT $1")
            .bind(i64::from(count.min(NEXT_MAX)))
            .fetch_all(self.readers());
        let rows = self.engine().bounded(rows).await.map_err(|error| self.unread(&error))?;
        rows.iter()
            .map(|row| {
                let sequence = row.try_get(0).map_err(|error| self.unread(&error))?;
                Ok(OutboxNotice { sequence, notice: super::load::decoded(row, 1, "notice")? })
            })
            .collect()
    }

    pub(super) async fn try_outbox_done(&self, sequences: &[i64]) -> Result<(), Failure> {
        let mut connection = self.engine().bounded(self.writer().acquire()).await?;
        let mut tx = self.begin(&mut connection).await?;
        let mut batch = Batch::default();
        for sequence in sequences {
            batch.add("UPDATE outbox SET done = 1 WHERE sequence = $1", vec![int(*sequence)]);
        }
        self.engine().bounded(batch.run(&mut tx, self.engine())).await?;
        let outcome = self.engine().bounded(tx.commit()).await;
        self.settle(outcome, connection, None).await
    }

    /// Writes answers, together with all others that wait to be written. What cannot be written together is written alone.
    pub(super) async fn answer_together(&self, answer: Answer) -> Result<(), JournalError> {
        match self.answers.join(self.writer(), answer).await.map_err(|failure| failure.into_error(self))? {
            Turn::Over(outcome) => outcome,
            Turn::Lead(connection, places, own) => {
                let all: Vec<&Answer> = places.iter().map(|place| &place.work).collect();
                let together = self.try_answer(connection, &all).await.map_err(|failure| failure.into_error(self));
                for place in places {
                    let outcome = match &together {
                        Ok(()) => Ok(()),
                        Err(error @ JournalError::Unknown(_)) => Err(error.clone()),
                        // Nothing of it was written; one of them is in the way of the others.
                        Err(_) => self.answer_alone(&place.work).await,
                    };
                    place.end(outcome);
                }
                own.wait().await
            }
        }
    }

    async fn answer_alone(&self, answer: &Answer) -> Result<(), JournalError> {
        let work = async || self.try_answer(self.engine().bounded(self.writer().acquire()).await?, &[answer]).await;
        super::journal::attempts!(self, work())
    }

    async fn try_answer(&self, mut connection: PoolConnection<Any>, answers: &[&Answer]) -> Result<(), Failure> {
        let mut tx = self.begin(&mut connection).await?;
        let work = async {
            let mut opening = Batch::default();
            let mut notices: Vec<&Notice> = Vec::new();
            for answer in answers {
                if let Some(key) = &answer.inbox_done {
                    super::inbox::mark_done(&mut opening, key);
                }
                notices.extend(&answer.notices);
            }
            take_numbers(&mut opening, notices.len());
            let rows = opening.run(&mut tx, self.engine()).await?;
            let last = rows.first().map_or(Ok(0), |row| row.try_get(0))?;
            let mut batch = Batch::default();
            add_notices(&mut batch, last, notices)?;
            batch.run(&mut tx, self.engine()).await
        };
        self.engine().bounded(work).await?;
        let outcome = self.engine().bounded(tx.commit()).await;
        self.settle(outcome, connection, None).await
    }
}
