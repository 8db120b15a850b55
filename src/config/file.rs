//! The settings file: TOML, read with the digits of each number as they were typed, so that no setting passes through
//! a binary float.

use std::io::Read;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::Problem;
use super::key;
use super::sources::{Assignment, ConfigFile, Given, Origin, Place, Sort};

/// The file that is read when none is named.
pub const DEFAULT_NAME: &str = "outcry.toml";
/// Largest settings file, in bytes.
pub const SIZE_MAX: u64 = 256 * 1024;

/// Reads the named file, or `outcry.toml` in the working directory if there is one.
///
/// # Errors
/// [`Problem`] if the file cannot be read, is no regular file, or is too large.
pub fn find(config: Option<&Path>) -> Result<Option<ConfigFile>, Problem> {
    let path = config.unwrap_or(Path::new(DEFAULT_NAME));
    let name = path.display().to_string();
    let problem = |sentence: String| Problem::source(&name, "settings file", sentence);
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if config.is_none() && error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(problem(format!("cannot be read ({error}). Name an existing file with --config."))),
    };
    if !metadata.is_file() {
        return Err(problem("is not a file. Name a TOML file with --config.".to_owned()));
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(|error| problem(format!("cannot be opened ({error}).")))?;
    file.take(SIZE_MAX + 1).read_to_end(&mut bytes).map_err(|error| problem(format!("cannot be read ({error}).")))?;
    if bytes.len() as u64 > SIZE_MAX {
        return Err(problem(format!("is larger than {SIZE_MAX} bytes. A settings file is a few lines long.")));
    }
    Ok(Some(ConfigFile { name, bytes }))
}

/// Reads the assignments of a file.
pub fn read(config: &ConfigFile, assignments: &mut Vec<Assignment>, problems: &mut Vec<Problem>) {
    let Ok(text) = std::str::from_utf8(&config.bytes) else {
        problems.push(Problem::source(&config.name, "settings file", "is not UTF-8 text.".to_owned()));
        return;
    };
    match DeTable::parse(text) {
        Ok(table) => Reader { config, text, assignments, problems }.table("", table.get_ref()),
        Err(error) => {
            // The error's own display repeats the line, which may hold a secret.
            let at = place(config, text, error.span().map_or(0, |span| span.start));
            problems.push(Problem::source(&config.name, &at, format!("is not valid TOML ({}).", error.message())));
        }
    }
}

struct Reader<'a> {
    config: &'a ConfigFile,
    text: &'a str,
    assignments: &'a mut Vec<Assignment>,
    problems: &'a mut Vec<Problem>,
}

impl Reader<'_> {
    /// Walks one table; the depth is bounded by the parser.
    fn table(&mut self, prefix: &str, table: &DeTable<'_>) {
        for (name, value) in table.iter() {
            let path = if prefix.is_empty() { name.get_ref().to_string() } else { format!("{prefix}.{}", name.get_ref()) };
            match (key::named(&path), value.get_ref()) {
                (Some(key), _) => {
                    let text = place(self.config, self.text, name.span().start);
                    self.assignments.push(Assignment { key, given: given(value), place: Place { origin: Origin::File, text } });
                }
                (None, DeValue::Table(inner)) if is_table_name(&path) => self.table(&path, inner),
                (None, _) => {
                    let at = place(self.config, self.text, name.span().start);
                    self.problems.push(Problem::unknown(&path, &at, key::nearest(&path).map(str::to_owned)));
                }
            }
        }
    }
}

fn is_table_name(path: &str) -> bool {
    key::all().any(|key| key.name.strip_prefix(path).is_some_and(|rest| rest.starts_with('.')))
}

fn place(config: &ConfigFile, text: &str, offset: usize) -> String {
    let line = text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1;
    format!("{}, line {line}", config.name)
}

fn given(value: &Spanned<DeValue<'_>>) -> Given {
    let (text, sort) = match value.get_ref() {
        DeValue::String(text) => (text.to_string(), Sort::Text),
        DeValue::Integer(digits) if digits.radix() == 10 => (digits.as_str().to_owned(), Sort::Number),
        DeValue::Integer(digits) => (digits.to_string(), Sort::Number),
        DeValue::Float(digits) => (digits.as_str().to_owned(), Sort::Number),
        DeValue::Boolean(flag) => (flag.to_string(), Sort::Flag),
        DeValue::Datetime(at) => (at.to_string(), Sort::Text),
        DeValue::Array(items) => match items.iter().map(|item| item.get_ref().as_str()).collect::<Option<Vec<_>>>() {
            Some(texts) => (texts.join(","), Sort::List),
            None => ("the list".to_owned(), Sort::Other),
        },
        DeValue::Table(_) => ("the table".to_owned(), Sort::Other),
    };
    Given { text, sort }
}
