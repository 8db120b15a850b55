//! Cross margin: positions that stand for each other's losses, together with the wallet's cash.
//!
//! The venue liquidates by these figures and the Desk warns by them, so that they agree to the last digit (invariant I6).
//! Isolated positions and spot holdings are no part of it.

use super::instrument::{Instrument, InstrumentId};
use super::margin::MarginMode;
use super::money::{Amount, MoneyError, Price};
use super::position::Position;

/// Returns where a position is liquidated, whatever its mode: by its own margin, or by the wallet of `cash` and what is
/// `held` besides. Nothing where no price does, or while another cross position has no price.
///
/// # Errors
/// [`MoneyError`] if the numbers cannot be held.
pub fn liquidation_price<'a, 'p>(
    (position, instrument): (&Position, &'a Instrument),
    cash: Amount,
    held: impl IntoIterator<Item = &'p Position>,
    listed: impl Fn(&InstrumentId) -> Option<(&'a Instrument, Price)>,
) -> Result<Option<Price>, MoneyError> {
    if position.margin_mode == MarginMode::Isolated {
        return instrument.liquidation_price(position);
    }
    // The formula does not ask for the position's own mark.
    let mut legs = vec![CrossLeg { position: position.clone(), instrument, mark: position.entry_price()? }];
    let others = held.into_iter().filter(|other| other.margin_mode == MarginMode::Cross && other.instrument != position.instrument);
    for other in others {
        let Some((instrument, mark)) = listed(&other.instrument) else { return Ok(None) };
        legs.push(CrossLeg { position: other.clone(), instrument, mark });
    }
    CrossWallet { cash, legs }.liquidation_price(&position.instrument)
}

/// A cross position at its mark price.
#[derive(Debug, Clone)]
pub struct CrossLeg<'a> {
    /// The position.
    pub position: Position,
    /// Its instrument.
    pub instrument: &'a Instrument,
    /// Its mark price.
    pub mark: Price,
}

impl CrossLeg<'_> {
    fn unrealized(&self) -> Result<Amount, MoneyError> {
        self.position.unrealized(self.mark)
    }

    fn maintenance(&self) -> Result<Amount, MoneyError> {
        self.instrument.maintenance_margin(self.mark.notional(self.position.quantity)?)
    }
}

/// A wallet and its cross positions.
#[derive(Debug, Clone)]
pub struct CrossWallet<'a> {
    /// Cash, without any margin.
    pub cash: Amount,
    /// The cross positions, each instrument once.
    pub legs: Vec<CrossLeg<'a>>,
}

impl CrossWallet<'_> {
    /// Returns the margin balance: cash, the margins of the cross positions, and their unrealised profit and loss.
    ///
    /// # Errors
    /// [`MoneyError`] if the numbers cannot be held.
    pub fn equity(&self) -> Result<Amount, MoneyError> {
        self.legs.iter().try_fold(self.cash, |sum, leg| sum.plus(leg.position.margin)?.plus(leg.unrealized()?))
    }

    /// Returns the maintenance margin of all cross positions.
    ///
    /// # Errors
    /// [`MoneyError`] if the numbers cannot be held.
    pub fn maintenance(&self) -> Result<Amount, MoneyError> {
        self.legs.iter().try_fold(Amount::ZERO, |sum, leg| sum.plus(leg.maintenance()?))
    }

    /// Tells whether the margin balance is down to the maintenance margin: the venue begins to liquidate.
    ///
    /// # Errors
    /// [`MoneyError`] if the numbers cannot be held.
    pub fn is_due(&self) -> Result<bool, MoneyError> {
        Ok(!self.legs.is_empty() && self.equity()? <= self.maintenance()?)
    }

    /// Returns the position that is liquidated first: the one with the largest unrealised loss, of equal ones the first by
    /// name. After each the balance is looked at again, so that no more is closed than must be.
    ///
    /// # Errors
    /// [`MoneyError`] if the numbers cannot be held.
    pub fn first_to_close(&self) -> Result<Option<InstrumentId>, MoneyError> {
        let mut worst: Option<(Amount, &InstrumentId)> = None;
        for leg in &self.legs {
            let next = (leg.unrealized()?, &leg.position.instrument);
            worst = Some(worst.map_or(next, |worst| worst.min(next)));
        }
        Ok(worst.map(|(_, instrument)| instrument.clone()))
    }

    /// Returns the losses that stand open in the cross positions together: zero, or below. They cannot be spent.
    ///
    /// # Errors
    /// [`MoneyError`] if the numbers cannot be held.
    pub fn open_loss(&self) -> Result<Amount, MoneyError> {
        let sum = self.legs.iter().try_fold(Amount::ZERO, |sum, leg| sum.plus(leg.unrealized()?))?;
        Ok(sum.min(Amount::ZERO))
    }

    /// Returns the mark price of one instrument at which liquidation begins while all others stand still; `None` where no
    /// price above zero does.
    ///
    /// `(WB − TMM + UPNL + cum − side × q × entry) ÷ (q × MMR − side × q)`, with WB the cash and margins of the cross
    /// positions, TMM and UPNL the maintenance margin and unrealised profit of the others, MMR and cum the rate and amount
    /// of the bracket (Binance, “How to calculate liquidation price of USDⓈ-M futures contracts”, one-way mode). It is the
    /// isolated formula with `WB − TMM + UPNL` in place of the margin.
    ///
    /// # Errors
    /// [`MoneyError`] if the numbers cannot be held.
    pub fn liquidation_price(&self, instrument: &InstrumentId) -> Result<Option<Price>, MoneyError> {
        let Some(own) = self.legs.iter().find(|leg| leg.position.instrument == *instrument) else { return Ok(None) };
        let mut collateral = self.cash.plus(own.position.margin)?;
        for leg in self.legs.iter().filter(|leg| leg.position.instrument != *instrument) {
            collateral = collateral.plus(leg.position.margin)?.plus(leg.unrealized()?)?.minus(leg.maintenance()?)?;
        }
        own.instrument.liquidation_price(&Position { margin: collateral, ..own.position.clone() })
    }
}
