//! The words that say what a query is about, and over which time.

use crate::domain::request::Window;
use crate::nlp::vocabulary;

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
    /// Every fill as a file.
    Export,
    /// Everything at a glance.
    Portfolio,
    /// A row a day, week or month.
    Periods,
    /// Trades by symbol.
    Performance,
    /// Figures of trades.
    Stats,
    /// Settings.
    Settings,
    /// Reasons.
    Why,
    /// What can be said.
    Help,
    /// A greeting.
    Start,
}

/// Words by topic, with spaces between them.
const TOPICS: &[(&str, Topic)] = &[
    ("positions position holdings status", Topic::Positions),
    ("portfolio", Topic::Portfolio),
    ("orders order", Topic::Orders),
    ("balance balances bal funds equity wallet account cash", Topic::Balance),
    ("price quote worth", Topic::Price),
    ("pnl profit profits gains losses", Topic::Pnl),
    ("performance", Topic::Performance),
    ("stats statistics drawdown", Topic::Stats),
    ("report reports", Topic::Periods),
    ("history trades fills trade fill", Topic::History),
    ("settings setting config limits", Topic::Settings),
    ("help commands", Topic::Help),
    ("start hello hi gm", Topic::Start),
    ("why", Topic::Why),
];

/// Phrases that name a topic better than their words.
pub const PHRASES: &[(&[&str], Topic)] = &[
    (&["what", "can", "you", "do"], Topic::Help),
    (&["what", "can", "i", "say"], Topic::Help),
    (&["what", "can", "i", "do"], Topic::Help),
    (&["how", "am", "i", "doing"], Topic::Pnl),
    (&["how", "did", "i", "do"], Topic::Pnl),
    (&["how", "much", "did", "i", "make"], Topic::Pnl),
    (&["how", "much", "did", "i", "lose"], Topic::Pnl),
    (&["how", "much", "have", "i", "made"], Topic::Pnl),
    (&["profit", "and", "loss"], Topic::Pnl),
    (&["profit", "factor"], Topic::Stats),
    (&["win", "rate"], Topic::Stats),
    (&["trade", "history"], Topic::History),
    (&["order", "history"], Topic::History),
    (&["buying", "power"], Topic::Balance),
    (&["good", "morning"], Topic::Start),
];

/// Words for a stretch of time.
pub const WINDOWS: &[(&[&str], Window)] = &[
    (&["today"], Window::Today),
    (&["daily"], Window::Today),
    (&["day"], Window::Today),
    (&["week"], Window::Week),
    (&["weekly"], Window::Week),
    (&["month"], Window::Month),
    (&["monthly"], Window::Month),
    (&["all", "time"], Window::All),
    (&["all"], Window::All),
    (&["total"], Window::All),
    (&["overall"], Window::All),
    (&["ever"], Window::All),
];

/// Words that say nothing in any query.
pub const SMALL: &str = "
    show list what whats are current get check view display tell give see open do does i have how hows much many for at
    doing about any latest recent last past right currently this can could there it going trading cost want to know with am
    ive got money usdt available free pending resting from
";

/// Words that say nothing behind "why".
pub const WHY_SMALL: &str = "
    not did didnt was wasnt were that it this order plan refuse refused deny denied reject rejected decline declined buy
    sell long short close do done last trade for so no fill filled happen happened cancel cancelled
";

/// Words a query may begin with, besides its topic.
const OPENERS: &str = "export csv daily weekly monthly show list what whats how hows tell give check view display see good";

/// Returns the topic a word names.
pub fn of(word: &str) -> Option<Topic> {
    TOPICS.iter().find(|(words, _)| vocabulary::among(words, word)).map(|(_, topic)| *topic)
}

/// Tells whether a query may begin with this word.
pub fn opens(word: &str) -> bool {
    of(word).is_some() || vocabulary::among(OPENERS, word)
}

/// Returns what a topic's query does, as a phrase.
pub const fn phrase(topic: Topic) -> &'static str {
    match topic {
        Topic::Positions => "show positions",
        Topic::Orders => "show orders",
        Topic::Balance => "show the balance",
        Topic::Price => "show a price",
        Topic::Pnl => "show profit and loss",
        Topic::History => "show the latest fills",
        Topic::Export => "export the history",
        Topic::Portfolio => "show the portfolio",
        Topic::Periods => "show a report",
        Topic::Performance => "show performance",
        Topic::Stats => "show statistics",
        Topic::Settings => "show the settings",
        Topic::Why => "explain why",
        Topic::Help => "show help",
        Topic::Start => "say hello",
    }
}
