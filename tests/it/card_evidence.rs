//! Every number on a card has evidence (invariant I7): whatever was asked for, each figure of the card names its source.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;

/// Asked in this order; a card that is not confirmed is declined by the next line.
const ASKED: &[&str] = &[
    "buy 200 usdt of btc",
    "buy 0.1 eth at 2400",
    "buy 0.5 sol limit 140 post only",
    "buy 0.01 btc if it breaks 61000",
    "buy half btc",
    "buy 25% eth",
    "long eth 500 usdt 5x stop 3% targets 6%, 2%",
    "long eth 500 usdt 5x take half at 2% and the rest at 5%",
    "long btc 10x risk 1% stop 2%",
    "long btc 10x risk 1%",
    "long btc 10x worth 1000 usdt",
    "long btc 1000 usdt 5x trailing 1%",
    "short sol 3x 100 usdt stop 4% target 6%",
    "half",
    "x2",
    "limit",
    "market",
    "no",
    "long sol with 100 usdt",
    "yes",
    "buy 300 usdt of btc stop 5% target 10%",
    "yes",
    "close half sol",
    "close 0.1 sol",
    "close 50 usdt of sol",
    "sell 25% of my btc",
    "sell 0.001 btc",
    "move sol stop to 3%",
    "trail sol 2%",
    "set sol targets 160, 165",
    "remove sol targets",
    "close all",
    "pause",
    "resume",
];

/// Fields of a card that are no figures.
const WORDS: &[&str] =
    &["id", "plan", "venue", "mode", "source", "instrument", "side", "symbol", "evidence", "action", "order_type", "warnings"];

#[test]
fn every_number_on_every_card_names_its_source() {
    let cards = cards();
    assert!(cards.len() >= 30, "{} cards", cards.len());
    for (asked, card) in &cards {
        for field in figures(card) {
            let evidence = &card["evidence"][&field];
            assert!(evidence["kind"].is_string(), "“{asked}”: {field} comes from nowhere: {card}");
            // A span lies inside the words, so that it can be shown.
            if let Some(span) = evidence["span"].as_array() {
                assert!(span[0].as_u64() < span[1].as_u64(), "“{asked}”: {field}: {evidence}");
            }
        }
    }
}

#[test]
fn targets_said_out_of_order_keep_their_own_words() {
    let asked = "long eth 500 usdt 5x stop 3% targets 6%, 2%";
    let cards = cards();
    let (_, card) = cards.iter().find(|(said, _)| said == asked).unwrap();
    let said = |field: &str| {
        let span = &card["evidence"][field]["span"];
        let at = |end: usize| usize::try_from(span[end].as_u64().unwrap()).unwrap();
        asked[at(0)..at(1)].to_owned()
    };
    assert_eq!((said("target.1"), said("target.2")), ("2%".to_owned(), "6%".to_owned()));
}

fn figures(card: &Value) -> Vec<String> {
    let fields = card.as_object().unwrap().iter().filter(|(name, value)| !WORDS.contains(&name.as_str()) && !value.is_null());
    let mut figures = Vec::new();
    for (name, value) in fields {
        match value.as_array() {
            Some(list) => figures.extend((1..=list.len()).map(|n| format!("{}.{n}", name.trim_end_matches('s')))),
            None => figures.push(name.clone()),
        }
    }
    figures
}

/// Returns each card with the line that it answers.
fn cards() -> Vec<(String, Value)> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_outcry"));
    command.args(["chat", "--seed", "7", "--json"]).current_dir(env!("CARGO_TARGET_TMPDIR")).env_clear();
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let typed: String = ASKED.iter().map(|line| format!("{line}\n")).collect();
    child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", output.status);
    let mut cards = Vec::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let reply: Value = serde_json::from_str(line).unwrap();
        let asked = reply["n"].as_u64().and_then(|n| usize::try_from(n).ok()?.checked_sub(1)).and_then(|at| ASKED.get(at));
        let several = reply["data"]["cards"].as_array().cloned().unwrap_or_default();
        let shown = if several.is_empty() { vec![reply["card"].clone()] } else { several };
        cards.extend(shown.into_iter().filter(Value::is_object).map(|card| (asked.unwrap_or(&"").to_string(), card)));
    }
    cards
}
