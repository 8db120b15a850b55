//! Technical indicators in `f64`: they may decide whether to trade, never how much (see `ARCHITECTURE.md`).
//!
//! Invariant: batch and streaming come from one definition, warm-up is `None` and never a number, and the only way
//! back to decimals is [`bridge`].

pub mod atr;
pub mod bridge;

/// Why an indicator cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParameterError {
    /// A period outside of what the indicator is defined for.
    #[error("the period {period} is not between {min} and {max}")]
    Period {
        /// What was asked for.
        period: usize,
        /// Smallest.
        min: usize,
        /// Largest.
        max: usize,
    },
}
