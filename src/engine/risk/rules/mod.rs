//! One rule a file. The order of [`ALL`] is the order in which refusals are shown.
//!
//! Every rule is a pure function of the facts and fails closed: data that is missing and numbers that cannot be held
//! deny an opening plan. `docs/risk.md` lists the rules with their defaults.

mod account_not_reconciled;
mod duplicate_order;
mod finding;
mod instrument_not_allowed;
mod instrument_not_trading;
mod insufficient_balance;
mod insufficient_margin;
mod liquidation_distance;
mod lot_size;
mod max_daily_loss;
mod max_drawdown;
mod max_gross_exposure;
mod max_leverage;
mod max_open_orders;
mod max_open_positions;
mod max_order_notional;
mod max_order_qty;
mod max_symbol_exposure;
mod min_notional;
pub mod need;
mod opening;
mod outcome_unknown;
mod price_collar;
#[cfg(test)]
mod properties;
mod rate_limit_exceeded;
mod reduce_only_would_increase;
mod risk_per_trade;
mod room;
#[cfg(test)]
pub(super) mod sample;
mod self_cross;
mod slippage_cap;
mod stale_price;
mod stop_invalid;
mod stop_required;
mod tick_size;
mod trading_halted;
mod unjudged;
pub(super) mod wording;

use super::facts::Rule;
use crate::domain::refusal::Code;

/// Every rule, in its fixed order: may we trade at all, this instrument, this price, this size, this risk, this account.
pub const ALL: &[Rule] = &[
    Rule { code: Code::TradingHalted, look: trading_halted::look },
    Rule { code: Code::AccountNotReconciled, look: account_not_reconciled::look },
    Rule { code: Code::OutcomeUnknown, look: outcome_unknown::look },
    Rule { code: Code::InstrumentNotTrading, look: instrument_not_trading::look },
    Rule { code: Code::InstrumentNotAllowed, look: instrument_not_allowed::look },
    Rule { code: Code::StalePrice, look: stale_price::look },
    Rule { code: Code::ReduceOnlyWouldIncrease, look: reduce_only_would_increase::look },
    Rule { code: Code::LotSize, look: lot_size::look },
    Rule { code: Code::TickSize, look: tick_size::look },
    Rule { code: Code::PriceCollar, look: price_collar::look },
    Rule { code: Code::SlippageCap, look: slippage_cap::look },
    Rule { code: Code::SelfCross, look: self_cross::look },
    Rule { code: Code::MinNotional, look: min_notional::look },
    Rule { code: Code::MaxOrderNotional, look: max_order_notional::look },
    Rule { code: Code::MaxOrderQty, look: max_order_qty::look },
    Rule { code: Code::InsufficientBalance, look: insufficient_balance::look },
    Rule { code: Code::InsufficientMargin, look: insufficient_margin::look },
    Rule { code: Code::MaxLeverage, look: max_leverage::look },
    Rule { code: Code::StopRequired, look: stop_required::look },
    Rule { code: Code::StopInvalid, look: stop_invalid::look },
    Rule { code: Code::LiquidationDistance, look: liquidation_distance::look },
    Rule { code: Code::RiskPerTrade, look: risk_per_trade::look },
    Rule { code: Code::DuplicateOrder, look: duplicate_order::look },
    Rule { code: Code::RateLimitExceeded, look: rate_limit_exceeded::look },
    Rule { code: Code::MaxOpenPositions, look: max_open_positions::look },
    Rule { code: Code::MaxOpenOrders, look: max_open_orders::look },
    Rule { code: Code::MaxSymbolExposure, look: max_symbol_exposure::look },
    Rule { code: Code::MaxGrossExposure, look: max_gross_exposure::look },
    Rule { code: Code::MaxDailyLoss, look: max_daily_loss::look },
    Rule { code: Code::MaxDrawdown, look: max_drawdown::look },
];
