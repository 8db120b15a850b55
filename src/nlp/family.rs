//! Which family of commands a text belongs to, and what came out of reading it.
//!
//! The first word that belongs to one family alone decides; a slash command decides by its name.

use super::cursor::Cursor;
use super::doubt::Doubt;
use super::grammar::topic::{self, Topic};
use super::grammar::{amend, cancel, close, levels, open, protect, query, reply, share, trading};
use super::lexicon::Lexicon;
use super::mood;
use super::token::{Kind, Said, Span, Token};
use super::vocabulary;
use crate::domain::request::{Command, HistoryTurn, OpenVerb, Query, Request, Window};

/// What came out of reading a text.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "one text is read at a time; a box would stand in every pattern")]
pub enum Outcome {
    /// All of it is understood.
    Request(Request),
    /// A doubt, with what is clear so far.
    Ask(Doubt, String),
    /// What is clear so far, and the places of the words that are left over.
    LeftOver(String, Vec<Span>),
    /// The text speaks of trading but is no command; the sentence says why.
    NoCommand(&'static str),
}

/// A reading that did not come to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partial {
    /// What is clear so far, as a phrase.
    pub understood: String,
    /// The words that are left over.
    pub unknown: Vec<Span>,
}

impl Partial {
    /// Ends with a question.
    pub fn asked(self, doubt: Doubt) -> Outcome {
        Outcome::Ask(doubt, self.understood)
    }

    /// Ends with words left over.
    pub fn left_over(self) -> Outcome {
        Outcome::LeftOver(self.understood, self.unknown)
    }

    /// Ends with a question about a name, if the one word left over stands where a symbol is missing.
    pub fn unknown_symbol(self, text: &str, lexicon: &Lexicon) -> Outcome {
        let [span] = self.unknown.as_slice() else { return self.left_over() };
        let word = span.of(text).to_lowercase();
        let near = lexicon.near(&word);
        let is_name = word.chars().all(char::is_alphanumeric) && !vocabulary::contains(&word);
        if !is_name || (near.is_empty() && vocabulary::nearest(&word).is_some()) {
            return self.left_over();
        }
        let known = lexicon.some_tickers(4).join(", ");
        let bases: Vec<String> = near.iter().map(|symbol| symbol.base.to_string()).collect();
        let sentence = if bases.is_empty() {
            format!("I do not know {word}. Name something I can trade, such as {known}.")
        } else {
            format!("I do not know {word}. Did you mean {}?", bases.join(" or "))
        };
        // The whole sentence again: a name alone would ask for its price.
        let (before, after) = (text.get(..span.start).unwrap_or_default(), text.get(span.end..).unwrap_or_default());
        let choices = bases.iter().map(|base| format!("{before}{}{after}", base.to_ascii_lowercase())).collect();
        self.asked(Doubt::about("symbol", sentence).with_choices(choices))
    }
}

/// Reads the tokens of one text.
pub fn read(mut cursor: Cursor<'_>, lexicon: &Lexicon) -> Outcome {
    cursor.fillers();
    if let Some(Kind::Slash(name)) = cursor.token(0).map(|token| &token.kind) {
        let name = *name;
        return cursor.skip().map_or_else(nothing, |span| slash(name, span, cursor, lexicon));
    }
    if let Some(reply) = reply::read(cursor) {
        return Outcome::Request(Request::Reply(reply));
    }
    if let Some(request) = trading::read(cursor) {
        return Outcome::Request(request);
    }
    if let Some(outcome) = trading::terminal(cursor) {
        return outcome;
    }
    if let Some(turn) = query::turn(cursor) {
        return Outcome::Request(Request::Query(Query::TurnHistory(turn)));
    }
    let cursor = polite(cursor);
    let family = of_words(&cursor);
    if family.is_some_and(Family::acts)
        && let Some(why) = mood::objection(cursor.rest())
    {
        return Outcome::NoCommand(why);
    }
    match family {
        Some(Family::Open) => open::read(cursor, None, lexicon),
        Some(Family::Close) => close::read(cursor, None, lexicon),
        Some(Family::Cancel) => cancel::read(cursor, false, lexicon),
        Some(Family::Amend) => amend::read(cursor, lexicon),
        Some(Family::Protect) => protect::read(cursor, lexicon),
        Some(Family::Query) => query::read(cursor, None, Window::Today, lexicon),
        None => unplaced(cursor),
    }
}

fn nothing() -> Outcome {
    Outcome::LeftOver(String::new(), Vec::new())
}

/// A text without a word that says what it wants.
fn unplaced(cursor: Cursor<'_>) -> Outcome {
    let bad = cursor.rest().iter().find_map(|token| match token.kind {
        Kind::Bad(issue) => Some(Doubt::number(issue, token.span.of(cursor.text()))),
        _ => None,
    });
    let telling: Vec<_> = cursor.rest().iter().filter(|token| !vocabulary::is_filler(token)).collect();
    // Words that are in no family are what stands in the way; without one, it is all of them.
    let strange: Vec<Span> =
        telling.iter().filter(|token| token.word().is_some_and(|word| !vocabulary::contains(word))).map(|token| token.span).collect();
    let unknown = if strange.is_empty() { telling.iter().map(|token| token.span).collect() } else { strange };
    let partial = Partial { understood: String::new(), unknown };
    bad.map_or_else(|| partial.clone().left_over(), |doubt| partial.clone().asked(doubt))
}

/// Moves over the opening of a polite wish; "can you buy …?" is a wish in spite of its question mark.
fn polite(mut cursor: Cursor<'_>) -> Cursor<'_> {
    cursor.fillers();
    let mut wish = false;
    while cursor.any_phrase(vocabulary::POLITE).is_some() {
        wish = true;
        cursor.fillers();
    }
    if wish { cursor.without_question_mark() } else { cursor }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Open,
    Close,
    Cancel,
    Amend,
    Protect,
    Query,
}

impl Family {
    const fn acts(self) -> bool {
        !matches!(self, Self::Query)
    }
}

/// Returns the family of the first word that belongs to one alone.
fn of_words(cursor: &Cursor<'_>) -> Option<Family> {
    let mut rest = *cursor;
    let mut otherwise = None;
    let mut things = (false, false);
    let first = cursor.word(0).unwrap_or_default();
    while let Some(token) = rest.token(0) {
        match &token.kind {
            Kind::Word(word) => match of_word(word, &rest) {
                Found::Surely(family) => return Some(family),
                Found::Unless(family) => otherwise = otherwise.or(Some(family)),
                Found::Nothing => {}
            },
            Kind::Symbol(_) => things.0 = true,
            Kind::Number(_) | Kind::Multiplier(_) => things.1 = true,
            _ => {}
        }
        rest.skip();
    }
    let sizes = things.1 && first == "open";
    match (otherwise, things) {
        _ if sizes => Some(Family::Open),
        (Some(family), _) => Some(family),
        (None, (true, true)) => Some(Family::Open),
        (None, (true, false)) => Some(Family::Query),
        (None, (false, _)) => None,
    }
}

enum Found {
    Surely(Family),
    /// This family, if no later word is surer.
    Unless(Family),
    Nothing,
}

fn of_word(word: &str, rest: &Cursor<'_>) -> Found {
    match word {
        "get" => of_get(rest),
        "oco" => Found::Surely(Family::Open),
        "stop" if rest.word(1) == Some("limit") && opens_later(rest) => Found::Surely(Family::Open),
        "stop" if rest.word(1).is_some_and(|next| open::verb(next).is_some()) => Found::Surely(Family::Open),
        "cancel" if takes_exits_away(rest) => Found::Surely(Family::Protect),
        "cancel" => Found::Surely(Family::Cancel),
        "call" if rest.word(1) == Some("off") => Found::Surely(Family::Cancel),
        "close" | "exit" | "flatten" | "unwind" | "reduce" | "trim" => Found::Surely(Family::Close),
        "set" | "put" | "add" | "place" => Found::Unless(Family::Protect),
        "order" | "position" | "trade" | "worth" | "margin" => Found::Unless(Family::Query),
        "amend" | "reprice" | "edit" => Found::Surely(Family::Amend),
        "move" | "raise" | "lower" | "change" | "update" | "adjust" | "bring" | "shift" | "modify" if amend::means_an_order(rest) => {
            Found::Surely(Family::Amend)
        }
        "move" | "raise" | "lower" | "tighten" | "change" | "update" | "adjust" | "bring" | "shift" | "protect" | "modify" | "remove"
        | "delete" | "clear" | "drop" | "stop" | "stoploss" | "sl" | "trail" | "trailing" | "take" | "breakeven" => {
            Found::Surely(Family::Protect)
        }
        _ if open::verb(word).is_some() => Found::Surely(Family::Open),
        _ if levels::target_word(&mut rest.clone()) => Found::Surely(Family::Protect),
        _ if topic::opens(word) => Found::Surely(Family::Query),
        _ => Found::Nothing,
    }
}

/// "get out of", "get 200 usdt of btc", "get my balance".
fn of_get(rest: &Cursor<'_>) -> Found {
    let mut ahead = *rest;
    ahead.skip();
    ahead.fillers();
    let shares = matches!(share::read(&mut ahead.clone()), Ok(Some(_)));
    match ahead.token(0).map(|token| &token.kind) {
        Some(Kind::Word(word)) if word == "out" => Found::Surely(Family::Close),
        Some(Kind::Number(_) | Kind::Symbol(_)) => Found::Surely(Family::Open),
        _ if shares => Found::Surely(Family::Open),
        _ => Found::Nothing,
    }
}

/// "stop limit buy …"
fn opens_later(rest: &Cursor<'_>) -> bool {
    rest.rest().iter().filter_map(Token::word).any(|word| open::verb(word).is_some())
}

/// "cancel my btc stop", but not "cancel my stop orders", which may be entries.
fn takes_exits_away(rest: &Cursor<'_>) -> bool {
    let mut ahead = *rest;
    let mut exits = false;
    while !ahead.done() {
        if ahead.at_word(&["order", "orders", "entries"]) {
            return false;
        }
        exits |= levels::stop_word(&mut ahead.clone()) || levels::trail_word(&mut ahead.clone()) || levels::target_word(&mut ahead.clone());
        ahead.skip();
    }
    exits
}

/// Reads a slash command and its tail.
fn slash(name: &str, span: Span, cursor: Cursor<'_>, lexicon: &Lexicon) -> Outcome {
    let verb = match name {
        "buy" => Some(OpenVerb::Buy),
        "sell" => Some(OpenVerb::Sell),
        "long" => Some(OpenVerb::Long),
        "short" => Some(OpenVerb::Short),
        _ => None,
    };
    if let Some(verb) = verb {
        return mood::objection(cursor.rest()).map_or_else(|| open::read(cursor, Some(Said::new(verb, span)), lexicon), Outcome::NoCommand);
    }
    if let Some(word) = trading::word(name) {
        let left: Vec<Span> = cursor.rest().iter().filter(|token| !vocabulary::is_filler(token)).map(|token| token.span).collect();
        let request = Request::Command(Command::Trading(word));
        return if left.is_empty() {
            Outcome::Request(request)
        } else {
            Partial { understood: name.to_owned(), unknown: left }.left_over()
        };
    }
    let query = |topic: Topic, window: Window| query::read(cursor, Some((topic, span)), window, lexicon);
    match name {
        "close" => close::read(cursor, None, lexicon),
        "fx" | "forceexit" => close::read(cursor, Some(span), lexicon),
        "cancel" => cancel::read(cursor, false, lexicon),
        "amend" => amend::read(cursor, lexicon),
        "coo" => cancel::read(cursor, true, lexicon),
        "positions" | "status" => query(Topic::Positions, Window::Today),
        "pf" | "portfolio" => query(Topic::Portfolio, Window::Today),
        "orders" | "oo" => query(Topic::Orders, Window::Today),
        "balance" | "bal" => query(Topic::Balance, Window::Today),
        "price" => query(Topic::Price, Window::Today),
        "pnl" => query(Topic::Pnl, Window::Today),
        "daily" => query(Topic::Periods, Window::Today),
        "weekly" => query(Topic::Periods, Window::Week),
        "monthly" => query(Topic::Periods, Window::Month),
        "performance" => query(Topic::Performance, Window::All),
        "stats" => query(Topic::Stats, Window::All),
        "export" => query(Topic::Export, Window::Today),
        "more" if cursor.done() => Outcome::Request(Request::Query(Query::TurnHistory(HistoryTurn::Older))),
        "profit" => query(Topic::Pnl, Window::All),
        "history" | "trades" => query(Topic::History, Window::Today),
        "settings" | "show_config" => query(Topic::Settings, Window::Today),
        "why" => query(Topic::Why, Window::Today),
        "help" => query(Topic::Help, Window::Today),
        "start" => query(Topic::Start, Window::Today),
        "wait" => trading::wait(cursor),
        "quit" if cursor.done() => Outcome::Request(Request::Quit),
        _ => Partial { understood: String::new(), unknown: vec![span] }.left_over(),
    }
}

/// Slash commands, for suggestions.
pub const SLASHES: &[&str] = &[
    "buy",
    "sell",
    "long",
    "short",
    "close",
    "fx",
    "cancel",
    "amend",
    "coo",
    "stop",
    "pause",
    "resume",
    "panic",
    "positions",
    "status",
    "pf",
    "portfolio",
    "orders",
    "oo",
    "balance",
    "bal",
    "price",
    "pnl",
    "profit",
    "daily",
    "weekly",
    "monthly",
    "performance",
    "stats",
    "export",
    "more",
    "history",
    "trades",
    "settings",
    "show_config",
    "why",
    "help",
    "start",
    "wait",
    "quit",
];
