//! The environment: `OUTCRY_…` names must all be known; the short names of the systems this one grew from are kept.

use std::ffi::OsString;

use super::error::Problem;
use super::key::{self, Key};
use super::sources::{Assignment, Given, Origin, Place, Sort};

/// Names with this prefix are ours, and must be known.
pub const PREFIX: &str = "OUTCRY_";

/// Prefixes of the test suite's switches. The program does not read them; they may stand in the environment of a test.
const TEST_SWITCHES: &[&str] = &["OUTCRY_REQUIRE_", "OUTCRY_TEST_"];

/// A short name that sets several keys; each key's long name wins over it.
const SHARED: &[(&str, &[&str])] = &[("COMMISSION_RATE", &["paper.maker_fee", "paper.taker_fee"])];

/// Reads the assignments of the environment: short names first, long names after them, so that long ones win.
pub fn read(variables: &[(OsString, OsString)], assignments: &mut Vec<Assignment>, problems: &mut Vec<Problem>) {
    for pass in [keys_by_short_name, keys_by_long_name] {
        for (name, value) in variables {
            let Some(name) = name.to_str() else { continue };
            for key in pass(name) {
                match value.to_str() {
                    Some(text) => assignments.push(assignment(key, name, text)),
                    None => problems.push(Problem::source(name, "environment", "the value is not UTF-8 text.".to_owned())),
                }
            }
        }
    }
    for (name, _) in variables {
        // A name that is not UTF-8 cannot be one of ours, even if it begins like one.
        if let Some(problem) = unknown(&name.to_string_lossy()) {
            problems.push(problem);
        }
    }
}

fn keys_by_short_name(name: &str) -> Vec<&'static Key> {
    let shared = SHARED.iter().filter(|(short, _)| *short == name).flat_map(|(_, names)| names.iter()).filter_map(|name| key::named(name));
    shared.chain(key::all().filter(|key| key.variable == Some(name))).collect()
}

fn keys_by_long_name(name: &str) -> Vec<&'static Key> {
    if name.starts_with(PREFIX) { key::all().filter(|key| key.long_variable() == name).collect() } else { Vec::new() }
}

fn unknown(name: &str) -> Option<Problem> {
    let rest = name.strip_prefix(PREFIX)?;
    if TEST_SWITCHES.iter().any(|prefix| name.starts_with(prefix))
        || !keys_by_short_name(name).is_empty()
        || !keys_by_long_name(name).is_empty()
    {
        return None;
    }
    let near = key::nearest(&rest.to_ascii_lowercase().replace("__", ".")).and_then(key::named);
    Some(Problem::unknown(name, "environment", near.map(Key::long_variable)))
}

fn assignment(key: &'static Key, name: &str, text: &str) -> Assignment {
    let place = Place { origin: Origin::Environment, text: format!("environment variable {name}") };
    Assignment { key, given: Given { text: text.to_owned(), sort: Sort::Plain }, place }
}
