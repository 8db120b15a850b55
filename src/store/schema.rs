//! The schema's versions. Migrations are add-only: one that was released is never edited, and its checksum says so.

use aws_lc_rs::digest::{SHA256, digest};
use sqlx::AnyConnection;
use sqlx::{Connection, Row};

use super::refusal::OpenError;
use super::write::Engine;

/// Every migration, in order; its number is its place, from 1.
const MIGRATIONS: &[&str] = &[
    include_str!("../../migrations/0001_spine.sql"),
    include_str!("../../migrations/0002_users.sql"),
    include_str!("../../migrations/0003_telegram_messages.sql"),
    include_str!("../../migrations/0004_reports.sql"),
];

/// Most migrations that are read back.
const VERSIONS_MAX: i64 = 10_000;

/// Brings the schema of the database at `place` up to this program's, and proves by a write that it can be written to.
///
/// # Errors
/// [`OpenError`] if it is newer, of another program, or cannot be written to.
pub(super) async fn migrate(connection: &mut AnyConnection, engine: Engine, place: &str) -> Result<(), OpenError> {
    let failed = |error: sqlx::Error| OpenError::from_sql(place.to_owned(), &error);
    let mut tx = connection.begin_with(engine.begin_write()).await.map_err(failed)?;
    if engine == Engine::Postgres {
        // Two replicas may start at once: the second waits here and then finds the work done.
        let lock = "SELECT CAST(1 AS BIGINT) FROM pg_advisory_xact_lock(7243616)";
        sqlx::query(lock).execute(&mut *tx).await.map_err(failed)?;
    } else {
        refuse_foreign_file(&mut tx, place).await?;
    }
    let versions = "CREATE TABLE IF NOT EXISTS migrations (version BIGINT NOT NULL PRIMARY KEY, checksum TEXT NOT NULL)";
    sqlx::query(versions).execute(&mut *tx).await.map_err(failed)?;
    let applied = sqlx::query("SELECT version, checksum FROM migrations ORDER BY version LIMIT $1")
        .bind(VERSIONS_MAX)
        .fetch_all(&mut *tx)
        .await
        .map_err(failed)?;
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    let mut done = 0;
    for row in applied {
        let version: i64 = row.try_get(0).map_err(failed)?;
        let checksum: String = row.try_get(1).map_err(failed)?;
        if version > known {
            return Err(OpenError::Newer { place: place.to_owned(), found: version, known });
        }
        let ours = usize::try_from(version - 1).ok().and_then(|index| MIGRATIONS.get(index)).map(|sql| checksum_of(sql));
        if ours.as_deref() != Some(checksum.as_str()) || version != done + 1 {
            let reason = format!("its schema {version} is not the one that this program's version makes");
            return Err(OpenError::Foreign { place: place.to_owned(), reason });
        }
        done = version;
    }
    for (version, sql) in (1..).zip(MIGRATIONS).skip(usize::try_from(done).unwrap_or(0)) {
        sqlx::raw_sql(*sql).execute(&mut *tx).await.map_err(failed)?;
        let note = "INSERT INTO migrations (version, checksum) VALUES ($1, $2)";
        sqlx::query(note).bind::<i64>(version).bind(checksum_of(sql)).execute(&mut *tx).await.map_err(failed)?;
    }
    let proof = "UPDATE counters SET value = value + 1 WHERE name = 'openings'";
    sqlx::query(proof).execute(&mut *tx).await.map_err(failed)?;
    tx.commit().await.map_err(failed)
}

/// A file with tables, none of which is ours, belongs to somebody else.
async fn refuse_foreign_file(connection: &mut AnyConnection, place: &str) -> Result<(), OpenError> {
    let names = sqlx::query("SELECT name FROM sqlite_master WHERE type = 'table' LIMIT $1")
        .bind(VERSIONS_MAX)
        .fetch_all(connection)
        .await
        .and_then(|rows| rows.iter().map(|row| row.try_get::<String, _>(0)).collect::<Result<Vec<_>, _>>())
        .map_err(|error| OpenError::from_sql(place.to_owned(), &error))?;
    match names.first() {
        Some(first) if !names.iter().any(|name| name == "migrations") => {
            Err(OpenError::Foreign { place: place.to_owned(), reason: format!("it has tables (such as {first}) and none of ours") })
        }
        _ => Ok(()),
    }
}

fn checksum_of(sql: &str) -> String {
    hex::encode(digest(&SHA256, sql.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn released_migrations_are_never_edited() {
        let released = [include_str!("../../migrations/checksums.txt")];
        let sums: Vec<String> = MIGRATIONS.iter().map(|sql| checksum_of(sql)).collect();
        assert_eq!(released.concat().lines().collect::<Vec<_>>(), sums, "add a new migration instead; then add its checksum to the file");
    }

    #[test]
    fn columns_are_text_or_bigint_and_no_money_is_computed_in_sql() {
        for sql in MIGRATIONS {
            let code: String =
                sql.lines().filter(|line| !line.trim_start().starts_with("--")).collect::<Vec<_>>().join("\n").to_lowercase();
            for word in [" real", " numeric", " integer", " boolean", " double", " blob", "bytea", "sum(", "avg("] {
                assert!(!code.contains(word), "{word}");
            }
        }
    }
}
