//! What the simulated prices have in common with real ones, measured over twenty seeds.
//!
//! A jump is a move of at least 3 % from one whole minute to the next. Volatility by regime is the standard deviation
//! of the one-minute log returns of minutes that were spent in that regime throughout.

use super::coin::{COINS, Coin};
use super::dice::Dice;
use super::mood::{Mood, MoodPace};
use super::path::{Pace, Path};
use super::regime::Regime;
use crate::domain::time::MINUTE_MS;

const SEEDS: u64 = 20;
const WEEKS: usize = 4;
const WEEK_MINUTES: usize = 7 * 24 * 60;
const STEPS_PER_MINUTE: i64 = 4;

struct Minute {
    log_return: f64,
    volume: f64,
    /// The regime at its beginning and at its end.
    regimes: (Regime, Regime),
}

#[derive(Debug)]
struct Figures {
    excess_kurtosis: f64,
    autocorrelation: f64,
    volume_correlation: f64,
    /// Annual, in the order of `Regime::ALL`.
    by_regime: [f64; 3],
    annual: f64,
    jump_weeks: usize,
}

fn minutes(coin: &Coin, seed: u64, count: usize) -> Vec<Minute> {
    let start = coin.start_ticks as f64;
    let pace = Pace::new(&coin.temper, MINUTE_MS / STEPS_PER_MINUTE);
    let mood_pace = MoodPace::new(MINUTE_MS / STEPS_PER_MINUTE);
    let mut mood = Mood::new(Dice::new(seed, "mood"));
    let mut path = Path::new(Dice::new(seed, &format!("{}/path", coin.base)), start);
    let minute = |_| {
        let (before, regime) = (path.price(), mood.regime());
        let volume = (0..STEPS_PER_MINUTE).map(|_| path.step(&pace, &mood.step(&mood_pace), start).volume).sum();
        Minute { log_return: libm::log(path.price() / before), volume, regimes: (regime, mood.regime()) }
    };
    (0..count).map(minute).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn central_moment(values: &[f64], power: i32) -> f64 {
    let mean = mean(values);
    values.iter().map(|value| (value - mean).powi(power)).sum::<f64>() / values.len() as f64
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let (mean_a, mean_b) = (mean(a), mean(b));
    let covariance = a.iter().zip(b).map(|(a, b)| (a - mean_a) * (b - mean_b)).sum::<f64>() / a.len() as f64;
    covariance / (central_moment(a, 2) * central_moment(b, 2)).sqrt()
}

fn figures(coin: &Coin, seed: u64) -> Figures {
    let minutes = minutes(coin, seed, WEEKS * WEEK_MINUTES);
    let returns: Vec<f64> = minutes.iter().map(|minute| minute.log_return).collect();
    let sizes: Vec<f64> = returns.iter().map(|value| value.abs()).collect();
    let volumes: Vec<f64> = minutes.iter().map(|minute| minute.volume).collect();
    let annual_factor = (365.0 * 24.0 * 60.0f64).sqrt();
    let of_regime = |regime| {
        let inside: Vec<f64> = minutes.iter().filter(|minute| minute.regimes == (regime, regime)).map(|minute| minute.log_return).collect();
        central_moment(&inside, 2).sqrt() * annual_factor
    };
    let variance = central_moment(&returns, 2);
    let is_jump = |minute: &Minute| (libm::exp(minute.log_return) - 1.0).abs() >= 0.03;
    Figures {
        excess_kurtosis: central_moment(&returns, 4) / (variance * variance) - 3.0,
        autocorrelation: correlation(&sizes[1..], &sizes[..sizes.len() - 1]),
        volume_correlation: correlation(&sizes, &volumes),
        by_regime: Regime::ALL.map(of_regime),
        annual: variance.sqrt() * annual_factor,
        jump_weeks: minutes.chunks(WEEK_MINUTES).filter(|week| week.iter().any(is_jump)).count(),
    }
}

#[test]
fn bitcoin_moves_as_a_market_does_over_twenty_seeds() {
    let all: Vec<Figures> = (0..SEEDS).map(|seed| figures(&COINS[0], seed)).collect();
    for (seed, figures) in all.iter().enumerate() {
        println!("seed {seed}: {figures:.3?}");
        assert!(figures.excess_kurtosis > 3.0, "seed {seed}: {figures:?}");
        assert!(figures.autocorrelation > 0.1, "seed {seed}: {figures:?}");
        assert!(figures.volume_correlation > 0.2, "seed {seed}: {figures:?}");
        let [calm, normal, turbulent] = figures.by_regime;
        assert!(normal >= 3.0 * calm && turbulent >= 3.0 * normal, "seed {seed}: {figures:?}");
    }
    let jump_weeks: usize = all.iter().map(|figures| figures.jump_weeks).sum();
    let annual = (all.iter().map(|figures| figures.annual * figures.annual).sum::<f64>() / SEEDS as f64).sqrt();
    println!("jump in {jump_weeks} of {} weeks, annual volatility {annual:.3}", SEEDS as usize * WEEKS);
    assert!(jump_weeks * 3 > SEEDS as usize * WEEKS * 2, "a jump in more than two thirds of the weeks: {jump_weeks}");
    assert!((0.45..0.65).contains(&annual), "annual volatility {annual}");
}

#[test]
fn the_other_coins_move_more_and_partly_together() {
    let bitcoin: Vec<f64> = minutes(&COINS[0], 1, WEEK_MINUTES).iter().map(|minute| minute.log_return).collect();
    for coin in &COINS[1..] {
        let measured: Vec<Figures> = (0..4).map(|seed| figures(coin, seed)).collect();
        let annual = mean(&measured.iter().map(|figures| figures.annual).collect::<Vec<_>>());
        let returns: Vec<f64> = minutes(coin, 1, WEEK_MINUTES).iter().map(|minute| minute.log_return).collect();
        let together = correlation(&bitcoin, &returns);
        println!("{}: annual volatility {annual:.2}, correlation with BTC {together:.2}", coin.base);
        assert!((0.5..1.8).contains(&annual), "{}: {annual}", coin.base);
        assert!(together > 0.3, "{}: {together}", coin.base);
    }
}
