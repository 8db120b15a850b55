//! The dozen coins of the simulated market: their rules, and their tempers.
//!
//! Invariant: scales, rules and volatilities are those a trader knows from the large venues; no price is a real one.

use rust_decimal::Decimal;

use crate::domain::instrument::Symbol;
use crate::engine::market::grid::Grid;
use crate::engine::market::listing::Listing;

/// How a coin moves and trades.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Temper {
    /// Annual volatility in the normal regime, jumps apart; all regimes and jumps together give some 1.7 times it.
    pub volatility: f64,
    /// Size of its jumps as a multiple of bitcoin's.
    pub jump_scale: f64,
    /// Share of its moves that all coins have in common, as a correlation.
    pub common: f64,
    /// Usual volume of a day in quote currency.
    pub daily_volume: f64,
    /// Usual quote amount at the first level of the book.
    pub level_depth: f64,
    /// Half of the usual spread as a share of the price.
    pub half_spread: f64,
    /// Usual distance of neighbouring levels as a share of the price.
    pub level_gap: f64,
}

/// One coin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Coin {
    /// Its code; the quote currency is USDT.
    pub base: &'static str,
    /// Price at the beginning, in ticks.
    pub start_ticks: i64,
    /// Decimal places of a price.
    pub tick_scale: u32,
    /// Decimal places of a quantity.
    pub step_scale: u32,
    /// Smallest notional in USDT.
    pub min_notional: i64,
    /// Maintenance margin in thousandths of notional.
    pub maintenance_milli: i64,
    /// Largest leverage.
    pub leverage_max: i64,
    /// Whether it is one of the deep markets.
    pub major: bool,
    /// How it moves and trades.
    pub temper: Temper,
}

impl Coin {
    /// Returns the pair.
    pub fn symbol(&self) -> Symbol {
        Symbol::new(self.base, "USDT")
    }

    /// Returns the grid of its prices.
    pub fn price_grid(&self) -> Grid {
        Grid::of_scale(self.tick_scale)
    }

    /// Returns the grid of its quantities.
    pub fn quantity_grid(&self) -> Grid {
        Grid::of_scale(self.step_scale)
    }

    /// Returns what one step of quantity costs at a price of `ticks`, in quote currency: for the size of volumes only.
    pub fn quote_per_step(&self, ticks: i64) -> f64 {
        ticks as f64 / (self.price_grid().units_per_one() as f64 * self.quantity_grid().units_per_one() as f64)
    }

    /// Returns its rules.
    pub fn listing(&self) -> Listing {
        Listing {
            symbol: self.symbol(),
            tick: self.price_grid().unit(),
            step: self.quantity_grid().unit(),
            min_notional: Decimal::from(self.min_notional),
            maintenance: Decimal::new(self.maintenance_milli, 3),
            leverage_max: Decimal::from(self.leverage_max),
            major: self.major,
        }
    }
}

/// All coins, in the order of their ticks.
pub static COINS: [Coin; 12] = [
    coin("BTC", 600_000, (1, 5), (10, 4, 125), temper(0.29, 1.0, 0.80, 1.5e9, 250_000.0, 0.02, 0.3)),
    coin("ETH", 300_000, (2, 4), (10, 5, 100), temper(0.38, 1.1, 0.75, 8e8, 120_000.0, 0.04, 0.4)),
    coin("SOL", 15_000, (2, 3), (5, 5, 75), temper(0.50, 1.2, 0.65, 3e8, 40_000.0, 0.3, 1.0)),
    coin("BNB", 60_000, (2, 3), (5, 5, 75), temper(0.35, 1.05, 0.65, 1.5e8, 35_000.0, 0.2, 0.6)),
    coin("XRP", 6_000, (4, 1), (5, 5, 75), temper(0.46, 1.2, 0.60, 2e8, 30_000.0, 0.5, 1.7)),
    coin("ADA", 4_500, (4, 1), (5, 10, 50), temper(0.48, 1.2, 0.60, 6e7, 15_000.0, 0.8, 2.2)),
    coin("DOGE", 12_000, (5, 0), (5, 10, 50), temper(0.56, 1.3, 0.60, 1.2e8, 20_000.0, 0.5, 1.0)),
    coin("LINK", 15_000, (3, 2), (5, 10, 50), temper(0.50, 1.2, 0.60, 5e7, 12_000.0, 0.5, 1.0)),
    coin("AVAX", 3_000, (2, 2), (5, 10, 50), temper(0.54, 1.25, 0.60, 5e7, 12_000.0, 1.2, 3.4)),
    coin("LTC", 8_000, (2, 3), (5, 10, 50), temper(0.43, 1.15, 0.60, 4e7, 12_000.0, 0.8, 1.3)),
    coin("SHIB", 2_000, (8, 0), (5, 10, 20), temper(0.56, 1.3, 0.55, 4e7, 10_000.0, 2.0, 5.0)),
    coin("PEPE", 1_000, (8, 0), (5, 10, 20), temper(0.70, 1.5, 0.50, 6e7, 8_000.0, 4.0, 10.0)),
];

/// `scales`: of price and quantity. `rules`: smallest notional, maintenance in thousandths, largest leverage.
const fn coin(base: &'static str, start_ticks: i64, scales: (u32, u32), rules: (i64, i64, i64), temper: Temper) -> Coin {
    Coin {
        base,
        start_ticks,
        tick_scale: scales.0,
        step_scale: scales.1,
        min_notional: rules.0,
        maintenance_milli: rules.1,
        leverage_max: rules.2,
        // The two deepest books; the rest of the desk caps slippage on them more tightly.
        major: rules.2 >= 100,
        temper,
    }
}

/// Spread and gap are given in basis points.
const fn temper(
    volatility: f64,
    jump_scale: f64,
    common: f64,
    daily_volume: f64,
    level_depth: f64,
    half_spread_bp: f64,
    level_gap_bp: f64,
) -> Temper {
    let (half_spread, level_gap) = (half_spread_bp * 1e-4, level_gap_bp * 1e-4);
    Temper { volatility, jump_scale, common, daily_volume, level_depth, half_spread, level_gap }
}
