//! A newcomer's walk through docs/getting-started.md: the commands of the page are run and its words said, on the strict fake.
//!
//! Three things are not as on the page: nothing is cloned and built (the program is the one under test), `@BotFather` and
//! `@userinfobot` are the fake, and the operators' endpoint gets a free port.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::store_story::Scratch;
use crate::telegram_bot::{OWNER, Serving, free_address};
use crate::telegram_fake::FakeTelegram;

const PAGE: &str = include_str!("../../docs/getting-started.md");
const ADMIN_TOKEN: &str = "0123456789abcdef0123456789abcdef";
const ADMIN_ADDRESS: &str = "127.0.0.1:8787";

/// Returns the fenced blocks of a kind, in their order.
fn blocks(kind: &str) -> Vec<&'static str> {
    let fence = format!("```{kind}\n");
    PAGE.split(fence.as_str()).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

/// Returns what is said in a block: each line without the remark behind it.
fn lines(block: &'static str) -> Vec<&'static str> {
    block.lines().map(|line| line.split("   ").next().unwrap().trim()).filter(|line| !line.is_empty()).collect()
}

/// Returns the one command block with these words.
fn command(words: &str) -> &'static str {
    let mut found = blocks("sh").into_iter().filter(|block| block.contains(words));
    found.next().filter(|_| found.next().is_none()).unwrap_or_else(|| panic!("there is not one block with {words:?}"))
}

/// A newcomer's machine: a home without anything, and the folder of the sources.
struct Newcomer {
    scratch: Scratch,
}

impl Newcomer {
    fn new() -> Self {
        let scratch = Scratch::new("walk");
        let sources = scratch.path().join("outcry");
        std::fs::create_dir_all(sources.join("target/release")).unwrap();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_outcry"), sources.join("target/release/outcry")).unwrap();
        std::fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join(".env.example"), sources.join(".env.example")).unwrap();
        Self { scratch }
    }

    /// A shell that runs this, where a newcomer stands.
    fn shell(&self, script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-euc", script]).current_dir(self.scratch.path().join("outcry")).env_clear();
        let system = std::env::var("PATH").unwrap_or_default();
        command.env("HOME", self.scratch.path()).env("PATH", format!("{}/.local/bin:{system}", self.scratch.path().display()));
        command.env("NO_PROXY", "*");
        command
    }

    /// Runs this to its end on these lines, and returns what is said.
    fn run(&self, script: &str, said: &[&str]) -> String {
        let mut child = self.shell(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        said.iter().for_each(|line| writeln!(input, "{line}").unwrap());
        drop(input);
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{script}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Writes the lines of the page into `.env`, with this newcomer's values.
    fn set(&self, fake: &FakeTelegram, admin: &str) {
        let mut env = std::fs::read_to_string(self.scratch.path().join("outcry/.env")).unwrap();
        let [block] = blocks("env")[..] else { panic!("there is not one block of settings") };
        for line in lines(block) {
            let (name, _) = line.split_once('=').unwrap();
            assert!(env.contains(&format!("# {name}=")), "{name} is not in .env.example");
            let value = match name {
                "TELEGRAM_BOT_TOKEN" => fake.token().to_owned(),
                "TELEGRAM_OWNER_ID" => OWNER.to_string(),
                "OUTCRY_ADMIN_TOKEN" => ADMIN_TOKEN.to_owned(),
                name => panic!("{name}: what would a newcomer write here?"),
            };
            writeln!(env, "{name}={value}").unwrap();
        }
        write!(env, "TELEGRAM_API_URL={}\nOUTCRY_ADMIN_ADDR={admin}\n", fake.url()).unwrap();
        std::fs::write(self.scratch.path().join("outcry/.env"), env).unwrap();
    }
}

/// Says the lines of the page in the bot's chat, and taps where it says so.
async fn talk(fake: &FakeTelegram) {
    let [block] = blocks("telegram")[..] else { panic!("there is not one dialogue") };
    for line in lines(block) {
        let before = fake.shown().len();
        if let Some(label) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            let shown = fake.shown_in(OWNER);
            let labelled =
                |shown: &&crate::telegram_fake::journal::Shown| shown.buttons.iter().flatten().any(|button| button.text.contains(label));
            let card = shown.iter().rfind(labelled).unwrap_or_else(|| panic!("no button {label}"));
            let button = card.buttons.iter().flatten().find(|button| button.text.contains(label)).unwrap();
            fake.tap(OWNER, OWNER, card.id, &button.text);
            fake.wait_shown_after(before, |shown| shown.is_new() && shown.text.contains("Filled")).await;
        } else {
            fake.say(OWNER, line);
            let awaited = if line == "/start" { "equity" } else { line.rsplit(' ').next().unwrap() };
            let fits = |text: &str| text.to_lowercase().contains(awaited);
            fake.wait_shown_after(before, |shown| shown.chat == OWNER && fits(&shown.text)).await;
        }
    }
}

#[tokio::test]
async fn the_page_leads_from_nothing_to_the_first_fill() {
    let began = Instant::now();
    let newcomer = Newcomer::new();
    let build = command("cargo build");
    let installed = build.lines().skip_while(|line| !line.starts_with("install")).collect::<Vec<_>>().join("\n");
    newcomer.run(&installed, &[]);
    let [dialogue] = blocks("chat")[..] else { panic!("there is not one dialogue at a terminal") };
    let told = newcomer.run(command("outcry chat"), &lines(dialogue));
    assert_eq!(told.matches("✓ Filled").count(), 3, "{told}");
    println!("first fill at the terminal after {:.1} s", began.elapsed().as_secs_f64());
    let fake = FakeTelegram::start();
    fake.add_person(OWNER, "Olga");
    newcomer.run(command("cp .env.example"), &[]);
    let admin = free_address().to_string();
    newcomer.set(&fake, &admin);
    let log = std::fs::File::create(newcomer.scratch.path().join("log.txt")).unwrap();
    // The shell becomes the program, so that it can be stopped.
    let script = command("outcry serve").replace("outcry serve", "exec outcry serve");
    let process = newcomer.shell(&script).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap();
    let mut serving = Serving { process };
    talk(&fake).await;
    let look = command("curl").replace(ADMIN_ADDRESS, &admin);
    match Command::new("curl").arg("--version").stdout(Stdio::null()).status() {
        Ok(_) => {
            let ready = newcomer.run(&look, &[]);
            assert!(ready.contains("\"status\":\"ready\""), "{ready}");
        }
        Err(_) => println!("SKIPPED: no curl to ask whether it is ready"),
    }
    assert_eq!(serving.stop(), Some(143));
    println!("first fill on Telegram, and done, after {:.1} s besides building", began.elapsed().as_secs_f64());
}
