//! Protect plans: a stop or targets for a position that is open.

use rust_decimal::Decimal;

use crate::domain::evidence::{Evidence, EvidenceKind};
use crate::domain::ids::SourceKey;
use crate::domain::instrument::{Instrument, InstrumentId, Market};
use crate::domain::money::{Amount, MoneyError, Price, Ratio, Rounding};
use crate::domain::plan::{ExitChange, Figures, Plan, PlanKind, StopPlan};
use crate::domain::position::{Direction, Position};
use crate::domain::refusal::Code;
use crate::domain::request::{CloseRequest, LevelSpec, ProtectRequest, StopChange, TargetChange};

use super::levels::{Start, stop_trigger, targets};
use super::open::{liquidation_rule, loss_at};
use super::{Sizing, Unplannable};

impl Sizing<'_> {
    /// Returns the plan that changes a position's exits.
    ///
    /// # Errors
    /// [`Unplannable`] if there is no such position, or if it is not clear which one.
    pub fn protect(&self, key: &SourceKey, request: &ProtectRequest) -> Result<Plan, Unplannable> {
        let id = self.protected(request)?;
        self.protect_instrument(key, &id, request)
    }

    /// Returns the plan that changes the exits of the position in one instrument.
    ///
    /// # Errors
    /// [`Unplannable`] if there is no such position.
    pub fn protect_instrument(&self, key: &SourceKey, id: &InstrumentId, request: &ProtectRequest) -> Result<Plan, Unplannable> {
        let instrument = self.instrument(&id.symbol, id.market)?;
        let Some(position) = self.book.position(id).and_then(|row| row.position.clone()) else {
            return Err(Unplannable::refused(Code::NoPosition, "an open position", "none", "nothing is open"));
        };
        let quote = self.quote(id)?;
        let mut evidence = request.evidence.clone();
        let entry = position.entry_price()?;
        let (leverage, margin_mode) = (position.leverage, position.margin_mode);
        let start = Start { instrument, direction: position.direction, entry, leverage, margin_mode };
        let followed = self.trailing(None, &request.upkeep, &Start { entry: quote.mark, ..start }, &mut evidence)?;
        let stop = match request.stop.or(followed.map(StopChange::Trail)) {
            Some(StopChange::Remove) if id.market == Market::Perp && self.limits.require_stop => {
                let limit = "a stop on every leveraged position";
                return Err(Unplannable::refused(Code::StopRequired, limit, "no stop", "a stop elsewhere, or close the position"));
            }
            Some(StopChange::Remove) | None => None,
            Some(change) => Some(stop_of(change, instrument, &position, quote.mark)?),
        };
        let wanted = match &request.targets {
            Some(TargetChange::Set(wanted)) => targets(position.direction, entry, wanted, instrument.tick, &mut evidence)?,
            Some(TargetChange::Remove) | None => Vec::new(),
        };
        evidence.insert("quantity".to_owned(), Evidence::of(EvidenceKind::Account, "all of the position"));
        evidence.insert("price".to_owned(), Evidence::of(EvidenceKind::Quote, "mark price"));
        evidence.insert("leverage".to_owned(), Evidence::of(EvidenceKind::Account, "the position"));
        evidence.insert("margin".to_owned(), Evidence::of(EvidenceKind::Account, "the position"));
        evidence.insert("notional".to_owned(), Evidence::computed("quantity × mark price"));
        evidence.insert("fee".to_owned(), Evidence::computed("none until an exit fills"));
        if id.market == Market::Perp {
            evidence.insert(
                "liquidation_price".to_owned(),
                liquidation_rule(instrument, quote.mark.notional(position.quantity)?, position.margin_mode)?,
            );
        }
        if let Some(distance) = stop.as_ref().and_then(|stop| stop.trailing) {
            evidence.insert("stop".to_owned(), Evidence::computed(format!("{} % behind the mark, which it follows", distance.percent())));
        }
        let changes_stop = request.stop.is_some() || stop.is_some();
        if stop.is_some() {
            evidence.insert("loss_at_stop".to_owned(), Evidence::computed("quantity × distance from the entry to the stop + exit fee"));
        }
        Ok(Plan {
            id: self.ids.plan(key),
            account: self.account(),
            key: key.clone(),
            kind: PlanKind::Protect,
            instrument: id.clone(),
            side: position.direction.closing_side(),
            direction: position.direction,
            order: None,
            leverage: position.leverage,
            margin_mode: position.margin_mode,
            upkeep: self.upkeep(&request.upkeep, &start, self.has_targets(id) || !wanted.is_empty())?,
            figures: self.protect_figures(instrument, &position, stop.as_ref(), quote.mark)?,
            stop,
            targets: wanted,
            exits: ExitChange { stop: changes_stop, targets: request.targets.is_some() },
            evidence,
            warnings: Vec::new(),
            quote,
            source: self.quotes.source(),
            made_at: self.now,
        })
    }

    fn protected(&self, request: &ProtectRequest) -> Result<InstrumentId, Unplannable> {
        use crate::domain::request::{AmountSpec, CloseWhich};
        let which = request.symbol.clone().map_or(CloseWhich::Only, CloseWhich::Symbol);
        let lookup =
            CloseRequest { which, market: None, amount: AmountSpec::Share(Ratio::ONE), at_once: false, evidence: Default::default() };
        match self.which(&lookup) {
            Ok(ids) => {
                ids.into_iter().next().ok_or_else(|| Unplannable::refused(Code::NoPosition, "an open position", "none", "nothing is open"))
            }
            Err(Unplannable::Ask { .. }) => Err(Unplannable::Ask {
                text: "Which position do you mean? Name its pair, and spot or perp.".to_owned(),
                choices: Vec::new(),
            }),
            Err(refused) => Err(refused),
        }
    }

    fn protect_figures(
        &self,
        instrument: &Instrument,
        position: &Position,
        stop: Option<&StopPlan>,
        mark: Price,
    ) -> Result<Figures, MoneyError> {
        let entry = position.entry_price()?;
        let (leverage, margin_mode) = (position.leverage, position.margin_mode);
        let start = Start { instrument, direction: position.direction, entry, leverage, margin_mode };
        let loss_at_stop = stop.map(|stop| loss_at(&start, entry, stop.trigger, position.quantity, Amount::ZERO)).transpose()?;
        Ok(Figures {
            price: mark,
            notional: mark.notional(position.quantity)?,
            margin: position.margin,
            fee: Amount::ZERO,
            liquidation_price: self.liquidation_of(instrument, position)?,
            loss_at_stop,
            reward_risk: None,
        })
    }
}

fn stop_of(change: StopChange, instrument: &Instrument, position: &Position, mark: Price) -> Result<StopPlan, Unplannable> {
    let direction = position.direction;
    match change {
        StopChange::Set(level) => {
            Ok(StopPlan { trigger: stop_trigger(direction, position.entry_price()?, level, instrument.tick)?, trailing: None })
        }
        StopChange::Trail(distance) => {
            let trigger = stop_trigger(direction, mark, LevelSpec::Distance(distance), instrument.tick)?;
            Ok(StopPlan { trigger, trailing: Some(distance) })
        }
        StopChange::BreakEven => Ok(StopPlan { trigger: break_even(instrument, position)?, trailing: None }),
        StopChange::Remove => Err(Unplannable::refused(Code::StopInvalid, "a place for the stop", "none", "a price or a distance")),
    }
}

/// Returns the price at which closing gives back what was paid, both taker fees included, rounded away from a loss.
pub(in crate::engine::desk) fn break_even(instrument: &Instrument, position: &Position) -> Result<Price, MoneyError> {
    let entry = position.entry_price()?;
    let fees = instrument.taker_fee.value() * Decimal::TWO;
    let (signed, rounding) = match position.direction {
        Direction::Long => (fees, Rounding::Up),
        Direction::Short => (-fees, Rounding::Down),
    };
    entry.moved_by(Ratio::new(signed)?)?.to_tick(instrument.tick, rounding)
}
