//! What the language room made of a text. The only place where the faces meet it.

use std::sync::Arc;

use crate::domain::request::Request;

/// Reads a text.
pub type Reader = Arc<dyn Fn(&str) -> Reading + Send + Sync>;

/// What was made of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// Every word is accounted for.
    Request(Request),
    /// Something is missing, or two readings are possible.
    Question(Question),
    /// Some words mean nothing here.
    NotUnderstood(NotUnderstood),
}

/// A question back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The question, as a sentence.
    pub text: String,
    /// The fields that are missing.
    pub missing: Vec<String>,
    /// Possible answers, if there are few.
    pub choices: Vec<String>,
    /// What was understood, in words.
    pub understood: String,
}

/// Words that mean nothing here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotUnderstood {
    /// What was understood, in words; may be empty.
    pub understood: String,
    /// The words that were not.
    pub unknown: Vec<String>,
    /// What may have been meant.
    pub suggestion: Option<String>,
}
