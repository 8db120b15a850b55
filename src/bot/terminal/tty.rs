//! A real terminal: line editing, history, and pushes that appear above the prompt without tearing what is being typed.
//!
//! Reading blocks, so it is a function for a thread of its own ([`LineThread::run`]). It reads one line a turn: while a
//! line is handled there is no prompt.

use std::io::{self, Write};
use std::path::PathBuf;
use std::pin::pin;
use std::sync::mpsc as blocking;

use rustyline::error::ReadlineError;
use rustyline::{Config, DefaultEditor, ExternalPrinter};
use tokio::sync::mpsc;

use crate::bot::outbox::FaceError;
use crate::bot::render::Rendered;
use crate::engine::deadline::pause;

use super::lines::LINE_BYTES_MAX;
use super::session::{Flow, PUSH_INTERVAL, Session};

const PROMPT: &str = "> ";
/// Lines kept in the history file.
const HISTORY_LINES_MAX: usize = 1_000;

/// What came from the keyboard.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Key {
    Line(String),
    /// Ctrl-C: the line was cleared.
    Interrupted,
}

/// The asynchronous end of a terminal.
pub struct Terminal {
    keys: mpsc::Receiver<Key>,
    turns: blocking::SyncSender<()>,
}

/// The blocking end of a terminal.
pub struct LineThread {
    editor: DefaultEditor,
    history: PathBuf,
    keys: mpsc::Sender<Key>,
    turns: blocking::Receiver<()>,
}

/// Opens the terminal, with its history in the file `history`. Returns both ends and where to write.
///
/// # Errors
/// [`ReadlineError`] if the terminal cannot be used.
pub fn open(history: PathBuf) -> Result<(Terminal, LineThread, Box<dyn Write + Send>), ReadlineError> {
    let config = Config::builder().max_history_size(HISTORY_LINES_MAX)?.auto_add_history(false).build();
    let mut editor = DefaultEditor::with_config(config)?;
    // A missing or unreadable history is no reason not to trade.
    if let Err(error) = editor.load_history(&history) {
        tracing::debug!(%error, "no line history");
    }
    // Without a printer (output is no terminal) there is no prompt to tear.
    let sink: Box<dyn Write + Send> = match editor.create_external_printer() {
        Ok(printer) => Box::new(AbovePrompt { printer, waiting: Vec::new() }),
        Err(_) => Box::new(io::stdout()),
    };
    let (keys_in, keys) = mpsc::channel(1);
    let (turns, turns_out) = blocking::sync_channel(1);
    Ok((Terminal { keys, turns }, LineThread { editor, history, keys: keys_in, turns: turns_out }, sink))
}

impl LineThread {
    /// Reads lines until Ctrl-D, a second Ctrl-C in a row, or the end of the session. Blocks.
    pub fn run(mut self) {
        let mut interrupted = false;
        while self.turns.recv().is_ok() {
            let key = match self.editor.readline(PROMPT) {
                Ok(line) => Key::Line(line),
                Err(ReadlineError::Interrupted) if !interrupted => Key::Interrupted,
                Err(_) => break,
            };
            interrupted = key == Key::Interrupted;
            self.remember(&key);
            if self.keys.blocking_send(key).is_err() {
                break;
            }
        }
    }

    fn remember(&mut self, key: &Key) {
        let Key::Line(line) = key else { return };
        if line.trim().is_empty() || line.len() > LINE_BYTES_MAX {
            return;
        }
        if let Err(error) = self.editor.add_history_entry(line.as_str()).and_then(|_| self.editor.append_history(&self.history)) {
            tracing::debug!(%error, "the line history was not stored");
        }
    }
}

/// Runs a session at a terminal whose [`LineThread`] is running. Ends when the person leaves, or `stop` is ready.
///
/// # Errors
/// [`FaceError::Failed`] if a reply could not be written. A terminal that went away is a quiet end.
pub async fn run_until(session: &Session, terminal: Terminal, stop: impl Future<Output = ()>) -> Result<(), FaceError> {
    match converse(session, terminal, stop).await {
        Err(FaceError::Closed) => Ok(()),
        outcome => outcome,
    }
}

async fn converse(session: &Session, mut terminal: Terminal, stop: impl Future<Output = ()>) -> Result<(), FaceError> {
    session.recover().await?;
    // Line 0 is the greeting that nobody has to type.
    session.line(0, "/start".to_owned()).await?;
    let mut stop = pin!(stop);
    for number in 1.. {
        if terminal.turns.send(()).is_err() {
            break;
        }
        let key = loop {
            tokio::select! {
                biased;
                () = &mut stop => break None,
                key = terminal.keys.recv() => break key,
                () = pause(PUSH_INTERVAL) => session.push().await?,
            }
        };
        let flow = match key {
            None => break,
            Some(Key::Line(line)) => session.line_until(number, line, stop.as_mut()).await?,
            Some(Key::Interrupted) => {
                let hint = "Cleared. Ctrl-C once more leaves, as `quit` and Ctrl-D do.";
                session.output.say(0, &Rendered::new("answer", hint))?;
                Flow::Continue
            }
        };
        if flow == Flow::Leave {
            break;
        }
    }
    Ok(())
}

/// Writes above the prompt. Bytes wait for the flush, so that a reply appears whole.
struct AbovePrompt<P> {
    printer: P,
    waiting: Vec<u8>,
}

impl<P: ExternalPrinter> Write for AbovePrompt<P> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.waiting.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let text = String::from_utf8_lossy(&self.waiting).into_owned();
        self.waiting.clear();
        self.printer.print(text).map_err(|error| match error {
            ReadlineError::Io(error) => error,
            // The reader has ended: the person is gone.
            _ => io::Error::from(io::ErrorKind::BrokenPipe),
        })
    }
}
