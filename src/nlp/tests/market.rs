//! The instruments of the language tests.

use rust_decimal::dec;

use crate::domain::instrument::{Instrument, InstrumentId, InstrumentStatus, Market, Symbol};
use crate::domain::money::{Amount, Leverage, Price, Quantity, Ratio};
use crate::domain::order_types::OrderTypes;
use crate::nlp::lexicon::Lexicon;

/// Bases of the test market, spot and perpetual each.
pub const BASES: &[&str] = &["BTC", "ETH", "SOL", "XRP", "DOGE", "ADA", "AVAX", "LINK", "BNB", "LTC", "PEPE", "1INCH", "W"];

/// Returns a lexicon of [`BASES`] against USDT.
pub fn lexicon() -> Lexicon {
    let instruments: Vec<Instrument> = BASES
        .iter()
        .flat_map(|base| [Market::Spot, Market::Perp].map(|market| instrument(InstrumentId::new(Symbol::new(base, "USDT"), market))))
        .collect();
    Lexicon::new(&instruments)
}

fn instrument(id: InstrumentId) -> Instrument {
    Instrument {
        id,
        tick: Price::new(dec!(0.01)).unwrap(),
        step: Quantity::new(dec!(0.001)).unwrap(),
        min_notional: Amount::new(dec!(5)).unwrap(),
        maker_fee: Ratio::new(dec!(0.001)).unwrap(),
        taker_fee: Ratio::new(dec!(0.001)).unwrap(),
        maintenance: Ratio::ZERO,
        brackets: Vec::new(),
        leverage_max: Leverage::new(dec!(50)).unwrap(),
        major: false,
        status: InstrumentStatus::Trading,
        order_types: OrderTypes::all(),
    }
}
