//! The one integration binary.

mod paper_venue;
mod paper_wire;
