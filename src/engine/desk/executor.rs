//! The executor carries approved orders, cancels and questions to the venue, each with a deadline, and brings the answers
//! back to the Desk's door. It alone submits orders, and each approval once (I1, I4).
//!
//! Jobs of one instrument run one after another on a lane; a picture of the whole account waits until the lanes are idle.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::domain::ids::ClientOrderId;
use crate::domain::instrument::InstrumentId;
use crate::domain::order::{Fill, OrderReport};
use crate::domain::time::Timestamp;
use crate::engine::deadline::within;
use crate::engine::ports::{CancelOutcome, Clock, Exchange, QueryError, SubmitOutcome};
use crate::engine::risk::approve::Approved;

use super::door::{Busy, DeskDoor, Working};
use super::effect::Proof;
use super::input::{Input, VenuePicture};

/// How long one call to the venue may take.
const CALL_MAX: Duration = Duration::from_secs(4);
/// How long a whole picture may take, the wait for idle lanes included.
const PICTURE_MAX: Duration = Duration::from_secs(10);
/// Jobs that may wait on one lane.
const LANE_CAPACITY: usize = 1_024;

/// Something to do at the venue.
pub enum Job {
    /// Send an order, once.
    Send(Approved),
    /// Cancel an order.
    Cancel {
        /// Which instrument.
        instrument: InstrumentId,
        /// Which order.
        id: ClientOrderId,
    },
    /// Ask what became of an order.
    Ask {
        /// Which instrument.
        instrument: InstrumentId,
        /// Which order.
        id: ClientOrderId,
        /// Executions since then.
        since: Timestamp,
    },
    /// Ask for the whole picture.
    Picture {
        /// Executions since then.
        since: Timestamp,
        /// Who is shown it.
        proof: Option<Proof>,
    },
}

/// A job with its marks of being in flight.
struct Task {
    job: Job,
    working: Working,
    on_lane: Option<Working>,
}

/// The runtime's side of the lanes.
pub struct Executor {
    lanes: Vec<mpsc::Sender<Task>>,
    pictures: mpsc::Sender<Task>,
    on_lanes: Busy,
}

impl Executor {
    /// Returns an executor with `lanes` lanes and the workers that must be run for it, each under its name.
    pub fn new(lanes: usize, exchange: &Arc<dyn Exchange>, clock: &Arc<dyn Clock>, door: &DeskDoor) -> (Self, Vec<LaneWorker>) {
        let on_lanes = Busy::default();
        let worker = |queue| LaneWorker {
            queue,
            exchange: Arc::clone(exchange),
            clock: Arc::clone(clock),
            door: door.clone(),
            on_lanes: on_lanes.clone(),
        };
        let (senders, mut workers): (Vec<_>, Vec<_>) = (0..lanes.max(1))
            .map(|_| {
                let (sender, queue) = mpsc::channel(LANE_CAPACITY);
                (sender, worker(queue))
            })
            .unzip();
        let (pictures, queue) = mpsc::channel(LANE_CAPACITY);
        workers.push(worker(queue));
        (Self { lanes: senders, pictures, on_lanes }, workers)
    }

    /// Queues a job. A job that finds its queue full comes back as the input that says so.
    pub fn queue(&self, job: Job, working: Working) -> Result<(), Box<Input>> {
        let (sender, on_lane) = match &job {
            Job::Picture { .. } => (Some(&self.pictures), None),
            Job::Send(approved) => (self.lane(&approved.spec().instrument), Some(self.on_lanes.begin())),
            Job::Cancel { instrument, .. } | Job::Ask { instrument, .. } => (self.lane(instrument), Some(self.on_lanes.begin())),
        };
        let task = Task { job, working, on_lane };
        let Some(sender) = sender else { return Err(Box::new(refused(task.job))) };
        match sender.try_reserve() {
            Ok(place) => {
                place.send(task);
                Ok(())
            }
            Err(_) => Err(Box::new(refused(task.job))),
        }
    }

    fn lane(&self, instrument: &InstrumentId) -> Option<&mpsc::Sender<Task>> {
        let sum: usize = instrument.to_string().bytes().map(usize::from).sum();
        self.lanes.get(sum % self.lanes.len().max(1))
    }
}

/// What the Desk is told of a job that could not be queued: nothing of it has happened.
fn refused(job: Job) -> Input {
    let reason = "the queue to the venue is full".to_owned();
    match job {
        Job::Send(approved) => Input::Submitted { order: approved.spec().id.clone(), outcome: SubmitOutcome::NotSent(reason) },
        Job::Cancel { id, .. } => Input::Cancelled { order: id, outcome: CancelOutcome::Unknown(reason) },
        Job::Ask { id, .. } => Input::Asked { order: id, answer: Err(QueryError(reason)) },
        Job::Picture { proof, .. } => Input::Reconciled { picture: Err(QueryError(reason)), proof },
    }
}

/// One lane's worker.
pub struct LaneWorker {
    queue: mpsc::Receiver<Task>,
    exchange: Arc<dyn Exchange>,
    clock: Arc<dyn Clock>,
    door: DeskDoor,
    on_lanes: Busy,
}

impl LaneWorker {
    /// Does jobs until the runtime is gone.
    pub async fn run(mut self) {
        while let Some(Task { job, working, on_lane }) = self.queue.recv().await {
            let input = match job {
                Job::Send(approved) => self.send(approved).await,
                Job::Cancel { instrument, id } => self.cancel(&instrument, id).await,
                Job::Ask { instrument, id, since } => self.ask(&instrument, id, since).await,
                Job::Picture { since, proof } => self.picture(since, proof).await,
            };
            // The answer is at the door before the lane counts as idle, so that a picture comes after it.
            self.door.deliver(input, working).await;
            drop(on_lane);
        }
    }

    async fn send(&self, approved: Approved) -> Input {
        let order = approved.spec().id.clone();
        if self.clock.now() >= approved.expires_at() {
            return Input::Submitted { order, outcome: SubmitOutcome::NotSent("the approval grew too old in the queue".to_owned()) };
        }
        let outcome = match within(CALL_MAX, self.exchange.submit(approved.into_spec())).await {
            Some(outcome) => outcome,
            None => SubmitOutcome::Unknown("no answer in time".to_owned()),
        };
        Input::Submitted { order, outcome }
    }

    async fn cancel(&self, instrument: &InstrumentId, id: ClientOrderId) -> Input {
        let outcome = within(CALL_MAX, self.exchange.cancel(instrument, &id)).await;
        Input::Cancelled { order: id, outcome: outcome.unwrap_or_else(|| CancelOutcome::Unknown("no answer in time".to_owned())) }
    }

    async fn ask(&self, instrument: &InstrumentId, id: ClientOrderId, since: Timestamp) -> Input {
        let answer = within(CALL_MAX, self.look_for(instrument, &id, since)).await;
        Input::Asked { order: id, answer: answer.unwrap_or_else(no_answer) }
    }

    /// Looks for an order by its id, among open orders, and among executions; all three must answer.
    async fn look_for(
        &self,
        instrument: &InstrumentId,
        id: &ClientOrderId,
        since: Timestamp,
    ) -> Result<(Option<OrderReport>, Vec<Fill>), QueryError> {
        let mut report = self.exchange.order(instrument, id).await?;
        if report.is_none() {
            report = self.exchange.open_orders().await?.into_iter().find(|report| report.id == *id);
        }
        let fills = self.exchange.fills_since(since).await?;
        Ok((report, fills.into_iter().filter(|fill| fill.order.as_ref() == Some(id)).collect()))
    }

    async fn picture(&self, since: Timestamp, proof: Option<Proof>) -> Input {
        let picture = within(PICTURE_MAX, async {
            self.on_lanes.idle().await;
            let orders = self.exchange.open_orders().await?;
            let fills = self.exchange.fills_since(since).await?;
            let fundings = self.exchange.funding_since(since).await?;
            let account = self.exchange.account().await?;
            Ok(Box::new(VenuePicture { orders, fills, fundings, account }))
        });
        Input::Reconciled { picture: picture.await.unwrap_or_else(no_answer), proof }
    }
}

fn no_answer<T>() -> Result<T, QueryError> {
    Err(QueryError("no answer in time".to_owned()))
}
