//! The one integration binary.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should fail where it stands"
)]

mod terminal_answers;
mod terminal_desk;
mod terminal_fixtures;
mod terminal_intake;
mod terminal_json;
mod terminal_outbox;
mod terminal_render;
mod terminal_render_more;
mod terminal_session;
mod terminal_total;
