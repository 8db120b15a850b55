//! Seals on ledger lines: the lines lie in a table of their own, and a link of the same step holds their digest, so that a
//! changed, missing or added line shows as a changed event would.

use aws_lc_rs::digest::{Context, SHA256};

use crate::domain::event::{Change, DeskEvent, LedgerSeal};
use crate::domain::ids::AccountId;
use crate::domain::rows::Posting;
use crate::domain::time::Timestamp;
use crate::engine::ports::JournalError;

use super::history::{History, PAGE_MAX};
use super::link::storable;

/// Names the canonical form of the lines.
const FORM: &[u8] = b"outcry.ledger.1";
/// The kind of the link that seals.
pub const KIND: &str = "ledger.sealed";

/// Returns the fact that seals the lines of a step; none for a step without lines. It goes behind the step's other facts.
pub(super) fn sealing(postings: &[Posting], at: Timestamp) -> Option<DeskEvent> {
    if postings.is_empty() {
        return None;
    }
    let seal = LedgerSeal { lines: u32::try_from(postings.len()).unwrap_or(u32::MAX), digest: digest(postings) };
    let mut transactions: Vec<&str> = postings.iter().map(|line| line.transaction.as_str()).collect();
    transactions.dedup();
    let detail = format!("{} lines", postings.len());
    Some(DeskEvent { kind: KIND.to_owned(), subject: transactions.join(" "), detail, at, change: Change::Ledger(seal) })
}

/// Returns the digest of a step's lines. Their order within a transaction counts, that of the transactions does not.
fn digest(postings: &[Posting]) -> String {
    let mut lines: Vec<&Posting> = postings.iter().collect();
    lines.sort_by(|a, b| a.transaction.cmp(&b.transaction));
    let mut context = Context::new(&SHA256);
    context.update(FORM);
    for line in lines {
        context.update(&line.at.ms().to_be_bytes());
        let amount = line.amount.to_string();
        for text in [storable(&line.transaction), storable(&line.ledger), storable(line.currency.as_str()), amount] {
            context.update(&u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
            context.update(text.as_bytes());
        }
    }
    hex::encode(context.finish())
}

/// Why the ledger is not what its seals say.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealBreak {
    /// The lines of a step are not those that were sealed.
    #[error("the ledger of account {account} is broken at event {seq}: {reason}")]
    Lines {
        /// Whose ledger.
        account: AccountId,
        /// The step's last event.
        seq: i64,
        /// What is wrong.
        reason: &'static str,
    },
    /// It could not be read.
    #[error("the ledger could not be read: {0}")]
    Unread(#[from] JournalError),
}

/// Compares all ledger lines of `account` with their seals, and returns how many lines are sealed. Lines from before the
/// first seal were written by a version that sealed nothing.
///
/// # Errors
/// [`SealBreak`] names the first step whose lines are not those that were sealed.
pub async fn compare(history: &dyn History, account: &AccountId) -> Result<u64, SealBreak> {
    let mut seals = Vec::new();
    let mut after = 0;
    loop {
        let page = history.links(account, after, PAGE_MAX).await?;
        let Some(last) = page.last() else { break };
        after = last.seq;
        for link in page.iter().filter(|link| link.kind == KIND) {
            if let Change::Ledger(seal) = link.change().map_err(JournalError::NotWritten)? {
                seals.push((link.seq, seal));
            }
        }
    }
    let first = seals.first().map_or(i64::MAX, |(seq, _)| *seq);
    let broken = |seq, reason| SealBreak::Lines { account: account.clone(), seq, reason };
    let mut waiting = seals.into_iter().peekable();
    let mut sealed = 0;
    // A page holds whole steps, so that each step's lines are one run.
    let mut from = i64::MIN;
    loop {
        let page = history.postings(account, from, PAGE_MAX).await?;
        let Some((last, _)) = page.last() else { break };
        from = *last;
        for run in page.chunk_by(|(a, _), (b, _)| a == b) {
            let Some((seq, _)) = run.first() else { continue };
            if *seq < first {
                continue;
            }
            if let Some((missing, _)) = waiting.next_if(|(sealed, _)| sealed < seq) {
                return Err(broken(missing, "its lines are missing"));
            }
            let Some((_, seal)) = waiting.next_if(|(sealed, _)| sealed == seq) else {
                return Err(broken(*seq, "there are lines that nothing seals"));
            };
            let lines: Vec<Posting> = run.iter().map(|(_, line)| line.clone()).collect();
            if digest(&lines) != seal.digest || u32::try_from(lines.len()).ok() != Some(seal.lines) {
                return Err(broken(*seq, "its lines are not those that were written"));
            }
            sealed += u64::from(seal.lines);
        }
    }
    match waiting.next() {
        Some((missing, _)) => Err(broken(missing, "its lines are missing")),
        None => Ok(sealed),
    }
}
