//! What a market source says of a coin, and the two instruments that follow from it.
//!
//! Invariant: each coin is listed on spot and as a perpetual on one grid, so one price path can drive both.

use rust_decimal::{Decimal, dec};

use crate::domain::instrument::{Instrument, InstrumentId, InstrumentStatus, Market, Symbol};
use crate::domain::maintenance::Bracket;
use crate::domain::money::{Amount, Leverage, MoneyError, Price, Quantity, Ratio};
use crate::domain::order_types::OrderTypes;

/// Fee rates of a venue as shares of notional.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fees {
    /// Rate of a resting order that is hit.
    pub maker: Ratio,
    /// Rate of an order that takes from the book.
    pub taker: Ratio,
}

/// Which pairs a market source lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SymbolChoice {
    /// All it has.
    All,
    /// These, each once.
    Only(Vec<Symbol>),
}

/// The rules of one coin, common to its spot market and its perpetual.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// The pair.
    pub symbol: Symbol,
    /// Prices are multiples of this.
    pub tick: Decimal,
    /// Quantities are multiples of this.
    pub step: Decimal,
    /// Smallest quote amount of an order that opens.
    pub min_notional: Decimal,
    /// Maintenance margin of the perpetual as a share of notional.
    pub maintenance: Decimal,
    /// Largest leverage of the perpetual.
    pub leverage_max: Decimal,
    /// Whether it is one of the deep markets.
    pub major: bool,
}

/// Floors in quote currency and rates of the deep markets' brackets: the ladder that traders know from large venues.
const MAJOR: [(i64, Decimal); 5] =
    [(50_000, dec!(0.005)), (600_000, dec!(0.01)), (3_000_000, dec!(0.02)), (12_000_000, dec!(0.05)), (70_000_000, dec!(0.1))];
/// The same of the others.
const OTHER: [(i64, Decimal); 4] = [(50_000, dec!(0.01)), (250_000, dec!(0.025)), (1_000_000, dec!(0.05)), (2_500_000, dec!(0.1))];

/// Returns the brackets above a first one with this rate.
fn brackets(maintenance: Decimal, major: bool) -> Result<Vec<Bracket>, MoneyError> {
    let ladder: &[(i64, Decimal)] = if major { &MAJOR } else { &OTHER };
    let above = ladder.iter().filter(|(_, rate)| *rate > maintenance);
    above.map(|(floor, rate)| Ok(Bracket { floor: Amount::new(Decimal::from(*floor))?, rate: Ratio::new(*rate)? })).collect()
}

impl Listing {
    /// Returns the coin on spot and as a perpetual, in this order.
    ///
    /// # Errors
    /// [`MoneyError`] if a rule is out of its type's range.
    pub fn instruments(&self, fees: Fees) -> Result<[Instrument; 2], MoneyError> {
        Ok([
            self.instrument(Market::Spot, Decimal::ZERO, Decimal::ONE, fees)?,
            self.instrument(Market::Perp, self.maintenance, self.leverage_max, fees)?,
        ])
    }

    fn instrument(&self, market: Market, maintenance: Decimal, leverage_max: Decimal, fees: Fees) -> Result<Instrument, MoneyError> {
        Ok(Instrument {
            id: InstrumentId::new(self.symbol.clone(), market),
            tick: Price::new(self.tick)?,
            step: Quantity::new(self.step)?,
            min_notional: Amount::new(self.min_notional)?,
            maker_fee: fees.maker,
            taker_fee: fees.taker,
            maintenance: Ratio::new(maintenance)?,
            brackets: if market == Market::Perp { brackets(maintenance, self.major)? } else { Vec::new() },
            leverage_max: Leverage::new(leverage_max)?,
            major: self.major,
            status: InstrumentStatus::Trading,
            order_types: OrderTypes::all(),
        })
    }
}
