//! Identifiers. Each derives from its cause, so that a repeated cause makes the same id and loses at commit. Their texts are
//! shared: a copy costs no allocation, for every row carries several.

use std::fmt;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(SmolStr);

        impl $name {
            /// Wraps a text that is known to be such an id.
            pub fn new(text: impl Into<SmolStr>) -> Self {
                Self(text.into())
            }

            /// Returns the id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id!(
    /// A trading account: one Desk, one ledger, one set of limits.
    AccountId
);
text_id!(
    /// Why something happened, for ever unique: `term:{session}:{line}:{n}`, `tg:{bot}:{update}:{n}`,
    /// `risk:{position}:{generation}`. The same key makes the same plan.
    SourceKey
);
text_id!(
    /// A plan, from its proposal to its last order; derived from its [`SourceKey`].
    PlanId
);
text_id!(
    /// The single-use number behind the buttons of one card: 128 bits in hex.
    Nonce
);
text_id!(
    /// Our id for an order, stored before the wire call: UUID form of an HMAC over account, plan, leg and generation.
    ClientOrderId
);
text_id!(
    /// The venue's own id for an order.
    VenueOrderId
);
text_id!(
    /// The venue's id for one execution, unique per instrument.
    TradeId
);
