//! The terminal face.

use std::path::PathBuf;

use super::form;
use super::key::{Key, key};

/// Options of the terminal chat.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Terminal {
    /// File that keeps typed lines for the next session; none keeps them beside the database.
    pub history: Option<PathBuf>,
}

/// The keys of this table.
pub const KEYS: &[Key] = &[key!(
    "terminal.history",
    None,
    "File that keeps typed lines for the next session; none keeps them beside the database.",
    optional form::PATH,
    terminal.history
)];
