//! `outcry backup`: a copy of the Desk's database and of the paper venue's file, taken while the bot runs.
//!
//! Invariant: the venue's copy is never older than the Desk's. So the Desk that is restored finds at its venue at least what
//! its books say, asks for what happened since, and books it, as after a crash.

use std::path::{Path, PathBuf};

use crate::config::Settings;
use crate::store::backup::{self, BackupError};
use crate::store::open::Store;

use super::{Files, StartError, audit, state_folder};

/// Copies a database, and the venue's file beside it if there is one, into new files and says so.
///
/// # Errors
/// [`StartError::Failed`] with what stands in the way.
pub async fn take(settings: &Settings, database: Option<&Path>, file: &Path) -> Result<(), StartError> {
    let url = audit::stored(settings, database)?;
    let store = Store::open(&url).await.map_err(StartError::failed)?;
    let outcome = copy(&store, &venue_file(settings, database)?, file).await;
    store.close().await;
    let venue = outcome.map_err(StartError::failed)?;
    let too = venue.map_or_else(String::new, |venue| format!(", the paper venue's file to {}", venue.display()));
    audit::say(&format!("The database is copied to {}{too}. Check it with `outcry audit verify --db`.", file.display()));
    Ok(())
}

/// Returns the file of the paper venue that goes with a database, as `outcry serve` finds it.
fn venue_file(settings: &Settings, database: Option<&Path>) -> Result<PathBuf, StartError> {
    let folder = state_folder();
    Ok(match (database, &settings.store.url) {
        (Some(database), _) => Files::beside(database, &folder).venue,
        (None, _) => Files::in_folder(&folder)?.venue,
    })
}

/// Returns where the venue's file was copied to.
async fn copy(store: &Store, venue: &Path, file: &Path) -> Result<Option<PathBuf>, BackupError> {
    if !venue.exists() {
        // It runs elsewhere.
        return store.copy_into(file).await.map(|()| None);
    }
    let copied = Files::beside(file, file).venue;
    // Before anything is copied: half a backup is none.
    backup::free(&copied)?;
    store.copy_into(file).await?;
    backup::copy(venue, &copied).await?;
    Ok(Some(copied))
}
