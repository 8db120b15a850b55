//! Figures, not a test: how long a typical step takes to commit (10 events, 8 ledger lines, 3 notices), per engine.
//! `cargo test --release --test it store_story_figures -- --ignored --nocapture`

use std::time::Instant;

use outcry::domain::event::Change;
use outcry::domain::order::OrderState;
use outcry::domain::rows::PlanState;
use outcry::engine::ports::Commit;
use outcry::store::memory::MemoryStore;
use outcry::store::open::Store;

use crate::store_story::{Memory, Scratch};
use crate::store_story_rows::*;

/// Steps per engine.
const STEPS: i64 = 500;

fn typical(epoch: i64, number: i64) -> Commit {
    let (plan, order) = (format!("plan-{number}"), format!("order-{number}"));
    let mut commit = step(
        epoch,
        vec![
            plan_event(&plan_row(&plan, "BTC", PlanState::Confirmed, 1, number)),
            plan_event(&plan_row(&plan, "BTC", PlanState::Approved, 1, number)),
            order_event(&order_row(&order, &plan, OrderState::Planned, number)),
            order_event(&order_row(&format!("{order}-stop"), &plan, OrderState::Planned, number)),
            fill_event(&fill_row(&format!("{number}-1"), Some(&order), Some(&plan), number)),
            fill_event(&fill_row(&format!("{number}-2"), Some(&order), Some(&plan), number)),
            event("balance.set", "USDT", number, balance("USDT", number)),
            event("balance.set", "BTC", number, balance("BTC", number)),
            event("position.set", "BTC", number, Change::Position(Box::new(position_row("BTC", false, 1)))),
            event("pnl.day", "d", number, pnl_day(0, 1)),
        ],
    );
    commit.postings = (0..4).flat_map(|line| transfer(&format!("fill:{number}:{line}"), number)).collect();
    commit.notices = (0..3).map(|line| notice(&format!("n:{number}:{line}"))).collect();
    commit
}

async fn measure(name: &str, memory: &dyn Memory) {
    let epoch = memory.claim_desk(&account(), at(0)).await.unwrap();
    let mut micros = Vec::new();
    for number in 0..STEPS {
        let commit = typical(epoch, number);
        let began = Instant::now();
        memory.commit(commit).await.unwrap();
        micros.push(began.elapsed().as_micros());
    }
    micros.sort_unstable();
    println!("{name}: {} µs median, {} µs p99 a commit", micros[micros.len() / 2], micros[micros.len() * 99 / 100]);
}

#[tokio::test]
#[ignore = "prints figures"]
async fn figures() {
    measure("in memory", &MemoryStore::new(0)).await;
    let scratch = Scratch::new("figures");
    measure("SQLite without fsync", &Store::open_unsynced(&scratch.url()).await.unwrap()).await;
    let scratch = Scratch::new("figures");
    measure("SQLite", &Store::open(&scratch.url()).await.unwrap()).await;
    let Some(server) = crate::postgres::Server::start().await else { return };
    measure("PostgreSQL (fsync off)", &Store::open(&server.database("figures").await).await.unwrap()).await;
}
