//! The account's limits by name. The numbers and their defaults live in [`Limits`]; here each gets its form.
//!
//! Invariant: every field of [`Limits`] has a key (the macro below does not compile otherwise).

use crate::engine::risk::limits::Limits;

use super::form;
use super::key::{Key, key};

macro_rules! limit {
    ($field:ident, $variable:expr, $about:literal, optional $form:path) => {
        key!(concat!("risk.", stringify!($field)), $variable, $about, optional $form, risk.$field)
    };
    ($field:ident, $variable:expr, $about:literal, $form:path) => {
        key!(concat!("risk.", stringify!($field)), $variable, $about, $form, risk.$field)
    };
}

macro_rules! limits {
    ($($field:ident: [$($form:tt)+] $about:literal $(= $variable:literal)?;)+) => {
        /// The keys of this table.
        pub const KEYS: &[Key] = &[$(limit!($field, limits!(@variable $($variable)?), $about, $($form)+)),+];

        /// Does nothing; a limit without a key stops it from compiling.
        const fn every_limit_has_a_key(limits: &Limits) {
            let Limits { $($field: _),+ } = limits;
        }
    };
    (@variable) => { None };
    (@variable $variable:literal) => { Some($variable) };
}

const _: fn(&Limits) = every_limit_has_a_key;

limits! {
    require_stop: [form::FLAG] "Whether a leveraged position must have a stop; false on paper only.";
    liquidation_guard: [form::FLAG] "Whether positions are reduced on their way to liquidation; false on paper only.";
    leverage_max: [form::LEVERAGE] "Largest leverage.";
    default_leverage: [form::LEVERAGE] "Leverage of a long or short that names none.";
    margin_mode: [form::MARGIN_MODE] "Margin of a long or short that names none: isolated, or cross, which the whole wallet stands for.";
    order_notional_share_max: [form::EQUITY_MULTIPLE] "Largest opening order, as a multiple of equity.";
    order_notional_max: [optional form::AMOUNT] "Largest opening order in USDT.";
    symbol_exposure_share_max: [form::EQUITY_MULTIPLE] "Largest exposure in one symbol, as a multiple of equity.";
    gross_exposure_share_max: [form::EQUITY_MULTIPLE] "Largest exposure in all symbols together after a spot opening, as a multiple of equity.";
    gross_exposure_perp_share_max: [form::EQUITY_MULTIPLE] "The same after a perpetual is opened.";
    open_positions_max: [form::COUNT] "Largest number of open positions." = "MAX_POSITIONS";
    open_orders_max: [form::COUNT] "Largest number of open orders.";
    symbols: [form::SYMBOLS] "Pairs that may be traded; an empty list allows all that the venue lists.";
    risk_per_trade_share_max: [form::FRACTION] "Largest loss at the stop of one trade, as a fraction of equity.";
    risk_per_trade_warns: [form::FLAG] "Whether a larger loss at the stop only warns.";
    daily_loss_share_max: [form::FRACTION] "Loss since midnight UTC that stops entries for the day, as a fraction of the day's first equity.";
    drawdown_share_max: [form::FRACTION] "Loss from the highest equity that halts the account, as a fraction of it.";
    rate_10s_max: [form::COUNT] "Opening orders in ten seconds.";
    rate_hour_max: [form::COUNT] "Opening orders in an hour.";
    rate_day_max: [form::COUNT] "Opening orders in a day.";
    stop_distance_min: [form::FRACTION] "Nearest distance of a stop, as a fraction of the entry price.";
    stop_distance_max: [form::FRACTION] "Farthest distance of a stop, as a fraction of the entry price.";
    default_stop_max: [form::FRACTION] "Farthest distance of the default stop, as a fraction of the entry price.";
    default_stop_atr: [form::FACTOR] "How many average true ranges (14 bars of one hour) away the default stop is.";
    stop_to_liquidation_max: [form::FRACTION] "Largest fraction of the way to liquidation at which a stop may lie.";
    guard_halve_at: [form::FRACTION] "Fraction of the first distance to liquidation at which half is closed.";
    guard_close_at: [form::FRACTION] "Fraction of the first distance to liquidation at which all is closed.";
    unprotected_max_ms: [form::MILLISECONDS] "How long a position may be without a proven stop, in milliseconds.";
    quote_age_max_ms: [form::MILLISECONDS] "Oldest quote that may be traded on, in milliseconds of market time.";
    collar_major: [form::FRACTION] "How far through the mid an aggressive limit may lie, BTC and ETH.";
    collar_other: [form::FRACTION] "The same, other pairs.";
    slippage_major: [form::FRACTION] "How far a market order may slip, BTC and ETH.";
    slippage_other: [form::FRACTION] "The same, other pairs.";
    slippage_emergency: [form::FRACTION] "How far an emergency close may slip at its first try.";
    passive_warning: [form::FRACTION] "Distance from the mid at which a passive limit draws a warning.";
    min_notional_factor: [form::FACTOR] "How many times the venue's minimum an opening order must be worth.";
    fee_buffer: [form::FRACTION_OR_ZERO] "Fraction of an order's cost that is kept free for fees.";
    duplicate_window_ms: [form::MILLISECONDS] "Time in which the same order again needs a second card, in milliseconds.";
    duplicate_quantity_share: [form::FRACTION_OR_ZERO] "How near two quantities are the same order, as a fraction.";
    quantity_median_factor: [form::FACTOR] "How many times a person's usual quantity needs a second card.";
    quantity_median_orders_min: [form::COUNT] "How many earlier orders make a usual quantity.";
    card_life_ms: [form::MILLISECONDS] "How long a card can be tapped, in milliseconds.";
    card_band: [form::FRACTION] "How far the price may leave the card, as a fraction.";
}

/// Returns the limits that cannot hold together, each with a sentence.
pub fn contradictions(limits: &Limits) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    let mut check = |holds: bool, name: &'static str, sentence: String| {
        if !holds {
            found.push((name, sentence));
        }
    };
    check(
        limits.stop_distance_min < limits.stop_distance_max,
        "risk.stop_distance_min",
        format!("must be below risk.stop_distance_max, which is {}.", limits.stop_distance_max),
    );
    check(
        limits.default_stop_max <= limits.stop_distance_max && limits.default_stop_max >= limits.stop_distance_min,
        "risk.default_stop_max",
        format!(
            "must lie between risk.stop_distance_min ({}) and risk.stop_distance_max ({}), or the default stop would be denied.",
            limits.stop_distance_min, limits.stop_distance_max
        ),
    );
    check(
        limits.guard_close_at < limits.guard_halve_at,
        "risk.guard_close_at",
        format!("must be below risk.guard_halve_at, which is {}.", limits.guard_halve_at),
    );
    check(
        limits.default_leverage <= limits.leverage_max,
        "risk.default_leverage",
        format!("must not be above risk.leverage_max, which is {}.", limits.leverage_max),
    );
    check(
        limits.rate_10s_max <= limits.rate_hour_max && limits.rate_hour_max <= limits.rate_day_max,
        "risk.rate_hour_max",
        format!(
            "the rates must not fall with time: rate_10s_max {} ≤ rate_hour_max {} ≤ rate_day_max {}.",
            limits.rate_10s_max, limits.rate_hour_max, limits.rate_day_max
        ),
    );
    found
}
