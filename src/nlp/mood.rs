//! Whether words that speak of trading are a command at all: negated, asked, told of the past, supposed or quoted words
//! are none.
//!
//! The grammar would not act on them anyway, for none of these words is in it; here they get a better sentence.

use super::token::{Kind, Token};

const NEGATIONS: &[&str] = &[
    "not", "dont", "never", "wont", "cant", "cannot", "didnt", "doesnt", "shouldnt", "wouldnt", "without", "neither", "nor", "refrain",
    "avoid",
];
const QUESTIONS: &[&str] = &["should", "shall", "would", "could", "might", "may", "does", "whether", "wonder", "think", "opinion", "wise"];
const PAST: &[&str] =
    &["bought", "sold", "longed", "shorted", "closed", "cancelled", "canceled", "was", "were", "had", "yesterday", "ago", "exited", "did"];
const SUPPOSED: &[&str] = &[
    "suppose",
    "supposing",
    "imagine",
    "pretend",
    "assume",
    "assuming",
    "hypothetically",
    "example",
    "maybe",
    "perhaps",
    "unless",
    "wish",
];

/// Returns why these words are no command, if a word or a mark says so.
pub fn objection(tokens: &[Token<'_>]) -> Option<&'static str> {
    tokens.iter().find_map(|token| match &token.kind {
        Kind::Word(word) => of_word(word),
        Kind::Punct('?') => {
            Some("You asked a question, so I did not act. To trade, say it without the question mark, for example: buy 200 usdt of btc.")
        }
        Kind::Punct('"' | '“' | '”' | '„' | '«' | '»') => {
            Some("These are quoted words, so I did not act on them. To trade, say it in your own words, for example: buy 200 usdt of btc.")
        }
        _ => None,
    })
}

fn of_word(word: &str) -> Option<&'static str> {
    if NEGATIONS.contains(&word) {
        Some("I read this as something not to do, so I did nothing. To trade, say what you do want, for example: buy 200 usdt of btc.")
    } else if QUESTIONS.contains(&word) {
        Some(
            "I read this as a question about a trade, not as an order, so I did nothing. To trade, say it plainly, for example: buy 200 usdt of btc.",
        )
    } else if PAST.contains(&word) {
        Some(
            "I read this as something that has happened, so I did nothing. To trade, say it plainly, for example: buy 200 usdt of btc. To look back, say: history.",
        )
    } else if SUPPOSED.contains(&word) {
        Some("I read this as a supposition, not as an order, so I did nothing. To trade, say it plainly, for example: buy 200 usdt of btc.")
    } else {
        None
    }
}
