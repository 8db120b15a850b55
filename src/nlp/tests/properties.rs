//! What holds for every text.

use proptest::prelude::*;

use super::market::lexicon;
use crate::domain::evidence::EvidenceMap;
use crate::domain::request::{Command, Request};
use crate::nlp::grammar;
use crate::nlp::read::read;
use crate::nlp::reading::Reading;
use crate::nlp::scan::scan;
use crate::nlp::token::Kind;
use crate::nlp::vocabulary;

fn evidence(request: &Request) -> Option<&EvidenceMap> {
    match request {
        Request::Command(Command::Open(open)) => Some(&open.evidence),
        Request::Command(Command::Close(close)) => Some(&close.evidence),
        Request::Command(Command::Protect(protect)) => Some(&protect.evidence),
        _ => None,
    }
}

/// Returns the words that said `field`.
fn said<'t>(text: &'t str, map: &EvidenceMap, field: &str) -> Option<&'t str> {
    let (start, end) = map.get(field)?.span?;
    text.get(start..end)
}

/// Checks that every span lies on character boundaries and is not empty.
fn spans_fit(text: &str, map: &EvidenceMap) -> bool {
    map.values().filter_map(|evidence| evidence.span).all(|(start, end)| start < end && text.get(start..end).is_some())
}

#[test]
fn every_field_shows_the_words_that_said_it() {
    let text = "Ünsal: long sol 5x with 300, stop 4%, take half at 6% and the rest at 10%, trail 2%".replace("Ünsal: ", "");
    let Reading::Request(request) = read(&text, &lexicon()) else { panic!("must act") };
    let map = evidence(&request).unwrap();
    for (field, words) in [
        ("side", "long"),
        ("symbol", "sol"),
        ("leverage", "5x"),
        ("amount", "300"),
        ("stop", "4%"),
        ("target.1", "6%"),
        ("target.1.share", "half"),
        ("target.2", "10%"),
        ("target.2.share", "rest"),
        ("trailing", "2%"),
    ] {
        assert_eq!(said(&text, map, field), Some(words), "{field}");
    }
    let text = "“”".replace(['“', '”'], "") + "b\u{200b}uy 61,5 usdt of ½ btc";
    assert!(!matches!(read(&text, &lexicon()), Reading::Request(_)));
}

#[test]
fn evidence_counts_bytes_of_the_text_as_written() {
    let text = "  BUY\u{a0}$200 of Bitcoin @ 61.5k on perp ";
    let Reading::Request(request) = read(text, &lexicon()) else { panic!("must act") };
    let map = evidence(&request).unwrap();
    let fields =
        [("side", "BUY"), ("amount", "$200"), ("symbol", "Bitcoin"), ("price", "61.5k"), ("order_type", "@ 61.5k"), ("market", "perp")];
    for (field, words) in fields {
        assert_eq!(said(text, map, field), Some(words), "{field}");
    }
    assert_eq!(map.get("quote").and_then(|evidence| evidence.text.as_deref()), Some("quote currency USDT"));
}

#[test]
fn an_unknown_word_anywhere_stops_every_example() {
    let lexicon = lexicon();
    for (text, _) in grammar::examples() {
        for (place, _) in text.match_indices(' ').chain([(text.len(), "")]) {
            let (before, after) = text.split_at(place);
            let spoiled = format!("{before} zzyzx{after}");
            assert!(!matches!(read(&spoiled, &lexicon), Reading::Request(_)), "{spoiled}");
        }
        let spoiled = format!("zzyzx {text}");
        assert!(!matches!(read(&spoiled, &lexicon), Reading::Request(_)), "{spoiled}");
    }
}

#[test]
fn a_negation_stops_every_example_that_acts() {
    let lexicon = lexicon();
    for (text, expected) in grammar::examples() {
        let acts = ["open", "close", "protect", "trading"].iter().any(|start| expected.starts_with(start));
        for negated in [format!("don't {text}"), format!("do not {text}"), format!("never {text}"), format!("i didn't {text}")] {
            assert!(!acts || !matches!(read(&negated, &lexicon), Reading::Request(_)), "{negated}");
        }
    }
}

#[test]
fn the_vocabulary_holds_every_word_of_the_examples() {
    let lexicon = lexicon();
    for (text, _) in grammar::examples() {
        let lower = text.to_ascii_lowercase();
        for token in scan(&lower, &lexicon) {
            if let Kind::Word(word) = &token.kind {
                let known = vocabulary::contains(word) || word.len() == 1 || word.chars().any(|c| c.is_ascii_digit());
                assert!(known, "{word} of {text}");
            }
        }
    }
}

/// Words that bring a random text near to the grammar.
fn word() -> impl Strategy<Value = String> {
    let known = vec![
        "buy", "sell", "long", "short", "btc", "$eth", "sol/usdt", "0.1", "200", "$300", "5x", "25%", "61k", "1,500", "half", "all", "of",
        "with", "at", "limit", "stop", "tp", "tp1", "trail", "take", "the", "rest", "and", ",", "close", "cancel", "move", "to", "my",
        "position", "price", "pnl", "week", "why", "#12", "/buy", "/fx", "-", "@", "½", "×2", "risk", "for", "when", "breaks", "nan",
        "1e9", "10", "minutes", "%", "x", "?", "\"", "not", "remove", "entry", "(", ")",
    ];
    prop_oneof![6 => prop::sample::select(known).prop_map(str::to_owned), 1 => "\\PC{0,6}", 1 => "[0-9.,]{1,12}[a-z%]{0,3}"]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn no_text_panics(text in "\\PC{0,80}") {
        let _ = read(&text, &lexicon());
    }

    #[test]
    fn no_sequence_of_words_panics_and_every_span_fits(words in prop::collection::vec(word(), 0..14), gap in prop::sample::select(vec![" ", "", "  ", "\u{a0}"])) {
        let text = words.join(gap);
        if let Reading::Request(request) = read(&text, &lexicon())
            && let Some(map) = evidence(&request)
        {
            prop_assert!(spans_fit(&text, map), "{}", text);
        }
    }

    #[test]
    fn tokens_follow_each_other_on_character_boundaries(text in "\\PC{0,80}") {
        let lower = text.to_ascii_lowercase();
        let mut end = 0;
        for token in scan(&lower, &lexicon()) {
            prop_assert!(token.span.start >= end && token.span.end > token.span.start);
            prop_assert!(text.get(token.span.start..token.span.end).is_some());
            end = token.span.end;
        }
    }

    #[test]
    fn a_number_said_is_the_number_read(mantissa in 1u64..100_000_000, scale in 0u32..6, price in 1u64..1_000_000) {
        let amount = rust_decimal::Decimal::from_i128_with_scale(i128::from(mantissa), scale).normalize();
        let text = format!("buy {amount} btc at {price}");
        prop_assert_eq!(super::compact::reading(&text, &lexicon()), format!("open buy BTC/USDT base={amount} limit={price}"));
        let text = format!("long sol 5x with {amount} stop {price}");
        prop_assert_eq!(super::compact::reading(&text, &lexicon()), format!("open long SOL/USDT margin={amount} 5x stop={price} market"));
    }
}
