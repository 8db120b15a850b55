//! The Telegram face: updates in, cards and notices out. The loop that reads is ours; the Bot API's library only knows
//! the requests.

pub mod api;
pub mod face;
