//! The one integration binary.
mod store_story;
mod store_story_rows;
