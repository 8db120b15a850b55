//! A message as it lies in a chat.

use axum::body::Bytes;
use serde_json::{Map, Value, json};

use super::chat::Person;
use super::html::Formatted;
use super::state::State;

/// A file under a message.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    pub name: String,
    pub mime: String,
    pub bytes: Bytes,
}

/// A message.
#[derive(Debug, Clone)]
pub struct Message {
    pub chat: i64,
    pub id: i64,
    pub thread: Option<i64>,
    /// Who is named as the sender; nobody in a channel.
    pub from: Option<Person>,
    pub by_the_bot: bool,
    pub date: i64,
    pub edited: Option<i64>,
    /// The text, or the caption where there is a document.
    pub text: Formatted,
    pub document: Option<Document>,
    /// Buttons under it.
    pub buttons: Option<Value>,
    /// The message that it answers.
    pub reply_to: Option<i64>,
    /// Fields of its own kind: a forward's origin, a bot it came via.
    pub more: Map<String, Value>,
}

impl Message {
    /// The message as the API shows it, without what it answers.
    fn plain(&self, state: &State) -> Value {
        let mut body = json!({ "message_id": self.id });
        if let Some(from) = &self.from {
            body["from"] = from.json();
        }
        body["chat"] = state.chat_json(self.chat);
        body["date"] = json!(self.date);
        if let Some(edited) = self.edited {
            body["edit_date"] = json!(edited);
        }
        if let Some(thread) = self.thread {
            body["message_thread_id"] = json!(thread);
            body["is_topic_message"] = json!(true);
        }
        let (text, entities) = if self.document.is_some() { ("caption", "caption_entities") } else { ("text", "entities") };
        if let Some(document) = &self.document {
            body["document"] = json!({
                "file_name": document.name, "mime_type": document.mime, "file_id": format!("document-{}-{}", self.chat, self.id),
                "file_unique_id": format!("unique-{}-{}", self.chat, self.id), "file_size": document.bytes.len(),
            });
        }
        if !self.text.text.is_empty() {
            body[text] = json!(self.text.text);
        }
        if !self.text.entities.is_empty() {
            body[entities] = json!(self.text.entities);
        }
        for (name, value) in &self.more {
            body[name] = value.clone();
        }
        if let Some(buttons) = &self.buttons {
            body["reply_markup"] = buttons.clone();
        }
        body
    }

    /// The message as the API shows it.
    pub fn json(&self, state: &State) -> Value {
        let mut body = self.plain(state);
        if let Some(answered) = self.reply_to.and_then(|id| state.messages.get(&(self.chat, id))) {
            body["reply_to_message"] = answered.plain(state);
        }
        body
    }
}
