//! What a short answer (`yes`, `2`, `half`) means: the newest thing that is open in the chat decides.

use crate::domain::ids::Nonce;
use crate::domain::request::Reply;
use crate::domain::rows::PendingRow;
use crate::engine::desk::input::TapVerb;

use super::buttons;
use super::dialogue::{Choice, OpenQuestion};

/// What a reply stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// A tap on a card.
    Tap(Nonce, TapVerb),
    /// A choice of the open question.
    Choice(Box<Choice>),
    /// No to the open question: it is closed and nothing is done.
    Dropped,
    /// Nothing that the open question offers; the sentence says what it does offer.
    NoChoice(String),
    /// Nothing; the sentence says why and what would work.
    Nothing(String),
}

/// Returns what `reply` means while `card` and `question` are open. Of two open things the newer one is answered.
pub fn meaning(reply: &Reply, card: Option<&PendingRow>, question: Option<&OpenQuestion>) -> Meaning {
    match (card, question) {
        (Some(card), Some(question)) if card.made_at < question.asked_at => to_question(reply, question),
        (Some(card), _) => to_card(reply, card),
        (None, Some(question)) => to_question(reply, question),
        (None, None) => {
            Meaning::Nothing("There is no open card and no open question. Say what you want, e.g. `buy 200 usdt of btc`.".to_owned())
        }
    }
}

fn to_card(reply: &Reply, card: &PendingRow) -> Meaning {
    let buttons = buttons::of_card(card);
    let chosen = match reply {
        Reply::Choice(number) => {
            let index = usize::try_from(*number).ok().and_then(|number| number.checked_sub(1));
            index.and_then(|index| buttons.get(index))
        }
        Reply::Confirm => button(&buttons, TapVerb::Confirm),
        Reply::Decline => button(&buttons, TapVerb::Decline),
        Reply::Half => button(&buttons, TapVerb::Half),
        Reply::Double => button(&buttons, TapVerb::Double),
        Reply::ToMarket => button(&buttons, TapVerb::ToMarket),
        Reply::ToLimit => button(&buttons, TapVerb::ToLimit),
    };
    match chosen {
        Some(button) => Meaning::Tap(card.nonce.clone(), button.verb),
        None => {
            Meaning::Nothing(format!("The open card has no such button. It has: {}.", numbered(buttons.iter().map(|button| button.label))))
        }
    }
}

fn button(buttons: &[buttons::Button], verb: TapVerb) -> Option<&buttons::Button> {
    buttons.iter().find(|button| button.verb == verb)
}

fn to_question(reply: &Reply, question: &OpenQuestion) -> Meaning {
    let chosen = match reply {
        Reply::Decline => return Meaning::Dropped,
        Reply::Choice(number) => question.choice(*number),
        // A question with one choice ("did you mean …?") takes a plain yes.
        Reply::Confirm if question.choices.len() == 1 => question.choice(1),
        Reply::Confirm | Reply::Half | Reply::Double | Reply::ToMarket | Reply::ToLimit => None,
    };
    match chosen {
        Some(choice) => Meaning::Choice(Box::new(choice.clone())),
        None if question.choices.is_empty() => {
            Meaning::NoChoice("A question is open. Answer it in words, or say `no` to drop it.".to_owned())
        }
        None => {
            let choices = numbered(question.choices.iter().map(|choice| choice.label.as_str()));
            Meaning::NoChoice(format!("A question is open. Answer with a number: {choices}; or say `no` to drop it."))
        }
    }
}

fn numbered<'a>(labels: impl Iterator<Item = &'a str>) -> String {
    labels.zip(1..).map(|(label, number)| format!("{number} {label}")).collect::<Vec<_>>().join(" · ")
}
