//! Standard input that is no terminal: a line at a time, each handled to its end before the next is read.

use tokio::io::AsyncBufRead;

use crate::bot::outbox::FaceError;

use super::lines::{LINE_BYTES_MAX, Line, LineReader};
use super::session::{Flow, Session};

/// Runs a session over `input` until it ends, the person leaves, or nobody reads the output any more.
///
/// # Errors
/// [`FaceError::Failed`] if a reply could not be written. A reader that went away is a quiet end.
pub async fn run(session: &Session, input: impl AsyncBufRead + Unpin) -> Result<(), FaceError> {
    match converse(session, input).await {
        Err(FaceError::Closed) => Ok(()),
        outcome => outcome,
    }
}

async fn converse(session: &Session, input: impl AsyncBufRead + Unpin) -> Result<(), FaceError> {
    session.recover().await?;
    let mut lines = LineReader::new(input);
    for number in 1.. {
        let line = match lines.next().await {
            Ok(Some(line)) => line,
            Ok(None) => break,
            Err(error) => {
                tracing::warn!(%error, "standard input failed; the session ends");
                break;
            }
        };
        match line {
            Line::Text(text) => {
                if session.line(number, text).await? == Flow::Leave {
                    break;
                }
            }
            Line::TooLong => {
                session.complain(number, &format!("That line is longer than {} KiB, so it was not read.", LINE_BYTES_MAX / 1024))?;
            }
            Line::NotText => session.complain(number, "That line is not UTF-8 text, so it was not read. Send it as UTF-8.")?,
        }
    }
    Ok(())
}
