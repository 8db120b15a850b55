//! Where messages that came in meet the face: its own words are answered here, all others go on to the intake.
//!
//! Invariant: a message of the face's own is claimed, answered through the outbox and closed like any other; nothing that
//! is said here changes an account.

use std::sync::Arc;

use tokio::sync::Notify;

use super::compose::{Asked, WORDS_KEY};
use super::keyboard::{CLOSE, is_kept};
use super::sender::CAUSE_KEY;
use super::wire::{Wire, WireError};
use super::wishes::{Route, Wishes};
use super::words::{self, Own};
use super::{expired, menu, panels, wizard};
use crate::bot::intake::{Intake, Outcome};
use crate::bot::taps;
use crate::domain::actor::ChatId;
use crate::domain::ids::SourceKey;
use crate::domain::notice::{Notice, NoticeBody};
use crate::domain::request::{Query, Request};
use crate::domain::time::Timestamp;
use crate::engine::ports::{InboxClaim, InboxMessage, JournalError};
use crate::nlp::reading::Reading;
use crate::store::marks::{ChatMarks, Mark};

/// Where a message was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spot {
    /// The topic it was said in.
    pub thread: Option<i64>,
    /// The message whose button was pressed.
    pub pressed: Option<i64>,
}

/// The face as incoming messages meet it.
pub struct TelegramFace {
    wire: Arc<dyn Wire>,
    marks: Arc<dyn ChatMarks>,
    owner: ChatId,
    committed: Arc<Notify>,
}

impl TelegramFace {
    /// Returns the face of the bot of `owner`; `committed` is the bell of the sending loop.
    pub fn new(wire: Arc<dyn Wire>, marks: Arc<dyn ChatMarks>, owner: ChatId, committed: Arc<Notify>) -> Self {
        Self { wire, marks, owner, committed }
    }

    /// Remembers where a message was said, so that its answer comes there: into its topic, or into the message whose
    /// button was pressed. To be called before the message is stored in the inbox. A tap on a card changes the card only.
    ///
    /// # Errors
    /// [`JournalError`] if it could not be stored.
    pub async fn note(&self, message: &InboxMessage, spot: Spot) -> Result<(), JournalError> {
        let pressed = spot.pressed.filter(|_| message.body == CLOSE || is_kept(&message.body) || taps::said(&message.body).is_some());
        if spot.thread.is_none() && pressed.is_none() {
            return Ok(());
        }
        let key = cause(&message.key);
        if self.marks.mark(message.actor.chat, &key).await?.is_some() {
            // Delivered again: its place may be taken by now.
            return Ok(());
        }
        let at = message.received_at;
        let mark = Mark { chat: message.actor.chat, key, message: pressed, thread: spot.thread, at, open: true, body: "{}".to_owned() };
        self.marks.put_mark(&mark).await
    }

    /// Keeps what one person said too late in one chat, and returns what they are asked about it.
    ///
    /// # Errors
    /// [`JournalError`] if it cannot be kept.
    pub async fn keep_expired(&self, messages: &[InboxMessage], now: Timestamp) -> Result<NoticeBody, JournalError> {
        expired::keep(&*self.marks, messages, now).await
    }

    /// Deals with one message to its commit, in place of [`Intake::handle`]. `now` is wall time.
    pub async fn handle(&self, intake: &Intake, message: &InboxMessage, now: Timestamp) -> Outcome {
        if let Err(error) = self.hears_from(message).await {
            tracing::warn!(%error, "that a chat can be reached again could not be stored");
        }
        let spoken = match self.unfolded(message).await {
            Ok(spoken) => spoken,
            Err(error) => return Outcome::Failed(format!("Nothing was done: {error}.")),
        };
        let message = spoken.as_ref().unwrap_or(message);
        let said = taps::said(&message.body).unwrap_or(&message.body);
        if said == CLOSE || is_kept(said) {
            let closed = self.own_button(intake, message).await;
            self.committed.notify_one();
            return closed.unwrap_or_else(|error| Outcome::Failed(format!("Nothing was done: {error}.")));
        }
        let outcome = match words::read(said) {
            Some(own) => match self.answer(intake, message, &own, now).await {
                Ok(outcome) => outcome,
                Err(JournalError::Duplicate(_)) => Outcome::Repeated,
                Err(error) => Outcome::Failed(format!("Nothing was done: {error}.")),
            },
            None => {
                if let Err(error) = self.keep_filter(intake, message, said).await {
                    tracing::warn!(%error, "what a list was asked for could not be stored; it will be made anew as a whole");
                }
                intake.handle(message).await
            }
        };
        self.committed.notify_one();
        outcome
    }

    /// Keeps the words that ask for one pair's positions or orders, so that the list can be made anew as it was asked for.
    async fn keep_filter(&self, intake: &Intake, message: &InboxMessage, said: &str) -> Result<(), JournalError> {
        let reading = (intake.read)(said);
        let Reading::Request(Request::Query(Query::Positions(Some(_)) | Query::Orders(Some(_)))) = reading else { return Ok(()) };
        let body = serde_json::to_string(&Asked { asked: said.to_owned() }).map_err(|error| JournalError::NotWritten(error.to_string()))?;
        let (chat, key) = (message.actor.chat, cause(&message.key));
        let mark = match self.marks.mark(chat, &key).await? {
            Some(mark) => Mark { body, ..mark },
            None => Mark { chat, key, message: None, thread: None, at: message.received_at, open: false, body },
        };
        self.marks.put_mark(&mark).await
    }

    /// Puts the words that were kept for a button in the place of their number.
    async fn unfolded(&self, message: &InboxMessage) -> Result<Option<InboxMessage>, JournalError> {
        if !is_kept(&message.body) {
            return Ok(None);
        }
        let mark = self.marks.mark(message.actor.chat, &format!("{WORDS_KEY}{}", message.body)).await?;
        Ok(mark.map(|mark| InboxMessage { body: taps::kept(&mark.body), ..message.clone() }))
    }

    /// The buttons that say nothing: "Close", and one whose words are kept no longer.
    async fn own_button(&self, intake: &Intake, message: &InboxMessage) -> Result<Outcome, JournalError> {
        if intake.journal.inbox_claim(message).await? == InboxClaim::Done {
            return Ok(Outcome::Repeated);
        }
        let mut notices = Vec::new();
        if message.body == CLOSE {
            let pressed = self.marks.mark(message.actor.chat, &cause(&message.key)).await?.and_then(|mark| mark.message);
            if let Some(pressed) = pressed {
                self.close(message.actor.chat, pressed).await;
            }
        } else {
            let text = "The words of that button are not kept any more. Type them, please.".to_owned();
            notices.push(Notice {
                key: format!("answer:{}", message.key),
                chat: Some(message.actor.chat),
                cause: Some(message.key.clone()),
                at: intake.clock.now(),
                body: NoticeBody::Error(text),
            });
        }
        intake.journal.answer(notices, Some(message.key.clone())).await?;
        Ok(Outcome::Done)
    }

    /// Takes a message away (the button "Close"). Nothing depends on it.
    pub async fn close(&self, chat: ChatId, message: i64) {
        if let Err(error) = self.wire.delete(chat, message).await {
            tracing::debug!(%error, "a message could not be taken away");
        }
    }

    /// Sets the menu: everybody's, and in the owner's chat the owner's.
    ///
    /// # Errors
    /// [`WireError`]; the menu of before stays.
    pub async fn set_menu(&self) -> Result<(), WireError> {
        self.wire.set_menu(None, &menu::COMMANDS).await?;
        self.wire.set_menu(Some(self.owner), &menu::of_owner()).await
    }

    async fn answer(&self, intake: &Intake, message: &InboxMessage, own: &Own, now: Timestamp) -> Result<Outcome, JournalError> {
        if intake.journal.inbox_claim(message).await? == InboxClaim::Done {
            return Ok(Outcome::Repeated);
        }
        let body = self.body(intake, message, own, now).await?;
        let notice = Notice {
            key: format!("answer:{}", message.key),
            chat: Some(message.actor.chat),
            cause: Some(message.key.clone()),
            at: intake.clock.now(),
            body,
        };
        intake.journal.answer(vec![notice], Some(message.key.clone())).await?;
        Ok(Outcome::Done)
    }

    async fn body(&self, intake: &Intake, message: &InboxMessage, own: &Own, now: Timestamp) -> Result<NoticeBody, JournalError> {
        // In a group the wishes are still those of the person.
        let home = ChatId(message.actor.user.0);
        let mut wishes = Wishes::parse(self.marks.wishes(home).await?.as_deref());
        Ok(match own {
            Own::Menu => panels::menu(),
            Own::New(words) => {
                let quote = |id: &_| intake.answers.quotes.quote(id);
                wizard::panel(words, &intake.answers.instruments, &quote)
            }
            Own::Info => NoticeBody::Text(self.info(message).await?),
            Own::Levels => panels::levels(&wishes),
            Own::SetLevel(kind, level) => {
                wishes.levels.insert(*kind, *level);
                self.store(home, &wishes).await?;
                panels::levels(&wishes)
            }
            Own::QuietHours => panels::quiet(&wishes),
            Own::SetQuiet(from, to, dial) => {
                wishes.set_quiet(*from, *to, dial);
                self.store(home, &wishes).await?;
                panels::quiet(&wishes)
            }
            Own::EndQuiet => {
                wishes.quiet = None;
                self.store(home, &wishes).await?;
                panels::quiet(&wishes)
            }
            Own::Topics => panels::topics(&wishes),
            Own::SetTopic(subject, here) => {
                let thread = self.spot(message).await?.and_then(|mark| mark.thread);
                match here {
                    true => wishes.routes.insert(*subject, Route { chat: message.actor.chat.0, thread }),
                    false => wishes.routes.remove(subject),
                };
                self.store(home, &wishes).await?;
                panels::topics(&wishes)
            }
            Own::Unclear(sentence) => NoticeBody::Error((*sentence).to_owned()),
            Own::Resend(which) => expired::resend(&*self.marks, &*intake.journal, message.actor, which, now).await?,
            Own::Drop(which) => expired::drop_list(&*self.marks, message.actor, which, now).await?,
        })
    }

    async fn info(&self, message: &InboxMessage) -> Result<String, JournalError> {
        let thread = self.spot(message).await?.and_then(|mark| mark.thread);
        let topic = thread.map_or_else(|| "none".to_owned(), |thread| thread.to_string());
        Ok(format!("Numbers\n  Chat   {}\n  Topic  {topic}\n  You    {}", message.actor.chat.0, message.actor.user.0))
    }

    async fn spot(&self, message: &InboxMessage) -> Result<Option<Mark>, JournalError> {
        self.marks.mark(message.actor.chat, &cause(&message.key)).await
    }

    /// Whoever writes can be reached.
    async fn hears_from(&self, message: &InboxMessage) -> Result<(), JournalError> {
        let chat = message.actor.chat;
        let Some(stored) = self.marks.wishes(chat).await? else { return Ok(()) };
        let mut wishes = Wishes::parse(Some(&stored));
        if wishes.unreachable.take().is_none() {
            return Ok(());
        }
        tracing::info!(chat = chat.0, "a chat can be reached again");
        self.store(chat, &wishes).await
    }

    async fn store(&self, chat: ChatId, wishes: &Wishes) -> Result<(), JournalError> {
        let stored = wishes.store().map_err(|error| JournalError::NotWritten(error.to_string()))?;
        self.marks.set_wishes(chat, &stored).await
    }
}

fn cause(key: &SourceKey) -> String {
    format!("{CAUSE_KEY}{key}")
}
