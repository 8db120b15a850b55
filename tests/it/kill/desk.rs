//! `outcry chat --json` as a process: lines in, replies out.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use serde_json::Value;

/// A Desk's process.
pub struct DeskProcess {
    child: Child,
    input: Option<ChildStdin>,
    replies: Receiver<Value>,
    said: u64,
}

impl DeskProcess {
    /// Starts it on a database and a venue.
    pub fn start(folder: &Path, database: &Path, venue: SocketAddr) -> Self {
        let errors = std::fs::OpenOptions::new().create(true).append(true).open(folder.join("desk.log")).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_outcry"))
            .current_dir(folder)
            .env("XDG_DATA_HOME", folder)
            .args(["chat", "--json", "--market", "simulated", "--speed", super::SPEED, "--db"])
            .arg(database)
            .args(["--venue", &venue.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()
            .unwrap();
        let (sender, replies) = channel();
        let output = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            // A line that was cut off by the kill is no reply.
            let whole = output.lines().map_while(Result::ok).filter_map(|line| serde_json::from_str(&line).ok());
            whole.take_while(|reply: &Value| sender.send(reply.clone()).is_ok()).for_each(drop);
        });
        Self { input: child.stdin.take(), child, replies, said: 0 }
    }

    /// Says a line. A Desk that is just being killed does not hear it.
    pub fn say(&mut self, line: &str) {
        self.said += 1;
        if let Some(input) = &mut self.input {
            let _ = input.write_all(format!("{line}\n").as_bytes());
        }
    }

    /// Asks for a card until there is one, and declines it. Returns how long that took.
    pub fn wait_until_it_takes_entries(&mut self, patience: Duration) -> Duration {
        let began = Instant::now();
        loop {
            self.say("buy 40 usdt of ltc");
            match self.reply_to(self.said, began + patience).map(|reply| reply["kind"].clone()) {
                Some(kind) if kind == "card" => break,
                Some(kind) if kind == "denied" && began.elapsed() < patience => {
                    // Trading may have been stopped by a word of the load.
                    self.say("resume");
                    self.say("yes");
                    std::thread::sleep(Duration::from_millis(50));
                }
                kind => panic!("the Desk does not take entries: {kind:?} after {:?}", began.elapsed()),
            }
        }
        let took = began.elapsed();
        self.say("no");
        took
    }

    /// Says a line and returns its first reply.
    pub fn ask(&mut self, line: &str) -> Value {
        self.say(line);
        self.reply_to(self.said, Instant::now() + Duration::from_secs(30)).unwrap_or_else(|| panic!("no reply to {line:?}"))
    }

    /// Returns the first reply to the line of that number.
    fn reply_to(&self, number: u64, deadline: Instant) -> Option<Value> {
        loop {
            match self.replies.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(reply) if reply["n"] == number => return Some(reply),
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return None,
            }
        }
    }

    /// Kills it with SIGKILL.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Ends its input and waits; returns its exit code.
    pub fn end(mut self) -> Option<i32> {
        drop(self.input.take());
        self.child.wait().unwrap().code()
    }
}

impl Drop for DeskProcess {
    fn drop(&mut self) {
        // A test that failed leaves nobody behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
