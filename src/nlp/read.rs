//! Reads one text without a model.
//!
//! Invariant (the rule of full coverage): a [`Request`](crate::domain::request::Request) comes out only if every word of
//! the text is accounted for. All else is a question or a sentence that says what was understood.

use super::cursor::Cursor;
use super::family::{self, Outcome};
use super::lexicon::Lexicon;
use super::reading::{NotUnderstood, Question, Reading};
use super::scan;
use super::token::Span;
use super::vocabulary;

/// Longest text that is read, in characters.
pub const TEXT_MAX_CHARS: usize = 4_096;
/// Most unknown words that are named in an answer, and that are corrected in a suggestion.
const UNKNOWN_SHOWN_MAX: usize = 4;

/// Reads `text` with the names of `lexicon`.
pub fn read(text: &str, lexicon: &Lexicon) -> Reading {
    // A character has at most four bytes, so that most long texts are refused without counting.
    if text.len() > 4 * TEXT_MAX_CHARS || text.chars().nth(TEXT_MAX_CHARS).is_some() {
        return nothing_read(format!(
            "That message is longer than the {TEXT_MAX_CHARS} characters I read, so I did nothing. Say what you want in one sentence, for example: buy 200 usdt of btc."
        ));
    }
    match outcome(text, lexicon) {
        Outcome::Request(request) => Reading::Request(request),
        Outcome::Ask(doubt, understood) => {
            Reading::Question(Question { text: doubt.text, missing: doubt.slots, choices: doubt.choices, understood })
        }
        Outcome::NoCommand(why) => nothing_read(why.to_owned()),
        Outcome::LeftOver(understood, unknown) => Reading::NotUnderstood(left_over(text, lexicon, understood, &unknown)),
    }
}

fn outcome(text: &str, lexicon: &Lexicon) -> Outcome {
    let lower = text.to_ascii_lowercase();
    let tokens = scan::scan(&lower, lexicon);
    family::read(Cursor::new(text, &tokens), lexicon)
}

fn nothing_read(text: String) -> Reading {
    Reading::NotUnderstood(NotUnderstood { text, understood: String::new(), unknown: Vec::new(), suggestion: None })
}

fn left_over(text: &str, lexicon: &Lexicon, understood: String, unknown: &[Span]) -> NotUnderstood {
    let words: Vec<String> = unknown.iter().take(UNKNOWN_SHOWN_MAX).map(|span| shortened(span.of(text))).collect();
    let suggestion = corrected(text, unknown).filter(|better| matches!(outcome(better, lexicon), Outcome::Request(_) | Outcome::Ask(..)));
    let mut sentence = match words.as_slice() {
        [] if understood.is_empty() => "There are no words in that message that I could act on.".to_owned(),
        [] => "I could not make a request of that.".to_owned(),
        [word] => format!("I do not know what “{word}” means here, so I did nothing."),
        words => format!("I do not know what “{}” mean here, so I did nothing.", words.join("”, “")),
    };
    if !understood.is_empty() {
        sentence.push_str(&format!(" What I did understand: {understood}."));
    }
    match &suggestion {
        Some(better) => sentence.push_str(&format!(" Did you mean: {better}?")),
        None => sentence.push_str(&format!(" Say it in other words, for example: {}, or say help.", sample(&understood))),
    }
    NotUnderstood { text: sentence, understood, unknown: words, suggestion }
}

fn sample(understood: &str) -> &'static str {
    match understood.split(' ').next() {
        Some("close") => "close half of my btc",
        Some("cancel") => "cancel my btc orders",
        Some("change" | "remove") => "move stop to 60k",
        Some("show") => "pnl week",
        Some("explain") => "why btc",
        _ => "buy 200 usdt of btc",
    }
}

fn shortened(word: &str) -> String {
    let shown: String = word.chars().take(32).collect();
    if shown.len() < word.len() { format!("{shown}…") } else { shown }
}

/// Returns the text with each unknown word replaced by the nearest one of the grammar, if each has one.
fn corrected(text: &str, unknown: &[Span]) -> Option<String> {
    if unknown.is_empty() || unknown.len() > UNKNOWN_SHOWN_MAX {
        return None;
    }
    let mut better = String::with_capacity(text.len() + 8);
    let mut from = 0;
    for span in unknown {
        let word = span.of(text).to_ascii_lowercase();
        better.push_str(text.get(from..span.start)?);
        match word.strip_prefix('/') {
            Some(name) => {
                let (_, nearest) = vocabulary::nearest_of(name, family::SLASHES.iter().copied())?;
                better.push('/');
                better.push_str(nearest);
            }
            None => better.push_str(vocabulary::nearest(&word)?),
        }
        from = span.end;
    }
    better.push_str(text.get(from..)?);
    Some(better)
}
