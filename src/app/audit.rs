//! `outcry audit verify`: the hash chain, the tables and the ledger against it, and the file that holds its end.

use std::path::Path;

use crate::config::Settings;
use crate::store::audit::{self, AuditBreak};
use crate::store::open::Store;

use super::{Files, StartError, state_folder};

/// Verifies a database and says so. The program ends with 0 if all of it is whole, with 1 if something is not, and with 2
/// if it could not be looked at.
///
/// # Errors
/// [`StartError::Failed`] with the first thing that is not as it was written, [`StartError::Unchecked`] if that is not known.
pub async fn verify(settings: &Settings, database: Option<&Path>) -> Result<(), StartError> {
    let url = stored(settings, database).map_err(|error| match error {
        StartError::Failed(why) => StartError::Unchecked(why),
        other => other,
    })?;
    let store = Store::open(&url).await.map_err(|error| StartError::Unchecked(error.to_string()))?;
    if let Some(path) = settings.store.head_file.clone().filter(|_| database.is_none()) {
        store.keep_heads_in(path);
    }
    let found = audit::verify(&store, store.head_path().as_deref()).await;
    store.close().await;
    let report = found.map_err(|found| match found {
        AuditBreak::Broken(what) => StartError::Failed(what),
        AuditBreak::Unread(why) => StartError::Unchecked(why),
    })?;
    say(&format!(
        "The chain of {} events is whole, {} rows say what it says, and {} ledger lines are as they were sealed.",
        report.events, report.rows, report.lines
    ));
    if !report.head_file {
        say("No file keeps where the record ends (store.head_file), so a tail that was cut off could not be seen.");
    }
    Ok(())
}

/// Returns the address of the database that is meant, which must be there.
///
/// # Errors
/// [`StartError::Failed`] if it is not.
pub fn stored(settings: &Settings, database: Option<&Path>) -> Result<String, StartError> {
    let url = match (database, &settings.store.url) {
        (Some(path), _) => format!("sqlite://{}", path.display()),
        (None, Some(url)) => url.expose().to_owned(),
        (None, None) => Files::in_folder(&state_folder())?.desk_url,
    };
    match url.strip_prefix("sqlite://").filter(|path| !Path::new(path).exists()) {
        Some(path) => Err(StartError::Failed(format!("there is no database at {path}; name one with --db PATH"))),
        None => Ok(url),
    }
}

/// Says what a command has to answer.
#[expect(clippy::print_stdout, reason = "the answer of a command")]
pub fn say(text: &str) {
    println!("{text}");
}
