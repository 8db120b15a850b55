//! Bad samples: what each rule must find, and what it must leave alone.

use super::*;

fn complaints(check: Check, path: &str, text: &str) -> usize {
    check(&[SourceFile::new(path, text)]).len()
}

#[test]
fn every_rule_finds_its_bad_sample() {
    let long = "\n".repeat(LINES_MAX + 1);
    let table: &[(Check, &str, &str)] = &[
        (too_long, "src/nlp/x.rs", &long),
        (too_long, "tests/it/x.rs", &long),
        (floats, "src/domain/x.rs", "fn f(x: f64) {}"),
        (floats, "src/engine/desk/x.rs", "let x = 1.0_f32 as f32;"),
        (spawns, "src/bot/x.rs", "tokio::spawn(async {});"),
        (spawns, "src/store/x.rs", "let set = JoinSet::new();"),
        (clock_reads, "src/engine/desk/x.rs", "let t = std::time::Instant::now();"),
        (clock_reads, "src/bot/x.rs", "start.elapsed()"),
        (steps_in_the_simulation, "tests/it/sim/world.rs", "desk.step(now, &quotes, input);"),
        (steps_in_the_simulation, "tests/it/sim.rs", "Desk::step(&desk)"),
        (submits, "src/bot/x.rs", "exchange.submit(order).await"),
        (submits, "src/engine/desk/runtime.rs", "self.exchange.submit(order)"),
        (skipped_tests, "tests/it/x.rs", concat!("#[test]\n#[", "ignore = \"slow\"]\nfn f() {}")),
        (unfinished, "src/nlp/x.rs", "// TODO: later"),
        (unfinished, "src/nlp/x.rs", "unimplemented!()"),
        (unfinished, "src/nlp/x.rs", "let answer = \"placeholder\";"),
        (money_in_sql, "src/store/x.rs", "let q = \"SELECT SUM( realized ) FROM pnl_days\";"),
        (money_in_sql, "src/store/x.rs", "let q = \"SELECT id FROM fills ORDER BY price DESC LIMIT $1\";"),
        (money_in_sql, "src/store/x.rs", "let q = r#\"SELECT id FROM orders WHERE filled_quantity >= $1\"#;"),
        (nameless_files, "src/engine/utils.rs", ""),
        (nameless_files, "src/bot/helpers/mod.rs", ""),
        (re_exports, "src/engine/mod.rs", "pub use ports::Clock;"),
        (machine_paths, "docs/x.md", concat!("see /ho", "me/me/notes")),
        (unregistered_rules, "src/engine/risk/rules/max_leverage.rs", "pub fn judge() {}"),
        (unregistered_rules, "src/engine/risk/rules/weekday.rs", "pub fn look(facts: &Facts<'_>) -> Finding {}"),
    ];
    for (check, path, text) in table {
        assert_eq!(complaints(*check, path, text), 1, "{path}: {}", text.trim());
    }
}

#[test]
fn no_rule_finds_fault_where_there_is_none() {
    let full = "\n".repeat(LINES_MAX);
    let table: &[(Check, &str, &str)] = &[
        (too_long, "src/nlp/x.rs", &full),
        (floats, "src/engine/indicators/x.rs", "fn f(x: f64) {}"),
        (floats, "src/domain/x.rs", "// an f64 would round\nconst S: &str = \"f64\";"),
        (floats, "src/domain/x.rs", "fn f() {}\n#[cfg(test)]\nmod tests { const X: f64 = 1.0; }"),
        (spawns, "src/tasks.rs", "tokio::spawn(async {});"),
        (clock_reads, "src/clock.rs", "std::time::SystemTime::now()"),
        (steps_in_the_simulation, "tests/it/desk.rs", "desk.step(now, &quotes, input);"),
        (steps_in_the_simulation, "tests/it/sim/world.rs", "range.step_by(2); instrument.step"),
        (submits, "src/engine/desk/executor.rs", "exchange.submit(order).await"),
        (submits, "src/engine/exchange/paper/face.rs", "venue.submit(order)"),
        (unfinished, "src/nlp/x.rs", "fn method_of_stubbornness() {}"),
        (money_in_sql, "src/store/x.rs", "let q = \"SELECT MAX(sequence), fee FROM fills WHERE at_ms >= $1 ORDER BY at_ms LIMIT $2\";"),
        (money_in_sql, "src/store/x.rs", "let q = \"UPDATE orders SET price = $1 WHERE quantity <> $2\";"),
        (money_in_sql, "src/bot/x.rs", "let q = \"order by price\";"),
        (unregistered_rules, "src/engine/risk/rules/wording.rs", "pub fn limit() -> String {}"),
        (re_exports, "src/config/key.rs", "pub(crate) use key;"),
        (machine_paths, "docs/x.md", "under /var/lib/outcry"),
    ];
    for (check, path, text) in table {
        assert_eq!(complaints(*check, path, text), 0, "{path}: {}", text.trim());
    }
}

#[test]
fn a_rule_in_the_list_is_registered() {
    let files = [
        SourceFile::new("src/engine/risk/rules/mod.rs", "pub mod max_leverage;\npub const ALL: &[Rule] = &[max_leverage::RULE];"),
        SourceFile::new("src/engine/risk/rules/max_leverage.rs", "pub const RULE: Rule = Rule {};"),
    ];
    assert_eq!(unregistered_rules(&files), Vec::<String>::new());
}
