//! Numbers as people write them: `61.5k`, `1,850.50`, `1.850,50`, `.05`, `0,5`.
//!
//! Invariant: a number is read exactly or refused; nothing is rounded and no doubtful grouping is guessed in silence.

use rust_decimal::Decimal;

use crate::domain::money::MAGNITUDE_MAX;

/// Most digits a number may have.
const DIGITS_MAX: usize = 28;

/// What stands at a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Nothing.
    Bare,
    /// A percent sign or the word.
    Percent,
    /// A dollar sign.
    Dollar,
}

/// A number that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number {
    /// The value, with its suffix applied: `61.5k` is 61500.
    pub value: Decimal,
    /// What stands at it.
    pub mark: Mark,
    /// Whether the suffix was `m`, which after "wait" means minutes.
    pub m_suffix: bool,
    /// Whether its one comma may also be a decimal comma (`1,500`); as a price it is read as thousands.
    pub doubtful: bool,
}

/// Why something that looks like a number cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberIssue {
    /// Beyond what can be held exactly.
    TooLarge,
    /// Dots and commas that form no number.
    Grouping,
    /// A comma that may be a decimal comma or part a list.
    Comma,
    /// `1e5`.
    Exponent,
    /// `NaN`, `inf`.
    NotFinite,
    /// Digits of another script.
    ForeignDigits,
    /// Letters at the number that mean nothing here.
    Suffix,
}

impl NumberIssue {
    /// Returns what is wrong with the number and what would work.
    pub fn sentence(self, written: &str) -> String {
        let shown: String = written.chars().take(24).collect();
        let shown = if shown.len() < written.len() { format!("{shown}…") } else { shown };
        match self {
            Self::TooLarge => format!(
                "{shown} has more digits than I can hold exactly (15 before and 28 in all). Write a smaller number, for example 61500.5."
            ),
            Self::Grouping => {
                format!("I cannot tell which number {shown} is, its dots and commas do not fit. Write it like 1850.50 or 1,850.50.")
            }
            Self::Comma => format!(
                "{shown} may be one number or two. Write decimals with a dot (65000.67), and put a space after a comma between numbers."
            ),
            Self::Exponent => format!(
                "I do not take numbers with an exponent like {shown}, it is too easy to slip. Write it out, for example 100000 or 100k."
            ),
            Self::NotFinite => format!("{shown} is not a number I can trade with. Write one with digits, for example 0.1."),
            Self::ForeignDigits => {
                format!("I read numbers only in the digits 0 to 9, so I did not take {shown}. Write it like 0.1 or 200.")
            }
            Self::Suffix => format!(
                "I do not know what the letters in {shown} mean. After a number I know k, m, b, %, x and the name of a coin: 61.5k, 25%, 5x, 0.1 btc."
            ),
        }
    }
}

/// Digits, dots and commas as one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plain {
    /// The value.
    pub value: Decimal,
    /// See [`Number::doubtful`].
    pub doubtful: bool,
}

/// Reads digits with dots and commas, no sign and no suffix.
///
/// # Errors
/// [`NumberIssue`] if they form no number, or more than one.
pub fn read(raw: &str) -> Result<Plain, NumberIssue> {
    let (dots, commas) = (raw.matches('.').count(), raw.matches(',').count());
    match (dots, commas) {
        (0 | 1, 0) => exact(raw, false),
        (0, 1) => one_comma(raw),
        (0, _) => grouped(raw, ',').and_then(|digits| exact(&digits, false)),
        (_, 0) => grouped(raw, '.').and_then(|digits| exact(&digits, false)),
        _ => both(raw),
    }
}

/// Multiplies by the power of ten of a suffix.
///
/// # Errors
/// [`NumberIssue::TooLarge`] if the product cannot be held.
pub fn scaled(value: Decimal, factor: Decimal) -> Result<Decimal, NumberIssue> {
    value.checked_mul(factor).filter(|v| v.abs() <= MAGNITUDE_MAX).map(|v| v.normalize()).ok_or(NumberIssue::TooLarge)
}

/// `0,5` and `12,50` are decimals; `1,500` is doubtful; `65000,67000` is refused.
fn one_comma(raw: &str) -> Result<Plain, NumberIssue> {
    let (whole, part) = raw.split_once(',').ok_or(NumberIssue::Grouping)?;
    let leads_with_zero = whole.is_empty() || whole.starts_with('0');
    if part.len() == 3 && whole.len() <= 3 && !leads_with_zero {
        return exact(&format!("{whole}{part}"), true);
    }
    if whole.len() > 3 && part.len() > 2 {
        return Err(NumberIssue::Comma);
    }
    exact(&format!("{whole}.{part}"), false)
}

/// The last of the two signs is the decimal one: `1,850.50` and `1.850,50`.
fn both(raw: &str) -> Result<Plain, NumberIssue> {
    let decimal = raw.rfind(['.', ',']).ok_or(NumberIssue::Grouping)?;
    let (whole, part) = (raw.get(..decimal).unwrap_or_default(), raw.get(decimal + 1..).unwrap_or_default());
    let group = if raw.get(decimal..).is_some_and(|tail| tail.starts_with('.')) { ',' } else { '.' };
    let digits = grouped(whole, group)?;
    exact(&format!("{digits}.{part}"), false)
}

/// Takes the grouping signs out, if every group after the first has three digits.
fn grouped(raw: &str, sign: char) -> Result<String, NumberIssue> {
    let mut groups = raw.split(sign);
    let first = groups.next().unwrap_or_default();
    let fits =
        (1..=3).contains(&first.len()) && !first.starts_with('0') && groups.all(|group| group.len() == 3 && !group.contains(['.', ',']));
    if fits { Ok(raw.chars().filter(|c| *c != sign).collect()) } else { Err(NumberIssue::Grouping) }
}

fn exact(digits: &str, doubtful: bool) -> Result<Plain, NumberIssue> {
    if digits.trim_start_matches('0').len() > DIGITS_MAX + 1 {
        return Err(NumberIssue::TooLarge);
    }
    let value = Decimal::from_str_exact(digits).map_err(|_| NumberIssue::TooLarge)?;
    scaled(value, Decimal::ONE).map(|value| Plain { value, doubtful })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for (raw, value, doubtful) in [
            ("61500", "61500", false),
            ("0.1", "0.1", false),
            (".05", "0.05", false),
            (",5", "0.5", false),
            ("0,5", "0.5", false),
            ("0,500", "0.5", false),
            ("12,50", "12.5", false),
            ("1,500", "1500", true),
            ("1,850.50", "1850.5", false),
            ("1.850,50", "1850.5", false),
            ("1,234,567", "1234567", false),
            ("1.234.567", "1234567", false),
            ("1.234.567,8", "1234567.8", false),
            ("00012", "12", false),
            ("0.0000000001", "0.0000000001", false),
        ] {
            let read = read(raw).unwrap();
            assert_eq!((read.value.to_string().as_str(), read.doubtful), (value, doubtful), "{raw}");
        }
    }

    #[test]
    fn what_is_no_one_number_is_refused() {
        for (raw, issue) in [
            ("1.2.3", NumberIssue::Grouping),
            ("1,23,456", NumberIssue::Grouping),
            ("1,23.45", NumberIssue::Grouping),
            ("0,123,456", NumberIssue::Grouping),
            ("65000,67000", NumberIssue::Comma),
            ("1234567890123456789012345678901234567890", NumberIssue::TooLarge),
            ("0.1234567890123456789012345678901234567890", NumberIssue::TooLarge),
            ("1000000000000001", NumberIssue::TooLarge),
        ] {
            assert_eq!(read(raw), Err(issue), "{raw}");
        }
    }

    proptest! {
        #[test]
        fn a_printed_number_reads_back(mantissa in 0u64..1_000_000_000_000, scale in 0u32..9) {
            let value = Decimal::from_i128_with_scale(i128::from(mantissa), scale).normalize();
            prop_assert_eq!(read(&value.to_string()).map(|read| read.value), Ok(value));
        }

        #[test]
        fn a_grouped_number_reads_as_the_plain_one(whole in 1_000_000u64..1_000_000_000_000, cents in 0u32..100) {
            let digits = whole.to_string();
            let mut groups = String::new();
            for (place, digit) in digits.chars().enumerate() {
                if place > 0 && (digits.len() - place).is_multiple_of(3) { groups.push(','); }
                groups.push(digit);
            }
            let english = format!("{groups}.{cents:02}");
            let european: String = english.chars().map(|c| match c { '.' => ',', ',' => '.', other => other }).collect();
            let plain = read(&format!("{whole}.{cents:02}"));
            prop_assert_eq!(read(&english), plain);
            prop_assert_eq!(read(&european), plain);
        }

        #[test]
        fn no_digits_and_signs_panic(raw in "[0-9.,]{0,60}") {
            let _ = read(&raw);
        }
    }
}
