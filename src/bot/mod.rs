//! The faces: terminal now, Telegram next. Messages in, cards and notices out; nothing is decided here.
//!
//! Invariant I3: what a person reads about an order, fill, position or setting was committed before it was rendered;
//! only the sentence that a commit failed is written by a face itself.

pub mod answers;
pub mod buttons;
pub mod dialogue;
pub mod intake;
pub mod outbox;
pub mod render;
pub mod replies;
pub mod roles;
pub mod taps;
pub mod telegram;
pub mod terminal;
pub mod turn;
