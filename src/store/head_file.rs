//! The end of each chain in a file beside the database: number of links and hash. Whoever cuts the record's tail off, or
//! writes all of it anew, would have to change this file too; it can be copied away while the program runs.
//!
//! Written behind commits by a thread of its own, atomically, at most once a second and at the end: no trade waits for it.
//! The window: what was committed within the last [`PAUSE`] before a crash may not be in the file yet. The file is never
//! ahead of the database, and it never goes back: a chain that does not continue it is left to `audit verify`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::domain::ids::AccountId;
use crate::tasks;

use super::link::ChainHead;

/// Shortest time between two writes of the file.
pub const PAUSE: Duration = Duration::from_secs(1);
/// Longest file that is read, in bytes.
const BYTES_MAX: u64 = 1 << 20;

/// The ends of all chains, by account.
pub type Heads = BTreeMap<AccountId, ChainHead>;

/// Keeps the file.
#[derive(Debug)]
pub(super) struct HeadKeeper {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    path: PathBuf,
    state: Mutex<State>,
    bell: Condvar,
    /// Held while the file is written.
    pen: Mutex<()>,
}

#[derive(Debug)]
struct State {
    heads: Heads,
    unwritten: bool,
    closed: bool,
}

impl HeadKeeper {
    /// Keeps the file at `path`, which holds `heads` now.
    pub(super) fn start(path: PathBuf, heads: Heads) -> std::io::Result<Self> {
        let state = Mutex::new(State { heads, unwritten: false, closed: false });
        let shared = Arc::new(Shared { path, state, bell: Condvar::new(), pen: Mutex::new(()) });
        let own = Arc::clone(&shared);
        tasks::thread("chain head", move || own.run())?;
        Ok(Self { shared })
    }

    /// Notes where a chain ends now. Of two notes that come out of order the later end stands.
    pub(super) fn note(&self, account: &AccountId, head: &ChainHead) {
        let mut state = self.shared.state();
        if state.heads.get(account).is_none_or(|known| known.count < head.count) {
            state.heads.insert(account.clone(), head.clone());
            state.unwritten = true;
            self.shared.bell.notify_one();
        }
    }

    /// Writes what is not written yet, before it returns.
    pub(super) fn flush(&self) {
        self.shared.write();
    }
}

impl Drop for HeadKeeper {
    fn drop(&mut self) {
        self.shared.state().closed = true;
        self.shared.bell.notify_one();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // Every change of it is one assignment: a panic elsewhere leaves it whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) {
        loop {
            let state = self.bell.wait_while(self.state(), |state| !state.unwritten && !state.closed);
            drop(state.unwrap_or_else(PoisonError::into_inner));
            self.write();
            let rest = self.bell.wait_timeout_while(self.state(), PAUSE, |state| !state.closed);
            let (state, _) = rest.unwrap_or_else(PoisonError::into_inner);
            if state.closed && !state.unwritten {
                return;
            }
        }
    }

    fn write(&self) {
        let _pen = self.pen.lock().unwrap_or_else(PoisonError::into_inner);
        let heads = {
            let mut state = self.state();
            if !state.unwritten {
                return;
            }
            state.unwritten = false;
            state.heads.clone()
        };
        if let Err(error) = replace(&self.path, &heads) {
            // The next commit tries again; the record itself is whole without this file.
            tracing::warn!(%error, file = %self.path.display(), "the end of the record's chain could not be written beside the database");
        }
    }
}

/// Replaces the file in one move.
fn replace(path: &Path, heads: &Heads) -> std::io::Result<()> {
    let mut fresh = path.as_os_str().to_owned();
    fresh.push(".new");
    let fresh = PathBuf::from(fresh);
    let mut file = File::create(&fresh)?;
    file.write_all(&serde_json::to_vec(heads)?)?;
    file.sync_all()?;
    std::fs::rename(fresh, path)
}

/// Returns where the file of a database file stands.
pub fn beside(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".chain-head");
    PathBuf::from(name)
}

/// Reads the file; `None` if there is none.
///
/// # Errors
/// A sentence, if it is there and cannot be read.
pub fn read(path: &Path) -> Result<Option<Heads>, String> {
    let shown = path.display();
    let length = match std::fs::metadata(path) {
        Ok(found) => found.len(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("the file {shown} cannot be read: {error}")),
    };
    if length > BYTES_MAX {
        return Err(format!("the file {shown} is far too long for what it should hold"));
    }
    let bytes = std::fs::read(path).map_err(|error| format!("the file {shown} cannot be read: {error}"))?;
    serde_json::from_slice(&bytes).map(Some).map_err(|error| format!("the file {shown} does not hold the ends of chains: {error}"))
}
