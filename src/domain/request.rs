//! What a person asked, typed: a [`Query`] is answered, a [`Command`] may change something.
//!
//! Past the language room nothing handles raw text: these values are all that is left of the words, each field with
//! its [`Evidence`](super::evidence::Evidence).

use serde::{Deserialize, Serialize};

use super::evidence::EvidenceMap;
use super::instrument::{Market, Symbol};
use super::margin::MarginMode;
use super::money::{Amount, Leverage, Price, Quantity, Ratio};
use super::order::Side;
use super::report::Period;
use super::upkeep::UpkeepSpec;

/// One request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "one request is read at a time; a box would stand in every pattern")]
pub enum Request {
    /// Answered from committed state.
    Query(Query),
    /// Goes to the Desk.
    Command(Command),
    /// Answers the card or the question that is open in this chat.
    Reply(Reply),
    /// Terminal only: lets market time pass, in milliseconds.
    Wait(i64),
    /// Terminal only: leaves.
    Quit,
}

/// A stretch of time for reports, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// Since midnight.
    Today,
    /// The last seven days, today included.
    Week,
    /// The last thirty days, today included.
    Month,
    /// Since the account was opened.
    All,
}

/// Something to look up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Query {
    /// Open positions, of one symbol or all.
    Positions(Option<Symbol>),
    /// Open orders, of one symbol or all.
    Orders(Option<Symbol>),
    /// What is free, reserved and in margin.
    Balance,
    /// The latest quote.
    Price(Symbol),
    /// Profit and loss.
    Pnl(Window),
    /// The latest fills, newest first.
    History {
        /// How many.
        count: u32,
    },
    /// A later page of the fills.
    HistoryPage {
        /// How many on a page.
        count: u32,
        /// Which page, from 1.
        page: u32,
    },
    /// The page beside the one that the chat looked at last.
    TurnHistory(HistoryTurn),
    /// Every fill as a file; a part of it if it is long, from 1.
    ExportHistory {
        /// Which part.
        part: u32,
    },
    /// Positions, allocation, exposure, equity, the day and the whole time.
    Portfolio,
    /// A row a day, week or month.
    Periods(Period),
    /// Trades by symbol.
    Performance(Window),
    /// Figures of trades.
    Stats(Window),
    /// Each setting with its value and origin.
    Settings,
    /// Why something was or was not done.
    Why(WhyAbout),
    /// What can be said.
    Help,
    /// A greeting; answered with the state and some example sentences.
    Start,
}

/// Which way a history is turned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HistoryTurn {
    /// To earlier fills.
    Older,
    /// To later ones.
    Newer,
}

/// What a "why?" points at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyAbout {
    /// The last plan, order or refusal in this chat.
    Latest,
    /// The last plan of a symbol.
    Symbol(Symbol),
    /// An order or plan by the start of its id.
    Id(String),
}

/// Something to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Open or add; on spot also sell holdings.
    Open(OpenRequest),
    /// Close or reduce.
    Close(CloseRequest),
    /// Cancel resting orders.
    Cancel(CancelWhich),
    /// Set, move or take away exits of an open position.
    Protect(ProtectRequest),
    /// Pause, resume and the stop words.
    Trading(TradingWord),
}

/// Which way an opening order goes, in the person's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OpenVerb {
    /// Spot, unless leverage is named.
    Buy,
    /// Spot sale of holdings, unless leverage is named.
    Sell,
    /// Perpetual, upwards.
    Long,
    /// Perpetual, downwards.
    Short,
}

impl OpenVerb {
    /// Returns the side of the order.
    pub const fn side(self) -> Side {
        match self {
            Self::Buy | Self::Long => Side::Buy,
            Self::Sell | Self::Short => Side::Sell,
        }
    }
}

/// How much, in the unit that was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "unit", content = "value")]
pub enum AmountSpec {
    /// Quote currency, bare: spent on spot, margin with a leverage.
    Quote(Amount),
    /// Base currency.
    Base(Quantity),
    /// Quote currency set aside as margin ("with", "using", "margin"): notional = margin × leverage.
    Margin(Amount),
    /// Quote currency of position value ("worth", "size", "position of").
    Notional(Amount),
    /// A share of what is there: free balance to open, holdings or position to close.
    Share(Ratio),
    /// A share of equity lost at the stop.
    Risk(Ratio),
}

/// When an opening order meets the market.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OpenPrice {
    /// At once, inside the slippage cap.
    Market,
    /// At this price or better.
    Limit {
        /// The limit.
        price: Price,
        /// Rest or be refused.
        post_only: bool,
    },
    /// At the market once this price is reached (a breakout).
    Stop(Price),
}

/// A price, or a distance from the entry price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LevelSpec {
    /// This price.
    Price(Price),
    /// This far away, positive; the side follows from stop or target.
    Distance(Ratio),
}

/// A take-profit level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetSpec {
    /// Where.
    pub level: LevelSpec,
    /// Which share of the position; none means an equal share of what the others leave.
    pub share: Option<Ratio>,
}

/// An opening order, as asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenRequest {
    /// Buy, sell, long or short.
    pub verb: OpenVerb,
    /// The pair.
    pub symbol: Symbol,
    /// Spot or perpetual where the words say so; else it follows from verb and leverage.
    pub market: Option<Market>,
    /// How much.
    pub amount: AmountSpec,
    /// When.
    pub price: OpenPrice,
    /// Leverage, if said.
    pub leverage: Option<Leverage>,
    /// Cross or isolated, if said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub margin_mode: Option<MarginMode>,
    /// Stop, if said.
    pub stop: Option<LevelSpec>,
    /// Targets, in the order said.
    pub targets: Vec<TargetSpec>,
    /// Trailing distance of the stop, if said.
    pub trailing: Option<Ratio>,
    /// What the account does with the position on its own.
    #[serde(default)]
    pub upkeep: UpkeepSpec,
    /// Where each field came from.
    pub evidence: EvidenceMap,
}

/// Which positions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CloseWhich {
    /// The position (or holdings) of this pair.
    Symbol(Symbol),
    /// The only open position, when no symbol was said.
    Only,
    /// All of them.
    Everything,
}

/// A close or a reduction, as asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloseRequest {
    /// Which.
    pub which: CloseWhich,
    /// Spot or perpetual, where the words say so.
    pub market: Option<Market>,
    /// How much; all of it when `Share(1)`.
    pub amount: AmountSpec,
    /// Whether the stop word `/fx` asked for it: acts without a card.
    pub at_once: bool,
    /// Where each field came from.
    pub evidence: EvidenceMap,
}

/// Which orders to cancel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelWhich {
    /// By the start of its id.
    Id(String),
    /// All of one symbol.
    Symbol(Symbol),
    /// All.
    All,
    /// The only one that is open, when nothing more was said.
    Only,
}

/// A change of exits, as asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProtectRequest {
    /// Of which pair; none means the only open position.
    pub symbol: Option<Symbol>,
    /// What happens to the stop.
    pub stop: Option<StopChange>,
    /// What happens to the targets.
    pub targets: Option<TargetChange>,
    /// What the account does with the position on its own.
    #[serde(default)]
    pub upkeep: UpkeepSpec,
    /// Where each field came from.
    pub evidence: EvidenceMap,
}

/// What happens to a stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopChange {
    /// To this level.
    Set(LevelSpec),
    /// To the entry price, fees included.
    BreakEven,
    /// Follows the best price at this distance.
    Trail(Ratio),
    /// Taken away.
    Remove,
}

/// What happens to targets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetChange {
    /// These instead of the old ones.
    Set(Vec<TargetSpec>),
    /// Taken away.
    Remove,
}

/// Words that change whether trading goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TradingWord {
    /// No entries; exits run.
    Pause,
    /// Entries again; needs a card.
    Resume,
    /// No entries at once, then asks what else.
    Stop,
    /// Cancel entries and flatten, at once.
    Panic,
    /// Cancel entries, keep positions with their stops (an answer to `stop`).
    CancelEntries,
    /// Flatten (an answer to `stop`).
    Flatten,
}

impl TradingWord {
    /// What is asked after `stop`, in this order, and the word each choice stands for; `None` changes nothing more.
    pub const STOP_CHOICES: [(&'static str, Option<Self>); 4] = [
        ("Keep it so", None),
        ("Cancel open entries too", Some(Self::CancelEntries)),
        ("Flatten", Some(Self::Flatten)),
        ("Leave everything with its stops", None),
    ];
}

/// An answer to what is open in the chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// The numbered button, from 1.
    Choice(u32),
    /// Yes.
    Confirm,
    /// No.
    Decline,
    /// Half the size.
    Half,
    /// Twice the size.
    Double,
    /// Market order instead of limit.
    ToMarket,
    /// Limit order instead of market.
    ToLimit,
}
