//! Words that concern the face alone: what is told, where and how loudly, the menu, and orders by buttons.
//!
//! ```text
//! own   = "/menu" | "/new" {word} | "/tg_info" | "/notify" [kind level] | "/quiet" ["off" | time time [clock]]
//!       | "/topic" [subject ("here" | "off")] | ("/resend" | "/drop") update ":" part
//! time  = H ":" MM          clock = ("+" | "-") H [":" MM] | zone          zone = an IANA name, as in Europe/Berlin
//! ```
//!
//! Everything else is nobody's business here.

use jiff::tz::TimeZone;

use super::expired;
use super::wishes::{Kind, Level, Subject};

/// Minutes of a day.
const DAY_MINUTES: u16 = 24 * 60;
/// Furthest that a clock is from UTC, in minutes.
const AHEAD_MAX: i16 = 14 * 60;
/// Longest name of a zone.
const ZONE_BYTES_MAX: usize = 40;

/// What was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Own {
    /// Buttons for what is looked at often.
    Menu,
    /// An order by buttons, as far as it has come.
    New(Vec<String>),
    /// The numbers of this chat, topic and person.
    Info,
    /// What is told, and how loudly.
    Levels,
    /// A kind gets a level.
    SetLevel(Kind, Level),
    /// When it is quiet.
    QuietHours,
    /// Quiet hours are set, from one minute of the day to another, on this clock.
    SetQuiet(u16, u16, Dial),
    /// Quiet hours end.
    EndQuiet,
    /// Where notices go.
    Topics,
    /// A subject's notices come here, or no longer elsewhere.
    SetTopic(Subject, bool),
    /// What came too late in this list is said again.
    Resend(String),
    /// What came too late in this list is dropped.
    Drop(String),
    /// The word is ours, what follows it is not understood; the sentence says what would be.
    Unclear(&'static str),
}

/// The clock that quiet hours go by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dial {
    /// The one that was said before; UTC if none was.
    Same,
    /// So many minutes ahead of UTC.
    Ahead(i16),
    /// That of a zone, by its IANA name.
    Zone(String),
}

/// Reads words; `None` if they are not the face's own.
pub fn read(text: &str) -> Option<Own> {
    let mut words = text.split_whitespace().map(str::to_lowercase);
    let first = words.next()?;
    // In groups a command may carry the bot's name.
    let command = first.split('@').next().unwrap_or_default();
    let rest: Vec<String> = words.collect();
    let rest_words: Vec<&str> = rest.iter().map(String::as_str).collect();
    Some(match (command, rest_words.as_slice()) {
        ("/menu" | "menu", []) => Own::Menu,
        ("/new", _) => Own::New(rest),
        ("/tg_info", _) => Own::Info,
        ("/notify", []) => Own::Levels,
        ("/notify", [kind, level]) => match (named(&Kind::ALL, kind, Kind::as_str), named(&Level::ALL, level, Level::as_str)) {
            (Some(Kind::Alerts), Some(Level::Off)) => Own::Unclear("Alerts can be silent, but never off: one may be about your money."),
            (Some(kind), Some(level)) => Own::SetLevel(kind, level),
            _ => Own::Unclear(NOTIFY),
        },
        ("/notify", _) => Own::Unclear(NOTIFY),
        ("/quiet", []) => Own::QuietHours,
        ("/quiet", ["off"]) => Own::EndQuiet,
        ("/quiet", [from, to]) => quiet(from, to, Some(Dial::Same)),
        ("/quiet", [from, to, clock]) => quiet(from, to, dial(clock)),
        ("/quiet", _) => Own::Unclear(QUIET),
        ("/topic", []) => Own::Topics,
        ("/topic", [subject, place @ ("here" | "off")]) => match named(&Subject::ALL, subject, Subject::as_str) {
            Some(subject) => Own::SetTopic(subject, *place == "here"),
            None => Own::Unclear(TOPIC),
        },
        ("/topic", _) => Own::Unclear(TOPIC),
        ("/resend", [which]) if expired::is_which(which) => Own::Resend((*which).to_owned()),
        ("/drop", [which]) if expired::is_which(which) => Own::Drop((*which).to_owned()),
        ("/resend" | "/drop", _) => Own::Unclear(EXPIRED),
        _ => return None,
    })
}

const NOTIFY: &str = "Say what, and how: /notify fills silent. Kinds: fills, orders, alerts, system. Levels: on, silent, off.";
const QUIET: &str = "Say from when to when: /quiet 22:00 7:00 Europe/Berlin (the last is your zone, or your clock's distance from UTC as in +2), or /quiet off.";
const TOPIC: &str = "Say in the topic itself: /topic trades here, or /topic trades off. Subjects: trades, alerts, system.";

const EXPIRED: &str = "Tap the button below a list of what came too late, or say again what you still want.";

fn named<T: Copy>(all: &[T], word: &str, name: impl Fn(T) -> &'static str) -> Option<T> {
    all.iter().copied().find(|one| name(*one) == word)
}

fn quiet(from: &str, to: &str, dial: Option<Dial>) -> Own {
    match (minute(from), minute(to), dial) {
        (Some(from), Some(to), Some(dial)) if from != to => Own::SetQuiet(from, to, dial),
        _ => Own::Unclear(QUIET),
    }
}

fn dial(text: &str) -> Option<Dial> {
    if let Some(ahead) = distance(text) {
        return Some(Dial::Ahead(ahead));
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'-' | b'+');
    let zone = (text.len() <= ZONE_BYTES_MAX && text.bytes().all(plain)).then(|| TimeZone::get(text).ok()).flatten()?;
    zone.iana_name().map(|name| Dial::Zone(name.to_owned()))
}

fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':').unwrap_or((text, "0"));
    let (hour, minute): (u16, u16) = (digits(hour)?, digits(minute)?);
    (hour < 24 && minute < 60).then(|| hour * 60 + minute).filter(|minute| *minute < DAY_MINUTES)
}

fn distance(text: &str) -> Option<i16> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (hours, minutes) = rest.split_once(':').unwrap_or((rest, "0"));
    let (hours, minutes): (i16, i16) = (digits(hours)?.try_into().ok()?, digits(minutes)?.try_into().ok()?);
    let all = hours * 60 + minutes;
    (minutes < 60 && all <= AHEAD_MAX).then_some(sign * all)
}

/// Reads one or two digits.
fn digits(text: &str) -> Option<u16> {
    let plain = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::{Dial, Kind, Level, Own, Subject, read};

    #[test]
    fn own_words_are_read_and_others_left_alone() {
        assert_eq!(read("/menu@outcry_bot"), Some(Own::Menu));
        assert_eq!(read("/New btc long"), Some(Own::New(vec!["btc".to_owned(), "long".to_owned()])));
        assert_eq!(read("/notify fills silent"), Some(Own::SetLevel(Kind::Fills, Level::Silent)));
        assert!(matches!(read("/notify alerts off"), Some(Own::Unclear(_))));
        let quiet = |dial| Some(Own::SetQuiet(22 * 60, 7 * 60 + 30, dial));
        assert_eq!(read("/quiet 22:00 7:30 -5:30"), quiet(Dial::Ahead(-330)));
        assert_eq!(read("/quiet 22:00 7:30"), quiet(Dial::Same));
        assert_eq!(read("/quiet 22:00 7:30 europe/berlin"), quiet(Dial::Zone("Europe/Berlin".to_owned())));
        for wrong in ["/quiet 22:00 7:30 Atlantis/Poseidonis", "/quiet 22:00 7:30 ../../etc/passwd", "/quiet 22:00 7:30 /etc/localtime"] {
            assert!(matches!(read(wrong), Some(Own::Unclear(_))), "{wrong}");
        }
        assert!(matches!(read("/quiet 24:00 7"), Some(Own::Unclear(_))));
        assert_eq!(read("/quiet off"), Some(Own::EndQuiet));
        assert_eq!(read("/topic trades here"), Some(Own::SetTopic(Subject::Trades, true)));
        assert_eq!(read("/resend 11:0"), Some(Own::Resend("11:0".to_owned())));
        assert!(matches!(read("/drop everything"), Some(Own::Unclear(_))));
        for other in ["positions", "buy 200 usdt of btc", "", "/help", "notify me"] {
            assert_eq!(read(other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn nothing_that_is_said_breaks_the_reading(text in any::<String>(), rest in "[0-9:+-]{0,12} [0-9:+-]{0,12} [0-9:+-]{0,12}") {
            read(&text);
            read(&format!("/quiet {rest}"));
        }
    }
}
