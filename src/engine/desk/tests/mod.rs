//! The Desk against a venue that misbehaves: each test is a defect that was possible once, or a promise that must hold.

mod bench;
mod cross;
mod faults;
mod funding;
mod journal;
mod looks;
mod positions;
mod restart;
mod sizing;
mod stacking;
mod upkeep;
mod venue;
mod wants;
