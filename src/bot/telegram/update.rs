//! What an update of the Bot API is to us: words of a person, a tap, or nothing to act on, with the reason.
//!
//! Pure, and total: any JSON is one of the three. Only what a person typed themselves, as text, unedited and
//! unforwarded, are words; whatever is not surely that is not (I8). Fields we do not know change nothing.

use serde::Deserialize;
use serde_json::Value;

use crate::domain::actor::{ChatId, UserId};
use crate::domain::time::{SECOND_MS, Timestamp};

use super::message::{Message, Person};

/// Longest data behind a button, in bytes.
const DATA_BYTES_MAX: usize = 64;

/// An update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// Its number, unique for the bot.
    pub id: i64,
    /// What it is to us.
    pub arrival: Arrival,
}

/// What an update is to us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arrival {
    /// Words of a person.
    Words(Words),
    /// A tap on a button.
    Tap(Tapped),
    /// Nothing to act on.
    Ignored(Ignored),
}

/// Who spoke, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Speaker {
    /// Their numeric id.
    pub user: UserId,
    /// How they call themselves, on one line; never used to tell who they are.
    pub name: String,
    /// The chat.
    pub chat: ChatId,
    /// The topic of the chat, if it has topics: where an answer belongs.
    pub thread: Option<i64>,
}

/// What a person typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// Who, where.
    pub speaker: Speaker,
    /// The text.
    pub text: String,
    /// When, by Telegram's clock.
    pub sent_at: Timestamp,
}

/// A tap on a button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tapped {
    /// Who, where.
    pub speaker: Speaker,
    /// The data behind the button. A client can send any, so it is no proof of anything.
    pub data: String,
    /// What Telegram wants to be answered under.
    pub query: String,
    /// The message that carries the button.
    pub pressed: Option<i64>,
}

/// An update that nothing is done about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignored {
    /// Why.
    pub reason: Reason,
    /// Who sent it in their private chat, if somebody did: they may be told.
    pub speaker: Option<Speaker>,
}

/// Why nothing is done about an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// A kind of update that is not asked for: channel posts, edits, business messages, polls, and whatever comes one day.
    Kind,
    /// It was edited.
    Edited,
    /// It was forwarded.
    Forwarded,
    /// It quotes somebody's text.
    Quoted,
    /// A picture, a file, a voice, with or without a caption.
    NoText,
    /// It was written through another bot.
    ViaBot,
    /// It was written in the name of a chat, by an anonymous administrator, or by Telegram itself.
    Anonymous,
    /// It was written by a bot.
    Bot,
    /// It came over a business connection, or was sent while its writer was away.
    Business,
    /// A channel.
    Channel,
    /// Talk in a group that is not meant for the bot.
    GroupTalk,
    /// A tap whose message is not known, or whose data is none of ours.
    StrangeTap,
    /// A field that is needed is missing or contradicts another.
    Malformed,
}

impl Reason {
    /// Returns what a known person is told in their private chat, if it is worth telling.
    pub const fn sentence(self) -> Option<&'static str> {
        match self {
            Self::Forwarded => {
                Some("Forwarded text is never taken as your own words, so nothing was done. Type it yourself if you want it.")
            }
            Self::Quoted => {
                Some("A message that quotes another is never taken as a command, so nothing was done. Send your words without the quote.")
            }
            Self::NoText => Some("Only typed text is read, so nothing was done (captions, pictures, voices and files are not read)."),
            Self::ViaBot => {
                Some("A message written through another bot is never taken as a command, so nothing was done. Type it yourself.")
            }
            _ => None,
        }
    }
}

#[derive(Deserialize)]
struct Numbered {
    update_id: i64,
}

#[derive(Deserialize)]
struct CallbackQuery {
    id: String,
    from: Person,
    message: Option<Place>,
    data: Option<String>,
}

#[derive(Deserialize)]
struct Place {
    chat: super::message::Chat,
    message_id: Option<i64>,
    #[serde(default)]
    is_topic_message: bool,
    message_thread_id: Option<i64>,
}

/// Reads an update. `bot` is the bot's own user name, without the @, once it is known. `None` if it has no number, so
/// that it cannot even be passed over.
pub fn read(update: &Value, bot: Option<&str>) -> Option<Update> {
    let Numbered { update_id } = Numbered::deserialize(update).ok()?;
    let arrival = match (update.get("message"), update.get("callback_query")) {
        (Some(message), None) => words(message, bot),
        (None, Some(query)) => tap(query),
        _ => ignored(Reason::Kind, None),
    };
    Some(Update { id: update_id, arrival })
}

fn words(message: &Value, bot: Option<&str>) -> Arrival {
    let Ok(message) = Message::deserialize(message) else { return ignored(Reason::Malformed, None) };
    let speaker = message.from.as_ref().map(|from| speaker(from, message.chat.id, message.thread()));
    if let Some(reason) = message.foreign() {
        return ignored(reason, speaker.filter(|speaker| message.chat.is_private_of(speaker.user.0)));
    }
    let (Some(speaker), Some(text)) = (speaker, message.text) else { return ignored(Reason::Malformed, None) };
    let text = if message.chat.is_private_of(speaker.user.0) {
        text
    } else if message.chat.is_group() {
        match meant_for(&text, bot) {
            Some(text) => text,
            None => return ignored(Reason::GroupTalk, None),
        }
    } else {
        return ignored(Reason::Malformed, None);
    };
    Arrival::Words(Words { speaker, text, sent_at: Timestamp::from_ms(message.date.saturating_mul(SECOND_MS)) })
}

/// In a group, only a slash command that names no other bot is meant for us; it comes back without our own name.
fn meant_for(text: &str, bot: Option<&str>) -> Option<String> {
    let command = text.split_whitespace().next().filter(|word| word.starts_with('/'))?;
    let Some((bare, name)) = command.split_once('@') else { return Some(text.to_owned()) };
    if !bot.is_some_and(|bot| bot.eq_ignore_ascii_case(name)) {
        return None;
    }
    Some(text.replacen(command, bare, 1))
}

fn tap(query: &Value) -> Arrival {
    let Ok(query) = CallbackQuery::deserialize(query) else { return ignored(Reason::Malformed, None) };
    let (Some(place), Some(data)) = (query.message, query.data) else { return ignored(Reason::StrangeTap, None) };
    if data.is_empty() || data.len() > DATA_BYTES_MAX {
        return ignored(Reason::StrangeTap, None);
    }
    if query.from.is_nobody() {
        return ignored(if query.from.is_bot { Reason::Bot } else { Reason::Anonymous }, None);
    }
    if !place.chat.is_private_of(query.from.id) && !place.chat.is_group() {
        return ignored(Reason::Channel, None);
    }
    let thread = place.message_thread_id.filter(|_| place.is_topic_message);
    Arrival::Tap(Tapped { speaker: speaker(&query.from, place.chat.id, thread), data, query: query.id, pressed: place.message_id })
}

fn speaker(from: &Person, chat: i64, thread: Option<i64>) -> Speaker {
    Speaker { user: UserId(from.id), name: from.name(), chat: ChatId(chat), thread }
}

const fn ignored(reason: Reason, speaker: Option<Speaker>) -> Arrival {
    Arrival::Ignored(Ignored { reason, speaker })
}

#[cfg(test)]
mod tests;
