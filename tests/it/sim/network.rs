//! What is under way between the house and the venue. It outlives processes: an order that left arrives even if its
//! sender is gone.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use outcry::clock::WallClock;
use outcry::domain::ids::ClientOrderId;
use outcry::domain::order::OrderSpec;
use outcry::domain::time::Timestamp;
use outcry::engine::exchange::paper::venue::PaperVenue;
use outcry::engine::ports::{Clock, Exchange, SubmitOutcome, VenueEvent, VenueSink};
use tokio::sync::Notify;

use super::faults::{Fault, Faults};
use super::life::Life;
use super::watch::Watch;

enum Parcel {
    Order(Box<OrderSpec>),
    Push(Box<(VenueEvent, VenueSink, Arc<Life>)>),
}

#[derive(Default)]
struct UnderWay {
    number: u64,
    parcels: BTreeMap<(Timestamp, u64), Parcel>,
}

/// The network.
pub struct Network {
    pub venue: Arc<PaperVenue>,
    pub clock: Arc<WallClock>,
    pub faults: Arc<Faults>,
    pub watch: Arc<Mutex<Watch>>,
    /// Rung when something new is under way.
    pub posted: Notify,
    under_way: Mutex<UnderWay>,
}

impl Network {
    /// Returns a network on which nothing is under way.
    pub fn new(venue: Arc<PaperVenue>, clock: Arc<WallClock>, faults: Arc<Faults>, watch: Arc<Mutex<Watch>>) -> Self {
        Self { venue, clock, faults, watch, posted: Notify::new(), under_way: Mutex::default() }
    }

    /// Brings an order to the venue.
    pub async fn arrive(&self, spec: OrderSpec) -> SubmitOutcome {
        self.watch.lock().unwrap().arrives(&spec, self.clock.now());
        let outcome = self.venue.submit(spec.clone()).await;
        self.watch.lock().unwrap().answered(&spec, &outcome, self.clock.now());
        outcome
    }

    /// Lets an order arrive later.
    pub fn arrive_later(&self, spec: OrderSpec, at: Timestamp) {
        self.keep(at, Parcel::Order(Box::new(spec)));
    }

    /// Brings a push to a process, or some of it, or later.
    pub fn push(&self, event: VenueEvent, sink: &VenueSink, life: &Arc<Life>) {
        let later = |event, low, high| {
            let at = self.clock.now().plus_ms(self.faults.length_ms(low, high));
            self.keep(at, Parcel::Push(Box::new((event, VenueSink::clone(sink), Arc::clone(life)))));
        };
        if life.is_over() {
            return;
        }
        if self.faults.strikes(Fault::PushLost) {
            later(VenueEvent::Gap, 500, 8_000);
        } else if self.faults.strikes(Fault::PushLate) {
            later(event, 10, 5_000);
        } else {
            if self.faults.strikes(Fault::PushTwice) {
                later(event.clone(), 10, 3_000);
            }
            sink(event);
        }
    }

    fn keep(&self, at: Timestamp, parcel: Parcel) {
        let mut under_way = self.under_way.lock().unwrap();
        under_way.number += 1;
        let number = under_way.number;
        under_way.parcels.insert((at, number), parcel);
        self.posted.notify_one();
    }

    /// Returns when the next parcel is due.
    pub fn next_at(&self) -> Option<Timestamp> {
        self.under_way.lock().unwrap().parcels.keys().next().map(|(at, _)| *at)
    }

    /// Delivers what is due.
    pub async fn deliver(&self) {
        let now = self.clock.now();
        while self.next_at().is_some_and(|at| at <= now) {
            let parcel = self.under_way.lock().unwrap().parcels.pop_first();
            match parcel.map(|(_, parcel)| parcel) {
                Some(Parcel::Order(spec)) => {
                    self.arrive(*spec).await;
                }
                Some(Parcel::Push(push)) => {
                    let (event, sink, life) = *push;
                    if !life.is_over() {
                        sink(event);
                    }
                }
                None => {}
            }
        }
    }

    /// Tells how long ago the venue took an order, in milliseconds; `None` if it did not.
    pub fn age_ms(&self, id: &ClientOrderId) -> Option<i64> {
        self.watch.lock().unwrap().taken_at.get(id).map(|at| self.clock.now().since(*at))
    }
}
