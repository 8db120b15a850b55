//! People and what was decided about them: the row as it stands, and one row more for each change.

use async_trait::async_trait;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use crate::domain::actor::{Role, UserId};
use crate::domain::event::DeskEvent;
use crate::domain::ids::{AccountId, SourceKey};
use crate::domain::notice::Notice;
use crate::domain::time::Timestamp;
use crate::domain::user::{UserAct, UserRow, UserState};
use crate::engine::ports::JournalError;
use crate::engine::ports::users::{USERS_LISTED_MAX, Users};

use super::batch::Batch;
use super::journal::only_acts;
use super::open::Store;
use super::outbox::{add_notices, take_numbers};
use super::step::write_record;
use super::table::{Cell, int, text, verbatim};
use super::write::{ATTEMPTS_MAX, Engine, Failure};

const COLUMNS: &str = "id, role, state, name, changed_at";

const fn role_word(role: Role) -> &'static str {
    match role {
        Role::Viewer => "viewer",
        Role::Trader => "trader",
        Role::Owner => "owner",
    }
}

fn role_of(word: &str) -> Option<Role> {
    [Role::Viewer, Role::Trader, Role::Owner].into_iter().find(|role| role_word(*role) == word)
}

fn read_row(row: &AnyRow) -> Result<UserRow, JournalError> {
    let unread = |error: &dyn std::fmt::Display| JournalError::NotWritten(format!("a stored user cannot be read: {error}"));
    let int = |column: usize| row.try_get::<i64, _>(column).map_err(|error| unread(&error));
    let word = |column: usize| row.try_get::<String, _>(column).map_err(|error| unread(&error));
    Ok(UserRow {
        id: UserId(int(0)?),
        role: role_of(&word(1)?).ok_or_else(|| unread(&"its role is none"))?,
        state: UserState::of_word(&word(2)?).ok_or_else(|| unread(&"its state is none"))?,
        name: word(3)?,
        changed_at: Timestamp::from_ms(int(4)?),
    })
}

fn cells(user: &UserRow) -> Vec<Cell> {
    let words = [verbatim(role_word(user.role)), verbatim(user.state.as_str()), text(&user.name)];
    std::iter::once(int(user.id.0)).chain(words).chain([int(user.changed_at.ms())]).collect()
}

fn record(batch: &mut Batch, user: &UserRow, act: &UserAct) {
    batch.add("UPDATE counters SET value = value + 1 WHERE name = 'user_acts'", Vec::new());
    batch.add(
        "INSERT INTO user_acts (sequence, at, actor, person, role, state, cause) \
         VALUES ((SELECT value FROM counters WHERE name = 'user_acts'), $1, $2, $3, $4, $5, $6)",
        vec![
            int(user.changed_at.ms()),
            Cell::Int(act.by.map(|by| by.0)),
            int(user.id.0),
            verbatim(role_word(user.role)),
            verbatim(user.state.as_str()),
            text(&act.cause),
        ],
    );
}

async fn tell(connection: &mut AnyConnection, engine: Engine, mut batch: Batch, notices: &[Notice]) -> Result<(), Failure> {
    take_numbers(&mut batch, notices.len());
    let answers = batch.run(connection, engine).await?;
    let last = answers.last().map_or(Ok(0), |row| row.try_get(0))?;
    let mut batch = Batch::default();
    add_notices(&mut batch, last, notices)?;
    batch.run(connection, engine).await.map(drop)
}

impl Store {
    async fn try_meet(&self, stranger: &UserRow, act: &UserAct, notices: &[Notice], pending_max: usize) -> Result<bool, Failure> {
        let mut connection = self.engine().bounded(self.writer().acquire()).await?;
        let mut tx = self.begin(&mut connection).await?;
        let work = async {
            let insert = "INSERT INTO users (id, role, state, name, changed_at) SELECT $1, $2, $3, $4, $5 \
                 WHERE (SELECT COUNT(*) FROM users WHERE state = 'pending') < $6 ON CONFLICT (id) DO NOTHING";
            let mut batch = Batch::default();
            let mut values = cells(stranger);
            values.push(int(i64::try_from(pending_max).unwrap_or(i64::MAX)));
            batch.add(insert, values);
            batch.or(JournalError::Duplicate("a person who is known".to_owned()));
            record(&mut batch, stranger, act);
            tell(&mut tx, self.engine(), batch, notices).await
        };
        match self.engine().bounded(work).await {
            Err(Failure::Refused(JournalError::Duplicate(_))) => return Ok(false),
            outcome => outcome?,
        }
        let outcome = self.engine().bounded(tx.commit()).await;
        self.settle(outcome, connection, None).await?;
        Ok(true)
    }

    async fn try_decide(
        &self,
        user: &UserRow,
        act: &UserAct,
        (account, acts): (&AccountId, &[DeskEvent]),
        told: (&[Notice], Option<&SourceKey>),
    ) -> Result<(), Failure> {
        let mut connection = self.engine().bounded(self.writer().acquire()).await?;
        let mut tx = self.begin(&mut connection).await?;
        let work = async {
            let proof = write_record(&mut tx, self.engine(), account, acts, told).await?;
            let mut batch = Batch::default();
            batch.add(
                "INSERT INTO users (id, role, state, name, changed_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) \
                 DO UPDATE SET role = excluded.role, state = excluded.state, changed_at = excluded.changed_at",
                cells(user),
            );
            record(&mut batch, user, act);
            batch.run(&mut tx, self.engine()).await?;
            Ok::<_, Failure>(proof)
        };
        let proof = self.engine().bounded(work).await?;
        let outcome = self.engine().bounded(tx.commit()).await;
        self.settle(outcome, connection, Some(&proof)).await
    }

    async fn read_users(&self, id: Option<UserId>) -> Result<Vec<UserRow>, JournalError> {
        let limit = i64::try_from(USERS_LISTED_MAX).unwrap_or(i64::MAX);
        let (filter, argument) = id.map_or(("changed_at >= $1", i64::MIN), |id| ("id = $1", id.0));
        let sql = format!("SELECT {COLUMNS} FROM users WHERE {filter} ORDER BY changed_at DESC, id LIMIT $2");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(argument).bind(limit).fetch_all(self.readers());
        let rows = self.engine().bounded(rows).await.map_err(|error| self.unread(&error))?;
        rows.iter().map(read_row).collect()
    }
}

#[async_trait]
impl Users for Store {
    async fn user(&self, id: UserId) -> Result<Option<UserRow>, JournalError> {
        Ok(self.read_users(Some(id)).await?.pop())
    }

    async fn users(&self) -> Result<Vec<UserRow>, JournalError> {
        self.read_users(None).await
    }

    async fn meet(&self, stranger: &UserRow, act: &UserAct, notices: Vec<Notice>, pending_max: usize) -> Result<bool, JournalError> {
        super::journal::attempts!(self, self.try_meet(stranger, act, &notices, pending_max))
    }

    async fn decide(
        &self,
        user: &UserRow,
        act: &UserAct,
        links: (&AccountId, &[DeskEvent]),
        notices: Vec<Notice>,
        inbox_done: Option<SourceKey>,
    ) -> Result<(), JournalError> {
        only_acts(links.1)?;
        super::journal::attempts!(self, self.try_decide(user, act, links, (&notices, inbox_done.as_ref())))
    }
}
