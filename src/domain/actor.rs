//! Who speaks: a person in a chat, with the role the owner gave them.

use serde::{Deserialize, Serialize};

/// Numeric user id of the chat platform; the terminal's person is [`UserId::TERMINAL`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserId(pub i64);

/// Numeric chat id; the terminal's chat is [`ChatId::TERMINAL`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChatId(pub i64);

impl UserId {
    /// The person at the terminal, who owns the process and so the account.
    pub const TERMINAL: Self = Self(0);
}

impl ChatId {
    /// The terminal.
    pub const TERMINAL: Self = Self(0);

    /// Tells whether several people read this chat: groups and channels have numbers below zero.
    pub const fn is_group(self) -> bool {
        self.0 < 0
    }
}

/// What a person may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads, and may pause trading.
    Viewer,
    /// Proposes and confirms.
    Trader,
    /// Everything, limits and users included.
    Owner,
}

/// A person speaking in a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// Who.
    pub user: UserId,
    /// Where.
    pub chat: ChatId,
    /// With which rights.
    pub role: Role,
}
