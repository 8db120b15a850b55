//! Sending and changing messages.

use serde_json::{Map, Value, json};

use super::failure::Failure;
use super::html::Formatted;
use super::markup::Markup;
use super::message::{Document, Message};
use super::request::Args;
use super::state::State;
use super::text;

/// What the server says to a change that changes nothing.
const NOT_MODIFIED: &str = "message is not modified: specified new message content and reply markup are exactly the same as a current \
                            content and reply markup of the message";

/// `sendMessage`.
pub fn message(state: &mut State, args: &Args) -> Result<Value, Failure> {
    let text = text::message(args)?;
    place(state, args, text, None)
}

/// `sendDocument`, uploaded.
pub fn document(state: &mut State, args: &Args) -> Result<Value, Failure> {
    let caption = text::caption(args)?;
    let named = args.text("document");
    let upload = match named.strip_prefix("attach://") {
        Some(name) => args.files.get(name),
        None => args.files.get("document"),
    };
    let Some(upload) = upload else {
        let reason = if named.is_empty() { "There is no document in the request" } else { "wrong file identifier/HTTP URL specified" };
        return Err(Failure::bad(reason));
    };
    if upload.bytes.is_empty() {
        return Err(Failure::bad("file must be non-empty"));
    }
    let mime = if upload.mime.is_empty() { "application/octet-stream" } else { &upload.mime };
    let document = Document { name: upload.name.clone(), mime: mime.to_owned(), bytes: upload.bytes.clone() };
    place(state, args, caption, Some(document))
}

fn place(state: &mut State, args: &Args, text: Formatted, document: Option<Document>) -> Result<Value, Failure> {
    let markup = Markup::read(args)?;
    let chat = state.writable_chat(args)?;
    let thread = state.topic(chat, args)?;
    let reply_to = state.answered(chat, args)?;
    let id = state.next_message_id(chat);
    let in_channel = state.chats.get(&chat).is_some_and(|chat| chat.kind == super::chat::ChatKind::Channel);
    let mut more = Map::new();
    if in_channel {
        more.insert("sender_chat".to_owned(), state.chat_json(chat));
    }
    let message = Message {
        chat,
        id,
        thread,
        from: (!in_channel).then(|| state.bot.clone()),
        by_the_bot: true,
        date: state.now(),
        edited: None,
        text,
        document,
        buttons: markup.inline(),
        reply_to,
        more,
    };
    let shown = message.json(state);
    state.messages.insert((chat, id), message);
    Ok(shown)
}

/// `editMessageText`.
pub fn edit_text(state: &mut State, args: &Args) -> Result<Value, Failure> {
    let text = text::message(args)?;
    let key = editable(state, args)?;
    if state.messages.get(&key).is_some_and(|message| message.document.is_some()) {
        return Err(Failure::bad("There is no text in the message to edit"));
    }
    change(state, args, key, Some(text))
}

/// `editMessageCaption`.
pub fn edit_caption(state: &mut State, args: &Args) -> Result<Value, Failure> {
    let caption = text::caption(args)?;
    let key = editable(state, args)?;
    if state.messages.get(&key).is_some_and(|message| message.document.is_none()) {
        return Err(Failure::bad("There is no caption in the message to edit"));
    }
    change(state, args, key, Some(caption))
}

/// `editMessageReplyMarkup`.
pub fn edit_markup(state: &mut State, args: &Args) -> Result<Value, Failure> {
    let key = editable(state, args)?;
    change(state, args, key, None)
}

fn editable(state: &State, args: &Args) -> Result<(i64, i64), Failure> {
    if args.text("chat_id").is_empty() && args.text("message_id").is_empty() {
        return Err(Failure::bad("Message identifier is not specified"));
    }
    let chat = state.visible_chat(args)?;
    let key = state.named_message(chat, args, "message to edit")?;
    if state.messages.get(&key).is_some_and(|message| message.by_the_bot) { Ok(key) } else { Err(Failure::bad("Message can't be edited")) }
}

/// Buttons that a change does not name are taken away, as on the real server.
fn change(state: &mut State, args: &Args, key: (i64, i64), text: Option<Formatted>) -> Result<Value, Failure> {
    let buttons = match Markup::read(args)? {
        Markup::Reply(_) => return Err(Failure::bad("inline keyboard expected")),
        markup => markup.inline(),
    };
    let now = state.now();
    let Some(message) = state.messages.get_mut(&key) else { return Err(Failure::bad("message to edit not found")) };
    let same_text = text.as_ref().is_none_or(|text| *text == message.text);
    if same_text && buttons == message.buttons {
        return Err(Failure::bad(NOT_MODIFIED));
    }
    message.text = text.unwrap_or_else(|| message.text.clone());
    message.buttons = buttons;
    message.edited = Some(now);
    state.messages.get(&key).map(|message| message.json(state)).ok_or_else(|| Failure::bad("message not found"))
}

/// `deleteMessage`.
pub fn delete(state: &mut State, args: &Args) -> Result<Value, Failure> {
    let chat = state.visible_chat(args)?;
    let key = state.named_message(chat, args, "message to delete")?;
    state.messages.remove(&key);
    Ok(json!(true))
}

/// `pinChatMessage` and its opposite.
pub fn pin(state: &mut State, args: &Args, pinned: bool) -> Result<Value, Failure> {
    let chat = state.writable_chat(args)?;
    let named = !args.text("message_id").is_empty() || pinned;
    let what = if pinned { "message to pin" } else { "message to unpin" };
    let key = if named { Some(state.named_message(chat, args, what)?) } else { None };
    if let Some(chat) = state.chats.get_mut(&chat) {
        chat.pinned = key.filter(|_| pinned).map(|(_, id)| id);
    }
    Ok(json!(true))
}
