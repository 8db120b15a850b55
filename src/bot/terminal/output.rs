//! The one place where the terminal face writes.
//!
//! A reply carries the number of the line that caused it while that line is being handled; everything else carries 0.

use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use serde::Serialize;
use serde_json::Value;

use crate::bot::outbox::{Face, FaceError};
use crate::bot::render::Rendered;
use crate::domain::ids::SourceKey;
use crate::domain::notice::{Notice, NoticeBody};

use super::{export, paint};

/// Longest label that shares a line with others.
const SHORT_LABEL_CHARS: usize = 12;

/// How replies are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// A JSON object a line, and nothing else.
    Json,
    /// Text, a blank line after each reply.
    Plain,
    /// Text in colour.
    Painted,
}

/// Writes replies.
pub struct Output {
    style: Style,
    state: Mutex<State>,
    exports: Option<PathBuf>,
}

struct State {
    sink: Box<dyn Write + Send>,
    line: Option<(u64, SourceKey)>,
}

/// A reply as SPEC §9 has it, in its order.
#[derive(Serialize)]
struct JsonLine<'a> {
    n: u64,
    kind: &'a str,
    text: &'a str,
    card: &'a Option<Value>,
    buttons: &'a [String],
    data: &'a Value,
}

impl Output {
    /// Returns an output to `sink`.
    pub fn new(sink: Box<dyn Write + Send>, style: Style) -> Self {
        Self { style, state: Mutex::new(State { sink, line: None }), exports: None }
    }

    /// Writes exports to this folder.
    #[must_use]
    pub fn with_exports(self, folder: PathBuf) -> Self {
        Self { exports: Some(folder), ..self }
    }

    /// Notes that a line is being handled: replies to its key carry its number.
    pub fn begin(&self, number: u64, key: SourceKey) {
        self.state().line = Some((number, key));
    }

    /// Notes that the line is done: what comes now is a push.
    pub fn end(&self) {
        self.state().line = None;
    }

    /// Writes a reply to the line of that number (0 for a push).
    ///
    /// # Errors
    /// [`FaceError::Closed`] once nobody reads any more; [`FaceError::Failed`] if it cannot be written now.
    pub fn say(&self, number: u64, rendered: &Rendered) -> Result<(), FaceError> {
        let text = match self.style {
            Style::Json => json_line(number, rendered)?,
            Style::Plain => format!("{}\n\n", with_numbers(&rendered.text, rendered)),
            Style::Painted => format!("{}\n\n", with_numbers(&paint::painted(rendered.kind, &rendered.text), rendered)),
        };
        let mut state = self.state();
        state.sink.write_all(text.as_bytes()).and_then(|()| state.sink.flush()).map_err(face_error)
    }

    fn number_of(&self, notice: &Notice) -> u64 {
        let state = self.state();
        let (Some((number, key)), Some(cause)) = (&state.line, &notice.cause) else {
            return 0;
        };
        // A line that asks for several things at once makes keys under its own: `term:{session}:{line}:{n}`.
        let rest = cause.as_str().strip_prefix(key.as_str());
        if rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(':')) { *number } else { 0 }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere while writing leaves at worst half a line, which is no reason to stop talking.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Face for Output {
    async fn show(&self, notice: &Notice, rendered: &Rendered) -> Result<(), FaceError> {
        let number = self.number_of(notice);
        match (&notice.body, &self.exports) {
            (NoticeBody::Document(document), Some(folder)) => self.say(number, &export::written(document, folder, rendered)),
            _ => self.say(number, rendered),
        }
    }
}

fn json_line(n: u64, rendered: &Rendered) -> Result<String, FaceError> {
    let Rendered { kind, text, card, buttons, data } = rendered;
    let line = serde_json::to_string(&JsonLine { n, kind, text, card, buttons, data });
    line.map(|line| line + "\n").map_err(|error| FaceError::Failed(error.to_string()))
}

/// Buttons become numbered choices where an answer is waited for; a "Refresh" has no use in a terminal.
fn with_numbers(text: &str, rendered: &Rendered) -> String {
    if rendered.buttons.is_empty() || !matches!(rendered.kind, "card" | "question") {
        return text.to_owned();
    }
    let numbered: Vec<String> = rendered.buttons.iter().zip(1..).map(|(label, number)| format!("{number} {label}")).collect();
    let short = rendered.buttons.iter().all(|label| label.chars().count() <= SHORT_LABEL_CHARS);
    let choices = if short { format!("  {}", numbered.join(" · ")) } else { format!("  {}", numbered.join("\n  ")) };
    format!("{text}\n{choices}")
}

fn face_error(error: io::Error) -> FaceError {
    match error.kind() {
        ErrorKind::BrokenPipe => FaceError::Closed,
        _ => FaceError::Failed(error.to_string()),
    }
}
