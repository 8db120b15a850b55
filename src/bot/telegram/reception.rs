//! Updates in, however they came: stored in one commit, and only then handed on and confirmed.
//!
//! Invariant: [`Reception::receive`] returns without an error only once everything that the updates ask is durable, so that
//! whoever delivers them may forget them. The same update delivered again changes nothing. Strangers get silence: nothing
//! of theirs is kept but that they wrote.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use serde_json::Value;
use tokio::sync::mpsc;

use crate::bot::users::{stranger, stranger_notice};
use crate::domain::actor::{Actor, Role, UserId};
use crate::domain::ids::SourceKey;
use crate::domain::notice::{Notice, NoticeBody};
use crate::domain::time::Timestamp;
use crate::domain::user::UserAct;
use crate::engine::ports::mailroom::Mailroom;
use crate::engine::ports::users::Users;
use crate::engine::ports::{InboxClaim, InboxMessage, JournalError};

use super::face::doorman::{Spot, TelegramFace};
use super::update::{Arrival, Ignored, Speaker, read};
use super::vigil::{Attempt, Vigil};

/// Most strangers that wait for the owner's decision; whoever writes beyond that is not even noted.
const STRANGERS_WAITING_MAX: usize = 50;
/// Batches that may wait to be handled in memory; what finds no room is read from the inbox later.
pub const BATCHES_WAITING_MAX: usize = 256;

/// A stored message on its way to be handled. Its `received_at` is wall time.
#[derive(Debug, Clone)]
pub struct Handed {
    /// The message.
    pub message: InboxMessage,
    /// What Telegram wants to be answered under, if it was a tap.
    pub query: Option<String>,
}

/// Takes updates in.
pub struct Reception {
    /// Remembers where something was said, so that its answer comes there.
    pub face: Arc<TelegramFace>,
    /// Where messages are stored.
    pub mailroom: Arc<dyn Mailroom>,
    /// Who is let in.
    pub users: Arc<dyn Users>,
    /// Whose bot it is.
    pub owner: UserId,
    /// The bot's own id.
    pub bot: i64,
    /// The bot's own user name, once Telegram told it.
    pub name: Arc<OnceLock<String>>,
    /// Wall time.
    pub wall: fn() -> Timestamp,
    /// Puts on record who is not let in.
    pub vigil: Arc<Vigil>,
    /// Where stored messages go on; whatever finds no room is found in the inbox.
    pub onward: mpsc::Sender<Vec<Handed>>,
}

/// Returns the rights of a person; none for strangers and for whoever is kept out.
///
/// # Errors
/// [`JournalError`] if the list of people cannot be read.
pub async fn rights(users: &dyn Users, owner: UserId, user: UserId) -> Result<Option<Role>, JournalError> {
    if user == owner {
        return Ok(Some(Role::Owner));
    }
    Ok(users.user(user).await?.and_then(|row| row.rights()))
}

impl Reception {
    /// Stores what the updates ask and hands it on. Returns the highest number among them, which may then be confirmed.
    ///
    /// # Errors
    /// [`JournalError`] if anything of it may not be stored: then nothing may be confirmed.
    pub async fn receive(&self, updates: &[Value]) -> Result<Option<i64>, JournalError> {
        let now = (self.wall)();
        let mut known = BTreeMap::new();
        let (mut highest, mut batch) = (None, Vec::new());
        for update in updates {
            let Some(update) = read(update, self.name.get().map(String::as_str)) else {
                tracing::warn!("an update without a number was passed over");
                continue;
            };
            highest = highest.max(Some(update.id));
            let key = SourceKey::new(format!("tg:{}:{}:0", self.bot, update.id));
            let (speaker, body, received_at, query, pressed) = match update.arrival {
                Arrival::Words(words) => (words.speaker, words.text, words.sent_at.min(now), None, None),
                Arrival::Tap(tap) => (tap.speaker, tap.data, now, Some(tap.query), tap.pressed),
                Arrival::Ignored(ignored) => {
                    self.explain(&key, &ignored, &mut known).await?;
                    continue;
                }
            };
            match self.role(&speaker, &mut known).await? {
                Some(role) => {
                    let actor = Actor { user: speaker.user, chat: speaker.chat, role };
                    let message = InboxMessage { key, actor, body, received_at };
                    self.face.note(&message, Spot { thread: speaker.thread, pressed }).await?;
                    batch.push(Handed { message, query });
                }
                None => self.meet(speaker, &key, now).await?,
            }
        }
        self.store(batch).await?;
        Ok(highest)
    }

    async fn store(&self, batch: Vec<Handed>) -> Result<(), JournalError> {
        let messages: Vec<InboxMessage> = batch.iter().map(|handed| handed.message.clone()).collect();
        let claims = self.mailroom.take_in(&messages).await?;
        let waiting: Vec<Handed> =
            batch.into_iter().zip(claims).filter(|(_, claim)| *claim != InboxClaim::Done).map(|(handed, _)| handed).collect();
        if !waiting.is_empty() {
            // No room, or nobody there: whoever owns the desk reads the inbox.
            let _ = self.onward.try_send(waiting);
        }
        Ok(())
    }

    /// Looks a person up once in a batch.
    async fn role(&self, speaker: &Speaker, known: &mut BTreeMap<UserId, Option<Role>>) -> Result<Option<Role>, JournalError> {
        if let Some(role) = known.get(&speaker.user) {
            return Ok(*role);
        }
        let role = rights(&*self.users, self.owner, speaker.user).await?;
        known.insert(speaker.user, role);
        Ok(role)
    }

    /// Notes that a stranger wrote, and tells the owner, once.
    async fn meet(&self, speaker: Speaker, key: &SourceKey, now: Timestamp) -> Result<(), JournalError> {
        self.vigil.saw(Attempt::Stranger, Some(key.clone()), &format!("person {} wrote", speaker.user.0)).await;
        if speaker.chat.is_group() || self.users.user(speaker.user).await?.is_some() {
            return Ok(());
        }
        let row = stranger(speaker.user, speaker.name, now);
        let act = UserAct { by: None, cause: key.clone() };
        let notice = stranger_notice(&row, key);
        self.users.meet(&row, &act, vec![notice], STRANGERS_WAITING_MAX).await.map(drop)
    }

    /// Tells somebody who is let in why what they sent is not read.
    async fn explain(&self, key: &SourceKey, ignored: &Ignored, known: &mut BTreeMap<UserId, Option<Role>>) -> Result<(), JournalError> {
        let (Some(speaker), Some(sentence)) = (&ignored.speaker, ignored.reason.sentence()) else { return Ok(()) };
        if self.role(speaker, known).await?.is_none() {
            return Ok(());
        }
        let notice = Notice {
            key: format!("unread:{key}"),
            chat: Some(speaker.chat),
            cause: Some(key.clone()),
            at: (self.wall)(),
            body: NoticeBody::Error(sentence.to_owned()),
        };
        self.mailroom.dismiss(&[], vec![notice]).await
    }
}
