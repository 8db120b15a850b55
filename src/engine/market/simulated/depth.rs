//! The order book around a price.
//!
//! Invariant: both sides have at least one level, bids fall and asks rise strictly, the best bid is below the best
//! ask, and everything lies on the grids.

use super::coin::Coin;
use super::dice::Dice;
use crate::domain::market::{Level, Print};
use crate::domain::money::Price;
use crate::domain::order::Side;
use crate::engine::market::grid::Grid;

/// Levels of a side.
pub const LEVELS: usize = 10;

/// A book and the price it stands around.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Depth {
    /// The price between the sides.
    pub mark: Price,
    /// The same in ticks.
    pub mark_ticks: i64,
    /// Bids, best first.
    pub bids: Vec<Level>,
    /// Asks, best first.
    pub asks: Vec<Level>,
}

/// What the book of a coin is made of.
#[derive(Debug, Clone)]
pub struct Bookmaker {
    prices: Grid,
    quantities: Grid,
    half_spread: f64,
    level_gap: f64,
    level_depth: f64,
    /// What one step of quantity costs at a price of one tick, in quote currency.
    quote_per_step: f64,
}

impl Bookmaker {
    /// Returns the maker of a coin's books.
    pub fn new(coin: &Coin) -> Self {
        let (prices, quantities) = (coin.price_grid(), coin.quantity_grid());
        Self {
            prices,
            quantities,
            half_spread: coin.temper.half_spread,
            level_gap: coin.temper.level_gap,
            level_depth: coin.temper.level_depth,
            quote_per_step: coin.quote_per_step(1),
        }
    }

    /// Returns a book around `price` (in ticks); agitation widens and thins it. `None` if the price is off the scale.
    pub fn book(&self, dice: &mut Dice, price: f64, agitation: f64) -> Option<Depth> {
        let wide = 0.6 + 0.4 * agitation.min(8.0);
        let half = price * self.half_spread * wide;
        let bid = (libm::floor(price - half) as i64).max(1);
        let ask = (libm::ceil(price + half) as i64).max(bid + 1);
        let mark_ticks = (libm::round(price) as i64).clamp(bid, ask);
        let thin = 0.5 + 0.5 * agitation.min(4.0);
        let depth = self.level_depth / thin;
        // Twice the mean gap is the largest one.
        let gap_span = (2.0 * price * self.level_gap).max(1.0);
        let bids = self.side(dice, bid, -1, gap_span, depth);
        let asks = self.side(dice, ask, 1, gap_span, depth);
        if bids.is_empty() || asks.is_empty() {
            return None;
        }
        Some(Depth { mark: self.prices.price(mark_ticks)?, mark_ticks, bids, asks })
    }

    fn side(&self, dice: &mut Dice, best: i64, direction: i64, gap_span: f64, depth: f64) -> Vec<Level> {
        let mut levels = Vec::with_capacity(LEVELS);
        let mut ticks = best;
        for index in 0..LEVELS {
            // One word gives both numbers of a level.
            let word = dice.word();
            let (gap, size) = (fraction(word as u32), fraction((word >> 32) as u32));
            let Some(price) = self.prices.price(ticks) else { break };
            let quote = depth * (0.6 + 0.15 * index as f64) * (0.4 + 1.2 * size);
            levels.push(Level { price, quantity: self.quantities.quantity(self.steps(quote, ticks).max(1)) });
            ticks += direction * (1 + (gap * gap_span) as i64);
        }
        levels
    }

    /// Returns the trade that `volume` (in quote currency) makes on a side of the book; `None` if it is below one step.
    pub fn print(&self, depth: &Depth, aggressor: Side, volume: f64) -> Option<Print> {
        let price = match aggressor {
            Side::Buy => depth.asks.first()?.price,
            Side::Sell => depth.bids.first()?.price,
        };
        let steps = self.steps(volume, depth.mark_ticks);
        (steps > 0).then(|| Print { price, quantity: self.quantities.quantity(steps), aggressor })
    }

    /// Returns how many steps of quantity `quote` buys at `ticks`.
    fn steps(&self, quote: f64, ticks: i64) -> i64 {
        (quote / (self.quote_per_step * ticks as f64)) as i64
    }
}

/// Maps all 32-bit numbers evenly onto zero to one.
fn fraction(bits: u32) -> f64 {
    f64::from(bits) / 4_294_967_296.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::coin::COINS;
    use super::*;

    proptest! {
        #[test]
        fn every_book_is_ordered_and_on_its_grids(
            which in 0..COINS.len(), seed in any::<u64>(), factor in 0.05..20.0, agitation in 0.0..30.0, volume in 0.0..1e9,
        ) {
            let coin = &COINS[which];
            let maker = Bookmaker::new(coin);
            let depth = maker.book(&mut Dice::new(seed, "book"), coin.start_ticks as f64 * factor, agitation).unwrap();
            prop_assert_eq!((depth.bids.len(), depth.asks.len()), (LEVELS, LEVELS));
            prop_assert!(depth.bids.is_sorted_by(|a, b| a.price > b.price));
            prop_assert!(depth.asks.is_sorted_by(|a, b| a.price < b.price));
            prop_assert!(depth.bids[0].price < depth.asks[0].price);
            prop_assert!(depth.bids[0].price <= depth.mark && depth.mark <= depth.asks[0].price);
            let [spot, _] = coin.listing().instruments(super::super::tests::fees()).unwrap();
            for level in depth.bids.iter().chain(&depth.asks) {
                prop_assert!(level.price.is_multiple_of(spot.tick) && level.quantity.is_multiple_of(spot.step));
                prop_assert!(!level.quantity.is_zero());
            }
            if let Some(print) = maker.print(&depth, Side::Sell, volume) {
                prop_assert!(print.price == depth.bids[0].price && print.quantity.is_multiple_of(spot.step));
            }
        }
    }
}
