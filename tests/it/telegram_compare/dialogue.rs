//! A dialogue: what a person does and what must come of it.
//!
//! `> …` is said, `! …` is a tap on the button with this text under the latest message that has one; each `< …` below is
//! a part of a reply of its own, and the step is over once all have come.

use std::path::Path;

use super::reply::Reply;
use super::stage::Stage;

/// The steps of a file.
pub struct Dialogue(Vec<Step>);

struct Step {
    line: String,
    act: Act,
    expected: Vec<String>,
}

enum Act {
    Say(String),
    Tap(String),
}

impl Dialogue {
    /// Reads a file.
    pub fn read(path: &Path) -> Self {
        let mut steps: Vec<Step> = Vec::new();
        for line in std::fs::read_to_string(path).unwrap().lines().filter(|line| !line.starts_with('#')) {
            let (mark, rest) = line.split_at_checked(2).unwrap_or((line, ""));
            let act = match mark.trim_end() {
                ">" => Act::Say(rest.to_owned()),
                "!" => Act::Tap(rest.to_owned()),
                "<" => {
                    steps.last_mut().unwrap().expected.push(rest.to_owned());
                    continue;
                }
                _ => panic!("a dialogue has no such line: {line}"),
            };
            steps.push(Step { line: line.to_owned(), act, expected: Vec::new() });
        }
        Self(steps)
    }

    /// Plays all steps and returns what was shown at each.
    pub fn play(&self, stage: &Stage) -> Vec<(String, Vec<Reply>)> {
        let mut seen = 0;
        let mut shown = Vec::new();
        for step in &self.0 {
            match &step.act {
                Act::Say(text) => stage.say(text),
                Act::Tap(text) => tap(stage, text),
            }
            let replies = stage.wait(seen, &step.line, |new| all_came(&step.expected, new));
            seen += replies.len();
            shown.push((step.line.clone(), replies));
        }
        shown
    }
}

fn tap(stage: &Stage, text: &str) {
    let replies = stage.replies();
    let fits = |label: &str| label == text || label.ends_with(&format!(" {text}"));
    let found = replies.iter().rev().find_map(|reply| {
        let data = reply.buttons.iter().flatten().find(|(label, _)| fits(label)).map(|(_, data)| data.clone())?;
        Some((reply.message.0, data))
    });
    let (message, data) = found.unwrap_or_else(|| panic!("no button {text:?} in {replies:#?}"));
    stage.tap(message, &data);
}

/// Whether each part stands in a reply of its own.
fn all_came(expected: &[String], replies: &[Reply]) -> bool {
    let mut left: Vec<String> = replies.iter().map(Reply::line).collect();
    expected.iter().all(|part| left.iter().position(|line| line.contains(part.as_str())).map(|at| left.remove(at)).is_some())
}
