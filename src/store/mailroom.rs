//! The inbox a batch at a time: one transaction, and so one wait for the disk, for all updates that came together.

use async_trait::async_trait;
use sqlx::Row;

use crate::domain::ids::SourceKey;
use crate::domain::notice::Notice;
use crate::engine::ports::mailroom::Mailroom;
use crate::engine::ports::{InboxClaim, InboxMessage, JournalError};

use super::batch::Batch;
use super::inbox::{MESSAGE_BYTES_MAX, encoded, store_message};
use super::open::Store;
use super::outbox::{add_notices, take_numbers};
use super::table::verbatim;
use super::write::{ATTEMPTS_MAX, Failure};

impl Store {
    async fn try_take_in(&self, messages: &[InboxMessage]) -> Result<Vec<InboxClaim>, Failure> {
        let mut connection = self.engine().bounded(self.writer().acquire()).await?;
        let mut tx = self.begin(&mut connection).await?;
        let work = async {
            let mut claims = Vec::with_capacity(messages.len());
            for message in messages {
                if message.body.len() > MESSAGE_BYTES_MAX {
                    return Err(Failure::not_written(format!("a message may have at most {MESSAGE_BYTES_MAX} bytes")));
                }
                claims.push(store_message(&mut tx, self.engine(), message, encoded(message)?).await?);
            }
            Ok(claims)
        };
        let claims = self.engine().bounded(work).await?;
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
            take_numbers(&mut batch, notices);
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
        super::journal::attempts!(self, self.try_take_in(messages))
    }

    async fn dismiss(&self, keys: &[SourceKey], notices: Vec<Notice>) -> Result<(), JournalError> {
        super::journal::attempts!(self, self.try_dismiss(keys, &notices))
    }
}
