//! The connection to the Bot API: one client for reading and sending.
//!
//! Invariant: the token leaves this value only inside requests to the Bot API; no error, log or debug text shows it.

use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use teloxide::Bot;
use teloxide::requests::{JsonRequest, Payload, Request};
use teloxide::{ApiError as Answer, RequestError};

use crate::engine::deadline::within;

/// Where Telegram answers bots.
pub const TELEGRAM_URL: &str = "https://api.telegram.org";
/// How long making a connection may take.
const CONNECT_MAX: Duration = Duration::from_secs(5);

/// Why there is no connection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// The token has not the form of one.
    #[error("this is no bot token: a token is a number, a colon and letters, as in 123456789:AA…; BotFather shows it")]
    BadToken,
    /// The address cannot be asked.
    #[error("{0:?} is no address of a Bot API; it looks like https://api.telegram.org")]
    BadUrl(String),
    /// The client cannot be made.
    #[error("no connection to the Bot API can be made: {0}")]
    NoClient(String),
}

/// Why a request has no answer that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The token is not, or no longer, valid (401, 404).
    #[error("Telegram does not accept the bot's token (it was revoked or mistyped)")]
    Unauthorized,
    /// Another process reads the same bot's updates, or a webhook is set (409).
    #[error("{0}")]
    Conflict(String),
    /// To be asked again after so many seconds (429).
    #[error("Telegram asks to wait for {0} s")]
    RetryAfter(u32),
    /// Telegram refused the request for good.
    #[error("Telegram refused: {0}")]
    Refused(String),
    /// No answer, or none that can be read; it may have taken effect.
    #[error("Telegram gave no usable answer: {0}")]
    NoAnswer(String),
}

/// A connection to the Bot API. Clones share it.
#[derive(Clone)]
pub struct Api {
    bot: Bot,
    id: i64,
    secret: Arc<str>,
    deadline: Duration,
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Api").field("bot", &self.id).finish_non_exhaustive()
    }
}

impl Api {
    /// Returns a connection that waits at most `deadline` for each answer; asks nothing yet.
    ///
    /// # Errors
    /// [`ApiError`], a sentence with what would work.
    pub fn new(token: &SecretString, url: &str, deadline: Duration) -> Result<Self, ApiError> {
        let id = bot_id(token.expose_secret()).ok_or(ApiError::BadToken)?;
        let address: reqwest012::Url = url.parse().map_err(|_| ApiError::BadUrl(url.to_owned()))?;
        if address.cannot_be_a_base() || !matches!(address.scheme(), "https" | "http") || address.host().is_none() {
            return Err(ApiError::BadUrl(url.to_owned()));
        }
        // The second to come finds it installed.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let client = reqwest012::Client::builder()
            .connect_timeout(CONNECT_MAX)
            .redirect(reqwest012::redirect::Policy::none())
            .tcp_nodelay(true)
            .build()
            .map_err(|error| ApiError::NoClient(error.to_string()))?;
        let bot = Bot::with_client(token.expose_secret(), client).set_api_url(without_slash(address));
        Ok(Self { bot, id, secret: token.expose_secret().into(), deadline })
    }

    /// Returns what requests are made with.
    pub const fn bot(&self) -> &Bot {
        &self.bot
    }

    /// Returns the bot's own numeric id.
    pub const fn bot_id(&self) -> i64 {
        self.id
    }

    /// Sends a request once and waits for its answer.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn call<R>(&self, request: R) -> Result<<R::Payload as Payload>::Output, CallError>
    where
        R: Request<Err = RequestError>,
        R::Send: Send,
        R::Payload: Payload,
    {
        self.call_within(self.deadline, request).await
    }

    /// Sends a request of our own making once and waits for its answer, which may take `longer` than others.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn ask<P>(&self, payload: P, longer: Duration) -> Result<P::Output, CallError>
    where
        P: Payload + serde::Serialize + Send + Sync + 'static,
        P::Output: serde::de::DeserializeOwned + Send + 'static,
    {
        self.call_within(self.deadline.saturating_add(longer), JsonRequest::new(self.bot.clone(), payload)).await
    }

    async fn call_within<R>(&self, limit: Duration, request: R) -> Result<<R::Payload as Payload>::Output, CallError>
    where
        R: Request<Err = RequestError>,
        R::Payload: Payload,
    {
        match within(limit, request.send()).await {
            Some(Ok(answer)) => Ok(answer),
            Some(Err(error)) => Err(self.judged(error)),
            None => Err(CallError::NoAnswer(format!("nothing came within {} s", limit.as_secs()))),
        }
    }

    fn judged(&self, error: RequestError) -> CallError {
        match error {
            RequestError::RetryAfter(wait) => CallError::RetryAfter(wait.seconds()),
            RequestError::Api(Answer::InvalidToken) => CallError::Unauthorized,
            RequestError::Api(Answer::TerminatedByOtherGetUpdates) => {
                CallError::Conflict("another process reads this bot's updates; end it, for only one can".to_owned())
            }
            RequestError::Api(Answer::CantGetUpdates) => {
                CallError::Conflict("a webhook is set for this bot, so its updates cannot be read as well".to_owned())
            }
            RequestError::Api(refusal) => self.refused(&refusal.to_string()),
            RequestError::MigrateToChatId(_) => CallError::Refused("the group has become another chat".to_owned()),
            // What was received is not shown: it holds what people typed.
            RequestError::InvalidJson { source, .. } => CallError::NoAnswer(format!("it cannot be read ({source})")),
            RequestError::Network(error) => CallError::NoAnswer(self.without_token(&error.to_string())),
            RequestError::Io(error) => CallError::NoAnswer(error.to_string()),
        }
    }

    fn refused(&self, words: &str) -> CallError {
        let words = self.without_token(words);
        let said = words.to_ascii_lowercase();
        if said.contains("unauthorized") {
            CallError::Unauthorized
        } else if said.contains("conflict") {
            CallError::Conflict(words)
        } else if ["internal server error", "bad gateway", "gateway timeout", "service unavailable"].iter().any(|word| said.contains(word))
        {
            CallError::NoAnswer(words)
        } else {
            CallError::Refused(words)
        }
    }

    fn without_token(&self, words: &str) -> String {
        words.replace(&*self.secret, "***")
    }
}

/// Returns the number that a token begins with, if it is one.
fn bot_id(token: &str) -> Option<i64> {
    let (number, rest) = token.split_once(':')?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) || rest.is_empty() || !rest.bytes().all(is_plain) {
        return None;
    }
    number.parse().ok().filter(|id| *id > 0)
}

fn without_slash(mut url: reqwest012::Url) -> reqwest012::Url {
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    url.set_query(None);
    url.set_fragment(None);
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAIT: Duration = Duration::from_secs(1);

    #[test]
    fn a_token_and_an_address_are_looked_at_before_they_are_used() {
        let api = |token: &str, url: &str| Api::new(&SecretString::from(token), url, WAIT);
        assert_eq!(api("42:AAbb_-9", TELEGRAM_URL).unwrap().bot_id(), 42);
        for token in ["", "42", "42:", ":AA", "x2:AA", "42:AA/../x", "42:A A", "0:AA", "99999999999999999999:AA", "42:AA\n"] {
            assert_eq!(api(token, TELEGRAM_URL).unwrap_err(), ApiError::BadToken, "{token:?}");
        }
        for url in ["", "api.telegram.org", "ftp://host", "mailto:me@host", "http://"] {
            assert_eq!(api("42:AA", url).unwrap_err(), ApiError::BadUrl(url.to_owned()), "{url:?}");
        }
    }

    #[test]
    fn nothing_shows_the_token() {
        let api = Api::new(&SecretString::from("42:AAsecret"), "http://localhost:1/prefix/", WAIT).unwrap();
        assert!(!format!("{api:?}").contains("secret"));
        assert_eq!(api.refused("no /bot42:AAsecret/getMe here"), CallError::Refused("no /bot***/getMe here".to_owned()));
        assert_eq!(api.refused("Unauthorized"), CallError::Unauthorized);
    }
}
