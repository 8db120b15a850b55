//! Of which kind a stop rests at the venue: a stop-limit where a limit was said, a trailing stop where the venue moves it.

use crate::domain::evidence::{Evidence, EvidenceMap};
use crate::domain::instrument::Instrument;
use crate::domain::money::{Amount, MoneyError, Price, Rounding};
use crate::domain::order::OrderType;
use crate::domain::plan::StopPlan;
use crate::domain::position::Direction;
use crate::domain::refusal::Code;
use crate::domain::trail::{Callback, Trail};
use crate::domain::upkeep::{Upkeep, UpkeepSpec};

use super::entry::Entry;
use super::levels::Start;
use super::{Sizing, Unplannable};

impl Sizing<'_> {
    /// Returns the stop as it rests at the venue. Where the venue does not trail, the account's ladder does.
    ///
    /// # Errors
    /// [`Unplannable`] if it is to have a limit and cannot.
    pub(super) fn stop_kind(
        &self,
        stop: Option<StopPlan>,
        (spec, upkeep): (&UpkeepSpec, &Upkeep),
        start: &Start<'_>,
        evidence: &mut EvidenceMap,
    ) -> Result<Option<StopPlan>, Unplannable> {
        let Some(stop) = stop else {
            return if spec.stop_limit.is_some() { Err(no_place("no stop")) } else { Ok(None) };
        };
        if let Some(limit) = spec.stop_limit {
            return self.with_limit(stop, limit, start).map(Some);
        }
        let Some(share) = stop.trailing.filter(|_| stop.at_venue.is_none()) else { return Ok(Some(stop)) };
        if !start.instrument.order_types.permits(OrderType::TrailingStop) {
            return Ok(Some(stop));
        }
        let callback = match self.distance(spec, start)? {
            Some(distance) => Callback::Distance(distance),
            None => Callback::Share(share),
        };
        let at_venue = Some(Trail { callback, from: upkeep.trail_from });
        evidence.insert("trailed_by".to_owned(), Evidence::computed("the venue moves it after the mark"));
        Ok(Some(StopPlan { at_venue, ..stop }))
    }

    /// Returns a distance that was said in average true ranges, on the tick and at least one.
    fn distance(&self, spec: &UpkeepSpec, start: &Start<'_>) -> Result<Option<Price>, MoneyError> {
        let range = spec.trail_atr.and_then(|multiple| Some((multiple, self.quotes.atr_1h(&start.instrument.id)?)));
        let Some((multiple, atr)) = range else { return Ok(None) };
        let tick = start.instrument.tick;
        let distance = Amount::new(atr.value())?.share(multiple)?;
        Price::new(distance.value())?.to_tick(tick, Rounding::Up).map(|distance| Some(distance.max(tick)))
    }

    fn with_limit(&self, stop: StopPlan, said: Price, start: &Start<'_>) -> Result<StopPlan, Unplannable> {
        if stop.trailing.is_some() {
            return Err(no_place("a stop that trails"));
        }
        self.permitted(start.instrument, OrderType::StopLimit)?;
        let (limit, beyond, word) = match start.direction {
            Direction::Long => {
                let limit = said.to_tick(start.instrument.tick, Rounding::Down)?;
                (limit, limit > stop.trigger, "at or below")
            }
            Direction::Short => {
                let limit = said.to_tick(start.instrument.tick, Rounding::Up)?;
                (limit, limit < stop.trigger, "at or above")
            }
        };
        if beyond {
            let allowed = format!("a limit {word} the trigger {}", stop.trigger);
            return Err(Unplannable::refused(Code::StopInvalid, &allowed, &format!("a limit of {limit}"), &allowed));
        }
        Ok(StopPlan { limit: Some(limit), ..stop })
    }

    /// Refuses a kind of order that the venue does not take for an instrument.
    ///
    /// # Errors
    /// [`Unplannable::Refused`].
    pub(super) fn permitted(&self, instrument: &Instrument, kind: OrderType) -> Result<(), Unplannable> {
        if instrument.order_types.permits(kind) {
            return Ok(());
        }
        let limit = format!("a kind of order that the venue takes for {}", instrument.id);
        Err(Unplannable::refused(Code::InstrumentNotAllowed, &limit, kind.as_str(), "a limit, a market order or a stop"))
    }

    /// Refuses an order, or a pair of orders, that the venue does not take.
    ///
    /// # Errors
    /// [`Unplannable::Refused`].
    pub(super) fn entry_permitted(&self, instrument: &Instrument, entry: &Entry) -> Result<(), Unplannable> {
        self.permitted(instrument, entry.order_type)?;
        if entry.oco.is_none() || instrument.order_types.oco {
            return Ok(());
        }
        let limit = format!("orders that the venue takes for {}", instrument.id);
        Err(Unplannable::refused(Code::InstrumentNotAllowed, &limit, "a pair of orders", "a limit or a stop alone"))
    }
}

fn no_place(what: &str) -> Unplannable {
    Unplannable::refused(Code::StopInvalid, "a limit for a stop at a fixed price", what, "for example: stop limit 58k at 57.9k")
}
