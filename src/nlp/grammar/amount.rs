//! How much, in the unit that is said.
//!
//! ```text
//! amount   = quote | base | share | margin | notional | risk
//! quote    = "$" N | N usd | "for" (N [usd] | "$" N)            usd = "usdt" | "usd" | "dollars" | "bucks" | "u"
//! base     = N SYM | N "of" SYM                                  SYM is read by the caller, too
//! share    = share.rs ["of"] ["my"] [pot]                        pot = "balance" | "usdt" | "cash" | "position" | …
//! margin   = ("with" | "using" | "margin" | "collateral") ["of"] (quote | N | share) | (quote | N) ("margin" | "collateral")
//! notional = ("worth" | "size" | "notional" | "position of" | "value") ["of"] (quote | N) | quote ("worth" | "notional")
//! risk     = "risk" ["of"] N "%" ["of" pot] | N "%" "risk"
//! ```
//!
//! A bare number without any of these is kept as [`Wanted::Bare`]: whether it is quote or base is for the caller to know or
//! to ask (SPEC §2).

use crate::domain::money::{Amount, Quantity, Ratio};
use crate::domain::request::AmountSpec;
use crate::nlp::cursor::Cursor;
use crate::nlp::doubt::Doubt;
use crate::nlp::grammar::{levels, share};
use crate::nlp::number::{Mark, Number};
use crate::nlp::slot::Slot;
use crate::nlp::token::{Kind, Said, Span};
use crate::nlp::vocabulary;

#[cfg(test)]
pub(in crate::nlp) const EXAMPLES: &[(&str, &str)] = &[
    ("buy $200 of eth", "open buy ETH/USDT quote=200 market"),
    ("buy 200 bucks of eth", "open buy ETH/USDT quote=200 market"),
    ("buy 0.1 of eth", "open buy ETH/USDT base=0.1 market"),
    ("buy eth for 200", "open buy ETH/USDT quote=200 market"),
    ("long sol 5x with 300", "open long SOL/USDT margin=300 5x market"),
    ("long sol 5x, 300 usdt margin", "open long SOL/USDT margin=300 5x market"),
    ("short eth 3x size 900", "open short ETH/USDT notional=900 3x market"),
    ("long $1,500 worth of btc at 5x", "open long BTC/USDT notional=1500 5x market"),
    ("long btc 10x risk 1% stop 2%", "open long BTC/USDT risk=0.01 10x stop=2% market"),
];

const SMALL: &[&str] = &["a", "an", "the", "my", "of", "some", "only", "just"];
const POTS: &[&str] = &[
    "balance",
    "usdt",
    "usd",
    "cash",
    "account",
    "funds",
    "equity",
    "money",
    "holdings",
    "holding",
    "position",
    "wallet",
    "portfolio",
    "margin",
    "capital",
];
const WITH: &[&str] = &["with", "using", "use"];
const MARGIN: &[&str] = &["margin", "collateral"];
const NOTIONAL: &[&str] = &["worth", "size", "sized", "notional", "value", "valued"];

/// How much was wanted, as far as the words alone say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// Amount and unit.
    Known(AmountSpec),
    /// A number with neither unit nor coin.
    Bare(Number),
}

/// Reads one amount into `slot`; tells whether one stood here.
///
/// # Errors
/// [`Doubt`] if it is zero, negative, too large, unclear, or a second one.
pub fn clause(cursor: &mut Cursor<'_>, slot: &mut Slot<Wanted>) -> Result<bool, Doubt> {
    for form in [risk, labelled, share_of, plain] {
        let mut ahead = *cursor;
        if let Some(said) = form(&mut ahead)? {
            *cursor = ahead;
            slot.fill("amount", said.value, said.span)?;
            return Ok(true);
        }
    }
    Ok(false)
}

type Found = Result<Option<Said<Wanted>>, Doubt>;

fn known(spec: AmountSpec, span: Span) -> Found {
    Ok(Some(Said::new(Wanted::Known(spec), span)))
}

/// `risk 1%`, `1% risk`.
fn risk(cursor: &mut Cursor<'_>) -> Found {
    let leads = cursor.eat(&["risk", "risking"]).is_some();
    cursor.eat_all(SMALL);
    let Some(said) = cursor.number(0) else { return Ok(None) };
    let span = said.span;
    if !leads {
        if said.value.mark != Mark::Percent || cursor.word(1) != Some("risk") {
            return Ok(None);
        }
        cursor.skip();
    } else if said.value.mark != Mark::Percent {
        return Err(Doubt::about(
            "amount",
            "I take a risk as a percentage of your equity that is lost at the stop. Say for example: risk 1%.",
        ));
    }
    cursor.skip();
    eat_pot(cursor);
    let ratio = Ratio::from_percent(said.value.value).map_err(|_| too_large())?;
    if said.value.doubtful || ratio <= Ratio::ZERO || ratio > Ratio::ONE {
        return Err(Doubt::about("amount", "A risk must be above 0% and at most 100% of your equity. Say for example: risk 1%."));
    }
    known(AmountSpec::Risk(ratio), span)
}

/// `with 300`, `size 900`, `position of 500`, `for 200`: a word before the number says what it is.
fn labelled(cursor: &mut Cursor<'_>) -> Found {
    let named = if cursor.word(0) == Some("position") { "of" } else { cursor.word(0).unwrap_or_default() };
    let label = if cursor.phrase(&["position", "of"]).is_some() {
        Label::Notional
    } else if cursor.eat(WITH).is_some() || cursor.eat(MARGIN).is_some() {
        Label::Margin
    } else if cursor.eat(NOTIONAL).is_some() {
        Label::Notional
    } else if cursor.eat(&["for"]).is_some() {
        Label::Quote
    } else {
        return Ok(None);
    };
    cursor.eat_all(SMALL);
    while cursor.mark(&['=', ':']).is_some() {}
    let nested = if label == Label::Margin { risk(&mut cursor.clone())? } else { None };
    if nested.is_some() {
        return risk(cursor);
    }
    if label == Label::Margin && share_of(&mut cursor.clone())?.is_some() && !levels::names_a_level(cursor) {
        return share_of(cursor);
    }
    let Some(said) = cursor.number(0) else { return Ok(None) };
    if said.value.mark == Mark::Percent {
        return Ok(None);
    }
    if cursor.symbol(1).is_some() {
        if !matches!(named, "for" | "of" | "size" | "sized") {
            return Err(Doubt::about(
                "amount",
                format!("I count what stands behind “{named}” in USDT. Say for example: long sol 5x with 300 usdt, or long 2 sol 5x."),
            ));
        }
        // "size 0.1 btc", "position of 0.1 btc": the coin is the unit.
        cursor.skip();
        return known(AmountSpec::Base(base(said.value)?), said.span);
    }
    cursor.skip();
    let span = eat_unit(cursor, said.span);
    let label = if label == Label::Margin && cursor.eat(&["notional", "worth"]).is_some() { Label::Notional } else { label };
    cursor.eat(MARGIN);
    known(label.spec(quote(said.value)?), span)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Label {
    Quote,
    Margin,
    Notional,
}

impl Label {
    const fn spec(self, amount: Amount) -> AmountSpec {
        match self {
            Self::Quote => AmountSpec::Quote(amount),
            Self::Margin => AmountSpec::Margin(amount),
            Self::Notional => AmountSpec::Notional(amount),
        }
    }
}

/// `half of my balance`, `25%`, `all`.
fn share_of(cursor: &mut Cursor<'_>) -> Found {
    if levels::names_a_level(cursor) {
        return Ok(None);
    }
    let Some(said) = share::read(cursor)? else { return Ok(None) };
    eat_pot(cursor);
    known(AmountSpec::Share(said.value), said.span)
}

/// `$200`, `200 usdt`, `200 usdt worth`, `0.1 btc`, `0.1 of btc`, or a bare number.
fn plain(cursor: &mut Cursor<'_>) -> Found {
    let Some(said) = cursor.number(0) else { return Ok(None) };
    if said.value.mark == Mark::Percent {
        return Ok(None);
    }
    cursor.skip();
    let span = eat_unit(cursor, said.span);
    if said.value.mark == Mark::Dollar || span != said.span {
        let label = if cursor.eat(MARGIN).is_some() {
            Label::Margin
        } else if cursor.eat(NOTIONAL).is_some() || cursor.phrase(&["position"]).is_some() {
            Label::Notional
        } else {
            Label::Quote
        };
        return known(label.spec(quote(said.value)?), span);
    }
    if cursor.at_word(MARGIN) || cursor.at_word(&["notional", "worth"]) {
        let label = if cursor.eat(MARGIN).is_some() { Label::Margin } else { Label::Notional };
        cursor.eat(&["notional", "worth"]);
        return known(label.spec(quote(said.value)?), span);
    }
    let of = cursor.word(0) == Some("of");
    if cursor.symbol(0).is_some() || of {
        return known(AmountSpec::Base(base(said.value)?), span);
    }
    quote(said.value)?;
    Ok(Some(Said::new(Wanted::Bare(said.value), span)))
}

/// Moves over a dollar word and returns the span that includes it.
fn eat_unit(cursor: &mut Cursor<'_>, number: Span) -> Span {
    cursor.eat(vocabulary::QUOTE_WORDS).map_or(number, |unit| number.to(unit))
}

/// Moves over `of my balance`; leaves `of my eth` to the caller.
fn eat_pot(cursor: &mut Cursor<'_>) {
    let mut ahead = *cursor;
    ahead.eat_all(SMALL);
    if ahead.eat(&["free", "available", "whole", "full", "spot"]).is_some() {
        ahead.eat_all(SMALL);
    }
    if ahead.eat(POTS).is_some() {
        ahead.eat(&["balance", "value"]);
        *cursor = ahead;
    }
}

fn too_large() -> Doubt {
    Doubt::about("amount", "That number is larger than I can hold exactly. Say a smaller one, for example: buy 200 usdt of btc.")
}

fn not_positive() -> Doubt {
    Doubt::about("amount", "An amount must be above zero. Say for example: buy 200 usdt of btc, or buy 0.1 btc.")
}

/// Checks an amount of quote currency.
///
/// # Errors
/// [`Doubt`] unless it is above zero and can be held.
pub fn quote(number: Number) -> Result<Amount, Doubt> {
    let amount = Amount::new(number.value).map_err(|_| too_large())?;
    if amount <= Amount::ZERO { Err(not_positive()) } else { Ok(amount) }
}

/// Checks an amount of base currency.
///
/// # Errors
/// [`Doubt`] unless it is above zero, can be held and is clearly one number.
pub fn base(number: Number) -> Result<Quantity, Doubt> {
    quote(number)?;
    if number.doubtful {
        // A thousand coins or one and a half: the comma does not tell, and the difference is a factor of a thousand.
        let (whole, part) = (number.value.normalize(), (number.value / rust_decimal::Decimal::ONE_THOUSAND).normalize());
        return Err(Doubt::about(
            "amount",
            format!("Do you mean {whole} or {part} coins? Write the number without a comma, for example {whole}."),
        )
        .with_choices(vec![whole.to_string(), part.to_string()]));
    }
    Quantity::new(number.value).map_err(|_| too_large())
}

/// Tells whether a number stands here that counts coins or money, not a level: it is followed by a coin or a dollar word.
pub fn counts_something(cursor: &Cursor<'_>) -> bool {
    cursor.token(1).is_some_and(|token| match &token.kind {
        Kind::Symbol(_) => true,
        Kind::Word(word) => vocabulary::QUOTE_WORDS.contains(&word.as_ref()) || MARGIN.contains(&word.as_ref()),
        _ => false,
    })
}
