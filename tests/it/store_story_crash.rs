//! A file after a crash: whatever of the log's tail is lost, what is left is a whole beginning of the record.

use outcry::engine::ports::Journal;
use outcry::store::history::History;
use outcry::store::open::Store;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

use crate::store_story::{Scratch, whole};
use crate::store_story_rows::*;

/// How many torn logs are tried.
const CRASHES: u64 = 200;
/// Steps before the crash.
const STEPS: i64 = 40;

#[tokio::test]
async fn a_torn_log_leaves_a_whole_beginning() {
    let alive = Scratch::new("alive");
    let store = Store::open(&alive.url()).await.unwrap();
    let epoch = store.claim_desk(&account(), at(0)).await.unwrap();
    for number in 1..=STEPS {
        let mut commit =
            step(epoch, vec![event("balance.set", "USDT", number, balance("USDT", number)), event("pnl.day", "d", number, pnl_day(0, 1))]);
        commit.postings = transfer(&format!("t{number}"), number);
        commit.notices = vec![notice(&format!("k{number}"))];
        store.commit(&commit).await.unwrap();
    }
    let database = std::fs::read(alive.path().join("story.db")).unwrap();
    let log = std::fs::read(alive.path().join("story.db-wal")).unwrap();
    let mut random = Xoshiro256PlusPlus::seed_from_u64(200);
    let mut counts = std::collections::BTreeSet::new();
    for _ in 0..CRASHES {
        let crashed = Scratch::new("crashed");
        let mut torn = log.clone();
        torn.truncate((random.next_u64() % (log.len() as u64 + 1)) as usize);
        if let Some(last) = torn.last_mut().filter(|_| random.next_u64() % 4 == 0) {
            *last ^= 0x40;
        }
        std::fs::write(crashed.path().join("story.db"), &database).unwrap();
        std::fs::write(crashed.path().join("story.db-wal"), torn).unwrap();
        let store = Store::open_unsynced(&crashed.url()).await.unwrap();
        whole(&store).await;
        let steps = store.chain_head(&account()).await.unwrap().map_or(0, |head| head.count / 3); // two rows and a seal
        assert_eq!(store.postings(&account(), 0, 1_000).await.unwrap().len() as i64, 2 * steps, "each step is there whole");
        assert_eq!(store.outbox_next(1_000).await.unwrap().len() as i64, steps);
        counts.insert(steps);
        store.close().await;
    }
    assert!(counts.len() > 20, "the cuts fell into different steps: {counts:?}");
}
