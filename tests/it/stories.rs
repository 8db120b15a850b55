//! Conversations as transcripts: each file in `stories/` is typed into the real program, and its replies must be those in
//! the file.
//!
//! `$ outcry chat …` begins a run, `> …` is a line typed, `< …` a line of the reply. `…` stands for any text, and alone on
//! a line for any lines. Ids and times are scrubbed; `DB` stands for a database of the story's own. With
//! `OUTCRY_TEST_BLESS=1` the files are rewritten to what the program says; read the difference before you commit it.

use std::fmt::Write;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

macro_rules! stories {
    ($($test:ident => $file:literal),+ $(,)?) => {
        /// Every story there is.
        const STORIES: &[&str] = &[$($file),+];

        $(#[test]
        fn $test() {
            check($file);
        })+
    };
}

stories! {
    the_first_trade => "first-trade",
    a_bracket_in_one_sentence => "bracket",
    a_limit_order_and_its_cancel => "limit-and-cancel",
    closing_a_part => "partial-close",
    a_trailing_stop => "trailing",
    adding_to_a_position => "adding",
    cross_margin => "cross",
    stop_words => "stop-words",
    closing_at_once => "fx",
    what_is_denied => "denials",
    slips_and_questions => "typos-and-questions",
    a_second_card => "second-card",
    a_card_grows_old => "expiry",
    profit_and_why => "pnl-and-why",
    exits_are_moved => "moving-exits",
    card_buttons => "buttons",
    a_restart_forgets_nothing => "restart",
    reports_of_what_was => "reports",
    the_readme => "README",
}

#[test]
fn every_file_is_told() {
    let files = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let mut names: Vec<String> = files.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    let mut listed: Vec<&str> = STORIES.to_vec();
    names.sort();
    listed.sort_unstable();
    assert_eq!(names, listed);
}

#[test]
fn the_readme_shows_its_story() {
    const BEGIN: &str = "<!-- transcript -->\n";
    const END: &str = "<!-- /transcript -->";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(BEGIN).expect("the README has a place for the transcript");
    let (shown, after) = rest.split_once(END).expect("the transcript in the README ends");
    let mut told = String::from("```text\n");
    for turn in parse(&fs::read_to_string(file("README")).unwrap()).runs.iter().flat_map(|run| &run.turns) {
        writeln!(told, "> {}", turn.typed).unwrap();
        for line in &turn.replies {
            writeln!(told, "{}", line.trim_end()).unwrap();
        }
        told.push('\n');
    }
    let told = format!("{}\n```\n", told.trim_end());
    if blessing() {
        fs::write(&path, format!("{before}{BEGIN}{told}{END}{after}")).unwrap();
    } else {
        assert!(shown == told, "README.md shows another transcript than stories/README.txt; OUTCRY_TEST_BLESS=1 renews it:\n{told}");
    }
}

#[test]
fn lines_match_with_gaps() {
    let lines = |text: &str| -> Vec<String> { text.lines().map(str::to_owned).collect() };
    assert!(all_match(&lines("a\n…\nd"), &lines("a\nb\nc\nd")));
    assert!(all_match(&lines("a\n…"), &lines("a")));
    assert!(!all_match(&lines("a\n…\nd"), &lines("a\nb\nc")));
    assert!(line_matches("fee … USDT", "fee 1.20 USDT") && !line_matches("fee … USDT", "fee 1.20 BTC"));
    assert!(line_matches("… a", "b a a") && !line_matches("a", "a b"));
    assert_eq!(scrubbed("  b29e73c3  ETH at 2026-09-21 14:13:20 UTC, 09-21"), "  xxxxxxxx  ETH at YYYY-MM-DD hh:mm:ss UTC, MM-DD");
}

/// Asked for after each line of a story.
const GREET: &str = "/start";
/// How its answer begins.
const GREETING: &str = "◆ Outcry";

struct Story {
    heading: String,
    runs: Vec<Run>,
}

struct Run {
    command: String,
    turns: Vec<Turn>,
}

struct Turn {
    typed: String,
    replies: Vec<String>,
}

/// Plays a story and compares its replies, or rewrites it.
#[track_caller]
fn check(name: &str) {
    let path = file(name);
    let mut story = parse(&fs::read_to_string(&path).unwrap());
    let home = Home::new(name);
    let mut wrong = String::new();
    for (number, run) in story.runs.iter_mut().enumerate() {
        let actual = home.play(run, number);
        for (turn, actual) in run.turns.iter_mut().zip(actual) {
            if all_match(&turn.replies, &actual) {
                continue;
            }
            write!(wrong, "> {}\n--- expected\n{}\n--- said\n{}\n\n", turn.typed, turn.replies.join("\n"), actual.join("\n")).unwrap();
            turn.replies = actual;
        }
    }
    if blessing() && !wrong.is_empty() {
        return fs::write(&path, story.to_text()).unwrap();
    }
    assert!(wrong.is_empty(), "{} tells otherwise:\n{wrong}", path.display());
}

fn blessing() -> bool {
    std::env::var_os("OUTCRY_TEST_BLESS").is_some()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/stories")
}

fn file(name: &str) -> PathBuf {
    folder().join(format!("{name}.txt"))
}

fn parse(text: &str) -> Story {
    let mut story = Story { heading: String::new(), runs: Vec::new() };
    for line in text.lines() {
        if let Some(command) = line.strip_prefix("$ outcry ") {
            story.runs.push(Run { command: command.to_owned(), turns: Vec::new() });
        } else if let Some(typed) = line.strip_prefix('>') {
            let typed = typed.strip_prefix(' ').unwrap_or(typed).to_owned();
            story.runs.last_mut().expect("a run begins first").turns.push(Turn { typed, replies: Vec::new() });
        } else if let Some(reply) = line.strip_prefix('<') {
            let turn = story.runs.last_mut().and_then(|run| run.turns.last_mut()).expect("a reply follows a line");
            turn.replies.push(reply.strip_prefix(' ').unwrap_or(reply).to_owned());
        } else if story.runs.is_empty() {
            story.heading.push_str(line);
            story.heading.push('\n');
        } else {
            assert!(line.trim().is_empty(), "a story has no such line: {line}");
        }
    }
    story
}

impl Story {
    fn to_text(&self) -> String {
        let mut text = self.heading.clone();
        for run in &self.runs {
            writeln!(text, "$ outcry {}", run.command).unwrap();
            for turn in &run.turns {
                writeln!(text, "\n> {}", turn.typed).unwrap();
                for line in &turn.replies {
                    text.push_str(format!("< {line}").trim_end());
                    text.push('\n');
                }
            }
            text.push('\n');
        }
        text.truncate(text.trim_end().len());
        text + "\n"
    }
}

/// A place for a story's files, empty at its beginning and gone at its end.
struct Home(PathBuf);

impl Home {
    fn new(name: &str) -> Self {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("story-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// Returns the lines of the replies to each turn of a run. After each line a greeting is asked for, which changes
    /// nothing and shows where the replies to the line end.
    fn play(&self, run: &Run, number: usize) -> Vec<Vec<String>> {
        let said = self.output(run);
        let mut blocks = said.split("\n\n").map(|text| text.trim_matches('\n')).filter(|text| !text.is_empty());
        let mut replies = Vec::with_capacity(run.turns.len());
        for turn in &run.turns {
            let mut reply: Vec<String> = Vec::new();
            loop {
                let text = blocks.next().unwrap_or_else(|| panic!("run {number} ended before “{}” was answered:\n{said}", turn.typed));
                if text.starts_with(GREETING) {
                    break;
                }
                if !reply.is_empty() {
                    reply.push(String::new());
                }
                reply.extend(text.lines().map(|line| scrubbed(line).trim_end().to_owned()));
            }
            replies.push(reply);
        }
        assert_eq!(blocks.next(), None, "run {number} said more than it was asked");
        replies
    }

    fn output(&self, run: &Run) -> String {
        let database = self.0.join("desk.db");
        let words = run.command.split(' ').map(|word| if word == "DB" { database.to_str().unwrap().to_owned() } else { word.to_owned() });
        let mut command = Command::new(env!("CARGO_BIN_EXE_outcry"));
        command.args(words).current_dir(&self.0).env_clear().env("HOME", &self.0);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let typed: String = run.turns.iter().map(|turn| format!("{}\n{GREET}\n", turn.typed)).collect();
        child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let (said, complaint) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert!(output.status.success() && complaint.is_empty(), "{}\n{said}\n{complaint}", output.status);
        said
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn all_match(expected: &[String], actual: &[String]) -> bool {
    match expected.split_first() {
        None => actual.is_empty(),
        Some((line, rest)) if line.trim() == "…" => (0..=actual.len()).any(|from| all_match(rest, &actual[from..])),
        Some((line, rest)) => actual.split_first().is_some_and(|(said, further)| line_matches(line, said) && all_match(rest, further)),
    }
}

fn line_matches(expected: &str, actual: &str) -> bool {
    match expected.split_once('…') {
        None => expected == actual,
        Some((start, rest)) => actual.strip_prefix(start).is_some_and(|further| {
            further.char_indices().map(|(at, _)| at).chain([further.len()]).any(|at| line_matches(rest, &further[at..]))
        }),
    }
}

/// Takes ids, dates and times of day out of a line; columns keep their width.
fn scrubbed(line: &str) -> String {
    let words = line.split_inclusive([' ', ',', '.', ';']);
    words
        .map(|word| {
            let bare = word.trim_end_matches([' ', ',', '.', ';']);
            let hex = matches!(bare.len(), 8 | 16) && bare.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
            let shape: String = bare.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
            let scrubbed = match shape.as_str() {
                _ if hex => "x".repeat(bare.len()),
                "0000-00-00" => "YYYY-MM-DD".to_owned(),
                "00:00:00" => "hh:mm:ss".to_owned(),
                "0000-00" => "YYYY-MM".to_owned(),
                "00-00" => "MM-DD".to_owned(),
                _ => bare.to_owned(),
            };
            word.replacen(bare, &scrubbed, usize::from(!bare.is_empty()))
        })
        .collect()
}
