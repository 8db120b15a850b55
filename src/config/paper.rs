//! The paper account.

use rust_decimal::{Decimal, dec};

use super::form;
use super::key::{Key, key};

/// What a new paper account begins with and what its venue charges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paper {
    /// USDT of a new account.
    pub initial_capital: Decimal,
    /// Fee of a resting order that is hit, as a fraction of notional.
    pub maker_fee: Decimal,
    /// Fee of an order that takes, as a fraction of notional.
    pub taker_fee: Decimal,
    /// Funding rate of eight hours while a perpetual trades at its spot's price, as a fraction of notional.
    pub funding_rate: Decimal,
    /// Whether the venue takes a client id once for ever.
    pub ids_forever: bool,
}

impl Default for Paper {
    fn default() -> Self {
        Self {
            initial_capital: dec!(100000),
            maker_fee: dec!(0.001),
            taker_fee: dec!(0.001),
            funding_rate: dec!(0.0001),
            ids_forever: false,
        }
    }
}

/// The keys of this table. `COMMISSION_RATE` in the environment sets both fees.
pub const KEYS: &[Key] = &[
    key!(
        "paper.initial_capital",
        Some("INITIAL_CAPITAL"),
        "USDT that a new paper account begins with.",
        form::AMOUNT,
        paper.initial_capital
    ),
    key!("paper.maker_fee", None, "Fee of a resting order that is hit, as a fraction of notional.", form::FEE_RATE, paper.maker_fee),
    key!("paper.taker_fee", None, "Fee of an order that takes, as a fraction of notional.", form::FEE_RATE, paper.taker_fee),
    key!(
        "paper.funding_rate",
        None,
        "Funding of a perpetual every eight hours while it trades at its spot's price (in a replay it always does), as a fraction of notional.",
        form::FEE_RATE,
        paper.funding_rate
    ),
    key!(
        "paper.ids_forever",
        None,
        "Whether the venue knows a client id for ever and answers a repeated one with its first order, as Coinbase does.",
        form::FLAG,
        paper.ids_forever
    ),
];
