//! A line of a message with its styles, before it becomes markup.
//!
//! Invariant: a style never crosses a line's end, so that a message can be cut between any two lines and every part is
//! whole markup.

/// How a stretch of text looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// As it is.
    Plain,
    /// A headline or a label.
    Bold,
    /// A remark.
    Italic,
    /// A value, or words to be typed.
    Code,
}

/// A stretch of text in one style.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// How it looks.
    pub style: Style,
    /// What it says; no line end inside.
    pub text: String,
}

/// A line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Line {
    /// Whether it stands in a block of fixed width, where styles do not show.
    pub fixed: bool,
    /// Its stretches, in order.
    pub spans: Vec<Span>,
}

impl Line {
    /// Returns a line of one style.
    pub fn of(style: Style, text: impl Into<String>) -> Self {
        Self { fixed: false, spans: vec![Span { style, text: text.into() }] }
    }

    /// Returns a line of fixed width.
    pub fn fixed(text: impl Into<String>) -> Self {
        Self { fixed: true, ..Self::of(Style::Plain, text) }
    }

    /// Returns the line with a stretch added.
    #[must_use]
    pub fn and(mut self, style: Style, text: impl Into<String>) -> Self {
        self.spans.push(Span { style, text: text.into() });
        self
    }

    /// Returns what it says.
    pub fn text(&self) -> String {
        self.spans.iter().map(|span| span.text.as_str()).collect()
    }

    /// Returns its length as Telegram counts it.
    pub fn units(&self) -> usize {
        self.spans.iter().map(|span| units(&span.text)).sum()
    }
}

/// Returns the length of a text as Telegram counts it: in units of UTF-16.
pub fn units(text: &str) -> usize {
    text.encode_utf16().count()
}
