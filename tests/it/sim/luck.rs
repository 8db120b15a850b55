//! One stream of chance. Every stream of a run comes from the run's one seed, under a name of its own, so that a new
//! question asked in one place does not change the answers in another.

use outcry::engine::market::simulated::dice::Dice;

/// A stream of chance.
pub struct Luck(Dice);

impl Luck {
    /// Returns the stream `name` of `seed`.
    pub fn new(seed: u64, name: &str) -> Self {
        Self(Dice::new(seed, name))
    }

    /// Returns a number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        // The bias of the remainder is far below anything a run could show.
        self.0.word() % end.max(1)
    }

    /// Returns a number from `low` up to, not including, `high`.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        low + i64::try_from(self.below(u64::try_from(high - low).unwrap_or(1))).unwrap_or(0)
    }

    /// Tells whether something happens that happens `per_mille` times in a thousand.
    pub fn strikes(&mut self, per_mille: u64) -> bool {
        self.below(1_000) < per_mille
    }

    /// Returns one of `choices`.
    pub fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        let index = usize::try_from(self.below(u64::try_from(choices.len()).unwrap_or(1))).unwrap_or(0);
        &choices[index]
    }
}
