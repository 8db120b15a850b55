//! A card as it is shown: where, what, the figures, and where each of them came from.

use serde_json::{Value, json};

use crate::bot::buttons;
use crate::domain::notice::CardView;
use crate::domain::proposal::Want;
use crate::domain::time::SECOND_MS;

use super::evidence::Sources;
use super::place::Place;
use super::sheet::Sheet;
use super::{Rendered, card_json, plan};

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
        sheet.line("It needs a second yes.");
    }
    if row.plans.is_empty() {
        sheet.line(match row.proposal.want {
            Want::Resume => "Resume trading: entries are taken again",
            _ => "Nothing to do",
        });
    }
    for plan in &row.plans {
        let mut sources = Sources::new(&plan.evidence, &row.proposal.text);
        sheet.line(plan::title(plan));
        plan::write(plan, &mut sources, &mut sheet);
        sources.pass_over(&["expires_ms"]);
        sources.write_rest(&mut sheet);
    }
    let life = format!("{} s", row.expires_at.since(row.made_at).max(0) / SECOND_MS);
    let source = row.plans.first().map(|plan| Sources::new(&plan.evidence, "").of(&["expires_ms"]));
    sheet.sourced("Good for", life, &source.unwrap_or_default());
    // What brought the card here was said above.
    let warnings = row.plans.iter().flat_map(|plan| &plan.warnings);
    for warning in warnings.filter(|warning| view.because.as_ref().is_none_or(|because| !because.contains(*warning))) {
        sheet.line(format!("! {warning}"));
    }
    let cards: Vec<Value> = card_json::all(view, &place);
    let mut rendered = Rendered::new("card", sheet.finish()).with_buttons(buttons::of_card(row).iter().map(|button| button.label));
    rendered.card = cards.first().cloned();
    if cards.len() > 1 {
        rendered = rendered.with("cards", json!(cards));
    }
    rendered
}
