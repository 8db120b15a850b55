//! What the sending side asks of Telegram, and what may come of it.

use std::sync::Arc;

use async_trait::async_trait;

use super::html::Part;
use super::keyboard::Keyboard;
use crate::domain::actor::ChatId;
use crate::domain::report::DocumentView;

/// A message that is to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// In which chat.
    pub chat: ChatId,
    /// In which topic; none for the chat's main thread.
    pub thread: Option<i64>,
    /// What it says.
    pub part: Part,
    /// The buttons below it.
    pub keyboard: Keyboard,
    /// Buttons instead of the phone's letters, while they last; one row of words each.
    pub words: Option<Vec<Vec<String>>>,
    /// Whether the phone stays quiet.
    pub silent: bool,
    /// A file that comes with it; what it says is then the file's caption. Such a message is never edited.
    pub file: Option<Arc<DocumentView>>,
}

/// A command of the menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MenuEntry {
    /// Without its slash.
    pub command: &'static str,
    /// What it does.
    pub does: &'static str,
}

/// Why something was not, or perhaps not, shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// Too many messages: again after so many seconds.
    #[error("Telegram asks to wait {0} s")]
    Wait(u32),
    /// The markup was refused; without it the message may pass.
    #[error("the markup was refused: {0}")]
    Markup(String),
    /// The topic is gone; the chat's main thread may take it.
    #[error("the topic is gone")]
    TopicGone,
    /// The message shows this already.
    #[error("the message shows this already")]
    Unchanged,
    /// The message that was to be edited cannot be.
    #[error("the message cannot be edited: {0}")]
    NotEditable(String),
    /// Nobody can be reached there: blocked, kicked, deactivated, or no such chat.
    #[error("the chat cannot be reached: {0}")]
    Unreachable(String),
    /// The group has another id now.
    #[error("the group is now chat {0}")]
    Moved(i64),
    /// The token is not accepted any more.
    #[error("the bot's token is not accepted")]
    Revoked,
    /// Refused for a reason that will not pass.
    #[error("refused: {0}")]
    Refused(String),
    /// Surely not sent.
    #[error("not sent: {0}")]
    NotSent(String),
    /// No answer, or a failure on their side; perhaps shown.
    #[error("no answer: {0}")]
    Silence(String),
}

/// The way to Telegram.
#[async_trait]
pub trait Wire: Send + Sync {
    /// Shows a message and returns its number; `marked` says whether its markup is used.
    async fn send(&self, letter: &Letter, marked: bool) -> Result<i64, WireError>;

    /// Shows something else in a message.
    async fn edit(&self, message: i64, letter: &Letter, marked: bool) -> Result<(), WireError>;

    /// Takes a message away.
    async fn delete(&self, chat: ChatId, message: i64) -> Result<(), WireError>;

    /// Sets the menu: everybody's, or that of one chat.
    async fn set_menu(&self, chat: Option<ChatId>, entries: &[MenuEntry]) -> Result<(), WireError>;
}
