//! Who is let in.

use async_trait::async_trait;

use crate::domain::actor::UserId;
use crate::domain::event::DeskEvent;
use crate::domain::ids::{AccountId, SourceKey};
use crate::domain::notice::Notice;
use crate::domain::user::{UserAct, UserRow};

use super::JournalError;

/// Most people that are listed or wait for a decision at once.
pub const USERS_LISTED_MAX: usize = 1_000;

/// The durable list of people.
#[async_trait]
pub trait Users: Send + Sync {
    /// Returns a person; `None` for a stranger.
    async fn user(&self, id: UserId) -> Result<Option<UserRow>, JournalError>;

    /// Returns the latest changed people, newest first, at most [`USERS_LISTED_MAX`].
    async fn users(&self) -> Result<Vec<UserRow>, JournalError>;

    /// Writes a stranger down and queues what the owner is told, in one commit; false, and nothing is written, if they are
    /// known, or if `pending_max` people wait for a decision already.
    async fn meet(&self, stranger: &UserRow, act: &UserAct, notices: Vec<Notice>, pending_max: usize) -> Result<bool, JournalError>;

    /// Writes a decision, its record, what is told, and that its message is dealt with, in one commit. The stored name
    /// stays if there is one. `links` are appended to their account's chain, as [`super::Journal::record`] does it.
    async fn decide(
        &self,
        user: &UserRow,
        act: &UserAct,
        links: (&AccountId, &[DeskEvent]),
        notices: Vec<Notice>,
        inbox_done: Option<SourceKey>,
    ) -> Result<(), JournalError>;
}
