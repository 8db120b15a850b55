//! Tests of the language room as a whole.

mod asking;
pub mod compact;
pub mod market;
mod ordering;
mod properties;
mod speaking;
