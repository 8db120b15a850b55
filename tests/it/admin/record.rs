//! The record as operators read it, page by page; and when it says that it is not ready.

use std::io::Write as _;

use serde_json::{Value, json};

use crate::kill::venue::VenueProcess;
use crate::postgres::Server;
use crate::store_story::Scratch;

use super::program::{PATIENCE, Program};
use super::{SEEDED, buy, refused};

/// Asks again until an answer is as wanted.
fn eventually(what: &str, fits: impl Fn() -> bool) {
    let began = std::time::Instant::now();
    while !fits() {
        assert!(began.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
}

/// Walks through pages of so many rows, from `start`, to the end.
fn pages(program: &Program, path: &str, rows: &str, start: i64, limit: usize) -> Vec<Value> {
    let (mut all, mut after) = (Vec::new(), Some(start));
    while let Some(from) = after {
        let page = program.get(&format!("{path}?after={from}&limit={limit}")).json();
        let found = page[rows].as_array().unwrap_or_else(|| panic!("{page}")).clone();
        assert!(found.len() <= limit);
        all.extend(found);
        after = page["next_after"].as_i64();
    }
    all
}

#[test]
fn the_record_is_read_page_by_page() {
    let scratch = Scratch::new("admin-record");
    let mut program = Program::start(scratch.path(), SEEDED);
    buy(&mut program);
    program.say("close btc", "card");
    program.say("yes", "fill");
    let events = pages(&program, "/api/events", "events", 0, 4);
    let numbers: Vec<i64> = events.iter().map(|event| event["number"].as_i64().unwrap()).collect();
    assert!(numbers.len() > 8 && numbers == (1..=numbers.len() as i64).collect::<Vec<_>>(), "{numbers:?}");
    assert!(events.windows(2).all(|pair| pair[1]["previous_hash"] == pair[0]["hash"]), "a chain");
    let latest = program.get("/api/events?limit=2").json();
    assert_eq!(latest["events"].as_array().unwrap()[..], events[events.len() - 2..], "the latest page unless it is said");
    let points = pages(&program, "/api/equity-curve", "points", 0, 1);
    assert!(!points.is_empty() && points.iter().all(|point| point["equity"].is_string()), "{points:?}");
    assert!(points.windows(2).all(|pair| pair[0]["at_ms"].as_i64() < pair[1]["at_ms"].as_i64()));
    let performance = program.get("/api/performance?window=today").json();
    assert_eq!((performance["together"]["trades"].clone(), performance["symbols"][0]["symbol"].clone()), (json!(1), json!("BTC/USDT")));
    for wrong in ["events?limit=0", "events?limit=1001", "events?after=-1", "equity-curve?after=x", "performance?window=ever"] {
        refused(&program.get(&format!("/api/{wrong}")), 400, "BAD_REQUEST");
    }
    assert_eq!(program.end(), Some(0));
}

#[test]
fn it_is_not_ready_while_the_market_is_stale() {
    let scratch = Scratch::new("admin-stale");
    let mut venue = VenueProcess::start(scratch.path(), 7);
    let address = venue.address().to_string();
    let program = Program::start(scratch.path(), &["--venue", &address, "--speed", crate::kill::SPEED]);
    let feed = || program.send("GET /readyz", &[], "").json()["checks"]["feed"].clone();
    eventually("there are no prices", || feed() == "ok");
    venue.kill();
    eventually("old prices count as fresh", || feed() == "failed");
    assert_eq!(program.send("GET /readyz", &[], "").status, 503);
    assert_eq!(program.send("GET /healthz", &[], "").status, 200, "a restart would not help");
}

#[tokio::test]
async fn it_is_not_ready_while_the_database_is_away() {
    let Some(mut server) = Server::start().await else { return };
    let database = server.database("ready").await;
    let scratch = Scratch::new("admin-away");
    let mut settings = std::fs::File::create(scratch.path().join("outcry.toml")).unwrap();
    write!(settings, "[store]\nurl = \"{database}\"\n").unwrap();
    let program = Program::start(scratch.path(), &[]);
    let answer = || program.send("GET /readyz", &[], "");
    eventually("it is never ready", || answer().status == 200);
    server.stop();
    eventually("a database that is away counts as there", || answer().json()["checks"]["database"] == "failed");
    assert_eq!(answer().status, 503);
    assert_eq!(program.send("GET /healthz", &[], "").status, 200);
}
