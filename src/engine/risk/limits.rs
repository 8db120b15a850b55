//! The numbers behind the rules: a profile per account. Names and defaults are those of the risk table in `docs/risk.md`.

use rust_decimal::{Decimal, dec};

use crate::domain::instrument::Symbol;
use crate::domain::margin::MarginMode;

/// Limits of one account. Shares are fractions of equity; times are milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Largest leverage.
    pub leverage_max: Decimal,
    /// Largest notional of one opening order, as a share of equity.
    pub order_notional_share_max: Decimal,
    /// Largest notional of one opening order in quote currency, where there is one.
    pub order_notional_max: Option<Decimal>,
    /// Largest exposure in one symbol, as a share of equity.
    pub symbol_exposure_share_max: Decimal,
    /// Largest exposure in all symbols together after a spot opening, as a share of equity.
    pub gross_exposure_share_max: Decimal,
    /// The same after a perpetual is opened.
    pub gross_exposure_perp_share_max: Decimal,
    /// Largest number of open positions.
    pub open_positions_max: usize,
    /// Largest number of open orders.
    pub open_orders_max: usize,
    /// Loss at the stop above which a trade is refused, or warned about, as a share of equity.
    pub risk_per_trade_share_max: Decimal,
    /// Whether the risk per trade only warns.
    pub risk_per_trade_warns: bool,
    /// Opening orders allowed in ten seconds.
    pub rate_10s_max: usize,
    /// Opening orders allowed in an hour.
    pub rate_hour_max: usize,
    /// Opening orders allowed in a day.
    pub rate_day_max: usize,
    /// Loss since the start of the UTC day that stops entries until midnight, as a share of the day's first equity.
    pub daily_loss_share_max: Decimal,
    /// Loss from the highest equity that halts the account, as a share of it.
    pub drawdown_share_max: Decimal,
    /// Whether leveraged positions must have a stop.
    pub require_stop: bool,
    /// Nearest distance of a stop, as a share of the entry price.
    pub stop_distance_min: Decimal,
    /// Farthest distance of a stop, as a share of the entry price.
    pub stop_distance_max: Decimal,
    /// Farthest distance of the default stop.
    pub default_stop_max: Decimal,
    /// How many ATRs away the default stop is.
    pub default_stop_atr: Decimal,
    /// Largest share of the way to liquidation at which a stop may lie.
    pub stop_to_liquidation_max: Decimal,
    /// Whether the liquidation guard reduces positions.
    pub liquidation_guard: bool,
    /// Share of the opening distance to liquidation at which half is closed.
    pub guard_halve_at: Decimal,
    /// Share of the opening distance to liquidation at which all is closed.
    pub guard_close_at: Decimal,
    /// Oldest quote that may be traded on.
    pub quote_age_max_ms: i64,
    /// How far through the mid an aggressive limit may lie, majors.
    pub collar_major: Decimal,
    /// The same, other instruments.
    pub collar_other: Decimal,
    /// How far a market order may slip, majors.
    pub slippage_major: Decimal,
    /// The same, other instruments.
    pub slippage_other: Decimal,
    /// How far an emergency close may slip at its first try.
    pub slippage_emergency: Decimal,
    /// How many times the venue's minimum an opening order must be worth.
    pub min_notional_factor: Decimal,
    /// Share of the cost kept free for fees.
    pub fee_buffer: Decimal,
    /// Time in which the same order again needs a second look.
    pub duplicate_window_ms: i64,
    /// How near two quantities are the same order.
    pub duplicate_quantity_share: Decimal,
    /// How many times the person's median quantity needs a second look.
    pub quantity_median_factor: Decimal,
    /// How many earlier orders the median needs to mean anything.
    pub quantity_median_orders_min: usize,
    /// How long a card lives.
    pub card_life_ms: i64,
    /// How far the price may leave the card.
    pub card_band: Decimal,
    /// How long a position may be without a proven stop.
    pub unprotected_max_ms: i64,
    /// How far from the mid a passive limit draws a warning.
    pub passive_warning: Decimal,
    /// Leverage used for long and short without one.
    pub default_leverage: Decimal,
    /// Margin mode of a long or short that names none.
    pub margin_mode: MarginMode,
    /// Symbols that may be traded; empty means all that the venue lists.
    pub symbols: Vec<Symbol>,
}

impl Limits {
    /// Returns the paper profile: the same rules as live, wide enough for experiments.
    pub fn paper() -> Self {
        Self {
            leverage_max: dec!(20),
            order_notional_share_max: dec!(20),
            order_notional_max: None,
            symbol_exposure_share_max: dec!(20),
            gross_exposure_share_max: dec!(20),
            gross_exposure_perp_share_max: dec!(20),
            open_positions_max: 100,
            open_orders_max: 200,
            risk_per_trade_share_max: dec!(0.05),
            risk_per_trade_warns: true,
            rate_10s_max: 60,
            rate_hour_max: 5_000,
            rate_day_max: 5_000,
            daily_loss_share_max: dec!(0.20),
            drawdown_share_max: dec!(0.50),
            ..Self::live()
        }
    }

    /// Returns the profile of an account with real money.
    pub fn live() -> Self {
        Self {
            leverage_max: dec!(3),
            order_notional_share_max: dec!(0.05),
            order_notional_max: Some(dec!(1000)),
            symbol_exposure_share_max: dec!(0.20),
            gross_exposure_share_max: dec!(1),
            gross_exposure_perp_share_max: dec!(2),
            open_positions_max: 5,
            open_orders_max: 20,
            risk_per_trade_share_max: dec!(0.01),
            risk_per_trade_warns: false,
            rate_10s_max: 5,
            rate_hour_max: 30,
            rate_day_max: 100,
            daily_loss_share_max: dec!(0.03),
            drawdown_share_max: dec!(0.10),
            require_stop: true,
            stop_distance_min: dec!(0.003),
            stop_distance_max: dec!(0.15),
            default_stop_max: dec!(0.05),
            default_stop_atr: dec!(2),
            stop_to_liquidation_max: dec!(0.60),
            liquidation_guard: true,
            guard_halve_at: dec!(0.25),
            guard_close_at: dec!(0.10),
            quote_age_max_ms: 5_000,
            collar_major: dec!(0.02),
            collar_other: dec!(0.05),
            slippage_major: dec!(0.005),
            slippage_other: dec!(0.01),
            slippage_emergency: dec!(0.05),
            min_notional_factor: dec!(1.1),
            fee_buffer: dec!(0.01),
            duplicate_window_ms: 30_000,
            duplicate_quantity_share: dec!(0.01),
            quantity_median_factor: dec!(10),
            quantity_median_orders_min: 5,
            card_life_ms: 60_000,
            card_band: dec!(0.005),
            unprotected_max_ms: 10_000,
            passive_warning: dec!(0.20),
            default_leverage: dec!(1),
            margin_mode: MarginMode::Isolated,
            symbols: Vec::new(),
        }
    }
}
