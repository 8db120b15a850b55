//! The Telegram face.
//!
//! A secret is shown only as set; it alone cannot be pasted back from a listing.

use std::net::SocketAddr;

use secrecy::SecretString;

use super::form::{self, Form, Takes, Wrong};
use super::key::{Key, key};

/// Where Telegram answers bots.
const API_URL: &str = "https://api.telegram.org";
/// Where deliveries are listened for, unless told otherwise.
const WEBHOOK_ADDR: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8080);
/// Longest secret that Telegram takes for a webhook.
const SECRET_LEN_MAX: usize = 256;

/// How the bot is reached, and whose it is.
#[derive(Debug, Clone)]
pub struct Telegram {
    /// The bot's token.
    pub bot_token: Option<SecretString>,
    /// Numeric id of its owner.
    pub owner_id: Option<i64>,
    /// Address of the Bot API.
    pub api_url: String,
    /// Public address that Telegram delivers to; none asks for updates instead.
    pub webhook_url: Option<String>,
    /// What Telegram sends with each delivery.
    pub webhook_secret: Option<SecretString>,
    /// Where deliveries are listened for.
    pub webhook_addr: SocketAddr,
}

impl Default for Telegram {
    fn default() -> Self {
        Self {
            bot_token: None,
            owner_id: None,
            api_url: API_URL.to_owned(),
            webhook_url: None,
            webhook_secret: None,
            webhook_addr: WEBHOOK_ADDR,
        }
    }
}

const TOKEN: Form<SecretString> = Form {
    expected: "a bot token as BotFather shows it",
    example: "\"123456789:AA...\"",
    takes: Takes::Text,
    read: |text| form::text(text).map(SecretString::from),
    show: |_| "set".to_owned(),
};

const SECRET: Form<SecretString> = Form {
    expected: "1 to 256 letters, digits, _ and -",
    example: "\"a-long-random-word\"",
    takes: Takes::Text,
    read: |text| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        if text.len() > SECRET_LEN_MAX || !text.bytes().all(plain) {
            return Err(Wrong("is no such word".to_owned()));
        }
        Ok(SecretString::from(text))
    },
    show: |_| "set".to_owned(),
};

const USER_ID: Form<i64> = Form {
    expected: "a numeric user id",
    example: "123456789",
    takes: Takes::Number,
    read: |text| i64::try_from(form::whole(text, 1, i64::MAX.unsigned_abs())?).map_err(|_| Wrong("is too large".to_owned())),
    show: ToString::to_string,
};

const URL: Form<String> = Form {
    expected: "an address that begins with https:// or http://",
    example: "\"https://api.example.org\"",
    takes: Takes::Text,
    read: |text| {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        if rest.is_some_and(|rest| !rest.is_empty()) { form::text(text) } else { Err(Wrong("is no such address".to_owned())) }
    },
    show: Clone::clone,
};

const ADDRESS: Form<SocketAddr> = Form {
    expected: "an address and port",
    example: "\"127.0.0.1:8080\"",
    takes: Takes::Text,
    read: |text| text.parse().map_err(|_| Wrong("is no address with a port".to_owned())),
    show: ToString::to_string,
};

/// The keys of this table.
pub const KEYS: &[Key] = &[
    key!(
        "telegram.bot_token",
        Some("TELEGRAM_BOT_TOKEN"),
        "Token of the Telegram bot.",
        optional TOKEN,
        telegram.bot_token
    )
    .secret(),
    key!(
        "telegram.owner_id",
        Some("TELEGRAM_OWNER_ID"),
        "Numeric Telegram id of the owner.",
        optional USER_ID,
        telegram.owner_id
    ),
    key!("telegram.api_url", Some("TELEGRAM_API_URL"), "Address of the Bot API.", URL, telegram.api_url),
    key!(
        "telegram.webhook_url",
        Some("TELEGRAM_WEBHOOK_URL"),
        "Public address that Telegram delivers to; none asks for updates instead.",
        optional URL,
        telegram.webhook_url
    ),
    key!(
        "telegram.webhook_secret",
        Some("TELEGRAM_WEBHOOK_SECRET"),
        "Secret that Telegram sends with each delivery.",
        optional SECRET,
        telegram.webhook_secret
    )
    .secret(),
    key!(
        "telegram.webhook_addr",
        Some("TELEGRAM_WEBHOOK_ADDR"),
        "Address that deliveries are listened for at, behind whatever ends TLS.",
        ADDRESS,
        telegram.webhook_addr
    ),
];

/// Returns what cannot hold together, by key.
pub fn contradictions(telegram: &Telegram) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    if telegram.webhook_url.is_some() && telegram.webhook_secret.is_none() {
        let sentence = "a webhook needs telegram.webhook_secret (TELEGRAM_WEBHOOK_SECRET): without it anybody could deliver.";
        found.push(("telegram.webhook_url", sentence.to_owned()));
    }
    found
}
