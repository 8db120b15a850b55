//! A venue that hears nothing from a process whose role may be another's by now.
//!
//! The licence is checked against the database, and so is every commit; between the licence and the wire only this check
//! stands. A process that was stopped there and goes on later finds its lease over by its own clock, and says "surely not
//! sent". Questions change nothing and pass.

use std::sync::Arc;

use async_trait::async_trait;

use crate::domain::funding::Funding;
use crate::domain::ids::ClientOrderId;
use crate::domain::instrument::{Instrument, InstrumentId};
use crate::domain::order::{Fill, OrderReport, OrderSpec};
use crate::domain::time::Timestamp;
use crate::engine::ports::{CancelOutcome, Exchange, QueryError, SubmitOutcome, VenueAccount, VenueSink};
use crate::store::owner::Tenure;

/// Why something was not sent.
const OVER: &str = "this process was silent so long that another may own the desk";

/// A venue, for as long as the role lasts.
pub struct TenuredExchange {
    /// The venue.
    pub inner: Arc<dyn Exchange>,
    /// How long the role is sure.
    pub tenure: Arc<Tenure>,
}

#[async_trait]
impl Exchange for TenuredExchange {
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
        if self.tenure.is_over() {
            tracing::error!(order = %order.id, "an order was not sent: {OVER}");
            return SubmitOutcome::NotSent(OVER.to_owned());
        }
        self.inner.submit(order).await
    }

    async fn cancel(&self, instrument: &InstrumentId, id: &ClientOrderId) -> CancelOutcome {
        if self.tenure.is_over() {
            return CancelOutcome::Unknown(OVER.to_owned());
        }
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use rust_decimal::Decimal;

    use super::*;
    use crate::domain::instrument::{Market, Symbol};
    use crate::domain::money::{Leverage, Quantity};
    use crate::domain::order::{OrderType, Side, TimeInForce};
    use crate::store::owner::LEASE_MS;

    /// A venue that counts what reaches it.
    #[derive(Default)]
    struct Counting(AtomicU32);

    fn unasked<T>() -> Result<T, QueryError> {
        Err(QueryError("not asked here".to_owned()))
    }

    #[async_trait]
    impl Exchange for Counting {
        fn name(&self) -> &'static str {
            "counting"
        }
        fn is_live(&self) -> bool {
            false
        }
        fn attach(&self, _: VenueSink) {}
        async fn submit(&self, _: OrderSpec) -> SubmitOutcome {
            self.0.fetch_add(1, Ordering::Relaxed);
            SubmitOutcome::Unknown(String::new())
        }
        async fn cancel(&self, _: &InstrumentId, _: &ClientOrderId) -> CancelOutcome {
            self.0.fetch_add(1, Ordering::Relaxed);
            CancelOutcome::NotFound
        }
        async fn order(&self, _: &InstrumentId, _: &ClientOrderId) -> Result<Option<OrderReport>, QueryError> {
            unasked()
        }
        async fn open_orders(&self) -> Result<Vec<OrderReport>, QueryError> {
            unasked()
        }
        async fn fills_since(&self, _: Timestamp) -> Result<Vec<Fill>, QueryError> {
            unasked()
        }
        async fn funding_since(&self, _: Timestamp) -> Result<Vec<Funding>, QueryError> {
            unasked()
        }
        async fn account(&self) -> Result<VenueAccount, QueryError> {
            unasked()
        }
        async fn instruments(&self) -> Result<Vec<Instrument>, QueryError> {
            unasked()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn past_the_lease_no_cancel_and_no_order_reaches_the_venue() {
        let (venue, tenure) = (Arc::new(Counting::default()), Arc::new(Tenure::default()));
        let tenured = TenuredExchange { inner: Arc::<Counting>::clone(&venue), tenure: Arc::clone(&tenure) };
        let instrument = InstrumentId { market: Market::Spot, symbol: Symbol::new("BTC", "USDT") };
        let id = ClientOrderId::new("oc-1");
        tenure.renew(crate::clock::Stopwatch::start());
        let one = Quantity::new(Decimal::ONE).unwrap();
        let order = || OrderSpec {
            id: id.clone(),
            instrument: instrument.clone(),
            side: Side::Buy,
            order_type: OrderType::Market,
            quantity: one,
            price: None,
            trigger: None,
            tif: TimeInForce::Ioc,
            reduce_only: false,
            leverage: Leverage::ONE,
            margin_mode: Default::default(),
            attached: Vec::new(),
            trail: None,
            oco: None,
        };
        assert_eq!(tenured.cancel(&instrument, &id).await, CancelOutcome::NotFound);
        assert!(matches!(tenured.submit(order()).await, SubmitOutcome::Unknown(_)));
        tokio::time::advance(Duration::from_millis(LEASE_MS.unsigned_abs())).await;
        assert!(matches!(tenured.cancel(&instrument, &id).await, CancelOutcome::Unknown(_)));
        assert!(matches!(tenured.submit(order()).await, SubmitOutcome::NotSent(_)));
        assert_eq!(venue.0.load(Ordering::Relaxed), 2);
    }
}
