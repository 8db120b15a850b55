//! Keyboards, checked before a message is taken.

use serde_json::Value;

use super::failure::Failure;
use super::request::Args;

/// Most bytes of what a button sends back.
pub const DATA_MAX: usize = 64;
/// Most buttons under one message.
pub const BUTTONS_MAX: usize = 100;

/// A keyboard of a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Markup {
    None,
    /// Buttons under the message; kept with it.
    Inline(Value),
    /// A keyboard, its removal or a forced reply; not kept with the message.
    Reply(Value),
}

impl Markup {
    /// Reads and checks `reply_markup`.
    pub fn read(args: &Args) -> Result<Self, Failure> {
        let Some(value) = args.object("reply_markup", "reply keyboard markup")? else { return Ok(Self::None) };
        if !value.is_object() {
            return Err(Failure::bad("Object expected as reply markup"));
        }
        if let Some(keyboard) = value.get("inline_keyboard") {
            let rows = rows(keyboard, "inline_keyboard")?;
            for button in rows.iter().flatten() {
                check_inline(button)?;
            }
            if rows.iter().map(Vec::len).sum::<usize>() > BUTTONS_MAX {
                return Err(Failure::bad("REPLY_MARKUP_TOO_LONG"));
            }
            let empty = rows.iter().all(Vec::is_empty);
            return Ok(if empty { Self::None } else { Self::Inline(value) });
        }
        if let Some(keyboard) = value.get("keyboard") {
            for button in rows(keyboard, "keyboard")?.iter().flatten() {
                check_reply(button)?;
            }
        }
        Ok(Self::Reply(value))
    }

    /// What stays with the message.
    pub fn inline(self) -> Option<Value> {
        match self {
            Self::Inline(value) => Some(value),
            Self::None | Self::Reply(_) => None,
        }
    }
}

fn rows(keyboard: &Value, name: &str) -> Result<Vec<Vec<Value>>, Failure> {
    let fault = || Failure::bad(&format!("Field \"{name}\" must be an Array of Arrays"));
    let rows = keyboard.as_array().ok_or_else(|| Failure::bad(&format!("Field \"{name}\" must be of type Array")))?;
    rows.iter().map(|row| row.as_array().cloned().ok_or_else(fault)).collect()
}

fn check_inline(button: &Value) -> Result<(), Failure> {
    const ACTIONS: &[&str] = &[
        "callback_game",
        "pay",
        "switch_inline_query",
        "switch_inline_query_chosen_chat",
        "switch_inline_query_current_chat",
        "login_url",
        "web_app",
        "copy_text",
    ];
    let fault = |reason: &str| Failure::bad(&format!("Can't parse inline keyboard button: {reason}"));
    if !button.is_object() {
        return Err(fault("InlineKeyboardButton must be an Object"));
    }
    match button.get("text") {
        None => return Err(fault("Can't find field \"text\"")),
        Some(text) if !text.is_string() => return Err(fault("Field \"text\" must be of type String")),
        Some(_) => {}
    }
    let given = |name: &str| button.get(name).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    if given("url") {
        return Ok(());
    }
    if given("callback_data") {
        let length = button["callback_data"].as_str().map_or(0, str::len);
        return if length > DATA_MAX { Err(Failure::bad("BUTTON_DATA_INVALID")) } else { Ok(()) };
    }
    if ACTIONS.iter().any(|name| button.get(name).is_some()) {
        return Ok(());
    }
    Err(fault("Text buttons are unallowed in the inline keyboard"))
}

fn check_reply(button: &Value) -> Result<(), Failure> {
    if button.is_string() || button.get("text").is_some_and(Value::is_string) {
        return Ok(());
    }
    Err(Failure::bad("Can't parse keyboard button: KeyboardButton must be a String or an Object"))
}
