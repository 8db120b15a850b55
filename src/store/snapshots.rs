//! Snapshots of accounts: written with a step, forgotten with a later one.

use crate::domain::ids::AccountId;
use crate::domain::snapshot::SnapshotWrite;

use super::batch::Batch;
use super::table::{int, text, verbatim};
use super::write::Failure;

/// Adds a snapshot, and takes those away that are too old.
pub(super) fn add_snapshot(batch: &mut Batch, account: &AccountId, snapshot: Option<&SnapshotWrite>) -> Result<(), Failure> {
    let Some(SnapshotWrite { row, forget_before }) = snapshot else { return Ok(()) };
    let body = serde_json::to_string(row).map_err(|error| Failure::not_written(format!("a snapshot has no JSON form: {error}")))?;
    batch.add(
        "INSERT INTO account_snapshots (account, at, body) VALUES ($1, $2, $3) ON CONFLICT (account, at) DO UPDATE SET body = excluded.body",
        vec![verbatim(account.as_str()), int(row.at.ms()), text(body)],
    );
    let old = vec![verbatim(account.as_str()), int(forget_before.ms())];
    batch.add("DELETE FROM account_snapshots WHERE account = $1 AND at < $2", old);
    Ok(())
}
