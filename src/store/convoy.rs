//! Small writes of many callers that go in one transaction: whoever gets the writer takes along all that wait for it. So a
//! crowd waits for the disk together, and a single caller waits no longer than alone.
//!
//! Invariant: a piece of work is taken by one transaction, or taken back by its caller, and its caller hears what became of it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyPool};
use tokio::sync::oneshot;

use crate::engine::ports::JournalError;

use super::write::Failure;

/// Most pieces of work in one transaction, so that whoever else wants the writer gets it soon.
const TOGETHER_MAX: usize = 128;

/// Where work waits.
pub(super) struct Convoy<W, R> {
    waiting: Mutex<Vec<Place<W, R>>>,
    next: AtomicU64,
}

/// A piece of work and whoever waits for its outcome.
pub(super) struct Place<W, R> {
    number: u64,
    /// What is to be written.
    pub(super) work: W,
    done: oneshot::Sender<Result<R, JournalError>>,
}

impl<W, R> Place<W, R> {
    /// Tells the caller what became of the work.
    pub(super) fn end(self, outcome: Result<R, JournalError>) {
        // Whoever asked may have gone; what is written is written.
        let _ = self.done.send(outcome);
    }
}

/// What a caller is to do.
pub(super) enum Turn<W, R> {
    /// Nothing: another transaction took the work along.
    Over(Result<R, JournalError>),
    /// Write all of these, each caller's own perhaps among them, and then wait for its own outcome.
    Lead(PoolConnection<Any>, Vec<Place<W, R>>, Outcome<R>),
}

/// The outcome of a caller's own work.
pub(super) struct Outcome<R>(oneshot::Receiver<Result<R, JournalError>>);

impl<R> Outcome<R> {
    /// Waits for it.
    pub(super) async fn wait(self) -> Result<R, JournalError> {
        self.0.await.unwrap_or_else(|_| given_up())
    }
}

/// Whoever led did not come to an end: the transaction may have.
fn given_up<R>() -> Result<R, JournalError> {
    Err(JournalError::Unknown("the transaction that it was part of was given up".to_owned()))
}

impl<W, R> Default for Convoy<W, R> {
    fn default() -> Self {
        Self { waiting: Mutex::default(), next: AtomicU64::new(0) }
    }
}

impl<W, R> Convoy<W, R> {
    /// Lines up for the writer.
    pub(super) async fn join(&self, writer: &AnyPool, work: W) -> Result<Turn<W, R>, Failure> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let (done, mut outcome) = oneshot::channel();
        self.lock().push(Place { number, work, done });
        tokio::select! {
            biased;
            over = &mut outcome => Ok(Turn::Over(over.unwrap_or_else(|_| given_up()))),
            connection = writer.acquire() => match connection {
                Ok(connection) => {
                    Ok(Turn::Lead(connection, self.take(number), Outcome(outcome)))
                }
                Err(error) if self.take_back(number) => Err(error.into()),
                Err(_) => Ok(Turn::Over(Outcome(outcome).wait().await)),
            },
        }
    }

    /// Takes the caller's own work, unless it is under way, and what has waited longest.
    fn take(&self, own: u64) -> Vec<Place<W, R>> {
        let mut waiting = self.lock();
        let mut places: Vec<Place<W, R>> = waiting.extract_if(.., |place| place.number == own).collect();
        let room = TOGETHER_MAX.saturating_sub(places.len()).min(waiting.len());
        places.extend(waiting.drain(..room));
        // In the order in which it was asked for.
        places.sort_by_key(|place| place.number);
        places
    }

    /// Takes work back that nobody has begun.
    fn take_back(&self, number: u64) -> bool {
        let mut waiting = self.lock();
        let before = waiting.len();
        waiting.retain(|place| place.number != number);
        waiting.len() < before
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Place<W, R>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
