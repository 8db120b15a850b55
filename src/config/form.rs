//! The forms a setting's text may have: for each how it is read, how it is shown, what to say when it is wrong.
//!
//! Invariant: reading what was shown gives the same value again, so that a listing can be pasted into a file.

use std::path::PathBuf;
use std::str::FromStr;

use rust_decimal::{Decimal, dec};

use crate::domain::instrument::Symbol;
use crate::domain::margin::MarginMode;
use crate::domain::money::MAGNITUDE_MAX;
use crate::domain::time::Timestamp;

use super::sources::{Given, Sort};

/// Longest text a number may be written with.
const NUMBER_LEN_MAX: usize = 40;
/// Longest text of any setting.
const TEXT_LEN_MAX: usize = 4_096;
/// Milliseconds in a day, the longest duration a setting may have.
const DAY_MS: u64 = 86_400_000;
/// Fewest digits of a moment in milliseconds; shorter numbers are years or seconds by mistake.
const MOMENT_DIGITS_MIN: usize = 12;

/// Why a text has not the form asked for: the end of a sentence that begins with the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong(pub String);

impl Wrong {
    fn because(reason: &str) -> Self {
        Self(reason.to_owned())
    }
}

/// Which sorts of TOML value a form takes. The environment and the command line know only text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// `true` or `false`.
    Flag,
    /// A number, in quotes or without.
    Number,
    /// A text.
    Text,
    /// A text, or a number without quotes.
    TextOrNumber,
    /// A list of texts.
    List,
}

impl Takes {
    /// Checks the sort of a value.
    ///
    /// # Errors
    /// [`Wrong`] if the file holds another sort of value.
    pub fn check(self, given: &Given) -> Result<(), Wrong> {
        if given.text.is_empty() && given.sort != Sort::List {
            return Err(Wrong::because("is empty"));
        }
        if given.text.len() > TEXT_LEN_MAX {
            return Err(Wrong::because("is too long"));
        }
        let fits = match self {
            Self::Flag => matches!(given.sort, Sort::Flag | Sort::Plain),
            Self::Number | Self::TextOrNumber => matches!(given.sort, Sort::Number | Sort::Text | Sort::Plain),
            Self::Text => matches!(given.sort, Sort::Text | Sort::Plain),
            Self::List => matches!(given.sort, Sort::List | Sort::Plain),
        };
        if fits { Ok(()) } else { Err(Wrong(format!("is {}", given.sort.as_str()))) }
    }
}

/// How the text of a setting becomes a `T`, and back.
pub struct Form<T> {
    /// What is expected, as it ends the sentence "… is expected".
    pub expected: &'static str,
    /// A text of this form.
    pub example: &'static str,
    /// Sorts of TOML value.
    pub takes: Takes,
    /// Reads a text.
    pub read: fn(&str) -> Result<T, Wrong>,
    /// Writes a value so that it can be read again.
    pub show: fn(&T) -> String,
}

/// Yes or no.
pub const FLAG: Form<bool> = Form { expected: "true or false", example: "true", takes: Takes::Flag, read: flag, show: ToString::to_string };

/// A share of one, above zero.
pub const FRACTION: Form<Decimal> = Form {
    expected: "a fraction above 0 and at most 1 (0.05 means five percent)",
    example: "0.05",
    takes: Takes::Number,
    read: |text| within(decimal(text)?, Low::Above(Decimal::ZERO), Decimal::ONE),
    show: shown_decimal,
};

/// A share of one, zero included.
pub const FRACTION_OR_ZERO: Form<Decimal> = Form {
    expected: "a fraction from 0 to 1 (0.05 means five percent)",
    example: "0.01",
    takes: Takes::Number,
    read: |text| within(decimal(text)?, Low::From(Decimal::ZERO), Decimal::ONE),
    show: shown_decimal,
};

/// A margin mode.
pub const MARGIN_MODE: Form<MarginMode> = Form {
    expected: "one of isolated, cross",
    example: "isolated",
    takes: Takes::Text,
    read: |text| MarginMode::ALL.into_iter().find(|mode| mode.as_str() == text).ok_or_else(|| Wrong::because("is none of them")),
    show: |mode| mode.as_str().to_owned(),
};

/// A fee rate.
pub const FEE_RATE: Form<Decimal> = Form {
    expected: "a fee rate from 0 to 0.05 as a fraction (0.001 means 0.1 percent)",
    example: "0.001",
    takes: Takes::Number,
    read: |text| within(decimal(text)?, Low::From(Decimal::ZERO), dec!(0.05)),
    show: shown_decimal,
};

/// A multiple of equity.
pub const EQUITY_MULTIPLE: Form<Decimal> = Form {
    expected: "a multiple of equity above 0 and at most 125 (0.05 means five percent, 20 means twenty times)",
    example: "0.20",
    takes: Takes::Number,
    read: |text| within(decimal(text)?, Low::Above(Decimal::ZERO), dec!(125)),
    show: shown_decimal,
};

/// A plain factor.
pub const FACTOR: Form<Decimal> = Form {
    expected: "a number above 0 and at most 1000",
    example: "2",
    takes: Takes::Number,
    read: |text| within(decimal(text)?, Low::Above(Decimal::ZERO), dec!(1000)),
    show: shown_decimal,
};

/// A leverage.
pub const LEVERAGE: Form<Decimal> = Form {
    expected: "a leverage from 1 to 125, without the x",
    example: "3",
    takes: Takes::Number,
    read: |text| within(decimal(text)?, Low::From(Decimal::ONE), dec!(125)),
    show: shown_decimal,
};

/// An amount of quote currency.
pub const AMOUNT: Form<Decimal> = Form {
    expected: "an amount in USDT above 0, in plain digits",
    example: "1000",
    takes: Takes::Number,
    read: |text| within(decimal(text)?, Low::Above(Decimal::ZERO), MAGNITUDE_MAX),
    show: shown_decimal,
};

/// How many times faster than the wall clock market time runs.
pub const SPEED: Form<Decimal> = Form {
    expected: "a speed above 0 and at most 100000 (1 is real time)",
    example: "60",
    takes: Takes::Number,
    read: |text| within(decimal(text)?, Low::Above(Decimal::ZERO), dec!(100000)),
    show: shown_decimal,
};

/// A count of things.
pub const COUNT: Form<usize> = Form {
    expected: "a whole number from 1 to 1000000",
    example: "20",
    takes: Takes::Number,
    read: |text| usize::try_from(whole(text, 1, 1_000_000)?).map_err(|_| Wrong::because("is too large")),
    show: ToString::to_string,
};

/// A duration.
pub const MILLISECONDS: Form<i64> = Form {
    expected: "a duration in whole milliseconds from 1 to 86400000 (one day)",
    example: "5000",
    takes: Takes::Number,
    read: |text| i64::try_from(whole(text, 1, DAY_MS)?).map_err(|_| Wrong::because("is too large")),
    show: ToString::to_string,
};

/// A seed of the simulated market.
pub const SEED: Form<u64> = Form {
    expected: "a whole number from 0 to 18446744073709551615",
    example: "7",
    takes: Takes::Number,
    read: |text| whole(text, 0, u64::MAX),
    show: ToString::to_string,
};

/// Any text.
pub const TEXT: Form<String> = Form { expected: "a text", example: "\"text\"", takes: Takes::Text, read: text, show: Clone::clone };

/// A place in the file system.
pub const PATH: Form<PathBuf> = Form {
    expected: "a path",
    example: "\"candles\"",
    takes: Takes::Text,
    read: |given| text(given).map(PathBuf::from),
    show: |path| path.display().to_string(),
};

/// A moment.
pub const MOMENT: Form<Timestamp> = Form {
    expected: "a date, a date with a time (UTC unless it says otherwise), or milliseconds since 1970",
    example: "\"2025-10-10T20:00:00Z\"",
    takes: Takes::TextOrNumber,
    read: moment,
    show: |at| jiff::Timestamp::from_millisecond(at.ms()).map_or_else(|_| at.ms().to_string(), |at| at.to_string()),
};

/// Pairs, separated by commas outside a file.
pub const SYMBOLS: Form<Vec<Symbol>> = Form {
    expected: "a list of pairs BASE/QUOTE; an empty list, or \"all\" outside a file, allows every pair",
    example: "[\"BTC/USDT\", \"ETH/USDT\"]",
    takes: Takes::List,
    read: symbols,
    show: |list| match list.as_slice() {
        [] => "all".to_owned(),
        list => list.iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
    },
};

/// The lower bound of a number.
#[derive(Clone, Copy)]
enum Low {
    Above(Decimal),
    From(Decimal),
}

fn within(value: Decimal, low: Low, high: Decimal) -> Result<Decimal, Wrong> {
    match low {
        _ if value.is_sign_negative() && !value.is_zero() => Err(Wrong::because("is below zero")),
        Low::Above(bound) if value <= bound => Err(Wrong(format!("is not above {bound}"))),
        Low::From(bound) if value < bound => Err(Wrong(format!("is below {bound}"))),
        _ if value > high => Err(Wrong(format!("is above {high}"))),
        _ => Ok(value.normalize()),
    }
}

/// Reads a plain decimal; percentages and exponents are named as what they are.
pub fn decimal(text: &str) -> Result<Decimal, Wrong> {
    if text.len() > NUMBER_LEN_MAX {
        return Err(Wrong::because("has too many digits"));
    }
    if let Some(percent) = text.strip_suffix('%') {
        let fraction = Decimal::from_str_exact(percent.trim()).ok().and_then(|value| value.checked_div(Decimal::ONE_HUNDRED));
        return Err(Wrong(match fraction {
            Some(fraction) => format!("is a percentage; as a fraction it is {}", fraction.normalize()),
            None => "is a percentage".to_owned(),
        }));
    }
    if !text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b'_')) {
        return Err(Wrong::because("is not a number in plain digits"));
    }
    Decimal::from_str_exact(text).map_err(|_| Wrong::because("is not a number that can be held exactly"))
}

fn shown_decimal(value: &Decimal) -> String {
    value.normalize().to_string()
}

/// Reads a whole number inside the bounds.
pub fn whole(text: &str, low: u64, high: u64) -> Result<u64, Wrong> {
    if text.starts_with('-') {
        return Err(Wrong::because("is below zero"));
    }
    match u64::from_str(text) {
        Ok(value) if value < low => Err(Wrong(format!("is below {low}"))),
        Ok(value) if value > high => Err(Wrong(format!("is above {high}"))),
        Ok(value) => Ok(value),
        Err(_) => Err(Wrong::because("is not a whole number in plain digits")),
    }
}

fn flag(text: &str) -> Result<bool, Wrong> {
    match text {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(Wrong::because("is neither")),
    }
}

/// Reads a text without control characters.
pub fn text(text: &str) -> Result<String, Wrong> {
    if text.chars().any(char::is_control) { Err(Wrong::because("holds a control character")) } else { Ok(text.to_owned()) }
}

/// Reads one of a few words.
pub fn one_of<'a>(text: &str, words: &[&'a str]) -> Result<&'a str, Wrong> {
    words.iter().find(|word| **word == text).copied().ok_or_else(|| Wrong::because("is none of them"))
}

fn moment(text: &str) -> Result<Timestamp, Wrong> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        if text.len() < MOMENT_DIGITS_MIN {
            return Err(Wrong::because("is too short for milliseconds since 1970"));
        }
        let ms = i64::from_str(text).map_err(|_| Wrong::because("is too large"))?;
        return jiff::Timestamp::from_millisecond(ms)
            .map(|at| Timestamp::from_ms(at.as_millisecond()))
            .map_err(|_| Wrong::because("is too large"));
    }
    let utc = jiff::tz::TimeZone::UTC;
    let at = jiff::Timestamp::from_str(text)
        .or_else(|_| jiff::civil::DateTime::from_str(text).and_then(|civil| civil.to_zoned(utc)).map(|zoned| zoned.timestamp()))
        .map_err(|_| Wrong::because("is no moment that can be read"))?;
    Ok(Timestamp::from_ms(at.as_millisecond()))
}

fn symbols(text: &str) -> Result<Vec<Symbol>, Wrong> {
    if text == "all" {
        return Ok(Vec::new());
    }
    text.split(',')
        .map(str::trim)
        .filter(|word| !word.is_empty())
        .map(|word| Symbol::from_str(word).map_err(|_| Wrong(format!("holds {word:?}, which is no pair"))))
        .collect()
}
