//! How fast messages leave for Telegram.

use super::form;
use super::key::{Key, key};

/// How many messages may leave. The defaults are what Telegram lets a bot send; a Bot API server of one's own, or paid
/// broadcasts, allow more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sending {
    /// Messages a second to all chats together.
    pub per_second: usize,
    /// Messages a second to one chat; three seconds' worth may leave at once.
    pub chat_per_second: usize,
    /// Messages a minute to one group.
    pub group_per_minute: usize,
}

impl Default for Sending {
    fn default() -> Self {
        Self { per_second: 30, chat_per_second: 1, group_per_minute: 20 }
    }
}

/// The keys of this table.
pub const KEYS: &[Key] = &[
    key!("sending.per_second", None, "Messages a second to all chats together; Telegram allows a bot 30.", form::COUNT, sending.per_second),
    key!(
        "sending.chat_per_second",
        None,
        "Messages a second to one chat, three seconds' worth at once; Telegram allows 1.",
        form::COUNT,
        sending.chat_per_second
    ),
    key!("sending.group_per_minute", None, "Messages a minute to one group; Telegram allows 20.", form::COUNT, sending.group_per_minute),
];
