//! A doubt: why a text cannot be acted on although its words were recognised. It becomes a question.
//!
//! Every doubt says what is wrong and shows a sentence that would work.

use super::number::NumberIssue;

/// One reason to ask back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// The fields that are missing or have two readings.
    pub slots: Vec<&'static str>,
    /// The question, a whole sentence or two.
    pub text: String,
    /// Answers to choose from, each a text that can be said.
    pub choices: Vec<String>,
}

impl Doubt {
    /// Returns a doubt about one field.
    pub fn about(slot: &'static str, text: impl Into<String>) -> Self {
        Self { slots: vec![slot], text: text.into(), choices: Vec::new() }
    }

    /// Returns the same doubt with answers to choose from.
    #[must_use]
    pub fn with_choices(mut self, choices: Vec<String>) -> Self {
        self.choices = choices;
        self
    }

    /// Returns the doubt that a field was said twice, differently.
    pub fn twice(slot: &'static str) -> Self {
        let what = match slot {
            "side" => "sides",
            "symbol" => "symbols",
            "amount" => "amounts",
            "price" => "prices",
            "stop" => "stops",
            "leverage" => "leverages",
            "trailing" => "trailing distances",
            "market" => "markets",
            "topic" => "subjects",
            "window" => "periods",
            _ => "values for one field",
        };
        Self::about(slot, format!("I read two different {what} in this message. Which one do you mean? I take one order a message."))
    }

    /// Returns the doubt about a number that cannot be read; `written` is how it stands in the text.
    pub fn number(issue: NumberIssue, written: &str) -> Self {
        Self::about("number", issue.sentence(written))
    }
}
