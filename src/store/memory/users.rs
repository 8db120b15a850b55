//! People in memory.

use async_trait::async_trait;

use crate::domain::actor::UserId;
use crate::domain::event::DeskEvent;
use crate::domain::ids::{AccountId, SourceKey};
use crate::domain::notice::Notice;
use crate::domain::user::{UserAct, UserRow, UserState};
use crate::engine::ports::JournalError;
use crate::engine::ports::users::{USERS_LISTED_MAX, Users};

use super::MemoryStore;
use crate::store::journal::only_acts;

#[async_trait]
impl Users for MemoryStore {
    async fn user(&self, id: UserId) -> Result<Option<UserRow>, JournalError> {
        Ok(self.alive()?.users.get(&id).cloned())
    }

    async fn users(&self) -> Result<Vec<UserRow>, JournalError> {
        let mut users: Vec<UserRow> = self.alive()?.users.values().cloned().collect();
        users.sort_by_key(|user| (std::cmp::Reverse(user.changed_at), user.id));
        users.truncate(USERS_LISTED_MAX);
        Ok(users)
    }

    async fn meet(&self, stranger: &UserRow, _: &UserAct, notices: Vec<Notice>, pending_max: usize) -> Result<bool, JournalError> {
        let mut durable = self.writable()?;
        let waiting = durable.users.values().filter(|user| user.state == UserState::Pending).count();
        if durable.users.contains_key(&stranger.id) || waiting >= pending_max {
            return Ok(false);
        }
        durable.users.insert(stranger.id, stranger.clone());
        durable.tell(notices);
        Ok(true)
    }

    async fn decide(
        &self,
        user: &UserRow,
        _: &UserAct,
        (account, acts): (&AccountId, &[DeskEvent]),
        notices: Vec<Notice>,
        inbox_done: Option<SourceKey>,
    ) -> Result<(), JournalError> {
        only_acts(acts)?;
        let mut durable = self.writable()?;
        durable.record(account, acts, notices, inbox_done)?;
        let name = durable.users.get(&user.id).map_or_else(|| user.name.clone(), |known| known.name.clone());
        durable.users.insert(user.id, UserRow { name, ..user.clone() });
        Ok(())
    }
}
