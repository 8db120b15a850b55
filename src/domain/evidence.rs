//! Where each field of a plan came from (invariant I7): nothing on a card is invented.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The kinds of source a field may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceKind {
    /// The person's own words; the span says which.
    Said,
    /// An earlier message of the same dialogue.
    Context,
    /// A span of a forwarded post.
    Signal,
    /// A setting.
    Default,
    /// Balance or position of the account.
    Account,
    /// A market price.
    Quote,
    /// A rule, named in the text.
    Computed,
    /// A council vote.
    Vote,
    /// A strategy's stance.
    Strategy,
    /// A standing permission.
    Mandate,
}

/// Why a field has the value it has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// What sort of source.
    pub kind: EvidenceKind,
    /// UTF-8 byte offsets `[start, end)` into the text that was said.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub span: Option<(usize, usize)>,
    /// The rule or the setting by name, or the words themselves.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub text: Option<String>,
}

impl Evidence {
    /// Returns evidence of the person's own words at `[start, end)`.
    pub const fn said(start: usize, end: usize) -> Self {
        Self { kind: EvidenceKind::Said, span: Some((start, end)), text: None }
    }

    /// Returns evidence of another kind, explained by `text`.
    pub fn of(kind: EvidenceKind, text: impl Into<String>) -> Self {
        Self { kind, span: None, text: Some(text.into()) }
    }

    /// Returns evidence of a named rule.
    pub fn computed(text: impl Into<String>) -> Self {
        Self::of(EvidenceKind::Computed, text)
    }

    /// Returns evidence of a setting.
    pub fn default_setting(text: impl Into<String>) -> Self {
        Self::of(EvidenceKind::Default, text)
    }
}

/// Evidence by field name (`quantity`, `price`, `stop`, `target.1`, …).
pub type EvidenceMap = BTreeMap<String, Evidence>;
