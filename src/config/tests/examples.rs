//! The example files are what this renders: every key, its meaning, its default. A key that is added without them
//! turns the test red, and the message is the file as it should be.

use super::*;
use crate::config::form::Takes;

/// A default as TOML writes it.
fn toml_value(key: &Key, text: &str) -> String {
    match key.takes {
        _ if text == "none" => "\"none\"".to_owned(),
        Takes::Flag | Takes::Number => text.to_owned(),
        Takes::Text | Takes::TextOrNumber => format!("{text:?}"),
        Takes::List => "[]".to_owned(),
    }
}

fn rendered_toml() -> String {
    let mut out = String::from(
        "# Every setting with its default. Copy the lines you change to outcry.toml, in the working directory, or name a\n\
         # file with --config. The environment and the command line win over this file. \"none\" means: not set.\n\n",
    );
    let defaults = Settings::default();
    let mut open = "";
    for key in key::all() {
        let (table, name) = key.name.rsplit_once('.').unwrap_or(("", key.name));
        if table != open {
            let note = if key.is_later() { " # not used yet" } else { "" };
            out.push_str(&format!("\n[{table}]{note}\n"));
            open = table;
        }
        let value = defaults.shown(key);
        out.push_str(&format!("# {}\n", key.about));
        match value.as_str() {
            "not set" => out.push_str(&format!("# {name} = {}\n", key.example)),
            text => out.push_str(&format!("{name} = {}\n", toml_value(key, text))),
        }
    }
    out
}

fn rendered_env() -> String {
    let mut out = String::from(
        "# Names in the environment, with their defaults. Outcry reads the environment, not this file: copy it to .env and\n\
         # load it with your shell (set -a; . ./.env) or your container's --env-file. An empty value is refused.\n\
         # COMMISSION_RATE=0.001 sets both fees at once. A name with __ wins over a shorter one for the same setting.\n",
    );
    let defaults = Settings::default();
    for key in key::all() {
        let variable = key.variable.map_or_else(|| key.long_variable(), str::to_owned);
        let value = match defaults.shown(key) {
            value if value == "not set" => String::new(),
            value => value,
        };
        let note = if key.is_later() { " (not used yet)" } else { "" };
        out.push_str(&format!("\n# {}{note}\n# {variable}={value}\n", key.about));
    }
    out
}

#[test]
fn the_example_file_is_complete_and_says_the_defaults() {
    let rendered = rendered_toml();
    assert!(rendered == include_str!("../../../outcry.example.toml"), "outcry.example.toml should read:\n{rendered}");
}

#[test]
fn the_example_environment_is_complete_and_says_the_defaults() {
    let rendered = rendered_env();
    assert!(rendered == include_str!("../../../.env.example"), ".env.example should read:\n{rendered}");
}

#[test]
fn the_example_file_parses_and_changes_nothing() {
    let settings = with_file(include_str!("../../../outcry.example.toml")).expect("the example is valid");
    for key in key::all() {
        assert_eq!(settings.shown(key), Settings::default().shown(key), "{}", key.name);
    }
    assert_eq!(settings.limits(), Limits::paper());
}
