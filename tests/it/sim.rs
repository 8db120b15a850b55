//! The simulation: the real runtime, executor, licence, intake and outbox, assembled by the program's own constructor,
//! under one seed, paused time and a swarm of faults.
//!
//! Same seed, same run. `OUTCRY_SIM_FROM` and `OUTCRY_SIM_SEEDS` choose the seeds; `OUTCRY_SIM_EACH=1` prints a line for
//! each.

mod bug;
mod exchange;
mod faults;
mod invariants;
mod journal;
mod judge;
mod life;
mod luck;
mod market;
mod network;
mod person;
mod process;
mod watch;
mod world;

use std::collections::BTreeMap;

use bug::Bug;
use faults::Fault;
use world::{Outcome, run};

/// Seeds of a debug run that nobody asked more of.
const SEEDS_DEFAULT: u64 = 40;
/// Within so many seeds each planted bug must be found.
const BUG_SEEDS: u64 = 200;

#[expect(clippy::disallowed_methods, reason = "which seeds are run is a matter of the environment")]
fn setting(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(otherwise)
}

fn report(outcome: &Outcome) -> String {
    let broken: Vec<String> =
        outcome.violations.iter().map(|broken| format!("  invariant {} at {}: {}", broken.number, broken.at.ms(), broken.text)).collect();
    format!(
        "seed {} broke {} invariants\n{}\nlast events:\n{}\nrepeat it: OUTCRY_SIM_FROM={} OUTCRY_SIM_SEEDS=1 cargo test --test it sim_200_seeds -- --nocapture",
        outcome.seed,
        outcome.violations.len(),
        broken.join("\n"),
        outcome.trace.join("\n"),
        outcome.seed
    )
}

#[test]
fn sim_200_seeds() {
    let (from, count) = (setting("OUTCRY_SIM_FROM", 1), setting("OUTCRY_SIM_SEEDS", SEEDS_DEFAULT));
    let (mut sums, mut faults, mut failed) = ([0_u64; 9], BTreeMap::<Fault, u64>::new(), Vec::new());
    let mut denials = BTreeMap::<String, u64>::new();
    let mut kinds = BTreeMap::<&str, u64>::new();
    for seed in from..from + count {
        let outcome = run(seed, None);
        let counts = outcome.counts;
        let figures = [
            counts.commits,
            counts.events,
            counts.messages,
            counts.plans,
            counts.confirmed,
            counts.orders,
            counts.fills,
            counts.fundings,
            counts.restarts,
        ];
        sums.iter_mut().zip(figures).for_each(|(sum, figure)| *sum += figure);
        outcome.faults.iter().for_each(|(fault, times)| *faults.entry(*fault).or_default() += times);
        if setting("OUTCRY_SIM_EACH", 0) > 0 {
            println!("seed {seed}: {counts:?} {}", outcome.hash);
        }
        outcome.kinds.iter().for_each(|(kind, times)| *kinds.entry(kind).or_default() += times);
        outcome.denials.iter().for_each(|(code, times)| *denials.entry(code.clone()).or_default() += times);
        if !outcome.violations.is_empty() {
            println!("{}", report(&outcome));
            failed.push((seed, outcome.violations[0].number));
        }
    }
    let [commits, events, messages, plans, confirmed, orders, fills, fundings, restarts] = sums;
    println!(
        "seeds {from}..{}: {commits} steps, {events} events, {messages} messages, {plans} plans ({confirmed} confirmed), {orders} orders, {fills} fills, {fundings} funding payments, {restarts} restarts",
        from + count
    );
    println!("faults {} in all: {faults:?}", faults.values().sum::<u64>());
    println!("refusals {denials:?}");
    println!("orders and exits taken by kind {kinds:?}");
    println!("violations in {} seeds: {failed:?}", failed.len());
    assert!(failed.is_empty(), "seeds with broken invariants: {failed:?}");
}

/// 26: the same seed twice gives the same chain, to the last hash. One seed in twenty.
#[test]
fn a_seed_run_twice_makes_the_same_chain() {
    let (from, count) = (setting("OUTCRY_SIM_FROM", 1), setting("OUTCRY_SIM_SEEDS", SEEDS_DEFAULT));
    let mut twins = 0;
    for seed in (from..from + count).step_by(20) {
        let (first, second) = (run(seed, None), run(seed, None));
        assert!(!first.hash.is_empty());
        assert_eq!(first.hash, second.hash, "invariant 26: seed {seed} made two chains; the first said\n{}", first.trace.join("\n"));
        twins += 1;
    }
    assert_ne!(run(from, None).hash, run(from + 1, None).hash, "another seed is another day");
    println!("{twins} seeds run twice, each with one chain");
}

/// The simulation's own test: each planted bug is found. With `OUTCRY_SIM_BUGS` it goes through that many seeds for each
/// and counts; else it stops at the first seed that finds it.
#[test]
fn every_planted_bug_is_found() {
    let all = setting("OUTCRY_SIM_BUGS", 0);
    for bug in Bug::ALL {
        let mut found = BTreeMap::<u32, u64>::new();
        let mut first = None;
        let mut seeds = 0;
        for seed in 1..=if all > 0 { all } else { BUG_SEEDS } {
            seeds += 1;
            if let Some(broken) = run(seed, Some(bug)).violations.first() {
                *found.entry(broken.number).or_default() += 1;
                first.get_or_insert(seed);
                if all == 0 {
                    break;
                }
            }
        }
        let count: u64 = found.values().sum();
        println!("{bug:?}: found in {count} of {seeds} seeds, first in {first:?}, by invariants {found:?}");
        assert!(first.is_some(), "{bug:?} was not found in {seeds} seeds");
    }
}
