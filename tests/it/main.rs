//! The one integration binary.
mod postgres;
mod store_story;
mod store_story_crash;
mod store_story_figures;
mod store_story_random;
mod store_story_refusals;
mod store_story_rows;
