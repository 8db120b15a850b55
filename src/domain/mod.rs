//! The vocabulary of the trading desk: plain values with no I/O, no clock and no binary floats in money.
//!
//! Everything else in the crate is written in these words; see the glossary in `ARCHITECTURE.md`.

#![deny(clippy::float_arithmetic)]

pub mod act;
pub mod actor;
pub mod cross;
pub mod event;
pub mod evidence;
pub mod funding;
pub mod ids;
pub mod instrument;
pub mod maintenance;
pub mod margin;
pub mod market;
pub mod money;
pub mod notice;
pub mod order;
pub mod pace;
pub mod plan;
pub mod position;
pub mod proposal;
pub mod refusal;
pub mod report;
pub mod request;
pub mod rows;
pub mod snapshot;
pub mod stacking;
pub mod time;
pub mod upkeep;
pub mod user;
