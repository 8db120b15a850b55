//! Stories of `outcry serve` on the strict fake: who is heard, what a tap does, what a crash leaves.

use crate::telegram_bot::{OWNER, Stage, ended};
use crate::telegram_fake::chat::ChatKind;
use crate::telegram_fake::journal::Shown;
use crate::telegram_fake::said::Said;

const ANN: i64 = 2_002;
const BEN: i64 = 3_003;
const CARDS: &str = "SELECT COUNT(*) FROM pendings";
const FILLED: &str = "SELECT COUNT(DISTINCT order_id) FROM fills";
const OPEN: &str = "SELECT COUNT(*) FROM inbox WHERE done = 0";

fn is_fill(shown: &Shown) -> bool {
    shown.text.to_lowercase().contains("filled")
}

#[tokio::test]
async fn a_stranger_gets_silence_until_the_owner_lets_them_in() {
    let stage = Stage::new();
    stage.fake.add_person(ANN, "<b>Ann & Co</b>");
    let mut bot = stage.serve();
    for words in ["buy 200 usdt of btc", "/start", "hello?"] {
        stage.fake.say(ANN, words);
    }
    let notice = stage.fake.wait_text(OWNER, "is not let in").await;
    assert!(notice.text.contains("<b>Ann & Co</b>") && notice.text.contains("2002"), "{}", notice.text);
    stage.fake.tap_data(ANN, ANN, 1, "approve 2002 as trader");
    stage.fake.wait_drained().await;
    stage.fake.tap(OWNER, OWNER, notice.id, "approve 2002 as viewer");
    stage.fake.wait_text(ANN, "let you in as a viewer").await;
    let notices = stage.fake.shown_in(OWNER).iter().filter(|shown| shown.text.contains("is not let in")).count();
    assert_eq!((notices, stage.fake.shown_in(ANN).len()), (1, 1), "one notice; and silence before");
    assert_eq!(stage.count(CARDS).await, 0);
    stage.fake.say(ANN, "price of btc");
    stage.fake.wait_text(ANN, "BTC/USDT").await;
    stage.fake.say(ANN, "buy 200 usdt of btc");
    stage.fake.wait_text(ANN, "trader").await;
    stage.fake.say(ANN, "/users 2002 trader");
    stage.fake.wait_shown(|shown| shown.chat == ANN && shown.text.contains("change of users")).await;
    stage.fake.say(OWNER, "/users");
    stage.fake.wait_shown(|shown| shown.chat == OWNER && shown.text.contains("(2002): viewer")).await;
    stage.fake.say(OWNER, "/users 2002 block");
    stage.fake.wait_text(OWNER, "kept out").await;
    let before = stage.fake.shown_in(ANN).len();
    stage.fake.say(ANN, "price of btc");
    stage.fake.wait_drained().await;
    stage.card(OWNER, "buy 200 usdt of btc").await;
    assert_eq!(stage.fake.shown_in(ANN).len(), before, "silence again");
    assert_eq!(stage.count("SELECT COUNT(*) FROM user_acts").await, 3);
    let listed = audit(&stage, "list");
    for wanted in [
        "audit.message  nobody known",
        "person 2002 wrote",
        "audit.role  owner 1001 in chat 1001  tg:",
        "person 2002: viewer: accepted",
        "audit.role  viewer 2002 in chat 2002",
        "a change of users: refused (NOT_ALLOWED)",
        "person 2002: kept out: accepted",
    ] {
        assert!(listed.contains(wanted), "{wanted}: {listed}");
    }
    bot.stop();
    assert!(audit(&stage, "verify").contains("is whole"));
}

/// Runs `outcry audit …` beside the bot, and returns what it says.
fn audit(stage: &Stage, verb: &str) -> String {
    let database = stage.scratch.path().join("desk.db");
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_outcry"));
    let output = command.args(["audit", verb, "--db"]).arg(database).env_clear().current_dir(stage.scratch.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[tokio::test]
async fn a_card_is_filled_by_its_persons_one_tap_and_nobody_elses() {
    let stage = Stage::new();
    stage.fake.add_person(BEN, "Ben");
    let mut bot = stage.serve();
    stage.let_in(BEN).await;
    let card = stage.card(OWNER, "buy 200 usdt of btc").await;
    let shown = stage.fake.shown_in(OWNER).into_iter().rfind(|shown| shown.id == card).unwrap();
    let data = shown.buttons.iter().flatten().find(|button| button.text.contains("Confirm")).unwrap().data.clone();
    let foreign = stage.fake.tap_data(BEN, BEN, card, &data);
    stage.fake.wait_answer(&foreign).await;
    let refusal = stage.fake.wait_shown(|shown| shown.chat == BEN && shown.text.contains("card")).await;
    assert!(!refusal.text.contains("200"), "nothing of the owner's card is repeated: {}", refusal.text);
    for forged in ["v1.c.00000000000000000000000000000000", "v1.c.", "v9.x.y", "\u{0}"] {
        let query = stage.fake.tap_data(OWNER, OWNER, card, forged);
        stage.fake.wait_answer(&query).await;
    }
    assert_eq!(stage.count(FILLED).await, 0);
    let taps = [stage.fake.tap_data(OWNER, OWNER, card, &data), stage.fake.tap_data(OWNER, OWNER, card, &data)];
    stage.fake.wait_shown(|shown| shown.chat == OWNER && is_fill(shown)).await;
    for tap in &taps {
        stage.fake.wait_answer(tap).await;
    }
    stage.wait_count(OPEN, 0).await;
    assert_eq!(stage.count(FILLED).await, 1, "one order, however often it is tapped");
    let listed = audit(&stage, "list");
    assert!(listed.contains("audit.tap  trader 3003") && listed.contains("refused"), "foreign taps are on record: {listed}");
    stage.fake.say(OWNER, "positions btc");
    let is_list = |shown: &Shown| shown.button("🔄 Refresh").is_some_and(|button| button.data == "b1.positions btc");
    let list = stage.fake.wait_shown(is_list).await;
    let edits = stage.fake.calls_of("editMessageText").len();
    stage.fake.tap(OWNER, OWNER, list.id, "🔄 Refresh");
    stage.fake.wait_calls("editMessageText", edits + 1).await;
    let lists = stage.fake.shown_in(OWNER).into_iter().filter(|shown| shown.button("🔄 Refresh").is_some());
    assert!(lists.into_iter().all(|shown| is_list(&shown)), "a list of one pair is made anew as it was asked for");
    assert_eq!(bot.stop(), Some(143));
    assert_eq!(stage.fake.shown_in(BEN).iter().filter(|shown| is_fill(shown)).count(), 0);
}

#[tokio::test]
async fn only_private_typed_text_trades() {
    let stage = Stage::new();
    stage.fake.add_person(ANN, "Ann");
    stage.fake.add_chat(-500, ChatKind::Supergroup, "Desk talk");
    let _bot = stage.serve();
    stage.card(OWNER, "buy 200 usdt of eth").await;
    let words = "buy 300 usdt of btc";
    let posted = stage.fake.say(OWNER, "price of btc");
    stage.fake.post(Said::new(OWNER, words).forwarded_from(ANN));
    stage.fake.post(Said::new(OWNER, words).forwarded_from_hidden("Ann"));
    stage.fake.post(Said::new(OWNER, words).via_bot(99, "other_bot"));
    stage.fake.post(Said::new(OWNER, words).quoting(posted.message, "price"));
    stage.fake.post(Said::new(OWNER, "/buy 300 usdt of btc").in_chat(-500));
    stage.fake.edit(OWNER, posted.message, words);
    stage.fake.post(Said::new(OWNER, "/price btc").in_chat(-500));
    stage.fake.wait_shown(|shown| shown.chat == -500 && shown.text.contains("BTC/USDT")).await;
    stage.fake.wait_shown(|shown| shown.chat == -500 && shown.text.contains("private")).await;
    stage.fake.wait_text(OWNER, "Forwarded text is never taken").await;
    stage.fake.wait_text(OWNER, "quotes another").await;
    stage.wait_count(OPEN, 0).await;
    assert_eq!(stage.count(CARDS).await, 1);
}

#[tokio::test]
async fn what_came_while_it_was_away_is_listed_and_said_again_once_however_often_it_is_tapped() {
    let stage = Stage::new();
    for words in ["buy 200 usdt of btc", "close eth", "price of btc"] {
        stage.fake.post(Said::new(OWNER, words).seconds_ago(300));
    }
    let _bot = stage.serve();
    let listed = stage.fake.wait_text(OWNER, "3 commands came while I was away: expired, resend?").await;
    assert!(["buy 200 usdt of btc", "close eth", "price of btc"].iter().all(|words| listed.text.contains(words)), "{}", listed.text);
    stage.card(OWNER, "buy 200 usdt of eth").await;
    assert_eq!((stage.count(CARDS).await, stage.count(OPEN).await), (1, 0));
    let data = |label: &str| listed.button(label).unwrap().data.clone();
    stage.fake.add_person(ANN, "Ann");
    stage.fake.tap_data(ANN, ANN, listed.id, &data("🔁 Resend"));
    for label in ["🔁 Resend", "🔁 Resend", "🗑 Drop", "🔁 Resend"] {
        stage.fake.tap_data(OWNER, OWNER, listed.id, &data(label));
    }
    stage.fake.wait_shown(|shown| shown.chat == OWNER && shown.id == listed.id && shown.text.contains("Said again: 3 commands")).await;
    stage.wait_count(CARDS, 2).await;
    stage.wait_count("SELECT COUNT(*) FROM inbox WHERE done = 1 AND key LIKE '%:1'", 3).await;
    stage.fake.wait_drained().await;
    stage.wait_count(OPEN, 0).await;
    assert_eq!((stage.count(CARDS).await, stage.count(FILLED).await), (2, 0), "one card, and nothing without a tap on it");
}

#[tokio::test]
async fn beyond_the_rate_nothing_is_read_but_words_that_stop() {
    let stage = Stage::new();
    let _bot = stage.serve_with(&[("TELEGRAM_USER_PER_MINUTE", "4")], &[]);
    stage.card(OWNER, "buy 200 usdt of eth").await;
    for number in 0..8 {
        stage.fake.say(OWNER, &format!("buy {} usdt of btc", 100 + number));
    }
    stage.fake.wait_text(OWNER, "more than 4 messages in a minute").await;
    for words in ["cancel all", "stop", "flatten", "panic"] {
        stage.fake.say(OWNER, words);
    }
    stage.fake.wait_drained().await;
    stage.wait_count(OPEN, 0).await;
    stage.wait_count("SELECT COUNT(*) FROM outbox WHERE key LIKE 'slow:%'", 1).await;
    assert_eq!(stage.count(CARDS).await, 4, "what was refused is not done later");
    let answers = "SELECT COUNT(*) FROM inbox WHERE done = 1";
    assert_eq!(stage.count(answers).await, 13);
    assert_eq!(
        stage.count("SELECT COUNT(*) FROM order_events WHERE kind = 'audit.word'").await,
        3,
        "stop, its answer and panic were heard"
    );
}

#[tokio::test]
async fn killed_between_tap_and_fill_it_fills_once() {
    let stage = Stage::new();
    let mut bot = stage.serve();
    let card = stage.card(OWNER, "buy 200 usdt of btc").await;
    stage.fake.tap(OWNER, OWNER, card, "✅ Confirm");
    bot.kill();
    let mut bot = stage.serve();
    stage.fake.wait_shown(|shown| shown.chat == OWNER && is_fill(shown)).await;
    stage.wait_count(OPEN, 0).await;
    assert_eq!(stage.count(FILLED).await, 1);
    bot.stop();
    assert_eq!(stage.count("SELECT COUNT(*) FROM plans").await, 1);
}

#[tokio::test]
async fn a_tap_that_waited_out_the_card_while_it_was_away_confirms_nothing() {
    let stage = Stage::new();
    let fast = [("OUTCRY_MARKET__SPEED", "30")];
    let mut bot = stage.serve_with(&fast, &[]);
    let card = stage.card(OWNER, "buy 200 usdt of btc").await;
    bot.kill();
    stage.fake.tap(OWNER, OWNER, card, "✅ Confirm");
    tokio::time::sleep(std::time::Duration::from_millis(2_500)).await;
    let _bot = stage.serve_with(&fast, &[]);
    stage.fake.wait_shown(|shown| shown.chat == OWNER && shown.text.contains("expired")).await;
    stage.wait_count(OPEN, 0).await;
    assert_eq!(stage.count(FILLED).await, 0);
}

#[tokio::test]
async fn killed_at_any_point_each_update_has_one_effect() {
    let stage = Stage::new();
    let mut bot = stage.serve();
    stage.card(OWNER, "buy 50 usdt of eth").await;
    for round in 0..6_u64 {
        for number in 0..4 {
            stage.fake.say(OWNER, &format!("buy {} usdt of btc", 50 + round * 4 + number));
        }
        tokio::time::sleep(std::time::Duration::from_millis(round * 37)).await;
        bot.kill();
        bot = stage.serve();
    }
    stage.fake.wait_drained().await;
    stage.wait_count(OPEN, 0).await;
    stage.wait_count(CARDS, 25).await;
    stage.wait_count("SELECT COUNT(*) FROM inbox", 25).await;
}

#[tokio::test]
async fn no_offset_moves_while_the_database_is_locked() {
    use sqlx::Connection;
    let stage = Stage::new();
    let _bot = stage.serve();
    stage.card(OWNER, "buy 50 usdt of eth").await;
    stage.fake.wait_drained().await;
    let mut other = sqlx::AnyConnection::connect(&stage.database()).await.unwrap();
    let lock = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    for number in 0..5 {
        stage.fake.say(OWNER, &format!("buy {} usdt of btc", 100 + number));
    }
    let asked = stage.fake.calls_of("getUpdates").len();
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    assert_eq!(stage.fake.pending().len(), 5, "nothing is confirmed before it is stored");
    lock.rollback().await.unwrap();
    stage.fake.wait_drained().await;
    stage.wait_count(CARDS, 6).await;
    assert!(stage.fake.calls_of("getUpdates").len() > asked);
}

#[tokio::test]
async fn without_a_token_or_an_owner_it_does_not_start() {
    let stage = Stage::new();
    let url = stage.fake.url();
    let token = stage.fake.token();
    let cases = [
        (vec![("TELEGRAM_OWNER_ID", "1")], "TELEGRAM_BOT_TOKEN"),
        (vec![("TELEGRAM_BOT_TOKEN", token)], "TELEGRAM_OWNER_ID"),
        (vec![("TELEGRAM_BOT_TOKEN", "no token"), ("TELEGRAM_OWNER_ID", "1")], "BotFather"),
        (vec![("TELEGRAM_BOT_TOKEN", "42:AAwrong"), ("TELEGRAM_OWNER_ID", "1"), ("TELEGRAM_API_URL", &url)], "does not accept"),
        (vec![("TELEGRAM_BOT_TOKEN", token), ("TELEGRAM_OWNER_ID", "1"), ("TELEGRAM_WEBHOOK_URL", "https://x.example")], "WEBHOOK_SECRET"),
    ];
    for (settings, wanted) in cases {
        let output = ended(stage.scratch.path(), &settings);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && said.contains(wanted), "{settings:?}: {said}");
        assert!(!said.contains("AAwrong") && !said.contains("AAHdq"), "{said}");
    }
}
