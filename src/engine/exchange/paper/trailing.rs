//! Trailing stops: the venue moves their triggers after the mark price.
//!
//! Invariant: a trigger never moves away from the price, and is written down before anything may fire at it.

use super::core::PaperCore;
use super::log::LogEvent;
use super::order::{OrderNumber, PaperOrder, Stage, Trailing};
use crate::domain::market::Tick;
use crate::domain::money::{Amount, Price};
use crate::domain::trail::{Callback, Trail, is_tighter};
use rust_decimal::{Decimal, dec};

/// A move is told once it comes to this share of the distance; each move is in the log.
const TOLD_STEP: Decimal = dec!(0.1);

impl PaperCore {
    /// Moves the triggers of an instrument's trailing stops after its new mark.
    pub(super) fn trail_stops(&mut self, tick: &Tick) {
        let trails = |order: &&PaperOrder| order.trailing.is_some() && order.stage == Stage::Waiting;
        let of_instrument = self.state.orders.values().filter(|order| order.spec.instrument == tick.instrument);
        let numbers: Vec<OrderNumber> = of_instrument.filter(trails).map(|order| order.number).collect();
        for number in numbers {
            self.trail_stop(number, tick);
        }
    }

    /// Moves one trigger, if the mark allows it to come nearer.
    fn trail_stop(&mut self, number: OrderNumber, tick: &Tick) {
        let Some(grid) = self.instrument_of(number).map(|instrument| instrument.tick) else { return };
        let Some(order) = self.state.orders.get_mut(&number) else { return };
        let (Some(trail), Some(now)) = (order.spec.trail, order.trailing) else { return };
        let moved = moved(order, &trail, now, tick.mark, grid);
        if moved == now {
            return;
        }
        order.trailing = Some(moved);
        order.at = tick.at;
        let venue_id = order.venue_id();
        self.pending.moved.insert(number);
        if moved.trigger != now.trigger {
            self.note(tick.at, LogEvent::Trailed { venue_id, trigger: moved.trigger });
        }
        if moved.told != now.told {
            self.pending.told.insert(number);
        }
    }
}

/// Returns where a trailing stop stands after `mark`.
fn moved(order: &PaperOrder, trail: &Trail, now: Trailing, mark: Price, grid: Price) -> Trailing {
    let side = order.spec.side;
    if !now.begun && !trail.begins(side, mark) {
        return now;
    }
    let begun = Trailing { begun: true, ..now };
    // A mark that fires the stop moves nothing; a trigger at the mark itself would fire at once.
    let nearer = |trigger: &Price| is_tighter(side, *trigger, now.trigger) && is_tighter(side, mark, *trigger);
    let Some(trigger) = trail.trigger(side, mark, grid).ok().filter(nearer) else { return begun };
    let gained = trigger.minus(now.told).magnitude();
    let told = if gained >= step_told(trail, mark) { trigger } else { now.told };
    Trailing { trigger, told, ..begun }
}

/// Returns how far a trigger must have come to be told again.
fn step_told(trail: &Trail, mark: Price) -> Amount {
    let distance = match trail.callback {
        Callback::Share(share) => mark.value() * share.value(),
        Callback::Distance(distance) => distance.value(),
    };
    Amount::new(distance * TOLD_STEP).unwrap_or(Amount::ZERO)
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{
        around, bracket, deals_of, id, market, open_core, perp, price, ratio, reducing, refused, taken, trailing,
    };
    use super::*;
    use crate::domain::instrument::InstrumentStatus;
    use crate::domain::order::{OrderSpec, OrderType, Side};
    use crate::domain::order_types::OrderTypes;
    use crate::domain::trail::Trail;

    fn share(text: &str) -> Callback {
        Callback::Share(ratio(text))
    }

    fn trigger(core: &PaperCore, name: &str) -> Price {
        core.open_order(&perp(), &id(name)).unwrap().report().trigger.unwrap()
    }

    /// Goes through marks and returns the trigger after each.
    fn after(core: &mut PaperCore, name: &str, marks: &[&str]) -> Vec<Price> {
        let look = |mark: &&str| {
            core.on_tick(&around(&perp(), 3, mark));
            trigger(core, name)
        };
        marks.iter().map(look).collect()
    }

    #[test]
    fn a_trigger_follows_the_best_mark_and_never_goes_back() {
        let mut core = open_core();
        taken(&mut core, market("in", perp(), Side::Buy, "1"));
        taken(&mut core, reducing(trailing("t", perp(), Side::Sell, "1", "95", share("0.02"))));
        let seen = after(&mut core, "t", &["100", "102", "101", "104", "103"]);
        assert_eq!(seen, ["98", "100", "100", "102", "102"].map(price), "on the tick, towards the price");
        assert_eq!(deals_of(&core.on_tick(&around(&perp(), 4, "102"))), ["101.9x1"]);
        assert!(core.state().orders.is_empty());
    }

    #[test]
    fn a_short_is_followed_downwards_by_a_distance() {
        let mut core = open_core();
        taken(&mut core, market("in", perp(), Side::Sell, "1"));
        taken(&mut core, reducing(trailing("t", perp(), Side::Buy, "1", "105", Callback::Distance(price("3")))));
        assert_eq!(after(&mut core, "t", &["101", "97", "99"]), ["104", "100", "100"].map(price));
        assert_eq!(deals_of(&core.on_tick(&around(&perp(), 4, "100"))), ["100.1x1"]);
    }

    #[test]
    fn until_it_begins_the_stop_stands_where_it_was_put() {
        let mut core = open_core();
        let mut entry = bracket(market("e", perp(), Side::Buy, "1"), "95", &[]);
        entry.attached[0].trail = Some(Trail { callback: share("0.02"), from: Some(price("103")) });
        taken(&mut core, entry);
        assert_eq!(after(&mut core, "e-s", &["102", "103", "102.5"]), ["95", "101", "101"].map(price));
    }

    #[test]
    fn each_move_is_in_the_log_and_only_some_are_told() {
        let mut core = open_core();
        taken(&mut core, market("in", perp(), Side::Buy, "1"));
        taken(&mut core, reducing(trailing("t", perp(), Side::Sell, "1", "90", share("0.05"))));
        let moves: Vec<_> =
            ["100", "100.2", "100.4", "100.6", "100.8"].iter().map(|mark| core.on_tick(&around(&perp(), 3, mark))).collect();
        assert!(moves.iter().all(|record| matches!(record.log[0].event, LogEvent::Trailed { .. })));
        let told: Vec<usize> = moves.iter().map(|record| record.events().len()).collect();
        assert_eq!(told, [1, 0, 0, 1, 0], "half a point is a tenth of five");
    }

    #[test]
    fn what_cannot_trail_is_refused() {
        let mut core = open_core();
        let good = || trailing("t", perp(), Side::Sell, "1", "95", share("0.02"));
        let trail = |callback| Some(Trail { callback, from: None });
        let cases = [
            (OrderSpec { trail: None, ..good() }, "-1102"),
            (OrderSpec { trail: trail(share("1")), ..good() }, "-2007"),
            (OrderSpec { trail: trail(share("0")), ..good() }, "-2007"),
            (OrderSpec { trail: trail(Callback::Distance(price("0.05"))), ..good() }, "-2007"),
            (OrderSpec { order_type: OrderType::StopMarket, ..good() }, "-1106"),
            (OrderSpec { trigger: Some(price("100")), ..good() }, "-2021"),
        ];
        for (spec, code) in cases {
            assert_eq!(refused(&mut core, spec.clone()).0, code, "{spec:?}");
        }
        let plain = |listed: &crate::domain::instrument::Instrument| crate::domain::instrument::Instrument {
            order_types: OrderTypes::plain(),
            status: InstrumentStatus::Trading,
            ..listed.clone()
        };
        let listed = core.instruments().map(plain).collect();
        let mut core = PaperCore::new(listed, core.state().clone()).unwrap();
        core.on_tick(&around(&perp(), 1, "100"));
        assert_eq!(refused(&mut core, good()).0, "-1116", "the instrument says what it takes");
    }
}
