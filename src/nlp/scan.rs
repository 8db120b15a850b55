//! Cuts a text into [`Token`]s.
//!
//! Invariant: runs in linear time over any UTF-8 text and never fails; what cannot be read becomes a token that says so.

use std::borrow::Cow;

use rust_decimal::Decimal;

use super::lexicon::{Lexicon, Listed};
use super::number::{self, Mark, Number, NumberIssue};
use super::token::{Kind, Span, Token};
use super::vocabulary;
use crate::domain::time::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS};

/// Cuts `lower`, a text in ASCII lower case (which keeps every byte offset), into tokens.
pub fn scan<'a>(lower: &'a str, lexicon: &Lexicon) -> Vec<Token<'a>> {
    let mut scanner = Scanner { text: lower, at: 0, tokens: Vec::new(), lexicon };
    while let Some(next) = scanner.peek() {
        scanner.token(next);
    }
    scanner.tokens
}

struct Scanner<'a, 'l> {
    text: &'a str,
    at: usize,
    tokens: Vec<Token<'a>>,
    lexicon: &'l Lexicon,
}

/// Characters without width, which some programs put inside words.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{fe0f}')
}

const fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | '‘')
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || is_invisible(c)
}

impl<'a> Scanner<'a, '_> {
    fn rest(&self, from: usize) -> &'a str {
        self.text.get(from..).unwrap_or_default()
    }

    fn slice(&self, from: usize, to: usize) -> &'a str {
        self.text.get(from..to).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest(self.at).chars().next()
    }

    fn char_at(&self, at: usize) -> Option<char> {
        self.rest(at).chars().next()
    }

    /// Returns the end of the longest run of `fits` from `from`.
    fn run(&self, from: usize, fits: impl Fn(char) -> bool) -> usize {
        self.rest(from).char_indices().find(|(_, c)| !fits(*c)).map_or(self.text.len(), |(place, _)| from + place)
    }

    fn push(&mut self, kind: Kind<'a>, end: usize) {
        self.tokens.push(Token { kind, span: Span::new(self.at, end) });
        self.at = end;
    }

    /// Tells whether the text before `at` ends a word, so that a sign or a slash may start something here.
    fn fresh(&self) -> bool {
        self.slice(0, self.at).chars().next_back().is_none_or(|c| c.is_whitespace() || matches!(c, '(' | ':' | '=' | '@' | ',' | '~'))
    }

    fn token(&mut self, next: char) {
        let after = self.at + next.len_utf8();
        let following = self.char_at(after);
        let digit_follows = following.is_some_and(|c| c.is_ascii_digit());
        match next {
            _ if next.is_whitespace() || is_invisible(next) => self.at = after,
            '/' if self.fresh() && following.is_some_and(char::is_alphabetic) => self.slash(after),
            '$' => self.dollar(after),
            '#' if following.is_some_and(char::is_alphabetic) && self.tagged(after) => {}
            '0'..='9' => self.digits(self.at, false, Mark::Bare),
            '.' | ',' if digit_follows && self.fresh() => self.digits(self.at, false, Mark::Bare),
            '.' if digit_follows => {
                let end = self.run(after, |c| is_word(c) || c == '.');
                self.push(Kind::Bad(NumberIssue::Grouping), end);
            }
            '+' if self.number_starts(after) && self.fresh() => self.digits(after, false, Mark::Bare),
            '-' | '−' if self.number_starts(after) && self.fresh() => self.digits(after, true, Mark::Bare),
            '½' => self.push(Kind::Word(Cow::Borrowed("half")), after),
            '¼' => self.push(Kind::Word(Cow::Borrowed("quarter")), after),
            '%' => self.percent(after),
            '×' => self.times(after),
            '-' if following.is_some_and(char::is_alphabetic) && !self.fresh() => self.at = after,
            _ if next.is_alphabetic() => self.word(),
            _ if next.is_numeric() => {
                let end = self.run(self.at, |c| c.is_numeric() || matches!(c, '.' | ','));
                self.push(Kind::Bad(NumberIssue::ForeignDigits), end);
            }
            _ => self.push(Kind::Punct(next), after),
        }
    }

    fn number_starts(&self, at: usize) -> bool {
        match self.char_at(at) {
            Some('0'..='9') => true,
            Some('.') => self.char_at(at + 1).is_some_and(|c| c.is_ascii_digit()),
            _ => false,
        }
    }

    /// `/buy@outcry_bot`: the name alone counts.
    fn slash(&mut self, name: usize) {
        let end = self.run(name, |c| c.is_ascii_alphanumeric() || c == '_');
        if end == name {
            return self.push(Kind::Punct('/'), name);
        }
        let close = if self.char_at(end) == Some('@') { self.run(end + 1, |c| c.is_ascii_alphanumeric() || c == '_') } else { end };
        self.push(Kind::Slash(self.slice(name, end)), close);
    }

    /// `$200`, `$.5`, `$btc`, or a dollar sign after a number.
    fn dollar(&mut self, after: usize) {
        if self.number_starts(after) {
            return self.digits(after, false, Mark::Dollar);
        }
        if self.char_at(after).is_some_and(char::is_alphabetic) && self.tagged(after) {
            return;
        }
        match self.tokens.last_mut() {
            Some(Token { kind: Kind::Number(number), span }) if number.mark == Mark::Bare => {
                number.mark = Mark::Dollar;
                span.end = after;
                self.at = after;
            }
            _ => self.push(Kind::Punct('$'), after),
        }
    }

    /// Reads `btc` of `$btc` or `#btc`, if it is listed.
    fn tagged(&mut self, name: usize) -> bool {
        let end = self.run(name, is_word);
        let Some(listed) = self.lexicon.ticker(self.slice(name, end)) else { return false };
        self.push(Kind::Symbol(listed), end);
        true
    }

    /// A percent sign that stands apart from its number.
    fn percent(&mut self, after: usize) {
        if !self.mark_last_percent(after) {
            self.push(Kind::Punct('%'), after);
        }
    }

    fn mark_last_percent(&mut self, end: usize) -> bool {
        match self.tokens.last_mut() {
            Some(Token { kind: Kind::Number(number), span }) if number.mark == Mark::Bare => {
                number.mark = Mark::Percent;
                span.end = end;
                self.at = end;
                true
            }
            _ => false,
        }
    }

    /// `×2`, or the sign after a number.
    fn times(&mut self, after: usize) {
        let end = self.run(after, |c| c.is_ascii_digit() || c == '.');
        match number::read(self.slice(after, end)) {
            Ok(plain) if end > after => self.push(Kind::Multiplier(plain.value), end),
            _ if self.multiply_last(after) => {}
            _ => self.push(Kind::Punct('×'), after),
        }
    }

    /// Turns the number just read into a factor: `5 x`.
    fn multiply_last(&mut self, end: usize) -> bool {
        match self.tokens.last_mut() {
            Some(Token { kind, span }) => match kind {
                Kind::Number(Number { value, mark: Mark::Bare, .. }) => {
                    *kind = Kind::Multiplier(*value);
                    span.end = end;
                    self.at = end;
                    true
                }
                _ => false,
            },
            None => false,
        }
    }

    /// A number from `first` on (its sign, if any, stands before), with its suffix.
    fn digits(&mut self, first: usize, negative: bool, mark: Mark) {
        let word_end = self.run(first, is_word);
        if first == self.at
            && let Some(listed) = self.lexicon.word(self.slice(first, word_end))
        {
            return self.push(Kind::Symbol(listed), word_end);
        }
        let digits_end = self.digits_end(first);
        let suffix_end = self.run(digits_end, is_word);
        let suffix = self.slice(digits_end, suffix_end);
        let plain = match number::read(self.slice(first, digits_end)) {
            Ok(plain) => plain,
            Err(issue) => return self.push(Kind::Bad(issue), suffix_end),
        };
        let value = if negative { -plain.value } else { plain.value };
        let number = Number { value, mark, m_suffix: suffix == "m", doubtful: plain.doubtful };
        match suffix {
            "" => self.bare(number, digits_end),
            "k" | "m" | "mio" | "b" | "bn" => {
                let kind =
                    number::scaled(value, suffix_factor(suffix)).map_or_else(Kind::Bad, |value| Kind::Number(Number { value, ..number }));
                self.push(kind, suffix_end);
            }
            "x" if mark == Mark::Bare => self.push(Kind::Multiplier(value), suffix_end),
            "pct" | "percent" if mark == Mark::Bare => self.push(Kind::Number(Number { mark: Mark::Percent, ..number }), suffix_end),
            _ if unit_ms(suffix).is_some() => self.duration(value, suffix, suffix_end),
            _ if vocabulary::QUOTE_WORDS.contains(&suffix) || self.lexicon.word(suffix).is_some() => {
                self.push(Kind::Number(number), digits_end)
            }
            _ if suffix.strip_prefix('e').is_some_and(|power| !power.is_empty() && power.bytes().all(|b| b.is_ascii_digit()))
                || suffix == "e" =>
            {
                self.push(Kind::Bad(NumberIssue::Exponent), suffix_end);
            }
            _ => self.push(Kind::Bad(NumberIssue::Suffix), suffix_end),
        }
    }

    /// A number without letters: a percent or dollar sign may touch it.
    fn bare(&mut self, number: Number, end: usize) {
        match self.char_at(end) {
            Some('%') if number.mark == Mark::Bare => self.push(Kind::Number(Number { mark: Mark::Percent, ..number }), end + 1),
            _ => self.push(Kind::Number(number), end),
        }
    }

    /// Returns the end of digits with single dots and commas between them.
    fn digits_end(&self, first: usize) -> usize {
        let bytes = self.rest(first).as_bytes();
        let digit = |place: usize| bytes.get(place).is_some_and(u8::is_ascii_digit);
        let mut end = 0;
        while digit(end) || (matches!(bytes.get(end), Some(b'.' | b',')) && digit(end + 1)) {
            end += 1;
        }
        first + end
    }

    fn duration(&mut self, value: Decimal, unit: &str, end: usize) {
        let ms = unit_ms(unit).and_then(|unit| value.checked_mul(Decimal::from(unit))).and_then(|ms| i64::try_from(ms.trunc()).ok());
        self.push(ms.map_or(Kind::Bad(NumberIssue::TooLarge), Kind::Duration), end);
    }

    /// A word, a pair, or a factor such as `x5`.
    fn word(&mut self) {
        let end = self.word_end(self.at);
        let first = clean(self.slice(self.at, end));
        if let Some((listed, end)) = self.pair(&first, end) {
            return self.push(Kind::Symbol(listed), end);
        }
        if matches!(first.as_ref(), "p")
            && matches!(self.char_at(end), Some('&' | '/'))
            && self.slice(end + 1, self.run(end + 1, is_word)) == "l"
        {
            return self.push(Kind::Word(Cow::Borrowed("pnl")), end + 2);
        }
        if let Some(listed) = self.lexicon.word(&first) {
            return self.push(Kind::Symbol(listed), end);
        }
        match first.as_ref() {
            "nan" | "inf" | "infinity" => self.push(Kind::Bad(NumberIssue::NotFinite), end),
            "x" | "times" if self.multiply_last(end) => {}
            "percent" | "pct" if self.mark_last_percent(end) => {}
            word if word.starts_with('x') && self.number_starts(self.at + 1) => self.factor(end),
            word => match self.unit_after_number(word) {
                Some((value, start)) => {
                    self.at = start;
                    self.duration(value, word_unit(word), end);
                }
                None => self.push(Kind::Word(first), end),
            },
        }
    }

    /// The end of a word: letters, digits and apostrophes inside it.
    fn word_end(&self, from: usize) -> usize {
        let mut end = self.run(from, is_word);
        while self.char_at(end).is_some_and(is_apostrophe) {
            let after = end + self.char_at(end).map_or(1, char::len_utf8);
            if !self.char_at(after).is_some_and(char::is_alphabetic) {
                break;
            }
            end = self.run(after, is_word);
        }
        end
    }

    /// Reads `btc/usdt`, `btc-usdt`, `btc_usdt`, `btc-perp`, `btc-usdt-swap`, `btcusdt.p` from its first part on.
    fn pair(&self, first: &str, first_end: usize) -> Option<(Listed, usize)> {
        let (second, second_end) = self.part(first_end)?;
        let listed = self.lexicon.pair(first, &clean(second))?;
        match self.part(second_end) {
            Some(("perp" | "swap" | "p", third_end)) => {
                Some((Listed { market: Some(crate::domain::instrument::Market::Perp), ..listed }, third_end))
            }
            _ => Some((listed, second_end)),
        }
    }

    /// Returns the next part of a pair and its end, if a joining sign stands at `at`.
    fn part(&self, at: usize) -> Option<(&'a str, usize)> {
        let sign = self.char_at(at).filter(|c| matches!(c, '/' | '-' | '_' | '.' | ':'))?;
        let start = at + sign.len_utf8();
        let end = self.run(start, is_word);
        (end > start).then(|| (self.slice(start, end), end))
    }

    /// `x5`, `x2.5`.
    fn factor(&mut self, word_end: usize) {
        let end = self.digits_end(self.at + 1);
        match number::read(self.slice(self.at + 1, end)) {
            Ok(plain) if end >= word_end => self.push(Kind::Multiplier(plain.value), end),
            _ => self.push(Kind::Bad(NumberIssue::Suffix), end.max(word_end)),
        }
    }

    /// Takes back a bare number before a unit of time: `10 minutes`.
    fn unit_after_number(&mut self, word: &str) -> Option<(Decimal, usize)> {
        unit_ms(word_unit(word))?;
        match self.tokens.last() {
            Some(Token { kind: Kind::Number(Number { value, mark: Mark::Bare, .. }), span }) => {
                let taken = (*value, span.start);
                self.tokens.pop();
                Some(taken)
            }
            _ => None,
        }
    }
}

/// Takes apostrophes and invisible characters out.
fn clean(word: &str) -> Cow<'_, str> {
    let drop = |c: char| is_apostrophe(c) || is_invisible(c);
    if word.contains(drop) { Cow::Owned(word.chars().filter(|c| !drop(*c)).collect()) } else { Cow::Borrowed(word) }
}

/// Units that stand apart from their number are words, of which `m` and `s` are too short to be sure.
fn word_unit(word: &str) -> &str {
    if word.len() > 1 || matches!(word, "h" | "d") { word } else { "" }
}

const fn suffix_factor(suffix: &str) -> Decimal {
    match suffix.as_bytes() {
        b"k" => Decimal::ONE_THOUSAND,
        b"m" | b"mio" => rust_decimal::dec!(1_000_000),
        _ => rust_decimal::dec!(1_000_000_000),
    }
}

fn unit_ms(unit: &str) -> Option<i64> {
    match unit {
        "s" | "sec" | "secs" | "second" | "seconds" => Some(SECOND_MS),
        "min" | "mins" | "minute" | "minutes" => Some(MINUTE_MS),
        "h" | "hr" | "hrs" | "hour" | "hours" => Some(HOUR_MS),
        "d" | "day" | "days" => Some(DAY_MS),
        "w" | "week" | "weeks" => Some(7 * DAY_MS),
        _ => None,
    }
}
