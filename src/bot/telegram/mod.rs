//! The Telegram face: updates in, notices out.

pub mod face;
