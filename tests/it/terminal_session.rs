//! A piped session from its lines to its bytes.

use std::io;
use std::sync::{Arc, Mutex};

use outcry::bot::outbox::Outbox;
use outcry::bot::terminal::output::{Output, Style};
use outcry::bot::terminal::piped;
use outcry::bot::terminal::session::{PassTime, Session};
use outcry::domain::notice::NoticeBody;
use serde_json::Value;

use super::terminal_desk::{World, desk, world};
use super::terminal_fixtures::{notice, place};

/// Written bytes, for a test to read.
#[derive(Clone, Default)]
pub struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Pipes `input` through a session; a push arrives whenever time passes. Returns what was written.
async fn piped(input: &[u8], style: Style) -> String {
    let World { journal, clock, intake, queue } = world();
    let captured = Captured::default();
    let pushes = journal.clone();
    let pass_time: PassTime = Arc::new(move |ms| {
        let mut now = clock.0.lock().unwrap();
        *now = now.plus_ms(ms);
        let mut push = notice(NoticeBody::Alert { text: "a push".to_owned(), code: None });
        push.cause = None;
        pushes.store(vec![push], None).unwrap();
        Box::pin(std::future::ready(()))
    });
    let session = Session {
        intake,
        outbox: Arc::new(Outbox::new(Arc::new(journal.clone()), place())),
        output: Arc::new(Output::new(Box::new(captured.clone()), style)),
        id: "s".to_owned(),
        pass_time,
    };
    let face = async move { piped::run(&session, input).await };
    tokio::join!(face, desk(journal, queue, Ok(()))).0.unwrap();
    captured.text()
}

#[tokio::test]
async fn each_reply_carries_the_number_of_its_line_and_pushes_carry_none() {
    let written = piped(b"positions\n\nbuy 200 usdt of btc\nwait 10m\nnonsense\nquit\npositions\n", Style::Json).await;
    let lines: Vec<Value> = written.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let heads: Vec<_> = lines.iter().map(|line| (line["n"].as_u64().unwrap(), line["kind"].as_str().unwrap())).collect();
    assert_eq!(heads, [(1, "answer"), (3, "answer"), (0, "alert"), (4, "answer"), (5, "question")]);
    assert!(lines[3]["text"].as_str().unwrap().contains("2026-09-21 14:23:20 UTC"));
}

#[tokio::test]
async fn lines_that_cannot_be_read_get_a_sentence_with_their_number() {
    let mut input = b"\xff\n".to_vec();
    input.extend(vec![b'x'; 200_000]);
    input.extend_from_slice(b"\nhelp");
    let written = piped(&input, Style::Json).await;
    let lines: Vec<Value> = written.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let heads: Vec<_> = lines.iter().map(|line| (line["n"].as_u64().unwrap(), line["kind"].as_str().unwrap())).collect();
    assert_eq!(heads, [(1, "error"), (2, "error"), (3, "answer")]);
}

#[tokio::test]
async fn plain_text_has_numbered_choices_and_a_blank_line_between_replies() {
    let written = piped(b"btc\npositions\n", Style::Plain).await;
    let expected = "? What about it?
  1 positions · 2 close btc

● Positions · PAPER · simulated market
No open positions.

";
    assert_eq!(written, expected);
}

#[tokio::test]
async fn closed_input_is_a_quiet_end_and_the_same_input_gives_the_same_bytes() {
    assert_eq!(piped(b"", Style::Json).await, "");
    let input = b"buy 200 usdt of btc\nbalance\npnl\nwait 10m\n";
    assert_eq!(piped(input, Style::Json).await, piped(input, Style::Json).await);
}
