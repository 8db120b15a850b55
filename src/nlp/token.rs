//! Tokens: what a text is made of, each with its place in the text.
//!
//! Invariant: a span lies on character boundaries of the original text, and spans follow each other without overlap.

use std::borrow::Cow;

use rust_decimal::Decimal;

use super::lexicon::Listed;
use super::number::{Number, NumberIssue};
use crate::domain::evidence::Evidence;

/// UTF-8 byte offsets `[start, end)` into the text as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// Returns the span of `[start, end)`.
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// Returns the span from the start of this one to the end of `last`.
    #[must_use]
    pub const fn to(self, last: Self) -> Self {
        Self { start: self.start, end: last.end }
    }

    /// Returns evidence that the person said these words.
    pub const fn said(self) -> Evidence {
        Evidence::said(self.start, self.end)
    }

    /// Returns the words of `text` at this place; empty if the span is of another text.
    pub fn of(self, text: &str) -> &str {
        text.get(self.start..self.end).unwrap_or_default()
    }
}

/// A value with the words that said it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said<T> {
    /// What was said.
    pub value: T,
    /// Where.
    pub span: Span,
}

impl<T> Said<T> {
    /// Joins a value and its place.
    pub const fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

/// One token.
#[derive(Debug, Clone, PartialEq)]
pub struct Token<'a> {
    /// What it is.
    pub kind: Kind<'a>,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of token.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind<'a> {
    /// A word in lower case, without apostrophes: `don't` is `dont`.
    Word(Cow<'a, str>),
    /// A number; `61.5k`, `25%`, `$200`.
    Number(Number),
    /// A factor: `5x`, `x5`, `×2`.
    Multiplier(Decimal),
    /// A stretch of time in milliseconds: `2h`, `10 minutes`.
    Duration(i64),
    /// Something on the list of instruments.
    Symbol(Listed),
    /// A slash command, without slash and bot name.
    Slash(&'a str),
    /// Any other character.
    Punct(char),
    /// Something that looks like a number and cannot be read as one.
    Bad(NumberIssue),
}

impl Token<'_> {
    /// Returns the word, if it is one.
    pub fn word(&self) -> Option<&str> {
        match &self.kind {
            Kind::Word(word) => Some(word),
            _ => None,
        }
    }
}
