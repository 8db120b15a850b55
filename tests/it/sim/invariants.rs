//! The invariants, each a function under its number (RELIABILITY 4), grouped by what they are held against.

pub mod arrival;
pub mod commit;
pub mod continuous;
pub mod kinds;
pub mod notice;
pub mod rest;
