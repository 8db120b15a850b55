//! The venue as one process meets it: over a network that loses, delays and repeats, and with answers that fail.

use std::sync::Arc;

use async_trait::async_trait;
use outcry::domain::funding::Funding;
use outcry::domain::ids::{ClientOrderId, TradeId, VenueOrderId};
use outcry::domain::instrument::{Instrument, InstrumentId};
use outcry::domain::order::{Fill, OrderReport, OrderSpec, VenueOrderState};
use outcry::domain::time::{SECOND_MS, Timestamp};
use outcry::engine::ports::{CancelOutcome, Clock, Exchange, QueryError, SubmitOutcome, VenueAccount, VenueEvent, VenueSink};

use super::bug::Bug;
use super::faults::{Fault, Faults};
use super::life::{Life, Point};
use super::network::Network;

/// Longer than the executor's deadline for a call.
const TOO_LONG_MS: i64 = 5 * SECOND_MS;
/// Reads are at most so far behind.
const LAG_MAX_MS: i64 = 20 * SECOND_MS;
/// For how long a definite refusal of an exit excuses its absence.
const REFUSED_EXCUSE_MS: i64 = 12 * SECOND_MS;
/// For how long a doubt about an exit does: the horizon, and three answers after it.
const DOUBT_EXCUSE_MS: i64 = 60 * SECOND_MS;

/// The venue behind faults.
pub struct FaultyExchange {
    pub network: Arc<Network>,
    pub life: Arc<Life>,
    pub bug: Option<Bug>,
}

impl FaultyExchange {
    fn faults(&self) -> &Faults {
        &self.network.faults
    }

    fn now(&self) -> Timestamp {
        self.network.clock.now()
    }

    /// Notes a fault that keeps an exit from working for a while.
    fn excuse(&self, spec: &OrderSpec, ms: i64) {
        if spec.reduce_only {
            self.faults().excuse(Some(&spec.instrument), self.now().plus_ms(ms));
        }
    }

    async fn send(&self, spec: OrderSpec) -> SubmitOutcome {
        self.life.pass(Point::BeforeSubmit).await;
        if self.faults().strikes(Fault::NotSent) {
            self.excuse(&spec, REFUSED_EXCUSE_MS);
            return SubmitOutcome::NotSent("simulated: no connection".to_owned());
        }
        if self.faults().strikes(Fault::Reject) {
            self.excuse(&spec, REFUSED_EXCUSE_MS);
            if self.bug == Some(Bug::RefusedStopAccepted) && spec.order_type.is_stop() {
                return SubmitOutcome::Accepted { orders: vec![made_up(&spec, self.now())], fills: Vec::new() };
            }
            return SubmitOutcome::Rejected { code: "-1013".to_owned(), reason: "simulated refusal".to_owned() };
        }
        if self.faults().strikes(Fault::LostRequest) {
            self.excuse(&spec, DOUBT_EXCUSE_MS);
            return SubmitOutcome::Unknown("simulated: the connection broke".to_owned());
        }
        if self.faults().strikes(Fault::LateArrival) {
            self.excuse(&spec, DOUBT_EXCUSE_MS);
            self.network.arrive_later(spec, self.now().plus_ms(self.faults().length_ms(4_000, 8_000)));
            self.network.clock.sleep_until(self.now().plus_ms(TOO_LONG_MS)).await;
            return SubmitOutcome::Unknown("simulated: too late".to_owned());
        }
        let excuse = spec.clone();
        let outcome = self.network.arrive(spec).await;
        self.life.pass(Point::AfterAccept).await;
        if self.faults().strikes(Fault::LostAnswer) {
            self.faults().lost_one(self.now());
            self.excuse(&excuse, DOUBT_EXCUSE_MS);
            return SubmitOutcome::Unknown("simulated: the answer is lost".to_owned());
        }
        if self.faults().strikes(Fault::SlowAnswer) {
            self.excuse(&excuse, DOUBT_EXCUSE_MS);
            self.network.clock.sleep_until(self.now().plus_ms(TOO_LONG_MS)).await;
        }
        outcome
    }

    /// Fails a question now and then.
    async fn question(&self) -> Result<(), QueryError> {
        self.life.breathe().await;
        if self.faults().outage(self.now()) || self.faults().strikes(Fault::QueryError) {
            return Err(QueryError("simulated: no answer".to_owned()));
        }
        Ok(())
    }

    /// Returns how far behind this read is, in milliseconds.
    fn lag_ms(&self) -> i64 {
        if self.faults().strikes(Fault::ReadLag) { self.faults().length_ms(0, LAG_MAX_MS) } else { 0 }
    }

    fn shows(&self, id: &ClientOrderId, lag_ms: i64) -> bool {
        lag_ms == 0 || self.network.age_ms(id).is_none_or(|age| age >= lag_ms)
    }

    fn forgives(&self) -> bool {
        self.bug == Some(Bug::ErrorIsNotFound)
    }
}

/// A report of an order that the venue does not have.
fn made_up(spec: &OrderSpec, at: Timestamp) -> OrderReport {
    OrderReport {
        id: spec.id.clone(),
        venue_id: VenueOrderId::new("made-up"),
        instrument: spec.instrument.clone(),
        side: spec.side,
        order_type: spec.order_type,
        state: VenueOrderState::Working,
        quantity: spec.quantity,
        filled: outcry::domain::money::Quantity::ZERO,
        price: spec.price,
        trigger: spec.trigger,
        reduce_only: spec.reduce_only,
        at,
    }
}

#[async_trait]
impl Exchange for FaultyExchange {
    fn name(&self) -> &'static str {
        "paper"
    }

    fn is_live(&self) -> bool {
        false
    }

    fn attach(&self, sink: VenueSink) {
        let (network, life, bug) = (Arc::clone(&self.network), Arc::clone(&self.life), self.bug);
        self.network.venue.attach(Arc::new(move |event| {
            if let (Some(Bug::FillTwice), VenueEvent::Fill(fill)) = (bug, &event) {
                let again = Fill { trade_id: TradeId::new(format!("{}b", fill.trade_id)), ..fill.clone() };
                network.push(VenueEvent::Fill(again), &sink, &life);
            }
            network.push(event, &sink, &life);
        }));
    }

    async fn submit(&self, order: OrderSpec) -> SubmitOutcome {
        let outcome = self.send(order.clone()).await;
        if self.bug == Some(Bug::RetryOnUnknown) && matches!(outcome, SubmitOutcome::Unknown(_)) {
            return self.send(order).await;
        }
        outcome
    }

    async fn cancel(&self, instrument: &InstrumentId, id: &ClientOrderId) -> CancelOutcome {
        self.life.breathe().await;
        let lost = self.faults().strikes(Fault::LostCancel);
        if lost {
            self.faults().excuse(Some(instrument), self.now().plus_ms(DOUBT_EXCUSE_MS));
        }
        if lost && self.faults().length_ms(0, 2) == 0 {
            return CancelOutcome::Unknown("simulated: the cancel is lost".to_owned());
        }
        let outcome = self.network.venue.cancel(instrument, id).await;
        if lost { CancelOutcome::Unknown("simulated: the answer is lost".to_owned()) } else { outcome }
    }

    async fn order(&self, instrument: &InstrumentId, id: &ClientOrderId) -> Result<Option<OrderReport>, QueryError> {
        match self.question().await {
            Err(_) if self.forgives() => return Ok(None),
            asked => asked?,
        }
        let found = self.network.venue.order(instrument, id).await?;
        let lag = self.lag_ms();
        Ok(found.filter(|report| self.shows(&report.id, lag)))
    }

    async fn open_orders(&self) -> Result<Vec<OrderReport>, QueryError> {
        match self.question().await {
            Err(_) if self.forgives() => return Ok(Vec::new()),
            asked => asked?,
        }
        let mut orders = self.network.venue.open_orders().await?;
        let lag = self.lag_ms();
        orders.retain(|report| self.shows(&report.id, lag));
        Ok(orders)
    }

    async fn fills_since(&self, since: Timestamp) -> Result<Vec<Fill>, QueryError> {
        match self.question().await {
            Err(_) if self.forgives() => return Ok(Vec::new()),
            asked => asked?,
        }
        let mut fills = self.network.venue.fills_since(since).await?;
        let lag = self.lag_ms();
        let now = self.now();
        fills.retain(|fill| now.since(fill.at) >= lag);
        Ok(fills)
    }

    async fn funding_since(&self, since: Timestamp) -> Result<Vec<Funding>, QueryError> {
        match self.question().await {
            Err(_) if self.forgives() => return Ok(Vec::new()),
            asked => asked?,
        }
        let mut fundings = self.network.venue.funding_since(since).await?;
        let (lag, now) = (self.lag_ms(), self.now());
        fundings.retain(|funding| now.since(funding.at) >= lag);
        Ok(fundings)
    }

    async fn account(&self) -> Result<VenueAccount, QueryError> {
        self.question().await?;
        self.network.venue.account().await
    }

    async fn instruments(&self) -> Result<Vec<Instrument>, QueryError> {
        self.question().await?;
        self.network.venue.instruments().await
    }
}
