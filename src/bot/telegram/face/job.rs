//! A notice on its way to a chat, and how far it has come.

use std::collections::VecDeque;

use super::wire::Letter;
use crate::domain::actor::ChatId;
use crate::domain::notice::{Notice, NoticeBody};

/// What goes first when not everything can.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// What happened to orders and positions, and what needs attention.
    Urgent,
    /// Answers, cards, questions.
    Normal,
}

/// A notice on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its row in the outbox.
    pub sequence: i64,
    /// What is told.
    pub notice: Notice,
    /// The person's own chat, whose wishes count.
    pub home: ChatId,
    /// Where it goes.
    pub chat: ChatId,
    /// The topic it goes to.
    pub thread: Option<i64>,
    /// The message it is written into, if it answers a button.
    pub into: Option<i64>,
    /// What goes first.
    pub class: Class,
    /// What is left to be done; none before the first look at it.
    pub calls: Option<VecDeque<Call>>,
    /// How often it failed in a row.
    pub failures: u32,
}

/// One request to Telegram.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// What is shown.
    pub letter: Letter,
    /// The message it is written into; none for a new one.
    pub into: Option<i64>,
    /// Whether its markup is used.
    pub marked: bool,
    /// What is remembered once it is shown.
    pub then: Then,
}

/// What is remembered of a message that was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Then {
    /// Nothing.
    Nothing,
    /// This message shows the card of that nonce; with it, what is needed to show its outcome.
    Shows {
        /// Which card.
        nonce: String,
        /// JSON.
        body: String,
    },
    /// The card of that nonce has its outcome.
    Settles {
        /// Which card.
        nonce: String,
    },
}

impl Job {
    /// Returns the message whose text this job replaces as a whole.
    pub fn edits(&self) -> Option<i64> {
        // Once begun it is no longer only waiting.
        self.into.filter(|_| self.calls.is_none())
    }
}

impl Class {
    /// Returns the class of a notice.
    pub const fn of(body: &NoticeBody) -> Self {
        match body {
            NoticeBody::Filled(_)
            | NoticeBody::OrderNews { .. }
            | NoticeBody::Rejected { .. }
            | NoticeBody::Alert { .. }
            | NoticeBody::State { .. }
            | NoticeBody::CardClosed { .. } => Self::Urgent,
            _ => Self::Normal,
        }
    }
}
