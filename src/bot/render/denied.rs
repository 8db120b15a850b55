//! Refusals: ours, each rule on a line with what would pass, and the venue's.

use serde_json::json;

use crate::domain::notice::OrderView;
use crate::domain::refusal::Refusal;

use super::place::Place;
use super::sheet::Sheet;
use super::{Rendered, exact, numbers, orders};

/// Renders our refusal: every rule that failed, at once.
pub fn render(subject: &str, refusals: &[Refusal], place: &Place) -> Rendered {
    let mut sheet = Sheet::new(place.headline("✗", "Denied"));
    sheet.line(format!("{subject}: nothing was sent."));
    for refusal in refusals {
        sheet.pair(refusal.code.as_str(), line(refusal));
    }
    Rendered::new("denied", sheet.finish()).with("denied", json!(refusals.iter().map(exact::refusal).collect::<Vec<_>>()))
}

/// Renders the venue's refusal.
pub fn rejected(order: &OrderView, code: &str, reason: &str, place: &Place) -> Rendered {
    let mut sheet = Sheet::new(place.headline("✗", "Rejected by the venue"));
    sheet.line(orders::title(order));
    sheet.pair("Code", code);
    sheet.pair("Reason", reason);
    Rendered::new("error", sheet.finish())
        .with("rejected", json!({ "code": code, "reason": reason }))
        .with("orders", orders::data(std::slice::from_ref(order)))
}

/// Returns what was asked, what is allowed and what would pass; an empty part is left out.
pub fn line(refusal: &Refusal) -> String {
    let parts = [("asked", &refusal.actual), ("limit", &refusal.limit), ("would pass:", &refusal.would_pass)];
    let shown = parts.iter().filter(|(_, text)| !text.is_empty()).map(|(label, text)| format!("{label} {}", numbers::grouped_within(text)));
    shown.collect::<Vec<_>>().join(" · ")
}
