//! Who allowed an order. An [`Authority`] cannot be written down by anybody: it comes from a tapped card, from a stop word,
//! or from the standing order to protect positions, and each of its constructors checks what it is given.
//!
//! Invariant I1, with [`approve`](super::approve). Neither type can be made outside the engine:
//!
//! ```
//! // The names are right, so that the failures below fail for the right reason.
//! use outcry::engine::risk::approve::Approved;
//! use outcry::engine::risk::authority::Authority;
//! fn look(_: &Authority, _: &Approved) {}
//! ```
//! ```compile_fail,E0451
//! use outcry::engine::risk::authority::Authority;
//! fn forge(record: outcry::domain::rows::AuthorityRecord) -> Authority {
//!     Authority { record, plans: Vec::new() }
//! }
//! ```
//! ```compile_fail,E0624
//! use outcry::engine::risk::authority::Authority;
//! fn forge(now: outcry::domain::time::Timestamp) -> Authority {
//!     Authority::protection("mine", now)
//! }
//! ```
//! ```compile_fail,E0599
//! use outcry::engine::risk::authority::Authority;
//! fn copy(authority: &Authority) -> Authority {
//!     authority.clone()
//! }
//! ```

use crate::domain::actor::{Actor, Role};
use crate::domain::plan::Plan;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::rows::{AuthorityRecord, PendingRow, PendingState, PlanRow, PlanState};
use crate::domain::time::Timestamp;

use super::plan_hash::plan_hash;

/// How old a confirmed plan may be to go on after a restart, in milliseconds.
pub const RESUME_MAX_MS: i64 = 30_000;

/// Leave to trade. Not `Clone`, not `Deserialize`; it never outlives the process.
#[derive(Debug)]
pub struct Authority {
    record: AuthorityRecord,
    /// The plans it covers, as they stood on the card; empty for authorities that cover exits only.
    plans: Vec<Plan>,
}

impl Authority {
    /// Takes a card that was tapped: checks that it is open, unexpired, and tapped by its own person in its own chat, and
    /// returns the authority together with the card as it stands afterwards.
    ///
    /// # Errors
    /// A [`Refusal`] with `CARD_EXPIRED` or `NOT_ALLOWED`.
    pub(in crate::engine) fn from_tap(card: &PendingRow, by: &Actor, now: Timestamp) -> Result<(Self, PendingRow), Refusal> {
        let expired = |actual: &str| Refusal::new(Code::CardExpired, "an open card", actual, "ask again for a new card");
        if card.state != PendingState::Open {
            return Err(expired(card.state.as_str()));
        }
        if now >= card.expires_at {
            return Err(expired("the card is too old"));
        }
        if by.user != card.actor.user || by.chat != card.actor.chat {
            return Err(Refusal::new(
                Code::NotAllowed,
                "the person who asked, in the same chat",
                "somebody else",
                "ask for a card of your own",
            ));
        }
        if by.role < Role::Trader {
            return Err(Refusal::new(Code::NotAllowed, "trader or owner", "viewer", "ask the owner for the trader role"));
        }
        let record = AuthorityRecord::Tapped { by: by.user, at: now, nonce: card.nonce.clone() };
        Ok((Self { record, plans: card.plans.clone() }, PendingRow { state: PendingState::Confirmed, ..card.clone() }))
    }

    /// Returns the authority of a stop word: exits only.
    ///
    /// # Errors
    /// A [`Refusal`] if the person may not close positions.
    pub(in crate::engine) fn stop_word(by: &Actor, now: Timestamp) -> Result<Self, Refusal> {
        if by.role < Role::Trader {
            return Err(Refusal::new(Code::NotAllowed, "trader or owner", "viewer", "pause, which a viewer may use"));
        }
        Ok(Self { record: AuthorityRecord::StopWord { by: by.user, at: now }, plans: Vec::new() })
    }

    /// Returns the authority of the account's own protection: exits only.
    pub(in crate::engine) fn protection(rule: &str, now: Timestamp) -> Self {
        Self { record: AuthorityRecord::Protection { rule: rule.to_owned(), at: now }, plans: Vec::new() }
    }

    /// Takes up a plan that was confirmed before a restart, if that is not too long ago. It must pass approval again.
    pub(in crate::engine) fn resumed(row: &PlanRow, now: Timestamp) -> Option<Self> {
        let unsent = matches!(row.state, PlanState::Confirmed | PlanState::Approved);
        let fresh = unsent && now.since(row.at) <= RESUME_MAX_MS && row.plan_hash == plan_hash(&row.plan);
        let record = row.authority.clone().filter(|_| fresh)?;
        Some(Self { record, plans: vec![row.plan.clone()] })
    }

    /// Returns the record that is stored.
    pub fn record(&self) -> &AuthorityRecord {
        &self.record
    }

    /// Tells whether it covers this plan: a tap covers the plans that were on the card, the others any exit.
    pub fn covers(&self, plan: &Plan) -> bool {
        match self.record {
            AuthorityRecord::Tapped { .. } => self.plans.contains(plan),
            AuthorityRecord::StopWord { .. } | AuthorityRecord::Protection { .. } => plan.kind != crate::domain::plan::PlanKind::Open,
        }
    }
}
