//! The buttons below a message. What they carry is a tap with its single-use number, or words that a person could type.

use aws_lc_rs::digest::{SHA256, digest};

use crate::bot::render::Rendered;
use crate::bot::taps::TAP_BYTES_MAX;
use crate::bot::{buttons, taps};
use crate::domain::notice::{CardView, NoticeBody, Saying};
use crate::domain::request::Window;

use super::line::units;

/// Closes a message: the face takes it away, and nobody else hears of it.
pub const CLOSE: &str = "x1";
/// Begins a button whose words are too long to be carried: they are kept, and this number stands for them.
pub const KEPT: &str = "n1.";
/// Hex digits of such a number: 96 bits of the words' digest, so that the same words have the same number.
const KEPT_DIGITS: usize = 24;
/// Widest row of labels that a phone shows without cutting them.
const ROW_UNITS_MAX: usize = 30;
/// Longest label.
const LABEL_CHARS_MAX: usize = 60;

/// A button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// What is written on it.
    pub label: String,
    /// What comes back when it is pressed; at most 64 bytes.
    pub data: String,
    /// The words that the data stands for, where it does not hold them; to be kept before the button is shown.
    pub kept: Option<String>,
}

impl Key {
    fn new(label: impl Into<String>, data: impl Into<String>) -> Self {
        Self { label: label.into(), data: data.into(), kept: None }
    }

    /// Returns the button that says `words`, however long.
    fn saying(label: &str, words: &str) -> Self {
        match taps::saying(words) {
            Some(data) => Self::new(short(label), data),
            None => {
                let digest = hex::encode(digest(&SHA256, words.as_bytes()));
                let number: String = digest.chars().take(KEPT_DIGITS).collect();
                Self { kept: Some(words.to_owned()), ..Self::new(short(label), format!("{KEPT}{number}")) }
            }
        }
    }
}

/// Tells whether a button's data is a number that stands for kept words.
pub fn is_kept(data: &str) -> bool {
    let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    data.strip_prefix(KEPT).is_some_and(|number| number.len() == KEPT_DIGITS && number.bytes().all(hex))
}

/// Rows of buttons.
pub type Keyboard = Vec<Vec<Key>>;

/// Returns the buttons of a notice.
pub fn of(body: &NoticeBody, rendered: &Rendered) -> Keyboard {
    match body {
        NoticeBody::Card(view) => of_card(view),
        NoticeBody::Panel { buttons, .. } => {
            let rows = buttons.iter().map(|row| row.iter().map(said).collect());
            rows.chain([vec![close()]]).collect()
        }
        // "Did you mean …?" and what is left after `stop`: the labels are words.
        NoticeBody::Question { .. } | NoticeBody::State { .. } => rows(rendered.buttons.iter().map(|label| spoken(label)).collect()),
        body => refreshing(body).map_or_else(Keyboard::new, |words| read_out(&words)),
    }
}

/// Returns the button that says what a person could type.
pub fn says(label: &str, words: &str) -> Saying {
    Saying { label: label.to_owned(), says: words.to_owned() }
}

fn of_card(view: &CardView) -> Keyboard {
    let keys = |button: &buttons::Button| {
        let sign = match button.label {
            "Confirm" => "✅ ",
            "Cancel" => "✖️ ",
            _ => "",
        };
        Key::new(format!("{sign}{}", button.label), taps::encode(button.verb, &view.pending.nonce))
    };
    let all: Vec<Key> = buttons::of_card(&view.pending).iter().map(keys).collect();
    // Confirm and Cancel have a row of their own: nobody shall hit one of the small ones instead.
    all.split_at_checked(2).map_or_else(|| vec![all.clone()], |(first, others)| not_empty([first.to_vec(), others.to_vec()]))
}

fn not_empty(rows: impl IntoIterator<Item = Vec<Key>>) -> Keyboard {
    rows.into_iter().filter(|row| !row.is_empty()).collect()
}

/// Returns the buttons of a read-out that these words make anew.
pub fn read_out(words: &str) -> Keyboard {
    vec![vec![Key::saying("🔄 Refresh", words), Key::saying("« Back", "/menu"), close()]]
}

fn close() -> Key {
    Key::new("Close", CLOSE)
}

fn said(saying: &Saying) -> Key {
    Key::saying(&saying.label, &saying.says)
}

fn spoken(label: &str) -> Key {
    // A command is whole by itself, whoever reads it; other words are marked as a button's.
    let is_command = label.starts_with('/') && label.len() <= TAP_BYTES_MAX;
    if is_command { Key::new(short(label), label) } else { Key::saying(label, label) }
}

fn short(label: &str) -> String {
    let mut shown: String = label.chars().take(LABEL_CHARS_MAX).collect();
    if shown.len() < label.len() {
        shown.pop();
        shown.push('…');
    }
    shown
}

/// Puts short buttons side by side.
fn rows(keys: Vec<Key>) -> Keyboard {
    let mut rows: Keyboard = Vec::new();
    for key in keys {
        let wide = |row: &Vec<Key>| row.iter().map(|key| units(&key.label) + 3).sum::<usize>() + units(&key.label);
        match rows.last_mut() {
            Some(row) if wide(row) <= ROW_UNITS_MAX => row.push(key),
            _ => rows.push(vec![key]),
        }
    }
    rows
}

/// Returns the words that make a read-out anew; `None` for anything else.
fn refreshing(body: &NoticeBody) -> Option<String> {
    Some(match body {
        NoticeBody::Positions(_) => "positions".to_owned(),
        NoticeBody::Orders(_) => "orders".to_owned(),
        NoticeBody::Balances { .. } => "balance".to_owned(),
        NoticeBody::Price { symbol, .. } => format!("/price {}", symbol.base),
        NoticeBody::Pnl(view) => match view.window {
            Window::Today => "pnl today".to_owned(),
            Window::Week => "pnl week".to_owned(),
            Window::Month => "pnl month".to_owned(),
            Window::All => "pnl all".to_owned(),
        },
        NoticeBody::History(view) => format!("history page {}", view.page),
        NoticeBody::Settings(_) => "settings".to_owned(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{CLOSE, is_kept, of, says, spoken};
    use crate::bot::render::Rendered;
    use crate::bot::taps::TAP_BYTES_MAX;
    use crate::domain::notice::NoticeBody;

    fn labels(body: &NoticeBody, buttons: &[&str]) -> Vec<Vec<String>> {
        let rendered = Rendered { buttons: buttons.iter().map(|&label| label.to_owned()).collect(), ..Rendered::new("question", "?") };
        let keyboard = of(body, &rendered);
        assert!(keyboard.iter().flatten().all(|key| (1..=TAP_BYTES_MAX).contains(&key.data.len())));
        keyboard.into_iter().map(|row| row.into_iter().map(|key| key.label).collect()).collect()
    }

    #[test]
    fn a_read_out_can_be_refreshed_left_and_closed() {
        let keyboard = of(&NoticeBody::Positions(Vec::new()), &Rendered::new("answer", ""));
        let data: Vec<&str> = keyboard.iter().flatten().map(|key| key.data.as_str()).collect();
        assert_eq!(data, ["b1.positions", "b1./menu", CLOSE]);
    }

    #[test]
    fn choices_stand_side_by_side_where_they_are_short_and_long_ones_are_kept_under_a_number() {
        let body = NoticeBody::Question { text: String::new(), choices: Vec::new() };
        let long = "long ".to_owned() + &"btc ".repeat(20);
        let shown = "long ".to_owned() + &"btc ".repeat(13) + "bt…";
        assert_eq!(labels(&body, &["yes", "no", &long]), [vec!["yes", "no"], vec![shown.as_str()]]);
        let key = spoken(&long);
        assert!(is_kept(&key.data) && key.kept.as_deref() == Some(long.as_str()) && spoken(&long) == key);
        assert!(!is_kept("n1.") && !is_kept("n1.0") && !is_kept(&format!("n1.{}", "G".repeat(24))));
        let rendered = Rendered { buttons: vec!["/users add 42".to_owned(), "no".to_owned()], ..Rendered::new("question", "?") };
        let data: Vec<String> = of(&body, &rendered).into_iter().flatten().map(|key| key.data).collect();
        assert_eq!(data, ["/users add 42", "b1.no"]);
    }

    #[test]
    fn a_panel_says_words_and_can_be_closed() {
        let body = NoticeBody::Panel { text: "Menu".to_owned(), buttons: vec![vec![says("Positions", "positions")]] };
        assert_eq!(labels(&body, &[]), [["Positions"], ["Close"]]);
    }
}
