//! A venue whose answers to orders are counted. It changes nothing.

use std::sync::Arc;

use async_trait::async_trait;

use crate::domain::funding::Funding;
use crate::domain::ids::ClientOrderId;
use crate::domain::instrument::{Instrument, InstrumentId};
use crate::domain::order::{Fill, OrderReport, OrderSpec};
use crate::domain::time::Timestamp;
use crate::engine::ports::{CancelOutcome, Exchange, QueryError, SubmitOutcome, VenueAccount, VenueSink};

use super::metrics::Metrics;
use super::trail::Trail;

/// A venue, measured.
pub struct MeasuredExchange {
    /// The venue.
    pub inner: Arc<dyn Exchange>,
    /// Where its answers are counted.
    pub metrics: Arc<Metrics>,
    /// Where its orders are followed.
    pub trail: Arc<Trail>,
}

#[async_trait]
impl Exchange for MeasuredExchange {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn is_live(&self) -> bool {
        self.inner.is_live()
    }

    fn attach(&self, sink: VenueSink) {
        self.inner.attach(sink);
    }

    async fn submit(&self, order: OrderSpec) -> SubmitOutcome {
        self.trail.sent(&order);
        let outcome = self.inner.submit(order).await;
        self.metrics.order(&outcome);
        outcome
    }

    async fn cancel(&self, instrument: &InstrumentId, id: &ClientOrderId) -> CancelOutcome {
        self.inner.cancel(instrument, id).await
    }

    async fn order(&self, instrument: &InstrumentId, id: &ClientOrderId) -> Result<Option<OrderReport>, QueryError> {
        self.inner.order(instrument, id).await
    }

    async fn open_orders(&self) -> Result<Vec<OrderReport>, QueryError> {
        self.inner.open_orders().await
    }

    async fn fills_since(&self, since: Timestamp) -> Result<Vec<Fill>, QueryError> {
        self.inner.fills_since(since).await
    }

    async fn funding_since(&self, since: Timestamp) -> Result<Vec<Funding>, QueryError> {
        self.inner.funding_since(since).await
    }

    async fn account(&self) -> Result<VenueAccount, QueryError> {
        self.inner.account().await
    }

    async fn instruments(&self) -> Result<Vec<Instrument>, QueryError> {
        self.inner.instruments().await
    }
}
