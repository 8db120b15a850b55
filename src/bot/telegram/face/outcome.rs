//! A card in the chat after its end: the same message, its outcome in the first line, its buttons gone.

use serde::{Deserialize, Serialize};

use super::html::{self, Part};
use super::line::{Line, Style};
use super::phone;
use crate::bot::render::Rendered;
use crate::domain::notice::CardView;
use crate::domain::rows::{PlanRow, PlanState};

/// What is remembered of a shown card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownCard {
    /// Its text as it was rendered.
    pub text: String,
    /// Its first plan; a card that resumes trading has none.
    pub plan: Option<String>,
}

impl ShownCard {
    /// Returns what to remember of a card.
    pub fn of(view: &CardView, rendered: &Rendered) -> Self {
        Self { text: rendered.text.clone(), plan: view.pending.plans.first().map(|plan| plan.id.to_string()) }
    }

    /// Returns the card's message with its outcome.
    pub fn settled(&self, sign: &str, outcome: &str) -> Option<Part> {
        let mut lines = phone::lines(&Rendered::new("card", self.text.clone()));
        if let Some(first) = lines.first_mut() {
            *first = Line::of(Style::Plain, format!("{sign} ")).and(Style::Bold, outcome);
        }
        // A card is far shorter than a message may be; if it is not, its beginning says enough.
        html::parts(&lines).into_iter().next()
    }
}

/// Returns the sign and the words of a card whose plan was decided on.
pub fn of_plan(row: &PlanRow) -> (&'static str, &'static str) {
    match row.state {
        PlanState::Confirmed | PlanState::Approved | PlanState::Done => ("✅", "Confirmed"),
        PlanState::Denied => ("❌", "Confirmed, then denied"),
        PlanState::Lapsed => ("⌛", "Confirmed, but too old to act on"),
    }
}

/// Returns the sign of a card that was closed with these words.
pub fn sign_of_closing(text: &str) -> &'static str {
    let said = text.to_ascii_lowercase();
    if said.contains("has expired") { "⌛" } else { "✖️" }
}

#[cfg(test)]
mod tests {
    use super::ShownCard;

    #[test]
    fn the_outcome_stands_where_the_headline_was() {
        let card = ShownCard { text: "▸ Card · PAPER\nBuy <1> BTC\n  Fee  1".to_owned(), plan: None };
        let part = card.settled("✖️", "Cancelled. Nothing was sent.").unwrap();
        assert_eq!(part.html, "✖️ <b>Cancelled. Nothing was sent.</b>\nBuy &lt;1&gt; BTC\n<pre>Fee  1</pre>");
    }
}
