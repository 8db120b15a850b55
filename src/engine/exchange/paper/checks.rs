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
        self.check_leverage(instrument, spec, reference)?;
        self.check_margin_mode(spec)?;
        self.check_funds(instrument, spec)
    }

    /// The more is held, the less leverage is allowed; what is held the same way already counts.
    fn check_leverage(&self, instrument: &Instrument, spec: &OrderSpec, reference: Price) -> Result<(), Rejection> {
        let held = self.state().account.reducible(&spec.instrument, spec.side.opposite());
        let notional = reference.notional(spec.quantity.plus(held)?)?;
        if spec.leverage > instrument.leverage_max_at(notional)? {
            return Err(Rejection::new(-2027, "Exceeded the maximum allowable position at current leverage."));
        }
        Ok(())
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
            self.cash_needed(instrument, spec)? <= self.free_cash()?
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

#[cfg(test)]
mod tests {
    use super::super::fixtures::{
        around, at, bracket, core, id, levered, limit, market, open_core, perp, price, qty, reducing, refused, spot, stop, taken,
    };
    use super::*;

    #[test]
    fn each_refusal_has_its_code() {
        let mut core = open_core();
        let cases = [
            (limit("a", spot(), Side::Buy, "1", "99.95"), "-1013", "PRICE_FILTER"),
            (limit("a", spot(), Side::Buy, "0.0015", "99"), "-1013", "LOT_SIZE"),
            (limit("a", spot(), Side::Buy, "0", "99"), "-1013", "LOT_SIZE"),
            (limit("a", spot(), Side::Buy, "0.001", "99"), "-1013", "NOTIONAL"),
            (limit("a", spot(), Side::Buy, "2000", "99"), "-2010", "insufficient balance"),
            (market("a", spot(), Side::Sell, "1"), "-2010", "insufficient balance"),
            (limit("a", perp(), Side::Buy, "2000", "99"), "-2019", "Margin"),
            (levered(limit("a", perp(), Side::Buy, "1", "99"), "21"), "-4028", "Leverage 21"),
            (levered(limit("a", spot(), Side::Buy, "1", "99"), "2"), "-4028", "Leverage 2"),
            (levered(limit("a", perp(), Side::Buy, "10102", "99"), "11"), "-2027", "maximum allowable position"),
            (reducing(market("a", perp(), Side::Sell, "1")), "-2022", "ReduceOnly"),
            (stop("a", perp(), Side::Buy, "1", "99"), "-2021", "immediately trigger"),
            (bracket(market("a", perp(), Side::Buy, "1"), "101", &[]), "-2021", "immediately trigger"),
            (bracket(market("a", perp(), Side::Buy, "1"), "90", &[("110", "0.6"), ("120", "0.6")]), "-1128", "Combination"),
            (market("not an id", spot(), Side::Buy, "1"), "-1100", "Illegal"),
            (OrderSpec { price: None, ..limit("a", spot(), Side::Buy, "1", "99") }, "-1102", "price"),
            (OrderSpec { trigger: Some(price("90")), ..market("a", spot(), Side::Buy, "1") }, "-1106", "stopPrice"),
            (limit("a", spot(), Side::Buy, "999999999999999", "999999999999999"), "-1111", "cannot be handled"),
        ];
        for (spec, code, word) in cases {
            let shown = format!("{spec:?}");
            let (got, reason) = refused(&mut core, spec);
            assert_eq!(got, code, "{reason} for {shown}");
            assert!(reason.contains(word), "{reason} for {shown}");
        }
        assert!(core.state().orders.is_empty() && core.state().counters.log == 18, "every refusal is in the log");
    }

    #[test]
    fn nothing_is_taken_before_the_first_tick_or_of_a_stranger() {
        let mut closed = core();
        assert_eq!(refused(&mut closed, market("a", spot(), Side::Buy, "1")), ("-1013".into(), "Market is closed.".into()));
        let stranger = crate::domain::instrument::InstrumentId { market: Market::Spot, symbol: "X/USDT".parse().unwrap() };
        assert_eq!(refused(&mut closed, market("a", stranger.clone(), Side::Buy, "1")).0, "-1121");
        assert!(closed.on_tick(&around(&stranger, 3, "100")).is_empty());
    }

    #[test]
    fn a_resting_buy_locks_its_cost_and_a_cancel_gives_it_back() {
        let mut core = open_core();
        taken(&mut core, limit("a", spot(), Side::Buy, "900", "99"));
        let lock = core.locked_cash().unwrap();
        assert_eq!(lock.value(), super::super::fixtures::dec("89189.1"), "900 × 99 and the taker fee on it");
        assert_eq!(refused(&mut core, limit("b", spot(), Side::Buy, "900", "99")).0, "-2010");
        core.cancel(&spot(), &id("a"), at(3));
        assert!(core.locked_cash().unwrap().is_zero());
    }

    #[test]
    fn exits_share_a_spot_holding_and_keep_it_from_plain_sells() {
        let mut core = open_core();
        taken(&mut core, bracket(market("e", spot(), Side::Buy, "1"), "90", &[("110", "1")]));
        assert_eq!(refused(&mut core, limit("plain", spot(), Side::Sell, "1", "120")).0, "-2010", "the exits hold it");
        assert_eq!(refused(&mut core, reducing(market("x", spot(), Side::Sell, "1.001"))).0, "-2022");
        taken(&mut core, reducing(market("x", spot(), Side::Sell, "0.4")));
        assert_eq!(core.open_order(&spot(), &id("e-s")).unwrap().remaining(), qty("0.6"));
        assert_eq!(core.open_order(&spot(), &id("e-t1")).unwrap().remaining(), qty("0.6"));
        taken(&mut core, reducing(market("x", spot(), Side::Sell, "0.6")));
        assert!(core.state().orders.is_empty(), "flat: both ended");
    }
}
