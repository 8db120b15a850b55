//! Sees commits from outside: SQLite counts them in the header of the write-ahead index, the `-shm` file beside a
//! database. Reading that file takes no lock, holds no connection (a second connection would spare the next start its
//! recovery), and needs no help of the program's. The count moves when a commit is durable and becomes visible, so a kill
//! at the new count falls between that commit and whatever follows it.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

/// Version of the header's layout, its first word.
const LAYOUT: u32 = 3_007_000;
/// Where the count stands.
const CHANGE_OFFSET: u64 = 8;

/// The count of a database's commits.
pub struct Counter {
    file: File,
}

impl Counter {
    /// Opens the counter of a database that is in use.
    pub fn open(path: &Path) -> Self {
        let counter = Self { file: File::open(path).unwrap() };
        assert_eq!(counter.word(0), LAYOUT, "the counter would be read in the wrong place");
        counter
    }

    /// Returns the count.
    pub fn read(&self) -> u32 {
        self.word(CHANGE_OFFSET)
    }

    /// Waits, turning, until the count reaches `target`; false if it does not in time.
    pub fn wait_for(&self, target: u32, patience: Duration) -> bool {
        let end = Instant::now() + patience;
        while self.read().wrapping_sub(target) > u32::MAX / 2 {
            if Instant::now() > end {
                return false;
            }
            std::hint::spin_loop();
        }
        true
    }

    fn word(&self, offset: u64) -> u32 {
        let mut bytes = [0; 4];
        self.file.read_exact_at(&mut bytes, offset).unwrap();
        u32::from_ne_bytes(bytes)
    }
}
