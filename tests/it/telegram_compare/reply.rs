//! What a bot did in a chat, as both servers can tell it, and the differences that are no defect.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::telegram_fake::journal::{Button, Call, buttons};

/// One thing that the bot did, in its own words: the servers' numbers are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reply {
    /// `answered`, `edited`, `marked` (new buttons) or `sent`.
    pub kind: String,
    /// As the bot sent it, marks and all.
    pub text: String,
    pub parse_mode: String,
    /// Text and data of each button, row by row.
    pub buttons: Vec<Vec<(String, String)>>,
    /// Any other keyboard, as it was sent.
    pub keyboard: String,
    /// The server's number of the message; not compared.
    pub message: Number,
}

/// A number that both servers give in their own way: all are equal.
#[derive(Debug, Clone, Copy, Default)]
pub struct Number(pub i64);

impl PartialEq for Number {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, _: &Self) -> std::cmp::Ordering {
        std::cmp::Ordering::Equal
    }
}

impl Reply {
    /// Reads a call that our fake took; `None` for one that shows nothing.
    pub fn of_call(call: &Call) -> Option<Self> {
        let kind = match call.method.as_str() {
            "sendmessage" => "sent",
            "editmessagetext" => "edited",
            "editmessagereplymarkup" => "marked",
            "answercallbackquery" => "answered",
            _ => return None,
        };
        let result = call.answer.as_ref()?.as_ref().ok()?;
        let markup = call.args.object("reply_markup", "reply keyboard markup").unwrap();
        Some(Self::new(kind, call.args.text("text"), call.args.text("parse_mode"), markup.as_ref(), result["message_id"].as_i64()))
    }

    /// Reads a line of the bridge.
    pub fn of_line(line: &Value) -> Option<Self> {
        let word = |name: &str| line[name].as_str().unwrap_or_default();
        let markup = match &line["reply_markup"] {
            Value::Null => None,
            // A form brings it as text.
            Value::String(text) => serde_json::from_str(text).ok(),
            other => Some(other.clone()),
        };
        Some(Self::new(line["kind"].as_str()?, word("text"), word("parse_mode"), markup.as_ref(), line["message"].as_i64()))
    }

    fn new(kind: &str, text: &str, parse_mode: &str, markup: Option<&Value>, message: Option<i64>) -> Self {
        let row = |row: Vec<Button>| row.into_iter().map(|button| (button.text, button.data)).collect();
        let other = markup.filter(|markup| markup.get("inline_keyboard").is_none());
        Self {
            kind: kind.to_owned(),
            text: text.to_owned(),
            parse_mode: parse_mode.to_owned(),
            buttons: buttons(markup).into_iter().map(row).collect(),
            keyboard: other.map(ToString::to_string).unwrap_or_default(),
            message: Number(message.unwrap_or_default()),
        }
    }

    /// The line that a dialogue's expectations are looked for in.
    pub fn line(&self) -> String {
        if self.kind == "answered" { format!("answered: {}", self.text) } else { self.text.clone() }
    }
}

/// The differences that are no defect, by name.
pub struct Allowed(BTreeMap<String, String>);

impl Allowed {
    /// None.
    pub fn nothing() -> Self {
        Self(BTreeMap::new())
    }

    /// Those of a file.
    pub fn read(path: &Path) -> Self {
        Self::of(&std::fs::read_to_string(path).unwrap())
    }

    /// Those of a text; a name that means nothing is an error.
    pub fn of(text: &str) -> Self {
        let mut names = BTreeMap::new();
        for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            let (name, reason) = line.split_once(": ").unwrap();
            assert!(["nonces", "figures", "answer-order"].contains(&name), "no difference is called {name:?}");
            names.insert(name.to_owned(), reason.to_owned());
        }
        Self(names)
    }

    /// The replies of a step with what may differ taken out.
    pub fn applied(&self, replies: &[Reply]) -> Vec<Reply> {
        let mut replies = replies.to_vec();
        for reply in &mut replies {
            if self.0.contains_key("nonces") {
                reply.buttons.iter_mut().flatten().for_each(|(_, data)| *data = without_nonce(data));
            }
            if self.0.contains_key("figures") {
                reply.text = without_figures(&reply.text);
            }
        }
        if self.0.contains_key("answer-order") {
            replies.sort_by_key(|reply| reply.kind != "answered");
        }
        replies
    }
}

/// `v1.confirm.<nonce>` keeps its version and verb.
fn without_nonce(data: &str) -> String {
    let parts: Vec<&str> = data.split('.').collect();
    if let ["v1", verb, _] = parts.as_slice() { format!("v1.{verb}.…") } else { data.to_owned() }
}

/// Each run of figures becomes `#`, and each run of blanks, which line them up, one blank.
fn without_figures(text: &str) -> String {
    let mut out = String::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter.is_ascii_digit() {
            while letters.next_if(|next| next.is_ascii_digit() || matches!(next, '.' | ',')).is_some() {}
            out.push('#');
        } else if !(letter == ' ' && out.ends_with(' ')) {
            out.push(letter);
        }
    }
    out
}
