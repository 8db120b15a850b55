//! The pace of a close that is tried again and again.

use serde::{Deserialize, Serialize};

use super::money::Quantity;

/// How the tries come on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pace {
    /// What was open at the latest try.
    pub open: Quantity,
    /// Tries in a row that closed nothing.
    pub idle: u32,
}

impl Pace {
    /// Returns the pace after a try that finds `open`.
    #[must_use]
    pub fn after(before: Option<Self>, open: Quantity) -> Self {
        let idle = before.filter(|pace| pace.open == open).map_or(0, |pace| pace.idle.saturating_add(1));
        Self { open, idle }
    }

    /// Returns how long to wait before the next try, in milliseconds: `first`, twice as long after each try that closed
    /// nothing, and at most `most`.
    pub fn wait_ms(self, first: i64, most: i64) -> i64 {
        let factor = 1_i64.checked_shl(self.idle.min(62)).unwrap_or(i64::MAX);
        first.saturating_mul(factor).min(most)
    }
}

#[cfg(test)]
mod tests {
    use rust_decimal::dec;

    use super::*;

    #[test]
    fn it_slows_down_while_nothing_closes_and_is_quick_again_when_something_did() {
        let open = |value| Quantity::new(value).unwrap();
        let mut pace = Pace::after(None, open(dec!(2)));
        let mut waits = vec![pace.wait_ms(2, 60)];
        for _ in 0..80 {
            pace = Pace::after(Some(pace), open(dec!(2)));
            waits.push(pace.wait_ms(2, 60));
        }
        assert_eq!(waits[..7], [2, 4, 8, 16, 32, 60, 60]);
        assert!(waits.iter().all(|wait| (2..=60).contains(wait)));
        assert_eq!(Pace::after(Some(pace), open(dec!(1))).wait_ms(2, 60), 2);
    }
}
