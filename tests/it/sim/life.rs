//! One process's life. A planned death comes inside a call: everything that the process tries from then on hangs for
//! ever, as it does for a process that is gone, until the world drops it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// Where inside a step a process may die.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// A step is decided, nothing is written.
    BeforeCommit,
    /// A step is durable, and the process never learns of it.
    AfterCommit,
    /// A licence is given, nothing is sent.
    AfterLicence,
    /// The order is about to leave.
    BeforeSubmit,
    /// The venue has the order, its answer is on the way.
    AfterAccept,
    /// A message is stored, nothing is done about it.
    AfterClaim,
    /// A notice is shown, and not yet marked as delivered.
    AfterShown,
}

impl Point {
    /// All points.
    pub const ALL: [Self; 7] = [
        Self::BeforeCommit,
        Self::AfterCommit,
        Self::AfterLicence,
        Self::BeforeSubmit,
        Self::AfterAccept,
        Self::AfterClaim,
        Self::AfterShown,
    ];
}

/// A process's life.
#[derive(Default)]
pub struct Life {
    dead: AtomicBool,
    died: Notify,
    planned: Mutex<Option<Point>>,
}

impl Life {
    /// Plans the death at the next passing of `point`.
    pub fn plan(&self, point: Point) {
        *self.planned.lock().unwrap() = Some(point);
    }

    /// Ends the life.
    pub fn end(&self) {
        self.dead.store(true, Ordering::SeqCst);
        self.died.notify_one();
    }

    /// Tells whether it is over.
    pub fn is_over(&self) -> bool {
        self.dead.load(Ordering::SeqCst)
    }

    /// Passes a point; never returns if the process is, or hereby becomes, dead.
    pub async fn pass(&self, point: Point) {
        if self.planned.lock().unwrap().take_if(|planned| *planned == point).is_some() {
            self.end();
        }
        self.breathe().await;
    }

    /// Never returns if the process is dead.
    pub async fn breathe(&self) {
        if self.is_over() {
            std::future::pending::<()>().await;
        }
    }

    /// Waits for the end.
    pub async fn over(&self) {
        if !self.is_over() {
            self.died.notified().await;
        }
    }
}
