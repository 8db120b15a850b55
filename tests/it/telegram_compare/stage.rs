//! A server with a person before it: ours in this process, or the npm package in a process of Node.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::reply::Reply;
use super::{PERSON, folder};
use crate::telegram_fake::{FakeTelegram, TOKEN};

/// How long a step may take before the test fails.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often replies are looked for.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// A server that is played on.
pub enum Stage {
    Ours(FakeTelegram),
    Theirs(Bridge),
}

impl Stage {
    /// Our strict fake.
    pub fn ours() -> Self {
        let telegram = FakeTelegram::start();
        telegram.add_person(PERSON, "Ann");
        Self::Ours(telegram)
    }

    /// The npm package, or a plain word that it is not installed.
    pub fn theirs() -> Option<Self> {
        if folder().join("node_modules/telegram-test-api").is_dir() {
            return Some(Self::Theirs(Bridge::start()));
        }
        let required = std::env::var_os("OUTCRY_REQUIRE_NODE").is_some();
        assert!(!required, "telegram-test-api is not installed: run `npm ci` in tests/telegram_compare");
        println!("skipped: telegram-test-api is not installed (npm ci in tests/telegram_compare)");
        None
    }

    /// The address of its Bot API.
    pub fn url(&self) -> String {
        match self {
            Self::Ours(telegram) => telegram.url(),
            Self::Theirs(bridge) => bridge.url.clone(),
        }
    }

    /// The person says something.
    pub fn say(&self, text: &str) {
        match self {
            Self::Ours(telegram) => drop(telegram.say(PERSON, text)),
            Self::Theirs(bridge) => bridge.act(&json!({ "say": text })),
        }
    }

    /// The person taps a button of a message.
    pub fn tap(&self, message: i64, data: &str) {
        match self {
            Self::Ours(telegram) => drop(telegram.tap_data(PERSON, PERSON, message, data)),
            Self::Theirs(bridge) => bridge.act(&json!({ "tap": data, "message": message })),
        }
    }

    /// All that the bot did so far.
    pub fn replies(&self) -> Vec<Reply> {
        match self {
            Self::Ours(telegram) => telegram.calls().iter().filter_map(Reply::of_call).collect(),
            Self::Theirs(bridge) => bridge.replies.lock().unwrap().clone(),
        }
    }

    /// Waits until the replies after the first `seen` are what `done` wants, and returns them.
    pub fn wait(&self, seen: usize, step: &str, done: impl Fn(&[Reply]) -> bool) -> Vec<Reply> {
        let began = Instant::now();
        loop {
            let mut replies = self.replies();
            let new = replies.split_off(seen.min(replies.len()));
            if done(&new) {
                return new;
            }
            assert!(began.elapsed() < PATIENCE, "{step}: not answered on {}, but {new:#?}", self.url());
            thread::sleep(LOOK_EVERY);
        }
    }
}

/// `bridge.js` and what it told so far.
pub struct Bridge {
    child: Child,
    input: Mutex<ChildStdin>,
    url: String,
    replies: Arc<Mutex<Vec<Reply>>>,
}

impl Bridge {
    fn start() -> Self {
        let mut command = Command::new("node");
        command.arg("bridge.js").args([TOKEN, &PERSON.to_string()]).current_dir(folder());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let input = Mutex::new(child.stdin.take().unwrap());
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        let replies = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&replies);
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let line: Value = serde_json::from_str(&line).unwrap();
                told.lock().unwrap().extend(Reply::of_line(&line));
            }
        });
        Self { child, input, url: first["url"].as_str().unwrap().to_owned(), replies }
    }

    fn act(&self, step: &Value) {
        writeln!(self.input.lock().unwrap(), "{step}").unwrap();
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
