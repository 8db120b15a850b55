//! Standard input that is no terminal: a line at a time, each handled to its end before the next is read.

use std::pin::pin;

use tokio::io::AsyncBufRead;

use crate::bot::outbox::FaceError;
use crate::engine::deadline::pause;

use super::lines::{LINE_BYTES_MAX, Line, LineReader};
use super::session::{Flow, PUSH_INTERVAL, Session};

/// Runs a session over `input` until it ends, the person leaves, or nobody reads the output any more.
///
/// # Errors
/// [`FaceError::Failed`] if a reply could not be written. A reader that went away is a quiet end.
pub async fn run(session: &Session, input: impl AsyncBufRead + Unpin) -> Result<(), FaceError> {
    run_until(session, input, std::future::pending()).await
}

/// As [`run`], but no further line is read once `stop` is ready.
///
/// # Errors
/// As [`run`].
pub async fn run_until(session: &Session, input: impl AsyncBufRead + Unpin, stop: impl Future<Output = ()>) -> Result<(), FaceError> {
    match converse(session, input, stop).await {
        Err(FaceError::Closed) => Ok(()),
        outcome => outcome,
    }
}

async fn converse(session: &Session, input: impl AsyncBufRead + Unpin, stop: impl Future<Output = ()>) -> Result<(), FaceError> {
    session.recover().await?;
    let mut lines = LineReader::new(input);
    let mut stop = pin!(stop);
    for number in 1.. {
        let line = {
            // Half a line may have come: waiting for the rest goes on while something is shown in between.
            let mut next = pin!(lines.next());
            loop {
                tokio::select! {
                    biased;
                    () = &mut stop => return Ok(()),
                    line = &mut next => break line,
                    () = pause(PUSH_INTERVAL) => session.push().await?,
                }
            }
        };
        let line = match line {
            Ok(Some(line)) => line,
            Ok(None) => break,
            Err(error) => {
                tracing::warn!(%error, "standard input failed; the session ends");
                break;
            }
        };
        match line {
            Line::Text(text) => {
                if session.line_until(number, text, stop.as_mut()).await? == Flow::Leave {
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
