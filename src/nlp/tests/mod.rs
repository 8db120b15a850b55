//! Tests of the language room as a whole.

pub mod compact;
pub mod market;
mod asking;
mod ordering;
mod properties;
mod speaking;
