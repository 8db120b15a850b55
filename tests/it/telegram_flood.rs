//! Bad input in bulk, against `outcry serve` on the strict fake: what comes again, out of order, from strangers, or while the
//! database is locked.

use serde_json::{Value, json};
use sqlx::Connection;

use crate::telegram_bot::{OWNER, SECRET, Stage, free_address};

const ALL: &str = "SELECT COUNT(*) FROM inbox";
const OPEN: &str = "SELECT COUNT(*) FROM inbox WHERE done = 0";
const CARDS: &str = "SELECT COUNT(*) FROM pendings";

fn said(update: i64, person: i64, text: &str) -> Value {
    let date = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    json!({ "update_id": update, "message": {
        "message_id": update, "date": date, "from": { "id": person, "is_bot": false, "first_name": "P" },
        "chat": { "id": person, "type": "private" }, "text": text,
    } })
}

/// Twenty times each of five updates, in an order that has nothing to do with their numbers.
fn jumbled(round: i64) -> impl Iterator<Item = Value> {
    (0..100_i64).map(move |place| {
        let number = place * 37 % 5;
        let text = if number == 0 { format!("buy {} usdt of btc", 50 + round) } else { "price of btc".to_owned() };
        said(800_000_000 + round * 5 + number, OWNER, &text)
    })
}

#[tokio::test]
async fn ten_thousand_redelivered_and_reordered_updates_by_polling_have_five_hundred_effects() {
    let stage = Stage::new();
    let mut bot = stage.serve();
    stage.card(OWNER, "buy 50 usdt of eth").await;
    stage.fake.forget_calls();
    for round in 0..100 {
        stage.fake.push_together(jumbled(round));
        if round % 20 == 10 {
            // Whatever was taken in but not confirmed is delivered to the next process.
            bot.kill();
            bot = stage.serve();
        }
        stage.fake.wait_drained().await;
    }
    stage.wait_count(ALL, 501).await;
    stage.wait_count(OPEN, 0).await;
    assert_eq!(stage.count(CARDS).await, 101);
    assert_eq!(stage.count("SELECT COUNT(*) FROM outbox WHERE key LIKE 'answer:tg:%:8000%'").await, 400);
}

/// Resident memory of a process in KiB, where the system tells it.
fn resident(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?.trim().trim_end_matches(" kB").trim().parse().ok()
}

#[tokio::test]
async fn a_flood_of_strangers_costs_neither_memory_nor_the_owners_peace() {
    let stage = Stage::new();
    let bot = stage.serve();
    stage.card(OWNER, "buy 50 usdt of eth").await;
    let flood = async |from: i64, until: i64| {
        for number in from..until {
            stage.fake.push_raw(said(900_000_000 + number, 50_000 + number % 1_000, "let me in, buy 1000 usdt of btc"));
            if number % 500 == 0 {
                stage.fake.wait_drained().await;
            }
        }
        stage.fake.wait_drained().await;
    };
    flood(0, 2_000).await;
    let before = resident(bot.process.id());
    flood(2_000, 6_000).await;
    let after = resident(bot.process.id());
    if let (Some(before), Some(after)) = (before, after) {
        assert!(after < before + 8 * 1_024, "{before} KiB before, {after} KiB after");
    }
    // Nothing of theirs is kept, the owner is told of few, and is served all the while.
    let before = stage.fake.shown().len();
    stage.fake.say(OWNER, "price of btc");
    stage.fake.wait_shown_after(before, |shown| shown.chat == OWNER && shown.text.contains("BTC/USDT")).await;
    assert_eq!((stage.count(ALL).await, stage.count(CARDS).await), (2, 1));
    assert_eq!(stage.count("SELECT COUNT(*) FROM users").await, 50);
    assert_eq!(stage.count("SELECT COUNT(*) FROM outbox WHERE key LIKE 'stranger:%'").await, 50);
    let said_to = |call: &crate::telegram_fake::journal::Call| call.args.int("chat_id");
    assert!(stage.fake.calls_of("sendMessage").iter().all(|call| said_to(call) == Some(OWNER)), "strangers get silence");
}

#[tokio::test]
async fn a_delivery_is_not_acknowledged_while_the_database_is_locked() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    sqlx::any::install_default_drivers();
    let stage = Stage::new();
    let address = free_address();
    let (url, listen) = (format!("http://{address}/hook"), address.to_string());
    let settings =
        [("TELEGRAM_WEBHOOK_URL", url.as_str()), ("TELEGRAM_WEBHOOK_SECRET", SECRET), ("TELEGRAM_WEBHOOK_ADDR", listen.as_str())];
    let _bot = stage.serve_with(&settings, &[]);
    stage.card(OWNER, "buy 50 usdt of eth").await;
    let mut other = sqlx::AnyConnection::connect(&stage.database()).await.unwrap();
    let lock = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let client = reqwest012::Client::builder().no_proxy().build().unwrap();
    let posts = (0..5).map(|number| {
        let update = said(3_000_000 + number, OWNER, &format!("buy {} usdt of btc", 100 + number));
        client.post(&url).header("X-Telegram-Bot-Api-Secret-Token", SECRET).body(update.to_string()).send()
    });
    let mut answers = Box::pin(futures_util::future::join_all(posts));
    let early = tokio::time::timeout(std::time::Duration::from_secs(3), &mut answers).await;
    assert!(early.is_err(), "nothing is acknowledged before it is stored");
    lock.rollback().await.unwrap();
    for answer in answers.await {
        assert_eq!(answer.unwrap().status().as_u16(), 200);
    }
    stage.wait_count(CARDS, 6).await;
    assert_eq!(stage.count(ALL).await, 6);
}
