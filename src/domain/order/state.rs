//! What each state of an order means to those who look at it: its word, whether it may still work, its rank.

use super::OrderState;

impl OrderState {
    /// Returns the word stored in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Lapsed => "lapsed",
            Self::Sending => "sending",
            Self::NotSent => "not_sent",
            Self::Unknown => "unknown",
            Self::Held => "held",
            Self::Open => "open",
            Self::Partial => "partial",
            Self::Canceling => "canceling",
            Self::Filled => "filled",
            Self::Canceled => "canceled",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
            Self::Absent => "absent",
        }
    }

    /// Tells whether nothing more is expected. Tombstones count: only new evidence of the venue moves them.
    pub const fn is_done(self) -> bool {
        matches!(self, Self::Lapsed | Self::NotSent | Self::Filled | Self::Canceled | Self::Rejected | Self::Expired | Self::Absent)
    }

    /// Tells whether the order may be working at the venue.
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Sending | Self::Unknown | Self::Held | Self::Open | Self::Partial | Self::Canceling)
    }

    /// Tells whether the venue has confirmed that it works the order now.
    pub const fn is_proven(self) -> bool {
        matches!(self, Self::Open | Self::Partial)
    }

    /// Tells whether the outcome of the send is still open.
    pub const fn in_flight(self) -> bool {
        matches!(self, Self::Sending | Self::Unknown)
    }

    /// Returns the place in the life: evidence of a lower rank never moves an order back (invariant 14).
    pub const fn rank(self) -> u8 {
        match self {
            Self::Planned => 0,
            Self::Sending => 1,
            Self::Unknown => 2,
            Self::Held => 3,
            Self::Open => 4,
            Self::Partial | Self::Canceling => 5,
            Self::Lapsed | Self::NotSent | Self::Absent => 6,
            Self::Canceled | Self::Expired | Self::Rejected => 7,
            Self::Filled => 8,
        }
    }
}
