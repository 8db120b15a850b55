//! Verifying the hash chain: every link follows from the one before it, and the chain ends where its head says.

use crate::domain::ids::AccountId;
use crate::engine::ports::JournalError;

use super::history::{History, PAGE_MAX};
use super::link::{ChainHead, Link};

/// What a verification found to be whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainReport {
    /// Each account with the end of its chain.
    pub heads: Vec<(AccountId, ChainHead)>,
}

/// Where a chain is broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainBreak {
    /// A link does not follow from the one before it.
    #[error("the record of account {account} is broken at event {seq}: {reason}")]
    Link {
        /// Whose chain.
        account: AccountId,
        /// The first link that is wrong.
        seq: i64,
        /// What is wrong with it.
        reason: String,
    },
    /// It could not be read.
    #[error("the record could not be read: {0}")]
    Unread(#[from] JournalError),
}

/// Verifies the chain of `account`, or of every account.
///
/// # Errors
/// [`ChainBreak`] names the first link that was edited, removed, moved or added.
pub async fn verify(history: &dyn History, account: Option<&AccountId>) -> Result<ChainReport, ChainBreak> {
    let accounts = match account {
        Some(account) => vec![account.clone()],
        None => history.accounts().await?,
    };
    let mut heads = Vec::with_capacity(accounts.len());
    for account in accounts {
        let head = verify_account(history, &account).await?;
        heads.push((account, head));
    }
    Ok(ChainReport { heads })
}

async fn verify_account(history: &dyn History, account: &AccountId) -> Result<ChainHead, ChainBreak> {
    let broken = |seq: i64, reason: &str| ChainBreak::Link { account: account.clone(), seq, reason: reason.to_owned() };
    let stated = history.chain_head(account).await?.unwrap_or_else(ChainHead::empty);
    let mut head = ChainHead::empty();
    'pages: while head.count < stated.count {
        let page = history.links(account, head.count, PAGE_MAX).await?;
        if page.is_empty() {
            return Err(broken(head.count + 1, "it is missing; the head tells of more events"));
        }
        for link in page {
            if head.count == stated.count {
                break 'pages;
            }
            follows(account, &head, &link).map_err(|reason| broken(head.count + 1, reason))?;
            head = link.head();
        }
    }
    if head.hash != stated.hash {
        return Err(broken(stated.count, "its hash is not the one that the head tells of"));
    }
    let more = history.links(account, stated.count, 1).await?;
    // A Desk may have gone on meanwhile; then its head has moved as well.
    if !more.is_empty() && history.chain_head(account).await?.is_none_or(|now| now.count <= stated.count) {
        return Err(broken(stated.count + 1, "it is there, but the head tells of fewer events"));
    }
    Ok(head)
}

fn follows(account: &AccountId, head: &ChainHead, link: &Link) -> Result<(), &'static str> {
    if link.seq != head.count + 1 {
        return Err("it is missing");
    }
    if link.prev_hash != head.hash {
        return Err("it does not follow from the event before it");
    }
    if link.computed_hash(account) != link.hash {
        return Err("its content does not match its hash");
    }
    Ok(())
}
