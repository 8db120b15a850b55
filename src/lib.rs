//! Outcry: a trading desk that you talk to. Plain words become typed requests ([`nlp`]), requests become sized plans,
//! plans pass one risk gate and go out through a venue ([`engine`]), facts are committed before anybody acts on or
//! reads them ([`store`]), and a face shows them ([`bot`]). The words all of them share are in [`domain`].
//!
//! `ARCHITECTURE.md` has the map, the invariants and two walkthroughs.

pub mod admin;
pub mod app;
pub mod bot;
pub mod clock;
pub mod config;
pub mod domain;
pub mod engine;
pub mod nlp;
pub mod store;
pub mod tasks;
