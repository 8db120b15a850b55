//! A terminal session: each line is a message, handled to its end (fills included) before the next.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use crate::bot::intake::{Intake, Outcome};
use crate::bot::outbox::{DrainError, FaceError, Outbox};
use crate::bot::render::Rendered;
use crate::domain::actor::{Actor, ChatId, Role, UserId};
use crate::domain::ids::SourceKey;
use crate::engine::deadline::within;
use crate::engine::ports::InboxMessage;

use super::output::Output;

/// Lets so much market time pass, in milliseconds.
pub type PassTime = Arc<dyn Fn(i64) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// How long a line's consequences are waited for, in wall time. What comes later is shown as a push.
const SETTLE_MAX: Duration = Duration::from_secs(60);

/// How often the outbox is looked into while nobody says anything.
pub const PUSH_INTERVAL: Duration = Duration::from_millis(250);
/// How long the line that is being handled may take once the program is asked to end, in wall time.
pub const LAST_LINE_MAX: Duration = Duration::from_secs(5);

/// The person at the terminal owns the process, and so the account.
pub const PERSON: Actor = Actor { user: UserId::TERMINAL, chat: ChatId::TERMINAL, role: Role::Owner };

/// Whether the session goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// On with the next line.
    Continue,
    /// The person leaves.
    Leave,
}

/// A session.
pub struct Session {
    /// Takes messages in.
    pub intake: Arc<Intake>,
    /// Brings notices out.
    pub outbox: Arc<Outbox>,
    /// Writes.
    pub output: Arc<Output>,
    /// Names this run of the terminal; with the line's number it makes a message's key.
    pub id: String,
    /// What `wait` does.
    pub pass_time: PassTime,
}

impl Session {
    /// Deals with what an earlier run left open, and shows what it left unsaid.
    ///
    /// # Errors
    /// [`FaceError`] if it cannot be shown.
    pub async fn recover(&self) -> Result<(), FaceError> {
        match self.intake.resume().await {
            Ok(outcomes) => {
                for (_, outcome) in outcomes {
                    if let Outcome::Failed(sentence) = outcome {
                        self.complain(0, &sentence)?;
                    }
                }
            }
            Err(error) => self.complain(0, &format!("Earlier messages could not be looked up: {error}."))?,
        }
        self.settle().await
    }

    /// Handles a line to its end. Blank lines do nothing.
    ///
    /// # Errors
    /// [`FaceError`] if a reply cannot be shown; it stays in the outbox.
    pub async fn line(&self, number: u64, text: String) -> Result<Flow, FaceError> {
        if text.trim().is_empty() {
            return Ok(Flow::Continue);
        }
        let key = SourceKey::new(format!("term:{}:{number}", self.id));
        self.output.begin(number, key.clone());
        let message = InboxMessage { key, actor: PERSON, body: text, received_at: self.intake.clock.now() };
        let flow = self.handle(number, &message).await;
        self.output.end();
        flow
    }

    /// As [`Session::line`]; once `stop` is ready, the line has [`LAST_LINE_MAX`] left, and then the person leaves.
    ///
    /// # Errors
    /// As [`Session::line`].
    pub async fn line_until(&self, number: u64, text: String, stop: Pin<&mut impl Future<Output = ()>>) -> Result<Flow, FaceError> {
        let mut handled = pin!(self.line(number, text));
        tokio::select! {
            biased;
            flow = &mut handled => return flow,
            () = stop => {}
        }
        // What does not end in time stays in the inbox, or on the wire, and is taken up at the next start.
        match within(LAST_LINE_MAX, handled).await {
            Some(Err(error)) => Err(error),
            Some(Ok(_)) | None => Ok(Flow::Leave),
        }
    }

    /// Shows what is in the outbox.
    ///
    /// # Errors
    /// [`DrainError`] if it cannot be read or shown; it stays there.
    pub async fn deliver(&self) -> Result<(), DrainError> {
        self.outbox.drain(self.output.as_ref()).await
    }

    /// As [`Session::deliver`], between two lines: an outbox that cannot be read is spoken of at the next line, not here.
    ///
    /// # Errors
    /// [`FaceError`] if something cannot be shown; it stays in the outbox.
    pub async fn push(&self) -> Result<(), FaceError> {
        match self.deliver().await {
            Err(DrainError::Face(error)) => Err(error),
            Err(DrainError::Journal(error)) => {
                tracing::debug!(%error, "the outbox cannot be read just now");
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    /// Shows a sentence of the face itself, about a line it could not pass on.
    ///
    /// # Errors
    /// [`FaceError`] if it cannot be shown.
    pub fn complain(&self, number: u64, sentence: &str) -> Result<(), FaceError> {
        self.output.say(number, &Rendered::error(sentence))
    }

    async fn handle(&self, number: u64, message: &InboxMessage) -> Result<Flow, FaceError> {
        let outcome = match self.intake.handle(message).await {
            Outcome::Wait(ms) => {
                (self.pass_time)(ms).await;
                self.settle().await?;
                self.intake.waited(message).await
            }
            outcome => outcome,
        };
        if let Outcome::Failed(sentence) = &outcome {
            self.complain(number, sentence)?;
        }
        self.settle().await?;
        Ok(if outcome == Outcome::Quit { Flow::Leave } else { Flow::Continue })
    }

    async fn settle(&self) -> Result<(), FaceError> {
        let idle = within(SETTLE_MAX, self.intake.door.busy().idle()).await;
        if idle.is_none() {
            self.complain(0, "Some work is still under way; what comes of it will be told when it is known.")?;
        }
        match self.deliver().await {
            Ok(()) => Ok(()),
            Err(DrainError::Face(error)) => Err(error),
            Err(DrainError::Journal(error)) => self.complain(0, &format!("Replies are kept, but cannot be read just now: {error}.")),
        }
    }
}
