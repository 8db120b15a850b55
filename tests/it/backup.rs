//! Backups taken under load: the copy is a whole beginning of the record, up to a commit that was there when it was taken.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use outcry::engine::deadline::pause;
use outcry::engine::ports::{Journal, JournalError};
use outcry::store::history::History;
use outcry::store::open::Store;

use crate::kill_start::{fed, program};
use crate::postgres::Server;
use crate::store_story::{Scratch, whole};
use crate::store_story_rows::*;
use crate::telegram_bot::{OWNER, Stage, count};

/// Most steps of the load: their ledger lines can be read at once.
const STEPS_MAX: i64 = 450;
/// Steps that are committed before the backup is asked for.
const HEAD_START: i64 = 20;

/// Writes steps until it is told to stop, counting those that are committed.
async fn load(store: Arc<Store>, written: Arc<AtomicI64>, stop: Arc<AtomicBool>) {
    let epoch = store.claim_desk(&account(), at(0)).await.unwrap();
    for number in 1..=STEPS_MAX {
        let mut commit = step(epoch, vec![event("balance.set", "USDT", number, balance("USDT", number))]);
        commit.postings = transfer(&format!("t{number}"), number);
        commit.notices = vec![notice(&format!("k{number}"))];
        store.commit(&commit).await.unwrap();
        written.store(number, Ordering::SeqCst);
        if stop.load(Ordering::SeqCst) {
            return;
        }
        pause(std::time::Duration::from_millis(5)).await;
    }
}

/// Runs `backup` while steps are written; returns the steps before it began and after it ended.
async fn under_load(store: &Arc<Store>, backup: impl FnOnce() + Send + 'static) -> (i64, i64) {
    let (written, stop) = (Arc::new(AtomicI64::new(0)), Arc::new(AtomicBool::new(false)));
    let writing = tokio::spawn(load(Arc::clone(store), Arc::clone(&written), Arc::clone(&stop)));
    while written.load(Ordering::SeqCst) < HEAD_START {
        pause(std::time::Duration::from_millis(5)).await;
    }
    let before = written.load(Ordering::SeqCst);
    tokio::task::spawn_blocking(backup).await.unwrap();
    stop.store(true, Ordering::SeqCst);
    writing.await.unwrap();
    (before, written.load(Ordering::SeqCst))
}

/// The restored database holds a whole beginning that ends between the two counts, to the last ledger line.
async fn is_a_beginning(restored: &str, original: &Store, (before, after): (i64, i64)) {
    let copy = Store::open(restored).await.unwrap();
    whole(&copy).await;
    let ledger = copy.postings(&account(), 0, 1_000).await.unwrap();
    // Each step wrote two lines.
    let steps = i64::try_from(ledger.len() / 2).unwrap();
    assert!((before..=after).contains(&steps), "{before} ≤ {steps} ≤ {after}");
    let mut lines = original.postings(&account(), 0, 1_000).await.unwrap();
    lines.truncate(ledger.len());
    assert_eq!(ledger, lines, "the ledger as of the last commit before the copy");
    // It is a database like any other: the Desk's role can be taken and a step written.
    let epoch = loop {
        match copy.claim_desk(&account(), at(1_000_000_000)).await {
            Ok(epoch) => break epoch,
            // The lease was copied with the rest, and runs out: within 25 s.
            Err(JournalError::NotOwner(_)) => pause(std::time::Duration::from_millis(200)).await,
            Err(error) => panic!("{error}"),
        }
    };
    copy.commit(&step(epoch, vec![event("balance.set", "USDT", STEPS_MAX + 1, balance("USDT", 1))])).await.unwrap();
    whole(&copy).await;
    copy.close().await;
}

fn backup(folder: &Path, file: &str) -> std::process::Output {
    fed(program(folder).args(["backup", file, "--db", "story.db"]), b"")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_copied_while_it_is_written() {
    let scratch = Scratch::new("backup");
    let folder = scratch.path().to_owned();
    assert_eq!(backup(&folder, "copy.db").status.code(), Some(1), "there is no database yet");
    let store = Arc::new(Store::open(&scratch.url()).await.unwrap());
    let copying = folder.clone();
    let counts = under_load(&store, move || {
        // What an earlier try left behind is no obstacle.
        std::fs::write(copying.join("copy.db.partial"), "half").unwrap();
        let output = backup(&copying, "copy.db");
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    })
    .await;
    let copy = format!("sqlite://{}", folder.join("copy.db").display());
    is_a_beginning(&copy, &store, counts).await;
    assert!(!folder.join("copy.db.partial").exists());
    for taken in ["copy.db", "story.db"] {
        let refusal = backup(&folder, taken);
        let told = String::from_utf8_lossy(&refusal.stderr).into_owned();
        assert!(refusal.status.code() == Some(1) && told.contains("there already"), "{told}");
    }
    assert_eq!(backup(&folder, "nowhere/copy.db").status.code(), Some(1));
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_is_dumped_while_it_is_written() {
    let Some(server) = Server::start().await else { return };
    if Command::new("pg_dump").arg("--version").output().is_err() {
        println!("SKIPPED: no pg_dump in PATH");
        return;
    }
    let (original, restored) = (server.database("original").await, server.database("restored").await);
    let store = Arc::new(Store::open(&original).await.unwrap());
    let scratch = Scratch::new("dump");
    let (file, source) = (scratch.path().join("outcry.dump"), original.clone());
    let dump = file.clone();
    let counts = under_load(&store, move || {
        let dumped = Command::new("pg_dump").args(["--format=custom", "--file"]).arg(dump).arg(source).output().unwrap();
        assert!(dumped.status.success(), "{}", String::from_utf8_lossy(&dumped.stderr));
    })
    .await;
    let put_back = Command::new("pg_restore").args(["--dbname", &restored]).arg(file).output().unwrap();
    assert!(put_back.status.success(), "{}", String::from_utf8_lossy(&put_back.stderr));
    is_a_beginning(&restored, &store, counts).await;
    store.close().await;
}

/// Lets the owner buy, and waits for the fill.
async fn buy(stage: &Stage, usdt: u32) {
    let card = stage.card(OWNER, &format!("buy {usdt} usdt of btc")).await;
    let before = stage.fake.shown().len();
    stage.fake.tap(OWNER, OWNER, card, "✅ Confirm");
    stage.fake.wait_shown_after(before, |shown| shown.text.contains("Filled")).await;
}

/// What a stage's two files hold: executions in the books and at the venue.
async fn fills(stage: &Stage) -> (i64, i64) {
    let venue = format!("{}.paper", stage.database());
    (stage.count("SELECT COUNT(*) FROM fills").await, count(&venue, "SELECT COUNT(*) FROM paper_fills").await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trading_bot_is_copied_with_its_venue_and_trades_on_elsewhere() {
    let stage = Stage::new();
    let mut bot = stage.serve();
    buy(&stage, 100).await;
    let folder = stage.scratch.path().to_owned();
    let copying = tokio::task::spawn_blocking(move || fed(program(&folder).args(["backup", "copy.db", "--db", "desk.db"]), b""));
    // So different that none is taken for the same order again.
    for usdt in [150, 220, 320, 470, 60] {
        buy(&stage, usdt).await;
    }
    let output = copying.await.unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && told.contains("copy.db.paper"), "{output:?}");
    let again = fed(program(stage.scratch.path()).args(["backup", "other.db", "--db", "desk.db"]), b"");
    assert!(again.status.success(), "{again:?}");
    std::fs::remove_file(stage.scratch.path().join("other.db")).unwrap();
    let half = fed(program(stage.scratch.path()).args(["backup", "other.db", "--db", "desk.db"]), b"");
    assert_eq!(half.status.code(), Some(1), "the venue's copy of another time is there: {half:?}");
    assert!(!stage.scratch.path().join("other.db").exists(), "half a backup is none");
    bot.stop();
    assert_eq!(fills(&stage).await, (6, 6));

    let elsewhere = Stage::new();
    for (copy, name) in [("copy.db", "desk.db"), ("copy.db.paper", "desk.db.paper")] {
        std::fs::copy(stage.scratch.path().join(copy), elsewhere.scratch.path().join(name)).unwrap();
    }
    let (booked, executed) = fills(&elsewhere).await;
    assert!(1 <= booked && booked <= executed && executed <= 6, "the venue's copy is not older: {booked} and {executed}");
    let traded = fed(program(elsewhere.scratch.path()).args(["chat", "--db", "desk.db"]), b"buy 85 usdt of btc\nyes\n");
    assert!(String::from_utf8_lossy(&traded.stdout).contains("Filled"), "{traded:?}");
    let (booked, executed) = fills(&elsewhere).await;
    assert!(booked == executed && booked >= 2, "{booked} and {executed}");
    // On Telegram it goes on as well; the numbers of updates go on there whatever becomes of a file here.
    elsewhere.fake.count_updates_from(710_000_000);
    let mut bot = elsewhere.serve();
    buy(&elsewhere, 130).await;
    bot.stop();
    assert_eq!(fills(&elsewhere).await, (booked + 1, executed + 1));
    let verified = fed(program(elsewhere.scratch.path()).args(["audit", "verify", "--db", "desk.db"]), b"");
    assert!(verified.status.success(), "{verified:?}");
}
