//! All that the fake knows: people, chats, messages, the queue of updates, and what was asked of it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Instant, SystemTime};

use serde_json::{Value, json};

use super::chat::{Chat, ChatKind, Person};
use super::faults::Faults;
use super::journal::Call;
use super::limits::Limiter;
use super::message::Message;
use super::webhook::Webhook;

/// Updates that a bot gets only by asking for them.
const ON_REQUEST: &[&str] = &["chat_member", "message_reaction", "message_reaction_count"];

/// An update that waits to be confirmed.
#[derive(Debug, Clone)]
pub struct Update {
    pub id: i64,
    pub body: Value,
}

/// A tap on a button.
#[derive(Debug, Clone)]
pub struct Tap {
    /// What the bot answered, once it did.
    pub answer: Option<Value>,
    /// After this the server takes no answer.
    pub expired: bool,
}

/// The fake's memory; one lock around it.
pub struct State {
    pub token: String,
    /// The token was revoked.
    pub revoked: bool,
    pub bot: Person,
    pub people: BTreeMap<i64, Person>,
    pub chats: BTreeMap<i64, Chat>,
    pub messages: BTreeMap<(i64, i64), Message>,
    pub queue: VecDeque<Update>,
    pub next_update: i64,
    /// Private chats and basic groups share the bot's one numbering of messages.
    next_message: i64,
    next_query: i64,
    /// Kinds of update that are made; `None` is the default set.
    pub allowed: Option<BTreeSet<String>>,
    /// Raised by each long poll; a poll whose number is no longer this one was superseded.
    pub poll: u64,
    pub webhook: Option<Webhook>,
    /// Raised by each change of the webhook.
    pub webhook_epoch: u64,
    pub taps: BTreeMap<String, Tap>,
    /// Commands by scope and language.
    pub commands: BTreeMap<String, Value>,
    pub calls: Vec<Call>,
    pub faults: Faults,
    pub limiter: Limiter,
    /// Seconds that the fake's clock is ahead of the machine's.
    pub clock_ahead: i64,
    pub began: Instant,
    /// Calls are not written down: for long runs.
    pub forgetful: bool,
}

impl State {
    pub fn new(token: &str) -> Self {
        let number = token.split(':').next().and_then(|number| number.parse().ok()).unwrap_or(1);
        Self {
            token: token.to_owned(),
            revoked: false,
            bot: Person::bot(number, "Outcry", "outcry_test_bot"),
            people: BTreeMap::new(),
            chats: BTreeMap::new(),
            messages: BTreeMap::new(),
            queue: VecDeque::new(),
            next_update: 700_000_001,
            next_message: 1,
            next_query: 4_000_000_000_000_000_001,
            allowed: None,
            poll: 0,
            webhook: None,
            webhook_epoch: 0,
            taps: BTreeMap::new(),
            commands: BTreeMap::new(),
            calls: Vec::new(),
            faults: Faults::default(),
            limiter: Limiter::default(),
            clock_ahead: 0,
            began: Instant::now(),
            forgetful: false,
        }
    }

    /// Seconds since 1970 on the fake's clock.
    pub fn now(&self) -> i64 {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        since.as_secs() as i64 + self.clock_ahead
    }

    pub fn next_message_id(&mut self, chat: i64) -> i64 {
        let counter = match self.chats.get_mut(&chat) {
            Some(chat) if matches!(chat.kind, ChatKind::Supergroup | ChatKind::Forum | ChatKind::Channel) => &mut chat.next_message,
            _ => &mut self.next_message,
        };
        *counter += 1;
        *counter - 1
    }

    pub fn next_query_id(&mut self) -> String {
        self.next_query += 1;
        (self.next_query - 1).to_string()
    }

    /// Whether updates of this kind are made.
    pub fn wants(&self, kind: &str) -> bool {
        match &self.allowed {
            None => !ON_REQUEST.contains(&kind),
            Some(kinds) => kinds.contains(kind),
        }
    }

    /// Queues an update and returns its id; `None` where the bot does not want this kind.
    pub fn queue(&mut self, kind: &str, value: Value) -> Option<i64> {
        if !self.wants(kind) {
            return None;
        }
        let id = self.next_update;
        self.next_update += 1;
        let mut body = json!({ "update_id": id });
        body[kind] = value;
        self.queue.push_back(Update { id, body });
        Some(id)
    }

    /// Takes over `allowed_updates`; absent or unreadable it changes nothing, empty it is the default set.
    pub fn allow(&mut self, list: &str) {
        let Ok(Value::Array(kinds)) = serde_json::from_str(list) else { return };
        let kinds: BTreeSet<String> = kinds.iter().filter_map(Value::as_str).map(str::to_lowercase).collect();
        self.allowed = (!kinds.is_empty()).then_some(kinds);
    }
}
