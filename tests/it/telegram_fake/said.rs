//! Something said, with all the ways in which Telegram can say it.

use serde_json::{Map, Value, json};

use super::chat::{ANONYMOUS_ADMIN, CHANNEL_BOT, ChatKind, Person};
use super::html::Formatted;
use super::message::Message;
use super::state::State;

/// A message that came to be, and its update if the bot wants such.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Posted {
    pub message: i64,
    pub update: Option<i64>,
}

/// Where a forwarded message comes from.
#[derive(Debug, Clone)]
enum Origin {
    Person(i64),
    Hidden(String),
    Channel(i64),
}

/// A message before it is sent.
#[derive(Debug, Clone)]
pub struct Said {
    from: i64,
    chat: i64,
    text: String,
    thread: Option<i64>,
    seconds_ago: i64,
    answers: Option<i64>,
    anonymous: bool,
    as_channel: Option<i64>,
    origin: Option<Origin>,
    more: Map<String, Value>,
}

impl Said {
    /// A text in the person's private chat.
    pub fn new(from: i64, text: &str) -> Self {
        Self {
            from,
            chat: from,
            text: text.to_owned(),
            thread: None,
            seconds_ago: 0,
            answers: None,
            anonymous: false,
            as_channel: None,
            origin: None,
            more: Map::new(),
        }
    }

    /// In this chat; in a channel it is a post of the channel.
    pub fn in_chat(mut self, chat: i64) -> Self {
        self.chat = chat;
        self
    }

    /// In this topic.
    pub fn in_topic(mut self, thread: i64) -> Self {
        self.thread = Some(thread);
        self
    }

    /// Sent so long ago, as what comes after an absence.
    pub fn seconds_ago(mut self, seconds: i64) -> Self {
        self.seconds_ago = seconds;
        self
    }

    /// In answer to a message of the chat.
    pub fn answering(mut self, message: i64) -> Self {
        self.answers = Some(message);
        self
    }

    /// With a quotation from the message that it answers.
    pub fn quoting(mut self, message: i64, part: &str) -> Self {
        self.more.insert("quote".to_owned(), json!({ "text": part, "position": 0, "is_manual": true }));
        self.answering(message)
    }

    /// Forwarded; it was another person's.
    pub fn forwarded_from(mut self, person: i64) -> Self {
        self.origin = Some(Origin::Person(person));
        self
    }

    /// Forwarded; it was somebody's who hides the link to themselves.
    pub fn forwarded_from_hidden(mut self, name: &str) -> Self {
        self.origin = Some(Origin::Hidden(name.to_owned()));
        self
    }

    /// Forwarded from a channel.
    pub fn forwarded_from_channel(mut self, channel: i64) -> Self {
        self.origin = Some(Origin::Channel(channel));
        self
    }

    /// Written by an inline bot that the person called.
    pub fn via_bot(mut self, id: i64, username: &str) -> Self {
        self.more.insert("via_bot".to_owned(), Person::bot(id, username, username).json());
        self
    }

    /// By an administrator who hides behind the group.
    pub fn anonymous(mut self) -> Self {
        self.anonymous = true;
        self
    }

    /// By a person who speaks as a channel of theirs.
    pub fn behind_channel(mut self, channel: i64) -> Self {
        self.as_channel = Some(channel);
        self
    }

    /// Puts it into the chat and queues its update.
    pub fn post(self, state: &mut State) -> Posted {
        let in_channel = state.chats.get(&self.chat).unwrap().kind == ChatKind::Channel;
        let date = state.now() - self.seconds_ago;
        let mut more = self.more.clone();
        if let Some(origin) = &self.origin {
            forward(state, origin, date - 60, &mut more);
        }
        let from = if in_channel {
            more.insert("sender_chat".to_owned(), state.chat_json(self.chat));
            None
        } else if self.anonymous {
            more.insert("sender_chat".to_owned(), state.chat_json(self.chat));
            Some(Person::bot(ANONYMOUS_ADMIN, "Group", "GroupAnonymousBot"))
        } else if let Some(channel) = self.as_channel {
            more.insert("sender_chat".to_owned(), state.chat_json(channel));
            Some(Person::bot(CHANNEL_BOT, "Channel", "Channel_Bot"))
        } else {
            Some(state.people.get(&self.from).unwrap().clone())
        };
        let id = state.next_message_id(self.chat);
        let entities = command(&self.text).into_iter().collect();
        let message = Message {
            chat: self.chat,
            id,
            thread: self.thread,
            from,
            by_the_bot: false,
            date,
            edited: None,
            text: Formatted { text: self.text, entities },
            document: None,
            buttons: None,
            reply_to: self.answers,
            more,
        };
        let body = message.json(state);
        state.messages.insert((self.chat, id), message);
        let update = state.queue(if in_channel { "channel_post" } else { "message" }, body);
        Posted { message: id, update }
    }
}

/// The command that a text begins with.
fn command(text: &str) -> Option<Value> {
    let word = text.split_whitespace().next().filter(|_| text.starts_with('/'))?;
    Some(json!({ "type": "bot_command", "offset": 0, "length": word.encode_utf16().count() }))
}

fn forward(state: &State, origin: &Origin, date: i64, more: &mut Map<String, Value>) {
    let mut put = |name: &str, value: Value| drop(more.insert(name.to_owned(), value));
    put("forward_date", json!(date));
    match origin {
        Origin::Person(id) => {
            let person = state.people.get(id).unwrap().json();
            put("forward_origin", json!({ "type": "user", "sender_user": person, "date": date }));
            put("forward_from", person);
        }
        Origin::Hidden(name) => {
            put("forward_origin", json!({ "type": "hidden_user", "sender_user_name": name, "date": date }));
            put("forward_sender_name", json!(name));
        }
        Origin::Channel(id) => {
            let chat = state.chat_json(*id);
            put("forward_origin", json!({ "type": "channel", "chat": chat, "message_id": 7, "date": date }));
            put("forward_from_chat", chat);
            put("forward_from_message_id", json!(7));
        }
    }
}
