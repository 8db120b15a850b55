//! Market data: the quote board, bars, candle files, the simulated market and replay.

pub mod board;
pub mod grid;
pub mod hour;
pub mod listing;
pub mod simulated;
