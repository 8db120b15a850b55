//! One venue a file: a second one would be a second truth. The system holds the lock, and lets go of it when its holder dies.
//!
//! It is a lock beside the database and not SQLite's own, so that a backup can read while the venue writes.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::engine::deadline::pause;

/// How often it is tried while another process is just letting go, and how long after a try.
const TRIES_MAX: u32 = 20;
const PAUSE: Duration = Duration::from_millis(50);

/// Held as long as this value lives.
#[derive(Debug)]
pub(super) struct FileLock {
    _file: File,
}

impl FileLock {
    /// Takes the lock of a venue's file; none if another process keeps it.
    pub(super) async fn take(venue: &Path) -> std::io::Result<Option<Self>> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(beside(venue))?;
        for _ in 0..TRIES_MAX {
            match file.try_lock() {
                Ok(()) => return Ok(Some(Self { _file: file })),
                Err(TryLockError::WouldBlock) => pause(PAUSE).await,
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        Ok(None)
    }
}

fn beside(venue: &Path) -> PathBuf {
    let mut name = venue.as_os_str().to_owned();
    name.push("-lock");
    PathBuf::from(name)
}
