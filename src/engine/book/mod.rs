//! The account's books: balances, positions, orders, reservations, trading state, and the double-entry ledger. Pure.

pub mod books;
pub mod ledger;
pub mod valuation;
