//! The one gate. Every plan, exits included, is looked at by every rule in a fixed order; all that fail are reported.

#![deny(clippy::float_arithmetic)]

pub mod approve;
pub mod authority;
pub mod check;
pub mod continuous;
pub mod facts;
pub mod limits;
pub mod plan_hash;
pub mod rules;
