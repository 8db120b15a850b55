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

use super::facts::{Facts, Finding, Rule};
use crate::domain::refusal::Code;

/// Every rule, in its fixed order: may we trade at all, this instrument, this price, this size, this risk, this account.
pub const ALL: &[Rule] = &[
    rule(Code::TradingHalted, trading_halted::look),
    rule(Code::AccountNotReconciled, account_not_reconciled::look),
    rule(Code::OutcomeUnknown, outcome_unknown::look),
    rule(Code::InstrumentNotTrading, instrument_not_trading::look),
    rule(Code::InstrumentNotAllowed, instrument_not_allowed::look),
    rule(Code::StalePrice, stale_price::look),
    rule(Code::ReduceOnlyWouldIncrease, reduce_only_would_increase::look),
    rule(Code::LotSize, lot_size::look),
    rule(Code::TickSize, tick_size::look),
    rule(Code::PriceCollar, price_collar::look),
    rule(Code::SlippageCap, slippage_cap::look),
    rule(Code::SelfCross, self_cross::look),
    rule(Code::MinNotional, min_notional::look),
    rule(Code::MaxOrderNotional, max_order_notional::look),
    asking(Code::MaxOrderQty, max_order_qty::look),
    rule(Code::InsufficientBalance, insufficient_balance::look),
    rule(Code::InsufficientMargin, insufficient_margin::look),
    rule(Code::MaxLeverage, max_leverage::look),
    rule(Code::StopRequired, stop_required::look),
    rule(Code::StopInvalid, stop_invalid::look),
    rule(Code::LiquidationDistance, liquidation_distance::look),
    rule(Code::RiskPerTrade, risk_per_trade::look),
    asking(Code::DuplicateOrder, duplicate_order::look),
    rule(Code::RateLimitExceeded, rate_limit_exceeded::look),
    rule(Code::MaxOpenPositions, max_open_positions::look),
    rule(Code::MaxOpenOrders, max_open_orders::look),
    rule(Code::MaxSymbolExposure, max_symbol_exposure::look),
    rule(Code::MaxGrossExposure, max_gross_exposure::look),
    rule(Code::MaxDailyLoss, max_daily_loss::look),
    rule(Code::MaxDrawdown, max_drawdown::look),
];

const fn rule(code: Code, look: fn(&Facts<'_>) -> Finding) -> Rule {
    Rule { code, look, may_ask: false }
}

const fn asking(code: Code, look: fn(&Facts<'_>) -> Finding) -> Rule {
    Rule { code, look, may_ask: true }
}
