//! How the program starts, refuses to start, and ends: the real binary, its exit code and its sentence.
//!
//! Exit codes: 0 for an end that was asked for in the chat, by the end of its input, or by a reader that left; 2 for what
//! was said on the command line or in the settings; 1 for what was needed and is not to be had; 130 and 143 after SIGINT and
//! SIGTERM, since input may have been left unread.

#![allow(clippy::disallowed_methods, reason = "a harness beside real processes: it waits and reads clocks")]

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::postgres::{dropped, run, unprivileged};
use crate::store_story::Scratch;

/// Returns the program, at home in `folder`.
pub fn program(folder: &Path) -> Command {
    settled(Command::new(env!("CARGO_BIN_EXE_outcry")), folder)
}

fn settled(mut command: Command, folder: &Path) -> Command {
    command.current_dir(folder).env("XDG_DATA_HOME", folder).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs a command to its end on this input.
pub fn fed(command: &mut Command, input: &[u8]) -> Output {
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // A program that refuses to start does not read.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

fn refused(output: &Output, code: i32, words: &[&str]) {
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{told}");
    assert!(output.stdout.is_empty(), "{output:?}");
    assert!(words.iter().all(|word| told.contains(word)), "{words:?} in {told}");
    assert!(!told.contains("panicked"), "{told}");
}

fn chat(folder: &Path, more: &[&str]) -> Output {
    fed(program(folder).arg("chat").args(more), b"positions\n")
}

#[test]
fn what_was_said_wrong_gives_two() {
    let scratch = Scratch::new("usage");
    let folder = scratch.path();
    std::fs::write(folder.join("wrong.toml"), "[market]\nspeeed = 3\n").unwrap();
    refused(&chat(folder, &["--config", "wrong.toml"]), 2, &["market.speeed", "wrong.toml", "market.speed?"]);
    refused(&chat(folder, &["--config", "nowhere.toml"]), 2, &["nowhere.toml"]);
    refused(&chat(folder, &["--nonsense"]), 2, &["--nonsense"]);
    refused(&chat(folder, &["--seed", "many"]), 2, &["--seed"]);
    refused(&chat(folder, &["--speed", "0"]), 2, &["market.speed"]);
    refused(&chat(folder, &["--market", "live"]), 2, &["--market simulated", "--market replay"]);
    refused(&chat(folder, &["--market", "replay"]), 2, &["--candles"]);
    refused(&chat(folder, &["--market", "replay", "--candles", "nowhere"]), 2, &["nowhere"]);
    let unknown = fed(program(folder).arg("chat").env("OUTCRY_MARKET__SPED", "3"), b"");
    refused(&unknown, 2, &["OUTCRY_MARKET__SPED"]);
}

#[tokio::test]
async fn what_is_not_to_be_had_gives_one() {
    let scratch = Scratch::new("start");
    let folder = scratch.path();
    std::fs::write(folder.join("corrupt.db"), vec![b'x'; 10_000]).unwrap();
    refused(&chat(folder, &["--db", "corrupt.db"]), 1, &["corrupt.db"]);
    std::fs::write(folder.join("market.db.paper"), vec![b'x'; 10_000]).unwrap();
    refused(&chat(folder, &["--db", "market.db"]), 1, &["market.db.paper"]);
    refused(&chat(folder, &["--db", "."]), 1, &["directory"]);

    assert_eq!(chat(folder, &["--db", "newer.db"]).status.code(), Some(0));
    let url = format!("sqlite://{}", folder.join("newer.db").display());
    run(&url, "INSERT INTO migrations (version, checksum) VALUES (7, 'x')").await.unwrap();
    refused(&chat(folder, &["--db", "newer.db"]), 1, &["newer.db", "newer version"]);
    refused(&chat(folder, &["--venue", "127.0.0.1:1", "--db", "alone.db"]), 1, &["127.0.0.1:1", "outcry paper-venue"]);
}

#[test]
fn a_database_that_cannot_be_written_gives_one() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = Scratch::new("start-read-only");
    let folder = scratch.path();
    let binary = reachable(folder);
    let open = |path: &Path, mode: u32| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    open(folder, 0o777);
    let chat = || fed(settled(dropped(&binary), folder).args(["chat", "--json", "--db", "desk.db"]), b"positions\n");
    assert_eq!(chat().status.code(), Some(0));
    open(&folder.join("desk.db"), 0o444);
    refused(&chat(), 1, &["desk.db", "cannot be written"]);
    open(&folder.join("desk.db"), 0o644);
    open(folder, 0o555);
    refused(&chat(), 1, &["desk.db"]);
    open(folder, 0o777);
    assert_eq!(chat().status.code(), Some(0), "nothing was spoilt by it");
}

/// Returns the program at a place that an unprivileged user can reach.
fn reachable(folder: &Path) -> PathBuf {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_outcry"));
    if unprivileged().is_none() {
        return program;
    }
    let copy = folder.join("outcry");
    std::fs::hard_link(&program, &copy).or_else(|_| std::fs::copy(&program, &copy).map(|_| ())).unwrap();
    copy
}

/// Starts a chat that waits for lines, and returns it once it has answered one.
fn talking(folder: &Path, more: &[&str]) -> (Child, BufReader<std::process::ChildStdout>) {
    let mut child = program(folder).args(["chat", "--json", "--db", "desk.db"]).args(more).spawn().unwrap();
    child.stdin.as_mut().unwrap().write_all(b"buy 200 usdt of btc\n").unwrap();
    let mut replies = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    replies.read_line(&mut line).unwrap();
    assert!(line.contains("\"card\""), "{line}");
    (child, replies)
}

#[test]
fn a_second_chat_on_a_database_is_refused() {
    let scratch = Scratch::new("second");
    let (mut first, _replies) = talking(scratch.path(), &[]);
    refused(&chat(scratch.path(), &["--db", "desk.db"]), 1, &["desk.db"]);
    drop(first.stdin.take());
    assert_eq!(first.wait().unwrap().code(), Some(0));
    assert_eq!(chat(scratch.path(), &["--db", "desk.db"]).status.code(), Some(0));
}

#[test]
fn the_end_of_the_input_ends_it_at_once_and_quit_before_that() {
    let scratch = Scratch::new("end");
    let output = fed(program(scratch.path()).args(["chat", "--json", "--seed", "7"]), b"");
    assert_eq!((output.status.code(), output.stdout.len()), (Some(0), 0), "{output:?}");
    // The input stays open: nobody waits for a line that does not come.
    let (mut child, _replies) = talking(scratch.path(), &[]);
    child.stdin.as_mut().unwrap().write_all(b"quit\n").unwrap();
    assert_eq!(ended(&mut child), Some(0));
}

/// Waits for an end that must come within ten seconds.
fn ended(child: &mut Child) -> Option<i32> {
    let began = Instant::now();
    loop {
        match child.try_wait().unwrap() {
            Some(status) => return status.code(),
            None if began.elapsed() > Duration::from_secs(12) => {
                child.kill().unwrap();
                panic!("it did not end");
            }
            None => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}

#[test]
fn a_signal_ends_it_in_good_order_and_nothing_is_lost() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let scratch = Scratch::new("signal");
        let (mut child, mut replies) = talking(scratch.path(), &[]);
        // The tap is on its way when the signal comes, or is just being handled.
        child.stdin.as_mut().unwrap().write_all(b"yes\n").unwrap();
        let mut line = String::new();
        replies.read_line(&mut line).unwrap();
        child.stdin.as_mut().unwrap().write_all(b"wait 31d\n").unwrap();
        std::thread::sleep(Duration::from_millis(200));
        assert!(Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap().success());
        assert_eq!(ended(&mut child), Some(code), "{signal}");
        let verified = fed(program(scratch.path()).args(["audit", "verify", "--db", "desk.db"]), b"");
        assert!(String::from_utf8_lossy(&verified.stdout).contains("is whole"), "{verified:?}");
        let again = fed(program(scratch.path()).args(["chat", "--json", "--db", "desk.db"]), b"positions\n");
        let told = String::from_utf8_lossy(&again.stdout).into_owned();
        assert!(told.contains("0.00333"), "{signal}: the position is gone: {told}");
    }
}

#[test]
fn a_reader_that_leaves_ends_it_quietly() {
    let scratch = Scratch::new("pipe");
    let (mut child, replies) = talking(scratch.path(), &[]);
    drop(replies);
    child.stdin.as_mut().unwrap().write_all(b"yes\npositions\nhelp\n").unwrap();
    assert_eq!(ended(&mut child), Some(0));
    let mut told = String::new();
    std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut told).unwrap();
    assert!(told.is_empty(), "{told}");
}

#[test]
fn exports_go_where_the_command_line_says() {
    let scratch = Scratch::new("exports");
    let mut command = program(scratch.path());
    command.args(["chat", "--seed", "7", "--exports", "for my taxes"]);
    let output = fed(&mut command, b"buy 200 usdt of btc\nyes\nexport history\n");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let files: Vec<_> = std::fs::read_dir(scratch.path().join("for my taxes")).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(files.len() == 1 && std::fs::read_to_string(&files[0]).unwrap().lines().count() == 2, "{files:?}");
}
