//! What holds of every order by its kind, whatever comes: watched from the records alone, across restarts.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::core::PaperCore;
use super::log::{LogEvent, Record};
use super::order::{OrderNumber, PaperOrder, Stage};
use crate::domain::money::Price;
use crate::domain::order::Side;
use crate::domain::trail::is_tighter;

/// What was seen of the orders so far.
#[derive(Default)]
pub struct KindsWatch {
    filled: BTreeMap<OrderNumber, Decimal>,
    triggers: BTreeMap<OrderNumber, Price>,
    pairs: BTreeMap<OrderNumber, OrderNumber>,
    /// How often each thing was seen: fills of orders with a limit behind a trigger, fills of pairs, moves of triggers.
    pub seen: [u64; 3],
}

impl KindsWatch {
    pub fn see(&mut self, record: &Record) {
        let orders: BTreeMap<String, &PaperOrder> = record.orders.iter().map(|order| (order.number.to_string(), order)).collect();
        // A pair is remembered after it has parted.
        self.pairs.extend(record.orders.iter().filter_map(|order| Some((order.number, order.pair?))));
        for entry in &record.log {
            match &entry.event {
                LogEvent::Filled { venue_id: Some(venue_id), fill } => {
                    let order = orders[venue_id.as_str()];
                    let worse = |limit: Price| match fill.side {
                        Side::Buy => fill.price > limit,
                        Side::Sell => fill.price < limit,
                    };
                    assert!(!order.spec.price.is_some_and(worse), "{fill:?} is worse than the limit of {order:?}");
                    *self.filled.entry(order.number).or_default() += fill.quantity.value();
                    self.seen[0] += u64::from(order.spec.order_type.has_limit() && order.spec.order_type.has_trigger());
                    self.pair(order);
                }
                LogEvent::Trailed { venue_id, trigger } => {
                    let order = orders[venue_id.as_str()];
                    let before = self.triggers.get(&order.number).copied().or(order.spec.trigger).unwrap();
                    assert!(is_tighter(order.spec.side, *trigger, before), "from {before} to {trigger}: {order:?}");
                    self.triggers.insert(order.number, *trigger);
                    self.seen[2] += 1;
                }
                _ => {}
            }
        }
    }

    fn pair(&mut self, order: &PaperOrder) {
        let Some(&other) = self.pairs.get(&order.number) else { return };
        let of = |number| self.filled.get(&number).copied().unwrap_or_default();
        assert!(of(order.number) + of(other) <= order.spec.quantity.value(), "both of a pair filled: {order:?}");
        self.seen[1] += 1;
    }

    /// What must hold of the open orders between two operations.
    pub fn agrees(&self, core: &PaperCore) {
        let orders = &core.state().orders;
        for order in orders.values() {
            if let Some(trailing) = order.trailing {
                let known = self.triggers.get(&order.number).copied().or(order.spec.trigger);
                assert_eq!(Some(trailing.trigger), known, "a trigger moved without a row in the log");
            }
            let Some(pair) = order.pair else { continue };
            let other = orders.get(&pair).unwrap_or_else(|| panic!("half of a pair is left: {order:?}"));
            assert_eq!(other.pair, Some(order.number));
            let stop = if order.is_stop() { order } else { other };
            assert_eq!(stop.stage, Stage::Waiting, "a stop was triggered and its limit still rests");
            let filled = |order: &PaperOrder| self.filled.get(&order.number).copied().unwrap_or_default();
            let left = order.spec.quantity.value() - filled(order) - filled(other);
            assert!(order.remaining().value() <= left, "{order:?} could fill more than is left of its pair");
        }
    }
}
