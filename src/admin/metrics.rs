//! The figures, in a registry of their own that is handed in: there is no global one. Their names and meanings are in
//! `docs/operations.md`, and a test compares. Binary floats are fine here: nothing is decided by a figure.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use crate::domain::refusal::Code;
use crate::engine::ports::{JournalError, SubmitOutcome};

/// A share of one, or a length in seconds.
pub type Figure = Gauge<f64, AtomicU64>;

/// What came of an order that was sent.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ByOutcome {
    outcome: &'static str,
}

/// Which rule refused.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ByCode {
    code: &'static str,
}

/// Which queue.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ByQueue {
    queue: &'static str,
}

/// Which route, and how it was answered.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ByRoute {
    route: String,
    status: u16,
}

/// The figures of one process.
pub struct Metrics {
    registry: Registry,
    orders: Family<ByOutcome, Counter>,
    denials: Family<ByCode, Counter>,
    commits: Family<ByOutcome, Counter>,
    requests: Family<ByRoute, Counter>,
    queues: Family<ByQueue, Gauge>,
    /// From the tap to the first byte on its way to the venue.
    pub tap_to_wire: Histogram,
    /// From a message's arrival until it is dealt with.
    pub message: Histogram,
    /// How far executions were from the price that was seen when their order was sent, as a share; above zero is worse.
    pub slippage: Histogram,
    /// How long a commit takes.
    pub commit: Histogram,
    /// How much later than due a task gets its turn.
    pub loop_lag: Histogram,
    /// How long the position that has been without a proven stop longest has been so.
    pub unprotected: Figure,
    /// Age of the oldest message that is not dealt with.
    pub message_age: Figure,
    /// Notices that wait for delivery.
    pub outbox: Gauge,
    /// People who wrote within the last quarter of an hour.
    pub active_users: Gauge,
    /// Listeners of the live stream.
    pub listeners: Gauge,
    /// Listeners that were too slow.
    pub listeners_dropped: Counter,
    /// Connections that found no room.
    pub connections_refused: Counter,
    /// Messages that were more than their people may say.
    pub messages_refused: Counter,
}

fn seconds(least: f64) -> Histogram {
    Histogram::new(exponential_buckets(least, 2.5, 14))
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("outcry"),
            orders: Family::default(),
            denials: Family::default(),
            commits: Family::default(),
            requests: Family::default(),
            queues: Family::default(),
            tap_to_wire: seconds(0.000_5),
            message: seconds(0.000_5),
            slippage: Histogram::new([-0.01, -0.001, -0.000_1, 0.0, 0.000_1, 0.000_2, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.05]),
            commit: seconds(0.000_1),
            loop_lag: seconds(0.000_1),
            unprotected: Figure::default(),
            message_age: Figure::default(),
            outbox: Gauge::default(),
            active_users: Gauge::default(),
            listeners: Gauge::default(),
            listeners_dropped: Counter::default(),
            connections_refused: Counter::default(),
            messages_refused: Counter::default(),
        };
        metrics.register_trading();
        metrics.register_process();
        metrics
    }
}

impl Metrics {
    fn register_trading(&mut self) {
        let Self { registry, .. } = self;
        registry.register("orders", "Orders sent, by what the venue answered", self.orders.clone());
        registry.register("denials", "Reasons why plans were denied, by code", self.denials.clone());
        registry.register_with_unit(
            "tap_to_wire",
            "From the tap's arrival to the order on its way",
            Unit::Seconds,
            self.tap_to_wire.clone(),
        );
        let help = "Executions against the touch when their order was sent; above zero is worse";
        registry.register_with_unit("slippage", help, Unit::Ratios, self.slippage.clone());
        let help = "How long a position has been without a proven stop, of the longest";
        registry.register_with_unit("unprotected", help, Unit::Seconds, self.unprotected.clone());
    }

    fn register_process(&mut self) {
        let Self { registry, .. } = self;
        registry.register_with_unit("message", "From a message's arrival until it is dealt with", Unit::Seconds, self.message.clone());
        registry.register_with_unit("update_lag", "Age of the oldest message not dealt with", Unit::Seconds, self.message_age.clone());
        registry.register("outbox_depth", "Notices that wait for delivery, counted up to 1000", self.outbox.clone());
        let help = "Messages beyond what a person may say in a minute, not read";
        registry.register("messages_refused", help, self.messages_refused.clone());
        registry.register("active_users", "People who wrote in the last 15 minutes", self.active_users.clone());
        registry.register("queue_depth", "What waits in a queue", self.queues.clone());
        registry.register_with_unit("commit", "How long a commit takes", Unit::Seconds, self.commit.clone());
        registry.register("commits", "Commits, by outcome", self.commits.clone());
        registry.register_with_unit("loop_lag", "How much later than due a task gets its turn", Unit::Seconds, self.loop_lag.clone());
        registry.register("http_requests", "Requests of operators, by route and status", self.requests.clone());
        registry.register("http_connections_refused", "Connections that found no room", self.connections_refused.clone());
        registry.register("listeners", "Listeners of the live stream", self.listeners.clone());
        registry.register("listeners_dropped", "Listeners that were too slow", self.listeners_dropped.clone());
        let build = Info::new(vec![("version", env!("CARGO_PKG_VERSION")), ("target", std::env::consts::ARCH)]);
        registry.register("build", "What runs", build);
    }

    /// Counts an order by what came of sending it.
    pub fn order(&self, outcome: &SubmitOutcome) {
        let outcome = match outcome {
            SubmitOutcome::Accepted { .. } => "accepted",
            SubmitOutcome::Rejected { .. } => "rejected",
            SubmitOutcome::NotSent(_) => "not_sent",
            SubmitOutcome::Unknown(_) => "unknown",
        };
        self.orders.get_or_create(&ByOutcome { outcome }).inc();
    }

    /// Counts a reason why a plan was denied.
    pub fn denial(&self, code: Code) {
        self.denials.get_or_create(&ByCode { code: code.as_str() }).inc();
    }

    /// Counts a commit, and how long it took.
    pub fn committed(&self, took: Duration, outcome: Result<(), &JournalError>) {
        self.commit.observe(took.as_secs_f64());
        let outcome = match outcome {
            Ok(()) => "written",
            Err(JournalError::NotWritten(_)) => "not_written",
            Err(JournalError::Duplicate(_)) => "duplicate",
            Err(JournalError::NotOwner(_)) => "not_owner",
            Err(JournalError::Unknown(_)) => "unknown",
        };
        self.commits.get_or_create(&ByOutcome { outcome }).inc();
    }

    /// Counts a request.
    pub fn request(&self, route: &str, status: u16) {
        self.requests.get_or_create(&ByRoute { route: route.to_owned(), status }).inc();
    }

    /// Notes how much waits in a queue.
    pub fn queue(&self, queue: &'static str, depth: usize) {
        self.queues.get_or_create(&ByQueue { queue }).set(i64::try_from(depth).unwrap_or(i64::MAX));
    }

    /// Returns all figures as OpenMetrics text.
    ///
    /// # Errors
    /// If they cannot be written as text.
    pub fn text(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}
