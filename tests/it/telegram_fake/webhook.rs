//! The webhook: what the bot registers, and the task that posts updates to it until each is taken.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::failure::Failure;
use super::request::Args;
use super::state::State;
use super::wire::Wire;

/// Longest secret.
const SECRET_MAX: usize = 256;
/// How long one delivery may take; the real server gives 60 s.
const DELIVERY_MAX: Duration = Duration::from_secs(10);
/// How long after a refusal it tries again; the real server begins with 1 s.
const RETRY_AFTER: Duration = Duration::from_millis(50);
/// How long the task sleeps where nothing happens.
const IDLE: Duration = Duration::from_secs(3600);

/// What the bot registered.
#[derive(Debug, Clone, PartialEq)]
pub struct Webhook {
    pub url: String,
    pub secret: String,
    pub max_connections: i64,
    pub last_error: Option<(i64, String)>,
}

/// `setWebhook`; an empty address deletes.
pub fn set(state: &mut State, args: &Args) -> Result<Value, Failure> {
    let url = args.text("url");
    if url.is_empty() {
        return delete(state, args);
    }
    let secret = args.text("secret_token");
    check(url, secret)?;
    state.allow(args.text("allowed_updates"));
    if args.flag("drop_pending_updates") {
        state.queue.clear();
    }
    let max_connections = args.int("max_connections").unwrap_or(40).clamp(1, 100);
    state.webhook = Some(Webhook { url: url.to_owned(), secret: secret.to_owned(), max_connections, last_error: None });
    state.webhook_epoch += 1;
    Ok(json!(true))
}

fn check(url: &str, secret: &str) -> Result<(), Failure> {
    let rest = match url.split_once("://") {
        Some(("https", rest)) => rest,
        // As a server of one's own does when it runs in local mode; the public one takes https only.
        Some(("http", rest)) if rest.starts_with("127.0.0.1:") || rest.starts_with("localhost:") => rest,
        Some(("http", _)) => return Err(Failure::bad("bad webhook: An HTTPS URL must be provided for webhook")),
        _ => return Err(Failure::bad("invalid webhook URL specified")),
    };
    if rest.is_empty() {
        return Err(Failure::bad("invalid webhook URL specified"));
    }
    if secret.len() > SECRET_MAX {
        return Err(Failure::bad("secret token is too long"));
    }
    if !secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-') {
        return Err(Failure::bad("secret token contains unallowed characters"));
    }
    Ok(())
}

/// `deleteWebhook`.
pub fn delete(state: &mut State, args: &Args) -> Result<Value, Failure> {
    if args.flag("drop_pending_updates") {
        state.queue.clear();
    }
    if state.webhook.take().is_some() {
        state.webhook_epoch += 1;
    }
    Ok(json!(true))
}

/// `getWebhookInfo`.
pub fn info(state: &State) -> Value {
    let mut info = json!({ "url": "", "has_custom_certificate": false, "pending_update_count": state.queue.len() });
    if let Some(webhook) = &state.webhook {
        info["url"] = json!(webhook.url);
        info["max_connections"] = json!(webhook.max_connections);
        if let Some((date, message)) = &webhook.last_error {
            info["last_error_date"] = json!(date);
            info["last_error_message"] = json!(message);
        }
    }
    if let Some(kinds) = &state.allowed {
        info["allowed_updates"] = json!(kinds);
    }
    info
}

/// Posts updates while there is a webhook, one after the other, each until it is taken.
pub async fn deliver(wire: Arc<Wire>) {
    let client = reqwest012::Client::builder().no_proxy().timeout(DELIVERY_MAX).build().unwrap();
    loop {
        let next = |state: &mut State| {
            let webhook = state.webhook.clone()?;
            let update = state.queue.front().filter(|_| !state.faults.down)?;
            Some((webhook, update.clone(), state.webhook_epoch))
        };
        let Some((webhook, update, epoch)) = wire.until(IDLE, next).await else { continue };
        let mut post = client.post(&webhook.url).header("Content-Type", "application/json").body(update.body.to_string());
        if !webhook.secret.is_empty() {
            post = post.header("X-Telegram-Bot-Api-Secret-Token", &webhook.secret);
        }
        let error = match post.send().await {
            Ok(response) if response.status().is_success() => None,
            Ok(response) => Some(format!("Wrong response from the webhook: {}", response.status())),
            Err(_) => Some("Connection failed".to_owned()),
        };
        let taken = error.is_none();
        wire.with(|state| {
            if state.webhook_epoch != epoch {
                return;
            }
            let now = state.now();
            match (error, &mut state.webhook) {
                (None, _) => {
                    let place = state.queue.iter().position(|waiting| waiting.id == update.id);
                    place.map(|place| state.queue.remove(place));
                }
                (Some(error), Some(webhook)) => webhook.last_error = Some((now, error)),
                (Some(_), None) => {}
            }
        });
        if !taken {
            tokio::time::sleep(RETRY_AFTER).await;
        }
    }
}
