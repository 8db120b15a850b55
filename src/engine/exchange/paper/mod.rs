//! The paper venue: a whole exchange with its own durable file, its own order log, and no knowledge of the Desk.
//!
//! [`core`] is the pure machine (orders, matching, margin, accounts); [`venue`] gives it a face, a lock and a memory
//! that outlives the process; [`server`] and [`remote`] put a process boundary between it and its user.
//!
//! Invariant: whatever the venue has answered or pushed is in its file and in its order log first.

pub mod account;
mod archive;
mod book;
mod bracket;
pub mod checks;
pub mod core;
mod cross;
mod exits;
pub mod file;
mod file_lock;
pub mod frame;
mod funding;
mod line;
pub mod link;
mod locks;
pub mod log;
mod margin;
mod matching;
pub mod order;
mod pair;
pub mod remote;
pub mod rules;
pub mod server;
mod session;
mod settle;
mod trailing;
pub mod venue;

#[cfg(test)]
pub(in crate::engine) mod fixtures;
#[cfg(test)]
mod kinds_watch;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod random_orders;
