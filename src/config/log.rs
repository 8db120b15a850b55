//! What is logged, to standard error.

use super::form::{self, Form, Takes};
use super::key::{Key, key};

/// Options of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// Which records: a level, or `module=level` separated by commas.
    pub filter: String,
    /// How a record is written.
    pub format: LogFormat,
}

/// How a record is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// A line for a person.
    Text,
    /// A JSON object a line.
    Json,
}

impl LogFormat {
    /// Every choice.
    const ALL: [Self; 2] = [Self::Text, Self::Json];

    /// Returns the word in the file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { filter: "warn".to_owned(), format: LogFormat::Text }
    }
}

const FILTER: Form<String> = Form {
    expected: "a level (off, error, warn, info, debug, trace), or levels by module",
    example: "\"warn,outcry::engine=info\"",
    takes: Takes::Text,
    read: |text| {
        if text.split(',').all(is_directive) { Ok(text.to_owned()) } else { Err(form::Wrong("is no such filter".to_owned())) }
    },
    show: Clone::clone,
};

/// Tells whether a text is `level` or `module=level`. A bare word that is no level would be read as a module, and
/// everything else would go silent: it is refused instead.
fn is_directive(text: &str) -> bool {
    let (module, level) = text.split_once('=').unwrap_or(("", text));
    let levels = ["off", "error", "warn", "info", "debug", "trace"];
    levels.contains(&level) && module.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':'))
}

const FORMAT: Form<LogFormat> = Form {
    expected: "one of text, json",
    example: "\"text\"",
    takes: Takes::Text,
    read: |text| LogFormat::ALL.into_iter().find(|format| format.as_str() == text).ok_or_else(|| form::Wrong("is none of them".to_owned())),
    show: |format| format.as_str().to_owned(),
};

/// The keys of this table.
pub const KEYS: &[Key] = &[
    key!("log.filter", None, "What is logged to standard error.", FILTER, log.filter),
    key!("log.format", None, "How a record is written.", FORMAT, log.format),
];
