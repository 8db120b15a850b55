//! Market data: the quote board, bars, candle files, the simulated market and replay.

pub mod board;
pub mod candle_directory;
pub mod candle_file;
pub mod grid;
pub mod hour;
pub mod line_guard;
pub mod listing;
pub mod replay;
pub mod simulated;
pub mod timeframe;
