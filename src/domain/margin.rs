//! Margin modes: what stands for a leveraged position's losses.

use serde::{Deserialize, Serialize};

/// What stands for the losses of a position on a perpetual. It is the position's own from its first fill to its last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarginMode {
    /// Its own margin and nothing else.
    #[default]
    Isolated,
    /// All the cash of the wallet and the margins of the other cross positions.
    Cross,
}

impl MarginMode {
    /// Every mode.
    pub const ALL: [Self; 2] = [Self::Isolated, Self::Cross];

    /// Returns the word used in JSON, settings and on cards.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Isolated => "isolated",
            Self::Cross => "cross",
        }
    }

    /// Tells whether only the position's own margin is at stake.
    pub const fn is_isolated(&self) -> bool {
        matches!(self, Self::Isolated)
    }
}
