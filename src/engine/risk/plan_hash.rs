//! The fingerprint of a frozen plan: what was on the card is what is sent.

use aws_lc_rs::digest::{SHA256, digest};

use crate::domain::plan::Plan;

/// Returns the SHA-256 of the plan's JSON, in hex. Fields are written in a fixed order and numbers in canonical form.
pub fn plan_hash(plan: &Plan) -> String {
    // A plan is plain data: writing it as JSON cannot fail; an empty text would merely match no plan.
    let text = serde_json::to_vec(plan).unwrap_or_default();
    hex::encode(digest(&SHA256, &text))
}
