//! The one integration binary.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    clippy::too_many_lines,
    reason = "a test fails loudly, says plainly what it skips, and may start, wait for and time what it tests"
)]

mod admin;
mod audit_tamper;
mod backup;
mod card_evidence;
mod kill;
mod kill_input;
mod kill_start;
mod log_json;
mod paper_venue;
mod paper_wire;
mod postgres;
mod postgres_faults;
mod reference;
mod replay;
mod replay_crash;
mod risk_table;
mod runtime_faults;
mod sim;
mod store_story;
mod store_story_crash;
mod store_story_random;
mod store_story_refusals;
mod store_story_reports;
mod store_story_rows;
mod stories;
mod supply;
mod telegram_bot;
mod telegram_compare;
mod telegram_fake;
mod telegram_flood;
mod telegram_hook;
mod telegram_load;
mod telegram_marks;
mod telegram_outbox;
mod telegram_reception;
mod telegram_record;
mod telegram_sender;
mod telegram_story;
mod telegram_walk;
mod terminal_answers;
mod terminal_desk;
mod terminal_fixtures;
mod terminal_intake;
mod terminal_json;
mod terminal_outbox;
mod terminal_render;
mod terminal_render_more;
mod terminal_reports;
mod terminal_session;
mod terminal_total;
mod tidy;
