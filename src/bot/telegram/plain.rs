//! Notices as plain text with buttons, one after the other.

use async_trait::async_trait;
use teloxide::payloads::SendMessageSetters as _;
use teloxide::prelude::Requester as _;
use teloxide::types::{ChatId as Chat, InlineKeyboardButton, InlineKeyboardMarkup};

use crate::bot::buttons;
use crate::bot::outbox::{Face, FaceError};
use crate::bot::render::Rendered;
use crate::bot::taps::{self, TAP_BYTES_MAX};
use crate::domain::actor::ChatId;
use crate::domain::notice::{Notice, NoticeBody};
use crate::engine::deadline::pause;

use super::api::{Api, CallError};

/// Longest text of a message, in UTF-16 units; ours are counted in characters outside the basic plane twice.
const TEXT_UNITS_MAX: usize = 4_096;

/// Sends notices as plain text.
pub struct Plain {
    /// The way out.
    pub api: Api,
    /// Where notices go that name no chat.
    pub owner: ChatId,
}

#[async_trait]
impl Face for Plain {
    async fn show(&self, notice: &Notice, rendered: &Rendered) -> Result<(), FaceError> {
        let chat = Chat(notice.chat.unwrap_or(self.owner).0);
        let mut pieces = split(&rendered.text);
        let last = pieces.pop().unwrap_or_default();
        for piece in pieces {
            self.send(self.api.bot().send_message(chat, piece)).await?;
        }
        let request = self.api.bot().send_message(chat, last);
        match keyboard(notice, rendered) {
            Some(keyboard) => self.send(request.reply_markup(keyboard)).await,
            None => self.send(request).await,
        }
    }
}

impl Plain {
    async fn send(&self, request: teloxide::requests::JsonRequest<teloxide::payloads::SendMessage>) -> Result<(), FaceError> {
        match self.api.call(request).await {
            Ok(_) => Ok(()),
            Err(CallError::Refused(why)) => {
                tracing::warn!(%why, "a notice was not taken and is passed over");
                Ok(())
            }
            Err(error) => {
                if let CallError::RetryAfter(seconds) = error {
                    pause(std::time::Duration::from_secs(u64::from(seconds))).await;
                }
                Err(FaceError::Failed(error.to_string()))
            }
        }
    }
}

/// Returns the buttons: a card's are taps, a question's choices are words.
fn keyboard(notice: &Notice, rendered: &Rendered) -> Option<InlineKeyboardMarkup> {
    let buttons: Vec<InlineKeyboardButton> = match &notice.body {
        NoticeBody::Card(card) => buttons::of_card(&card.pending)
            .into_iter()
            .map(|button| InlineKeyboardButton::callback(button.label, taps::encode(button.verb, &card.pending.nonce)))
            .collect(),
        _ => rendered
            .buttons
            .iter()
            .filter(|label| !label.is_empty() && label.len() <= TAP_BYTES_MAX)
            .map(|label| InlineKeyboardButton::callback(label.clone(), label.clone()))
            .collect(),
    };
    (!buttons.is_empty()).then(|| InlineKeyboardMarkup::new(buttons.into_iter().map(|button| vec![button])))
}

/// Splits a text into pieces that fit, at line ends where there are any.
fn split(text: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut units = 0;
    for line in text.split_inclusive('\n') {
        let line_units = line.encode_utf16().count();
        if units + line_units > TEXT_UNITS_MAX && units > 0 {
            pieces.push(String::new());
            units = 0;
        }
        for character in line.chars() {
            if units + character.len_utf16() > TEXT_UNITS_MAX {
                pieces.push(String::new());
                units = 0;
            }
            units += character.len_utf16();
            if let Some(piece) = pieces.last_mut() {
                piece.push(character);
            }
        }
    }
    pieces.retain(|piece| !piece.trim().is_empty());
    pieces
}

#[cfg(test)]
mod tests {
    use super::{TEXT_UNITS_MAX, split};

    #[test]
    fn pieces_fit_and_lose_nothing() {
        let text = "a line of text\n".repeat(600) + &"😀".repeat(5_000);
        let pieces = split(&text);
        assert!(pieces.iter().all(|piece| piece.encode_utf16().count() <= TEXT_UNITS_MAX));
        assert_eq!(pieces.concat(), text);
        assert_eq!(split("short"), ["short"]);
        assert!(split(" \n").is_empty());
    }
}
