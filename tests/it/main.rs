//! The one integration binary.

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
