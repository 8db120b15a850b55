//! The way of one message: claimed, bounded, read, and then answered or handed to the Desk.
//!
//! Invariant: a message is dealt with exactly once. Its inbox row is closed in the transaction that does the work, so a
//! failure anywhere leaves the row open, and a repeated delivery finds it closed.

use std::sync::Arc;

use crate::domain::act::Act;
use crate::domain::ids::SourceKey;
use crate::domain::notice::{Notice, NoticeBody};
use crate::domain::time::{DAY_MS, SECOND_MS};
use crate::engine::desk::door::{DeskDoor, DoorError};
use crate::engine::ports::users::Users;
use crate::engine::ports::{Clock, InboxClaim, InboxMessage, Journal, JournalError};
use crate::nlp::reading::Reading;

use super::answers::Answers;
use super::render::moment;
use super::taps;
use super::turn::Turn;
use super::users;

/// A message older than this is never acted on, in milliseconds of market time.
pub const MESSAGE_AGE_MAX_MS: i64 = 120 * SECOND_MS;
/// Longest message that is read, in characters.
pub const MESSAGE_CHARS_MAX: usize = 4_096;
/// Longest wait, in milliseconds of market time.
pub const WAIT_MAX_MS: i64 = 31 * DAY_MS;

/// What became of a message. Replies do not come back this way: they are in the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Dealt with.
    Done,
    /// It had been dealt with before; nothing was done.
    Repeated,
    /// The face must let this much market time pass, in milliseconds, and then call [`Intake::waited`].
    Wait(i64),
    /// The face must close.
    Quit,
    /// Nothing is certain to be stored; the face itself shows the sentence. The inbox row stays open.
    Failed(String),
}

/// Reads a text.
pub type Reader = Arc<dyn Fn(&str) -> Reading + Send + Sync>;

/// Takes messages in.
pub struct Intake {
    /// The durable memory.
    pub journal: Arc<dyn Journal>,
    /// The Desk.
    pub door: DeskDoor,
    /// Market time.
    pub clock: Arc<dyn Clock>,
    /// The language room.
    pub read: Reader,
    /// What queries are answered from.
    pub answers: Answers,
    /// Who is let in.
    pub users: Arc<dyn Users>,
}

impl Intake {
    /// Deals with one message to its commit; fills may follow later (see [`DeskDoor::busy`]).
    pub async fn handle(&self, message: &InboxMessage) -> Outcome {
        match self.take(message).await {
            Ok(outcome) => outcome,
            Err(DoorError::Journal(JournalError::Duplicate(what))) => self.repeated(message, &what).await,
            Err(error) => Outcome::Failed(sentence(&error)),
        }
    }

    /// Deals with the messages that an earlier run left open, oldest first. A wait or a quit among them is only closed.
    ///
    /// # Errors
    /// [`JournalError`] if the inbox cannot be read.
    pub async fn resume(&self) -> Result<Vec<(SourceKey, Outcome)>, JournalError> {
        let mut outcomes = Vec::new();
        for message in self.journal.inbox_open().await? {
            let outcome = match self.handle(&message).await {
                Outcome::Wait(_) => match self.close(&message, Vec::new()).await {
                    Ok(()) => Outcome::Done,
                    Err(error) => Outcome::Failed(sentence(&error)),
                },
                Outcome::Quit => Outcome::Done,
                outcome => outcome,
            };
            outcomes.push((message.key, outcome));
        }
        Ok(outcomes)
    }

    /// Closes a message that asked to wait, once the time has passed.
    pub async fn waited(&self, message: &InboxMessage) -> Outcome {
        let text = format!("Time has passed. It is {}.", moment::full(self.clock.now()));
        match self.reply(message, NoticeBody::Text(text)).await {
            Ok(outcome) => outcome,
            Err(error) => Outcome::Failed(sentence(&error)),
        }
    }

    /// Closes a message whose effect the journal knows already. If its row was still open, nobody was answered yet.
    async fn repeated(&self, message: &InboxMessage, what: &str) -> Outcome {
        let text = format!("Nothing new was done: this was dealt with before ({what}). Look at `orders` and `positions`.");
        match self.reply(message, NoticeBody::Error(text)).await {
            Ok(_) | Err(DoorError::Journal(JournalError::Duplicate(_))) => Outcome::Repeated,
            Err(error) => Outcome::Failed(sentence(&error)),
        }
    }

    async fn take(&self, message: &InboxMessage) -> Result<Outcome, DoorError> {
        match self.journal.inbox_claim(message).await? {
            InboxClaim::Done => return Ok(Outcome::Repeated),
            InboxClaim::New | InboxClaim::Open => {}
        }
        if self.clock.now().since(message.received_at) > MESSAGE_AGE_MAX_MS {
            let text = "Your message came too late (more than 2 minutes old), so nothing was done. Send it again if you still want it.";
            return self.reply(message, NoticeBody::Error(text.to_owned())).await;
        }
        if message.body.chars().count() > MESSAGE_CHARS_MAX {
            let text = format!("Your message is too long, so it was not read. Say it in at most {MESSAGE_CHARS_MAX} characters.");
            return self.reply(message, NoticeBody::Error(text)).await;
        }
        if let Some(tap) = taps::parse(&message.body) {
            return Turn::new(self, message).await?.tap(tap.nonce, tap.verb).await;
        }
        if let Some(word) = users::parse(taps::said(&message.body).unwrap_or(&message.body)) {
            return users::perform(self, message, word).await;
        }
        if let Some(words) = taps::said(&message.body) {
            let spoken = InboxMessage { body: words.to_owned(), ..message.clone() };
            return Turn::new(self, &spoken).await?.by_button().read().await;
        }
        Turn::new(self, message).await?.read().await
    }

    /// Answers a message and closes it, in one commit.
    pub(super) async fn reply(&self, message: &InboxMessage, body: NoticeBody) -> Result<Outcome, DoorError> {
        self.close(message, vec![self.answer_to(message, body)]).await.map(|()| Outcome::Done)
    }

    /// As [`Intake::reply`], and puts an act on record in the same commit.
    pub(super) async fn reply_on_record(&self, message: &InboxMessage, body: NoticeBody, act: Act) -> Result<Outcome, DoorError> {
        let (notice, act) = (self.answer_to(message, body), act.event(self.clock.now()));
        self.journal.record(&self.answers.account, &[act], vec![notice], Some(message.key.clone())).await?;
        Ok(Outcome::Done)
    }

    fn answer_to(&self, message: &InboxMessage, body: NoticeBody) -> Notice {
        let (chat, cause) = (Some(message.actor.chat), Some(message.key.clone()));
        Notice { key: format!("answer:{}", message.key), chat, cause, at: self.clock.now(), body }
    }

    /// Closes a message, with what is told about it.
    pub(super) async fn close(&self, message: &InboxMessage, notices: Vec<Notice>) -> Result<(), DoorError> {
        Ok(self.journal.answer(notices, Some(message.key.clone())).await?)
    }
}

/// What a person is told when a message could not be dealt with.
fn sentence(error: &DoorError) -> String {
    match error {
        DoorError::Journal(JournalError::Unknown(_)) => {
            format!(
                "It is not certain whether your message took effect ({error}). Look at `orders` and `positions` before you send it again."
            )
        }
        DoorError::Journal(JournalError::NotOwner(_)) => format!("Nothing was done: {error}. Talk to that process, or end it first."),
        DoorError::Journal(JournalError::NotWritten(cause)) => {
            format!("Nothing was done, because nothing could be stored ({cause}). Once that is mended, send it again.")
        }
        DoorError::Journal(JournalError::Duplicate(_)) | DoorError::Closed => format!("Nothing was done: {error}."),
    }
}
