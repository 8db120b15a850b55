//! The Desk turns proposals into orders. Pure: sizing, protection, step and apply, reconciliation. Shell: the runtime
//! (the one loop that owns a Desk) and the executor.

pub mod door;
pub mod input;
