//! The webhook of `outcry serve`, and two processes on one PostgreSQL: who may deliver, and who acts.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::kill::venue::VenueProcess;
use crate::postgres::Server;
use crate::store_story::Scratch;
use crate::telegram_bot::{OWNER, SECRET, Serving, Stage, count, free_address, program};

const HEADER: &str = "X-Telegram-Bot-Api-Secret-Token";

fn client() -> reqwest012::Client {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    reqwest012::Client::builder().no_proxy().build().unwrap()
}

fn said(update: i64, text: &str) -> Value {
    let date = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    json!({ "update_id": update, "message": {
        "message_id": update, "date": date, "from": { "id": OWNER, "is_bot": false, "first_name": "Olga" },
        "chat": { "id": OWNER, "type": "private" }, "text": text,
    } })
}

/// Posts a body with these secrets, and returns the status.
async fn post(address: SocketAddr, secrets: &[&str], body: String) -> u16 {
    let mut request = client().post(format!("http://{address}/hook")).body(body);
    for secret in secrets {
        request = request.header(HEADER, *secret);
    }
    request.send().await.unwrap().status().as_u16()
}

/// Sends the head of a delivery with a wrong secret, keeps its body back, and returns what is answered all the same.
async fn refused_before_the_body(address: SocketAddr) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let head = format!("POST /hook HTTP/1.1\r\nHost: x\r\n{HEADER}: wrong\r\nContent-Length: 2000000\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 64];
    let count = stream.read(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer[..count]).into_owned()
}

/// Posts an update until somebody listens there.
async fn deliver(address: SocketAddr, update: &Value) -> u16 {
    for _ in 0..1_200 {
        let request = client().post(format!("http://{address}/hook")).header(HEADER, SECRET).body(update.to_string());
        if let Ok(answer) = request.send().await {
            return answer.status().as_u16();
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("nobody listens on {address}");
}

#[tokio::test]
async fn only_who_knows_the_secret_may_deliver() {
    let stage = Stage::new();
    let address = free_address();
    let (url, listen) = (format!("http://{address}/hook"), address.to_string());
    let settings =
        [("TELEGRAM_WEBHOOK_URL", url.as_str()), ("TELEGRAM_WEBHOOK_SECRET", SECRET), ("TELEGRAM_WEBHOOK_ADDR", listen.as_str())];
    let _bot = stage.serve_with(&settings, &[]);
    stage.card(OWNER, "buy 50 usdt of eth").await;
    let update = said(700_001, "buy 200 usdt of btc").to_string();
    let longer = format!("{SECRET}x");
    for wrong in [&[] as &[&str], &[""], &["x"], &[&SECRET[1..]], &[longer.as_str()], &[SECRET, SECRET], &[SECRET, "x"]] {
        assert_eq!(post(address, wrong, update.clone()).await, 401, "{wrong:?}");
    }
    assert!(refused_before_the_body(address).await.starts_with("HTTP/1.1 401"), "nothing is read for who does not know the secret");
    assert_eq!(client().post(format!("http://{address}/other")).header(HEADER, SECRET).send().await.unwrap().status().as_u16(), 404);
    assert_eq!(post(address, &[SECRET], "x".repeat((1 << 20) + 1)).await, 413);
    assert_eq!(post(address, &[SECRET], "{".to_owned()).await, 400);
    assert_eq!(client().get(&url).header(HEADER, SECRET).send().await.unwrap().status().as_u16(), 405);
    for harmless in [json!({}), json!([1]), json!({ "update_id": 5 }), json!({ "update_id": 6, "message": { "text": 1 } })] {
        assert_eq!(post(address, &[SECRET], harmless.to_string()).await, 200, "{harmless}");
    }
    assert_eq!(stage.count("SELECT COUNT(*) FROM inbox").await, 1);
    for _ in 0..3 {
        assert_eq!(post(address, &[SECRET], update.clone()).await, 200);
    }
    stage.wait_count("SELECT COUNT(*) FROM pendings", 2).await;
    assert_eq!(stage.count("SELECT COUNT(*) FROM inbox").await, 2);
    let links = stage.count("SELECT COUNT(*) FROM order_events WHERE kind = 'audit.token'").await;
    assert!((1..=2).contains(&links), "wrong secrets are on record, one link a minute: {links}");
}

#[tokio::test]
async fn a_hundred_slow_clients_delay_no_delivery_and_are_sent_away() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let stage = Stage::new();
    let address = free_address();
    let (url, listen) = (format!("http://{address}/hook"), address.to_string());
    let settings =
        [("TELEGRAM_WEBHOOK_URL", url.as_str()), ("TELEGRAM_WEBHOOK_SECRET", SECRET), ("TELEGRAM_WEBHOOK_ADDR", listen.as_str())];
    let _bot = stage.serve_with(&settings, &[]);
    stage.card(OWNER, "buy 50 usdt of eth").await;
    let whole = format!("POST /hook HTTP/1.1\r\nHost: x\r\n{HEADER}: {SECRET}\r\nContent-Length: 1000\r\n\r\n{{");
    let mut slow = Vec::new();
    for number in 0..100 {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        // Half of them never end their head, half keep their body back.
        let sent = if number % 2 == 0 { &whole[..40] } else { whole.as_str() };
        stream.write_all(sent.as_bytes()).await.unwrap();
        slow.push(stream);
    }
    assert_eq!(post(address, &[SECRET], said(700_001, "buy 200 usdt of btc").to_string()).await, 200);
    stage.wait_count("SELECT COUNT(*) FROM pendings", 2).await;
    for mut stream in slow {
        let mut answer = Vec::new();
        let ended = tokio::time::timeout(std::time::Duration::from_secs(60), stream.read_to_end(&mut answer)).await;
        assert!(ended.is_ok(), "whoever is slow is sent away");
    }
}

#[tokio::test]
async fn ten_thousand_redelivered_and_reordered_updates_have_five_hundred_effects() {
    let stage = Stage::new();
    let address = free_address();
    let (url, listen) = (format!("http://{address}/hook"), address.to_string());
    let settings =
        [("TELEGRAM_WEBHOOK_URL", url.as_str()), ("TELEGRAM_WEBHOOK_SECRET", SECRET), ("TELEGRAM_WEBHOOK_ADDR", listen.as_str())];
    let _bot = stage.serve_with(&settings, &[]);
    stage.card(OWNER, "buy 50 usdt of eth").await;
    stage.fake.forget_calls();
    let words =
        |number: u64| if number.is_multiple_of(20) { format!("buy {} usdt of btc", 50 + number) } else { "price of btc".to_owned() };
    // A step that shares no factor with the count visits every number, out of order, twenty times.
    let client = client();
    for start in (0..10_000_u64).step_by(10) {
        let posts = (start..start + 10).map(|place| {
            let number = place * 7_919 % 500;
            let update = said(1_000_000 + i64::try_from(number).unwrap(), &words(number));
            client.post(&url).header(HEADER, SECRET).body(update.to_string()).send()
        });
        for answer in futures_util::future::join_all(posts).await {
            assert_eq!(answer.unwrap().status().as_u16(), 200);
        }
    }
    assert_eq!(stage.count("SELECT COUNT(*) FROM inbox").await, 501);
    stage.wait_count("SELECT COUNT(*) FROM inbox WHERE done = 0", 0).await;
    assert_eq!(stage.count("SELECT COUNT(*) FROM pendings").await, 26);
    assert_eq!(stage.count("SELECT COUNT(*) FROM outbox WHERE key LIKE 'answer:tg:%:1000%'").await, 475);
}

/// Starts one of two processes on the same database and venue.
fn replica(stage: &Stage, database: &str, venue: &VenueProcess, name: &str, address: SocketAddr) -> Serving {
    let folder = stage.scratch.path().join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let mut command = program(&folder);
    command.args(["--venue", &venue.address().to_string(), "--speed", crate::kill::SPEED]);
    let (url, listen) = (format!("http://{address}/hook"), address.to_string());
    let settings = [
        ("DATABASE_URL", database),
        ("TELEGRAM_WEBHOOK_URL", url.as_str()),
        ("TELEGRAM_WEBHOOK_SECRET", SECRET),
        ("TELEGRAM_WEBHOOK_ADDR", listen.as_str()),
    ];
    stage.start(command, &settings)
}

#[tokio::test]
async fn of_two_processes_one_acts_and_the_other_takes_over() {
    let Some(server) = Server::start().await else { return };
    let database = server.database("serving").await;
    let stage = Stage::new();
    let venue = VenueProcess::start(stage.scratch.path(), 7);
    let (first_address, second_address) = (free_address(), free_address());
    let mut first = replica(&stage, &database, &venue, "first", first_address);
    let pendings = "SELECT COUNT(*) FROM pendings";
    assert_eq!(deliver(first_address, &said(900_001, "buy 200 usdt of btc")).await, 200);
    wait(&database, pendings, 1).await;
    let _second = replica(&stage, &database, &venue, "second", second_address);
    let twice = said(900_002, "buy 300 usdt of btc");
    let (one, other) = tokio::join!(deliver(first_address, &twice), deliver(second_address, &twice));
    assert_eq!((one, other), (200, 200));
    wait(&database, pendings, 2).await;
    // Delivered to the one that does not act, done by the one that does.
    assert_eq!(deliver(second_address, &said(900_003, "buy 400 usdt of btc")).await, 200);
    wait(&database, pendings, 3).await;
    let epoch = "SELECT epoch FROM lease";
    let before = count(&database, epoch).await;
    first.kill();
    let killed = std::time::Instant::now();
    assert_eq!(deliver(second_address, &said(900_004, "buy 500 usdt of btc")).await, 200);
    wait(&database, pendings, 4).await;
    let taken_over = killed.elapsed();
    // The lease, the time to settle, the pause between two questions, and a slow machine.
    assert!(taken_over < std::time::Duration::from_secs(45), "{taken_over:?}");
    assert!(count(&database, epoch).await > before);
    assert_eq!(count(&database, "SELECT COUNT(*) FROM inbox").await, 4);
    assert_eq!(count(&database, "SELECT COUNT(*) FROM inbox WHERE done = 0").await, 0);
}

/// Sends a process a signal.
fn signal(process: &Serving, name: &str) {
    std::process::Command::new("kill").args([name, &process.process.id().to_string()]).status().unwrap();
}

#[tokio::test]
async fn a_process_that_stood_still_past_its_lease_sends_nothing_when_it_goes_on() {
    let Some(server) = Server::start().await else { return };
    let database = server.database("standing").await;
    let stage = Stage::new();
    let venue = VenueProcess::start(stage.scratch.path(), 7);
    let (first_address, second_address) = (free_address(), free_address());
    let mut first = replica(&stage, &database, &venue, "first", first_address);
    assert_eq!(deliver(first_address, &said(910_001, "buy 200 usdt of btc")).await, 200);
    wait(&database, "SELECT COUNT(*) FROM pendings", 1).await;
    let _second = replica(&stage, &database, &venue, "second", second_address);
    assert_eq!(deliver(second_address, &said(910_002, "price of btc")).await, 200);
    // Confirmed, and stopped somewhere between the tap and its fill.
    assert_eq!(deliver(first_address, &said(910_003, "yes")).await, 200);
    signal(&first, "-STOP");
    let epoch = "SELECT epoch FROM lease";
    let before = count(&database, epoch).await;
    for _ in 0..1_200 {
        if count(&database, epoch).await > before {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(count(&database, epoch).await > before, "the one that waited took over");
    wait(&database, "SELECT COUNT(*) FROM inbox WHERE done = 0", 0).await;
    let unsettled = "SELECT COUNT(*) FROM orders WHERE state IN ('planned', 'sending', 'unknown', 'open', 'partial', 'canceling')";
    wait(&database, unsettled, 0).await;
    let (filled, orders) = ("SELECT COUNT(*) FROM fills", "SELECT COUNT(*) FROM orders");
    let then = (count(&database, filled).await, count(&database, orders).await);
    signal(&first, "-CONT");
    let code = (0..1_200).find_map(|_| {
        std::thread::sleep(std::time::Duration::from_millis(50));
        first.process.try_wait().unwrap()
    });
    assert_eq!(code.and_then(|code| code.code()), Some(1), "who lost the desk ends");
    assert_eq!(deliver(second_address, &said(910_004, "positions")).await, 200);
    wait(&database, "SELECT COUNT(*) FROM inbox WHERE done = 0", 0).await;
    assert_eq!((count(&database, filled).await, count(&database, orders).await), then, "nothing was sent by the one that stood still");
    assert!(then.1 <= 1, "one order at most: {then:?}");
    let log = std::fs::read_to_string(stage.log()).unwrap();
    assert!(log.contains("of build") && log.contains("waits to take over"), "{log}");
}

async fn wait(url: &str, sql: &'static str, wanted: i64) {
    let mut found = -1;
    for _ in 0..1_200 {
        found = count(url, sql).await;
        if found == wanted {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("{sql}: {found}, not {wanted}");
}

#[tokio::test]
async fn a_chat_keeps_the_role_while_it_waits_for_words_and_gives_it_back() {
    use std::io::{BufRead, BufReader, Write};
    use std::process::{Command, Stdio};
    let Some(server) = Server::start().await else { return };
    let database = server.database("chatting").await;
    let scratch = Scratch::new("chat");
    let mut chat = Command::new(env!("CARGO_BIN_EXE_outcry"))
        .args(["chat", "--market", "simulated"])
        .current_dir(scratch.path())
        .env_clear()
        .envs([("HOME", scratch.path().to_str().unwrap()), ("DATABASE_URL", database.as_str())])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    chat.stdin.as_mut().unwrap().write_all(b"balance\n").unwrap();
    let mut lines = BufReader::new(chat.stdout.take().unwrap()).lines();
    lines.find(|line| line.as_ref().unwrap().contains("USDT")).unwrap().unwrap();
    let expiry = "SELECT expires_at FROM lease";
    let mut seen = std::collections::BTreeSet::new();
    while seen.len() < 3 {
        seen.insert(count(&database, expiry).await);
        assert!(chat.try_wait().unwrap().is_none(), "the chat ended by itself");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    drop(chat.stdin.take());
    assert!(chat.wait().unwrap().success());
    assert!(count(&database, expiry).await < *seen.first().unwrap(), "given back");
}
