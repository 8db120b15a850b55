//! The question that is open in a chat: what was said so far, and what each choice would do.
//!
//! Invariant: a choice holds the request it stands for, typed, from the moment it is asked; a number given later picks
//! that request and is never read again as words.

use serde::{Deserialize, Serialize};

use crate::domain::request::{Command, Request, TradingWord};
use crate::domain::time::{MINUTE_MS, Timestamp};

/// How long a question can be answered, in milliseconds of market time.
pub const QUESTION_LIFE_MS: i64 = 10 * MINUTE_MS;

/// A question, as it is kept while it waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenQuestion {
    /// When it was asked.
    pub asked_at: Timestamp,
    /// What the person had said, if an answer in words may go on from there.
    pub said: String,
    /// The choices, in the order they were shown.
    pub choices: Vec<Choice>,
}

/// One possible answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// What is written on its button.
    pub label: String,
    /// The words that the request's evidence points into.
    pub text: String,
    /// What it does; none changes nothing.
    pub request: Option<Request>,
}

impl OpenQuestion {
    /// Returns the question that follows the word `stop`.
    pub fn after_stop(asked_at: Timestamp) -> Self {
        let choice = |(label, word): (&str, Option<TradingWord>)| Choice {
            label: label.to_owned(),
            text: label.to_owned(),
            request: word.map(|word| Request::Command(Command::Trading(word))),
        };
        Self { asked_at, said: String::new(), choices: TradingWord::STOP_CHOICES.map(choice).into() }
    }

    /// Reads a stored question that can still be answered at `now`. One that cannot be read is no question.
    pub fn parse(stored: &str, now: Timestamp) -> Option<Self> {
        let question: Self = serde_json::from_str(stored).ok()?;
        (now.since(question.asked_at) <= QUESTION_LIFE_MS).then_some(question)
    }

    /// Returns the text to store.
    ///
    /// # Errors
    /// Only if the question cannot be written as JSON, which no value of it causes.
    pub fn store(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// Returns the choice of a number, counted from 1.
    pub fn choice(&self, number: u32) -> Option<&Choice> {
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        self.choices.get(index)
    }

    /// Returns the choice whose label was typed out.
    pub fn labelled(&self, text: &str) -> Option<&Choice> {
        let text = text.trim().to_lowercase();
        self.choices.iter().find(|choice| choice.label.to_lowercase() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::{OpenQuestion, QUESTION_LIFE_MS};
    use crate::domain::request::{Command, Request, TradingWord};
    use crate::domain::time::Timestamp;

    fn request(question: &OpenQuestion, number: u32) -> Option<Request> {
        question.choice(number).and_then(|choice| choice.request.clone())
    }

    #[test]
    fn stop_asks_which_of_four() {
        let question = OpenQuestion::after_stop(Timestamp::from_ms(5));
        assert_eq!(question.choices.len(), 4);
        assert_eq!(request(&question, 1), None);
        assert_eq!(request(&question, 2), Some(Request::Command(Command::Trading(TradingWord::CancelEntries))));
        assert_eq!(request(&question, 3), Some(Request::Command(Command::Trading(TradingWord::Flatten))));
        assert_eq!(request(&question, 4), None);
        assert!(question.choice(0).is_none() && question.choice(5).is_none() && question.choice(u32::MAX).is_none());
        assert_eq!(question.labelled(" flatten "), question.choice(3));
    }

    #[test]
    fn a_stored_question_comes_back_until_it_is_too_old() {
        let asked = Timestamp::from_ms(5);
        let question = OpenQuestion::after_stop(asked);
        let stored = question.store().unwrap();
        assert_eq!(OpenQuestion::parse(&stored, asked.plus_ms(QUESTION_LIFE_MS)), Some(question));
        assert_eq!(OpenQuestion::parse(&stored, asked.plus_ms(QUESTION_LIFE_MS + 1)), None);
        assert_eq!(OpenQuestion::parse("{\"choices\":", asked), None);
    }
}
