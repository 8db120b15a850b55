//! The one loop that owns a Desk: step, commit, apply, act.
//!
//! Invariant I3: a step's facts are committed before memory changes and before anything is done. A commit that failed
//! leaves nothing to undo: what a person asked fails with a sentence, what the venue said waits and is taken again.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::{Notify, mpsc, watch};

use crate::domain::instrument::Instrument;
use crate::domain::time::{SECOND_MS, Timestamp};
use crate::engine::ports::{BookRows, Clock, Commit, Exchange, Journal, JournalError, License, Quotes, SubmitOutcome};
use crate::engine::risk::approve::Approved;

use super::door::{DeskDoor, DoorError, Envelope, Working};
use super::draft::Step;
use super::effect::Effect;
use super::executor::{Executor, Job, LaneWorker};
use super::health::DeskHealth;
use super::input::Input;
use super::machine::{Desk, DeskSettings};

/// The venue's words that may wait for a journal that does not write; beyond that the newest are asked for again.
const BACKLOG_MAX: usize = 10_000;

/// What a runtime is made of.
pub struct RuntimeParts {
    /// The Desk's settings.
    pub settings: DeskSettings,
    /// The durable memory.
    pub journal: Arc<dyn Journal>,
    /// The venue.
    pub exchange: Arc<dyn Exchange>,
    /// The latest prices.
    pub quotes: Arc<dyn Quotes>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// How many instruments may talk to the venue at once; one makes runs repeatable.
    pub lanes: usize,
    /// Rung when notices are committed.
    pub committed: Arc<Notify>,
    /// The secret of a new installation.
    pub fresh_key: Vec<u8>,
}

/// A started runtime with what belongs to it.
pub struct Started {
    /// The loop.
    pub runtime: Runtime,
    /// The lanes' workers.
    pub workers: Vec<LaneWorker>,
    /// Where inputs go in.
    pub door: DeskDoor,
    /// When the next timer is due.
    pub wake: watch::Receiver<Timestamp>,
    /// How the loop stands; closed when it has ended.
    pub health: watch::Receiver<DeskHealth>,
    /// The epoch of this process's hold on the Desk.
    pub epoch: i64,
}

/// The loop that owns a Desk.
pub struct Runtime {
    desk: Desk,
    parts: RuntimeParts,
    instruments: Vec<Instrument>,
    install_key: Vec<u8>,
    epoch: i64,
    queue: mpsc::Receiver<Envelope>,
    door: DeskDoor,
    executor: Executor,
    backlog: VecDeque<Input>,
    /// The books in memory may lack something that is committed: nothing is done before they are read again.
    stale: bool,
    wake: watch::Sender<Timestamp>,
    health: watch::Sender<DeskHealth>,
}

impl Runtime {
    /// Takes the Desk's role, loads the books, and notes as unknown whatever the last process left on the wire. The loop
    /// then asks the venue; entries are taken once the books agree with it.
    ///
    /// # Errors
    /// [`JournalError`] if another process owns the Desk, or the journal does not answer.
    pub async fn start(parts: RuntimeParts, instruments: Vec<Instrument>) -> Result<Started, JournalError> {
        let now = parts.clock.now();
        let epoch = parts.journal.claim_desk(&parts.settings.account, now).await?;
        let install_key = parts.journal.install_key(&parts.fresh_key).await?;
        let rows = parts.journal.load(&parts.settings.account).await?;
        let desk = Desk::new(parts.settings.clone(), &install_key, rows, instruments.clone());
        let (door, queue) = DeskDoor::new();
        let (executor, workers) = Executor::new(parts.lanes, &parts.exchange, &parts.clock, &door);
        let (wake, receiver) = watch::channel(now);
        let (health, standing) = watch::channel(DeskHealth { epoch, reconciled: false, trading: None, backlog: 0 });
        let backlog = VecDeque::new();
        let own_door = door.clone();
        let mut runtime =
            Self { desk, parts, instruments, install_key, epoch, queue, door: own_door, executor, backlog, stale: false, wake, health };
        let Step { events, postings, notices, memory, snapshot, .. } = runtime.desk.recover(now);
        let account = runtime.parts.settings.account.clone();
        let commit = Commit { account, epoch, events, postings, notices, inbox_done: None, snapshot };
        runtime.commit(&commit).await?;
        runtime.desk.apply(commit.events, memory);
        let sink_door = door.clone();
        runtime.parts.exchange.attach(Arc::new(move |event| sink_door.push(event.into())));
        Ok(Started { runtime, workers, door, wake: receiver, health: standing, epoch })
    }

    /// Handles inputs until every door is closed.
    ///
    /// # Errors
    /// [`JournalError::NotOwner`] when another process took the Desk over.
    pub async fn run(mut self) -> Result<(), JournalError> {
        while let Some(Envelope { input, done, working }) = self.queue.recv().await {
            let outcome = self.take(input, &working).await;
            let failure = outcome.clone();
            if let Some(done) = done {
                // Whoever asked may have gone; the outcome is in the books either way.
                let _ = done.send(outcome);
            }
            if let Err(DoorError::Journal(error @ JournalError::NotOwner(_))) = failure {
                return Err(error);
            }
            self.drain_backlog(&working).await?;
            if self.door.take_overflow() {
                self.backlog.push_back(Input::StreamGap);
                self.drain_backlog(&working).await?;
            }
            self.plan_wake();
        }
        Ok(())
    }

    fn plan_wake(&self) {
        let now = self.parts.clock.now();
        let next = self.desk.next_wake(now);
        let next = if self.backlog.is_empty() { next } else { next.min(now.plus_ms(SECOND_MS)) };
        self.wake.send_replace(next);
        self.health.send_replace(self.standing());
    }

    fn standing(&self) -> DeskHealth {
        DeskHealth {
            epoch: self.epoch,
            reconciled: !self.stale && self.desk.is_reconciled(),
            trading: self.desk.book().state().map(|state| state.trading),
            backlog: self.backlog.len(),
        }
    }

    /// Takes one input. While the journal is behind, the venue's words queue up and persons are told to wait.
    async fn take(&mut self, input: Input, working: &Working) -> Result<(), DoorError> {
        if matches!(input, Input::Timer) {
            // The venue's words come before what time makes of them: a stop whose proof waits here is not missing.
            self.drain_backlog(working).await?;
        } else if !self.backlog.is_empty() {
            if waits(&input) {
                self.keep(input);
                return Ok(());
            }
            let text = "earlier answers of the venue are not written yet".to_owned();
            return Err(JournalError::NotWritten(text).into());
        }
        self.step(input, working).await
    }

    /// Takes what waits, in its order, until the journal fails again.
    ///
    /// # Errors
    /// [`JournalError::NotOwner`] alone: what waits is the new owner's to find out, and this loop must end.
    async fn drain_backlog(&mut self, working: &Working) -> Result<(), JournalError> {
        // What fails goes back to the front; the next timer tries again.
        while let Some(input) = self.backlog.pop_front() {
            match self.step(input, working).await {
                Ok(()) => {}
                Err(DoorError::Journal(error @ JournalError::NotOwner(_))) => return Err(error),
                Err(_) => break,
            }
        }
        Ok(())
    }

    fn keep(&mut self, input: Input) {
        if self.backlog.len() < BACKLOG_MAX {
            self.backlog.push_back(input);
        } else {
            // Full: what is dropped now is asked for again, as after a gap in the stream.
            self.backlog.pop_back();
            self.backlog.push_back(Input::StreamGap);
        }
    }

    /// Step, commit, apply, act.
    async fn step(&mut self, input: Input, working: &Working) -> Result<(), DoorError> {
        if self.stale {
            self.reload().await;
        }
        if self.stale {
            if waits(&input) {
                self.backlog.push_front(input);
            }
            return Err(JournalError::NotWritten("the books cannot be read".to_owned()).into());
        }
        let kept = waits(&input).then(|| input.clone());
        let step = self.desk.step(self.parts.clock.now(), &*self.parts.quotes, input);
        let Step { events, postings, notices, inbox_done, snapshot, effects, memory } = step;
        let account = self.parts.settings.account.clone();
        let commit = Commit { account, epoch: self.epoch, events, postings, notices, inbox_done, snapshot };
        match self.commit(&commit).await {
            Ok(()) => {
                if !commit.notices.is_empty() {
                    self.parts.committed.notify_one();
                }
                self.desk.apply(commit.events, memory);
                for effect in effects {
                    self.act(effect, working).await;
                }
                Ok(())
            }
            Err(error) => {
                tracing::error!(%error, "a step was not committed");
                // A duplicate of what is booked is no loss; everything else of the venue's is taken again.
                if let Some(input) = kept.filter(|_| !matches!(error, JournalError::Duplicate(_))) {
                    self.backlog.push_front(input);
                }
                if matches!(error, JournalError::Unknown(_)) {
                    self.reload().await;
                    // It may have been written, its notices with it.
                    self.parts.committed.notify_one();
                }
                Err(error.into())
            }
        }
    }

    /// Writes a step, unless it has nothing to write.
    async fn commit(&self, commit: &Commit) -> Result<(), JournalError> {
        let told = !commit.notices.is_empty() || commit.inbox_done.is_some();
        if commit.events.is_empty() && !told && commit.snapshot.is_none() {
            return Ok(());
        }
        self.parts.journal.commit(commit).await
    }

    /// Reads the books again after a commit whose outcome is not known. Taking the Desk's role anew comes first: it waits
    /// for a transaction that is still in doubt, and no commit of the old epoch can follow.
    async fn reload(&mut self) {
        match self.claim_and_load().await {
            Ok((epoch, rows)) => {
                self.epoch = epoch;
                let settings = self.parts.settings.clone();
                self.desk = Desk::new(settings, &self.install_key, rows, self.instruments.clone());
                self.stale = false;
            }
            Err(error) => {
                tracing::error!(%error, "the books could not be read again");
                self.stale = true;
            }
        }
    }

    async fn claim_and_load(&self) -> Result<(i64, BookRows), JournalError> {
        let account = &self.parts.settings.account;
        let epoch = self.parts.journal.claim_desk(account, self.parts.clock.now()).await?;
        Ok((epoch, self.parts.journal.load(account).await?))
    }

    async fn act(&mut self, effect: Effect, working: &Working) {
        let job = match effect {
            Effect::Send(approved) => match self.license(&approved).await {
                true => Job::Send(approved),
                false => return,
            },
            Effect::Cancel { instrument, id } => Job::Cancel { instrument, id },
            Effect::Ask { instrument, id, since } => Job::Ask { instrument, id, since },
            Effect::Reconcile { since, proof } => Job::Picture { since, proof },
        };
        if let Err(input) = self.executor.queue(job, working.again()) {
            self.keep(*input);
        }
    }

    /// Gets the licence to send: committed before the first byte, given once in an order's life.
    async fn license(&mut self, approved: &Approved) -> bool {
        let id = approved.spec().id.clone();
        if self.stale {
            // The order may be in the database; the books that are read again bring it up, and it is approved anew or lapses.
            return false;
        }
        let Some((orders, events)) = self.desk.licensed(self.parts.clock.now(), &id) else {
            self.keep(Input::LicenseRefused(id));
            return false;
        };
        let opens = orders.first().is_some_and(|row| row.leg.opens());
        let license = License { account: self.parts.settings.account.clone(), epoch: self.epoch, orders, events, opens };
        match self.parts.journal.license(&license).await {
            Ok(true) => {
                self.desk.apply_events(license.events);
                true
            }
            Ok(false) => {
                self.keep(Input::LicenseRefused(id));
                false
            }
            Err(JournalError::Unknown(why)) => {
                // Perhaps licensed, but surely not sent: no byte leaves without a licence that is known.
                self.reload().await;
                let outcome = SubmitOutcome::NotSent(format!("the licence's commit was not confirmed: {why}"));
                self.keep(Input::Submitted { order: id, outcome });
                false
            }
            Err(error) => {
                // Nothing was written and nothing sent. That is said as soon as the journal writes, so that an exit that was
                // not sent does not count as on its way.
                tracing::error!(%error, "no licence to send");
                let outcome = SubmitOutcome::NotSent(format!("its licence could not be written: {error}"));
                self.keep(Input::Submitted { order: id, outcome });
                false
            }
        }
    }
}

/// Tells whether an input must not be lost when it cannot be committed: what a venue said is said once.
fn waits(input: &Input) -> bool {
    !matches!(input, Input::Propose(_) | Input::Tap { .. } | Input::Cancel { .. } | Input::Trading { .. } | Input::Timer)
}
