//! What survives a simulated crash: accounts, messages in, notices out, questions. Every change is checked, then made whole.

use std::collections::BTreeMap;

use crate::domain::actor::{ChatId, UserId};
use crate::domain::event::DeskEvent;
use crate::domain::ids::{AccountId, SourceKey};
use crate::domain::notice::Notice;
use crate::domain::order::OrderState;
use crate::domain::user::UserRow;
use crate::engine::ports::{Commit, InboxMessage, JournalError, License};
use crate::store::link::storable;
use crate::store::marks::Mark;
use crate::store::step::sealing_of;

use super::CommitFault;
use super::book::Book;

/// A message, and whether it was dealt with. One that was only ever marked done has no content.
#[derive(Debug, Clone)]
pub(super) struct Message {
    pub(super) content: Option<InboxMessage>,
    pub(super) done: bool,
}

/// The whole durable memory.
#[derive(Debug, Clone, Default)]
pub(super) struct Durable {
    pub(super) install_key: Vec<u8>,
    pub(super) process: u64,
    pub(super) books: BTreeMap<AccountId, Book>,
    pub(super) inbox: BTreeMap<SourceKey, Message>,
    /// Keys of messages with content, by their place in the queue.
    pub(super) inbox_order: Vec<SourceKey>,
    /// Undelivered notices, by their place in the queue.
    pub(super) outbox: BTreeMap<i64, Notice>,
    outbox_keys: std::collections::BTreeSet<String>,
    outbox_numbers: i64,
    pub(super) questions: BTreeMap<ChatId, String>,
    pub(super) users: BTreeMap<UserId, UserRow>,
    pub(super) marks: BTreeMap<(ChatId, String), Mark>,
    pub(super) wishes: BTreeMap<ChatId, String>,
    pub(super) writes: u64,
    pub(super) faults: BTreeMap<u64, CommitFault>,
    pub(super) broken: Option<String>,
}

impl Durable {
    pub(super) fn new(install_key: Vec<u8>) -> Self {
        Self { install_key, ..Self::default() }
    }

    /// Counts a write and runs it, unless a fault is planned for it.
    pub(super) fn faulted<T>(&mut self, write: impl FnOnce(&mut Self) -> Result<T, JournalError>) -> Result<T, JournalError> {
        self.writes += 1;
        let fault = self.faults.remove(&self.writes);
        match fault {
            None => write(self),
            Some(CommitFault::NotWritten) => Err(JournalError::NotWritten("a simulated fault".into())),
            Some(CommitFault::UnknownBefore) => Err(JournalError::Unknown("a simulated fault".into())),
            Some(CommitFault::UnknownAfter) => write(self).and(Err(JournalError::Unknown("a simulated fault".into()))),
        }
    }

    pub(super) fn commit(&mut self, commit: &Commit) -> Result<(), JournalError> {
        let book = self.books.get(&commit.account).filter(|book| book.epoch == commit.epoch);
        let book = book.ok_or_else(|| JournalError::NotOwner(format!("epoch {} is over", commit.epoch)))?;
        if let Some(key) = &commit.inbox_done {
            self.undone(key)?;
        }
        let events: Vec<DeskEvent> = commit.events.iter().cloned().chain(sealing_of(commit)).collect();
        let links = book.links_for(&commit.account, &events)?;
        book.check_new(&events, &commit.postings)?;
        if let Some(book) = self.books.get_mut(&commit.account) {
            book.apply(links, events, commit.postings.clone());
            book.take_snapshot(commit.snapshot.clone());
        }
        if let Some(key) = &commit.inbox_done {
            self.mark_done(key.clone());
        }
        self.tell(commit.notices.clone());
        Ok(())
    }

    pub(super) fn record(
        &mut self,
        account: &AccountId,
        acts: &[DeskEvent],
        notices: Vec<Notice>,
        inbox_done: Option<SourceKey>,
    ) -> Result<(), JournalError> {
        let no_desk = || JournalError::NotWritten("the account has no desk yet".to_owned());
        let book = self.books.get(account).filter(|book| book.epoch > 0).ok_or_else(no_desk)?;
        if let Some(key) = &inbox_done {
            self.undone(key)?;
        }
        let links = book.links_for(account, acts)?;
        if let Some(book) = self.books.get_mut(account) {
            book.apply(links, acts.to_vec(), Vec::new());
        }
        inbox_done.into_iter().for_each(|key| self.mark_done(key));
        self.tell(notices);
        Ok(())
    }

    pub(super) fn license(&mut self, license: &License) -> Result<bool, JournalError> {
        let Some(book) = self.books.get_mut(&license.account).filter(|book| book.epoch == license.epoch) else { return Ok(false) };
        let mut licensed = std::collections::BTreeSet::new();
        for order in &license.orders {
            // The same order twice in one licence: the second UPDATE would find it no longer planned.
            if book.order_state(&order.spec.id) != Some(OrderState::Planned) || !licensed.insert(&order.spec.id) {
                return Ok(false);
            }
        }
        if license.opens && !book.takes_risk() {
            return Ok(false);
        }
        let links = book.links_for(&license.account, &license.events)?;
        book.check_new(&license.events, &[])?;
        book.apply(links, license.events.clone(), Vec::new());
        Ok(true)
    }

    /// Fails if a message was dealt with.
    pub(super) fn undone(&self, key: &SourceKey) -> Result<(), JournalError> {
        match self.inbox.get(key) {
            Some(message) if message.done => Err(JournalError::Duplicate(format!("message {key}"))),
            _ => Ok(()),
        }
    }

    pub(super) fn mark_done(&mut self, key: SourceKey) {
        self.inbox.entry(key).or_insert(Message { content: None, done: true }).done = true;
    }

    /// Queues notices; one whose key is known is dropped, and its number with it.
    pub(super) fn tell(&mut self, notices: Vec<Notice>) {
        for notice in notices {
            self.outbox_numbers += 1;
            if self.outbox_keys.insert(storable(&notice.key)) {
                self.outbox.insert(self.outbox_numbers, notice);
            }
        }
    }
}
