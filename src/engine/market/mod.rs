//! Market data: the quote board, bars, candle files, the simulated market and replay.

pub mod board;
pub mod hour;
