//! The house rules, executed. Each rule is a function from source files to complaints; beside it stands a bad sample
//! that it must find, so that no rule can go blind in silence. STYLE.md and ARCHITECTURE.md give the reasons.

mod rooms;
mod source;

use outcry::domain::refusal::Code;
use source::{SourceFile, files, root, words};

/// Most lines of a source file.
const LINES_MAX: usize = 400;

/// Rooms in which no binary float may appear: they size orders or keep the books (I6).
const DECIMAL_ONLY: &[&str] = &["src/domain/", "src/engine/book/", "src/engine/desk/", "src/engine/risk/"];

/// Words inside column names that hold money, which is text in the database and has no order there.
const MONEY_WORDS: &[&str] = &[
    "price", "quantity", "amount", "cash", "cost", "fee", "margin", "realized", "funding", "equity", "notional", "balance", "filled",
    "trigger", "leverage", "capital",
];

/// A rule: from files to complaints.
type Check = fn(&[SourceFile]) -> Vec<String>;

fn sources() -> Vec<SourceFile> {
    let mut all = files("src", &[".rs"]);
    all.extend(files("tests", &[".rs"]));
    all.extend(files("benches", &[".rs"]));
    assert!(all.iter().any(|file| file.path == "src/domain/money.rs"), "the scan found no sources");
    all
}

fn assert_clean(complaints: &[String]) {
    assert!(complaints.is_empty(), "house rules broken:\n  {}", complaints.join("\n  "));
}

/// Reports `word` in the shipped code of files for which `applies` holds.
fn banned(files: &[SourceFile], word: &str, why: &str, applies: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for file in files.iter().filter(|file| applies(&file.path)) {
        found.extend(words(&file.shipped, word).map(|offset| format!("{}:{}: {word}: {why}", file.path, file.line_of(offset))));
    }
    found
}

fn too_long(files: &[SourceFile]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files {
        let lines = file.text.lines().count();
        if lines > LINES_MAX {
            found.push(format!("{}: {lines} lines; a file of more than {LINES_MAX} holds more than one noun", file.path));
        }
    }
    found
}

fn floats(files: &[SourceFile]) -> Vec<String> {
    let why = "a binary float where money is kept or orders are sized (I6)";
    let applies = |path: &str| DECIMAL_ONLY.iter().any(|room| path.starts_with(room));
    ["f32", "f64"].iter().flat_map(|word| banned(files, word, why, applies)).collect()
}

fn spawns(files: &[SourceFile]) -> Vec<String> {
    let why = "only src/tasks.rs starts tasks and threads";
    let applies = |path: &str| path.starts_with("src/") && path != "src/tasks.rs";
    let calls =
        ["tokio::spawn", "task::spawn", "spawn_blocking", "spawn_local", "JoinSet", "thread::spawn", "thread::Builder", "thread::scope"];
    calls.iter().flat_map(|word| banned(files, word, why, applies)).collect()
}

fn clock_reads(files: &[SourceFile]) -> Vec<String> {
    let why = "only src/clock.rs reads a clock (I10)";
    let applies = |path: &str| path.starts_with("src/") && path != "src/clock.rs";
    ["SystemTime::now", "Instant::now", "Timestamp::now", "Zoned::now", "elapsed()"]
        .iter()
        .flat_map(|word| banned(files, word, why, applies))
        .collect()
}

/// The simulation must drive what ships: the runtime's loop, made by the program's own constructor.
fn steps_in_the_simulation(files: &[SourceFile]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files.iter().filter(|file| file.path.starts_with("tests/it/sim")) {
        for call in [".step(", "Desk::step"] {
            found.extend(file.code.match_indices(call).map(|(offset, _)| {
                format!("{}:{}: {call}: the simulation drives the runtime, never the Desk", file.path, file.line_of(offset))
            }));
        }
    }
    found
}

/// One place sends orders: there the licence was just given.
fn submits(files: &[SourceFile]) -> Vec<String> {
    // The decorator hands on, once, the order that the executor handed it.
    let senders = ["src/engine/desk/executor.rs", "src/admin/measured_exchange.rs", "src/app/tenured_exchange.rs"];
    let applies = |path: &str| path.starts_with("src/") && !senders.contains(&path) && !path.starts_with("src/engine/exchange/");
    let mut found = Vec::new();
    for file in files.iter().filter(|file| applies(&file.path)) {
        let sends = file.shipped.match_indices(".submit(");
        found.extend(sends.map(|(offset, _)| format!("{}:{}: only the executor sends orders (I4)", file.path, file.line_of(offset))));
    }
    found
}

fn skipped_tests(files: &[SourceFile]) -> Vec<String> {
    let attribute = concat!("#[", "ignore");
    let all = files.iter().flat_map(|file| file.code.match_indices(attribute).map(move |(offset, _)| (file, offset)));
    all.map(|(file, offset)| format!("{}:{}: a test that does not run proves nothing", file.path, file.line_of(offset))).collect()
}

fn unfinished(files: &[SourceFile]) -> Vec<String> {
    let marks = ["todo", "fixme", "unimplemented", "placeholder", "not implemented", "stub"];
    let mut found = Vec::new();
    for file in files.iter().filter(|file| file.path.starts_with("src/")) {
        for (number, line) in file.text.lines().enumerate() {
            let lower = line.to_ascii_lowercase();
            found.extend(
                marks
                    .iter()
                    .filter(|mark| words(&lower, mark).next().is_some())
                    .map(|mark| format!("{}:{}: {mark}: finish it, or leave it out and write an issue", file.path, number + 1)),
            );
        }
    }
    found
}

/// Money is text in the database: the engine cannot add it, order it or compare it (decimals as text sort like words).
fn money_in_sql(files: &[SourceFile]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files.iter().filter(|file| file.path.starts_with("src/store/")) {
        for (line, literal) in &file.strings {
            let sql = literal.to_ascii_lowercase();
            for bad in money_expressions(&sql) {
                found.push(format!("{}:{line}: {bad}: money has no arithmetic and no order in SQL", file.path));
            }
        }
    }
    found
}

fn is_money(word: &str) -> bool {
    MONEY_WORDS.iter().any(|money| word.split('_').any(|part| part == *money || part.strip_suffix('s') == Some(money)))
}

fn money_expressions(sql: &str) -> Vec<String> {
    let mut found = Vec::new();
    let names = |text: &str| text.split(|c: char| !source::is_word(c)).filter(|word| is_money(word)).map(str::to_owned).collect::<Vec<_>>();
    for function in ["sum", "avg", "total", "min", "max"] {
        for offset in words(sql, function) {
            let rest = sql[offset + function.len()..].trim_start();
            if let Some(inside) = rest.strip_prefix('(') {
                found.extend(names(inside.split(')').next().unwrap_or("")).into_iter().map(|name| format!("{function}({name})")));
            }
        }
    }
    for offset in words(sql, "order by") {
        let list = sql[offset + "order by".len()..].split([')', ';']).next().unwrap_or("");
        let list = words(list, "limit").next().map_or(list, |end| &list[..end]);
        found.extend(names(list).into_iter().map(|name| format!("order by {name}")));
    }
    for (offset, _) in sql.match_indices(['<', '>']) {
        let before = sql[..offset].trim_end().rsplit(|c: char| !source::is_word(c)).next().unwrap_or("");
        // `<>` and `->` compare nothing by order.
        let order = !sql[offset..].starts_with("<>") && !sql[..offset].ends_with(['<', '-']);
        if order && is_money(before) {
            found.push(format!("{before} {}", &sql[offset..=offset]));
        }
    }
    found
}

fn nameless_files(files: &[SourceFile]) -> Vec<String> {
    let names = ["util", "utils", "helper", "helpers", "common", "misc", "manager", "managers"];
    let stem = |path: &str| path.trim_end_matches("/mod.rs").trim_end_matches(".rs").rsplit('/').next().unwrap_or("").to_owned();
    files
        .iter()
        .filter(|file| names.contains(&stem(&file.path).as_str()))
        .map(|file| format!("{}: what has no name has no home", file.path))
        .collect()
}

fn re_exports(files: &[SourceFile]) -> Vec<String> {
    banned(files, "pub use", "a second name for the same thing; name its room where it is used", |path| path.starts_with("src/"))
}

/// Paths of somebody's machine: they mean nothing elsewhere.
fn machine_paths(files: &[SourceFile]) -> Vec<String> {
    let roots = ["work", "root", "home", "Users"].map(|name| format!("/{name}/"));
    let mut found = Vec::new();
    for file in files {
        for (number, line) in file.text.lines().enumerate() {
            found.extend(
                roots.iter().filter(|root| line.contains(root.as_str())).map(|root| format!("{}:{}: {root}", file.path, number + 1)),
            );
        }
    }
    found
}

/// A rule that is not in the list is a rule that is not asked. A rule is known by its function, or by a code's name.
fn unregistered_rules(files: &[SourceFile]) -> Vec<String> {
    let folder = "src/engine/risk/rules/";
    let list = files.iter().find(|file| file.path == format!("{folder}mod.rs")).map_or("", |file| file.shipped.as_str());
    let listed = list.split_once("ALL").map_or("", |(_, after)| after);
    let codes: Vec<_> = Code::ALL.iter().map(|code| code.as_str().to_ascii_lowercase()).collect();
    let mut found = Vec::new();
    for file in files {
        let Some(name) = file.path.strip_prefix(folder).and_then(|name| name.strip_suffix(".rs")) else { continue };
        let is_rule = file.shipped.contains("pub fn look(facts: &Facts<'_>) -> Finding") || codes.iter().any(|code| code == name);
        if is_rule && words(listed, &format!("{name}::")).next().is_none() {
            found.push(format!("{}: is not in ALL", file.path));
        }
    }
    found
}

#[test]
fn the_house_is_tidy() {
    let files = sources();
    let checks: &[Check] = &[
        rooms::wrong_imports,
        too_long,
        floats,
        spawns,
        clock_reads,
        steps_in_the_simulation,
        submits,
        skipped_tests,
        unfinished,
        money_in_sql,
        nameless_files,
        re_exports,
        unregistered_rules,
    ];
    assert_clean(&checks.iter().flat_map(|check| check(&files)).collect::<Vec<_>>());
}

#[test]
fn nothing_names_a_machine() {
    let files = files("", &[".rs", ".toml", ".md", ".sql", ".txt", "Dockerfile", ".ci/run", ".example", ".dockerignore", ".json"]);
    assert!(files.iter().any(|file| file.path == "Cargo.toml"), "the scan found no project");
    assert_clean(&machine_paths(&files));
}

#[test]
fn the_readme_gives_the_two_commands_and_the_pipeline_runs_the_second() {
    let read = |name: &str| std::fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let readme = read("README.md");
    assert!(readme.contains("cargo run --release -- chat") && readme.contains("\ncargo test"), "README.md must give both commands");
    assert!(read(".ci/run").contains("cargo test"), ".ci/run must run the README's test command");
}

mod samples;
