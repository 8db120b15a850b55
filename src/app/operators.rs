//! The operators' endpoint of a running house: measuring decorators around two ports, and the listener.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::{Quota, RateLimiter};
use prometheus_client::metrics::counter::Counter;
use secrecy::ExposeSecret;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::admin::listen;
use crate::admin::live::{LISTENERS_MAX, Live};
use crate::admin::measured_exchange::MeasuredExchange;
use crate::admin::measured_journal::MeasuredJournal;
use crate::admin::metrics::Metrics;
use crate::admin::record::Reports;
use crate::admin::routes;
use crate::admin::token::Token;
use crate::admin::trail::Trail;
use crate::admin::window::{Lease, Window};
use crate::bot::intake::Intake;
use crate::clock::Stopwatch;
use crate::config::Settings;
use crate::domain::actor::Actor;
use crate::domain::ids::AccountId;
use crate::domain::instrument::{Currency, Instrument};
use crate::engine::deadline::pause;
use crate::store::open::Store;

use super::{House, PAPER_ACCOUNT, Ports, StartError};

/// Requests a second that a peer may make for long.
const RATE_PER_S: NonZeroU32 = NonZeroU32::new(20).unwrap();
/// Requests that a peer may make at once.
const RATE_BURST: NonZeroU32 = NonZeroU32::new(60).unwrap();
/// How often it is measured how late tasks get their turn.
const LAG_EVERY: Duration = Duration::from_millis(500);

/// The endpoint before its house stands.
pub struct Operators {
    token: Token,
    address: SocketAddr,
    quote_age_max_ms: i64,
    metrics: Arc<Metrics>,
    trail: Arc<Trail>,
    live: Live,
    seen: Ports,
    instruments: Vec<Instrument>,
}

impl Operators {
    /// Returns the ports that the house is to use, measured, and the endpoint that shows them; the ports as they are, and no
    /// endpoint, where the settings name no token.
    pub fn around(settings: &Settings, ports: Ports, instruments: &[Instrument]) -> (Ports, Option<Self>) {
        let Some(token) = &settings.admin.token else {
            return (ports, None);
        };
        let metrics = Arc::new(Metrics::default());
        let trail = Arc::new(Trail::new(Arc::clone(&metrics), Arc::clone(&ports.quotes)));
        let live = Live::default();
        let exchange = MeasuredExchange { inner: ports.exchange, metrics: Arc::clone(&metrics), trail: Arc::clone(&trail) };
        let journal =
            MeasuredJournal { inner: ports.journal, metrics: Arc::clone(&metrics), trail: Arc::clone(&trail), live: live.clone() };
        let ports = Ports { exchange: Arc::new(exchange), journal: Arc::new(journal), ..ports };
        let operators = Self {
            token: Token::new(token.expose_secret()),
            address: settings.admin.addr,
            quote_age_max_ms: settings.risk.quote_age_max_ms,
            metrics,
            trail,
            live,
            seen: ports.clone(),
            instruments: instruments.to_vec(),
        };
        (ports, Some(operators))
    }

    /// Returns the count of messages that were more than their people may say.
    pub fn messages_refused(&self) -> Counter {
        self.metrics.messages_refused.clone()
    }

    /// Opens the endpoint; stop words from there are `owner`'s. Returns where it listens.
    ///
    /// # Errors
    /// [`StartError::Failed`] if it cannot listen there.
    pub async fn start(self, house: &mut House, store: &Arc<Store>, owner: Actor) -> Result<SocketAddr, StartError> {
        let unusable = |error: std::io::Error| {
            StartError::Failed(format!("the operators' endpoint cannot listen on {}: {error}; set OUTCRY_ADMIN_ADDR", self.address))
        };
        let listener = TcpListener::bind(self.address).await.map_err(unusable)?;
        let address = listener.local_addr().map_err(unusable)?;
        if !address.ip().is_loopback() {
            tracing::warn!(%address, "the operators' endpoint can be reached from outside; put TLS in front of it");
        }
        tracing::info!(%address, "the operators' endpoint listens");
        let account = AccountId::new(PAPER_ACCOUNT);
        let window = Window {
            token: self.token,
            venue: self.seen.exchange.name().to_owned(),
            live_money: self.seen.exchange.is_live(),
            quote_currency: Currency::new("USDT"),
            owner,
            journal: self.seen.journal,
            views: self.seen.views,
            history: Arc::<Store>::clone(store),
            reports: reports(&house.intake),
            quotes: self.seen.quotes,
            clock: self.seen.clock,
            instruments: self.instruments,
            quote_age_max_ms: self.quote_age_max_ms,
            door: house.door.clone(),
            health: house.health.clone(),
            lease: lease(store, &account),
            metrics: Arc::clone(&self.metrics),
            trail: self.trail,
            live: self.live,
            listeners: Arc::new(Semaphore::new(LISTENERS_MAX)),
            limiter: RateLimiter::keyed(Quota::per_second(RATE_PER_S).allow_burst(RATE_BURST)),
            account,
        };
        let refused = self.metrics.connections_refused.clone();
        house.tasks.spawn("operators", listen::run(listener, routes::router(&Arc::new(window)), refused));
        house.tasks.spawn("loop lag", measure_lag(self.metrics));
        Ok(address)
    }
}

fn lease(store: &Arc<Store>, account: &AccountId) -> Lease {
    let (store, account) = (Arc::clone(store), account.clone());
    Arc::new(move |epoch| {
        let (store, account) = (Arc::clone(&store), account.clone());
        Box::pin(async move { store.holds_desk(&account, epoch).await })
    })
}

/// Reports as the people of the house are told of them.
fn reports(intake: &Arc<Intake>) -> Reports {
    let intake = Arc::clone(intake);
    Arc::new(move |over| {
        let intake = Arc::clone(&intake);
        Box::pin(async move {
            let now = intake.clock.now();
            let symbols = intake.answers.performance_over(over, now).await.map_err(|error| error.to_string())?;
            let together = intake.answers.stats_over(over, now).await.map_err(|error| error.to_string())?;
            Ok((symbols, together))
        })
    })
}

/// Measures how much later than due a task gets its turn.
async fn measure_lag(metrics: Arc<Metrics>) -> Result<(), Infallible> {
    loop {
        let watch = Stopwatch::start();
        pause(LAG_EVERY).await;
        metrics.loop_lag.observe(watch.passed().saturating_sub(LAG_EVERY).as_secs_f64());
    }
}
