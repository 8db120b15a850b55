//! What a person is told. Notices are committed with the facts they tell of and rendered later; they hold data, not text.

use serde::{Deserialize, Serialize};

use super::actor::ChatId;
use super::ids::SourceKey;
use super::instrument::{Currency, InstrumentId, Symbol};
use super::margin::MarginMode;
use super::market::{MarketSource, Quote};
use super::money::{Amount, Leverage, Price, Quantity};
use super::order::{FillCause, Leg, OrderState, OrderType, Side};
use super::plan::Plan;
use super::position::Direction;
use super::refusal::Refusal;
use super::report::{DocumentView, HistoryView, PerformanceView, PeriodsView, PortfolioView, StatsView};
use super::request::Window;
use super::rows::{FillRow, OrderRow, PendingRow, PlanRow, StateRow};
use super::time::Timestamp;
use super::trail::Trail;
use super::upkeep::UpkeepView;

/// A notice on its way to a chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Unique: what it tells of. A second notice with the same key is dropped at commit.
    pub key: String,
    /// Which chat; none means the owner's.
    pub chat: Option<ChatId>,
    /// The message it answers; none for a push.
    pub cause: Option<SourceKey>,
    /// When.
    pub at: Timestamp,
    /// What is told.
    pub body: NoticeBody,
}

/// What is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeBody {
    /// A card to tap.
    Card(Box<CardView>),
    /// A card came to an end without trading.
    CardClosed {
        /// Which card.
        nonce: String,
        /// The reason, as a sentence.
        text: String,
    },
    /// An execution.
    Filled(Box<FilledView>),
    /// Orders now rest, ended or changed; the text says what happened.
    OrderNews {
        /// What happened, as a sentence.
        text: String,
        /// The orders as they stand.
        orders: Vec<OrderView>,
    },
    /// We refused.
    Denied {
        /// What was asked, in short.
        subject: String,
        /// Every rule that failed.
        refusals: Vec<Refusal>,
    },
    /// The venue refused.
    Rejected {
        /// The order.
        order: Box<OrderView>,
        /// The venue's code.
        code: String,
        /// The venue's reason.
        reason: String,
    },
    /// Something needs attention.
    Alert {
        /// What, as a sentence.
        text: String,
        /// A refusal code, where a rule caused it.
        code: Option<String>,
    },
    /// The trading state changed.
    State {
        /// The state.
        state: StateRow,
        /// What was done, as a sentence.
        text: String,
        /// What stands at the venue now, read back from it: orders.
        orders: Vec<OrderView>,
        /// What stands at the venue now, read back from it: positions.
        positions: Vec<PositionView>,
        /// Choices that are left (after `stop`).
        choices: Vec<String>,
    },
    /// Answer: positions.
    Positions(Vec<PositionView>),
    /// Answer: open orders.
    Orders(Vec<OrderView>),
    /// Answer: balances and equity.
    Balances {
        /// One a currency.
        balances: Vec<BalanceView>,
        /// Everything at mark prices, in quote currency.
        equity: Amount,
    },
    /// Answer: a price.
    Price {
        /// The pair.
        symbol: Symbol,
        /// The quote.
        quote: Quote,
        /// Where it came from.
        source: MarketSource,
    },
    /// Answer: profit and loss.
    Pnl(PnlView),
    /// Answer: a page of the fills.
    History(HistoryView),
    /// Answer: everything at a glance.
    Portfolio(Box<PortfolioView>),
    /// Answer: what each day, week or month brought.
    Periods(PeriodsView),
    /// Answer: trades by symbol.
    Performance(PerformanceView),
    /// Answer: figures of trades.
    Stats(Box<StatsView>),
    /// Answer: a file.
    Document(Box<DocumentView>),
    /// Answer: settings.
    Settings(Vec<SettingView>),
    /// Answer: why.
    Why(Box<WhyView>),
    /// Answer: what can be said.
    Help,
    /// Answer: greeting.
    Welcome {
        /// The trading state.
        state: StateRow,
        /// Equity, in quote currency.
        equity: Amount,
        /// Where prices come from.
        source: MarketSource,
    },
    /// A question back.
    Question {
        /// The question.
        text: String,
        /// Buttons.
        choices: Vec<String>,
    },
    /// A text with buttons, each of which says a sentence; it waits for no answer.
    Panel {
        /// The text.
        text: String,
        /// Buttons, in rows.
        buttons: Vec<Vec<Saying>>,
    },
    /// A plain sentence.
    Text(String),
    /// Something went wrong on our side.
    Error(String),
}

/// A button that says a sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saying {
    /// What is written on it.
    pub label: String,
    /// The words it stands for, as a person could type them.
    pub says: String,
}

/// A card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardView {
    /// The row behind it.
    pub pending: PendingRow,
    /// `paper` or the venue's name.
    pub venue: String,
    /// Whether real money moves.
    pub live: bool,
    /// Why this card came instead of an earlier one (price moved, second look), if it did.
    pub because: Option<String>,
}

/// An execution, told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilledView {
    /// The execution.
    pub fill: FillRow,
    /// Its order, if one of ours.
    pub order: Option<OrderView>,
    /// The position afterwards.
    pub position: Option<PositionView>,
    /// Why it happened.
    pub cause: FillCause,
}

/// An order, told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderView {
    /// Our id.
    pub id: String,
    /// The instrument.
    pub instrument: InstrumentId,
    /// Buy or sell.
    pub side: Side,
    /// What it is for.
    pub leg: Leg,
    /// How it meets the book.
    pub order_type: OrderType,
    /// Where it stands.
    pub state: OrderState,
    /// Its size.
    pub quantity: Quantity,
    /// How much has filled.
    pub filled: Quantity,
    /// Limit price.
    pub price: Option<Price>,
    /// Trigger price.
    pub trigger: Option<Price>,
    /// How the venue moves the trigger, for a trailing stop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trail: Option<Trail>,
    /// The latest reason in words.
    pub why: String,
}

impl From<&OrderRow> for OrderView {
    fn from(row: &OrderRow) -> Self {
        Self {
            id: row.spec.id.as_str().to_owned(),
            instrument: row.spec.instrument.clone(),
            side: row.spec.side,
            leg: row.leg,
            order_type: row.spec.order_type,
            state: row.state,
            quantity: row.spec.quantity,
            filled: row.filled,
            price: row.spec.price,
            trigger: row.spec.trigger,
            trail: row.spec.trail,
            why: row.why.clone(),
        }
    }
}

/// A position, told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PositionView {
    /// The instrument.
    pub instrument: InstrumentId,
    /// Long or short.
    pub direction: Direction,
    /// How much.
    pub quantity: Quantity,
    /// Average entry.
    pub entry_price: Price,
    /// Latest mark, if there is one.
    pub mark_price: Option<Price>,
    /// Profit or loss at the mark, without fees.
    pub unrealized: Option<Amount>,
    /// Leverage.
    pub leverage: Leverage,
    /// Margin set aside.
    pub margin: Amount,
    /// What stands for its losses.
    #[serde(default, skip_serializing_if = "MarginMode::is_isolated")]
    pub margin_mode: MarginMode,
    /// Where margin runs out.
    pub liquidation_price: Option<Price>,
    /// The stop that is proven at the venue.
    pub stop: Option<Price>,
    /// The targets that rest at the venue.
    pub targets: Vec<Price>,
    /// What the account does with it on its own.
    #[serde(default)]
    pub upkeep: UpkeepView,
}

/// A balance, told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BalanceView {
    /// Which currency.
    pub currency: Currency,
    /// What can be used.
    pub free: Amount,
    /// What open orders hold.
    pub reserved: Amount,
    /// What positions hold as margin.
    pub margin: Amount,
}

/// Profit and loss, told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PnlView {
    /// Over which time.
    pub window: Window,
    /// Realised, without fees.
    pub realized: Amount,
    /// Of open positions at their marks.
    pub unrealized: Amount,
    /// Paid, above zero.
    pub fees: Amount,
    /// Received (positive) or paid.
    pub funding: Amount,
    /// realized + unrealized − fees + funding.
    pub total: Amount,
}

/// A setting, told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingView {
    /// Its name.
    pub name: String,
    /// Its value (secrets are never shown).
    pub value: String,
    /// `default`, `file`, `environment`, `command line` or `chat`.
    pub origin: String,
}

/// Why something was or was not done, from stored facts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhyView {
    /// The plan, with its rules and its authority.
    pub row: Option<PlanRow>,
    /// A card that still waits.
    pub pending: Option<Plan>,
    /// What happened since, oldest first: time, kind, detail.
    pub events: Vec<(Timestamp, String, String)>,
}
