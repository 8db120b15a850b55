//! People of the chat platform whom the owner let in, keeps out, or has not decided on. The owner has no row: the
//! settings name them.

use serde::{Deserialize, Serialize};

use super::actor::{Role, UserId};
use super::ids::SourceKey;
use super::time::Timestamp;

/// Whether somebody is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserState {
    /// Has written; the owner has not decided.
    Pending,
    /// Let in.
    Active,
    /// Kept out.
    Blocked,
}

impl UserState {
    /// Returns the word stored in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Blocked => "blocked",
        }
    }

    /// Returns the state of a stored word.
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Pending, Self::Active, Self::Blocked].into_iter().find(|state| state.as_str() == word)
    }
}

/// A person as the store keeps them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserRow {
    /// Numeric id of the chat platform.
    pub id: UserId,
    /// With which rights, once let in.
    pub role: Role,
    /// Whether let in.
    pub state: UserState,
    /// How they called themselves when they first wrote; to be shown, never to be trusted.
    pub name: String,
    /// When this last changed, by the wall.
    pub changed_at: Timestamp,
}

impl UserRow {
    /// Returns the rights that this person has; none if not let in.
    pub fn rights(&self) -> Option<Role> {
        (self.state == UserState::Active).then_some(self.role)
    }
}

/// Who changed a person's rights, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserAct {
    /// Who did it; none for the person's own first word.
    pub by: Option<UserId>,
    /// The message or tap that caused it.
    pub cause: SourceKey,
}
