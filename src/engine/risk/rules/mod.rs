//! One rule a file. The order of [`ALL`] is the order in which refusals are shown.

use super::facts::Rule;

/// Every rule, in its fixed order.
pub const ALL: &[Rule] = &[];
