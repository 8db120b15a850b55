//! The loop that asks for updates.
//!
//! Invariant: the offset, which makes Telegram forget, moves only after [`Reception::receive`] committed. Nothing that
//! Telegram answers, or fails to answer, ends the loop: trading does not need it.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use teloxide::prelude::Requester as _;
use teloxide::requests::Payload;

use crate::engine::deadline::pause;

use super::api::{Api, CallError};
use super::reception::Reception;

/// The kinds of updates that are asked for.
pub const ALLOWED_UPDATES: &[&str] = &["message", "callback_query"];
/// How long Telegram holds a question open when there is nothing to tell, in seconds.
const LONG_POLL_S: u64 = 25;
/// Most updates in one answer.
const UPDATES_MAX: u32 = 100;
/// First and longest pause after a failure.
const PAUSE_MIN: Duration = Duration::from_millis(250);
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// Pause while the token is not accepted.
const PAUSE_REVOKED: Duration = Duration::from_secs(60);

/// `getUpdates`, answered with raw JSON: an update that the library cannot decode must not hold up the others.
#[derive(Serialize)]
struct GetUpdates {
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<i64>,
    limit: u32,
    timeout: u64,
    allowed_updates: &'static [&'static str],
}

impl Payload for GetUpdates {
    type Output = Vec<Value>;
    const NAME: &'static str = "getUpdates";
}

/// Asks for updates.
pub struct Poll {
    /// Whom to ask.
    pub api: Api,
    /// Where updates go.
    pub reception: Arc<Reception>,
}

impl Poll {
    /// Asks for ever.
    ///
    /// # Errors
    /// None; the form is that of a task.
    pub async fn run(self) -> Result<(), CallError> {
        let mut offset = None;
        let mut failures = 0;
        loop {
            let question = GetUpdates { offset, limit: UPDATES_MAX, timeout: LONG_POLL_S, allowed_updates: ALLOWED_UPDATES };
            let wait = match self.api.ask(question, Duration::from_secs(LONG_POLL_S)).await {
                // All before the offset is forgotten by now. Without one, numbers may begin anew, as they do after a quiet week.
                Ok(updates) if updates.is_empty() => {
                    (offset, failures) = (None, 0);
                    continue;
                }
                Ok(updates) => match self.reception.receive(&updates).await {
                    Ok(highest) => {
                        (offset, failures) = (highest.map(|id| id.saturating_add(1)).or(offset), 0);
                        continue;
                    }
                    Err(error) => {
                        tracing::error!(%error, "updates could not be stored; they are asked for again");
                        backoff(failures)
                    }
                },
                Err(error) => self.after(&error, failures).await,
            };
            failures = failures.saturating_add(1);
            pause(wait).await;
        }
    }

    /// Does what a failure asks for and returns how long to wait.
    async fn after(&self, error: &CallError, failures: u32) -> Duration {
        tracing::warn!(%error, "no updates");
        match error {
            CallError::RetryAfter(seconds) => Duration::from_secs(u64::from(*seconds)),
            CallError::Unauthorized => PAUSE_REVOKED,
            CallError::Conflict(_) => {
                // A webhook that an earlier run set would keep all updates to itself.
                if let Err(error) = self.api.call(self.api.bot().delete_webhook()).await {
                    tracing::warn!(%error, "the webhook could not be taken away");
                }
                backoff(failures.saturating_add(2))
            }
            CallError::NoAnswer(_) | CallError::Refused(_) => backoff(failures),
        }
    }
}

/// Returns the pause after so many failures in a row: it doubles, up to a bound.
pub fn backoff(failures: u32) -> Duration {
    PAUSE_MIN.saturating_mul(2_u32.saturating_pow(failures.min(16))).min(PAUSE_MAX)
}

#[cfg(test)]
mod tests {
    use super::{PAUSE_MAX, PAUSE_MIN, backoff};

    #[test]
    fn the_pause_doubles_up_to_its_bound() {
        assert_eq!([backoff(0), backoff(1), backoff(2)], [PAUSE_MIN, PAUSE_MIN * 2, PAUSE_MIN * 4]);
        assert_eq!([backoff(7), backoff(u32::MAX)], [PAUSE_MAX; 2]);
    }
}
