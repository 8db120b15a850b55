//! Time's one hand: brings each tick to the board and to the paper venue when it is due, and wakes the Desk when something
//! of its own is due. In a piped chat it moves the clock as well.

use std::sync::Arc;

use tokio::sync::{Mutex, watch};

use crate::clock::SteppedClock;
use crate::domain::time::Timestamp;
use crate::engine::desk::door::{DeskDoor, DoorError};
use crate::engine::desk::input::Input;
use crate::engine::exchange::paper::venue::PaperVenue;
use crate::engine::market::board::QuoteBoard;
use crate::engine::ports::{Clock, Feed};

/// A Desk that asks to be woken at once is woken this much later, in milliseconds, so that time always passes.
const WAKE_MIN_MS: i64 = 50;

/// Brings ticks and timers.
pub struct Pacer {
    /// Where ticks come from; none when a venue elsewhere sends them to the board.
    pub feed: Option<Arc<Mutex<Box<dyn Feed>>>>,
    /// The latest prices.
    pub board: Arc<QuoteBoard>,
    /// The venue that matches against these ticks; none when it runs elsewhere.
    pub venue: Option<Arc<PaperVenue>>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// The Desk.
    pub door: DeskDoor,
    /// When the Desk's next timer is due.
    pub wake: watch::Receiver<Timestamp>,
}

impl Pacer {
    /// Runs with the clock until the Desk is gone.
    ///
    /// # Errors
    /// [`DoorError::Closed`] when the Desk is gone.
    pub async fn run(self: Arc<Self>) -> Result<(), DoorError> {
        let mut wake = self.wake.clone();
        loop {
            let next = self.next().await;
            // Biased, so that a run of the simulation can be repeated.
            tokio::select! {
                biased;
                () = self.clock.sleep_until(next) => {}
                changed = wake.changed() => {
                    changed.map_err(|_| DoorError::Closed)?;
                    continue;
                }
            }
            self.bring(self.clock.now()).await?;
        }
    }

    /// Lets `ms` of market time pass on a clock that stands still otherwise; each moment's work is done before the next.
    ///
    /// # Errors
    /// [`DoorError::Closed`] when the Desk is gone.
    pub async fn pass(&self, clock: &SteppedClock, ms: i64) -> Result<(), DoorError> {
        let end = clock.now().plus_ms(ms);
        loop {
            let next = self.next().await.max(clock.now().plus_ms(1));
            if next > end {
                break;
            }
            clock.set(next);
            self.bring(next).await?;
            self.door.busy().idle().await;
        }
        clock.set(end);
        Ok(())
    }

    /// Brings what is due now: used once at the start, so that there are prices and a first picture of the venue.
    ///
    /// # Errors
    /// [`DoorError::Closed`] when the Desk is gone.
    pub async fn begin(&self) -> Result<(), DoorError> {
        self.bring_ticks(self.clock.now()).await;
        self.timer().await?;
        self.door.busy().idle().await;
        Ok(())
    }

    async fn next(&self) -> Timestamp {
        let wake = (*self.wake.borrow()).max(self.clock.now().plus_ms(WAKE_MIN_MS));
        let Some(feed) = &self.feed else { return wake };
        feed.lock().await.next_at().map_or(wake, |tick| tick.min(wake))
    }

    async fn bring(&self, now: Timestamp) -> Result<(), DoorError> {
        self.bring_ticks(now).await;
        if *self.wake.borrow() <= now {
            self.timer().await?;
        }
        Ok(())
    }

    async fn timer(&self) -> Result<(), DoorError> {
        match self.door.send(Input::Timer).await {
            Err(DoorError::Closed) => Err(DoorError::Closed),
            // A journal that does not write is tried again at the next timer.
            Ok(()) | Err(DoorError::Journal(_)) => Ok(()),
        }
    }

    async fn bring_ticks(&self, now: Timestamp) {
        let Some(feed) = &self.feed else { return };
        loop {
            // A feed hands out a bounded number at a time.
            let mut feed = feed.lock().await;
            if feed.next_at().is_none_or(|at| at > now) {
                return;
            }
            let ticks = feed.due(now);
            drop(feed);
            for tick in ticks {
                self.board.on_tick(&tick);
                if let Some(venue) = &self.venue
                    && let Err(error) = venue.on_tick(&tick).await
                {
                    tracing::error!(%error, "the paper venue could not write what a tick brought about");
                }
            }
        }
    }
}
