//! Technical indicators in `f64`: they may decide whether to trade, never how much (see `ARCHITECTURE.md`).
