//! The door of a Desk's runtime: a bounded queue of inputs, and a count of the work that is still in flight.
//!
//! Invariant I12: the queue is bounded; a sender that finds it full waits, a push that finds it full is dropped and
//! replaced by a stream gap, which makes the runtime ask the venue for everything.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{mpsc, oneshot, watch};

use super::input::Input;

/// Inputs that may wait at the door.
pub const DOOR_CAPACITY: usize = 4_096;

/// Counts work in flight: an input that waits, a step, an order on the wire. Clones share the count.
#[derive(Clone)]
pub struct Busy(Arc<watch::Sender<usize>>);

impl Default for Busy {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(0)))
    }
}

/// One piece of work in flight; dropping it ends it.
pub struct Working(Busy);

impl Busy {
    /// Notes that a piece of work began.
    pub fn begin(&self) -> Working {
        self.0.send_modify(|count| *count += 1);
        Working(self.clone())
    }

    /// Waits until nothing is in flight.
    pub async fn idle(&self) {
        let mut receiver = self.0.subscribe();
        // The sender lives as long as `self`, so waiting cannot fail.
        let _ = receiver.wait_for(|count| *count == 0).await;
    }
}

impl Working {
    /// Notes that more work came out of this one.
    pub fn again(&self) -> Self {
        self.0.begin()
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        self.0.0.send_modify(|count| *count -= 1);
    }
}

/// Why an input had no effect. Nothing of it was committed, unless the error says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DoorError {
    /// The runtime has ended.
    #[error("the trading desk is shutting down")]
    Closed,
    /// The step was refused by the journal.
    #[error("{0}")]
    Journal(#[from] crate::engine::ports::JournalError),
}

/// An input on its way to the runtime.
pub struct Envelope {
    /// The input.
    pub input: Input,
    /// Where the outcome of its commit is told, if somebody waits for it.
    pub done: Option<oneshot::Sender<Result<(), DoorError>>>,
    /// Ends when the step and everything it started is over.
    pub working: Working,
}

/// The sending side of a Desk's door.
#[derive(Clone)]
pub struct DeskDoor {
    queue: mpsc::Sender<Envelope>,
    busy: Busy,
    overflowed: Arc<AtomicBool>,
}

impl DeskDoor {
    /// Returns a door and the queue behind it.
    pub fn new() -> (Self, mpsc::Receiver<Envelope>) {
        let (queue, receiver) = mpsc::channel(DOOR_CAPACITY);
        (Self { queue, busy: Busy::default(), overflowed: Arc::new(AtomicBool::new(false)) }, receiver)
    }

    /// Hands in an input and returns once its step is committed (and its notices are in the outbox).
    ///
    /// # Errors
    /// [`DoorError`] if nothing was committed.
    pub async fn send(&self, input: Input) -> Result<(), DoorError> {
        let (done, outcome) = oneshot::channel();
        let envelope = Envelope { input, done: Some(done), working: self.busy.begin() };
        self.queue.send(envelope).await.map_err(|_| DoorError::Closed)?;
        outcome.await.map_err(|_| DoorError::Closed)?
    }

    /// Hands in an input that nobody waits for, without blocking. If the queue is full the push is lost and noted.
    pub fn push(&self, input: Input) {
        let envelope = Envelope { input, done: None, working: self.busy.begin() };
        if self.queue.try_send(envelope).is_err() {
            self.overflowed.store(true, Ordering::Release);
        }
    }

    /// Hands in an answer that must not be lost, waiting for room at the door but not for its step.
    pub async fn deliver(&self, input: Input, working: Working) {
        // A closed door means that the process ends; the venue is asked again at the next start.
        let _ = self.queue.send(Envelope { input, done: None, working }).await;
    }

    /// Tells once whether a push was lost since the last call.
    pub fn take_overflow(&self) -> bool {
        self.overflowed.swap(false, Ordering::AcqRel)
    }

    /// Returns how many inputs wait at the door.
    pub fn waiting(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
    }

    /// Returns the count of work in flight.
    pub fn busy(&self) -> &Busy {
        &self.busy
    }
}
