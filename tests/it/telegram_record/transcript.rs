//! The page of the recorded run: written, or compared with what is recorded now.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const HEAD: &str = "# A recorded run

What people and the bot say to each other, recorded from `outcry serve` on the strict fake Bot API of the tests, with the
numbers of the updates and the seconds since the fake began. ▶ is a person, ◀ the bot, · what neither says. Order ids, prices
and times are those of one run on a machine with other work to do; everything else is compared with the program at each
`cargo test`, and `OUTCRY_TEST_BLESS=1 cargo test --test it telegram_record` records anew (`tests/it/telegram_record.rs`).
";

/// Compares what was recorded with the page, or renews the page.
pub fn check(recorded: &str) {
    let page = page();
    if std::env::var_os("OUTCRY_TEST_BLESS").is_some() {
        std::fs::write(&page, format!("{HEAD}{recorded}")).unwrap();
        return;
    }
    let written = std::fs::read_to_string(&page).unwrap_or_default();
    let (written, told) = (scenes(&written), scenes(recorded));
    for (written, told) in written.iter().zip(&told) {
        assert!(
            written == told,
            "{}: docs/recorded-run.md says otherwise; OUTCRY_TEST_BLESS=1 renews it\npage only: {:#?}\nnow only: {:#?}",
            told.title,
            written.bot.difference(&told.bot).collect::<Vec<_>>(),
            told.bot.difference(&written.bot).collect::<Vec<_>>(),
        );
    }
    assert_eq!(written.len(), told.len(), "docs/recorded-run.md has other scenes; OUTCRY_TEST_BLESS=1 renews it");
}

fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/recorded-run.md")
}

/// A scene as it is compared: people in their order, the bot's words as a set, for it may say one thing before or after
/// another, and after a crash the same thing twice.
#[derive(Debug, PartialEq, Eq, Default)]
struct Scene {
    title: String,
    people: Vec<String>,
    bot: BTreeSet<String>,
}

fn scenes(page: &str) -> Vec<Scene> {
    let mut scenes: Vec<Scene> = Vec::new();
    for part in page.split("\n## ").skip(1) {
        let (title, rest) = part.split_once('\n').unwrap_or((part, ""));
        let mut scene = Scene { title: title.to_owned(), ..Scene::default() };
        for block in blocks(rest) {
            let block = masked(&block);
            if block.starts_with("# s ◀") {
                scene.bot.insert(block);
            } else {
                scene.people.push(block);
            }
        }
        scenes.push(scene);
    }
    scenes
}

/// Each entry with its further lines.
fn blocks(text: &str) -> Vec<String> {
    let mut blocks: Vec<String> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with("```") && !line.trim().is_empty()) {
        match blocks.last_mut() {
            Some(block) if line.starts_with("            ") => {
                block.push('\n');
                block.push_str(line);
            }
            _ => blocks.push(line.to_owned()),
        }
    }
    blocks
}

/// Takes out what differs from run to run: every word with a digit in it, the width of columns, and where lines break.
fn masked(block: &str) -> String {
    let masked = |word: &str| if word.contains(|c: char| c.is_ascii_digit()) { "#".to_owned() } else { word.to_owned() };
    block.split_whitespace().filter(|word| *word != "·").map(masked).collect::<Vec<_>>().join(" ")
}

#[test]
fn numbers_do_not_count_and_words_do() {
    let page =
        "\n## 1. A\n\n```text\n   0.1 s  ▶ update 7, Ann: price\n   0.2 s  ◀ says to Ann, message 3:\n            BTC  60,000\n```\n";
    let other = page.replace("60,000", "61,234.5").replace("0.1 s", "10.25 s");
    assert_eq!(scenes(page), scenes(&other));
    assert_ne!(scenes(page), scenes(&page.replace("BTC", "ETH")));
    assert_ne!(scenes(page), scenes(&page.replace("Ann: price", "Ann: pnl")));
}
