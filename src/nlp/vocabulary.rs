//! The words the grammar knows, and the nearest of them to a word it does not know.
//!
//! A near word is only ever suggested, never acted on. A test keeps the list in step with the grammar's examples.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::token::{Kind, Token};

/// Words that change nothing and may stand anywhere in a command.
pub const FILLERS: &str = "
    please pls plz the a an now me my some hey just then and also thanks thank you kindly immediately of on in into is
";

/// Openings of a wish that is a command: they may stand at the start only.
pub const POLITE: &[&[&str]] = &[
    &["can", "you"],
    &["could", "you"],
    &["will", "you"],
    &["i", "want", "to"],
    &["i", "wanna"],
    &["i", "would", "like", "to"],
    &["id", "like", "to"],
    &["lets"],
    &["let", "us"],
    &["go", "ahead", "and"],
];

/// Dollar words, all read as the quote currency.
pub const QUOTE_WORDS: &[&str] = &["usdt", "usd", "dollar", "dollars", "buck", "bucks", "u", "tether"];

/// The other words of the grammar, family by family.
const WORDS: &str = "
    ahead up down behind buy buying sell selling long short purchase grab get go enter open place order position trade make half third quarter
    quarters thirds two three all max maximum everything whole full rest remaining remainder other with using use margin
    collateral worth size sized notional value risk risking equity account balance cash funds money holdings holding for
    contracts coins at limit market price post only maker postonly when once if it breaks crosses above below over under
    breakout break drops falls dips rises climbs hits reaches to or better entry leverage lev isolated cross crossed spot perp perps
    perpetual perpetuals futures future swap stop stoploss loss sl tp target targets take profit profits trail trailing by
    breakeven even be from away off close exit flatten out reduce trim unwind positions trades cancel orders entries id move
    set put raise lower tighten change update adjust bring shift add protect modify remove delete clear drop show list what
    whats are current check view display tell give see how hows much many do doing latest recent last past portfolio status
    quote pnl history fills settings config help commands why hello hi start today week weekly month monthly daily day days
    time total wallet i have am did can could will want wanna would like lets let us this said pause resume panic trading
    yes no confirm ok okay decline double twice wait quit not was that refuse refused deny denied reject rejected made lose
    longs shorts gains losses performance overall ever power available free
    after in first scale atr activation activated starting filled
    stats statistics export csv page part more older newer win rate factor drawdown report reports
";

static FILLER_SET: LazyLock<BTreeSet<&str>> = LazyLock::new(|| FILLERS.split_whitespace().collect());
static WORD_SET: LazyLock<BTreeSet<&str>> = LazyLock::new(|| WORDS.split_whitespace().chain(FILLERS.split_whitespace()).collect());

/// Longest word that is compared.
const WORD_MAX: usize = 24;

/// Tells whether `word` belongs to the grammar, so that a ticker of the same name needs a `$`.
pub fn contains(word: &str) -> bool {
    WORD_SET.contains(word) || QUOTE_WORDS.contains(&word)
}

/// Returns the word of the grammar nearest to `word`, if one is near enough to be a typo.
pub fn nearest(word: &str) -> Option<&'static str> {
    nearest_of(word, WORD_SET.iter().copied().filter(|known| known.len() > 2)).map(|(_, known)| known)
}

/// Returns the nearest of `candidates` with its distance in typos; the first of equals.
pub fn nearest_of<'c>(word: &str, candidates: impl Iterator<Item = &'c str>) -> Option<(usize, &'c str)> {
    let length = word.len();
    if !(3..=WORD_MAX).contains(&length) || !word.is_ascii() {
        return None;
    }
    let typos_max = if length <= 4 { 1 } else { 2 };
    let letters = letters_of(word);
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        // Three letters are too few for a wrong one among them: "foo" is no slip of "for", but "byu" is one of "buy".
        if length == 3 && candidate.len() == 3 && letters_of(candidate) != letters {
            continue;
        }
        // Cheap tests first: one typo changes the length by at most one and the set of letters by at most two.
        if candidate.len().abs_diff(length) > typos_max || (letters_of(candidate) ^ letters).count_ones() as usize > 2 * typos_max {
            continue;
        }
        let distance = strsim::osa_distance(word, candidate);
        if distance <= typos_max && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best
}

/// Returns the set of letters as bits.
fn letters_of(word: &str) -> u32 {
    word.bytes().fold(0, |set, byte| set | 1 << (byte & 31))
}

/// Tells whether `word` is in a list of words with spaces between them.
pub fn among(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|listed| listed == word)
}

/// Tells whether the token is a filler or a mark that changes nothing.
pub fn is_filler(token: &Token<'_>) -> bool {
    match &token.kind {
        Kind::Word(word) => FILLER_SET.contains(word.as_ref()),
        Kind::Punct(mark) => is_soft(*mark),
        _ => false,
    }
}

/// Tells whether a mark only separates or ends.
pub const fn is_soft(mark: char) -> bool {
    matches!(mark, ',' | '.' | ';' | '!' | ':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typos_find_their_word() {
        for (typo, word) in
            [("pozitions", "positions"), ("cancle", "cancel"), ("balanse", "balance"), ("clsoe", "close"), ("lveerage", "leverage")]
        {
            assert_eq!(nearest(typo), Some(word));
        }
        assert_eq!(nearest("xylophone"), None);
        assert_eq!(nearest("ü"), None);
    }
}
