//! How long a typical step takes to commit (10 events, 8 ledger lines, 3 notices): `cargo bench --bench store`.
//!
//! Prints the 50th and 99th percentile in memory, on SQLite without waiting for the disk, and on SQLite as it ships.

#[path = "../tests/it/store_story_rows.rs"]
#[allow(dead_code, clippy::unwrap_used, reason = "the story's rows; a bench may fail loudly")]
mod store_story_rows;

use std::error::Error;
use std::io::Write;
use std::time::Instant;

use outcry::domain::event::Change;
use outcry::domain::order::OrderState;
use outcry::domain::rows::PlanState;
use outcry::engine::ports::{Commit, Journal};
use outcry::store::memory::MemoryStore;
use outcry::store::open::Store;

use store_story_rows as rows;

/// Steps for each engine.
const STEPS: i64 = 2_000;

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(figures())
}

async fn figures() -> Result<(), Box<dyn Error>> {
    let place = std::env::temp_dir().join(format!("outcry-bench-store-{}", std::process::id()));
    let url = |name: &str| format!("sqlite://{}", place.join(name).display());
    measure("in memory", &MemoryStore::new(0)).await?;
    measure("SQLite without fsync", &Store::open_unsynced(&url("unsynced.db")).await?).await?;
    measure("SQLite", &Store::open(&url("synced.db")).await?).await?;
    std::fs::remove_dir_all(place)?;
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a bench measures by the wall")]
async fn measure(name: &str, journal: &dyn Journal) -> Result<(), Box<dyn Error>> {
    let epoch = journal.claim_desk(&rows::account(), rows::at(0)).await?;
    let mut micros = Vec::new();
    for number in 0..STEPS {
        let commit = typical(epoch, number);
        let began = Instant::now();
        journal.commit(&commit).await?;
        micros.push(began.elapsed().as_micros());
    }
    micros.sort_unstable();
    let at = |percent: usize| micros.get(micros.len() * percent / 100).copied().unwrap_or_default();
    writeln!(std::io::stdout(), "{name}: {} µs p50, {} µs p99 a commit", at(50), at(99))?;
    Ok(())
}

/// A confirmed plan, its orders, two fills, and what they change.
fn typical(epoch: i64, number: i64) -> Commit {
    let (plan, order) = (format!("plan-{number}"), format!("order-{number}"));
    let fill = |part: i64| rows::fill_event(&rows::fill_row(&format!("{number}-{part}"), Some(&order), Some(&plan), number));
    let mut commit = rows::step(
        epoch,
        vec![
            rows::plan_event(&rows::plan_row(&plan, "BTC", PlanState::Confirmed, 1, number)),
            rows::plan_event(&rows::plan_row(&plan, "BTC", PlanState::Approved, 1, number)),
            rows::order_event(&rows::order_row(&order, &plan, OrderState::Planned, number)),
            rows::order_event(&rows::order_row(&format!("{order}-stop"), &plan, OrderState::Planned, number)),
            fill(1),
            fill(2),
            rows::event("balance.set", "USDT", number, rows::balance("USDT", number)),
            rows::event("balance.set", "BTC", number, rows::balance("BTC", number)),
            rows::event("position.set", "BTC", number, Change::Position(Box::new(rows::position_row("BTC", false, 1)))),
            rows::event("pnl.day", "d", number, rows::pnl_day(0, 1)),
        ],
    );
    commit.postings = (0..4).flat_map(|line| rows::transfer(&format!("fill:{number}:{line}"), number)).collect();
    commit.notices = (0..3).map(|line| rows::notice(&format!("n:{number}:{line}"))).collect();
    commit
}
