//! The text behind a button: `v1.<verb>.<nonce>`. It holds a single-use number and nothing else that could be trusted.
//!
//! Parsing is strict: one version, six verbs, 128 bits in lower-case hex; anything else is no tap.
//!
//! A button of another kind says words (`b1.<words>`), and they are read as if they were typed.

use crate::domain::ids::Nonce;
use crate::engine::desk::input::TapVerb;

/// Most bytes that chat platforms carry behind a button.
pub const TAP_BYTES_MAX: usize = 64;

/// Hex digits of a nonce.
const NONCE_DIGITS: usize = 32;

/// A tap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tap {
    /// Which button.
    pub verb: TapVerb,
    /// Which card.
    pub nonce: Nonce,
}

/// Returns the text of a button.
pub fn encode(verb: TapVerb, nonce: &Nonce) -> String {
    format!("v1.{}.{nonce}", letter(verb))
}

/// Returns the tap that `text` stands for, if it is exactly one.
pub fn parse(text: &str) -> Option<Tap> {
    if text.len() > TAP_BYTES_MAX {
        return None;
    }
    let (verb, nonce) = text.strip_prefix("v1.")?.split_once('.')?;
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if nonce.len() != NONCE_DIGITS || !nonce.bytes().all(is_hex) {
        return None;
    }
    Some(Tap { verb: verb_of(verb)?, nonce: Nonce::new(nonce) })
}

/// What begins a button that says words.
const WORDS: &str = "b1.";

/// Returns the text of a button that says `words`, if it fits.
pub fn saying(words: &str) -> Option<String> {
    let text = format!("{WORDS}{words}");
    (text.len() <= TAP_BYTES_MAX && !words.is_empty()).then_some(text)
}

/// Returns the text of a button whose words were kept elsewhere, as if it had carried them.
pub fn kept(words: &str) -> String {
    format!("{WORDS}{words}")
}

/// Returns the words that a button says, if `text` is one's.
pub fn said(text: &str) -> Option<&str> {
    text.strip_prefix(WORDS).filter(|words| !words.is_empty())
}

const fn letter(verb: TapVerb) -> char {
    match verb {
        TapVerb::Confirm => 'c',
        TapVerb::Decline => 'd',
        TapVerb::Half => 'h',
        TapVerb::Double => 'x',
        TapVerb::ToMarket => 'm',
        TapVerb::ToLimit => 'l',
    }
}

fn verb_of(letter: &str) -> Option<TapVerb> {
    Some(match letter {
        "c" => TapVerb::Confirm,
        "d" => TapVerb::Decline,
        "h" => TapVerb::Half,
        "x" => TapVerb::Double,
        "m" => TapVerb::ToMarket,
        "l" => TapVerb::ToLimit,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::{TAP_BYTES_MAX, Tap, encode, parse, said, saying};
    use crate::domain::ids::Nonce;
    use crate::engine::desk::input::TapVerb;

    const NONCE: &str = "00112233445566778899aabbccddeeff";

    #[test]
    fn every_verb_survives_the_way_there_and_back() {
        for verb in [TapVerb::Confirm, TapVerb::Decline, TapVerb::Half, TapVerb::Double, TapVerb::ToMarket, TapVerb::ToLimit] {
            let text = encode(verb, &Nonce::new(NONCE));
            assert!(text.len() <= TAP_BYTES_MAX);
            assert_eq!(parse(&text), Some(Tap { verb, nonce: Nonce::new(NONCE) }));
        }
    }

    #[test]
    fn anything_else_is_no_tap() {
        let upper = NONCE.to_uppercase();
        for text in [
            String::new(),
            "v1.c.".to_owned(),
            format!("v2.c.{NONCE}"),
            format!("v1.z.{NONCE}"),
            format!("v1.cc.{NONCE}"),
            format!("v1.c.{upper}"),
            format!("v1.c.{NONCE}0"),
            format!("v1.c.{NONCE} "),
            format!(" v1.c.{NONCE}"),
            format!("v1.c.{NONCE}\n"),
            "v1.c.".to_owned() + &"a".repeat(100_000),
        ] {
            assert_eq!(parse(&text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_button_says_its_words_or_is_too_long(words in "\\PC{0,70}") {
            match saying(&words) {
                Some(text) => assert!(text.len() <= TAP_BYTES_MAX && said(&text) == Some(words.as_str()) && parse(&text).is_none()),
                None => assert!(words.is_empty() || words.len() + 3 > TAP_BYTES_MAX),
            }
        }

        #[test]
        fn parsing_never_panics_and_accepts_only_what_it_would_write(text in any::<String>()) {
            if let Some(tap) = parse(&text) {
                assert_eq!(encode(tap.verb, &tap.nonce), text);
            }
        }
    }
}
