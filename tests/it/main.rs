//! The one integration binary.

mod reference;
mod replay;
