//! Words become requests. The grammar reads without a model and acts only when every word is accounted for.
//!
//! The way of a text: [`scan`] cuts it into typed tokens with their place in the text, [`family`] finds which family of
//! commands it belongs to, one file of [`grammar`] reads it, and [`read`] turns the result into a [`reading::Reading`].

pub mod clauses;
pub mod cursor;
pub mod doubt;
pub mod family;
pub mod grammar;
pub mod lexicon;
pub mod mood;
pub mod number;
pub mod read;
pub mod reading;
pub mod scan;
pub mod slot;
pub mod token;
pub mod vocabulary;

#[cfg(test)]
mod tests;
