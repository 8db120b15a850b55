//! The operators' endpoint of the real program: who is let in, what it tells, what it can stop, and what cannot stop it.

mod program;
mod record;

use std::io::{Read, Write};

use serde_json::{Value, json};

use crate::kill_start::fed;
use crate::store_story::Scratch;

use self::program::{Answer, Program, TOKEN};

const SEEDED: &[&str] = &["--seed", "7"];

fn carries_the_headers(answer: &Answer) {
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{answer:?}");
    assert_eq!(answer.header("cache-control"), Some("no-store"), "{answer:?}");
    assert_eq!(answer.header("x-frame-options"), Some("DENY"), "{answer:?}");
    assert!(answer.header("content-security-policy").is_some_and(|policy| policy.contains("default-src 'none'")), "{answer:?}");
    assert!(answer.header("server").is_none());
}

fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status, answer.json()["error"]["code"].as_str()), (status, Some(code)), "{answer:?}");
    assert!(answer.json()["error"]["message"].as_str().is_some_and(|text| !text.is_empty()));
    carries_the_headers(answer);
}

#[test]
fn nothing_listens_without_a_token_and_a_weak_one_is_refused() {
    let scratch = Scratch::new("admin-off");
    let mut command = crate::kill_start::program(scratch.path());
    command.args(["chat", "--json"]).args(SEEDED).env("OUTCRY_LOG__FILTER", "warn,outcry=info");
    let quiet = fed(&mut command, b"positions\n");
    assert_eq!(quiet.status.code(), Some(0));
    assert!(!String::from_utf8_lossy(&quiet.stderr).contains("listens"), "{quiet:?}");
    for weak in ["weak-canary", "canary with blanks in the middle"] {
        let refusal = fed(command.env("OUTCRY_ADMIN_TOKEN", weak), b"");
        let told = String::from_utf8_lossy(&refusal.stderr).into_owned();
        assert!(refusal.status.code() == Some(2) && told.contains("OUTCRY_ADMIN_TOKEN") && !told.contains(weak), "{told}");
    }
}

#[test]
fn an_address_that_is_taken_is_named() {
    let scratch = Scratch::new("admin-taken");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let mut command = crate::kill_start::program(scratch.path());
    command.args(["chat", "--json"]).args(SEEDED).env("OUTCRY_ADMIN_TOKEN", TOKEN).env("OUTCRY_ADMIN_ADDR", &address);
    let refusal = fed(&mut command, b"");
    let told = String::from_utf8_lossy(&refusal.stderr).into_owned();
    assert!(refusal.status.code() == Some(1) && told.contains(&address) && !told.contains(TOKEN), "{told}");
}

#[test]
fn only_the_token_opens_and_every_answer_is_guarded() {
    let scratch = Scratch::new("admin-guard");
    let program = Program::start(scratch.path(), SEEDED);
    let wrong = ["", "Authorization: Bearer", "Authorization: Bearer x", "Authorization: Basic right-token-of-the-test"];
    let longer = format!("Authorization: Bearer {TOKEN}{TOKEN}");
    let near = format!("Authorization: Bearer {}x", &TOKEN[..TOKEN.len() - 1]);
    for header in wrong.into_iter().chain([longer.as_str(), near.as_str()]) {
        let headers: &[&str] = if header.is_empty() { &[] } else { &[header] };
        let answer = program.send("GET /api/account", headers, "");
        refused(&answer, 401, "UNAUTHORIZED");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        // Neither is told which routes there are.
        refused(&program.send("GET /nowhere", headers, ""), 401, "UNAUTHORIZED");
    }
    refused(&program.send("POST /api/kill", &[], "{\"word\":\"panic\"}"), 401, "UNAUTHORIZED");
    refused(&program.send("GET /ws", &[], ""), 401, "UNAUTHORIZED");
    refused(&program.get("/nowhere?token=canary-5e1d"), 404, "NOT_FOUND");
    refused(&program.get("/api/kill"), 405, "METHOD_NOT_ALLOWED");
    refused(&program.get("/api/trades?limit=many"), 400, "BAD_REQUEST");
    refused(&program.get("/api/trades?limit=1001"), 400, "BAD_REQUEST");
    refused(&program.get("/api/market-data/canary-6f2e"), 404, "NOT_FOUND");
    refused(&program.get("/ws"), 400, "BAD_REQUEST");
    refused(&program.post("/api/kill", &[], &"x".repeat(5_000)), 413, "TOO_LARGE");
    for body in ["", "{}", "[]", "{\"word\":\"resume\"}", "{\"word\":\"buy\"}", "{\"word\":\"stop\",\"more\":1}", "\u{0}"] {
        refused(&program.post("/api/kill", &[], body), 400, "BAD_REQUEST");
    }
    refused(&program.post("/api/kill", &["Idempotency-Key: a b"], "{\"word\":\"stop\"}"), 400, "BAD_REQUEST");
    let account = program.get("/api/account");
    assert_eq!((account.status, account.json()["equity"].as_str()), (200, Some("100000")), "{account:?}");
    assert_eq!(account.json()["trading"]["state"], "active");
    carries_the_headers(&account);
    let large = program.send("GET /healthz", &[&format!("X-Large: {}", "x".repeat(40_000))], "");
    assert_eq!(large.status, 431, "{large:?}");
    let log = program.log();
    assert!(log.contains("/api/account") && log.contains("401"), "{log}");
    for secret in [TOKEN, "canary-5e1d", "canary-6f2e"] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
    assert_eq!(program.end(), Some(0));
}

#[test]
fn a_peer_that_asks_too_much_is_told_to_wait() {
    let scratch = Scratch::new("admin-rate");
    let program = Program::start(scratch.path(), SEEDED);
    let answers: Vec<Answer> = (0..200).map(|_| program.send("GET /healthz", &[], "")).collect();
    let waits: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 429).collect();
    assert!(answers[0].status == 200 && !waits.is_empty(), "nobody was told to wait");
    for answer in waits {
        refused(answer, 429, "TOO_MANY_REQUESTS");
        assert_eq!(answer.header("retry-after"), Some("1"));
    }
}

#[test]
fn a_hundred_slow_clients_hold_up_nobody() {
    let scratch = Scratch::new("admin-slow");
    let program = Program::start(scratch.path(), SEEDED);
    let mut slow: Vec<std::net::TcpStream> = (0..100).map(|_| program.connect()).collect();
    for (number, stream) in slow.iter_mut().enumerate() {
        // Some send half a head, some a head and half a body, some nothing.
        let said = match number % 3 {
            0 => "GET /api/acc".to_owned(),
            1 => format!("POST /api/kill HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: 100\r\n\r\n{{"),
            _ => String::new(),
        };
        stream.write_all(said.as_bytes()).unwrap();
    }
    // Half-sent stop words count for their peer like any request: others of it may be told to wait, but are told at once.
    let answer = program.get("/api/account");
    assert!(answer.status == 200 || answer.status == 429, "{answer:?}");
    // Each of them comes to its end by itself, and none has stopped anything.
    for stream in &mut slow {
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
        let status = String::from_utf8_lossy(&rest).split(' ').nth(1).map(str::to_owned);
        assert!(matches!(status.as_deref(), None | Some("408" | "429" | "504" | "400")), "{status:?}");
    }
    assert_eq!(program.get("/api/account").json()["trading"]["state"], "active");
}

#[test]
fn a_stop_word_stops_entries_once() {
    let scratch = Scratch::new("admin-kill");
    let mut program = Program::start(scratch.path(), SEEDED);
    program.say("buy 200 usdt of btc", "card");
    program.say("no", "answer");
    let pause = json!({ "word": "pause" }).to_string();
    let first = program.post("/api/kill", &["Idempotency-Key: once-1"], &pause);
    assert_eq!((first.status, first.json()["repeated"].clone(), first.json()["trading"].clone()), (200, json!(false), json!("reducing")));
    let again = program.post("/api/kill", &["Idempotency-Key: once-1"], &pause);
    assert_eq!((again.status, again.json()["repeated"].clone()), (200, json!(true)), "{again:?}");
    let denied = program.say("buy 200 usdt of btc", "denied");
    assert!(denied.to_string().contains("TRADING_STATE_REDUCING"), "{denied}");
    // What was said once under a key is not said again after the owner has resumed.
    program.say("resume", "card");
    program.say("yes", "answer");
    assert_eq!(program.post("/api/kill", &["Idempotency-Key: once-1"], &pause).json()["trading"], "active");
    assert_eq!(program.post("/api/kill", &[], &json!({ "word": "panic" }).to_string()).status, 200);
    assert_eq!(program.get("/api/account").json()["trading"]["state"], "reducing");
    assert_eq!(program.end(), Some(0));
}

/// Buys, so that there is something to tell of.
fn buy(program: &mut Program) {
    program.say("buy 200 usdt of btc", "card");
    program.say("yes", "fill");
}

#[test]
fn the_live_stream_tells_of_a_fill() {
    let scratch = Scratch::new("admin-live");
    let mut program = Program::start(scratch.path(), SEEDED);
    let mut listener = program.listen();
    buy(&mut program);
    let mut told: Vec<Value> = Vec::new();
    while !["fill", "position", "notice"].iter().all(|kind| told.iter().any(|line| line["kind"] == *kind)) {
        told.push(listener.line());
    }
    let fill = told.iter().find(|line| line["kind"] == "fill").unwrap();
    assert_eq!((fill["fill"]["symbol"].as_str(), fill["fill"]["side"].as_str()), (Some("BTC/USDT"), Some("buy")), "{fill}");
    assert!(fill["fill"]["price"].is_string() && fill["fill"]["quantity"].is_string(), "money is decimal text: {fill}");
    let trades = program.get("/api/trades?limit=1").json();
    assert_eq!(trades["trades"][0], fill["fill"], "the same execution reads the same");
    let positions = program.get("/api/positions").json();
    assert_eq!(positions["positions"][0]["quantity"], fill["fill"]["quantity"]);
    let prices = program.get("/api/market-data/btc-usdt").json();
    assert!(prices["symbol"] == "BTC/USDT" && prices["quotes"][0]["bid"].is_string(), "{prices}");
    assert_eq!(program.get("/api/market-data/BTC%2FUSDT").json()["symbol"], "BTC/USDT");
    assert!(program.get("/api/trading-pairs").body.contains("BTC/USDT"));
    assert_eq!(program.end(), Some(0));
}

#[test]
fn figures_can_be_read_and_each_is_documented() {
    let scratch = Scratch::new("admin-figures");
    let mut program = Program::start(scratch.path(), SEEDED);
    buy(&mut program);
    let ready = program.send("GET /readyz", &[], "");
    assert_eq!(ready.status, 200, "{ready:?}");
    assert_eq!(ready.json()["checks"], json!({ "database": "ok", "desk": "ok", "lease": "ok", "feed": "ok" }));
    assert_eq!(program.send("GET /healthz", &[], "").json(), json!({ "status": "ok" }));
    let answer = program.get("/metrics");
    assert!(answer.header("content-type").is_some_and(|kind| kind.starts_with("application/openmetrics-text")), "{answer:?}");
    let figures = parsed(&answer.body);
    let of = |name: &str| figures.iter().find(|(found, _)| found == name).unwrap_or_else(|| panic!("{name} in {}", answer.body)).1;
    assert!(of("outcry_orders_total{outcome=\"accepted\"}") >= 1.0);
    assert!(of("outcry_tap_to_wire_seconds_count") >= 1.0);
    assert!(of("outcry_slippage_ratios_count") >= 1.0);
    assert!(of("outcry_commit_seconds_count") >= 2.0);
    assert!(of("outcry_message_seconds_count") >= 2.0);
    assert_eq!((of("outcry_active_users"), of("outcry_unprotected_seconds")), (1.0, 0.0));
    let documented = include_str!("../../docs/operations.md");
    for line in answer.body.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let name = line.split(' ').next().unwrap();
        assert!(documented.contains(&format!("`{name}`")), "{name} is not in docs/operations.md");
    }
    assert_eq!(program.end(), Some(0));
}

/// Reads OpenMetrics text as strictly as a collector does.
fn parsed(text: &str) -> Vec<(String, f64)> {
    assert!(text.ends_with("# EOF\n"), "{text}");
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    samples
        .map(|line| {
            let (name, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("{line}"));
            (name.to_owned(), value.parse().unwrap_or_else(|_| panic!("{line}")))
        })
        .collect()
}

#[test]
fn every_described_route_is_there() {
    let scratch = Scratch::new("admin-routes");
    let program = Program::start(scratch.path(), SEEDED);
    let description = program.get("/openapi.json").json();
    let paths = description["paths"].as_object().unwrap();
    assert!(paths.len() >= 12, "{description}");
    for (path, methods) in paths {
        let real = path.replace("{symbol}", "BTC-USDT");
        for (method, operation) in methods.as_object().unwrap() {
            let start = format!("{} {real}", method.to_uppercase());
            let open = operation["security"] == json!([]);
            let stranger = program.send(&start, &[], "");
            assert_eq!(stranger.status == 401, !open, "{start}: {stranger:?}");
            let answer = program.send(&start, &[&format!("Authorization: Bearer {TOKEN}")], "");
            let asked_wrongly = method == "post" || path == "/ws";
            assert_eq!(answer.status, if asked_wrongly { 400 } else { 200 }, "{start}: {answer:?}");
            let media: Vec<&String> = operation["responses"]["200"]["content"].as_object().unwrap().keys().collect();
            let sent = answer.header("content-type").unwrap_or_default();
            assert!(asked_wrongly || sent == media[0], "{start}: {sent} is not {media:?}");
        }
    }
}
