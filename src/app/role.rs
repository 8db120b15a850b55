//! The role of the account's one Desk, as a process that serves holds it: waited for, kept, given back.
//!
//! On a server several processes may wait; one acts. When its lease runs out (it died, or stood still), another takes
//! over ten seconds later, and every commit and licence of the old epoch fails; what stands still past its lease and goes on
//! later sends nothing (`tenured_exchange`).

use std::sync::Arc;
use std::time::Duration;

use crate::app::{PAPER_ACCOUNT, StartError};
use crate::domain::ids::AccountId;
use crate::domain::time::Timestamp;
use crate::engine::deadline::pause;
use crate::engine::ports::{Journal, JournalError};
use crate::store::open::Store;
use crate::store::owner::BUILD;

/// How often a process that waits asks for the role.
const ASK_EVERY: Duration = Duration::from_secs(2);
/// How often the role is renewed: a third of what it lasts.
const RENEW_EVERY: Duration = Duration::from_secs(5);

/// Waits until this process has the role. On a file there is nothing to wait for: its owner holds it for as long as it lives.
///
/// # Errors
/// [`StartError::Failed`] if the role cannot be had.
pub async fn obtain(store: &Store) -> Result<(), StartError> {
    let mut is_told = false;
    loop {
        match store.claim_desk(&AccountId::new(PAPER_ACCOUNT), Timestamp::from_ms(0)).await {
            Ok(_) => return Ok(()),
            Err(JournalError::NotOwner(holder)) if store.is_shared() => {
                if !is_told {
                    tracing::warn!(holder, build = BUILD, "another process owns the desk; this one waits to take over");
                    is_told = true;
                }
            }
            Err(error @ (JournalError::NotOwner(_) | JournalError::Duplicate(_))) => return Err(StartError::failed(error)),
            Err(error) if store.is_shared() => tracing::warn!(%error, "the desk's role could not be asked for"),
            Err(error) => return Err(StartError::failed(error)),
        }
        pause(ASK_EVERY).await;
    }
}

/// Keeps the role until it is lost.
///
/// # Errors
/// [`JournalError::NotOwner`] when another process took over.
pub async fn keep(store: Arc<Store>) -> Result<(), JournalError> {
    loop {
        pause(RENEW_EVERY).await;
        match store.renew_role(&AccountId::new(PAPER_ACCOUNT)).await {
            Ok(()) => {}
            Err(error @ JournalError::NotOwner(_)) => return Err(error),
            // While the database does not answer, nothing can be committed either.
            Err(error) => tracing::warn!(%error, "the desk's role could not be renewed"),
        }
    }
}

/// Gives the role back at an orderly end.
pub async fn give_back(store: &Store) {
    if let Err(error) = store.release_role(&AccountId::new(PAPER_ACCOUNT)).await {
        tracing::warn!(%error, "the desk's role could not be given back; it runs out by itself");
    }
}
