//! Acts of persons at the Desk, as facts of the chain: who tapped or said what, from which message, and what became of it.

use crate::domain::act::{Act, ActKind, ActOutcome};
use crate::domain::actor::Actor;
use crate::domain::ids::SourceKey;
use crate::domain::proposal::Origin;

use super::draft::Draft;
use super::input::Input;
use super::machine::Desk;

/// An act whose outcome is not known yet.
pub(super) struct Doing {
    kind: ActKind,
    by: Actor,
    key: SourceKey,
    about: String,
}

impl Desk {
    /// Returns the act that an input is, if a person does it.
    pub(super) fn act_of(&self, input: &Input) -> Option<Doing> {
        let doing = |kind, by: &Actor, key: &SourceKey, about: String| Some(Doing { kind, by: *by, key: key.clone(), about });
        match input {
            Input::Tap { nonce, verb, actor, key } => doing(ActKind::Tap, actor, key, format!("{verb:?} on card {nonce}")),
            Input::Cancel { actor, key, .. } => doing(ActKind::Request, actor, key, "cancel".to_owned()),
            Input::Trading { word, actor, key } => doing(ActKind::Word, actor, key, format!("{word:?}")),
            Input::Propose(proposal) => match &proposal.origin {
                Origin::Person(actor) => doing(ActKind::Request, actor, &proposal.key, "propose".to_owned()),
                _ => None,
            },
            _ => None,
        }
    }

    /// Writes the act down, with what became of it.
    pub(super) fn note_act(&self, d: &mut Draft<'_>, doing: Option<Doing>) {
        let Some(Doing { kind, by, key, about }) = doing else { return };
        let refused = d.refusals_of(&key);
        let outcome = if refused.is_empty() { ActOutcome::Accepted } else { ActOutcome::Refused(refused.join(", ")) };
        let act = Act { kind, by: Some(by), source: Some(key), about, outcome };
        let event = act.event(d.now);
        d.record(event);
    }
}
