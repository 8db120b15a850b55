//! The recorded run: docs/recorded-run.md is what is said here on both sides, and this test keeps it true.
//!
//! Times, prices, ids and update numbers are those of the recorded run; compared is everything else: who does what, in which
//! order, and what the bot then shows. `OUTCRY_TEST_BLESS=1` records anew.

mod recorder;
mod transcript;

use std::time::Duration;

use sqlx::Connection;

use crate::telegram_bot::OWNER;
use crate::telegram_fake::faults::Trouble;
use crate::telegram_fake::journal::Shown;

use recorder::Recorder;

const BEN: i64 = 3_003;
const SAM: i64 = 2_002;
/// How long the database is locked, and how long Telegram asks to wait.
const LOCKED: Duration = Duration::from_secs(3);
const FLOOD_WAIT_S: u64 = 2;

fn filled(shown: &Shown) -> bool {
    shown.text.contains("Filled")
}

#[tokio::test]
async fn the_recorded_run_is_what_is_written() {
    let mut run = Recorder::new(&[(OWNER, "Olga"), (BEN, "Ben"), (SAM, "Sam")]);
    run.start();
    strangers(&mut run).await;
    a_trade(&mut run).await;
    double_tap(&mut run).await;
    too_many(&mut run).await;
    between_tap_and_fill(&mut run).await;
    redelivery(&mut run).await;
    locked(&mut run).await;
    transcript::check(&run.text());
}

async fn strangers(run: &mut Recorder) {
    run.scene("A stranger gets silence; the owner is asked");
    run.say(SAM, "buy 200 usdt of btc");
    run.say(SAM, "hello?");
    run.shows(OWNER, |shown| shown.text.contains("is not let in")).await;
    run.say(OWNER, &format!("/users {BEN} trader"));
    run.shows(OWNER, |shown| shown.text.contains("trader")).await;
    run.rest().await;
    assert!(run.stage.fake.shown_in(SAM).is_empty(), "silence");
    run.end_scene();
}

async fn a_trade(run: &mut Recorder) {
    run.scene("Message, card, a foreign tap that is refused, tap, fill");
    let card = run.card(OWNER, "buy 200 usdt of btc").await;
    run.tap(BEN, &card);
    run.shows(BEN, |shown| shown.text.contains("card")).await;
    run.tap(OWNER, &card);
    run.shows(OWNER, filled).await;
    run.rest().await;
    run.expect_fills(1).await;
    run.end_scene();
}

async fn double_tap(run: &mut Recorder) {
    run.scene("A double tap is one order");
    let card = run.card(OWNER, "buy 150 usdt of eth").await;
    run.tap(OWNER, &card);
    run.tap(OWNER, &card);
    run.shows(OWNER, filled).await;
    run.rest().await;
    run.expect_fills(2).await;
    run.end_scene();
}

async fn too_many(run: &mut Recorder) {
    run.scene("Telegram says 429: the answer waits as long as it is told to");
    run.stage.fake.trouble("sendMessage", 1, Trouble::TooMany(FLOOD_WAIT_S));
    run.say(OWNER, "balance");
    run.shows(OWNER, |shown| shown.text.contains("Balance")).await;
    run.rest().await;
    run.end_scene();
}

async fn between_tap_and_fill(run: &mut Recorder) {
    run.scene("The program dies between the tap and the fill");
    let card = run.card(OWNER, "buy 120 usdt of sol").await;
    run.tap(OWNER, &card);
    run.confirmed().await;
    run.kill();
    run.start();
    run.shows(OWNER, filled).await;
    run.rest().await;
    run.expect_fills(3).await;
    run.end_scene();
}

async fn redelivery(run: &mut Recorder) {
    run.scene("kill −9 before anything is confirmed: Telegram delivers again, each has one effect");
    run.stage.fake.trouble("getUpdates", 2, Trouble::CutAfter);
    for words in ["buy 60 usdt of btc", "price of btc", "positions"] {
        run.say(OWNER, words);
    }
    run.kill();
    run.start();
    run.shows(OWNER, |shown| shown.text.contains("Positions")).await;
    run.rest().await;
    let three = "SELECT COUNT(*) FROM inbox WHERE key IN (SELECT key FROM inbox ORDER BY sequence DESC LIMIT 3) AND done = 1";
    assert_eq!(run.stage.count(three).await, 3);
    run.end_scene();
}

async fn locked(run: &mut Recorder) {
    run.scene("The database is locked for 3 s: no offset moves before the commit");
    let mut other = sqlx::AnyConnection::connect(&run.stage.database()).await.unwrap();
    let lock = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    run.note("Somebody locks the database.");
    for coin in ["btc", "eth", "sol"] {
        run.say(OWNER, &format!("price of {coin}"));
    }
    tokio::time::sleep(LOCKED).await;
    let unconfirmed = run.stage.fake.pending().len();
    run.note(&format!("Not confirmed after 3 s: {} updates.", if unconfirmed == 3 { "all three" } else { "not all" }));
    assert_eq!(unconfirmed, 3);
    lock.rollback().await.unwrap();
    run.note("The lock is gone.");
    run.shows(OWNER, |shown| shown.text.contains("SOL/USDT")).await;
    run.rest().await;
    run.end_scene();
}
