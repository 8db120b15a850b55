//! The menu of commands.

use super::wire::MenuEntry;

const fn entry(command: &'static str, does: &'static str) -> MenuEntry {
    MenuEntry { command, does }
}

/// What everybody finds in the menu.
pub const COMMANDS: [MenuEntry; 17] = [
    entry("positions", "What is open, at what profit"),
    entry("orders", "What rests at the venue"),
    entry("balance", "Free, reserved, margin, equity"),
    entry("price", "The latest price: /price btc"),
    entry("pnl", "Profit and loss: today, week, month, all"),
    entry("history", "The latest fills"),
    entry("new", "An order by buttons"),
    entry("close", "Close a position, by card: /close btc"),
    entry("cancel", "Cancel resting orders, by card or id"),
    entry("why", "Why something was done or refused"),
    entry("pause", "No entries; exits run"),
    entry("resume", "Entries again, by card"),
    entry("stop", "No entries at once, then what else?"),
    entry("panic", "Cancel entries and close everything now"),
    entry("notify", "What is told, and how loudly"),
    entry("settings", "Every setting and its origin"),
    entry("help", "What can be said, with examples"),
];

/// What the owner finds besides.
pub const OWNER_COMMANDS: [MenuEntry; 3] = [
    entry("users", "Who may do what"),
    entry("quiet", "Quiet hours: /quiet 22:00 7:00"),
    entry("tg_info", "Numbers of this chat, topic and person"),
];

/// Returns the owner's menu.
pub fn of_owner() -> Vec<MenuEntry> {
    COMMANDS.iter().chain(&OWNER_COMMANDS).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::{COMMANDS, of_owner};

    #[test]
    fn the_menu_is_one_that_telegram_takes() {
        assert!((15..=20).contains(&COMMANDS.len()) && of_owner().len() <= 20);
        for entry in of_owner() {
            assert!(entry.command.len() <= 32 && entry.command.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'));
            assert!((1..=256).contains(&entry.does.len()));
        }
    }
}
