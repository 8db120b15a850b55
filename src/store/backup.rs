//! A copy of the database as it is at one moment, taken while others write to it.
//!
//! Invariant: under its name the copy is there whole or not at all, and on the disk.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use sqlx::{AnyConnection, Connection};

use super::address::Address;
use super::open::{Store, sqlite_url};

/// Why there is no copy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BackupError {
    /// Only a file can be copied so.
    #[error("a server's database is backed up with pg_dump; see docs/operations.md")]
    Server,
    /// A copy never takes the place of something else.
    #[error("{0} is there already; name a file that is not")]
    Exists(String),
    /// The path or the disk will not have it.
    #[error("the copy could not be written: {0}")]
    Failed(String),
}

impl Store {
    /// Copies what is committed now into a new file. Whoever writes meanwhile is not held up.
    ///
    /// # Errors
    /// [`BackupError`].
    pub async fn copy_into(&self, file: &Path) -> Result<(), BackupError> {
        if matches!(self.address(), Address::Postgres(_)) {
            return Err(BackupError::Server);
        }
        let partial = free(file)?;
        let copied = sqlx::query("VACUUM INTO $1").bind(text(&partial)?).execute(self.readers()).await;
        copied.map_err(|error| failed(self.sentence(&error)))?;
        settle(&partial, file).map_err(failed)
    }
}

/// Copies any SQLite file of this program in the same way: that of the paper venue.
///
/// # Errors
/// [`BackupError`].
pub async fn copy(source: &Path, file: &Path) -> Result<(), BackupError> {
    sqlx::any::install_default_drivers();
    let partial = free(file)?;
    let url = sqlite_url(source, &source.display().to_string()).map_err(failed)?;
    let mut connection = AnyConnection::connect(&url).await.map_err(failed)?;
    let copied = sqlx::query("VACUUM INTO $1").bind(text(&partial)?).execute(&mut connection).await;
    let closed = connection.close().await;
    copied.map_err(failed)?;
    closed.map_err(failed)?;
    settle(&partial, file).map_err(failed)
}

/// Checks that there is nothing of the copy's name; returns what it is called until it is whole.
///
/// # Errors
/// [`BackupError`].
pub fn free(file: &Path) -> Result<PathBuf, BackupError> {
    if file.try_exists().map_err(failed)? {
        return Err(BackupError::Exists(file.display().to_string()));
    }
    let partial = partial(file);
    // What an earlier try left behind.
    match fs::remove_file(&partial) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failed(error)),
        _ => Ok(partial),
    }
}

fn text(path: &Path) -> Result<String, BackupError> {
    path.to_str().map(str::to_owned).ok_or_else(|| failed("its path is not UTF-8"))
}

fn partial(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".partial");
    PathBuf::from(name)
}

/// Gives the copy its name once it is on the disk, and puts the name there too.
fn settle(partial: &Path, file: &Path) -> std::io::Result<()> {
    File::open(partial)?.sync_all()?;
    fs::rename(partial, file)?;
    match file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => File::open(folder)?.sync_all(),
        None => File::open(".")?.sync_all(),
    }
}

fn failed(error: impl std::fmt::Display) -> BackupError {
    BackupError::Failed(error.to_string())
}
