//! Panels: what a chat can look at, and what it wants to be told.

use super::keyboard::says;
use super::wishes::{Kind, Level, Subject, Wishes};
use crate::domain::notice::{NoticeBody, Saying};

/// Returns the buttons for what is looked at often.
pub fn menu() -> NoticeBody {
    let rows = [
        [("📊 Positions", "positions"), ("📋 Orders", "orders")],
        [("💰 Balance", "balance"), ("📈 P&L", "pnl today")],
        [("🧾 History", "history"), ("⚙️ Settings", "settings")],
        [("🆕 New order", "/new"), ("🔔 Notices", "/notify")],
        [("⏸ Pause", "pause"), ("❓ Help", "/help")],
    ];
    panel("What would you like to see?", rows.into_iter().map(|row| row.into_iter().map(|(label, words)| says(label, words)).collect()))
}

/// Returns what is told, and how loudly, with buttons to change it.
pub fn levels(wishes: &Wishes) -> NoticeBody {
    let row = |kind: Kind| {
        let now = wishes.level(kind);
        let offered = Level::ALL.into_iter().filter(move |level| kind != Kind::Alerts || *level != Level::Off);
        let button = move |level: Level| {
            let mark = if level == now { "● " } else { "" };
            says(&format!("{mark}{} {}", kind.as_str(), level.as_str()), &format!("/notify {} {}", kind.as_str(), level.as_str()))
        };
        offered.map(button).collect::<Vec<_>>()
    };
    let others = vec![says("🌙 Quiet hours", "/quiet"), says("🧵 Topics", "/topic"), says("« Back", "/menu")];
    let text = "What you are told without asking, and how. Answers and cards always come; alerts can be silent, but never off.";
    panel(text, Kind::ALL.into_iter().map(row).chain([others]))
}

/// What quiet hours do.
const QUIET: &str = "Then only alerts make a sound; fills and news of stops come without one, and the rest waits for a digest.";

/// Returns the quiet hours, with buttons to change them.
pub fn quiet(wishes: &Wishes) -> NoticeBody {
    let text = match wishes.quiet {
        None => format!("There are no quiet hours. {QUIET} Name your zone with them: `/quiet 22:00 7:00 Europe/Berlin`."),
        Some(quiet) => {
            let dial = wishes.zone.clone().unwrap_or_else(|| format!("a clock that is {} from UTC", distance(quiet.ahead)));
            format!("Quiet from {} to {} by {dial}. {QUIET}", clock(quiet.from), clock(quiet.to))
        }
    };
    let hours = [("22:00", "7:00"), ("23:00", "8:00")].map(|(from, to)| says(&format!("{from} to {to}"), &format!("/quiet {from} {to}")));
    let shift = wishes.quiet.filter(|_| wishes.zone.is_none()).map(|quiet| {
        let moved = |by: i16| format!("/quiet {} {} {}", clock(quiet.from), clock(quiet.to), distance(quiet.ahead.saturating_add(by)));
        vec![says("My clock: −1 h", &moved(-60)), says("+1 h", &moved(60))]
    });
    let last = vec![says("None", "/quiet off"), says("« Back", "/notify")];
    panel(&text, std::iter::once(hours.to_vec()).chain(shift).chain([last]))
}

/// Returns where notices go, with buttons that end a route.
pub fn topics(wishes: &Wishes) -> NoticeBody {
    let place = |subject: Subject| match wishes.routes.get(&subject) {
        None => format!("{}: here, in the main thread", subject.as_str()),
        Some(route) => match route.thread {
            Some(thread) => format!("{}: chat {}, topic {thread}", subject.as_str(), route.chat),
            None => format!("{}: chat {}", subject.as_str(), route.chat),
        },
    };
    let lines: Vec<String> = Subject::ALL.into_iter().map(place).collect();
    let end = |subject: &Subject| says(&format!("{}: back here", subject.as_str()), &format!("/topic {} off", subject.as_str()));
    let ends = wishes.routes.keys().map(end).collect();
    let text = format!("Where notices go:\n{}\nSay `/topic trades here` in the topic that shall have them.", lines.join("\n"));
    panel(&text, [ends, vec![says("« Back", "/notify")]])
}

fn panel(text: &str, rows: impl IntoIterator<Item = Vec<Saying>>) -> NoticeBody {
    NoticeBody::Panel { text: text.to_owned(), buttons: rows.into_iter().filter(|row| !row.is_empty()).collect() }
}

fn clock(minute: u16) -> String {
    format!("{}:{:02}", minute / 60, minute % 60)
}

fn distance(ahead: i16) -> String {
    let (sign, minutes) = if ahead < 0 { ('-', ahead.unsigned_abs()) } else { ('+', ahead.unsigned_abs()) };
    match minutes % 60 {
        0 => format!("{sign}{}", minutes / 60),
        rest => format!("{sign}{}:{rest:02}", minutes / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::{levels, menu, quiet, topics};
    use crate::bot::taps;
    use crate::bot::telegram::face::wishes::{Kind, Level, Quiet, Wishes};
    use crate::bot::telegram::face::words::{Own, read};
    use crate::domain::notice::{NoticeBody, Saying};

    fn buttons(body: NoticeBody) -> Vec<Saying> {
        let NoticeBody::Panel { buttons, .. } = body else { panic!("no panel") };
        buttons.into_iter().flatten().collect()
    }

    #[test]
    fn every_button_says_what_is_understood_and_can_be_carried() {
        let quiet_hours = Some(Quiet { from: 1_320, to: 420, ahead: -330 });
        let wishes = Wishes { levels: [(Kind::Fills, Level::Off)].into(), quiet: quiet_hours, ..Wishes::default() };
        for button in [menu(), levels(&wishes), quiet(&wishes), topics(&wishes)].into_iter().flat_map(buttons) {
            assert!(taps::saying(&button.says).is_some(), "{button:?}");
            if button.says.starts_with('/') && button.says != "/help" {
                assert!(!matches!(read(&button.says), None | Some(Own::Unclear(_))), "{button:?}");
            }
        }
    }
}
