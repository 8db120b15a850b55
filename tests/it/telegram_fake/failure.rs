//! What the API refuses with, and the envelope around every answer. The sentences are those of tdlib/telegram-bot-api.

use serde_json::{Value, json};

/// A refusal as it goes over the wire.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// The HTTP status, repeated as `error_code`.
    pub code: u16,
    pub description: String,
    pub parameters: Option<Value>,
}

impl Failure {
    fn new(code: u16, description: impl Into<String>) -> Self {
        Self { code, description: description.into(), parameters: None }
    }

    /// 400; the server lowers the first letter of a sentence and leaves code words such as `BUTTON_DATA_INVALID`.
    pub fn bad(reason: &str) -> Self {
        let code_word = reason.as_bytes().get(1).is_some_and(|&second| second == b'_' || second.is_ascii_uppercase());
        let mut letters = reason.chars();
        let reason = match letters.next() {
            Some(first) if !code_word => first.to_lowercase().chain(letters).collect(),
            _ => reason.to_owned(),
        };
        Self::new(400, format!("Bad Request: {reason}"))
    }

    /// 401 for a token of the right form that no bot has, or that was revoked.
    pub fn unauthorized() -> Self {
        Self::new(401, "Unauthorized")
    }

    pub fn forbidden(reason: &str) -> Self {
        Self::new(403, format!("Forbidden: {reason}"))
    }

    /// 404 for a path that is none of the API's.
    pub fn not_found() -> Self {
        Self::new(404, "Not Found")
    }

    pub fn no_such_method() -> Self {
        Self::new(404, "Not Found: method not found")
    }

    pub fn conflict(reason: &str) -> Self {
        Self::new(409, format!("Conflict: {reason}"))
    }

    /// 429 with the seconds to wait.
    pub fn too_many(seconds: u64) -> Self {
        let mut failure = Self::new(429, format!("Too Many Requests: retry after {seconds}"));
        failure.parameters = Some(json!({ "retry_after": seconds }));
        failure
    }

    /// 400 with the chat's new number.
    pub fn migrated(to: i64) -> Self {
        let mut failure = Self::bad("group chat was upgraded to a supergroup chat");
        failure.parameters = Some(json!({ "migrate_to_chat_id": to }));
        failure
    }

    /// A server error by its HTTP status.
    pub fn server(code: u16) -> Self {
        let reason = match code {
            502 => "Bad Gateway",
            503 => "Service Unavailable",
            504 => "Gateway Timeout",
            _ => "Internal Server Error",
        };
        Self::new(code, reason)
    }
}

/// HTTP status and body of an answer.
pub fn envelope(answer: &Result<Value, Failure>) -> (u16, Value) {
    match answer {
        Ok(result) => (200, json!({ "ok": true, "result": result })),
        Err(failure) => {
            let mut body = json!({ "ok": false, "error_code": failure.code, "description": failure.description });
            if let Some(parameters) = &failure.parameters {
                body["parameters"] = parameters.clone();
            }
            (failure.code, body)
        }
    }
}
