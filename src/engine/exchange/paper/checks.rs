//! What the venue refuses, with codes and wording in the manner of Binance.
//!
//! Invariant: an order that passes here lies on its instrument's grid and can be paid for at the visible book.

use super::core::PaperCore;
use super::matching::is_triggered;
use crate::domain::ids::ClientOrderId;
use crate::domain::instrument::{Instrument, InstrumentStatus, Market};
use crate::domain::money::{MoneyError, Price, Quantity, Ratio};
use crate::domain::order::{AttachedSpec, Leg, OrderSpec, OrderType, Side, TimeInForce};

/// Most orders that may be open at once, held exits included.
pub const OPEN_ORDERS_MAX: usize = 1_000;
/// Most exits that may rest with one entry.
pub const ATTACHED_MAX: usize = 10;
/// Longest client id, in bytes.
pub const CLIENT_ID_BYTES_MAX: usize = 36;

/// Why an order is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// The venue's code.
    pub code: i32,
    /// The venue's reason.
    pub reason: String,
}

impl Rejection {
    fn new(code: i32, reason: impl Into<String>) -> Self {
        Self { code, reason: reason.into() }
    }

    fn filter(name: &str) -> Self {
        Self::new(-1013, format!("Filter failure: {name}"))
    }
}

impl From<MoneyError> for Rejection {
    fn from(error: MoneyError) -> Self {
        Self::new(-1111, format!("A number of the order cannot be handled: {error}."))
    }
}

impl PaperCore {
    /// Checks an order against everything that the venue asks of it.
    pub(super) fn check(&self, spec: &OrderSpec) -> Result<(), Rejection> {
        let instrument = self.instruments.get(&spec.instrument).ok_or_else(|| Rejection::new(-1121, "Invalid symbol."))?;
        self.check_ids(spec)?;
        check_shape(spec)?;
        check_grid(instrument, spec)?;
        let Some(mark) = self.books.get(&spec.instrument).map(|book| book.mark) else {
            return Err(Rejection::new(-1013, "Market is closed."));
        };
        if instrument.status != InstrumentStatus::Trading {
            return Err(Rejection::new(-1013, "Market is closed."));
        }
        if self.state().orders.len() + spec.attached.len() >= OPEN_ORDERS_MAX {
            return Err(Rejection::filter("MAX_NUM_ORDERS"));
        }
        let reference = spec.price.or(spec.trigger).unwrap_or(mark);
        if spec.trigger.is_some_and(|trigger| is_triggered(spec.side, trigger, mark)) {
            return Err(Rejection::new(-2021, "Order would immediately trigger."));
        }
        check_attached(instrument, spec, reference)?;
        self.check_post_only(spec)?;
        if spec.reduce_only {
            return self.check_reduces(spec);
        }
        if reference.notional(spec.quantity)? < instrument.min_notional {
            return Err(Rejection::filter("NOTIONAL"));
        }
        self.check_funds(instrument, spec)
    }

    fn check_ids(&self, spec: &OrderSpec) -> Result<(), Rejection> {
        let ids: Vec<&ClientOrderId> = std::iter::once(&spec.id).chain(spec.attached.iter().map(|exit| &exit.id)).collect();
        let allowed = |c: u8| c.is_ascii_alphanumeric() || b".:/_-".contains(&c);
        for (place, id) in ids.iter().enumerate() {
            let text = id.as_str();
            if text.is_empty() || text.len() > CLIENT_ID_BYTES_MAX || !text.bytes().all(allowed) {
                return Err(Rejection::new(-1100, "Illegal characters found in parameter 'newClientOrderId'."));
            }
            let open = self.state().orders.values().any(|order| order.spec.id == **id);
            if open || ids.iter().take(place).any(|earlier| earlier == id) {
                return Err(Rejection::new(-2010, "Duplicate order sent."));
            }
        }
        Ok(())
    }

    fn check_post_only(&self, spec: &OrderSpec) -> Result<(), Rejection> {
        let takes = self.books.get(&spec.instrument).and_then(|book| book.best(spec.side, spec.price)).is_some();
        if spec.order_type == OrderType::Limit && spec.tif == TimeInForce::PostOnly && takes {
            return Err(Rejection::new(-2010, "Order would immediately match and take."));
        }
        Ok(())
    }

    fn check_reduces(&self, spec: &OrderSpec) -> Result<(), Rejection> {
        if spec.quantity > self.exit_room(&spec.instrument, spec.side) {
            return Err(Rejection::new(-2022, "ReduceOnly Order is rejected."));
        }
        Ok(())
    }

    fn check_funds(&self, instrument: &Instrument, spec: &OrderSpec) -> Result<(), Rejection> {
        let refusal = match instrument.id.market {
            Market::Spot => Rejection::new(-2010, "Account has insufficient balance for requested action."),
            Market::Perp => Rejection::new(-2019, "Margin is insufficient."),
        };
        let covered = if instrument.id.market == Market::Spot && spec.side == Side::Sell {
            spec.quantity <= self.free_holding(&instrument.id)
        } else {
            let free = self.state().account.cash.balance.minus(self.locked_cash()?)?;
            self.cash_needed(instrument, spec)? <= free
        };
        if covered { Ok(()) } else { Err(refusal) }
    }
}

/// Checks that the fields fit the type of the order.
fn check_shape(spec: &OrderSpec) -> Result<(), Rejection> {
    let (price, trigger) = match spec.order_type {
        OrderType::Market => (false, false),
        OrderType::Limit => (true, false),
        OrderType::StopMarket => (false, true),
    };
    for (name, wanted, given) in [("price", price, spec.price.is_some()), ("stopPrice", trigger, spec.trigger.is_some())] {
        if wanted && !given {
            return Err(Rejection::new(-1102, format!("Mandatory parameter '{name}' was not sent.")));
        }
        if given && !wanted {
            return Err(Rejection::new(-1106, format!("Parameter '{name}' sent when not required.")));
        }
    }
    Ok(())
}

fn check_grid(instrument: &Instrument, spec: &OrderSpec) -> Result<(), Rejection> {
    let prices = spec.price.iter().chain(&spec.trigger).chain(spec.attached.iter().map(|exit| &exit.price));
    if prices.into_iter().any(|price| !price.is_multiple_of(instrument.tick)) {
        return Err(Rejection::filter("PRICE_FILTER"));
    }
    if spec.quantity.is_zero() || !spec.quantity.is_multiple_of(instrument.step) {
        return Err(Rejection::filter("LOT_SIZE"));
    }
    if spec.leverage > instrument.leverage_max {
        return Err(Rejection::new(-4028, format!("Leverage {} is not valid", spec.leverage)));
    }
    // Every number that an execution at the asked price makes must be one that can be held exactly.
    if let Some(price) = spec.price.or(spec.trigger) {
        price.notional(spec.quantity)?.share(instrument.taker_fee)?;
    }
    Ok(())
}

/// Checks the attached exits: one stop at most, on the losing side; targets whose shares are at most the whole.
fn check_attached(instrument: &Instrument, spec: &OrderSpec, reference: Price) -> Result<(), Rejection> {
    if spec.attached.is_empty() {
        return Ok(());
    }
    let malformed = || Rejection::new(-1128, "Combination of optional parameters invalid.");
    let stops = spec.attached.iter().filter(|exit| exit.leg == Leg::Stop).count();
    if spec.reduce_only || spec.attached.len() > ATTACHED_MAX || stops > 1 {
        return Err(malformed());
    }
    let mut together = Ratio::ZERO;
    for AttachedSpec { leg, price, share, .. } in &spec.attached {
        match leg {
            Leg::Stop if *share != Ratio::ONE => return Err(malformed()),
            Leg::Stop if is_triggered(spec.side.opposite(), *price, reference) => {
                return Err(Rejection::new(-2021, "Order would immediately trigger."));
            }
            Leg::Stop => {}
            Leg::Target(_) if *share > Ratio::ZERO => {
                together = Ratio::new(together.value() + share.value())?;
                smallest_part(instrument.step, *share)?;
                spec.quantity.share(*share)?;
            }
            Leg::Target(_) | Leg::Entry | Leg::Close => return Err(malformed()),
        }
    }
    if together > Ratio::ONE { Err(malformed()) } else { Ok(()) }
}

/// Proves that a share of any multiple of the step can be held: its digits are those of one step's share.
fn smallest_part(step: Quantity, share: Ratio) -> Result<Quantity, MoneyError> {
    step.share(share)
}
