//! The inbox a batch at a time: one transaction, and so one wait for the disk, for all updates that came together.

use async_trait::async_trait;
use sqlx::pool::PoolConnection;
use sqlx::{Any, Row};

use crate::domain::ids::SourceKey;
use crate::domain::notice::Notice;
use crate::engine::ports::mailroom::Mailroom;
use crate::engine::ports::{InboxClaim, InboxMessage, JournalError};

use super::batch::Batch;
use super::convoy::Turn;
use super::inbox::{MESSAGE_BYTES_MAX, store_messages};
use super::open::Store;
use super::outbox::{add_notices, take_numbers};
use super::table::verbatim;
use super::write::{ATTEMPTS_MAX, Failure};

impl Store {
    /// Takes messages in, together with all others that wait to be taken in.
    async fn take_in_together(&self, messages: &[InboxMessage]) -> Result<Vec<InboxClaim>, JournalError> {
        match self.deliveries.join(self.writer(), messages.to_vec()).await.map_err(|failure| failure.into_error(self))? {
            Turn::Over(outcome) => outcome,
            Turn::Lead(connection, places, own) => {
                let all: Vec<&InboxMessage> = places.iter().flat_map(|place| &place.work).collect();
                let mut claims = self.claim_all(connection, &all).await.map(Vec::into_iter);
                for place in places {
                    let outcome = claims.as_mut().map(|claims| claims.take(place.work.len()).collect()).map_err(|error| error.clone());
                    place.end(outcome);
                }
                own.wait().await
            }
        }
    }

    async fn claim_all(&self, connection: PoolConnection<Any>, messages: &[&InboxMessage]) -> Result<Vec<InboxClaim>, JournalError> {
        let first = match self.try_take_in(connection, messages).await {
            Err(failure) if failure.is_transient() => {
                let work = async || self.try_take_in(self.engine().bounded(self.writer().acquire()).await?, messages).await;
                return super::journal::attempts!(self, work());
            }
            outcome => outcome,
        };
        first.map_err(|failure| failure.into_error(self))
    }

    async fn try_take_in(&self, mut connection: PoolConnection<Any>, messages: &[&InboxMessage]) -> Result<Vec<InboxClaim>, Failure> {
        let mut tx = self.begin(&mut connection).await?;
        let claims = self.engine().bounded(store_messages(&mut tx, self.engine(), messages)).await?;
        // What was delivered again changed nothing but the count of numbers, which need not be kept.
        if claims.contains(&InboxClaim::New) {
            let outcome = self.engine().bounded(tx.commit()).await;
            self.settle(outcome, connection, None).await?;
        }
        Ok(claims)
    }

    async fn try_dismiss(&self, keys: &[SourceKey], notices: &[Notice]) -> Result<(), Failure> {
        let mut connection = self.engine().bounded(self.writer().acquire()).await?;
        let mut tx = self.begin(&mut connection).await?;
        let work = async {
            let mut batch = Batch::default();
            for key in keys {
                batch.add("UPDATE inbox SET done = 1 WHERE key = $1", vec![verbatim(key.as_str())]);
            }
            take_numbers(&mut batch, notices.len());
            let answers = batch.run(&mut tx, self.engine()).await?;
            let last = answers.last().map_or(Ok(0), |row| row.try_get(0))?;
            let mut batch = Batch::default();
            add_notices(&mut batch, last, notices)?;
            batch.run(&mut tx, self.engine()).await.map(drop)
        };
        self.engine().bounded(work).await?;
        let outcome = self.engine().bounded(tx.commit()).await;
        self.settle(outcome, connection, None).await
    }
}

#[async_trait]
impl Mailroom for Store {
    async fn take_in(&self, messages: &[InboxMessage]) -> Result<Vec<InboxClaim>, JournalError> {
        if messages.is_empty() {
            return Ok(Vec::new());
        }
        if messages.iter().any(|message| message.body.len() > MESSAGE_BYTES_MAX) {
            return Err(JournalError::NotWritten(format!("a message may have at most {MESSAGE_BYTES_MAX} bytes")));
        }
        self.take_in_together(messages).await
    }

    async fn dismiss(&self, keys: &[SourceKey], notices: Vec<Notice>) -> Result<(), JournalError> {
        super::journal::attempts!(self, self.try_dismiss(keys, &notices))
    }
}
