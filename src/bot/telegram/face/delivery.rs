//! One step of a job: composed at its first, then one request to Telegram, and what is remembered of its outcome.
//!
//! Invariant: a part that Telegram has taken is not sent again by this process; what is remembered of a shown card is
//! stored before its notice counts as told.

use std::sync::Arc;

use super::compose::{CARD_KEY, Composer};
use super::job::{Call, Job, Then};
use super::wire::{Wire, WireError};
use super::wishes::Wishes;
use crate::bot::render::place::Place;
use crate::domain::actor::ChatId;
use crate::domain::ids::AccountId;
use crate::engine::ports::{Clock, JournalError, Views};
use crate::store::marks::{ChatMarks, Mark};

/// What delivering needs.
pub struct Delivery {
    /// The way to Telegram.
    pub wire: Arc<dyn Wire>,
    /// What the face remembers.
    pub marks: Arc<dyn ChatMarks>,
    /// Committed rows.
    pub views: Arc<dyn Views>,
    /// Whose.
    pub account: AccountId,
    /// Where trading takes place.
    pub place: Place,
    /// Wall time (never the market's, which may run faster).
    pub clock: Arc<dyn Clock>,
    /// Rows of words that a greeting brings; without any it takes them away.
    pub reply_keyboard: Vec<Vec<String>>,
}

/// How a step ended.
#[derive(Debug)]
pub enum Step {
    /// The notice is told, or surely not to be told.
    Done(Job),
    /// There is more to do.
    Again(Job),
    /// Telegram asks to wait so many seconds.
    Wait(Job, u32),
    /// It failed for now.
    Failed(Job, String),
    /// It goes to its person's own chat instead of the one it came from.
    Home(Job, ChatId),
    /// Nobody can be reached in the job's chat.
    Unreachable(Job, String),
    /// The token is not accepted.
    Revoked(Job),
}

impl Delivery {
    /// Makes the job's next request.
    pub async fn step(&self, mut job: Job) -> Step {
        if job.calls.is_none() {
            let composer = Composer {
                marks: self.marks.as_ref(),
                views: self.views.as_ref(),
                account: &self.account,
                place: &self.place,
                reply_keyboard: &self.reply_keyboard,
            };
            match composer.calls(&job, self.clock.now()).await {
                Ok(calls) => job.calls = Some(calls),
                Err(error) => return Step::Failed(job, error.to_string()),
            }
        }
        let Some(call) = job.calls.as_mut().and_then(std::collections::VecDeque::pop_front) else { return Step::Done(job) };
        let outcome = match call.into {
            Some(message) => self.wire.edit(message, &call.letter, call.marked).await.map(|()| message),
            None => self.wire.send(&call.letter, call.marked).await,
        };
        match outcome {
            Ok(message) => self.shown(job, &call, message).await,
            Err(WireError::Unchanged) => self.shown(job, &call, call.into.unwrap_or_default()).await,
            Err(error) => self.refused(job, call, error).await,
        }
    }

    async fn shown(&self, mut job: Job, call: &Call, message: i64) -> Step {
        job.failures = 0;
        if let Err(error) = self.remember(&job, call, message).await {
            // The card stands in the chat; only its outcome will come as a message of its own.
            tracing::warn!(%error, key = job.notice.key, "what a chat shows could not be remembered");
        }
        if job.calls.as_ref().is_some_and(|calls| !calls.is_empty()) { Step::Again(job) } else { Step::Done(job) }
    }

    async fn remember(&self, job: &Job, call: &Call, message: i64) -> Result<(), JournalError> {
        let (nonce, body, open) = match &call.then {
            Then::Nothing => return Ok(()),
            Then::Shows { nonce, body } => (nonce, body.as_str(), true),
            Then::Settles { nonce } => (nonce, "{}", false),
        };
        let mark = Mark {
            chat: job.home,
            key: format!("{CARD_KEY}{nonce}"),
            message: Some(message),
            thread: call.letter.thread,
            at: self.clock.now(),
            open,
            body: body.to_owned(),
        };
        self.marks.put_mark(&mark).await
    }

    async fn refused(&self, mut job: Job, mut call: Call, error: WireError) -> Step {
        let again = |mut job: Job, call: Call| {
            if let Some(calls) = job.calls.as_mut() {
                calls.push_front(call);
            }
            job
        };
        match error {
            WireError::Wait(seconds) => Step::Wait(again(job, call), seconds),
            WireError::NotSent(reason) | WireError::Silence(reason) => Step::Failed(again(job, call), reason),
            WireError::Revoked => Step::Revoked(again(job, call)),
            WireError::Markup(reason) if call.marked => {
                tracing::warn!(reason, key = job.notice.key, "markup was refused; the message goes without");
                call.marked = false;
                Step::Again(again(job, call))
            }
            WireError::NotEditable(_) if call.then == Then::Nothing || matches!(call.then, Then::Shows { .. }) => {
                call.into = None;
                Step::Again(again(job, call))
            }
            WireError::TopicGone if call.letter.thread.is_some() => {
                self.forget_topic(&job).await;
                let calls = job.calls.iter_mut().flatten();
                calls.for_each(|call| call.letter.thread = None);
                job.thread = None;
                call.letter.thread = None;
                Step::Again(again(job, call))
            }
            WireError::Moved(chat) => {
                self.change_wishes(job.home, |wishes| wishes.moved_to = Some(chat)).await;
                let calls = job.calls.iter_mut().flatten();
                calls.for_each(|call| call.letter.chat.0 = chat);
                call.letter.chat.0 = chat;
                Step::Again(again(job, call))
            }
            WireError::Unreachable(reason) if job.chat != job.home => {
                tracing::warn!(reason, chat = job.chat.0, "a chat that notices were sent to cannot be reached; they go home");
                let away = job.chat.0;
                self.change_wishes(job.home, |wishes| wishes.routes.retain(|_, route| route.chat != away)).await;
                Step::Home(Job { chat: job.home, thread: None, calls: None, failures: 0, ..job }, ChatId(away))
            }
            WireError::Unreachable(reason) => Step::Unreachable(job, reason),
            error @ (WireError::Markup(_)
            | WireError::NotEditable(_)
            | WireError::TopicGone
            | WireError::Unchanged
            | WireError::Refused(_)) => {
                tracing::error!(%error, key = job.notice.key, "a message was refused for good");
                self.settle_unshown(&job, &call).await;
                if job.calls.as_ref().is_some_and(|calls| !calls.is_empty()) { Step::Again(job) } else { Step::Done(job) }
            }
        }
    }

    /// A card whose message is gone has nothing left to be edited.
    async fn settle_unshown(&self, job: &Job, call: &Call) {
        if matches!(call.then, Then::Settles { .. })
            && let Err(error) = self.remember(job, call, call.into.unwrap_or_default()).await
        {
            tracing::warn!(%error, "a card's end could not be remembered");
        }
    }

    async fn forget_topic(&self, job: &Job) {
        tracing::warn!(chat = job.chat.0, thread = job.thread, "a topic is gone; its notices go to the chat's main thread");
        let (chat, thread) = (job.chat.0, job.thread);
        let forget = |wishes: &mut Wishes| {
            for route in wishes.routes.values_mut().filter(|route| route.chat == chat && route.thread == thread) {
                route.thread = None;
            }
        };
        self.change_wishes(job.home, forget).await;
    }

    /// Changes what a chat wants; a failure costs comfort only.
    pub async fn change_wishes(&self, chat: ChatId, change: impl FnOnce(&mut Wishes) + Send) {
        let changed = async {
            let mut wishes = Wishes::parse(self.marks.wishes(chat).await?.as_deref());
            change(&mut wishes);
            let stored = wishes.store().map_err(|error| JournalError::NotWritten(error.to_string()))?;
            self.marks.set_wishes(chat, &stored).await
        };
        if let Err(error) = changed.await {
            tracing::warn!(%error, "what a chat wants could not be stored");
        }
    }
}
