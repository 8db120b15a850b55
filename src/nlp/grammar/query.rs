//! Questions that are answered from committed state.
//!
//! ```text
//! query  = {topic | SYM | window | count | filler}
//! topic  = "positions" | "orders" | "balance" | "price" | "pnl" | "history" | "settings" | "help" | "hello" | "why" …
//! window = "today" | "week" | "month" | "all" | "7 days" | "30 days"          for pnl
//! count  = N                                                                  for history, 1 to 100
//! why    = "why" {SYM | ["order"] ID | small words}
//! ```
//!
//! A name alone asks for its price. Nothing here changes anything, so small words are passed over more freely.

use super::cancel;
<<<<<<< HEAD
=======
use super::topic::{self, PHRASES, SMALL, Topic, WHY_SMALL, WINDOWS};
>>>>>>> nlp
use crate::domain::instrument::Symbol;
use crate::domain::request::{Query, Request, WhyAbout, Window};
use crate::domain::time::DAY_MS;
use crate::nlp::cursor::Cursor;
use crate::nlp::doubt::Doubt;
use crate::nlp::family::{Outcome, Partial};
use crate::nlp::lexicon::Lexicon;
use crate::nlp::number::Mark;
use crate::nlp::slot::Slot;
use crate::nlp::token::{Kind, Span};
<<<<<<< HEAD
=======
use crate::nlp::vocabulary;
>>>>>>> nlp

#[cfg(test)]
pub(in crate::nlp) const EXAMPLES: &[(&str, &str)] = &[
    ("positions", "positions"),
    ("show me my open positions", "positions"),
    ("how is my btc position doing?", "positions BTC/USDT"),
    ("open orders", "orders"),
    ("orders for eth", "orders ETH/USDT"),
    ("what's my balance?", "balance"),
    ("how much do i have", "balance"),
    ("price of btc", "price BTC/USDT"),
    ("how is btc", "price BTC/USDT"),
    ("sol?", "price SOL/USDT"),
    ("pnl", "pnl today"),
    ("pnl week", "pnl week"),
    ("p&l last 30 days", "pnl month"),
    ("how much did i make this month?", "pnl month"),
    ("/profit", "pnl all"),
    ("history 20", "history 20"),
    ("my last 5 trades", "history 5"),
    ("settings", "settings"),
    ("why", "why latest"),
    ("why did you refuse btc?", "why BTC/USDT"),
    ("why 4f7a2", "why id=4f7a2"),
    ("what can you do?", "help"),
    ("hello", "start"),
];

<<<<<<< HEAD
/// What a query is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// Open positions.
    Positions,
    /// Open orders.
    Orders,
    /// Balance.
    Balance,
    /// A quote.
    Price,
    /// Profit and loss.
    Pnl,
    /// Fills.
    History,
    /// Settings.
    Settings,
    /// Reasons.
    Why,
    /// What can be said.
    Help,
    /// A greeting.
    Start,
}

const HISTORY_DEFAULT: u32 = 10;
const HISTORY_MAX: u32 = 100;

const TOPICS: &[(&str, Topic)] = &[
    ("positions", Topic::Positions), ("position", Topic::Positions), ("portfolio", Topic::Positions), ("holdings", Topic::Positions), ("status", Topic::Positions),
    ("orders", Topic::Orders), ("order", Topic::Orders),
    ("balance", Topic::Balance), ("balances", Topic::Balance), ("bal", Topic::Balance), ("funds", Topic::Balance), ("equity", Topic::Balance), ("wallet", Topic::Balance),
    ("account", Topic::Balance), ("cash", Topic::Balance),
    ("price", Topic::Price), ("quote", Topic::Price), ("worth", Topic::Price),
    ("pnl", Topic::Pnl), ("profit", Topic::Pnl), ("profits", Topic::Pnl), ("gains", Topic::Pnl), ("losses", Topic::Pnl), ("performance", Topic::Pnl),
    ("history", Topic::History), ("trades", Topic::History), ("fills", Topic::History), ("trade", Topic::History), ("fill", Topic::History),
    ("settings", Topic::Settings), ("setting", Topic::Settings), ("config", Topic::Settings), ("limits", Topic::Settings),
    ("help", Topic::Help), ("commands", Topic::Help), ("start", Topic::Start), ("hello", Topic::Start), ("hi", Topic::Start), ("gm", Topic::Start), ("why", Topic::Why),
];
/// Phrases that name a topic better than their words.
const PHRASES: &[(&[&str], Topic)] = &[
    (&["what", "can", "you", "do"], Topic::Help), (&["what", "can", "i", "say"], Topic::Help), (&["what", "can", "i", "do"], Topic::Help),
    (&["how", "am", "i", "doing"], Topic::Pnl), (&["how", "did", "i", "do"], Topic::Pnl), (&["how", "much", "did", "i", "make"], Topic::Pnl),
    (&["how", "much", "did", "i", "lose"], Topic::Pnl), (&["how", "much", "have", "i", "made"], Topic::Pnl), (&["profit", "and", "loss"], Topic::Pnl),
    (&["trade", "history"], Topic::History), (&["order", "history"], Topic::History), (&["buying", "power"], Topic::Balance), (&["good", "morning"], Topic::Start),
];
const WINDOWS: &[(&[&str], Window)] = &[
    (&["today"], Window::Today), (&["daily"], Window::Today), (&["day"], Window::Today),
    (&["week"], Window::Week), (&["weekly"], Window::Week), (&["month"], Window::Month), (&["monthly"], Window::Month),
    (&["all", "time"], Window::All), (&["all"], Window::All), (&["total"], Window::All), (&["overall"], Window::All), (&["ever"], Window::All),
];
const SMALL: &[&str] = &[
    "show", "list", "what", "whats", "are", "current", "get", "check", "view", "display", "tell", "give", "see", "open", "do", "does", "i", "have", "how", "hows",
    "much", "many", "for", "at", "doing", "about", "any", "latest", "recent", "last", "past", "right", "currently", "this", "can", "could", "there", "it", "going",
    "trading", "cost", "want", "to", "know", "with", "am", "ive", "got", "to", "money", "usdt", "available", "free", "pending", "resting", "from",
];
const WHY_SMALL: &[&str] = &[
    "not", "did", "didnt", "was", "wasnt", "were", "that", "it", "this", "order", "plan", "refuse", "refused", "deny", "denied", "reject", "rejected", "decline", "declined",
    "buy", "sell", "long", "short", "close", "do", "done", "last", "trade", "for", "so", "no", "fill", "filled", "happen", "happened", "cancel", "cancelled",
];

/// Returns the topic a word names.
pub fn topic(word: &str) -> Option<Topic> {
    TOPICS.iter().find(|(name, _)| *name == word).map(|(_, topic)| *topic)
}

/// Tells whether a query may begin with this word.
pub fn opens(word: &str) -> bool {
    topic(word).is_some() || matches!(word, "show" | "list" | "what" | "whats" | "how" | "hows" | "tell" | "give" | "check" | "view" | "display" | "see" | "good")
}

=======
const HISTORY_DEFAULT: u32 = 10;
const HISTORY_MAX: u32 = 100;

>>>>>>> nlp
#[derive(Debug, Default)]
struct Draft {
    topic: Slot<Topic>,
    symbol: Slot<Symbol>,
    window: Slot<Window>,
    count: Slot<u32>,
    id: Slot<String>,
    /// Words that are fine with one topic and mean something left over with another.
    how: bool,
    have: bool,
    unknown: Vec<Span>,
}

/// Reads a query; a slash command may give its topic and window.
<<<<<<< HEAD
pub fn read(mut cursor: Cursor<'_>, topic: Option<(Topic, Span)>, window: Window, lexicon: &Lexicon) -> Outcome {
    let mut draft = Draft::default();
    let read = match topic {
=======
pub fn read(mut cursor: Cursor<'_>, given: Option<(Topic, Span)>, window: Window, lexicon: &Lexicon) -> Outcome {
    let mut draft = Draft::default();
    let read = match given {
>>>>>>> nlp
        Some((topic, span)) => draft.topic.fill("topic", topic, span),
        None => Ok(()),
    };
    let read = read.and_then(|()| draft.clauses(&mut cursor));
    let topic = draft.settled_topic();
<<<<<<< HEAD
    let mut partial = Partial { understood: topic.map(named).unwrap_or_default().to_owned(), unknown: std::mem::take(&mut draft.unknown) };
=======
    let mut partial =
        Partial { understood: topic.map(topic::phrase).unwrap_or_default().to_owned(), unknown: std::mem::take(&mut draft.unknown) };
>>>>>>> nlp
    if let Err(doubt) = read {
        return partial.asked(doubt);
    }
    let Some(topic) = topic else { return partial.left_over() };
    partial.unknown.extend(draft.misplaced(topic));
    if !partial.unknown.is_empty() {
        let seeks_symbol = topic == Topic::Price && draft.symbol.is_empty();
        return if seeks_symbol { partial.unknown_symbol(cursor.text(), lexicon) } else { partial.left_over() };
    }
    match draft.query(topic, window) {
        Ok(query) => Outcome::Request(Request::Query(query)),
        Err(doubt) => partial.asked(doubt),
    }
}

impl Draft {
    fn clauses(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Doubt> {
        while !cursor.done() {
            if !self.clause(cursor)? {
                self.unknown.extend(cursor.skip());
            }
        }
        Ok(())
    }

    fn clause(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, Doubt> {
        if self.topic.value() == Some(&Topic::Why) && self.why(cursor)? {
            return Ok(true);
        }
        for (phrase, topic) in PHRASES {
            if let Some(span) = cursor.phrase(phrase) {
                self.topic.fill("topic", *topic, span)?;
                return Ok(true);
            }
        }
        for (phrase, window) in WINDOWS {
            if let Some(span) = cursor.phrase(phrase) {
                // "all" of "all my positions" is no window; what it means is settled with the topic.
                self.window.fill("window", *window, span)?;
                return Ok(true);
            }
        }
        Ok(self.symbol(cursor)? || self.number(cursor)? || self.word(cursor)? || cursor.filler() || cursor.mark(&['?']).is_some())
    }

    fn word(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, Doubt> {
        let Some(word) = cursor.word(0) else { return Ok(false) };
        // "last trade" and "my trades" are one topic; "order history" is a phrase above.
<<<<<<< HEAD
        if let Some(topic) = topic(word) {
=======
        if let Some(topic) = topic::of(word) {
>>>>>>> nlp
            let Some(span) = cursor.skip() else { return Ok(false) };
            self.topic.fill("topic", topic, span)?;
            return Ok(true);
        }
        self.how |= matches!(word, "how" | "hows" | "what" | "whats" | "much");
        self.have |= matches!(word, "have" | "ive" | "got");
<<<<<<< HEAD
        Ok(cursor.eat(SMALL).is_some())
=======
        Ok(eat_among(cursor, SMALL))
>>>>>>> nlp
    }

    fn symbol(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, Doubt> {
        let Some(listed) = cursor.symbol(0) else { return Ok(false) };
        let Some(span) = cursor.skip() else { return Ok(false) };
        self.symbol.fill("symbol", listed.symbol.clone(), span)?;
        Ok(true)
    }

    fn number(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, Doubt> {
        if let Some(Kind::Duration(ms)) = cursor.token(0).map(|token| &token.kind) {
            let window = match *ms {
                DAY_MS => Window::Today,
                ms if ms == 7 * DAY_MS => Window::Week,
                ms if ms == 30 * DAY_MS => Window::Month,
<<<<<<< HEAD
                _ => return Err(Doubt::about("window", "I add up today, the last 7 days, the last 30 days, or all time. Say for example: pnl week.")),
=======
                _ => {
                    return Err(Doubt::about(
                        "window",
                        "I add up today, the last 7 days, the last 30 days, or all time. Say for example: pnl week.",
                    ));
                }
>>>>>>> nlp
            };
            let Some(span) = cursor.skip() else { return Ok(false) };
            self.window.fill("window", window, span)?;
            return Ok(true);
        }
        let Some(said) = cursor.number(0).filter(|said| said.value.mark == Mark::Bare) else { return Ok(false) };
<<<<<<< HEAD
        let count = u32::try_from(said.value.value.trunc()).ok().filter(|count| (1..=HISTORY_MAX).contains(count) && said.value.value.fract().is_zero());
        let Some(count) = count else {
=======
        let count = u32::try_from(said.value.value.trunc())
            .ok()
            .filter(|count| (1..=HISTORY_MAX).contains(count) && said.value.value.fract().is_zero());
        let Some(count) = count else {
            if self.topic.value() != Some(&Topic::History) {
                return Ok(false);
            }
>>>>>>> nlp
            return Err(Doubt::about("count", format!("I show 1 to {HISTORY_MAX} fills at a time. Say for example: history 20.")));
        };
        cursor.skip();
        self.count.fill("count", count, said.span)?;
        Ok(true)
    }

    fn why(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, Doubt> {
        if cursor.symbol(0).is_some() {
            return self.symbol(cursor);
        }
        if let Some(said) = cancel::id(cursor)? {
            self.id.fill("order", said.value, said.span)?;
            return Ok(true);
        }
<<<<<<< HEAD
        Ok(cursor.eat(WHY_SMALL).is_some())
=======
        Ok(eat_among(cursor, WHY_SMALL))
>>>>>>> nlp
    }

    /// Returns the topic that the words come to: a name alone asks for its price, "have" for what is there.
    fn settled_topic(&self) -> Option<Topic> {
        match (self.topic.value().copied(), self.symbol.is_empty()) {
            (Some(Topic::Balance), false) => Some(Topic::Positions),
            (Some(topic), _) => Some(topic),
            (None, false) if self.have => Some(Topic::Positions),
            (None, false) => Some(Topic::Price),
            (None, true) if self.have => Some(Topic::Balance),
            (None, true) if self.how && !self.unknown.is_empty() => Some(Topic::Price),
            (None, true) => None,
        }
    }

    /// Returns what was said and has no place in this topic.
    fn misplaced(&self, topic: Topic) -> Vec<Span> {
        let takes_symbol = matches!(topic, Topic::Positions | Topic::Orders | Topic::Price | Topic::Why);
        let all = self.window.value() == Some(&Window::All) && !matches!(topic, Topic::Price | Topic::History);
        let spans = [
            self.symbol.said().filter(|_| !takes_symbol).map(|said| said.span),
            self.window.said().filter(|_| topic != Topic::Pnl && !all).map(|said| said.span),
            self.count.said().filter(|_| topic != Topic::History).map(|said| said.span),
        ];
        spans.into_iter().flatten().collect()
    }

    fn query(&self, topic: Topic, window: Window) -> Result<Query, Doubt> {
        let symbol = self.symbol.value().cloned();
        Ok(match topic {
            Topic::Positions => Query::Positions(symbol),
            Topic::Orders => Query::Orders(symbol),
            Topic::Balance => Query::Balance,
<<<<<<< HEAD
            Topic::Price => Query::Price(symbol.ok_or_else(|| Doubt::about("symbol", "The price of what? Name a coin, for example: price of btc."))?),
=======
            Topic::Price => {
                Query::Price(symbol.ok_or_else(|| Doubt::about("symbol", "The price of what? Name a coin, for example: price of btc."))?)
            }
>>>>>>> nlp
            Topic::Pnl => Query::Pnl(self.window.value().copied().unwrap_or(window)),
            Topic::History => Query::History { count: self.count.value().copied().unwrap_or(HISTORY_DEFAULT) },
            Topic::Settings => Query::Settings,
            Topic::Help => Query::Help,
            Topic::Start => Query::Start,
            Topic::Why => Query::Why(match (symbol, self.id.value()) {
<<<<<<< HEAD
                (Some(_), Some(_)) => return Err(Doubt::about("order", "Why what: the pair or the order? Name one of them, for example: why btc.")),
=======
                (Some(_), Some(_)) => {
                    return Err(Doubt::about("order", "Why what: the pair or the order? Name one of them, for example: why btc."));
                }
>>>>>>> nlp
                (Some(symbol), None) => WhyAbout::Symbol(symbol),
                (None, Some(id)) => WhyAbout::Id(id.clone()),
                (None, None) => WhyAbout::Latest,
            }),
        })
    }
}

<<<<<<< HEAD
const fn named(topic: Topic) -> &'static str {
    match topic {
        Topic::Positions => "show positions",
        Topic::Orders => "show orders",
        Topic::Balance => "show the balance",
        Topic::Price => "show a price",
        Topic::Pnl => "show profit and loss",
        Topic::History => "show the latest fills",
        Topic::Settings => "show the settings",
        Topic::Why => "explain why",
        Topic::Help => "show help",
        Topic::Start => "say hello",
    }
=======
fn eat_among(cursor: &mut Cursor<'_>, list: &str) -> bool {
    cursor.word(0).is_some_and(|word| vocabulary::among(list, word)) && cursor.skip().is_some()
>>>>>>> nlp
}
