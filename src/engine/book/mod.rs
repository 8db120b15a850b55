//! The account's books: balances, positions, orders, reservations, trading state, and the double-entry ledger. Pure.

#![deny(clippy::float_arithmetic)]

pub mod books;
pub mod ledger;
pub mod valuation;
