//! Orders that follow from another one: the exits attached to it, and the other half of a pair.

use super::{AttachedSpec, Leg, OcoSpec, OrderSpec, OrderType, Side, TimeInForce};
use crate::domain::instrument::InstrumentId;
use crate::domain::margin::MarginMode;
use crate::domain::money::{Leverage, Price, Quantity};

impl AttachedSpec {
    /// Returns what it rests as.
    pub const fn order_type(&self) -> OrderType {
        match (self.leg, &self.trail, self.limit) {
            (Leg::Stop, Some(_), _) => OrderType::TrailingStop,
            (Leg::Stop, None, Some(_)) => OrderType::StopLimit,
            (Leg::Stop, None, None) => OrderType::StopMarket,
            _ => OrderType::Limit,
        }
    }

    /// Returns it as an order of its own: reduce-only, until cancelled.
    pub fn order(
        &self,
        instrument: &InstrumentId,
        side: Side,
        quantity: Quantity,
        (leverage, margin_mode): (Leverage, MarginMode),
    ) -> OrderSpec {
        let is_stop = self.leg == Leg::Stop;
        OrderSpec {
            id: self.id.clone(),
            instrument: instrument.clone(),
            side,
            order_type: self.order_type(),
            quantity,
            price: if is_stop { self.limit } else { Some(self.price) },
            trigger: is_stop.then_some(self.price),
            tif: TimeInForce::Gtc,
            reduce_only: true,
            leverage,
            margin_mode,
            attached: Vec::new(),
            trail: self.trail,
            oco: None,
        }
    }
}

impl OrderSpec {
    /// Returns the other half of a pair as an order of its own.
    pub fn other_half(&self) -> Option<Self> {
        let OcoSpec { id, trigger, limit } = self.oco.as_deref()?.clone();
        let order_type = if limit.is_some() { OrderType::StopLimit } else { OrderType::StopMarket };
        Some(Self { id, order_type, price: limit, trigger: Some(trigger), oco: None, attached: Vec::new(), trail: None, ..self.clone() })
    }

    /// Returns every price it names.
    pub fn prices(&self) -> impl Iterator<Item = Price> + '_ {
        let attached = self.attached.iter().flat_map(|exit| [Some(exit.price), exit.limit, exit.trail.and_then(|trail| trail.from)]);
        let pair = self.oco.iter().flat_map(|other| [Some(other.trigger), other.limit]);
        let own = [self.price, self.trigger, self.trail.and_then(|trail| trail.from)];
        own.into_iter().chain(attached).chain(pair).flatten()
    }
}
