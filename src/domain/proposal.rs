//! An unsized want from any origin; the Desk's one door for everything that may trade.

use serde::{Deserialize, Serialize};

use super::actor::Actor;
use super::amend::AmendRequest;
use super::ids::SourceKey;
use super::instrument::InstrumentId;
use super::request::{CloseRequest, OpenRequest, ProtectRequest};

/// A want, with its cause and its origin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// The cause; the same key makes the same plan, for ever.
    pub key: SourceKey,
    /// Who or what wants it.
    pub origin: Origin,
    /// What is wanted.
    pub want: Want,
    /// What was said, for the record; empty for machines.
    pub text: String,
}

/// Who or what wants it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A person, in a chat.
    Person(Actor),
    /// The account's own protection (stop moves, liquidation guard, unprotected position).
    Protection(InstrumentId),
}

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Want {
    /// Open or add.
    Open(OpenRequest),
    /// Close or reduce.
    Close(CloseRequest),
    /// Change a resting order.
    Amend(AmendRequest),
    /// Change exits.
    Protect(ProtectRequest),
    /// Take entries again.
    Resume,
}
