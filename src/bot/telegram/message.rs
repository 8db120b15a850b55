//! The fields of a message that decide whether it is a person's own words. Everything else in it is passed over.

use serde::Deserialize;
use serde_json::Value;

use super::update::Reason;

/// In whose name an administrator writes who wants to stay unknown.
const ANONYMOUS_ADMIN: i64 = 1_087_968_824;
/// In whose name channel posts appear in their groups.
const CHANNEL_VOICE: i64 = 136_817_688;
/// Telegram itself.
const TELEGRAM: i64 = 777_000;
/// Longest name that is kept, in characters.
const NAME_CHARS_MAX: usize = 64;

/// A message.
#[derive(Deserialize)]
pub(super) struct Message {
    pub(super) from: Option<Person>,
    pub(super) chat: Chat,
    /// Seconds since 1970.
    pub(super) date: i64,
    pub(super) text: Option<String>,
    #[serde(default)]
    entities: Vec<Entity>,
    #[serde(default)]
    is_topic_message: bool,
    message_thread_id: Option<i64>,
    edit_date: Option<Value>,
    forward_origin: Option<Value>,
    forward_date: Option<Value>,
    forward_from: Option<Value>,
    forward_from_chat: Option<Value>,
    forward_sender_name: Option<Value>,
    is_automatic_forward: Option<Value>,
    quote: Option<Value>,
    external_reply: Option<Value>,
    via_bot: Option<Value>,
    sender_chat: Option<Value>,
    business_connection_id: Option<Value>,
    sender_business_bot: Option<Value>,
    is_from_offline: Option<Value>,
    guest_query_id: Option<Value>,
}

#[derive(Deserialize)]
struct Entity {
    #[serde(rename = "type")]
    kind: String,
}

/// A user of Telegram.
#[derive(Deserialize)]
pub(super) struct Person {
    pub(super) id: i64,
    #[serde(default)]
    pub(super) is_bot: bool,
    #[serde(default)]
    first_name: String,
    last_name: Option<String>,
    username: Option<String>,
}

/// A chat of Telegram.
#[derive(Deserialize)]
pub(super) struct Chat {
    pub(super) id: i64,
    #[serde(rename = "type")]
    kind: String,
}

impl Message {
    /// Returns why these are not a person's own words; `None` if they are.
    pub(super) fn foreign(&self) -> Option<Reason> {
        let any = |fields: &[&Option<Value>]| fields.iter().any(|field| field.is_some());
        let from = self.from.as_ref();
        let findings = [
            (
                any(&[&self.business_connection_id, &self.sender_business_bot, &self.is_from_offline, &self.guest_query_id]),
                Reason::Business,
            ),
            (self.chat.kind == "channel", Reason::Channel),
            (any(&[&self.sender_chat]) || from.is_some_and(Person::is_anonymous), Reason::Anonymous),
            (from.is_some_and(|from| from.is_bot), Reason::Bot),
            (any(&[&self.edit_date]), Reason::Edited),
            (self.is_forwarded(), Reason::Forwarded),
            (any(&[&self.via_bot]), Reason::ViaBot),
            (any(&[&self.quote, &self.external_reply]) || self.entities.iter().any(Entity::is_quote), Reason::Quoted),
            (self.text.as_ref().is_none_or(String::is_empty), Reason::NoText),
            (from.is_none_or(Person::is_nobody), Reason::Malformed),
        ];
        findings.into_iter().find_map(|(found, reason)| found.then_some(reason))
    }

    /// Returns the topic that it was said in. (A thread of answers is none.)
    pub(super) fn thread(&self) -> Option<i64> {
        self.message_thread_id.filter(|_| self.is_topic_message)
    }

    const fn is_forwarded(&self) -> bool {
        self.forward_origin.is_some()
            || self.forward_date.is_some()
            || self.forward_from.is_some()
            || self.forward_from_chat.is_some()
            || self.forward_sender_name.is_some()
            || self.is_automatic_forward.is_some()
    }
}

impl Entity {
    fn is_quote(&self) -> bool {
        matches!(self.kind.as_str(), "blockquote" | "expandable_blockquote")
    }
}

impl Person {
    /// Tells whether this is a stand-in for people who are not named.
    const fn is_anonymous(&self) -> bool {
        matches!(self.id, ANONYMOUS_ADMIN | CHANNEL_VOICE | TELEGRAM)
    }

    /// Tells whether this cannot be one person who speaks for themselves.
    pub(super) const fn is_nobody(&self) -> bool {
        self.is_bot || self.is_anonymous() || self.id <= 0
    }

    /// Returns the name that the person chose, on one short line.
    pub(super) fn name(&self) -> String {
        let mut name = self.first_name.clone();
        if let Some(last) = &self.last_name {
            name.push(' ');
            name.push_str(last);
        }
        if let Some(user) = &self.username {
            name.push_str(" @");
            name.push_str(user);
        }
        let line: String = name.chars().map(|c| if c.is_control() { ' ' } else { c }).take(NAME_CHARS_MAX).collect();
        line.trim().to_owned()
    }
}

impl Chat {
    /// Tells whether this is the bot's private chat with this person.
    pub(super) fn is_private_of(&self, person: i64) -> bool {
        self.kind == "private" && self.id == person
    }

    /// Tells whether this is a group; groups have numbers below zero.
    pub(super) fn is_group(&self) -> bool {
        matches!(self.kind.as_str(), "group" | "supergroup") && self.id < 0
    }
}
