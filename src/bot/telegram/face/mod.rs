//! The sending side of the Telegram face: notices out of the durable outbox, as messages that a phone shows well.
//!
//! Invariant: a notice is marked as delivered only after Telegram has taken it, or after it was decided and logged why
//! it is not told; a chat that fails holds up no other chat, and nothing here can hold up trading.

pub mod bot_wire;
pub mod compose;
pub mod delivery;
pub mod digest;
pub mod doorman;
pub mod expired;
pub mod help;
pub mod html;
pub mod job;
pub mod keyboard;
pub mod lanes;
pub mod line;
pub mod menu;
pub mod outcome;
pub mod panels;
pub mod phone;
pub mod sender;
pub mod window;
pub mod wire;
pub mod wishes;
pub mod wizard;
pub mod words;
