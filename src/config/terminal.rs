//! The terminal face.

use super::form::{self, Form, Takes};
use super::key::{Key, key};

/// Options of the terminal chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terminal {
    /// Whether output is coloured.
    pub color: Color,
    /// Whether typed lines are kept for the next session.
    pub history: bool,
}

/// Whether output is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    /// Every choice.
    const ALL: [Self; 3] = [Self::Auto, Self::Always, Self::Never];

    /// Returns the word in the file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Always => "always",
            Self::Never => "never",
        }
    }
}

impl Default for Terminal {
    fn default() -> Self {
        Self { color: Color::Auto, history: true }
    }
}

const COLOR: Form<Color> = Form {
    expected: "one of auto, always, never",
    example: "\"auto\"",
    takes: Takes::Text,
    read: |text| Color::ALL.into_iter().find(|color| color.as_str() == text).ok_or_else(|| form::Wrong("is none of them".to_owned())),
    show: |color| color.as_str().to_owned(),
};

/// The keys of this table.
pub const KEYS: &[Key] = &[
    key!("terminal.color", None, "Whether output is coloured; auto honours NO_COLOR.", COLOR, terminal.color),
    key!("terminal.history", None, "Whether typed lines are kept for the next session.", form::FLAG, terminal.history),
];
