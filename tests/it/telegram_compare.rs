//! One dialogue on our own strict Telegram and on the npm package telegram-test-api, whose authors are others: what the
//! bot says must be the same, or our fake only agrees with ourselves. Differences that are no defect are listed in
//! `tests/telegram_compare/allowed.txt`.

mod dialogue;
mod echo;
mod reply;
mod stage;

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::telegram_fake::TOKEN;
use dialogue::Dialogue;
use reply::{Allowed, Reply};
use stage::Stage;

/// The one person of a dialogue, owner of the bot.
const PERSON: i64 = 5_001;

#[test]
fn an_echo_says_the_same_on_both() {
    let Some(theirs) = Stage::theirs() else { return };
    let play = |stage: Stage| {
        let _echo = echo::Echo::start(&stage.url());
        dialogue("echo").play(&stage)
    };
    let (ours, theirs) = (play(Stage::ours()), play(theirs));
    assert_same(&ours, &theirs, &Allowed::nothing());
}

#[test]
fn the_program_says_the_same_on_both() {
    let Some(theirs) = Stage::theirs() else { return };
    let play = |stage: Stage, name: &str| {
        let _program = Program::start(&stage.url(), name);
        dialogue("trade").play(&stage)
    };
    let (ours, theirs) = (play(Stage::ours(), "ours"), play(theirs, "theirs"));
    assert_same(&ours, &theirs, &Allowed::read(&folder().join("allowed.txt")));
}

#[test]
fn a_difference_is_found() {
    let reply = |text: &str| Reply { kind: "sent".to_owned(), text: text.to_owned(), ..Reply::default() };
    let shown = |text: &str| vec![("> x".to_owned(), vec![reply(text)])];
    let figures = Allowed::of("figures: prices move");
    assert_eq!(differences(&shown("at 60,000.2"), &shown("at 61,000"), &figures), "");
    assert_ne!(differences(&shown("at 60,000.2"), &shown("at 61,000"), &Allowed::nothing()), "");
    assert_ne!(differences(&shown("at 60,000.2"), &shown("near 60,000.2"), &figures), "");
    assert_ne!(differences(&shown("once"), &Vec::new(), &figures), "");
}

/// What was shown at each step.
type Shown = Vec<(String, Vec<Reply>)>;

#[track_caller]
fn assert_same(ours: &Shown, theirs: &Shown, allowed: &Allowed) {
    assert!(!ours.is_empty());
    let told = differences(ours, theirs, allowed);
    assert!(told.is_empty(), "{told}");
}

/// Tells of each step that differs.
fn differences(ours: &Shown, theirs: &Shown, allowed: &Allowed) -> String {
    let mut told = String::new();
    if ours.len() != theirs.len() {
        told = format!("{} steps on ours, {} on theirs\n", ours.len(), theirs.len());
    }
    for ((step, ours), (_, theirs)) in ours.iter().zip(theirs) {
        let (ours, theirs) = (allowed.applied(ours), allowed.applied(theirs));
        if ours != theirs {
            told += &format!("{step}\n--- on ours\n{ours:#?}\n--- on theirs\n{theirs:#?}\n");
        }
    }
    told
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/telegram_compare")
}

fn dialogue(name: &str) -> Dialogue {
    Dialogue::read(&folder().join(format!("{name}.txt")))
}

/// `outcry serve` with files of its own, killed at the end.
struct Program {
    child: Child,
    home: PathBuf,
}

impl Program {
    fn start(url: &str, name: &str) -> Self {
        let home = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("compare-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&home);
        std::fs::create_dir_all(&home).unwrap();
        let log = std::fs::File::create(home.join("log")).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_outcry"));
        command.args(["serve", "--seed", "7", "--db"]).arg(home.join("desk.db")).current_dir(&home).env_clear().env("HOME", &home);
        command.env("TELEGRAM_BOT_TOKEN", TOKEN).env("TELEGRAM_OWNER_ID", PERSON.to_string()).env("TELEGRAM_API_URL", url);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        Self { child, home }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            println!("the program's log:\n{}", std::fs::read_to_string(self.home.join("log")).unwrap_or_default());
        }
        let _ = std::fs::remove_dir_all(&self.home);
    }
}
