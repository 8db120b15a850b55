//! `log.format = json`: every record of the program is one JSON object on a line of standard error, and holds no secret.

use serde_json::Value;

use crate::kill_start::{fed, program};
use crate::store_story::Scratch;

const CANARY: &str = "canary-5e1d";

/// Runs a trade with everything logged; returns the lines on standard error.
fn logged(folder: &str, format: Option<&str>) -> Vec<String> {
    let scratch = Scratch::new(folder);
    let mut command = program(scratch.path());
    command.args(["chat", "--json", "--seed", "7"]).env("OUTCRY_LOG__FILTER", "trace");
    for name in ["TELEGRAM_BOT_TOKEN", "OPENROUTER_API_KEY", "REDIS_URL"] {
        let value = if name == "REDIS_URL" { format!("redis://:{CANARY}@host") } else { CANARY.to_owned() };
        command.env(name, value);
    }
    if let Some(format) = format {
        command.env("OUTCRY_LOG__FORMAT", format);
    }
    let output = fed(&mut command, b"buy 200 usdt of btc\nyes\nclose btc\nyes\n");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let replies = String::from_utf8(output.stdout).unwrap();
    assert!(replies.contains("fill") && !replies.contains(CANARY), "{replies}");
    let records = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(!records.contains(CANARY), "a secret is in the log");
    records.lines().map(str::to_owned).collect()
}

#[test]
fn each_record_is_one_object_and_holds_no_secret() {
    let lines = logged("log-json", Some("json"));
    assert!(!lines.is_empty(), "with trace, something is logged");
    for line in &lines {
        let record: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
        let field = |name: &str| record[name].as_str().is_some_and(|text| !text.is_empty());
        assert!(field("timestamp") && field("level") && field("target") && record["fields"].is_object(), "{line}");
    }
}

#[test]
fn text_is_what_is_written_unless_json_is_asked_for() {
    let lines = logged("log-text", None);
    assert!(lines.iter().any(|line| serde_json::from_str::<Value>(line).is_err()), "text lines, {} of them", lines.len());
}
