//! Which room may know which: the import direction of the house.

use super::source::{SourceFile, is_word, words};

/// Each room with the rooms it may import; itself is always allowed.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("engine::ports", &["domain"]),
    ("engine::deadline", &[]),
    ("engine::exchange", &["domain", "engine::ports", "engine::deadline"]),
    ("engine::indicators", &["domain", "engine::ports"]),
    ("engine::market", &["domain", "engine::ports", "engine::indicators"]),
    ("engine::book", &["domain", "engine::ports", "engine::indicators", "engine::market"]),
    ("engine::risk", &["domain", "engine::ports", "engine::indicators", "engine::market", "engine::book"]),
    (
        "engine::desk",
        &["domain", "engine::ports", "engine::indicators", "engine::market", "engine::book", "engine::risk", "engine::deadline"],
    ),
    ("nlp", &["domain", "engine"]),
    ("store", &["domain", "engine", "clock", "tasks"]),
    ("bot", &["domain", "engine", "nlp", "store", "clock", "tasks"]),
    ("admin", &["domain", "engine", "nlp", "store", "clock", "tasks"]),
    ("config", &["domain", "engine"]),
    ("tasks", &["domain"]),
    ("clock", &["domain", "engine::ports", "tasks"]),
];

/// Files that join rooms and may know them all.
const JOINTS: &[&str] = &["src/lib.rs", "src/main.rs", "src/app.rs", "src/engine/mod.rs"];

/// Reports imports against the direction, and files that stand in no room.
pub fn wrong_imports(files: &[SourceFile]) -> Vec<String> {
    let mut found = Vec::new();
    // A room's tests may set it beside its neighbours: the Desk on the paper venue.
    let rooms = files.iter().filter(|file| file.path.starts_with("src/") && !file.path.contains("/tests/"));
    for file in rooms.filter(|file| !is_joint(&file.path)) {
        let module = module_of(&file.path);
        let Some((room, allowed)) = room_of(&module) else {
            found.push(format!("{}: stands in no room; give it one in tests/it/tidy/rooms.rs", file.path));
            continue;
        };
        for (offset, path) in paths(&file.code, &module) {
            let inside = |room: &str| path == room || path.starts_with(&format!("{room}::"));
            // A path that stops above all rooms (`crate::engine`) names none.
            let names_a_room = MAY_IMPORT.iter().any(|(room, _)| inside(room)) || inside("app");
            if names_a_room && !inside(room) && !allowed.iter().any(|room| inside(room)) {
                found.push(format!("{}:{}: {room} must not import {path}", file.path, file.line_of(offset)));
            }
        }
    }
    found
}

fn is_joint(path: &str) -> bool {
    JOINTS.contains(&path) || path.starts_with("src/app/")
}

fn module_of(path: &str) -> String {
    let inner = path.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
    inner.replace('/', "::")
}

fn room_of(module: &str) -> Option<(&'static str, &'static [&'static str])> {
    MAY_IMPORT.iter().find(|(room, _)| module == *room || module.starts_with(&format!("{room}::"))).copied()
}

/// Returns every path of this crate that the code names, in full, with its offset.
fn paths(code: &str, module: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let from_crate = words(code, "crate::").map(|offset| (offset, offset + "crate::".len(), String::new()));
    let from_super =
        words(code, "super::").filter(|offset| !code[..*offset].ends_with("super::")).map(|offset| above(code, offset, module));
    for (offset, start, prefix) in from_crate.chain(from_super) {
        let mut paths = Vec::new();
        tree(&code[start..], &prefix, &mut paths);
        found.extend(paths.into_iter().map(|path| (offset, path)));
    }
    found
}

/// Resolves a chain of `super::` and returns where the rest begins.
fn above(code: &str, offset: usize, module: &str) -> (usize, usize, String) {
    let (mut start, mut module) = (offset, module.to_owned());
    while code[start..].starts_with("super::") {
        start += "super::".len();
        module = module.rsplit_once("::").map_or(String::new(), |(parent, _)| parent.to_owned());
    }
    (offset, start, module)
}

/// Reads one `use` tree (or a plain path) and returns how long it was.
fn tree(text: &str, prefix: &str, paths: &mut Vec<String>) -> usize {
    let trimmed = text.len() - text.trim_start().len();
    let name: String = text[trimmed..].chars().take_while(|c| is_word(*c)).collect();
    let mut length = trimmed + name.len();
    if name.is_empty() && text[trimmed..].starts_with('{') {
        length += 1;
        while length < text.len() && !text[length..].trim_start().starts_with('}') {
            let taken = tree(&text[length..], prefix, paths);
            let rest = &text[length + taken..];
            // What follows an item (`as x`, blanks) up to its comma or the closing brace.
            let end = rest.find([',', '}']).unwrap_or(rest.len());
            length += taken + end + usize::from(rest[end..].starts_with(','));
        }
        return length + text[length..].find('}').map_or(0, |at| at + 1);
    }
    let joined = if prefix.is_empty() { name } else { format!("{prefix}::{name}") };
    if text[length..].starts_with("::") {
        return length + 2 + tree(&text[length + 2..], &joined, paths);
    }
    paths.push(joined.trim_end_matches("::").to_owned());
    length
}

#[cfg(test)]
mod samples {
    use super::*;

    fn complaints(path: &str, text: &str) -> Vec<String> {
        wrong_imports(&[SourceFile::new(path, text)])
    }

    #[test]
    fn imports_against_the_direction_are_found_however_they_are_written() {
        let bad = [
            ("src/domain/x.rs", "use crate::engine::ports::Clock;"),
            ("src/domain/x.rs", "fn f() { crate::store::open() }"),
            ("src/engine/book/x.rs", "use crate::{domain::money::Price, engine::{market::board, risk::limits::Limits as L}};"),
            ("src/engine/market/x.rs", "use super::super::desk::input::Input;"),
            ("src/engine/market/x.rs", "use super::super::{book, ports};"),
            ("src/engine/exchange/paper/mod.rs", "use crate::engine::book::ledger;"),
            ("src/engine/risk/rules/x.rs", "pub(crate) use crate::engine::desk::step;"),
            ("src/nlp/x.rs", "use crate::store::journal;"),
            ("src/store/x.rs", "use crate::bot::render;"),
            ("src/bot/x.rs", "use crate::config::Settings;"),
            ("src/engine/desk/x.rs", "use crate::app::App;"),
            ("src/widgets/x.rs", "fn f() {}"),
        ];
        for (path, text) in bad {
            assert_eq!(complaints(path, text).len(), 1, "{path}: {text} gave {:?}", complaints(path, text));
        }
    }

    #[test]
    fn imports_along_the_direction_pass() {
        let good = [
            ("src/domain/x.rs", "use super::money::{Amount, Price}; use crate::domain::time::Timestamp;"),
            ("src/engine/desk/x.rs", "use crate::engine::risk::limits::Limits; use super::input::Input; use super::super::ports::Clock;"),
            ("src/engine/risk/rules/mod.rs", "use super::facts::Rule;"),
            ("src/bot/x.rs", "use crate::{domain::notice, engine::ports::Views, nlp::grammar};"),
            ("src/config/x.rs", "macro_rules! m { () => { $crate::config::key::Key {} } }"),
            ("src/app.rs", "use crate::store::journal;"),
            ("src/domain/y.rs", "// use crate::store::journal;"),
        ];
        for (path, text) in good {
            assert_eq!(complaints(path, text), Vec::<String>::new(), "{path}: {text}");
        }
    }
}
