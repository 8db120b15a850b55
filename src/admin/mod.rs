//! The operators' window: a small HTTP endpoint to look in by, and to stop trading by. Nothing listens without a token.
//!
//! Invariant: what comes in here can take risk away and never add any; it goes through the Desk's door like every word.
//! Without the token nothing is told but whether the process lives and is ready.

mod account;
mod guard;
mod health;
mod kill;
pub mod listen;
pub mod live;
pub mod measured_exchange;
pub mod measured_journal;
pub mod metrics;
mod openapi;
mod prices;
pub mod record;
mod refused;
pub mod routes;
mod scrape;
pub mod token;
pub mod trail;
pub mod window;
