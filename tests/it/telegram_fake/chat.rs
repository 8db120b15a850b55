//! People and the places where they talk.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// Who Telegram names as the sender when an administrator is anonymous.
pub const ANONYMOUS_ADMIN: i64 = 1_087_968_824;
/// Who it names when a channel speaks in a group.
pub const CHANNEL_BOT: i64 = 136_817_688;

/// A person or a bot.
#[derive(Debug, Clone, PartialEq)]
pub struct Person {
    pub id: i64,
    pub first_name: String,
    pub username: Option<String>,
    pub is_bot: bool,
    /// They pressed Start: the bot may write to them.
    pub started: bool,
    pub blocked: bool,
    pub deactivated: bool,
}

impl Person {
    pub fn human(id: i64, first_name: &str) -> Self {
        let first_name = first_name.to_owned();
        Self { id, first_name, username: None, is_bot: false, started: true, blocked: false, deactivated: false }
    }

    pub fn bot(id: i64, first_name: &str, username: &str) -> Self {
        Self { is_bot: true, username: Some(username.to_owned()), ..Self::human(id, first_name) }
    }

    pub fn json(&self) -> Value {
        let mut user = json!({ "id": self.id, "is_bot": self.is_bot, "first_name": self.first_name });
        if let Some(username) = &self.username {
            user["username"] = json!(username);
        }
        if !self.is_bot {
            user["language_code"] = json!("en");
        }
        user
    }
}

/// What a chat is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChatKind {
    Private,
    Group,
    Supergroup,
    /// A supergroup with topics.
    Forum,
    Channel,
}

/// A chat.
#[derive(Debug, Clone)]
pub struct Chat {
    pub id: i64,
    pub kind: ChatKind,
    pub title: String,
    /// Topics by their thread number.
    pub topics: BTreeMap<i64, String>,
    /// The bot was thrown out.
    pub kicked: bool,
    /// The supergroup that the group became.
    pub migrated_to: Option<i64>,
    pub next_message: i64,
    /// Messages that stand first.
    pub pinned: Option<i64>,
}

impl Chat {
    pub fn new(id: i64, kind: ChatKind, title: &str) -> Self {
        Self { id, kind, title: title.to_owned(), topics: BTreeMap::new(), kicked: false, migrated_to: None, next_message: 1, pinned: None }
    }

    pub fn is_private(&self) -> bool {
        self.kind == ChatKind::Private
    }

    /// The chat as messages carry it; `person` is the other side of a private chat.
    pub fn json(&self, person: Option<&Person>) -> Value {
        if let Some(person) = person.filter(|_| self.is_private()) {
            let mut chat = json!({ "id": self.id, "first_name": person.first_name, "type": "private" });
            if let Some(username) = &person.username {
                chat["username"] = json!(username);
            }
            return chat;
        }
        let kind = match self.kind {
            ChatKind::Private => "private",
            ChatKind::Group => "group",
            ChatKind::Supergroup | ChatKind::Forum => "supergroup",
            ChatKind::Channel => "channel",
        };
        let mut chat = json!({ "id": self.id, "title": self.title, "type": kind });
        if self.kind == ChatKind::Forum {
            chat["is_forum"] = json!(true);
        }
        if self.kind == ChatKind::Group {
            chat["all_members_are_administrators"] = json!(false);
        }
        chat
    }
}
