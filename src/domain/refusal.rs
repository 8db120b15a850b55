//! Refusals are values with a stable code and their numbers. *Denied* is our word; *rejected* is the venue's.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident => $text:literal),+ $(,)?) => {
        /// Stable code of a refusal; the single source of their spelling.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Code {
            $($(#[$doc])* #[serde(rename = $text)] $variant),+
        }

        impl Code {
            /// Every code there is.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Returns the code as it is printed and stored.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }
    };
}

codes! {
    /// Trading is halted.
    TradingHalted => "TRADING_HALTED",
    /// Only exits are allowed.
    TradingStateReducing => "TRADING_STATE_REDUCING",
    /// The account has not been compared with the venue yet.
    AccountNotReconciled => "ACCOUNT_NOT_RECONCILED",
    /// The venue does not take orders for the instrument.
    InstrumentNotTrading => "INSTRUMENT_NOT_TRADING",
    /// The instrument is not on the account's allow-list.
    InstrumentNotAllowed => "INSTRUMENT_NOT_ALLOWED",
    /// The latest price is too old, or there is none.
    StalePrice => "STALE_PRICE",
    /// An aggressive limit lies too far through the market.
    PriceCollar => "PRICE_COLLAR",
    /// A marketable order could pay more than the slippage cap.
    SlippageCap => "SLIPPAGE_CAP",
    /// The order is larger than allowed.
    MaxOrderNotional => "MAX_ORDER_NOTIONAL",
    /// The quantity is far above what this person usually trades.
    MaxOrderQty => "MAX_ORDER_QTY",
    /// The order is too small for the venue, or its stop would be.
    MinNotional => "MIN_NOTIONAL",
    /// The quantity is zero or off the step.
    LotSize => "LOT_SIZE",
    /// A price is off the tick.
    TickSize => "TICK_SIZE",
    /// Not enough free balance on spot.
    InsufficientBalance => "INSUFFICIENT_BALANCE",
    /// Not enough free margin.
    InsufficientMargin => "INSUFFICIENT_MARGIN",
    /// A leveraged or autonomous order needs a stop.
    StopRequired => "STOP_REQUIRED",
    /// The stop is on the wrong side, too near or too far.
    StopInvalid => "STOP_INVALID",
    /// The loss at the stop is above the risk per trade.
    RiskPerTrade => "RISK_PER_TRADE",
    /// The leverage is above the limit.
    MaxLeverage => "MAX_LEVERAGE",
    /// The stop lies too near the liquidation price.
    LiquidationDistance => "LIQUIDATION_DISTANCE",
    /// A reduce-only order would open or flip a position.
    ReduceOnlyWouldIncrease => "REDUCE_ONLY_WOULD_INCREASE",
    /// The order would trade with an own resting order.
    SelfCross => "SELF_CROSS",
    /// The same order was sent moments ago.
    DuplicateOrder => "DUPLICATE_ORDER",
    /// Too many orders in a short time.
    RateLimitExceeded => "RATE_LIMIT_EXCEEDED",
    /// Too many open positions.
    MaxOpenPositions => "MAX_OPEN_POSITIONS",
    /// Too many open orders.
    MaxOpenOrders => "MAX_OPEN_ORDERS",
    /// Too much in one symbol.
    MaxSymbolExposure => "MAX_SYMBOL_EXPOSURE",
    /// Too much in all symbols together.
    MaxGrossExposure => "MAX_GROSS_EXPOSURE",
    /// The day's loss limit is reached.
    MaxDailyLoss => "MAX_DAILY_LOSS",
    /// The drawdown limit is reached.
    MaxDrawdown => "MAX_DRAWDOWN",
    /// A position has been without a proven stop for too long.
    PositionUnprotected => "POSITION_UNPROTECTED",
    /// The card is too old.
    CardExpired => "CARD_EXPIRED",
    /// The price left the card's band.
    PriceMoved => "PRICE_MOVED",
    /// There is no position to act on.
    NoPosition => "NO_POSITION",
    /// There is no such order.
    NoOrder => "NO_ORDER",
    /// The instrument is not known.
    UnknownInstrument => "UNKNOWN_INSTRUMENT",
    /// The person's role does not allow it.
    NotAllowed => "NOT_ALLOWED",
    /// A number cannot be used.
    BadNumber => "BAD_NUMBER",
    /// The outcome of an earlier order is not known yet; the symbol waits for it.
    OutcomeUnknown => "OUTCOME_UNKNOWN",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One reason why something is not done, with its numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Which rule.
    pub code: Code,
    /// What the rule allows, with its unit.
    pub limit: String,
    /// What was asked.
    pub actual: String,
    /// What would pass, as a person would type it.
    pub would_pass: String,
}

impl Refusal {
    /// Returns a refusal of `code`.
    pub fn new(code: Code, limit: impl Into<String>, actual: impl Into<String>, would_pass: impl Into<String>) -> Self {
        Self { code, limit: limit.into(), actual: actual.into(), would_pass: would_pass.into() }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: limit={} actual={} would_pass={}", self.code, self.limit, self.actual, self.would_pass)
    }
}
