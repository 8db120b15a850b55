//! How fast the Telegram face speaks and listens, and the rows of words below a chat.

use super::form::{self, Form, Takes, Wrong};
use super::key::{Key, key};

/// Most rows of words, most words in one, and the longest of them in characters.
const ROWS_MAX: usize = 8;
const WORDS_MAX: usize = 6;
const WORD_CHARS_MAX: usize = 64;

/// Rates and the reply keyboard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TelegramPace {
    /// Messages a second to all chats together.
    pub overall_per_second: usize,
    /// Messages a second to one chat, in small bursts.
    pub chat_per_second: usize,
    /// Messages a minute to one group.
    pub group_per_minute: usize,
    /// Messages a minute that are read of one person.
    pub user_per_minute: usize,
    /// Rows of words below a chat; none takes them away.
    pub reply_keyboard: Option<Vec<Vec<String>>>,
}

impl Default for TelegramPace {
    fn default() -> Self {
        let rows = [&["positions", "orders", "balance"][..], &["pnl today", "history", "/menu"], &["pause", "/help"]];
        let rows = rows.map(|row| row.iter().map(|&word| word.to_owned()).collect()).into();
        // What Telegram's FAQ asks of bots, and what one person needs.
        Self { overall_per_second: 30, chat_per_second: 1, group_per_minute: 20, user_per_minute: 20, reply_keyboard: Some(rows) }
    }
}

const ROWS: Form<Vec<Vec<String>>> = Form {
    expected: "rows of words, with commas inside a row and semicolons between rows",
    example: "\"positions, orders; pause, /help\"",
    takes: Takes::Text,
    read: |text| {
        let row = |row: &str| row.split(',').map(|word| word.trim().to_owned()).collect::<Vec<_>>();
        let rows: Vec<Vec<String>> = text.split(';').map(row).collect();
        if rows.len() > ROWS_MAX || rows.iter().any(|row| row.len() > WORDS_MAX) {
            return Err(Wrong(format!("has more than {ROWS_MAX} rows, or more than {WORDS_MAX} words in one")));
        }
        if rows.iter().flatten().any(|word| word.is_empty() || word.chars().count() > WORD_CHARS_MAX) {
            return Err(Wrong(format!("has an empty word, or one of more than {WORD_CHARS_MAX} characters")));
        }
        Ok(rows)
    },
    show: |rows| rows.iter().map(|row| row.join(", ")).collect::<Vec<_>>().join("; "),
};

/// The keys of this part of the table.
pub const KEYS: &[Key] = &[
    key!(
        "telegram.overall_per_second",
        Some("TELEGRAM_OVERALL_PER_SECOND"),
        "Messages a second to all chats together.",
        form::COUNT,
        telegram_pace.overall_per_second
    ),
    key!(
        "telegram.chat_per_second",
        Some("TELEGRAM_CHAT_PER_SECOND"),
        "Messages a second to one chat, in bursts of three seconds' worth.",
        form::COUNT,
        telegram_pace.chat_per_second
    ),
    key!(
        "telegram.group_per_minute",
        Some("TELEGRAM_GROUP_PER_MINUTE"),
        "Messages a minute to one group.",
        form::COUNT,
        telegram_pace.group_per_minute
    ),
    key!(
        "telegram.user_per_minute",
        Some("TELEGRAM_USER_PER_MINUTE"),
        "Messages a minute that are read of one person; words that stop are always read.",
        form::COUNT,
        telegram_pace.user_per_minute
    ),
    key!(
        "telegram.reply_keyboard",
        Some("TELEGRAM_REPLY_KEYBOARD"),
        "Rows of words below a chat; none takes them away.",
        optional ROWS,
        telegram_pace.reply_keyboard
    ),
];

#[cfg(test)]
mod tests {
    use super::{ROWS, TelegramPace};

    #[test]
    fn rows_are_read_as_they_are_shown_and_bounded() {
        let rows = TelegramPace::default().reply_keyboard.unwrap();
        assert_eq!((ROWS.read)(&(ROWS.show)(&rows)), Ok(rows));
        for wrong in ["", "a,,b", "a;", ";", &"a,".repeat(7), &"a;".repeat(9), &"x".repeat(65)] {
            assert!((ROWS.read)(wrong).is_err(), "{wrong:?}");
        }
    }
}
