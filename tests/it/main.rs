//! The one integration binary.

mod risk_table;
