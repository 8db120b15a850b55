//! `outcry serve` with many chats at once: every message has its one effect, however it was delivered.
//!
//! Here a few chats for a few seconds, and only whether all is right; `cargo bench --bench serve` has a thousand for a
//! minute, and measures.

pub mod books;
pub mod crowd;
pub mod stand;

use crowd::{Crowd, Rhythm};
use stand::{By, Stand};

const RHYTHM: Rhythm = Rhythm { chats: 50, seconds: 5, per_second: 50, trade_every: 5 };

async fn small(by: By) {
    let mut stand = Stand::start(std::path::Path::new(env!("CARGO_BIN_EXE_outcry")), &std::env::temp_dir(), RHYTHM.chats, by).await;
    let told = Crowd::new(&stand, RHYTHM).talk().await;
    println!("{:?} of processor time, {:?} KiB resident", stand.spent(), stand.resident_kib());
    assert_eq!(stand.stop(), Some(143), "{}", stand.log());
    let expected = RHYTHM.expected();
    assert_eq!((told.reads, told.cards, told.fills), (expected.reads, expected.trades, expected.trades), "{}", stand.log());
    assert_eq!(told.chats_off(&RHYTHM), [] as [i64; 0], "chats with an answer too many or too few");
    books::balance(stand.folder(), &RHYTHM).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_chats_by_webhook_lose_and_double_nothing() {
    small(By::Webhook).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_chats_by_polling_lose_and_double_nothing() {
    small(By::Polling).await;
}
