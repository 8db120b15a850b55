//! The whole look at a record: the chain of every account, the tables and the ledger against it, and the file that holds the
//! chains' ends against all of them. The account must be at rest meanwhile.

use std::path::Path;

use crate::domain::ids::AccountId;
use crate::engine::ports::JournalError;

use super::chain::{self, ChainBreak};
use super::head_file::{self, Heads};
use super::history::History;
use super::link::ChainHead;
use super::rebuild::{self, Difference};
use super::seal::{self, SealBreak};

/// What was found whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AuditReport {
    /// Links of all chains.
    pub events: i64,
    /// Rows that are what the chains make.
    pub rows: usize,
    /// Ledger lines that are sealed.
    pub lines: u64,
    /// Whether the chains' ends were compared with a file.
    pub head_file: bool,
}

/// Why a record was not found whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuditBreak {
    /// It is not what was written.
    #[error("{0}")]
    Broken(String),
    /// It could not be looked at.
    #[error("{0}")]
    Unread(String),
}

impl From<JournalError> for AuditBreak {
    fn from(error: JournalError) -> Self {
        Self::Unread(format!("the record could not be read: {error}"))
    }
}

impl From<ChainBreak> for AuditBreak {
    fn from(found: ChainBreak) -> Self {
        match found {
            ChainBreak::Link { .. } => Self::Broken(found.to_string()),
            ChainBreak::Unread(error) => error.into(),
        }
    }
}

impl From<Difference> for AuditBreak {
    fn from(found: Difference) -> Self {
        match found {
            Difference::Row { .. } => Self::Broken(found.to_string()),
            Difference::Unread(error) => error.into(),
        }
    }
}

impl From<SealBreak> for AuditBreak {
    fn from(found: SealBreak) -> Self {
        match found {
            SealBreak::Lines { .. } => Self::Broken(found.to_string()),
            SealBreak::Unread(error) => error.into(),
        }
    }
}

/// Verifies everything there is. `head` is the file with the chains' ends; without one a tail that was cut off in good
/// order cannot be seen.
///
/// # Errors
/// [`AuditBreak`] with the first thing that is not as it was written.
pub async fn verify(history: &dyn History, head: Option<&Path>) -> Result<AuditReport, AuditBreak> {
    let chains = chain::verify(history, None).await?;
    let mut report = AuditReport { head_file: head.is_some(), ..AuditReport::default() };
    for (account, end) in &chains.heads {
        report.events = report.events.saturating_add(end.count);
        report.rows = report.rows.saturating_add(rebuild::compare(history, account).await?);
        report.lines = report.lines.saturating_add(seal::compare(history, account).await?);
    }
    if let Some(path) = head {
        compare_heads(history, path, &chains.heads).await?;
    }
    Ok(report)
}

async fn compare_heads(history: &dyn History, path: &Path, chains: &[(AccountId, ChainHead)]) -> Result<(), AuditBreak> {
    let heads = head_file::read(path).map_err(AuditBreak::Broken)?;
    let begun = chains.iter().find(|(_, end)| end.count > 0);
    let heads = match (heads, begun) {
        (Some(heads), _) => heads,
        (None, None) => return Ok(()),
        (None, Some((account, _))) => {
            let shown = path.display();
            return Err(AuditBreak::Broken(format!(
                "the file {shown}, which holds where the record of account {account} ends, is missing; put it back, or start the program once on a \
                 record that you trust"
            )));
        }
    };
    if let Some((account, _)) = chains.iter().find(|(account, end)| end.count > 0 && !heads.contains_key(account)) {
        return Err(AuditBreak::Broken(format!("the file {} does not know account {account}", path.display())));
    }
    match departed(history, &heads).await? {
        None => Ok(()),
        Some(account) => Err(AuditBreak::Broken(format!(
            "the record of account {account} does not continue what {} says was its end; its tail was cut off, or it was written anew (after \
             restoring a backup, remove that file)",
            path.display()
        ))),
    }
}

/// Returns the first account whose chain does not hold what was its end.
///
/// # Errors
/// [`JournalError`] if a chain cannot be read.
pub(super) async fn departed(history: &dyn History, heads: &Heads) -> Result<Option<AccountId>, JournalError> {
    for (account, head) in heads.iter().filter(|(_, head)| head.count != 0) {
        let link = history.links(account, head.count.saturating_sub(1), 1).await?;
        if link.first().is_none_or(|link| link.seq != head.count || link.hash != head.hash) {
            return Ok(Some(account.clone()));
        }
    }
    Ok(None)
}
