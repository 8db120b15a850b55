//! Plays people beside the program, and writes down both sides with the time since the start.

use std::time::Duration;

use serde_json::Value;

use crate::telegram_bot::{Serving, Stage};
use crate::telegram_fake::journal::{Call, Shown};

/// The number that the fake gives its first update; the others follow.
const FIRST_UPDATE: i64 = 700_000_001;

/// A card in a chat.
pub struct Card {
    chat: i64,
    message: i64,
    data: String,
}

/// Something that happened.
struct Entry {
    at: Duration,
    text: String,
}

/// A stage, its people, and what happened on it so far.
pub struct Recorder {
    pub stage: Stage,
    people: Vec<(i64, String)>,
    bot: Option<Serving>,
    next_update: i64,
    /// Calls that are written down already.
    calls: usize,
    /// Things shown before this scene.
    shown: usize,
    entries: Vec<Entry>,
    text: String,
    scenes: usize,
}

impl Recorder {
    /// Returns a stage with these people; the first of them owns the bot.
    pub fn new(people: &[(i64, &str)]) -> Self {
        let stage = Stage::new();
        for (id, name) in people {
            stage.fake.add_person(*id, name);
        }
        let people = people.iter().map(|(id, name)| (*id, (*name).to_owned())).collect();
        let (entries, text) = (Vec::new(), String::new());
        Self { stage, people, bot: None, next_update: FIRST_UPDATE, calls: 0, shown: 0, entries, text, scenes: 0 }
    }

    /// Starts the program.
    pub fn start(&mut self) {
        self.note("The program starts.");
        self.bot = Some(self.stage.serve());
    }

    /// Kills the program.
    pub fn kill(&mut self) {
        if let Some(mut bot) = self.bot.take() {
            bot.kill();
            self.note("The program is killed (SIGKILL).");
        }
    }

    /// Begins a scene.
    pub fn scene(&mut self, title: &str) {
        self.scenes += 1;
        self.text.push_str(&format!("\n## {}. {title}\n\n", self.scenes));
        self.shown = self.stage.fake.shown().len();
    }

    /// Notes what neither side says.
    pub fn note(&mut self, text: &str) {
        self.entries.push(Entry { at: self.stage.fake.runs_for(), text: format!("· {text}") });
    }

    /// Lets a person say something.
    pub fn say(&mut self, person: i64, words: &str) {
        let text = format!("▶ update {}, {}: {words}", self.next_update, self.name(person));
        self.entries.push(Entry { at: self.stage.fake.runs_for(), text });
        assert_eq!(self.stage.fake.say(person, words).update, Some(self.next_update));
        self.next_update += 1;
    }

    /// Lets a person ask for a card, and waits for it.
    pub async fn card(&mut self, person: i64, words: &str) -> Card {
        let before = self.stage.fake.shown().len();
        self.say(person, words);
        let has_confirm = |shown: &Shown| shown.buttons.iter().flatten().any(|button| button.text.contains("Confirm"));
        let shown = self.stage.fake.wait_shown_after(before, |shown| shown.chat == person && has_confirm(shown)).await;
        // What was shown is marked so: a program that is killed now does not show it again.
        self.stage.wait_count("SELECT COUNT(*) FROM outbox WHERE done = 0", 0).await;
        let button = shown.buttons.iter().flatten().find(|button| button.text.contains("Confirm")).unwrap();
        Card { chat: person, message: shown.id, data: button.data.clone() }
    }

    /// Lets a person tap "Confirm" of a card, their own or not.
    pub fn tap(&mut self, person: i64, card: &Card) {
        let of = if person == card.chat { String::new() } else { format!(" of {}'s card, forged", self.name(card.chat)) };
        let text = format!("▶ update {}, {} taps [✅ Confirm]{of}", self.next_update, self.name(person));
        self.entries.push(Entry { at: self.stage.fake.runs_for(), text });
        self.next_update += 1;
        self.stage.fake.tap_data(person, person, card.message, &card.data);
    }

    /// Waits until the bot has shown something of this scene.
    pub async fn shows(&self, chat: i64, fits: impl Fn(&Shown) -> bool) {
        self.stage.fake.wait_shown_after(self.shown, |shown| shown.chat == chat && fits(shown)).await;
    }

    /// Waits until all updates are confirmed, and notes it.
    pub async fn confirmed(&mut self) {
        self.stage.fake.wait_drained().await;
        self.note(&format!("Telegram is told to forget the updates up to {}.", self.next_update - 1));
    }

    /// Waits until nothing is left to be done or told.
    pub async fn rest(&mut self) {
        self.confirmed().await;
        self.stage.wait_count("SELECT COUNT(*) FROM inbox WHERE done = 0", 0).await;
        self.stage.wait_count("SELECT COUNT(*) FROM orders WHERE state <> 'filled'", 0).await;
        self.stage.wait_count("SELECT COUNT(*) FROM outbox WHERE done = 0", 0).await;
    }

    /// Holds that so many orders were filled since the beginning.
    pub async fn expect_fills(&self, wanted: i64) {
        assert_eq!(self.stage.count("SELECT COUNT(*) FROM orders").await, wanted);
        assert_eq!(self.stage.count("SELECT COUNT(DISTINCT order_id) FROM fills").await, wanted);
    }

    /// Writes the scene down.
    pub fn end_scene(&mut self) {
        let calls = self.stage.fake.calls();
        let told: Vec<Entry> =
            calls.iter().skip(self.calls).filter_map(|call| Some(Entry { at: call.at, text: self.told(call)? })).collect();
        self.calls = calls.len();
        self.entries.extend(told);
        self.entries.sort_by_key(|entry| entry.at);
        self.text.push_str("```text\n");
        for entry in self.entries.drain(..) {
            let mut lines = entry.text.lines();
            self.text.push_str(&format!("{:>8.3} s  {}\n", entry.at.as_secs_f64(), lines.next().unwrap_or_default()));
            for line in lines {
                self.text.push_str(format!("            {line}").trim_end());
                self.text.push('\n');
            }
        }
        self.text.push_str("```\n");
    }

    /// Returns what was recorded.
    pub fn text(&self) -> String {
        self.text.clone()
    }

    fn name(&self, person: i64) -> String {
        self.people.iter().find(|(id, _)| *id == person).map_or_else(|| person.to_string(), |(_, name)| name.clone())
    }

    /// A call of the bot that people can see.
    fn told(&self, call: &Call) -> Option<String> {
        let to = self.name(call.args.int("chat_id").unwrap_or_default());
        match (&call.answer, &call.shown) {
            (Some(Err(failure)), _) if call.method.contains("message") => {
                Some(format!("◀ {} to {to}: {} {}", call.method, failure.code, failure.description))
            }
            (_, Some(shown)) => {
                let what = if shown.is_new() { "says to" } else { "changes for" };
                let buttons: Vec<String> = shown.buttons.iter().flatten().map(|button| format!("[{}]", button.text)).collect();
                let buttons = if buttons.is_empty() { String::new() } else { format!("\n{}", buttons.join(" ")) };
                Some(format!("◀ {what} {to}, message {}:\n{}{buttons}", shown.id, shown.text))
            }
            (Some(Ok(Value::Bool(true))), None) if call.method == "answercallbackquery" => Some("◀ the tap is answered".to_owned()),
            _ => None,
        }
    }
}
