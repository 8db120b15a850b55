//! The route that Telegram delivers updates to.
//!
//! Invariant: the secret is compared before the body is read, and 200 is said only after [`Reception::receive`] committed.
//! Whoever does not know the secret learns nothing but that.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{Digest, SHA256, digest};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::Value;
use teloxide::requests::Payload;

use crate::engine::deadline::{pause, within};

use super::api::{Api, CallError};
use super::poll::{ALLOWED_UPDATES, backoff};
use super::reception::Reception;
use super::vigil::Attempt;

/// Where Telegram puts the secret.
const SECRET_HEADER: &str = "x-telegram-bot-api-secret-token";
/// Largest body that is read.
const BODY_BYTES_MAX: usize = 1 << 20;
/// How long a body may take to come.
const BODY_WAIT_MAX: Duration = Duration::from_secs(10);

/// Takes deliveries.
#[derive(Clone)]
pub struct Webhook {
    /// Where updates go.
    pub reception: Arc<Reception>,
    /// Digest of the secret: of one length, whatever is sent.
    secret: Digest,
    path: Arc<str>,
}

impl Webhook {
    /// Returns a webhook that takes deliveries at `path` with this secret.
    pub fn new(reception: Arc<Reception>, path: &str, secret: &SecretString) -> Self {
        Self { reception, secret: digest(&SHA256, secret.expose_secret().as_bytes()), path: path.into() }
    }

    /// Returns its one route. The path is compared as it is, for a router would read signs of its own into it.
    pub fn route(self) -> Router {
        Router::new().fallback(deliver).with_state(self)
    }

    fn knows(&self, headers: &HeaderMap) -> bool {
        let mut given = headers.get_all(SECRET_HEADER).iter();
        let (Some(secret), None) = (given.next(), given.next()) else { return false };
        verify_slices_are_equal(digest(&SHA256, secret.as_bytes()).as_ref(), self.secret.as_ref()).is_ok()
    }

    async fn take(&self, body: Body) -> StatusCode {
        let body = match within(BODY_WAIT_MAX, to_bytes(body, BODY_BYTES_MAX)).await {
            Some(Ok(body)) => body,
            Some(Err(_)) => return StatusCode::PAYLOAD_TOO_LARGE,
            None => return StatusCode::REQUEST_TIMEOUT,
        };
        let Ok(update) = serde_json::from_slice::<Value>(&body) else { return StatusCode::BAD_REQUEST };
        match self.reception.receive(std::slice::from_ref(&update)).await {
            Ok(_) => StatusCode::OK,
            Err(error) => {
                tracing::error!(%error, "an update could not be stored; it is delivered again");
                StatusCode::SERVICE_UNAVAILABLE
            }
        }
    }
}

async fn deliver(State(webhook): State<Webhook>, request: Request) -> StatusCode {
    if request.uri().path() != &*webhook.path {
        return StatusCode::NOT_FOUND;
    }
    if request.method() != Method::POST {
        return StatusCode::METHOD_NOT_ALLOWED;
    }
    if !webhook.knows(request.headers()) {
        webhook.reception.vigil.saw(Attempt::Secret, None, "a delivery to the webhook").await;
        return StatusCode::UNAUTHORIZED;
    }
    webhook.take(request.into_body()).await
}

/// `setWebhook`, with what we need of it.
#[derive(Clone, Serialize)]
struct SetWebhook {
    url: String,
    secret_token: String,
    allowed_updates: &'static [&'static str],
}

impl Payload for SetWebhook {
    type Output = bool;
    const NAME: &'static str = "setWebhook";
}

/// Tells Telegram where to deliver, until it has understood.
///
/// # Errors
/// [`CallError::Refused`] if Telegram does not take the address.
pub async fn announce(api: &Api, url: &str, secret: &SecretString) -> Result<(), CallError> {
    let request = SetWebhook { url: url.to_owned(), secret_token: secret.expose_secret().to_owned(), allowed_updates: ALLOWED_UPDATES };
    let mut failures = 0;
    loop {
        match api.ask(request.clone(), Duration::ZERO).await {
            Ok(_) => return Ok(()),
            Err(error @ CallError::Refused(_)) => return Err(error),
            Err(error) => tracing::warn!(%error, "the webhook is not set yet"),
        }
        pause(backoff(failures)).await;
        failures = failures.saturating_add(1);
    }
}
