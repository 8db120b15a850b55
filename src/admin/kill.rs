//! `POST /api/kill`: a stop word, said as the owner. It takes the same way as one that is typed: through the Desk's door,
//! committed once under its key, and it can only take risk away (I9).

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::domain::ids::SourceKey;
use crate::domain::request::TradingWord;
use crate::engine::desk::door::DoorError;
use crate::engine::desk::input::Input;
use crate::engine::ports::JournalError;

use super::refused::Refused;
use super::window::Window;

/// Longest idempotency key.
const KEY_LEN_MAX: usize = 64;

/// The words, and what each stands for. None of them adds risk; `resume` has a card and is not among them.
const WORDS: [(&str, TradingWord); 5] = [
    ("pause", TradingWord::Pause),
    ("stop", TradingWord::Stop),
    ("panic", TradingWord::Panic),
    ("cancel_entries", TradingWord::CancelEntries),
    ("flatten", TradingWord::Flatten),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    word: String,
}

/// Returns the words there are.
pub fn words() -> [&'static str; 5] {
    WORDS.map(|(name, _)| name)
}

/// Says a stop word, and answers once it is committed.
///
/// # Errors
/// [`Refused`] if it cannot be read, or was not committed.
pub async fn say(
    State(window): State<Arc<Window>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Value>, Refused> {
    let body = body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Refused::TooLarge,
        _ => Refused::BadRequest("the body could not be read".to_owned()),
    })?;
    let expected = || Refused::BadRequest(format!("send {{\"word\": …}} with one of {}", words().join(", ")));
    let said: Said = serde_json::from_slice(&body).map_err(|_| expected())?;
    let (name, word) = WORDS.into_iter().find(|(name, _)| *name == said.word).ok_or_else(expected)?;
    let key = key(&headers)?;
    tracing::warn!(word = name, key = key.as_str(), "an operator says a stop word");
    let repeated = match window.door.send(Input::Trading { word, actor: window.owner, key: key.clone() }).await {
        Ok(()) => false,
        Err(DoorError::Journal(JournalError::Duplicate(_))) => true,
        Err(error) => return Err(Refused::Unavailable(error.to_string())),
    };
    let state = window.views.state(&window.account).await?;
    Ok(Json(json!({
        "word": name,
        "key": key,
        "repeated": repeated,
        "trading": state.map(|state| state.trading),
    })))
}

/// Returns the key that the word is committed under: another request with the same one changes nothing.
fn key(headers: &HeaderMap) -> Result<SourceKey, Refused> {
    let Some(given) = headers.get("idempotency-key") else {
        let mut fresh = [0_u8; 16];
        aws_lc_rs::rand::fill(&mut fresh).map_err(|_| Refused::Unavailable("no random numbers are to be had".to_owned()))?;
        return Ok(SourceKey::new(format!("admin:{}", hex::encode(fresh))));
    };
    let usable = |text: &&str| {
        (1..=KEY_LEN_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    let text = given.to_str().ok().filter(usable);
    let wrong = || Refused::BadRequest(format!("an Idempotency-Key has 1 to {KEY_LEN_MAX} letters, digits, - or _"));
    Ok(SourceKey::new(format!("admin:{}", text.ok_or_else(wrong)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_what_was_given_or_new_each_time() {
        let with = |text: &'static str| HeaderMap::from_iter([("idempotency-key".parse().unwrap(), text.parse().unwrap())]);
        assert_eq!(key(&with("a-1_B")).unwrap().as_str(), "admin:a-1_B");
        assert!(key(&with("a b")).is_err() && key(&with("")).is_err() && key(&with("tg:1")).is_err());
        assert_ne!(key(&HeaderMap::new()).unwrap(), key(&HeaderMap::new()).unwrap());
    }

    #[test]
    fn no_word_adds_risk() {
        assert!(WORDS.iter().all(|(_, word)| *word != TradingWord::Resume));
    }
}
