//! Bad input, and repeated runs, through the real binary's pipe.

use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::kill_start::{fed, program};
use crate::store_story::Scratch;

/// What the issue's own pipeline says.
const SHOWN: &[u8] = b"buy 200 usdt of btc\nyes\npositions\nclose btc\nyes\npnl week\n";

fn chat(folder: &Path, more: &[&str], input: &[u8]) -> Output {
    fed(program(folder).args(["chat", "--json"]).args(more), input)
}

/// Returns the replies, after looking at what every run has in common.
fn replies(output: &Output) -> Vec<Value> {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = std::str::from_utf8(&output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn bad_input_gets_a_sentence_each_and_breaks_nothing() {
    let digits = "1234567890".repeat(4);
    let forty = format!("buy {digits} usdt of btc");
    let forty_price = format!("buy 0.1 btc at {digits}");
    let long = format!("buy {}", "x".repeat(100_000));
    let longer = "y".repeat(200_000);
    // What is said, what kind of answer comes, and a code or words in it.
    let table: &[(&[u8], &str, &str)] = &[
        (b"asdf qwer", "question", "asdf"),
        (b"buy zero usdt of btc", "question", "zero"),
        (b"buy 0 usdt of btc", "question", "above zero"),
        (b"buy -5 usdt of btc", "question", "above zero"),
        (b"buy nan usdt of btc", "question", ""),
        (b"buy inf usdt of btc", "question", ""),
        (b"buy 1e400 usdt of btc", "question", ""),
        (forty.as_bytes(), "question", ""),
        (forty_price.as_bytes(), "question", ""),
        (b"buy 1 usdt of btc", "denied", "MIN_NOTIONAL"),
        (b"buy 0.00000000000000000000000001 btc", "denied", "LOT_SIZE"),
        (b"buy 200 usdt of nonsensecoin", "question", "nonsensecoin"),
        (b"long eth 200 usdt 500x", "denied", "MAX_LEVERAGE"),
        (b"long eth 200 usdt 0x", "question", "leverage"),
        (b"long eth 200 usdt 5x stop 4000", "denied", "STOP_INVALID"),
        (b"short eth 200 usdt 3x stop 2900", "denied", "STOP_INVALID"),
        (b"\xff\xfe\x00", "error", "UTF-8"),
        (long.as_bytes(), "error", "too long"),
        (longer.as_bytes(), "error", "longer than"),
        (b"\x00\x07\x1b[2J", "question", ""),
        (b"close everything", "denied", "NO_POSITION"),
        (b"cancel btc", "denied", "NO_ORDER"),
        (b"yes", "error", "no open card"),
        (b"buy 200 usdt of btc", "card", "Buy 0.00"),
        (b"yes", "fill", "Filled"),
        // A second tap, and a card whose time is over.
        (b"yes", "error", "no open card"),
        (b"buy 100 usdt of eth", "card", "Buy"),
        (b"wait 2m", "answer", "Time has passed"),
        (b"yes", "error", "no open card"),
        (b"wait 0s", "question", ""),
        (b"wait 900d", "question", ""),
        (b"positions", "answer", "BTC/USDT"),
    ];
    let mut input = Vec::new();
    for (line, ..) in table {
        input.extend_from_slice(line);
        input.push(b'\n');
    }
    // Blank lines say nothing, and a last line without its end is a line.
    input.extend_from_slice(b"\n   \nhelp");
    let scratch = Scratch::new("input");
    let replies = replies(&chat(scratch.path(), &["--seed", "7"], &input));
    for (number, (line, kind, words)) in (1_u64..).zip(table) {
        let mine: Vec<&Value> = replies.iter().filter(|reply| reply["n"] == number).collect();
        let shown = String::from_utf8_lossy(line.get(..line.len().min(60)).unwrap_or_default());
        assert_eq!(mine.len(), 1, "{number} {shown:?}: {mine:#?}");
        assert_eq!(mine[0]["kind"], *kind, "{number} {shown:?}: {mine:#?}");
        let text = mine[0]["text"].as_str().unwrap();
        assert!(text.contains(words) && text.chars().count() > 20, "{number} {shown:?}: {text}");
        if *kind == "denied" {
            let codes: Vec<&str> = mine[0]["data"]["denied"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect();
            assert!(codes.contains(words), "{number} {shown:?}: {codes:?}");
        }
    }
    let last = replies.last().unwrap();
    assert_eq!((&last["n"], &last["kind"]), (&Value::from(table.len() + 3), &Value::from("answer")), "{last}");
}

#[test]
fn the_same_seed_prints_the_same_bytes_and_another_does_not() {
    let scratch = Scratch::new("seeds");
    let run = |seed| chat(scratch.path(), &["--market", "simulated", "--seed", seed], SHOWN);
    let (first, again, other) = (run("7"), run("7"), run("8"));
    assert_eq!(first.stdout, again.stdout);
    assert_ne!(first.stdout, other.stdout);
    let kinds: Vec<Value> = replies(&first).iter().filter(|reply| reply["n"] != 0).map(|reply| reply["kind"].clone()).collect();
    assert_eq!(kinds, ["card", "fill", "answer", "card", "fill", "answer"]);
    // No file of a run without --db is left.
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0);
}

#[test]
fn with_a_database_the_market_goes_on_where_it_stopped() {
    let scratch = Scratch::new("goes-on");
    let run = |input: &[u8]| replies(&chat(scratch.path(), &["--seed", "7", "--db", "desk.db"], input));
    let asked = |replies: &[Value]| replies.iter().find(|reply| reply["n"] == 1).unwrap()["text"].clone();
    let began = asked(&run(b"price btc\n"));
    let lived = run(b"buy 200 usdt of btc\nyes\nwait 1h\nprice btc\n");
    let left = lived.last().unwrap()["text"].clone();
    assert_ne!(began, left, "an hour moves the price");
    let (mut prices, mut orders) = (Vec::new(), 0);
    for _ in 0..4 {
        let told = run(b"price btc\nbuy 60 usdt of eth\nyes\nwait 1m\n");
        prices.push(asked(&told));
        assert!(told.iter().any(|reply| reply["kind"] == "fill"), "{told:#?}");
        orders += 1;
    }
    assert!(prices.iter().all(|price| *price != began), "the market began anew");
    // The market stands still while nobody is there, and never goes back.
    let seen = |text: &Value| text.as_str().unwrap().lines().last().unwrap().to_owned();
    let times: Vec<String> = std::iter::once(&left).chain(&prices).map(seen).collect();
    assert!(times.is_sorted() && times[0] < times[4], "{times:?}");
    assert!(times[1] < seen(&left).replace("15:13", "15:14"), "{times:?}");
    let held = run(b"orders\npositions\n").last().unwrap()["text"].as_str().unwrap().to_owned();
    assert!(held.contains("BTC/USDT") && held.contains("ETH/USDT"), "{held}");
    let verified = fed(program(scratch.path()).args(["audit", "verify", "--db", "desk.db"]), b"");
    assert_eq!((verified.status.code(), orders), (Some(0), 4), "{verified:?}");
}
