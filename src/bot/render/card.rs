//! A card as it is shown: where, what, the figures, and where each of them came from.

use serde_json::{Value, json};

use crate::bot::buttons;
use crate::domain::notice::CardView;
use crate::domain::proposal::Want;
use crate::domain::time::SECOND_MS;

use super::place::Place;
use super::sheet::Sheet;
use super::{Rendered, card_json, evidence, plan};

/// Renders a card.
pub fn render(view: &CardView, place: &Place) -> Rendered {
    let row = &view.pending;
    // The card speaks for the venue it was made for; only the price source may come from the first plan.
    let source = row.plans.first().map_or(place.source, |plan| plan.source);
    let place = Place { venue: view.venue.clone(), live: view.live, source };
    let title = if row.second { "Second card" } else { "Card" };
    let mut sheet = Sheet::new(place.headline("▸", title));
    if let Some(because) = &view.because {
        sheet.line(because);
    }
    if row.second {
        sheet.line("Really? This one needs a second yes.");
    }
    if row.plans.is_empty() {
        sheet.line(match row.proposal.want {
            Want::Resume => "Resume trading: entries are taken again",
            _ => "Nothing to do",
        });
    }
    for plan in &row.plans {
        sheet.line(plan::title(plan));
        plan::write(plan, &mut sheet);
    }
    sheet.pair("Good for", format!("{} s", row.expires_at.since(row.made_at).max(0) / SECOND_MS));
    for warning in row.plans.iter().flat_map(|plan| &plan.warnings) {
        sheet.line(format!("! {warning}"));
    }
    write_evidence(view, &mut sheet);
    let cards: Vec<Value> = card_json::all(view, &place);
    let mut rendered = Rendered::new("card", sheet.finish()).with_buttons(buttons::of_card(row).iter().map(|button| button.label));
    rendered.card = cards.first().cloned();
    if cards.len() > 1 {
        rendered = rendered.with("cards", json!(cards));
    }
    rendered
}

fn write_evidence(view: &CardView, sheet: &mut Sheet) {
    let several = view.pending.plans.len() > 1;
    for plan in view.pending.plans.iter().filter(|plan| !plan.evidence.is_empty()) {
        sheet.line(if several { format!("Where from · {}", plan.instrument) } else { "Where from".to_owned() });
        for (field, source) in evidence::pairs(&plan.evidence, &view.pending.proposal.text) {
            sheet.pair(field, source);
        }
    }
}
