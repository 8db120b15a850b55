//! `outcry chat --json` with its operators' endpoint, and a plain HTTP client that sends what it is told, byte by byte.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdin};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

use crate::kill_start::program;

/// The token that opens.
pub const TOKEN: &str = "right-token-of-the-test";
/// How long anything may take before the test gives up.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A running program.
pub struct Program {
    child: Child,
    input: Option<ChildStdin>,
    replies: Receiver<Value>,
    records: Arc<Mutex<Vec<String>>>,
    address: String,
}

impl Program {
    /// Starts it and waits until the endpoint listens.
    pub fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut command = program(folder);
        command.args(["chat", "--json"]).args(arguments);
        command.env("OUTCRY_ADMIN_TOKEN", TOKEN).env("OUTCRY_ADMIN_ADDR", "127.0.0.1:0");
        command.env("OUTCRY_LOG__FILTER", "warn,outcry=info").env("OUTCRY_LOG__FORMAT", "json");
        let mut child = command.spawn().unwrap();
        let (sender, replies) = channel();
        let output = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            let lines = output.lines().map_while(Result::ok).map(|line| serde_json::from_str(&line).expect("a reply is JSON"));
            lines.take_while(|reply: &Value| sender.send(reply.clone()).is_ok()).for_each(drop);
        });
        let records = Arc::new(Mutex::new(Vec::new()));
        let (found, address) = channel();
        let errors = BufReader::new(child.stderr.take().unwrap());
        let kept = Arc::clone(&records);
        std::thread::spawn(move || {
            for line in errors.lines().map_while(Result::ok) {
                let record: Value = serde_json::from_str(&line).unwrap_or(Value::String(line.clone()));
                if record["fields"]["message"] == "the operators' endpoint listens" {
                    let _ = found.send(record["fields"]["address"].as_str().unwrap().to_owned());
                }
                kept.lock().unwrap().push(line);
            }
        });
        let address = address.recv_timeout(PATIENCE);
        let address = address.unwrap_or_else(|_| panic!("nothing listens: {:?}", records.lock().unwrap()));
        Self { input: child.stdin.take(), child, replies, records, address }
    }

    /// Says a line and returns the first reply of a kind.
    pub fn say(&mut self, line: &str, kind: &str) -> Value {
        self.input.as_mut().unwrap().write_all(format!("{line}\n").as_bytes()).unwrap();
        loop {
            let reply = self.replies.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no {kind} to {line:?}"));
            if reply["kind"] == kind {
                return reply;
            }
        }
    }

    /// Returns what was logged so far.
    pub fn log(&self) -> String {
        self.records.lock().unwrap().join("\n")
    }

    /// Opens a connection.
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Sends a request with these header lines, and returns the answer.
    pub fn send(&self, start: &str, headers: &[&str], body: &str) -> Answer {
        let mut stream = self.connect();
        let mut request = format!("{start} HTTP/1.1\r\nHost: outcry\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
        headers.iter().for_each(|header| request.push_str(&format!("{header}\r\n")));
        request.push_str(&format!("\r\n{body}"));
        // What is refused early may not be read to its end.
        let _ = stream.write_all(request.as_bytes());
        let mut text = Vec::new();
        let _ = stream.read_to_end(&mut text);
        Answer::parse(&String::from_utf8(text).unwrap())
    }

    /// Asks with the token.
    pub fn get(&self, path: &str) -> Answer {
        self.send(&format!("GET {path}"), &[&format!("Authorization: Bearer {TOKEN}")], "")
    }

    /// Says something with the token.
    pub fn post(&self, path: &str, headers: &[&str], body: &str) -> Answer {
        let token = format!("Authorization: Bearer {TOKEN}");
        self.send(&format!("POST {path}"), &[&[token.as_str()], headers].concat(), body)
    }

    /// Opens the live stream.
    pub fn listen(&self) -> Listener {
        let mut stream = self.connect();
        let request = format!(
            "GET /ws HTTP/1.1\r\nHost: outcry\r\nAuthorization: Bearer {TOKEN}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut reader = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(reader.read_line(&mut head).unwrap() > 0, "{head}");
        }
        assert!(head.starts_with("HTTP/1.1 101"), "{head}");
        Listener(reader)
    }

    /// Ends its input and returns its exit code.
    pub fn end(mut self) -> Option<i32> {
        drop(self.input.take());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // A test that failed leaves nobody behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok()).unwrap_or(0);
        let headers = lines.filter_map(|line| line.split_once(": ")).map(|(name, value)| (name.to_lowercase(), value.to_owned()));
        Self { status, headers: headers.collect(), body: body.to_owned() }
    }

    /// Returns a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// Returns the body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// One end of the live stream.
pub struct Listener(BufReader<TcpStream>);

impl Listener {
    /// Returns the next line that is told.
    pub fn line(&mut self) -> Value {
        loop {
            let [first, second]: [u8; 2] = self.bytes(2).try_into().unwrap();
            let length = match second & 0x7f {
                126 => usize::from(u16::from_be_bytes(self.bytes(2).try_into().unwrap())),
                127 => usize::try_from(u64::from_be_bytes(self.bytes(8).try_into().unwrap())).unwrap(),
                short => usize::from(short),
            };
            let text = self.bytes(length);
            // 1 is text; pings need no answer here.
            if first & 0x0f == 1 {
                return serde_json::from_slice(&text).unwrap();
            }
        }
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        self.0.read_exact(&mut bytes).unwrap();
        bytes
    }
}
