//! Updates that are posted to the bot.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::Value;
use teloxide::ApiError;
use teloxide::payloads::{DeleteWebhookSetters, SetWebhookSetters};
use teloxide::prelude::Requester;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::{ANN, api_error, with_ann};

/// A bot's route that refuses the first post; tells of each with its secret.
async fn route() -> (String, mpsc::Receiver<(String, Value)>) {
    let (tell, heard) = mpsc::channel(16);
    let seen = Arc::new(AtomicUsize::new(0));
    let handler = move |headers: HeaderMap, body: String| async move {
        let secret = headers.get("x-telegram-bot-api-secret-token").map(|value| value.to_str().unwrap().to_owned());
        tell.send((secret.unwrap_or_default(), serde_json::from_str(&body).unwrap())).await.unwrap();
        if seen.fetch_add(1, Ordering::SeqCst) == 0 { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/hook", post(handler))).await });
    (url, heard)
}

#[tokio::test]
async fn updates_are_posted_until_they_are_taken() {
    let (telegram, bot) = with_ann();
    let (url, mut heard) = route().await;
    telegram.say(ANN, "dropped");
    bot.set_webhook(url.parse().unwrap()).secret_token("s3cret-_".to_owned()).drop_pending_updates(true).await.unwrap();
    telegram.say(ANN, "one");
    telegram.say(ANN, "two");
    let mut texts = Vec::new();
    for _ in 0..3 {
        let (secret, body) = heard.recv().await.unwrap();
        assert_eq!(secret, "s3cret-_");
        texts.push(body["message"]["text"].as_str().unwrap().to_owned());
    }
    assert_eq!(texts, ["one", "one", "two"]);
    telegram.wait_drained().await;
    let info = bot.get_webhook_info().await.unwrap();
    assert_eq!((info.url.unwrap().to_string(), info.pending_update_count), (url, 0));
    assert!(info.last_error_message.unwrap().contains("503"));
    assert!(matches!(api_error(bot.get_updates().await), ApiError::Unknown(text) if text.starts_with("Conflict: can't use getUpdates")));
    bot.delete_webhook().drop_pending_updates(true).await.unwrap();
    assert_eq!(bot.get_updates().await.unwrap(), []);
    assert_eq!(bot.get_webhook_info().await.unwrap().url, None);
}

#[tokio::test]
async fn a_webhook_ends_a_poll() {
    let (telegram, bot) = with_ann();
    let waiting = tokio::spawn({
        let bot = bot.clone();
        async move { teloxide::payloads::GetUpdatesSetters::timeout(bot.get_updates(), 50).await }
    });
    let (url, _heard) = route().await;
    bot.set_webhook(url.parse().unwrap()).await.unwrap();
    let refused = api_error(waiting.await.unwrap());
    assert!(matches!(refused, ApiError::Unknown(text) if text.starts_with("Conflict: ")));
    drop(telegram);
}

#[tokio::test]
async fn addresses_and_secrets_are_checked() {
    let (_telegram, bot) = with_ann();
    let set = |url: &str| bot.set_webhook(url.parse().unwrap());
    let unknown = |text: &str| ApiError::Unknown(format!("Bad Request: {text}"));
    assert_eq!(api_error(set("http://example.org/x").await), unknown("bad webhook: An HTTPS URL must be provided for webhook"));
    assert_eq!(api_error(set("ftp://example.org/x").await), unknown("invalid webhook URL specified"));
    let secret = set("https://example.org/x").secret_token("no spaces".to_owned());
    assert_eq!(api_error(secret.await), unknown("secret token contains unallowed characters"));
    let secret = set("https://example.org/x").secret_token("x".repeat(257));
    assert_eq!(api_error(secret.await), unknown("secret token is too long"));
}
