//! Statements that are handed over together, because nothing is decided between them.
//!
//! SQLite runs on a thread of its own, and going there and back costs more than a statement does: a file takes a whole
//! batch in one go. (The driver means to give that up one day; the last test here would tell.) A server takes the same
//! texts one at a time.

use futures_util::TryStreamExt;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Either, Executor};

use crate::engine::ports::JournalError;

use super::table::Cell;
use super::write::{Engine, Failure};

/// Most rows in one INSERT, well below both engines' limits on arguments.
const ROWS_MAX: usize = 100;
/// Most arguments in one go; a step has far fewer.
const ARGUMENTS_MAX: usize = 10_000;

/// Statements in their order. The first that fails, or misses what it needs, ends the batch; its transaction must then be
/// rolled back.
#[derive(Default)]
pub(super) struct Batch {
    statements: Vec<Statement>,
}

struct Statement {
    sql: String,
    cells: Vec<Cell>,
    /// What it means if it changes no row; none if that may be.
    unless_changed: Option<JournalError>,
    /// The words for what is stored already, if a key is taken.
    taken: Option<String>,
}

impl Batch {
    /// Adds a statement whose arguments are `$1`, `$2` and so on.
    pub(super) fn add(&mut self, sql: impl Into<String>, cells: Vec<Cell>) {
        self.statements.push(Statement { sql: sql.into(), cells, unless_changed: None, taken: None });
    }

    /// Makes the last statement fail with `refusal` if it changes no row.
    pub(super) fn or(&mut self, refusal: JournalError) {
        if let Some(last) = self.statements.last_mut() {
            last.unless_changed = Some(refusal);
        }
    }

    /// Makes the last statement a duplicate of `words` if its key is taken.
    pub(super) fn unless_taken(&mut self, words: String) {
        if let Some(last) = self.statements.last_mut() {
            last.taken = Some(words);
        }
    }

    /// Adds the INSERT of `rows` by `insert` (up to and without its VALUES), followed by `tail`: one statement for many rows.
    pub(super) fn insert(&mut self, insert: &'static str, tail: &'static str, rows: Vec<Vec<Cell>>) {
        for (sql, cells) in chunks(insert, tail, rows) {
            self.add(sql, cells);
        }
    }

    /// The same, for rows whose keys must be new: a taken one is a duplicate of `words`.
    pub(super) fn insert_new(&mut self, insert: &'static str, words: &str, rows: Vec<Vec<Cell>>) {
        for (sql, cells) in chunks(insert, "", rows) {
            self.add(sql, cells);
            self.unless_taken(words.to_owned());
        }
    }

    /// Runs the statements, and returns all rows that they return.
    pub(super) async fn run(self, connection: &mut AnyConnection, engine: Engine) -> Result<Vec<AnyRow>, Failure> {
        let mut answers = Vec::new();
        let mut waiting = self.statements.into_iter().peekable();
        while waiting.peek().is_some() {
            let (go, text, arguments) = next_go(&mut waiting, engine);
            let mut query = sqlx::query(AssertSqlSafe(text));
            for cell in arguments {
                query = match cell {
                    Cell::Text(value) => query.bind(value),
                    Cell::Int(value) => query.bind(value),
                };
            }
            let mut results = connection.fetch_many(query);
            let mut ended = go.into_iter();
            let mut current = ended.next();
            loop {
                match (results.try_next().await, current.take()) {
                    (Ok(Some(Either::Right(row))), statement) => {
                        answers.push(row);
                        current = statement;
                    }
                    (Ok(Some(Either::Left(done))), Some(statement)) => {
                        if let Some(refusal) = statement.unless_changed.filter(|_| done.rows_affected() == 0) {
                            return Err(Failure::Refused(refusal));
                        }
                        current = ended.next();
                    }
                    (Ok(None), None) => break,
                    (Err(error), Some(Statement { taken: Some(words), .. })) => return Err(Failure::duplicate(error, || words)),
                    (Err(error), _) => return Err(Failure::Sql(error)),
                    (Ok(None), Some(_)) | (Ok(Some(Either::Left(_))), None) => {
                        return Err(Failure::not_written("the database did not run each statement of a batch once"));
                    }
                }
            }
        }
        Ok(answers)
    }
}

fn chunks(insert: &'static str, tail: &'static str, rows: Vec<Vec<Cell>>) -> Vec<(String, Vec<Cell>)> {
    let statement = |rows: &[Vec<Cell>]| {
        let columns = rows.first().map_or(0, Vec::len);
        (format!("{insert} VALUES {} {tail}", markers(rows.len(), columns)), rows.concat())
    };
    rows.chunks(ROWS_MAX).map(statement).collect()
}

/// Returns the statements that go over together, with their text and their arguments.
fn next_go(waiting: &mut std::iter::Peekable<std::vec::IntoIter<Statement>>, engine: Engine) -> (Vec<Statement>, String, Vec<Cell>) {
    let (mut go, mut text, mut arguments) = (Vec::new(), String::new(), Vec::new());
    while let Some(mut statement) =
        waiting.next_if(|next| go.is_empty() || engine == Engine::Sqlite && arguments.len() + next.cells.len() <= ARGUMENTS_MAX)
    {
        if !text.is_empty() {
            text.push_str("; ");
        }
        push_renumbered(&mut text, &statement.sql, arguments.len());
        arguments.append(&mut statement.cells);
        go.push(statement);
    }
    (go, text, arguments)
}

/// Appends `sql` with its `$n` moved up by `offset`. Our statements hold `$` nowhere else.
fn push_renumbered(text: &mut String, sql: &str, offset: usize) {
    let mut parts = sql.split('$');
    text.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = part.split_at_checked(digits).unwrap_or((part, ""));
        let number = number.parse::<usize>().unwrap_or_default() + offset;
        text.push_str(&format!("${number}{rest}"));
    }
}

/// Returns `($1, $2), ($3, $4)` for two rows of two columns.
fn markers(rows: usize, columns: usize) -> String {
    let row = |row: usize| {
        let marks: Vec<String> = (1..=columns).map(|column| format!("${}", row * columns + column)).collect();
        format!("({})", marks.join(", "))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::table::{int, text};
    use super::*;
    use sqlx::{Connection, Row};

    #[test]
    fn markers_count_through_all_rows() {
        assert_eq!(markers(1, 1), "($1)");
        assert_eq!(markers(2, 3), "($1, $2, $3), ($4, $5, $6)");
    }

    #[test]
    fn arguments_move_up() {
        let mut text = String::new();
        push_renumbered(&mut text, "a = $1 AND b = $12 OR $1", 5);
        assert_eq!(text, "a = $6 AND b = $17 OR $6");
    }

    async fn table() -> AnyConnection {
        sqlx::any::install_default_drivers();
        let mut connection = AnyConnection::connect("sqlite::memory:").await.unwrap();
        sqlx::raw_sql("CREATE TABLE t (a BIGINT NOT NULL PRIMARY KEY, b TEXT)").execute(&mut connection).await.unwrap();
        connection
    }

    #[tokio::test]
    async fn a_batch_is_the_same_in_one_go_and_one_at_a_time() {
        for engine in [Engine::Sqlite, Engine::Postgres] {
            let mut connection = table().await;
            let mut batch = Batch::default();
            batch.insert("INSERT INTO t (a, b)", "", vec![vec![int(1), text("x")], vec![int(2), Cell::Text(None)]]);
            batch.add("UPDATE t SET b = $2 WHERE a = $1 RETURNING a, b", vec![int(2), text("y")]);
            batch.or(JournalError::NotWritten("none".into()));
            batch.add("SELECT a, b FROM t WHERE b = $1", vec![text("x")]);
            let rows = batch.run(&mut connection, engine).await.unwrap();
            let found: Vec<(i64, String)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
            assert_eq!(found, [(2, "y".to_owned()), (1, "x".to_owned())]);
        }
    }

    #[tokio::test]
    async fn the_statement_that_fails_gives_the_reason_and_is_the_last() {
        for engine in [Engine::Sqlite, Engine::Postgres] {
            let mut connection = table().await;
            let mut batch = Batch::default();
            batch.add("INSERT INTO t (a) VALUES ($1)", vec![int(1)]);
            batch.unless_taken("the first".into());
            batch.add("INSERT INTO t (a) VALUES ($1)", vec![int(1)]);
            batch.unless_taken("the second".into());
            batch.add("INSERT INTO t (a) VALUES ($1)", vec![int(3)]);
            let failure = batch.run(&mut connection, engine).await.map(|_| ()).unwrap_err();
            assert!(matches!(&failure, Failure::Refused(JournalError::Duplicate(words)) if words == "the second"), "{failure:?}");

            let mut batch = Batch::default();
            batch.add("UPDATE t SET b = NULL WHERE a = $1", vec![int(1)]);
            batch.or(JournalError::NotWritten("one is missing".into()));
            batch.add("UPDATE t SET b = NULL WHERE a = $1", vec![int(3)]);
            batch.or(JournalError::NotWritten("three is missing".into()));
            let failure = batch.run(&mut connection, engine).await.map(|_| ()).unwrap_err();
            assert!(matches!(&failure, Failure::Refused(JournalError::NotWritten(words)) if words == "three is missing"), "{failure:?}");
        }
    }
}
