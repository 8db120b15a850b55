//! Where trading takes place: paper or live, at which venue, on which prices. It stands in the first line of whatever is told.

use crate::domain::market::MarketSource;

/// Where trading takes place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// `paper` or the venue's name.
    pub venue: String,
    /// Whether real money moves.
    pub live: bool,
    /// Where prices come from.
    pub source: MarketSource,
}

impl Place {
    /// Returns `PAPER` or `LIVE`.
    pub const fn mode(&self) -> &'static str {
        if self.live { "LIVE" } else { "PAPER" }
    }

    /// Returns a first line: a sign, what it is, and where it takes place.
    pub fn headline(&self, sign: &str, title: &str) -> String {
        let source = match self.source {
            MarketSource::Simulated => "simulated market",
            MarketSource::Replay => "replayed market",
            MarketSource::Live => "live market",
        };
        let mode = self.mode();
        // "PAPER · paper" would say the same thing twice.
        if self.venue.eq_ignore_ascii_case(mode) {
            format!("{sign} {title} · {mode} · {source}")
        } else {
            format!("{sign} {title} · {mode} · {} · {source}", self.venue)
        }
    }
}
