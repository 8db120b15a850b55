//! Seeded random numbers, the same on every machine.
//!
//! Invariant I10: xoshiro256++ for the bits, `libm` and IEEE-exact operations for everything made of them; a stream
//! depends on the seed and its own name only, so leaving out one coin does not change another.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};

/// 2^-53: the distance between the uniform numbers.
const UNIFORM_STEP: f64 = 1.0 / 9_007_199_254_740_992.0;

/// One stream of random numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Dice(Xoshiro256PlusPlus);

impl Dice {
    /// Returns the stream `name` of `seed`.
    pub fn new(seed: u64, name: &str) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(seed ^ fnv1a(name)))
    }

    /// Tells whether a stored stream is alive: the state of all zeros is the one that xoshiro never leaves.
    pub fn is_sound(&self) -> bool {
        let mut ahead = self.clone();
        (0..4).any(|_| ahead.word() != 0)
    }

    /// Returns 64 random bits.
    pub fn word(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Returns a number from zero up to, not including, one.
    pub fn uniform(&mut self) -> f64 {
        (self.word() >> 11) as f64 * UNIFORM_STEP
    }

    /// Returns a number of the exponential distribution with mean one.
    pub fn exponential(&mut self) -> f64 {
        -libm::log(1.0 - self.uniform())
    }

    /// Returns two independent standard normal numbers (Marsaglia's polar method).
    pub fn normals(&mut self) -> (f64, f64) {
        loop {
            let (x, y) = (2.0 * self.uniform() - 1.0, 2.0 * self.uniform() - 1.0);
            let s = x * x + y * y;
            // Three of four points lie inside the circle, so this ends soon.
            if s > 0.0 && s < 1.0 {
                let factor = (-2.0 * libm::log(s) / s).sqrt();
                return (x * factor, y * factor);
            }
        }
    }
}

/// The FNV-1a hash, to spread names over the seeds.
fn fnv1a(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_moments_are_those_of_the_distributions() {
        let mut dice = Dice::new(1, "moments");
        let n = 200_000;
        let (mut sum, mut squares, mut fourths, mut waits) = (0.0, 0.0, 0.0, 0.0);
        for _ in 0..n {
            let (x, y) = dice.normals();
            sum += x + y;
            squares += x * x + y * y;
            fourths += x * x * x * x + y * y * y * y;
            waits += dice.exponential();
        }
        let count = f64::from(2 * n);
        assert!((sum / count).abs() < 0.01, "mean {}", sum / count);
        assert!((squares / count - 1.0).abs() < 0.01, "variance {}", squares / count);
        assert!((fourths / count - 3.0).abs() < 0.05, "fourth moment {}", fourths / count);
        assert!((waits / f64::from(n) - 1.0).abs() < 0.01, "exponential mean {}", waits / f64::from(n));
    }

    #[test]
    fn streams_differ_by_name_and_by_seed() {
        let first = |seed, name| Dice::new(seed, name).word();
        assert_eq!(first(7, "BTC"), first(7, "BTC"));
        assert_ne!(first(7, "BTC"), first(7, "ETH"));
        assert_ne!(first(7, "BTC"), first(8, "BTC"));
    }
}
