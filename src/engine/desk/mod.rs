//! The Desk turns proposals into orders. Pure: sizing, protection, step and apply, reconciliation. Shell: the runtime
//! (the one loop that owns a Desk) and the executor.

#![deny(clippy::float_arithmetic)]

mod acts;
mod answers;
mod asking;
mod correct;
pub mod door;
pub mod draft;
pub mod effect;
mod execute;
pub mod executor;
mod facts;
mod fills;
mod funding;
pub mod health;
pub mod ids;
pub mod input;
mod liquidation;
mod look;
pub mod machine;
pub mod memory;
mod monitor;
mod propose;
mod reconcile;
pub mod runtime;
mod settle;
pub mod sizing;
mod stacking;
mod tap;
mod timer;
mod upkeep;
mod words;

#[cfg(test)]
mod tests;
