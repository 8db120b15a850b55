//! The terminal: the same inbox, cards and outbox as any other face, with lines for messages and numbers for buttons.
//!
//! Everything it writes goes through one [`output::Output`]. Nothing here spawns: the blocking line reader of a real
//! terminal is handed to the caller as a function to run on a thread of its own.

pub mod export;
pub mod lines;
pub mod output;
pub mod paint;
pub mod piped;
pub mod session;
pub mod tty;
