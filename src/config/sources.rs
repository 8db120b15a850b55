//! Where settings come from, in the order in which they win: default, file, environment, command line.

use std::ffi::OsString;
use std::path::Path;

use super::error::{ConfigError, Problem};
use super::key::{self, Key};
use super::{environment, file};

/// Which source a value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// The TOML file.
    File,
    /// The environment.
    Environment,
    /// The command line.
    CommandLine,
}

impl Origin {
    /// Returns the word shown beside a setting.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::File => "file",
            Self::Environment => "environment",
            Self::CommandLine => "command line",
        }
    }
}

/// Where exactly a value was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// In which source.
    pub origin: Origin,
    /// As it is told: `outcry.toml, line 12` or `environment variable OUTCRY_SEED`.
    pub text: String,
}

/// The sort of a value as its source wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// Text of the environment or the command line, which know nothing else.
    Plain,
    /// TOML `true` or `false`.
    Flag,
    /// TOML number.
    Number,
    /// TOML text or date.
    Text,
    /// TOML list of texts.
    List,
    /// TOML list of other things, or a table.
    Other,
}

impl Sort {
    /// Returns the sort in words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Plain | Self::Text => "a text",
            Self::Flag => "true or false without quotes",
            Self::Number => "a number without quotes",
            Self::List => "a list",
            Self::Other => "a table or a list of other things than texts",
        }
    }
}

/// A value as its source wrote it. Lists are joined with commas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// The text.
    pub text: String,
    /// The sort.
    pub sort: Sort,
}

/// A key is to have a value.
#[derive(Debug, Clone)]
pub struct Assignment {
    /// Which key.
    pub key: &'static Key,
    /// Which value.
    pub given: Given,
    /// Who says so.
    pub place: Place,
}

/// A settings file that was read.
#[derive(Debug, Clone, Default)]
pub struct ConfigFile {
    /// Its name, for messages.
    pub name: String,
    /// What it holds; need not be valid UTF-8.
    pub bytes: Vec<u8>,
}

/// All that was said about settings, unread.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The file, if there is one.
    pub file: Option<ConfigFile>,
    /// The whole environment; names of other programs are left alone.
    pub environment: Vec<(OsString, OsString)>,
    /// Pairs of key and text from the command line.
    pub overrides: Vec<(String, String)>,
}

impl Sources {
    /// Returns the sources of this process.
    ///
    /// # Errors
    /// [`ConfigError`] if the named file, or an `outcry.toml` that is there, cannot be read.
    pub fn gather(config: Option<&Path>, overrides: Vec<(String, String)>) -> Result<Self, ConfigError> {
        #[expect(clippy::disallowed_methods, reason = "the one place where settings enter from the environment")]
        let environment = std::env::vars_os().collect();
        let file = file::find(config).map_err(|problem| ConfigError { problems: vec![problem] })?;
        Ok(Self { file, environment, overrides })
    }

    /// Returns what the sources assign, weakest first, and what could not be understood.
    pub fn assignments(&self) -> (Vec<Assignment>, Vec<Problem>) {
        let mut assignments = Vec::new();
        let mut problems = Vec::new();
        if let Some(config) = &self.file {
            file::read(config, &mut assignments, &mut problems);
        }
        environment::read(&self.environment, &mut assignments, &mut problems);
        for (name, text) in &self.overrides {
            match key::named(name) {
                Some(key) => assignments.push(Assignment {
                    key,
                    given: Given { text: text.clone(), sort: Sort::Plain },
                    place: Place { origin: Origin::CommandLine, text: "command line".to_owned() },
                }),
                None => problems.push(Problem::unknown(name, "command line", key::nearest(name).map(str::to_owned))),
            }
        }
        (assignments, problems)
    }
}
