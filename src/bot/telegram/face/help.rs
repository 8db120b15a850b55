//! The help as a phone shows it: groups, and in each the sentences to copy.

use super::line::{Line, Style};
use crate::bot::render::help::GROUPS;
use crate::bot::render::place::Place;

/// What only this face understands.
const CHAT: [(&str, &str); 6] = [
    ("/new", "an order by buttons"),
    ("/notify fills silent", "fills, orders, alerts, system: on, silent or off"),
    ("/quiet 22:00 7:00 Europe/Berlin", "hours without a sound, and a digest at their end"),
    ("/topic trades here", "notices of trades, alerts or system in this topic"),
    ("/menu", "buttons for what is looked at often"),
    ("/tg_info", "the numbers of this chat, topic and person"),
];

/// Returns the help's lines.
pub fn lines(place: &Place) -> Vec<Line> {
    let mut lines = vec![Line::of(Style::Plain, "❓ ").and(Style::Bold, "Help").and(Style::Plain, format!(" · {}", place.mode()))];
    let chat = ("This chat", CHAT.as_slice());
    for (group, entries) in GROUPS.into_iter().chain([chat]) {
        lines.push(Line::default());
        lines.push(Line::of(Style::Bold, group));
        lines.extend(entries.iter().map(|(say, does)| Line::of(Style::Code, *say).and(Style::Plain, format!(" – {does}"))));
    }
    lines
}
