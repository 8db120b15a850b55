//! What a text was read as. Only a [`Reading::Request`] may be acted on.

use crate::domain::request::Request;

/// The result of reading one text.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "one text is read at a time; a box would stand in every pattern")]
pub enum Reading {
    /// Every word is accounted for and nothing is missing.
    Request(Request),
    /// Something is missing or has two readings.
    Question(Question),
    /// Words are left over, or it is no command.
    NotUnderstood(NotUnderstood),
}

/// Something to ask back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The question in whole sentences.
    pub text: String,
    /// The fields that are missing or unclear: `amount`, `symbol`, `side`, `price`, `stop`, …
    pub missing: Vec<&'static str>,
    /// Whole sentences or words that would answer it; may be empty.
    pub choices: Vec<String>,
    /// What is clear so far, as a phrase.
    pub understood: String,
}

/// A text that is not acted on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotUnderstood {
    /// What to tell the person, in whole sentences: what, why, what would work.
    pub text: String,
    /// What was understood, as a phrase; empty if nothing was.
    pub understood: String,
    /// The words that could not be accounted for, as they were written.
    pub unknown: Vec<String>,
    /// The text with its likely typos corrected, if that would be understood.
    pub suggestion: Option<String>,
}
