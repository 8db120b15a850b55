//! The Telegram face: updates in, cards and notices out. The loop that reads is ours; the Bot API's library only knows
//! the requests.

pub mod allowance;
pub mod api;
pub mod chats;
pub mod face;
pub mod me;
pub mod meanwhile;
mod message;
pub mod poll;
pub mod reception;
pub mod update;
pub mod vigil;
pub mod webhook;
