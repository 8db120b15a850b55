//! `getUpdates`: waits, confirms, delivers again what was not confirmed, and gives way to a later poll.

use std::time::Duration;

use serde_json::{Value, json};

use super::failure::Failure;
use super::request::Args;
use super::state::State;
use super::wire::Wire;

/// Longest poll.
const TIMEOUT_MAX_S: i64 = 50;
/// An offset so far behind the last update is from another life of the bot, and confirms nothing.
const AHEAD_MAX: i64 = 10;

/// Answers with updates as soon as there are some, or with none after `timeout`.
pub async fn get_updates(wire: &Wire, args: &Args) -> Result<Value, Failure> {
    let timeout = args.int("timeout").unwrap_or(0).clamp(0, TIMEOUT_MAX_S);
    let limit = args.int("limit").unwrap_or(100).clamp(1, 100) as usize;
    let offset = args.int("offset").unwrap_or(0);
    let ours = wire.with(|state| {
        check(state)?;
        if !args.text("allowed_updates").is_empty() {
            state.allow(args.text("allowed_updates"));
        }
        confirm(state, offset);
        if timeout > 0 && state.queue.is_empty() {
            // Only a poll that waits ends the one that waited before it.
            state.poll += 1;
        }
        Ok(state.poll)
    })?;
    let look = |state: &mut State| {
        if state.webhook.is_some() {
            return Some(Err(Failure::conflict("terminated by setWebhook request")));
        }
        if timeout > 0 && state.poll != ours {
            let reason = "terminated by other getUpdates request; make sure that only one bot instance is running";
            return Some(Err(Failure::conflict(reason)));
        }
        if state.queue.is_empty() && !state.faults.down { None } else { Some(Ok(batch(state, offset, limit))) }
    };
    let found = wire.until(Duration::from_secs(timeout as u64), look).await;
    found.unwrap_or_else(|| Ok(json!([])))
}

fn check(state: &State) -> Result<(), Failure> {
    if state.webhook.is_none() {
        return Ok(());
    }
    let reason = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first";
    Err(Failure::conflict(reason))
}

/// Forgets all before a positive offset, all but the last so many for a negative one.
fn confirm(state: &mut State, offset: i64) {
    if offset < 0 {
        let keep = usize::try_from(-offset).unwrap_or(usize::MAX);
        let surplus = state.queue.len().saturating_sub(keep);
        state.queue.drain(..surplus);
    } else if offset <= state.next_update + AHEAD_MAX {
        state.queue.retain(|update| update.id >= offset);
    }
}

fn batch(state: &State, offset: i64, limit: usize) -> Value {
    let from = if offset <= state.next_update + AHEAD_MAX { offset } else { 0 };
    state.queue.iter().filter(|update| update.id >= from).take(limit).map(|update| update.body.clone()).collect()
}
