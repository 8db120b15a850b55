//! The journal as one process meets it: commits fail, or their outcome is not known, and the process may die around each.
//! What takes effect is told to the watcher.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use outcry::clock::WallClock;
use outcry::domain::actor::ChatId;
use outcry::domain::event::DeskEvent;
use outcry::domain::ids::{AccountId, SourceKey};
use outcry::domain::notice::Notice;
use outcry::domain::time::{SECOND_MS, Timestamp};
use outcry::engine::ports::{BookRows, Clock, Commit, InboxClaim, InboxMessage, Journal, JournalError, License, OutboxNotice};
use outcry::store::history::History;
use outcry::store::link::{ChainHead, Link};
use outcry::store::memory::MemoryStore;

use super::bug::Bug;
use super::faults::{Fault, Faults};
use super::invariants;
use super::life::{Life, Point};
use super::watch::Watch;

/// For how long a failed commit excuses a missing stop.
const UNWRITTEN_EXCUSE_MS: i64 = 12 * SECOND_MS;

/// The journal behind faults.
pub struct FaultyJournal {
    pub store: MemoryStore,
    pub clock: Arc<WallClock>,
    pub faults: Arc<Faults>,
    pub watch: Arc<Mutex<Watch>>,
    pub life: Arc<Life>,
    pub bug: Option<Bug>,
    /// A commit that was acknowledged and is not durable: only a planted bug puts one here.
    pub unwritten: tokio::sync::Mutex<Option<Commit>>,
}

fn failed(text: &str) -> String {
    format!("simulated: {text}")
}

impl FaultyJournal {
    fn struck(&self) -> Option<Fault> {
        let kinds = [Fault::NotWritten, Fault::UnknownBefore, Fault::UnknownAfter];
        let struck = kinds.into_iter().find(|fault| self.faults.strikes(*fault));
        if struck.is_some() {
            self.faults.excuse(None, self.clock.now().plus_ms(UNWRITTEN_EXCUSE_MS));
        }
        struck
    }

    async fn write(&self, commit: &Commit) -> Result<(), JournalError> {
        self.store.commit(commit).await?;
        self.watch.lock().unwrap().committed(commit, self.clock.now());
        Ok(())
    }

    async fn acknowledge(&self, account: &AccountId) {
        if let Ok(Some(head)) = self.store.chain_head(account).await {
            self.watch.lock().unwrap().acked = Some(head);
        }
    }

    /// Writes what an earlier commit left unwritten.
    async fn flush(&self) -> Result<(), JournalError> {
        let unwritten = self.unwritten.lock().await.take();
        match unwritten {
            Some(commit) => self.write(&commit).await,
            None => Ok(()),
        }
    }

    async fn give(&self, license: &License) -> Result<bool, JournalError> {
        let opens = license.opens;
        let commit = Commit {
            account: license.account.clone(),
            epoch: license.epoch,
            events: license.events.clone(),
            postings: Vec::new(),
            notices: Vec::new(),
            inbox_done: None,
            snapshot: None,
        };
        let given = self.store.license(license).await?;
        if given {
            let mut watch = self.watch.lock().unwrap();
            watch.licensed(opens, self.clock.now());
            watch.committed(&commit, self.clock.now());
        }
        Ok(given)
    }
}

#[async_trait]
impl Journal for FaultyJournal {
    async fn claim_desk(&self, account: &AccountId, now: Timestamp) -> Result<i64, JournalError> {
        self.store.claim_desk(account, now).await
    }

    async fn load(&self, account: &AccountId) -> Result<BookRows, JournalError> {
        self.life.breathe().await;
        self.flush().await?;
        self.store.load(account).await
    }

    async fn commit(&self, commit: &Commit) -> Result<(), JournalError> {
        self.life.pass(Point::BeforeCommit).await;
        self.flush().await?;
        let account = commit.account.clone();
        match self.struck() {
            Some(Fault::NotWritten) => return Err(JournalError::NotWritten(failed("the disk is full"))),
            Some(Fault::UnknownBefore) => return Err(JournalError::Unknown(failed("no answer, and no effect"))),
            Some(_) => {
                self.write(commit).await?;
                return Err(JournalError::Unknown(failed("no answer, and an effect")));
            }
            None if self.bug == Some(Bug::AckBeforeDurable) => {
                let head = self.store.chain_head(&account).await?.unwrap_or_else(ChainHead::empty);
                let after = |head: ChainHead, event| Link::after(&account, &head, event).map_or(head, |link| link.head());
                self.watch.lock().unwrap().acked = Some(commit.events.iter().fold(head, after));
                *self.unwritten.lock().await = Some(commit.clone());
                return Ok(());
            }
            None => self.write(commit).await?,
        }
        self.life.pass(Point::AfterCommit).await;
        self.acknowledge(&account).await;
        Ok(())
    }

    async fn license(&self, license: &License) -> Result<bool, JournalError> {
        self.life.breathe().await;
        self.flush().await?;
        let unknown = |text| if self.bug == Some(Bug::UnknownLicenceIsGiven) { Ok(true) } else { Err(JournalError::Unknown(failed(text))) };
        let account = license.account.clone();
        let given = match self.struck() {
            Some(Fault::NotWritten) => return Err(JournalError::NotWritten(failed("the disk is full"))),
            Some(Fault::UnknownBefore) => return unknown("no answer, and no licence"),
            Some(_) => {
                self.give(license).await?;
                return unknown("no answer, and a licence");
            }
            None => self.give(license).await?,
        };
        self.life.pass(Point::AfterLicence).await;
        self.acknowledge(&account).await;
        Ok(given)
    }

    async fn inbox_claim(&self, message: &InboxMessage) -> Result<InboxClaim, JournalError> {
        self.life.breathe().await;
        let claim = self.store.inbox_claim(message).await;
        self.life.pass(Point::AfterClaim).await;
        claim
    }

    async fn inbox_open(&self) -> Result<Vec<InboxMessage>, JournalError> {
        self.life.breathe().await;
        self.store.inbox_open().await
    }

    async fn outbox_next(&self, count: u32) -> Result<Vec<OutboxNotice>, JournalError> {
        self.life.breathe().await;
        self.flush().await?;
        let next = self.store.outbox_next(count).await?;
        if self.bug == Some(Bug::OutboxForgetsFirst) {
            let sequences: Vec<i64> = next.iter().map(|entry| entry.sequence).collect();
            self.store.outbox_done(&sequences).await?;
        }
        Ok(next)
    }

    async fn outbox_done(&self, sequences: &[i64]) -> Result<(), JournalError> {
        self.life.pass(Point::AfterShown).await;
        self.store.outbox_done(sequences).await
    }

    async fn answer(&self, notices: Vec<Notice>, inbox_done: Option<SourceKey>) -> Result<(), JournalError> {
        self.life.breathe().await;
        self.flush().await?;
        self.store.answer(notices, inbox_done.clone()).await?;
        if let Some(key) = inbox_done {
            invariants::commit::inv16_one_effect(&mut self.watch.lock().unwrap(), &key, self.clock.now());
        }
        Ok(())
    }

    async fn record(
        &self,
        account: &AccountId,
        acts: &[DeskEvent],
        notices: Vec<Notice>,
        inbox_done: Option<SourceKey>,
    ) -> Result<(), JournalError> {
        self.life.breathe().await;
        self.flush().await?;
        self.store.record(account, acts, notices, inbox_done.clone()).await?;
        if let Some(key) = inbox_done {
            invariants::commit::inv16_one_effect(&mut self.watch.lock().unwrap(), &key, self.clock.now());
        }
        Ok(())
    }

    async fn open_question(&self, chat: ChatId) -> Result<Option<String>, JournalError> {
        self.life.breathe().await;
        self.store.open_question(chat).await
    }

    async fn set_question(&self, chat: ChatId, question: Option<String>) -> Result<(), JournalError> {
        self.life.breathe().await;
        self.store.set_question(chat, question).await
    }

    async fn install_key(&self, fresh: &[u8]) -> Result<Vec<u8>, JournalError> {
        self.store.install_key(fresh).await
    }
}
