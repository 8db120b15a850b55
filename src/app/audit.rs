//! `outcry audit verify`: the hash chain, the tables and the ledger against it, and the file that holds its end.
//! `outcry audit list`: what people did, and were refused, out of the same chain.

use std::path::Path;

use crate::bot::render::moment;
use crate::bot::roles;
use crate::config::Settings;
use crate::domain::act::ActOutcome;
use crate::domain::event::Change;
use crate::domain::ids::AccountId;
use crate::engine::ports::JournalError;
use crate::store::audit::{self, AuditBreak};
use crate::store::history::{History, PAGE_MAX};
use crate::store::link::Link;
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

/// Lists the latest acts of each account, oldest first.
///
/// # Errors
/// [`StartError::Unchecked`] if the record cannot be read.
pub async fn list(settings: &Settings, database: Option<&Path>, last: usize) -> Result<(), StartError> {
    let url = stored(settings, database)?;
    let store = Store::open(&url).await.map_err(|error| StartError::Unchecked(error.to_string()))?;
    let told = async {
        for account in store.accounts().await? {
            for line in acts(&store, &account, last).await?.iter().rev() {
                say(line);
            }
        }
        Ok::<_, JournalError>(())
    };
    let told = told.await.map_err(|error| StartError::Unchecked(error.to_string()));
    store.close().await;
    told
}

/// Reads a chain from its end, a page at a time, until there are so many acts. Newest first.
async fn acts(history: &dyn History, account: &AccountId, last: usize) -> Result<Vec<String>, JournalError> {
    let mut end = history.chain_head(account).await?.map_or(0, |head| head.count);
    let mut lines = Vec::new();
    while end > 0 && lines.len() < last {
        let begin = end.saturating_sub(PAGE_MAX.into()).max(0);
        let page = history.links(account, begin, PAGE_MAX).await?;
        lines.extend(page.iter().rev().filter(|link| link.seq <= end).filter_map(line).take(last - lines.len()));
        end = begin;
    }
    Ok(lines)
}

fn line(link: &Link) -> Option<String> {
    let Ok(Change::Act(act)) = link.change() else { return None };
    let who = act.by.map_or_else(
        || "nobody known".to_owned(),
        |actor| format!("{} {} in chat {}", roles::name(actor.role), actor.user.0, actor.chat.0),
    );
    let outcome = match &act.outcome {
        ActOutcome::Accepted => "accepted".to_owned(),
        ActOutcome::Refused(why) => format!("refused ({why})"),
    };
    let source = act.source.as_ref().map_or("-", |source| source.as_str());
    Some(format!("{}  {}  {who}  {source}  {}: {outcome}", moment::full(link.at), link.kind, act.about))
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
