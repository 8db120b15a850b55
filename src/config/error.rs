//! What was wrong with the settings, as sentences a person can act on. Secrets are never repeated.

use std::fmt;

use super::form::Wrong;
use super::key::Key;
use super::sources::{Given, Place};

/// Longest piece of a wrong value that is repeated.
const ECHO_CHARS_MAX: usize = 60;

/// Exit code of a process that was not started because of its settings.
pub const EXIT_CODE: u8 = 2;

/// Every problem that was found; the program does not start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// At least one.
    pub problems: Vec<Problem>,
}

/// One problem: which key, where, and what would work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The key or variable, as it was written.
    pub name: String,
    /// Where it was found.
    pub place: String,
    /// What is wrong and what would work.
    pub sentence: String,
}

impl Problem {
    /// Returns the problem of a value that has not the form its key asks for.
    pub fn wrong(key: &Key, given: &Given, place: &Place, why: &Wrong) -> Self {
        let none = if key.optional { " (or \"none\")" } else { "" };
        let echo =
            if key.may_hold_password() || given.text.is_empty() { "the value".to_owned() } else { format!("{:?}", shortened(&given.text)) };
        let sentence = format!("{echo} {}, but {}{none} is expected, for example {}.", why.0, key.expected, key.example);
        Self { name: key.name.to_owned(), place: place.text.clone(), sentence }
    }

    /// Returns the problem of a key that does not exist.
    pub fn unknown(name: &str, place: &str, nearest: Option<String>) -> Self {
        let sentence = match nearest {
            Some(near) => format!("there is no such setting. Did you mean {near}?"),
            None => "there is no such setting. outcry.example.toml lists all there are.".to_owned(),
        };
        Self { name: shortened(name), place: place.to_owned(), sentence }
    }

    /// Returns the problem of values that cannot hold together.
    pub fn contradiction(name: &str, place: Option<&Place>, sentence: String) -> Self {
        let place = place.map_or("by default", |place| place.text.as_str()).to_owned();
        Self { name: name.to_owned(), place, sentence }
    }

    /// Returns any other problem of a source.
    pub fn source(name: &str, place: &str, sentence: String) -> Self {
        Self { name: shortened(name), place: place.to_owned(), sentence }
    }
}

/// Cuts a text to what can be repeated in a sentence; control characters are shown escaped.
fn shortened(text: &str) -> String {
    let mut short: String =
        text.chars().take(ECHO_CHARS_MAX).flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect();
    if text.chars().count() > ECHO_CHARS_MAX {
        short.push('…');
    }
    short
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.name, self.place, self.sentence)
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the settings cannot be used:")?;
        self.problems.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

impl std::error::Error for ConfigError {}
