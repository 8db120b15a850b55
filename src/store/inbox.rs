//! Messages as they came in: stored before anybody acts on them, marked done by the step that deals with them.

use serde::{Deserialize, Serialize};
use sqlx::AnyConnection;
use sqlx::Row;

use crate::domain::actor::{Actor, ChatId};
use crate::domain::ids::SourceKey;
use crate::domain::time::Timestamp;
use crate::engine::ports::{InboxClaim, InboxMessage, JournalError};

use super::batch::Batch;
use super::open::Store;
use super::table::{int, verbatim};
use super::write::{Engine, Failure};

/// Longest message that is stored, in bytes; the faces cut or refuse long before.
pub(super) const MESSAGE_BYTES_MAX: usize = 1 << 20;
/// Most open messages that are returned at once.
pub(super) const OPEN_MAX: i64 = 10_000;

/// What the body column holds. As JSON, because PostgreSQL's text cannot hold every character that a person can send.
#[derive(Serialize, Deserialize)]
struct Said {
    actor: Actor,
    body: String,
}

/// Marks a message as dealt with, or fails as a duplicate. A key that never came in is recorded, so that it cannot come later.
pub(super) fn mark_done(batch: &mut Batch, key: &SourceKey) {
    batch.add(
        "INSERT INTO inbox (key, sequence, received_at, done, body) VALUES ($1, 0, 0, 1, '') \
         ON CONFLICT (key) DO UPDATE SET done = 1 WHERE inbox.done = 0",
        vec![verbatim(key.as_str())],
    );
    batch.or(JournalError::Duplicate(format!("message {key}")));
}

/// Stores a message if its key is new; else tells how it stands (the transaction is then to be rolled back).
pub(super) async fn store_message(
    connection: &mut AnyConnection,
    engine: Engine,
    message: &InboxMessage,
    body: String,
) -> Result<InboxClaim, Failure> {
    let mut batch = Batch::default();
    // The row stays locked until the transaction ends, so that numbers become visible in their order.
    batch.add("UPDATE counters SET value = value + 1 WHERE name = 'inbox'", Vec::new());
    batch.add(
        "INSERT INTO inbox (key, sequence, received_at, done, body) \
         VALUES ($1, (SELECT value FROM counters WHERE name = 'inbox'), $2, 0, $3) ON CONFLICT (key) DO NOTHING",
        vec![verbatim(message.key.as_str()), int(message.received_at.ms()), verbatim(&body)],
    );
    batch.or(JournalError::Duplicate(format!("message {}", message.key)));
    match batch.run(connection, engine).await {
        Ok(_) => return Ok(InboxClaim::New),
        Err(Failure::Refused(JournalError::Duplicate(_))) => {}
        Err(failure) => return Err(failure),
    }
    let row = sqlx::query("SELECT done FROM inbox WHERE key = $1 LIMIT 1").bind(message.key.as_str()).fetch_one(connection).await?;
    let done: i64 = row.try_get(0)?;
    Ok(if done == 0 { InboxClaim::Open } else { InboxClaim::Done })
}

/// Returns what the body column holds of a message.
pub(super) fn encoded(message: &InboxMessage) -> Result<String, Failure> {
    let said = Said { actor: message.actor, body: message.body.clone() };
    serde_json::to_string(&said).map_err(|error| Failure::not_written(error.to_string()))
}

impl Store {
    pub(super) async fn try_inbox_claim(&self, message: &InboxMessage) -> Result<InboxClaim, Failure> {
        if message.body.len() > MESSAGE_BYTES_MAX {
            return Err(Failure::not_written(format!("a message may have at most {MESSAGE_BYTES_MAX} bytes")));
        }
        let body = encoded(message)?;
        let mut connection = self.engine().bounded(self.writer().acquire()).await?;
        let mut tx = self.begin(&mut connection).await?;
        let known = self.engine().bounded(store_message(&mut tx, self.engine(), message, body)).await?;
        if known != InboxClaim::New {
            return Ok(known);
        }
        let outcome = self.engine().bounded(tx.commit()).await;
        self.settle(outcome, connection, None).await?;
        Ok(InboxClaim::New)
    }

    pub(super) async fn read_inbox_open(&self) -> Result<Vec<InboxMessage>, JournalError> {
        let sql = "SELECT key, received_at, body FROM inbox WHERE done = 0 ORDER BY sequence LIMIT $1";
        let rows = sqlx::query(sql).bind(OPEN_MAX).fetch_all(self.readers());
        let rows = self.engine().bounded(rows).await.map_err(|error| self.unread(&error))?;
        rows.iter()
            .map(|row| {
                let key: String = row.try_get(0).map_err(|error| self.unread(&error))?;
                let received_at: i64 = row.try_get(1).map_err(|error| self.unread(&error))?;
                let said: Said = super::load::decoded(row, 2, "message")?;
                let received_at = Timestamp::from_ms(received_at);
                Ok(InboxMessage { key: SourceKey::new(key), actor: said.actor, body: said.body, received_at })
            })
            .collect()
    }

    pub(super) async fn read_question(&self, chat: ChatId) -> Result<Option<String>, JournalError> {
        let row = sqlx::query("SELECT body FROM questions WHERE chat = $1 LIMIT 1").bind(chat.0).fetch_optional(self.readers());
        let row = self.engine().bounded(row).await.map_err(|error| self.unread(&error))?;
        row.map(|row| super::load::decoded(&row, 0, "question")).transpose()
    }

    pub(super) async fn write_question(&self, chat: ChatId, question: Option<String>) -> Result<(), JournalError> {
        let written = match question {
            None => self.engine().bounded(sqlx::query("DELETE FROM questions WHERE chat = $1").bind(chat.0).execute(self.writer())).await,
            Some(question) => {
                let body = serde_json::to_string(&question).map_err(|error| JournalError::NotWritten(error.to_string()))?;
                let sql = "INSERT INTO questions (chat, body) VALUES ($1, $2) ON CONFLICT (chat) DO UPDATE SET body = excluded.body";
                self.engine().bounded(sqlx::query(sql).bind(chat.0).bind(body).execute(self.writer())).await
            }
        };
        // A single statement commits itself, so its failure does not tell whether it took place.
        written.map(|_| ()).map_err(|error| JournalError::Unknown(self.sentence(&error)))
    }
}
