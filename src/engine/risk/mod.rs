//! The one gate. Every plan, exits included, is looked at by every rule in a fixed order; all that fail are reported.

pub mod check;
pub mod continuous;
pub mod facts;
pub mod limits;
pub mod rules;
