//! What the endpoint does not do, as JSON with a stable code.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::engine::ports::JournalError;

/// Why a request is not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// The token is missing or wrong.
    Unauthorized,
    /// There is no such route, or no such thing.
    NotFound(String),
    /// The route knows other methods.
    Method,
    /// What was sent cannot be read.
    BadRequest(String),
    /// More was sent than is read.
    TooLarge,
    /// Too many requests of one peer.
    TooMany,
    /// Something that is needed does not answer now.
    Unavailable(String),
    /// It took too long.
    Deadline,
}

impl Refused {
    const fn status(&self) -> StatusCode {
        match self {
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Deadline => StatusCode::GATEWAY_TIMEOUT,
        }
    }

    const fn code(&self) -> &'static str {
        match self {
            Self::Unauthorized => "UNAUTHORIZED",
            Self::NotFound(_) => "NOT_FOUND",
            Self::Method => "METHOD_NOT_ALLOWED",
            Self::BadRequest(_) => "BAD_REQUEST",
            Self::TooLarge => "TOO_LARGE",
            Self::TooMany => "TOO_MANY_REQUESTS",
            Self::Unavailable(_) => "UNAVAILABLE",
            Self::Deadline => "DEADLINE",
        }
    }

    fn sentence(&self) -> &str {
        match self {
            Self::Unauthorized => "the bearer token is missing or wrong",
            Self::NotFound(text) | Self::BadRequest(text) | Self::Unavailable(text) => text,
            Self::Method => "this route knows other methods; see /openapi.json",
            Self::TooLarge => "the body is larger than this endpoint reads",
            Self::TooMany => "too many requests; try again in a second",
            Self::Deadline => "no answer within the deadline",
        }
    }
}

impl From<JournalError> for Refused {
    fn from(error: JournalError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let body = json!({ "error": { "code": self.code(), "message": self.sentence() } });
        let mut response = (self.status(), Json(body)).into_response();
        match self {
            Self::Unauthorized => response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")),
            Self::TooMany => response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1")),
            _ => None,
        };
        response
    }
}
