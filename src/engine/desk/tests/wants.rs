//! What the person of the tests asks for, in one line each.

use crate::domain::money::Leverage;
use crate::domain::request::{AmountSpec, CloseRequest, CloseWhich, LevelSpec, OpenPrice, OpenRequest, OpenVerb};
use crate::engine::exchange::paper::fixtures::{instruments, price, qty, ratio};

/// An opening of so many BTC at the market.
pub fn open(verb: OpenVerb, quantity: &str) -> OpenRequest {
    OpenRequest {
        verb,
        symbol: instruments()[0].id.symbol.clone(),
        market: None,
        amount: AmountSpec::Base(qty(quantity)),
        price: OpenPrice::Market,
        leverage: None,
        margin_mode: None,
        stop: None,
        targets: Vec::new(),
        trailing: None,
        upkeep: Default::default(),
        evidence: Default::default(),
    }
}

/// A long of so many BTC at 5×, with a stop.
pub fn long(quantity: &str, stop: &str) -> OpenRequest {
    let leverage = Some(Leverage::new(rust_decimal::dec!(5)).unwrap());
    OpenRequest { leverage, stop: Some(LevelSpec::Price(price(stop))), ..open(OpenVerb::Long, quantity) }
}

/// The same, resting at a limit.
pub fn at_limit(request: OpenRequest, limit: &str) -> OpenRequest {
    OpenRequest { price: OpenPrice::Limit { price: price(limit), post_only: false }, ..request }
}

/// A close of a share of BTC.
pub fn close(share: &str) -> CloseRequest {
    CloseRequest {
        which: CloseWhich::Symbol(instruments()[0].id.symbol.clone()),
        market: None,
        amount: AmountSpec::Share(ratio(share)),
        at_once: false,
        evidence: Default::default(),
    }
}
