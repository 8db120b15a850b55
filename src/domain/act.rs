//! Acts that matter for security: who did what, from which message, and whether it was let through. Each is a link of the
//! same chain as the orders, of the kind `audit.…`, and has no other row.

use serde::{Deserialize, Serialize};

use super::actor::Actor;
use super::event::{Change, DeskEvent};
use super::ids::SourceKey;
use super::time::Timestamp;

/// Longest description of an act, in characters: what a stranger sends must not fill the record.
pub const ABOUT_CHARS_MAX: usize = 200;

/// What sort of act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActKind {
    /// A button of a card.
    Tap,
    /// A request that would trade, or change an order.
    Request,
    /// Pause, stop, panic and their like.
    Word,
    /// A message that was not listened to: a stranger's, a forged or a foreign one.
    Message,
    /// A person's rights were given, changed or taken.
    Role,
    /// A setting was changed while the program runs.
    Setting,
    /// A token or a secret was shown at the operators' endpoint or the webhook.
    Token,
}

impl ActKind {
    /// Returns the event's kind.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tap => "audit.tap",
            Self::Request => "audit.request",
            Self::Word => "audit.word",
            Self::Message => "audit.message",
            Self::Role => "audit.role",
            Self::Setting => "audit.setting",
            Self::Token => "audit.token",
        }
    }
}

/// What became of an act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActOutcome {
    /// It was let through.
    Accepted,
    /// It was refused, for this reason: rule codes, or a word.
    Refused(String),
}

/// An act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Act {
    /// What sort.
    pub kind: ActKind,
    /// Who; none where nobody is known (a wrong token).
    pub by: Option<Actor>,
    /// From which update, line or request.
    pub source: Option<SourceKey>,
    /// What it was, in short; never a secret.
    pub about: String,
    /// What became of it.
    pub outcome: ActOutcome,
}

impl Act {
    /// Returns the act as a fact of the chain.
    pub fn event(self, at: Timestamp) -> DeskEvent {
        let act = Self { about: self.about.chars().take(ABOUT_CHARS_MAX).collect(), ..self };
        let subject = act.source.as_ref().map_or_else(|| "-".to_owned(), |source| source.as_str().to_owned());
        let outcome = match &act.outcome {
            ActOutcome::Accepted => "accepted".to_owned(),
            ActOutcome::Refused(why) => format!("refused: {why}"),
        };
        let detail = format!("{}: {outcome}", act.about);
        DeskEvent { kind: act.kind.as_str().to_owned(), subject, detail, at, change: Change::Act(Box::new(act)) }
    }
}
