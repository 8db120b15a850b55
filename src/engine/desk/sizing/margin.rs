//! Margin mode of an opening plan, and where the position that it makes would be liquidated.

use crate::domain::cross;
use crate::domain::evidence::{Evidence, EvidenceKind, EvidenceMap};
use crate::domain::instrument::{Instrument, InstrumentId, Market};
use crate::domain::margin::MarginMode;
use crate::domain::money::{Amount, MoneyError, Price, Quantity};
use crate::domain::position::{Execution, Position, after_execution};
use crate::domain::refusal::Code;
use crate::domain::request::OpenRequest;
use crate::domain::time::Timestamp;

use super::levels::Start;
use super::{Sizing, Unplannable};

impl<'a> Sizing<'a> {
    /// Returns the mode of an opening: that of the position or the entries that are there, else what was said, else the
    /// setting's.
    ///
    /// # Errors
    /// [`Unplannable`] if cross was said of spot, or another mode than that of what is there: the venue holds an instrument
    /// in one.
    pub(super) fn margin_mode(
        &self,
        request: &OpenRequest,
        id: &InstrumentId,
        evidence: &mut EvidenceMap,
    ) -> Result<MarginMode, Unplannable> {
        if id.market == Market::Spot {
            return match request.margin_mode {
                Some(MarginMode::Cross) => {
                    let text =
                        format!("Spot has no margin. Do you want the perpetual? Say for example: long {} 2x cross …", id.symbol.base);
                    Err(Unplannable::Ask { text, choices: Vec::new() })
                }
                _ => Ok(MarginMode::Isolated),
            };
        }
        let held = self.book.position(id).and_then(|row| row.position.as_ref()).map(|position| position.margin_mode);
        let entry = || self.book.live_orders_of(id).find(|row| row.leg.opens()).map(|row| row.spec.margin_mode);
        match (held.or_else(entry), request.margin_mode) {
            (Some(there), Some(said)) if there != said => {
                let (there, said) = (there.as_str(), said.as_str());
                let (limit, way) = (format!("{there} margin, which {} has now", id.name()), format!("the same order without “{said}”"));
                Err(Unplannable::refused(Code::NotAllowed, &limit, &format!("{said} margin"), &way))
            }
            (_, Some(said)) => Ok(said),
            (Some(there), None) => {
                if there == MarginMode::Cross {
                    evidence.insert("margin_mode".to_owned(), Evidence::of(EvidenceKind::Account, "what is open in it is cross"));
                }
                Ok(there)
            }
            (None, None) => {
                if self.limits.margin_mode == MarginMode::Cross {
                    evidence.insert("margin_mode".to_owned(), Evidence::default_setting("risk.margin_mode"));
                }
                Ok(self.limits.margin_mode)
            }
        }
    }

    /// Returns where a position that is open would be liquidated.
    pub(super) fn liquidation_of(&self, instrument: &'a Instrument, position: &Position) -> Result<Option<Price>, MoneyError> {
        self.in_wallet(instrument, position, Amount::ZERO)
    }

    /// Returns where the position that an entry makes would be liquidated: the entry's own if it is isolated; if it is cross,
    /// the whole position's, with what the wallet holds then.
    pub(super) fn liquidation_after(&self, start: &Start<'a>, quantity: Quantity, fee: Amount) -> Result<Option<Price>, MoneyError> {
        let id = &start.instrument.id;
        let cross = start.margin_mode == MarginMode::Cross;
        let held = self.book.position(id).and_then(|row| row.position.as_ref()).filter(|_| cross);
        let execution = Execution {
            side: start.direction.closing_side().opposite(),
            quantity,
            price: start.entry,
            leverage: start.leverage,
            margin_mode: start.margin_mode,
            at: Timestamp::from_ms(0),
        };
        let effect = after_execution(id, held, execution)?;
        let cash = effect.realized.minus(effect.margin_change)?.minus(fee)?;
        effect.position.map_or(Ok(None), |position| self.in_wallet(start.instrument, &position, cash))
    }

    /// Returns where a position is liquidated in the wallet as it stands, with its cash changed by `cash_change`.
    fn in_wallet(&self, instrument: &'a Instrument, own: &Position, cash_change: Amount) -> Result<Option<Price>, MoneyError> {
        let held = self.book.positions().filter_map(|row| row.position.as_ref());
        let listed = |id: &InstrumentId| Some((self.instruments.get(id)?, self.quotes.quote(id)?.mark));
        let cash = self.book.balance(&self.book.quote).map_or(Amount::ZERO, |row| row.cash).plus(cash_change)?;
        cross::liquidation_price((own, instrument), cash, held, listed)
    }
}
