//! Notices on their way out: committed with the facts they tell of, delivered at least once, each key at most once.

use sqlx::Row;

use crate::domain::ids::SourceKey;
use crate::domain::notice::Notice;
use crate::engine::ports::{JournalError, OutboxNotice};

use super::batch::Batch;
use super::open::Store;
use super::table::{Cell, int, text};
use super::write::Failure;

/// Most notices that are returned at once.
pub(super) const NEXT_MAX: u32 = 1_000;

/// Takes numbers for `notices`; the batch then answers with the last of them.
pub(super) fn take_numbers(batch: &mut Batch, notices: &[Notice]) {
    if !notices.is_empty() {
        let count = i64::try_from(notices.len()).unwrap_or(i64::MAX);
        // The row stays locked until the transaction ends, so that numbers become visible in their order.
        batch.add("UPDATE counters SET value = value + $1 WHERE name = 'outbox' RETURNING value", vec![int(count)]);
    }
}

/// Adds notices under the numbers up to `last`; one whose key is known is dropped, for it was told before.
pub(super) fn add_notices(batch: &mut Batch, last: i64, notices: &[Notice]) -> Result<(), Failure> {
    let mut rows = Vec::with_capacity(notices.len());
    for (back, notice) in (0..).zip(notices.iter().rev()) {
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

    pub(super) async fn try_answer(&self, notices: &[Notice], inbox_done: Option<&SourceKey>) -> Result<(), Failure> {
        let mut connection = self.engine().bounded(self.writer().acquire()).await?;
        let mut tx = self.begin(&mut connection).await?;
        let work = async {
            let mut opening = Batch::default();
            if let Some(key) = inbox_done {
                super::inbox::mark_done(&mut opening, key);
            }
            take_numbers(&mut opening, notices);
            let answers = opening.run(&mut tx, self.engine()).await?;
            let last = answers.first().map_or(Ok(0), |row| row.try_get(0))?;
            let mut batch = Batch::default();
            add_notices(&mut batch, last, notices)?;
            batch.run(&mut tx, self.engine()).await
        };
        self.engine().bounded(work).await?;
        let outcome = self.engine().bounded(tx.commit()).await;
        self.settle(outcome, connection, None).await
    }
}
