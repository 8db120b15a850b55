//! The one integration binary.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test fails loudly, and says plainly what it skips"
)]
mod postgres;
mod postgres_faults;
mod store_story;
mod store_story_crash;
mod store_story_figures;
mod store_story_random;
mod store_story_refusals;
mod store_story_rows;
