//! What the files must hold once the crowd has gone: each update once, each trade once, and books that balance.

use std::collections::BTreeMap;
use std::path::Path;

use outcry::store::audit;
use outcry::store::open::Store;
use rust_decimal::Decimal;
use sqlx::{AnyConnection, Connection, Row};

use super::crowd::Rhythm;

/// Holds the database and the venue's file against what was said.
pub async fn balance(folder: &Path, rhythm: &Rhythm) {
    let expected = rhythm.expected();
    let url = format!("sqlite://{}", folder.join("desk.db").display());
    let store = Store::open(&url).await.unwrap();
    audit::verify(&store, store.head_path().as_deref()).await.unwrap();
    store.close().await;
    let mut desk = AnyConnection::connect(&url).await.unwrap();
    let mut venue = AnyConnection::connect(&format!("{url}.paper")).await.unwrap();
    let updates = expected.reads + 2 * expected.trades;
    assert_eq!(count(&mut desk, "SELECT COUNT(*) FROM inbox WHERE done = 1").await, updates);
    assert_eq!(count(&mut desk, "SELECT COUNT(*) FROM inbox").await, updates);
    assert_eq!(count(&mut desk, "SELECT COUNT(*) FROM outbox WHERE done = 0").await, 0);
    assert_eq!(count(&mut desk, "SELECT COUNT(*) FROM outbox WHERE key LIKE 'answer:tg:%'").await, expected.reads);
    for table in ["SELECT COUNT(*) FROM pendings", "SELECT COUNT(*) FROM plans", "SELECT COUNT(*) FROM orders"] {
        assert_eq!(count(&mut desk, table).await, expected.trades, "{table}");
    }
    assert_eq!(count(&mut desk, "SELECT COUNT(*) FROM orders WHERE state = 'filled'").await, expected.trades);
    assert_eq!(count(&mut venue, "SELECT COUNT(*) FROM paper_orders").await, expected.trades);
    let fills = count(&mut desk, "SELECT COUNT(*) FROM fills").await;
    assert_eq!(count(&mut venue, "SELECT COUNT(*) FROM paper_fills").await, fills);
    ledger(&mut desk, fills).await;
}

/// Each transaction of the ledger sums to nothing in each currency, and there is one for each execution.
async fn ledger(desk: &mut AnyConnection, fills: i64) {
    let rows = sqlx::query("SELECT txn, currency, amount FROM postings").fetch_all(desk).await.unwrap();
    let mut sums: BTreeMap<(String, String), Decimal> = BTreeMap::new();
    for row in &rows {
        let amount: Decimal = row.get::<String, _>(2).trim_matches('"').parse().unwrap();
        *sums.entry((row.get(0), row.get(1))).or_default() += amount;
    }
    let off: Vec<_> = sums.iter().filter(|(_, sum)| !sum.is_zero()).collect();
    assert!(off.is_empty(), "{off:?}");
    let transactions: std::collections::BTreeSet<&String> = sums.keys().map(|(transaction, _)| transaction).collect();
    assert!(transactions.len() as i64 > fills, "{} transactions for {fills} executions and the first deposit", transactions.len());
}

async fn count(connection: &mut AnyConnection, sql: &'static str) -> i64 {
    sqlx::query(sql).fetch_one(connection).await.unwrap().get(0)
}
