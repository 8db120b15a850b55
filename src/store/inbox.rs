//! Messages as they came in: stored before anybody acts on them, marked done by the step that deals with them.

use std::collections::BTreeSet;

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

/// Stores the messages whose keys are new, and tells how each stands. If none is new, the transaction is to be rolled back.
pub(super) async fn store_messages(
    connection: &mut AnyConnection,
    engine: Engine,
    messages: &[&InboxMessage],
) -> Result<Vec<InboxClaim>, Failure> {
    let count = i64::try_from(messages.len()).unwrap_or(i64::MAX);
    let mut batch = Batch::default();
    // The row stays locked until the transaction ends, so that numbers become visible in their order.
    batch.add("UPDATE counters SET value = value + $1 WHERE name = 'inbox' RETURNING value", vec![int(count)]);
    let last: i64 = batch.run(connection, engine).await?.first().map_or(Ok(0), |row| row.try_get(0))?;
    let mut rows = Vec::with_capacity(messages.len());
    for (number, message) in (last - count + 1..).zip(messages) {
        let body = encoded(message)?;
        rows.push(vec![verbatim(message.key.as_str()), int(number), int(message.received_at.ms()), int(0), verbatim(&body)]);
    }
    let mut batch = Batch::default();
    let insert = "INSERT INTO inbox (key, sequence, received_at, done, body)";
    batch.insert(insert, "ON CONFLICT (key) DO NOTHING RETURNING key", rows);
    let stored = batch.run(connection, engine).await?;
    let mut new = stored.iter().map(|row| row.try_get::<String, _>(0)).collect::<Result<BTreeSet<_>, _>>()?;
    // Of the same message twice in one go only the first is new.
    let mut claims: Vec<InboxClaim> =
        messages.iter().map(|message| if new.remove(message.key.as_str()) { InboxClaim::New } else { InboxClaim::Open }).collect();
    let known: Vec<&str> =
        messages.iter().zip(&claims).filter(|(_, claim)| **claim != InboxClaim::New).map(|(known, _)| known.key.as_str()).collect();
    let done = done_among(connection, engine, &known).await?;
    for (claim, message) in claims.iter_mut().zip(messages) {
        if *claim == InboxClaim::Open && done.contains(message.key.as_str()) {
            *claim = InboxClaim::Done;
        }
    }
    Ok(claims)
}

/// Returns those of the keys whose messages are dealt with.
async fn done_among(connection: &mut AnyConnection, engine: Engine, keys: &[&str]) -> Result<BTreeSet<String>, Failure> {
    let mut batch = Batch::default();
    for key in keys {
        batch.add("SELECT key FROM inbox WHERE key = $1 AND done = 1 LIMIT 1", vec![verbatim(key)]);
    }
    let rows = batch.run(connection, engine).await?;
    Ok(rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?)
}

/// Returns what the body column holds of a message.
pub(super) fn encoded(message: &InboxMessage) -> Result<String, Failure> {
    let said = Said { actor: message.actor, body: message.body.clone() };
    serde_json::to_string(&said).map_err(|error| Failure::not_written(error.to_string()))
}

impl Store {
    /// Returns how a message stands that was stored before. Whoever stores messages in batches stores them before they are
    /// claimed, and a look is cheaper than a transaction that changes nothing.
    pub(super) async fn read_inbox_claim(&self, key: &SourceKey) -> Result<Option<InboxClaim>, JournalError> {
        let row = sqlx::query("SELECT done FROM inbox WHERE key = $1 LIMIT 1").bind(key.as_str().to_owned()).fetch_optional(self.readers());
        let row = self.engine().bounded(row).await.map_err(|error| self.unread(&error))?;
        let done = row.map(|row| row.try_get::<i64, _>(0)).transpose().map_err(|error| self.unread(&error))?;
        Ok(done.map(|done| if done == 0 { InboxClaim::Open } else { InboxClaim::Done }))
    }

    pub(super) async fn try_inbox_claim(&self, message: &InboxMessage) -> Result<InboxClaim, Failure> {
        if message.body.len() > MESSAGE_BYTES_MAX {
            return Err(Failure::not_written(format!("a message may have at most {MESSAGE_BYTES_MAX} bytes")));
        }
        let mut connection = self.engine().bounded(self.writer().acquire()).await?;
        let mut tx = self.begin(&mut connection).await?;
        let claims = self.engine().bounded(store_messages(&mut tx, self.engine(), &[message])).await?;
        let claim = claims.first().copied().unwrap_or(InboxClaim::Open);
        if claim == InboxClaim::New {
            let outcome = self.engine().bounded(tx.commit()).await;
            self.settle(outcome, connection, None).await?;
        }
        Ok(claim)
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
