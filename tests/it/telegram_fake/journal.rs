//! What the bot asked for, call by call, and what people then saw.

use std::time::Duration;

use serde_json::Value;

use super::failure::Failure;
use super::message::{Document, Message};
use super::request::Args;

/// One call of the bot.
#[derive(Debug, Clone)]
pub struct Call {
    /// Since the fake began.
    pub at: Duration,
    /// The method in small letters.
    pub method: String,
    pub args: Args,
    /// What was answered; `None` where the connection was cut before. Of `getUpdates` only how many there were.
    pub answer: Option<Result<Value, Failure>>,
    /// The message that it sent or changed, as it was then.
    pub shown: Option<Shown>,
}

/// A button under a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    pub text: String,
    /// What it sends back; empty for a link.
    pub data: String,
}

/// A message of the bot as people see it.
#[derive(Debug, Clone)]
pub struct Shown {
    /// Since the fake began.
    pub at: Duration,
    /// The method in small letters: sent or edited.
    pub method: String,
    pub chat: i64,
    pub id: i64,
    pub thread: Option<i64>,
    /// The text, or the caption, without its marks.
    pub text: String,
    /// As the bot sent it, marks and all.
    pub source: String,
    pub entities: Vec<Value>,
    pub buttons: Vec<Vec<Button>>,
    /// The reply keyboard, its removal or a forced reply that came with it.
    pub keyboard: Option<Value>,
    /// Sent without a sound.
    pub silent: bool,
    pub document: Option<Document>,
    pub reply_to: Option<i64>,
}

impl Shown {
    /// Looks at `message` as the call left it.
    pub fn of(message: &Message, method: &str, args: &Args, at: Duration) -> Self {
        let source = if message.document.is_some() { args.text("caption") } else { args.text("text") };
        let keyboard = args.object("reply_markup", "reply keyboard markup").ok().flatten();
        Self {
            at,
            method: method.to_owned(),
            chat: message.chat,
            id: message.id,
            thread: message.thread,
            text: message.text.text.clone(),
            source: source.to_owned(),
            entities: message.text.entities.clone(),
            buttons: buttons(message.buttons.as_ref()),
            keyboard: keyboard.filter(|keyboard| keyboard.get("inline_keyboard").is_none()),
            silent: args.flag("disable_notification"),
            document: message.document.clone(),
            reply_to: message.reply_to,
        }
    }

    /// Whether it was sent anew, not edited.
    pub fn is_new(&self) -> bool {
        self.method.starts_with("send")
    }

    /// The button with this text.
    pub fn button(&self, text: &str) -> Option<&Button> {
        self.buttons.iter().flatten().find(|button| button.text == text)
    }
}

/// The buttons of an inline keyboard, row by row.
pub fn buttons(markup: Option<&Value>) -> Vec<Vec<Button>> {
    let word = |button: &Value, name: &str| button[name].as_str().unwrap_or_default().to_owned();
    let rows = markup.and_then(|markup| markup["inline_keyboard"].as_array()).cloned().unwrap_or_default();
    let row = |row: &Value| -> Vec<Button> {
        let buttons = row.as_array().cloned().unwrap_or_default();
        buttons.iter().map(|button| Button { text: word(button, "text"), data: word(button, "callback_data") }).collect()
    };
    rows.iter().map(row).collect()
}
