//! Stored messages on their way through [`Intake`]: those of a chat one after the other, chats beside each other.
//!
//! Invariant: a message is handed to the intake only from the inbox, by the one process that owns the desk, and stays
//! open there until it is dealt with. So whatever another process stored, whatever an earlier run left and whatever
//! failed comes up again, until it is too old to be acted on; then its person is told.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use prometheus_client::metrics::counter::Counter;
use tokio::sync::{Notify, mpsc};

use crate::bot::intake::{Intake, MESSAGE_AGE_MAX_MS, Outcome};
use crate::bot::taps;
use crate::domain::actor::{Actor, ChatId, UserId};
use crate::domain::ids::SourceKey;
use crate::domain::notice::{Notice, NoticeBody};
use crate::domain::request::{CloseRequest, Command, Request, TradingWord};
use crate::domain::time::Timestamp;
use crate::engine::deadline::pause;
use crate::engine::ports::mailroom::Mailroom;
use crate::engine::ports::{InboxMessage, JournalError};
use crate::nlp::reading::Reading;

use super::allowance::{Allowance, Verdict};
use super::api::Api;
use super::face::doorman::TelegramFace;
use super::meanwhile::meanwhile;
use super::reception::{Handed, rights};

/// How often the inbox is looked through for what did not come by hand.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Chats that are served at once.
const CHATS_AT_ONCE: usize = 64;
/// Messages that may wait in memory; more wait in the inbox.
const LINE_MAX: usize = 10_000;

/// Serves the chats of the process that owns the desk.
pub struct Chats {
    /// The way of every message.
    pub intake: Arc<Intake>,
    /// What the face answers itself; all other words go on to the intake.
    pub face: Arc<TelegramFace>,
    /// Where messages are stored.
    pub mailroom: Arc<dyn Mailroom>,
    /// Whose bot it is.
    pub owner: UserId,
    /// The bot's own id: other keys in the inbox belong to other faces.
    pub bot: i64,
    /// Where taps are answered.
    pub api: Api,
    /// Wall time.
    pub wall: fn() -> Timestamp,
    /// Rung when there may be something to tell.
    pub committed: Arc<Notify>,
    /// Messages a minute that are let through of each person.
    pub rate: usize,
    /// Counts those that were not.
    pub refused: Counter,
}

/// What waits, and what is being done.
struct Line {
    allowance: Allowance,
    waiting: BTreeMap<ChatId, VecDeque<Handed>>,
    /// Chats with something waiting that are not being served.
    ready: VecDeque<ChatId>,
    served: BTreeSet<ChatId>,
    /// Messages that wait or are being handled.
    known: BTreeSet<SourceKey>,
}

impl Line {
    fn new(rate: usize) -> Self {
        let (waiting, ready, served, known) = (BTreeMap::new(), VecDeque::new(), BTreeSet::new(), BTreeSet::new());
        Self { allowance: Allowance::new(rate), waiting, ready, served, known }
    }

    fn add(&mut self, handed: Handed) {
        if !self.known.insert(handed.message.key.clone()) {
            return;
        }
        let chat = handed.message.actor.chat;
        self.waiting.entry(chat).or_default().push_back(handed);
        if !self.served.contains(&chat) && !self.ready.contains(&chat) {
            self.ready.push_back(chat);
        }
    }

    /// Returns the next message of a chat that nobody serves, if one more chat may be served.
    fn take(&mut self) -> Option<Handed> {
        if self.served.len() >= CHATS_AT_ONCE {
            return None;
        }
        let chat = self.ready.pop_front()?;
        let handed = self.waiting.get_mut(&chat)?.pop_front()?;
        self.served.insert(chat);
        Some(handed)
    }

    fn end(&mut self, message: &InboxMessage) {
        let chat = message.actor.chat;
        self.known.remove(&message.key);
        self.served.remove(&chat);
        match self.waiting.get(&chat) {
            Some(waiting) if !waiting.is_empty() => self.ready.push_back(chat),
            _ => drop(self.waiting.remove(&chat)),
        }
    }
}

impl Chats {
    /// Serves until the other side of `inward` is gone, and beyond: it has no end of its own.
    ///
    /// # Errors
    /// None; the form is that of a task.
    pub async fn run(self, mut inward: mpsc::Receiver<Vec<Handed>>) -> Result<(), JournalError> {
        let mut line = Line::new(self.rate);
        let mut work: FuturesUnordered<BoxFuture<'_, Option<Handed>>> = FuturesUnordered::new();
        let mut look = Box::pin(pause(Duration::ZERO));
        let mut ended = Vec::new();
        loop {
            for handed in ended.drain(..).flatten() {
                let Handed { message, query }: Handed = handed;
                line.end(&message);
                if let Some(query) = query {
                    work.push(Box::pin(self.answer_tap(query)));
                }
            }
            while let Some(handed) = line.take() {
                work.push(Box::pin(self.serve(handed)));
            }
            tokio::select! {
                biased;
                Some(end) = work.next() => ended.push(end),
                Some(batch) = inward.recv(), if line.known.len() < LINE_MAX => {
                    for query in meanwhile(self.admit(batch, &mut line), &mut work, &mut ended).await {
                        work.push(Box::pin(self.answer_tap(query)));
                    }
                }
                () = &mut look => {
                    meanwhile(self.look(&mut line), &mut work, &mut ended).await;
                    look = Box::pin(pause(LOOK_EVERY));
                }
            }
        }
    }

    /// Reads from the inbox what did not come by hand.
    async fn look(&self, line: &mut Line) {
        if line.known.len() >= LINE_MAX {
            return;
        }
        let ours = format!("tg:{}:", self.bot);
        match self.intake.journal.inbox_open().await {
            Ok(open) => {
                let ours = open.into_iter().filter(|message| message.key.as_str().starts_with(&ours));
                let new: Vec<Handed> =
                    ours.filter(|message| !line.known.contains(&message.key)).map(|message| Handed { message, query: None }).collect();
                self.admit(new, line).await;
            }
            Err(error) => tracing::warn!(%error, "the inbox could not be looked through"),
        }
    }

    /// Lines a batch up. What in it is too old is closed and told of, together; what is more than a person may say is
    /// closed, and will not be done later either. Returns the taps among those that are not lined up.
    async fn admit(&self, batch: Vec<Handed>, line: &mut Line) -> Vec<String> {
        let now = (self.wall)();
        let mut expired: BTreeMap<Whose, Vec<InboxMessage>> = BTreeMap::new();
        let (mut refused, mut notices, mut taps) = (Vec::new(), Vec::new(), Vec::new());
        for handed in batch {
            let message = &handed.message;
            let whose = Whose { chat: message.actor.chat, user: message.actor.user };
            if line.known.contains(&message.key) {
                taps.extend(handed.query);
                continue;
            }
            if is_expired(message, now) {
                taps.extend(handed.query);
                expired.entry(whose).or_default().push(handed.message);
                continue;
            }
            if self.is_stop_word(&message.body) {
                line.add(handed);
                continue;
            }
            let verdict = line.allowance.judge(whose.user, &message.key, message.received_at, now);
            match verdict {
                Verdict::Heard => line.add(handed),
                Verdict::Told | Verdict::Dropped => {
                    notices.extend((verdict == Verdict::Told).then(|| self.too_much(message)));
                    taps.extend(handed.query);
                    refused.push(handed.message.key);
                }
            }
        }
        for (whose, messages) in expired {
            if let Err(error) = self.expire(whose, &messages).await {
                tracing::warn!(%error, "expired messages could not be closed");
            }
        }
        if !refused.is_empty() {
            self.refuse(&refused, notices).await;
        }
        taps
    }

    /// Closes messages that are more than their people may say.
    async fn refuse(&self, keys: &[SourceKey], notices: Vec<Notice>) {
        match self.mailroom.dismiss(keys, notices).await {
            Ok(()) => {
                self.refused.inc_by(u64::try_from(keys.len()).unwrap_or(u64::MAX));
                self.committed.notify_one();
            }
            // They stay open, come up again, and are judged again.
            Err(error) => tracing::warn!(%error, "messages beyond the rate could not be closed"),
        }
    }

    /// Words that stop, cancel or leave: they are never too many (I9).
    fn is_stop_word(&self, body: &str) -> bool {
        if taps::parse(body).is_some() {
            return false;
        }
        let words = taps::said(body).unwrap_or(body).trim();
        // What is offered after `stop` is words too, which mean something there only.
        if TradingWord::STOP_CHOICES.iter().any(|(label, _)| label.eq_ignore_ascii_case(words)) {
            return true;
        }
        let Reading::Request(Request::Command(command)) = (self.intake.read)(words) else { return false };
        match command {
            Command::Trading(word) => word != TradingWord::Resume,
            Command::Cancel(_) | Command::Close(CloseRequest { at_once: true, .. }) => true,
            _ => false,
        }
    }

    fn too_much(&self, message: &InboxMessage) -> Notice {
        let text = format!(
            "That was more than {} messages in a minute. This one and those that follow are not read, and will not be done later. \
             Words that stop always work: `panic`, `stop`, `pause`, `cancel all`.",
            self.rate
        );
        let (chat, cause) = (Some(message.actor.chat), Some(message.key.clone()));
        Notice { key: format!("slow:{}", message.key), chat, cause, at: self.intake.clock.now(), body: NoticeBody::Error(text) }
    }

    /// Closes messages that came too late, and asks their person whether to say them again.
    async fn expire(&self, whose: Whose, messages: &[InboxMessage]) -> Result<(), JournalError> {
        let keys: Vec<SourceKey> = messages.iter().map(|message| message.key.clone()).collect();
        let is_known = rights(&*self.intake.users, self.owner, whose.user).await?.is_some();
        let mut notices = Vec::new();
        if let Some(key) = keys.first().filter(|_| is_known) {
            let body = self.face.keep_expired(messages, (self.wall)()).await?;
            let (chat, cause) = (Some(whose.chat), Some(key.clone()));
            notices.push(Notice { key: format!("expired:{key}"), chat, cause, at: self.intake.clock.now(), body });
        }
        self.mailroom.dismiss(&keys, notices).await?;
        self.committed.notify_one();
        Ok(())
    }

    async fn serve(&self, handed: Handed) -> Option<Handed> {
        if let Err(error) = self.deal(&handed.message).await {
            // The row stays open, and comes up again.
            tracing::warn!(%error, "a message waits, for the list of people cannot be read");
        }
        self.committed.notify_one();
        Some(handed)
    }

    async fn deal(&self, stored: &InboxMessage) -> Result<(), JournalError> {
        let now = (self.wall)();
        let Some(role) = rights(&*self.intake.users, self.owner, stored.actor.user).await? else {
            // Kept out since.
            return self.mailroom.dismiss(std::slice::from_ref(&stored.key), Vec::new()).await;
        };
        if is_expired(stored, now) {
            return self.expire(Whose { chat: stored.actor.chat, user: stored.actor.user }, std::slice::from_ref(stored)).await;
        }
        // The market's time may run otherwise than the wall's; a message is as old as it is by the wall.
        let age = now.since(stored.received_at).max(0);
        let message =
            InboxMessage { actor: Actor { role, ..stored.actor }, received_at: self.intake.clock.now().plus_ms(-age), ..stored.clone() };
        if let Outcome::Failed(sentence) = self.face.handle(&self.intake, &message, now).await {
            tracing::warn!(%sentence, "a message could not be dealt with yet");
        }
        Ok(())
    }

    /// Lets the button stop spinning. Nothing depends on it.
    async fn answer_tap(&self, query: String) -> Option<Handed> {
        use teloxide::prelude::Requester as _;
        let request = self.api.bot().answer_callback_query(teloxide::types::CallbackQueryId(query));
        if let Err(error) = self.api.call(request).await {
            tracing::debug!(%error, "a tap was not answered");
        }
        None
    }
}

/// A person in a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Whose {
    chat: ChatId,
    user: UserId,
}

fn is_expired(message: &InboxMessage, now: Timestamp) -> bool {
    now.since(message.received_at) > MESSAGE_AGE_MAX_MS
}
