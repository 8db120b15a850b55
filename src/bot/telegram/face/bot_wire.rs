//! The way to Telegram over HTTP. Requests are teloxide's; sent and judged here, because it would sleep ten seconds on a
//! failure of the server, and tells too little about what went wrong.

use std::time::Duration;

use async_trait::async_trait;
use reqwest012::RequestBuilder;
use reqwest012::multipart::{Form, Part};
use serde::Deserialize;
use serde_json::Value;
use teloxide::Bot;
use teloxide::payloads::{
    DeleteMessage, EditMessageText, EditMessageTextSetters, SendMessage, SendMessageSetters, SetMyCommands, SetMyCommandsSetters,
};
use teloxide::requests::Payload;
use teloxide::types::{
    BotCommand, BotCommandScope, ChatId as TelegramChat, InlineKeyboardButton, InlineKeyboardMarkup, KeyboardButton, KeyboardMarkup,
    LinkPreviewOptions, MessageId, ParseMode, Recipient, ReplyMarkup, ThreadId,
};

use super::keyboard::{Key, Keyboard};
use super::wire::{Letter, MenuEntry, Wire, WireError};
use crate::domain::actor::ChatId;
use crate::domain::report::DocumentView;
use crate::engine::deadline::within;

/// Longest answer that is read.
const ANSWER_BYTES_MAX: u64 = 1 << 20;

/// Sends requests with a bot's client and token.
pub struct BotWire {
    bot: Bot,
    deadline: Duration,
}

/// An answer of the Bot API.
#[derive(Debug, Deserialize)]
struct Answer {
    ok: bool,
    #[serde(default)]
    result: Value,
    #[serde(default)]
    error_code: i64,
    #[serde(default)]
    description: String,
    #[serde(default)]
    parameters: Parameters,
}

#[derive(Debug, Default, Deserialize)]
struct Parameters {
    #[serde(default)]
    retry_after: Option<u32>,
    #[serde(default)]
    migrate_to_chat_id: Option<i64>,
}

impl BotWire {
    /// Returns a wire that waits at most `deadline` for each answer.
    pub const fn new(bot: Bot, deadline: Duration) -> Self {
        Self { bot, deadline }
    }

    async fn ask<P: Payload + serde::Serialize + Sync>(&self, payload: &P) -> Result<Value, WireError> {
        let body = serde_json::to_vec(payload).map_err(|error| WireError::Refused(error.to_string()))?;
        self.answered(self.post(P::NAME).header("content-type", "application/json").body(body)).await
    }

    fn post(&self, method: &str) -> RequestBuilder {
        let mut url = self.bot.api_url();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push(&format!("bot{}", self.bot.token())).push(method);
        }
        self.bot.client().post(url)
    }

    async fn answered(&self, request: RequestBuilder) -> Result<Value, WireError> {
        let asked = async {
            // An address holds the token, and so do the words of errors that name it.
            let response = request.send().await.map_err(|error| {
                let unsent = error.is_connect() || error.is_builder();
                let words = error.without_url().to_string();
                if unsent { WireError::NotSent(words) } else { WireError::Silence(words) }
            })?;
            let status = response.status().as_u16();
            if response.content_length().is_some_and(|length| length > ANSWER_BYTES_MAX) {
                return Err(WireError::Silence("the answer is too long".to_owned()));
            }
            let bytes = response.bytes().await.map_err(|error| WireError::Silence(error.without_url().to_string()))?;
            judged(status, &bytes)
        };
        match within(self.deadline, asked).await {
            Some(outcome) => outcome,
            None => Err(WireError::Silence(format!("nothing came within {} s", self.deadline.as_secs()))),
        }
    }
}

/// Returns a file with its message as a form: a file goes no other way.
fn form(letter: &Letter, document: &DocumentView, marked: bool) -> Result<Form, WireError> {
    let refused = |error: &dyn std::fmt::Display| WireError::Refused(error.to_string());
    let file = Part::text(document.content.clone()).file_name(document.name.clone());
    let file = file.mime_str(&document.media).map_err(|error| refused(&error))?;
    let mut form = Form::new().text("chat_id", letter.chat.0.to_string()).part("document", file);
    let caption = if marked { &letter.part.html } else { &letter.part.plain };
    if !caption.is_empty() {
        form = form.text("caption", caption.clone());
    }
    if marked && !caption.is_empty() {
        form = form.text("parse_mode", "HTML");
    }
    if let Some(thread) = letter.thread {
        form = form.text("message_thread_id", thread.to_string());
    }
    if letter.silent {
        form = form.text("disable_notification", "true");
    }
    if let Some(markup) = markup(letter) {
        form = form.text("reply_markup", serde_json::to_string(&markup).map_err(|error| refused(&error))?);
    }
    Ok(form)
}

/// Says what an answer means.
fn judged(status: u16, bytes: &[u8]) -> Result<Value, WireError> {
    let Ok(answer) = serde_json::from_slice::<Answer>(bytes) else {
        return Err(WireError::Silence(format!("an answer with status {status} that cannot be read")));
    };
    if answer.ok {
        return Ok(answer.result);
    }
    let (words, said) = (answer.description.clone(), answer.description.to_ascii_lowercase());
    let has = |part: &str| said.contains(part);
    let code = if answer.error_code == 0 { i64::from(status) } else { answer.error_code };
    Err(match code {
        // Without a number the shortest wait is the best guess.
        429 => WireError::Wait(answer.parameters.retry_after.unwrap_or(1)),
        // A token that was never valid is "Not Found".
        401 | 404 => WireError::Revoked,
        403 => WireError::Unreachable(words),
        400 => match answer.parameters.migrate_to_chat_id {
            Some(chat) => WireError::Moved(chat),
            None if has("message is not modified") => WireError::Unchanged,
            None if has("parse entities") || has("parse message text") => WireError::Markup(words),
            None if has("thread not found") || has("topic_deleted") || has("topic_closed") => WireError::TopicGone,
            None if has("message to edit not found") || has("message can't be edited") || has("message_id_invalid") => {
                WireError::NotEditable(words)
            }
            None if has("chat not found") || has("user not found") || has("group is deactivated") || has("peer_id_invalid") => {
                WireError::Unreachable(words)
            }
            None => WireError::Refused(words),
        },
        500.. => WireError::Silence(format!("status {code}: {words}")),
        _ => WireError::Refused(words),
    })
}

fn number_of(shown: &Value) -> Result<i64, WireError> {
    let number = shown.get("message_id").and_then(Value::as_i64);
    number.ok_or_else(|| WireError::Refused("the message was shown, but not its number".to_owned()))
}

fn recipient(chat: ChatId) -> Recipient {
    Recipient::Id(TelegramChat(chat.0))
}

fn number(message: i64) -> Result<MessageId, WireError> {
    i32::try_from(message).map(MessageId).map_err(|_| WireError::NotEditable(format!("{message} is no message")))
}

fn inline(keyboard: &Keyboard) -> InlineKeyboardMarkup {
    let button = |key: &Key| InlineKeyboardButton::callback(key.label.clone(), key.data.clone());
    InlineKeyboardMarkup::new(keyboard.iter().map(|row| row.iter().map(button).collect::<Vec<_>>()))
}

const fn no_preview() -> LinkPreviewOptions {
    LinkPreviewOptions { is_disabled: true, url: None, prefer_small_media: false, prefer_large_media: false, show_above_text: false }
}

fn markup(letter: &Letter) -> Option<ReplyMarkup> {
    if !letter.keyboard.is_empty() {
        return Some(ReplyMarkup::InlineKeyboard(inline(&letter.keyboard)));
    }
    let words = letter.words.as_ref()?;
    if words.is_empty() {
        return Some(ReplyMarkup::kb_remove());
    }
    let rows = words.iter().map(|row| row.iter().map(KeyboardButton::new).collect::<Vec<_>>());
    Some(ReplyMarkup::Keyboard(KeyboardMarkup::new(rows).persistent().resize_keyboard()))
}

#[async_trait]
impl Wire for BotWire {
    async fn send(&self, letter: &Letter, marked: bool) -> Result<i64, WireError> {
        if let Some(document) = &letter.file {
            return number_of(&self.answered(self.post("sendDocument").multipart(form(letter, document, marked)?)).await?);
        }
        let text = if marked { &letter.part.html } else { &letter.part.plain };
        let mut message = SendMessage::new(recipient(letter.chat), text.as_str()).link_preview_options(no_preview());
        if marked {
            message = message.parse_mode(ParseMode::Html);
        }
        if let Some(thread) = letter.thread.and_then(|thread| i32::try_from(thread).ok()) {
            message = message.message_thread_id(ThreadId(MessageId(thread)));
        }
        if letter.silent {
            message = message.disable_notification(true);
        }
        if let Some(markup) = markup(letter) {
            message = message.reply_markup(markup);
        }
        number_of(&self.ask(&message).await?)
    }

    async fn edit(&self, message: i64, letter: &Letter, marked: bool) -> Result<(), WireError> {
        let text = if marked { &letter.part.html } else { &letter.part.plain };
        let edit = EditMessageText::new(recipient(letter.chat), number(message)?, text.as_str()).link_preview_options(no_preview());
        let mut edit = edit.reply_markup(inline(&letter.keyboard));
        if marked {
            edit = edit.parse_mode(ParseMode::Html);
        }
        self.ask(&edit).await.map(|_| ())
    }

    async fn delete(&self, chat: ChatId, message: i64) -> Result<(), WireError> {
        self.ask(&DeleteMessage::new(recipient(chat), number(message)?)).await.map(|_| ())
    }

    async fn set_menu(&self, chat: Option<ChatId>, entries: &[MenuEntry]) -> Result<(), WireError> {
        let scope = chat.map_or(BotCommandScope::Default, |chat| BotCommandScope::Chat { chat_id: recipient(chat) });
        let commands = entries.iter().map(|entry| BotCommand::new(entry.command, entry.does));
        self.ask(&SetMyCommands::new(commands).scope(scope)).await.map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::{WireError, judged};

    fn refused(status: u16, body: &str) -> WireError {
        judged(status, body.as_bytes()).unwrap_err()
    }

    #[test]
    fn refusals_are_told_apart() {
        let bad = |words: &str| refused(400, &format!(r#"{{"ok":false,"error_code":400,"description":"Bad Request: {words}"}}"#));
        assert!(matches!(bad("can't parse entities: Unsupported start tag"), WireError::Markup(_)));
        assert_eq!(bad("message thread not found"), WireError::TopicGone);
        assert_eq!(bad("message is not modified: specified new message content"), WireError::Unchanged);
        assert!(matches!(bad("message to edit not found"), WireError::NotEditable(_)));
        assert!(matches!(bad("chat not found"), WireError::Unreachable(_)));
        assert!(matches!(bad("message is too long"), WireError::Refused(_)));
        assert_eq!(refused(401, r#"{"ok":false,"error_code":401,"description":"Unauthorized"}"#), WireError::Revoked);
        let blocked = r#"{"ok":false,"error_code":403,"description":"Forbidden: bot was blocked by the user"}"#;
        assert!(matches!(refused(403, blocked), WireError::Unreachable(_)));
        let flood = r#"{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 7","parameters":{"retry_after":7}}"#;
        assert_eq!(refused(429, flood), WireError::Wait(7));
        let moved = r#"{"ok":false,"error_code":400,"description":"x","parameters":{"migrate_to_chat_id":-1001}}"#;
        assert_eq!(refused(400, moved), WireError::Moved(-1001));
        assert!(matches!(refused(502, "<html>"), WireError::Silence(_)));
        assert!(matches!(refused(500, r#"{"ok":false,"error_code":500,"description":"Internal Server Error"}"#), WireError::Silence(_)));
    }

    #[test]
    fn a_result_is_handed_on() {
        assert_eq!(judged(200, br#"{"ok":true,"result":{"message_id":5}}"#).unwrap()["message_id"], 5);
    }
}
