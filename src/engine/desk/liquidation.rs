//! Where margin runs out, for a position as this step leaves it: its own if it is isolated, the wallet's if it is cross.

use crate::domain::cross;
use crate::domain::instrument::InstrumentId;
use crate::domain::margin::MarginMode;
use crate::domain::money::{Amount, MoneyError, Price, Ratio};
use crate::domain::position::Position;
use crate::engine::ports::Quotes;

use super::draft::Draft;
use super::machine::Desk;

impl Desk {
    /// Returns where a position's margin runs out; nothing where no price does, or while another cross position has no price.
    pub(super) fn liquidation_price(&self, d: &Draft<'_>, quotes: &dyn Quotes, position: &Position) -> Result<Option<Price>, MoneyError> {
        let Some(instrument) = self.instruments.get(&position.instrument) else { return Ok(None) };
        let held = d.positions().into_iter().filter_map(|row| row.position.as_ref());
        let listed = |id: &InstrumentId| Some((self.instruments.get(id)?, quotes.quote(id)?.mark));
        cross::liquidation_price((position, instrument), d.cash(&self.book.quote), held, listed)
    }

    /// Returns the losses that stand open in cross positions together, zero or below: the venue lets no order spend them. What
    /// has no price counts nothing here; without it the equity is unknown, and that denies.
    pub(super) fn cross_loss(&self, quotes: &dyn Quotes) -> Result<Amount, MoneyError> {
        let held = self.book.positions().filter_map(|row| row.position.as_ref());
        let mut sum = Amount::ZERO;
        for position in held.filter(|position| position.margin_mode == MarginMode::Cross) {
            if let Some(quote) = quotes.quote(&position.instrument) {
                sum = sum.plus(position.unrealized(quote.mark)?)?;
            }
        }
        Ok(sum.min(Amount::ZERO))
    }

    /// Returns |mark − liquidation| ÷ mark, if the position can be liquidated.
    pub(super) fn liquidation_distance(&self, d: &Draft<'_>, quotes: &dyn Quotes, position: &Position, mark: Price) -> Option<Ratio> {
        let liquidation = self.liquidation_price(d, quotes, position).ok().flatten()?;
        liquidation.change_from(mark).ok().map(Ratio::magnitude)
    }
}
