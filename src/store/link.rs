//! One link of an account's hash chain: a fact as it is stored, and the hash that ties it to all facts before it.
//!
//! `hash(n) = SHA-256(hash(n-1) || canonical(n))`. The canonical form writes every text with its length before it, so
//! that no two different links have the same bytes. Invariant 19 of the simulation: the chain verifies.

use aws_lc_rs::digest::{Context, SHA256};

use serde::{Deserialize, Serialize};

use crate::domain::event::{Change, DeskEvent};
use crate::domain::ids::{AccountId, PlanId};
use crate::domain::time::Timestamp;

/// Separates these hashes from any other use of SHA-256, and names the canonical form.
const FORM: &[u8] = b"outcry.link.1";

/// Where a chain ends: how many links there are, and the hash of the last one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainHead {
    /// Number of links; the last one has this number.
    pub count: i64,
    /// SHA-256 in hex.
    pub hash: String,
}

impl ChainHead {
    /// Returns the head of a chain without links.
    pub fn empty() -> Self {
        Self { count: 0, hash: "0".repeat(64) }
    }
}

/// A fact as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its number in the account's chain, from 1.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// The event's kind.
    pub kind: String,
    /// What it is about.
    pub subject: String,
    /// The plan it belongs to, where its row names one.
    pub plan: Option<PlanId>,
    /// The evidence in words.
    pub detail: String,
    /// JSON of the `Change`.
    pub body: String,
    /// Hash of the link before, in hex.
    pub prev_hash: String,
    /// Hash of this link, in hex.
    pub hash: String,
}

impl Link {
    /// Returns the link of `event` after `head`.
    ///
    /// # Errors
    /// A sentence, if the change cannot be written as JSON.
    pub fn after(account: &AccountId, head: &ChainHead, event: &DeskEvent) -> Result<Self, String> {
        let body = serde_json::to_string(&event.change).map_err(|error| format!("the event {} has no JSON form: {error}", event.kind))?;
        let mut link = Self {
            seq: head.count.saturating_add(1),
            at: event.at,
            kind: storable(&event.kind),
            subject: storable(&event.subject),
            plan: plan_of(&event.change).map(|plan| PlanId::new(storable(plan.as_str()))),
            detail: storable(&event.detail),
            body,
            prev_hash: head.hash.clone(),
            hash: String::new(),
        };
        link.hash = link.computed_hash(account);
        Ok(link)
    }

    /// Returns the head of the chain that ends with this link.
    pub fn head(&self) -> ChainHead {
        ChainHead { count: self.seq, hash: self.hash.clone() }
    }

    /// Returns the hash that this link must have.
    pub fn computed_hash(&self, account: &AccountId) -> String {
        let mut context = Context::new(&SHA256);
        context.update(self.prev_hash.as_bytes());
        context.update(FORM);
        context.update(&self.seq.to_be_bytes());
        context.update(&self.at.ms().to_be_bytes());
        let plan = self.plan.as_ref().map(PlanId::as_str);
        // A missing plan and an empty one must not look alike.
        context.update(&[u8::from(plan.is_some())]);
        for text in [account.as_str(), &self.kind, &self.subject, plan.unwrap_or_default(), &self.detail, &self.body] {
            context.update(&u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
            context.update(text.as_bytes());
        }
        hex::encode(context.finish())
    }

    /// Returns the event that this link holds.
    ///
    /// # Errors
    /// A sentence, if the stored change cannot be read.
    pub fn event(&self) -> Result<DeskEvent, String> {
        Ok(DeskEvent {
            kind: self.kind.clone(),
            subject: self.subject.clone(),
            detail: self.detail.clone(),
            at: self.at,
            change: self.change()?,
        })
    }

    /// Returns the change that this link holds.
    ///
    /// # Errors
    /// A sentence, if the stored change cannot be read.
    pub fn change(&self) -> Result<Change, String> {
        serde_json::from_str(&self.body).map_err(|error| format!("event {} holds a row that cannot be read: {error}", self.seq))
    }
}

/// PostgreSQL cannot hold a NUL in text; a venue's words must not be able to stop a commit.
pub(super) fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// Returns the plan that a row belongs to, where it names exactly one.
fn plan_of(change: &Change) -> Option<&PlanId> {
    match change {
        Change::Pending(row) => match row.plans.as_slice() {
            [plan] => Some(&plan.id),
            _ => None,
        },
        Change::Plan(row) => Some(&row.plan.id),
        Change::Order(row) => Some(&row.plan),
        Change::Fill(row) => row.plan.as_ref(),
        Change::Balance(_) | Change::Position(_) | Change::State(_) | Change::PnlDay(_) | Change::Act(_) | Change::Ledger(_) => None,
    }
}
