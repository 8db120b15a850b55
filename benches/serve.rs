//! `outcry serve` under load, on the strict fake Telegram: `cargo bench --bench serve`, or `-- quiet webhook polling idle` for
//! parts of it.
//!
//! The program is the real one, in a process of its own; the fake, the people and the program share one machine. What is
//! right is asserted as in `tests/it/telegram_load.rs`; figures are printed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    clippy::disallowed_methods,
    missing_docs,
    reason = "a bench starts, waits for and times what it measures, and fails loudly"
)]

/// What the tests stand on.
#[path = "../tests/it"]
#[allow(dead_code, unused_imports, clippy::too_many_lines, reason = "a bench needs a part of it; its tests are not built here")]
mod it {
    pub mod telegram_fake;
    pub mod telegram_load;
}

use std::path::{Path, PathBuf};
use std::time::Duration;

use it::telegram_load::books;
use it::telegram_load::crowd::{Crowd, Rhythm};
use it::telegram_load::stand::{By, Stand};

// The files above know each other by the names they have in the tests.
use it::telegram_fake;

/// A thousand chats, each with one message a second for a minute.
const CROWD: Rhythm = Rhythm { chats: 1_000, seconds: 60, per_second: 1_000, trade_every: 20 };
/// A few, so that nothing waits for anything else.
const QUIET: Rhythm = Rhythm { chats: 100, seconds: 30, per_second: 20, trade_every: 2 };
/// Where Linux keeps files in memory.
const MEMORY_FOLDER: &str = "/dev/shm";
/// How long the idle program is left alone.
const IDLE: Duration = Duration::from_secs(20);

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let parts: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let wanted = |part: &str| parts.is_empty() || parts.iter().any(|word| word == part);
    let disk = std::env::temp_dir();
    if wanted("idle") {
        idle(&disk).await;
    }
    if wanted("quiet") {
        let memory = Path::new(MEMORY_FOLDER);
        if memory.is_dir() {
            load("20 a second by polling, files in memory", memory, QUIET, By::Polling).await;
        }
        load("20 a second by polling, on the disk", &disk, QUIET, By::Polling).await;
    }
    if wanted("webhook") {
        load("1,000 chats by webhook", &disk, CROWD, By::Webhook).await;
    }
    if wanted("polling") {
        load("1,000 chats by polling", &disk, CROWD, By::Polling).await;
    }
}

/// The program as cargo built it with this bench, or the one that `OUTCRY_BENCH_PROGRAM` names.
fn program() -> PathBuf {
    std::env::var_os("OUTCRY_BENCH_PROGRAM").map_or_else(|| env!("CARGO_BIN_EXE_outcry").into(), PathBuf::from)
}

async fn idle(place: &Path) {
    let stand = Stand::start(&program(), place, 1, By::Polling).await;
    tokio::time::sleep(IDLE).await;
    println!("idle: {:.1} MiB resident after {} s", mib(stand.resident_kib().unwrap_or_default()), IDLE.as_secs());
}

async fn load(name: &str, place: &Path, rhythm: Rhythm, by: By) {
    let mut stand = Stand::start(&program(), place, rhythm.chats, by).await;
    let mut memory = Vec::new();
    let mut told = Crowd::new(&stand, rhythm).talk_with(|| memory.extend(stand.resident_kib())).await;
    let spent = stand.spent().unwrap_or_default();
    println!("{name}");
    println!(
        "  said in {:.1} s, answered in {:.1} s, {:.1} s of processor time",
        told.said_in.as_secs_f64(),
        told.answered_in.as_secs_f64(),
        spent.as_secs_f64()
    );
    println!("  {} reads, {} cards, {} fills; {} deliveries repeated", told.reads, told.cards, told.fills, told.repeated);
    for (what, times) in [("read answered", &mut told.read_us), ("card sent", &mut told.card_us), ("tap to fill told", &mut told.fill_us)] {
        println!("  {what}: {}", distribution(times));
    }
    println!("  resident: {}", quarters(&memory));
    let ended = stand.stop();
    let expected = rhythm.expected();
    let off = told.chats_off(&rhythm);
    assert_eq!((told.reads, told.cards, told.fills), (expected.reads, expected.trades, expected.trades), "{}", stand.log());
    assert!(off.is_empty() && ended == Some(143), "{off:?} {ended:?}");
    books::balance(stand.folder(), &rhythm).await;
    println!("  every answer, order and ledger line is there once");
}

fn distribution(times: &mut [u64]) -> String {
    times.sort_unstable();
    let at =
        |share: f64| times.get(((times.len() as f64 * share) as usize).min(times.len().saturating_sub(1))).copied().unwrap_or_default();
    let ms = |us: u64| us as f64 / 1_000.0;
    format!("p50 {:.1} ms, p90 {:.1}, p99 {:.1}, slowest {:.1}", ms(at(0.5)), ms(at(0.9)), ms(at(0.99)), ms(at(1.0)))
}

fn quarters(memory: &[u64]) -> String {
    let quarter = (memory.len() / 4).max(1);
    let mean = |part: &[u64]| mib(part.iter().sum::<u64>()) / part.len().max(1) as f64;
    let (first, last) = (&memory[..quarter.min(memory.len())], &memory[memory.len().saturating_sub(quarter)..]);
    let most = memory.iter().copied().max().unwrap_or_default();
    format!("first quarter {:.1} MiB, last {:.1} MiB, most {:.1} MiB", mean(first), mean(last), mib(most))
}

fn mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}
