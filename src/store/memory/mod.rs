//! The journal and the views in memory, for the simulation: the same links, uniqueness, epochs and licences as the
//! database, quick and deterministic. Its durable part outlives a simulated crash; a handle from before it is dead.
//!
//! The faults that can be planned here exist for the simulation alone, which is an integration test and cannot reach
//! behind `cfg(test)`.

mod book;
mod durable;
mod journal;
mod mailroom;
mod marks;
mod reading;
mod users;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};

use crate::engine::ports::JournalError;

use durable::Durable;

/// What may happen to a commit or a licence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommitFault {
    /// It fails, and says so.
    NotWritten,
    /// It fails, and the outcome is not known.
    UnknownBefore,
    /// It takes place, and the outcome is not known.
    UnknownAfter,
}

/// A handle on a durable memory, as one process has it. Clones are the same process.
#[derive(Clone)]
pub struct MemoryStore {
    durable: Arc<Mutex<Durable>>,
    /// Which process this is; only the latest one lives.
    process: u64,
}

impl MemoryStore {
    /// Returns an empty memory whose install key follows from `seed`.
    pub fn new(seed: u64) -> Self {
        let install_key = digest(&SHA256, &[b"outcry.simulation".as_slice(), &seed.to_be_bytes()].concat()).as_ref().to_vec();
        Self { durable: Arc::new(Mutex::new(Durable::new(install_key))), process: 0 }
    }

    /// Simulates a crash and a restart: returns the new process's handle. Everything that the old one does from now on fails,
    /// and planned faults are forgotten.
    #[must_use]
    pub fn reopen(&self) -> Self {
        let mut durable = self.lock();
        durable.process += 1;
        durable.faults.clear();
        durable.broken = None;
        Self { durable: Arc::clone(&self.durable), process: durable.process }
    }

    /// Returns a deep copy, as a backup of the disk would be, with its own life from here on.
    #[must_use]
    pub fn copied(&self) -> Self {
        let durable = self.lock().clone();
        Self { process: durable.process, durable: Arc::new(Mutex::new(durable)) }
    }

    /// Plans a fault for the commit or licence that comes after `skip` others from now on (0: the next one).
    pub fn plan_fault(&self, skip: u64, fault: CommitFault) {
        let mut durable = self.lock();
        let number = durable.writes + skip + 1;
        durable.faults.insert(number, fault);
    }

    /// Makes every write fail with `reason` (a full disk), or work again.
    pub fn set_broken(&self, reason: Option<String>) {
        self.lock().broken = reason;
    }

    /// Returns how many commits and licences were asked for so far, to aim a fault at one of them.
    pub fn writes(&self) -> u64 {
        self.lock().writes
    }

    fn lock(&self) -> MutexGuard<'_, Durable> {
        // A panic elsewhere cannot leave it half-written: every change is checked first and then made whole.
        self.durable.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn alive(&self) -> Result<MutexGuard<'_, Durable>, JournalError> {
        let durable = self.lock();
        if durable.process == self.process { Ok(durable) } else { Err(JournalError::NotWritten("this process has ended".into())) }
    }

    fn writable(&self) -> Result<MutexGuard<'_, Durable>, JournalError> {
        let durable = self.alive()?;
        match &durable.broken {
            Some(reason) => Err(JournalError::NotWritten(reason.clone())),
            None => Ok(durable),
        }
    }
}
