//! The journal and the views over sqlx: SQLite embedded, PostgreSQL by URL, one SQL text for both; and the same
//! semantics in memory for the simulation.
//!
//! Invariant I3: a step's facts, ledger lines and notices become true in one transaction, or not at all; each fact is
//! one link of the account's hash chain, and the tables are always what a replay of that chain would make.

pub mod address;
pub mod audit;
pub mod backup;
mod batch;
pub mod chain;
mod convoy;
pub mod head_file;
pub mod history;
mod inbox;
mod journal;
mod ledger;
pub mod link;
mod load;
mod mailroom;
pub mod marks;
pub mod memory;
pub mod open;
mod outbox;
pub mod owner;
pub mod rebuild;
pub mod refusal;
mod schema;
pub mod seal;
mod snapshots;
mod step;
pub mod table;
mod users;
mod views;
mod write;
