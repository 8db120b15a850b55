//! Notices on their way out: committed with the facts they tell of, delivered at least once, each key at most once.

use sqlx::AnyConnection;
use sqlx::Row;

use crate::domain::ids::SourceKey;
use crate::domain::notice::Notice;
use crate::engine::ports::{JournalError, OutboxNotice};

use super::batch::insert_all;
use super::open::Store;
use super::table::{Cell, int, text};
use super::write::Failure;

/// Most notices that are returned at once.
pub(super) const NEXT_MAX: u32 = 1_000;

/// Stores notices; one whose key is known is dropped, for it was told before.
pub(super) async fn write_notices(connection: &mut AnyConnection, notices: &[Notice]) -> Result<(), Failure> {
    if notices.is_empty() {
        return Ok(());
    }
    let count = i64::try_from(notices.len()).unwrap_or(i64::MAX);
    let before = super::inbox::numbers(connection, "outbox", count).await?;
    let mut rows = Vec::with_capacity(notices.len());
    for (offset, notice) in (1..).zip(notices) {
        let body = serde_json::to_string(notice).map_err(|error| Failure::not_written(format!("notice {}: {error}", notice.key)))?;
        let chat = Cell::Int(notice.chat.map(|chat| chat.0));
        rows.push(vec![int(before + offset), text(&notice.key), chat, int(notice.at.ms()), int(0), text(body)]);
    }
    let insert = "INSERT INTO outbox (sequence, key, chat, at, done, body)";
    Ok(insert_all(connection, insert, "ON CONFLICT (key) DO NOTHING", rows).await?)
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
        for sequence in sequences {
            let done = sqlx::query("UPDATE outbox SET done = 1 WHERE sequence = $1").bind(*sequence).execute(&mut *tx);
            self.engine().bounded(done).await?;
        }
        let outcome = self.engine().bounded(tx.commit()).await;
        self.settle(outcome, connection, None).await
    }

    pub(super) async fn try_answer(&self, notices: &[Notice], inbox_done: Option<&SourceKey>) -> Result<(), Failure> {
        let mut connection = self.engine().bounded(self.writer().acquire()).await?;
        let mut tx = self.begin(&mut connection).await?;
        let work = async {
            if let Some(key) = inbox_done {
                super::inbox::mark_done(&mut tx, key).await?;
            }
            write_notices(&mut tx, notices).await
        };
        self.engine().bounded(work).await?;
        let outcome = self.engine().bounded(tx.commit()).await;
        self.settle(outcome, connection, None).await
    }
}
