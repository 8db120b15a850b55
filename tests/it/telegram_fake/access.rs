//! Whether the bot may write where it wants to: the chat, the topic, the message it answers.

use serde_json::Value;

use super::chat::ChatKind;
use super::failure::Failure;
use super::request::Args;
use super::state::State;

/// The number of a forum's first topic, which no message may name.
const GENERAL_TOPIC: i64 = 1;

impl State {
    /// The chat as messages carry it.
    pub fn chat_json(&self, id: i64) -> Value {
        self.chats.get(&id).map_or(Value::Null, |chat| chat.json(self.people.get(&id)))
    }

    /// The chat that `chat_id` names, if the bot can see it.
    pub fn visible_chat(&self, args: &Args) -> Result<i64, Failure> {
        if args.text("chat_id").is_empty() {
            return Err(Failure::bad("chat_id is empty"));
        }
        let chat = args.int("chat_id").and_then(|id| self.chats.get(&id)).ok_or_else(|| Failure::bad("chat not found"))?;
        if let Some(to) = chat.migrated_to {
            return Err(Failure::migrated(to));
        }
        if chat.kicked {
            return Err(Failure::forbidden(match chat.kind {
                ChatKind::Channel => "bot was kicked from the channel chat",
                ChatKind::Supergroup | ChatKind::Forum => "bot was kicked from the supergroup chat",
                ChatKind::Group | ChatKind::Private => "bot was kicked from the group chat",
            }));
        }
        if self.people.get(&chat.id).is_some_and(|person| person.deactivated) {
            return Err(Failure::forbidden("user is deactivated"));
        }
        Ok(chat.id)
    }

    /// The chat that `chat_id` names, if the bot may write there.
    pub fn writable_chat(&self, args: &Args) -> Result<i64, Failure> {
        let chat = self.visible_chat(args)?;
        match self.people.get(&chat) {
            Some(person) if !person.started => Err(Failure::forbidden("bot can't initiate conversation with a user")),
            Some(person) if person.blocked => Err(Failure::forbidden("bot was blocked by the user")),
            _ => Ok(chat),
        }
    }

    /// The topic that a message goes to. Where a chat can have none the number is passed over.
    pub fn topic(&self, chat: i64, args: &Args) -> Result<Option<i64>, Failure> {
        let Some(thread) = args.int("message_thread_id").filter(|thread| *thread > 0) else { return Ok(None) };
        let Some(place) = self.chats.get(&chat) else { return Ok(None) };
        if !matches!(place.kind, ChatKind::Forum | ChatKind::Private) {
            return Ok(None);
        }
        if thread == GENERAL_TOPIC || !place.topics.contains_key(&thread) {
            return Err(Failure::bad("message thread not found"));
        }
        Ok(Some(thread))
    }

    /// The message that a message answers.
    pub fn answered(&self, chat: i64, args: &Args) -> Result<Option<i64>, Failure> {
        let parameters = args.object("reply_parameters", "reply parameters")?;
        let named = parameters.as_ref().and_then(|parameters| parameters["message_id"].as_i64());
        let Some(id) = named.or(args.int("reply_to_message_id")) else { return Ok(None) };
        let lenient = parameters.is_some_and(|parameters| parameters["allow_sending_without_reply"] == true)
            || args.flag("allow_sending_without_reply");
        match self.messages.contains_key(&(chat, id)) {
            true => Ok(Some(id)),
            false if lenient => Ok(None),
            false => Err(Failure::bad("message to be replied not found")),
        }
    }

    /// The message that `message_id` names, called `what` in the refusal.
    pub fn named_message(&self, chat: i64, args: &Args, what: &str) -> Result<(i64, i64), Failure> {
        let key = (chat, args.int("message_id").unwrap_or(0));
        if self.messages.contains_key(&key) { Ok(key) } else { Err(Failure::bad(&format!("{what} not found"))) }
    }
}
