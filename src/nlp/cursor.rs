//! A place in the tokens of one text, moved on by what is understood.
//!
//! Invariant: it only moves on over tokens that were matched; a failed match leaves it where it was.

use rust_decimal::Decimal;

use super::lexicon::Listed;
use super::number::Number;
use super::token::{Kind, Said, Span, Token};
use super::vocabulary;

/// A place in a text.
#[derive(Debug, Clone, Copy)]
pub struct Cursor<'t> {
    text: &'t str,
    tokens: &'t [Token<'t>],
    at: usize,
}

impl<'t> Cursor<'t> {
    /// Returns the start of `tokens`, which were cut from `text`.
    pub const fn new(text: &'t str, tokens: &'t [Token<'t>]) -> Self {
        Self { text, tokens, at: 0 }
    }

    /// Returns the text as it was written.
    pub const fn text(&self) -> &'t str {
        self.text
    }

    /// Tells whether no token is left.
    pub const fn done(&self) -> bool {
        self.at >= self.tokens.len()
    }

    /// Returns the tokens that are left.
    pub fn rest(&self) -> &'t [Token<'t>] {
        self.tokens.get(self.at..).unwrap_or_default()
    }

    /// Returns the token `ahead` places further on.
    pub fn token(&self, ahead: usize) -> Option<&'t Token<'t>> {
        self.tokens.get(self.at + ahead)
    }

    /// Returns the word `ahead` places further on, if it is one.
    pub fn word(&self, ahead: usize) -> Option<&'t str> {
        self.token(ahead).and_then(Token::word)
    }

    /// Returns the number `ahead` places further on, if it is one.
    pub fn number(&self, ahead: usize) -> Option<Said<Number>> {
        match self.token(ahead)? {
            Token { kind: Kind::Number(number), span } => Some(Said::new(*number, *span)),
            _ => None,
        }
    }

    /// Returns what is traded `ahead` places further on, if a name stands there.
    pub fn symbol(&self, ahead: usize) -> Option<&'t Listed> {
        match &self.token(ahead)?.kind {
            Kind::Symbol(listed) => Some(listed),
            _ => None,
        }
    }

    /// Returns the factor here, if one stands here.
    pub fn multiplier(&self) -> Option<Said<Decimal>> {
        match self.token(0)? {
            Token { kind: Kind::Multiplier(value), span } => Some(Said::new(*value, *span)),
            _ => None,
        }
    }

    /// Tells whether the word here is one of `words`.
    pub fn at_word(&self, words: &[&str]) -> bool {
        self.word(0).is_some_and(|word| words.contains(&word))
    }

    /// Moves over one token and returns its place.
    pub fn skip(&mut self) -> Option<Span> {
        let span = self.token(0)?.span;
        self.at += 1;
        Some(span)
    }

    /// Moves over a word that is one of `words`.
    pub fn eat(&mut self, words: &[&str]) -> Option<Span> {
        if self.at_word(words) { self.skip() } else { None }
    }

    /// Moves over all words and soft marks that are in `words`.
    pub fn eat_all(&mut self, words: &[&str]) {
        while self.eat(words).is_some() {}
    }

    /// Moves over the words of `phrase`, all of them or none.
    pub fn phrase(&mut self, phrase: &[&str]) -> Option<Span> {
        let fits = phrase.iter().enumerate().all(|(place, word)| self.word(place) == Some(*word));
        if !fits || phrase.is_empty() {
            return None;
        }
        let first = self.token(0)?.span;
        let last = self.token(phrase.len() - 1)?.span;
        self.at += phrase.len();
        Some(first.to(last))
    }

    /// Moves over the first of `phrases` that fits.
    pub fn any_phrase(&mut self, phrases: &[&[&str]]) -> Option<Span> {
        phrases.iter().find_map(|phrase| self.phrase(phrase))
    }

    /// Moves over a mark that is one of `marks`.
    pub fn mark(&mut self, marks: &[char]) -> Option<Span> {
        match self.token(0)? {
            Token { kind: Kind::Punct(mark), .. } if marks.contains(mark) => self.skip(),
            _ => None,
        }
    }

    /// Moves over a filler word or a soft mark.
    pub fn filler(&mut self) -> bool {
        if self.token(0).is_some_and(vocabulary::is_filler) { self.skip().is_some() } else { false }
    }

    /// Returns the same place in a text without its question mark at the end.
    #[must_use]
    pub fn without_question_mark(self) -> Self {
        match self.tokens.split_last() {
            Some((Token { kind: Kind::Punct('?'), .. }, tokens)) if self.at <= tokens.len() => Self { tokens, ..self },
            _ => self,
        }
    }

    /// Moves over all fillers.
    pub fn fillers(&mut self) {
        while self.filler() {}
    }

    /// Moves over everything up to the next space and returns it as it was written: an id.
    pub fn run(&mut self) -> Option<Said<&'t str>> {
        let first = self.token(0)?.span;
        let rest = self.text.get(first.start..)?;
        let end = rest.find(char::is_whitespace).map_or(self.text.len(), |place| first.start + place);
        while self.token(0).is_some_and(|token| token.span.start < end) {
            self.at += 1;
        }
        let span = Span::new(first.start, end);
        Some(Said::new(span.of(self.text), span))
    }
}
