//! What is said under load: a mixture of everything that trades, and a short script that has each kind of commit.

use rand_xoshiro::SplitMix64;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

/// Trades of every kind, one after another; afterwards nothing is open.
pub const SCRIPT: &[&str] = &[
    "buy 120 usdt of btc",
    "yes",
    "long eth 300 usdt 5x stop 3% targets 2% and 4%",
    "yes",
    "move stop of eth to 2%",
    "yes",
    "buy 150 usdt of sol at 140",
    "yes",
    "short xrp 200 usdt 3x",
    "yes",
    "cancel all",
    "close half of eth",
    "yes",
    "pause",
    "resume",
    "yes",
    "close eth",
    "yes",
    "panic",
    "resume",
    "yes",
];

/// Commits that the script brings about, about.
pub const SCRIPT_COMMITS: u32 = 110;

const COINS: &[&str] = &["btc", "eth", "sol", "xrp", "doge", "ada", "link", "avax"];

/// An endless line of commands, the same for the same seed.
pub struct Load {
    dice: SplitMix64,
    next: Vec<String>,
}

impl Load {
    /// Returns the load of a seed.
    pub fn new(seed: u64) -> Self {
        Self { dice: SplitMix64::seed_from_u64(seed), next: Vec::new() }
    }

    /// Returns a number below `end`.
    pub fn up_to(&mut self, end: u64) -> u64 {
        self.dice.next_u64() % end.max(1)
    }

    /// Returns the next line.
    pub fn line(&mut self) -> String {
        if self.next.is_empty() {
            self.next = self.exchange();
            self.next.reverse();
        }
        self.next.pop().unwrap_or_default()
    }

    /// Returns what somebody says, with the tap that follows.
    fn exchange(&mut self) -> Vec<String> {
        let coin = COINS[self.up_to(COINS.len() as u64) as usize];
        let amount = 60 + self.up_to(400);
        let leverage = 2 + self.up_to(4);
        let stop = 2 + self.up_to(3);
        let said = match self.up_to(24) {
            0..=3 => format!("buy {amount} usdt of {coin}"),
            4..=6 => format!("long {coin} {amount} usdt {leverage}x stop {stop}% target 5%"),
            7 | 8 => format!("short {coin} {amount} usdt {leverage}x stop {stop}%"),
            9 | 10 => format!("long {coin} {amount} usdt {leverage}x stop {stop}% targets 1% and 3%"),
            11 => format!("buy {amount} usdt of eth at {}", 2_985 + self.up_to(14)),
            12 => format!("buy {amount} usdt of btc at {}", 59_800 + self.up_to(190)),
            13 => format!("long sol {amount} usdt 3x at {}", 148 + self.up_to(2)),
            14 | 15 => format!("close {coin}"),
            16 => format!("close half of {coin}"),
            17 | 18 => format!("move stop of {coin} to {stop}%"),
            19 => format!("set targets of {coin} to 3% and 6%"),
            20 => return vec!["cancel all".to_owned()],
            21 => return vec![format!("cancel {coin}"), "positions".to_owned(), "pnl".to_owned()],
            22 => return ["pause", "close everything", "yes", "resume", "yes"].map(str::to_owned).to_vec(),
            _ => return ["panic", "resume", "yes"].map(str::to_owned).to_vec(),
        };
        let tap = if self.up_to(12) == 0 { "no" } else { "yes" };
        vec![said, tap.to_owned()]
    }
}
