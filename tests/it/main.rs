//! The one integration binary.

mod reference;
