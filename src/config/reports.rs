//! Reports and what they are made from.

use std::path::PathBuf;

use super::form;
use super::key::{Key, key};
use crate::domain::time::DAY_MS;

/// Options of reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reports {
    /// How many days account snapshots are kept.
    pub snapshot_days: usize,
    /// Folder that the terminal writes exports to; none is the folder of the database.
    pub export_folder: Option<PathBuf>,
}

impl Default for Reports {
    fn default() -> Self {
        Self { snapshot_days: 400, export_folder: None }
    }
}

impl Reports {
    /// Returns how long account snapshots are kept, in milliseconds.
    pub fn snapshots_kept_ms(&self) -> i64 {
        i64::try_from(self.snapshot_days).unwrap_or(i64::MAX).saturating_mul(DAY_MS)
    }
}

/// The keys of this table.
pub const KEYS: &[Key] = &[
    key!(
        "reports.snapshot_days",
        None,
        "Days that account snapshots are kept; equity and drawdown in reports reach back so far.",
        form::COUNT,
        reports.snapshot_days
    ),
    key!(
        "reports.export_folder",
        None,
        "Folder that the terminal writes exports to; none is the folder of the database.",
        optional form::PATH,
        reports.export_folder
    ),
];
