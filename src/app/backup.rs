//! `outcry backup`: a copy of the Desk's database, taken while the bot runs.

use std::path::Path;

use crate::config::Settings;
use crate::store::open::Store;

use super::{StartError, audit};

/// Copies a database into a new file and says so.
///
/// # Errors
/// [`StartError::Failed`] with what stands in the way.
pub async fn take(settings: &Settings, database: Option<&Path>, file: &Path) -> Result<(), StartError> {
    let url = audit::stored(settings, database)?;
    let store = Store::open(&url).await.map_err(StartError::failed)?;
    let outcome = store.copy_into(file).await;
    store.close().await;
    outcome.map_err(StartError::failed)?;
    audit::say(&format!("The database is copied to {}. Check it with `outcry audit verify --db`.", file.display()));
    Ok(())
}
