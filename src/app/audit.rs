//! `outcry audit verify`: the hash chain, and the tables against it.

use std::path::Path;

use crate::config::Settings;
use crate::domain::ids::AccountId;
use crate::store::open::Store;
use crate::store::{chain, rebuild};

use super::{Files, PAPER_ACCOUNT, StartError, state_folder};

/// Verifies a database and says so.
///
/// # Errors
/// [`StartError::Failed`] with the first thing that is not as it should be.
pub async fn verify(settings: &Settings, database: Option<&Path>) -> Result<(), StartError> {
    let url = stored(settings, database)?;
    let store = Store::open(&url).await.map_err(StartError::failed)?;
    let report = chain::verify(&store, None).await.map_err(StartError::failed)?;
    let rows = rebuild::compare(&store, &AccountId::new(PAPER_ACCOUNT)).await.map_err(StartError::failed)?;
    store.close().await;
    let events: i64 = report.heads.iter().map(|(_, head)| head.count).sum();
    say(&format!("The chain of {events} events is whole, and {rows} rows say what it says."));
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
