//! The keys there are. Each is declared once, beside the struct it fills; this file joins the tables.
//!
//! Invariant: names are unique, and every name appears in `outcry.example.toml` with its default (a test compares).

use super::form::{Takes, Wrong};
use super::{Settings, admin, later, log, market, paper, reports, risk, sending, store, telegram, terminal};

/// One setting: its names, its meaning, its form, and where its value lives.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Name in the file and on the command line: `paper.taker_fee`.
    pub name: &'static str,
    /// A shorter name in the environment; the long one (`OUTCRY_PAPER__TAKER_FEE`) always works and wins.
    pub variable: Option<&'static str>,
    /// What it is for, in one line.
    pub about: &'static str,
    /// What is expected, as it ends the sentence "… is expected".
    pub expected: &'static str,
    /// A value of this form as it is written in the file.
    pub example: &'static str,
    /// Whether `"none"` is a value too.
    pub optional: bool,
    /// Sorts of TOML value.
    pub takes: Takes,
    /// Where the value lives.
    pub home: Home,
}

/// Where a value lives.
#[derive(Debug, Clone, Copy)]
pub enum Home {
    /// In a field of [`Settings`].
    Now {
        /// Reads a text into the field.
        set: fn(&mut Settings, &str) -> Result<(), Wrong>,
        /// Shows the field; a password inside a value is masked.
        show: fn(&Settings) -> String,
        /// Whether it is a secret.
        secret: bool,
    },
    /// Among the settings of features that are not there yet.
    Later {
        /// Checks a text.
        check: fn(&str) -> Result<(), Wrong>,
        /// What the feature will do without it.
        default: &'static str,
        /// Whether it is a secret.
        secret: bool,
    },
}

/// Declares the key of a field: `key!(name, variable, about, FORM, field.path)`; `optional FORM` for an `Option` field.
macro_rules! key {
    ($name:expr, $variable:expr, $about:literal, optional $form:path, $($field:ident).+) => {
        $crate::config::key::Key {
            name: $name,
            variable: $variable,
            about: $about,
            expected: $form.expected,
            example: $form.example,
            optional: true,
            takes: $form.takes,
            home: $crate::config::key::Home::Now {
                set: |settings, text| {
                    settings.$($field).+ = if text == "none" { None } else { Some(($form.read)(text)?) };
                    Ok(())
                },
                show: |settings| settings.$($field).+.as_ref().map_or_else(|| "none".to_owned(), $form.show),
                secret: false,
            },
        }
    };
    ($name:expr, $variable:expr, $about:literal, $form:path, $($field:ident).+) => {
        $crate::config::key::Key {
            name: $name,
            variable: $variable,
            about: $about,
            expected: $form.expected,
            example: $form.example,
            optional: false,
            takes: $form.takes,
            home: $crate::config::key::Home::Now {
                set: |settings, text| {
                    settings.$($field).+ = ($form.read)(text)?;
                    Ok(())
                },
                show: |settings| ($form.show)(&settings.$($field).+),
                secret: false,
            },
        }
    };
}
pub(crate) use key;

/// The key that opens no table.
const LIVE: &[Key] = &[key!("live", None, "Whether real money may move; only false is accepted in this version.", super::form::FLAG, live)];

/// Returns every key, in the order of `outcry.example.toml`.
pub fn all() -> impl Iterator<Item = &'static Key> {
    [
        LIVE,
        market::KEYS,
        store::KEYS,
        paper::KEYS,
        risk::KEYS,
        reports::KEYS,
        terminal::KEYS,
        log::KEYS,
        admin::KEYS,
        telegram::KEYS,
        sending::KEYS,
        later::KEYS,
    ]
    .into_iter()
    .flatten()
}

/// Returns the key of this name.
pub fn named(name: &str) -> Option<&'static Key> {
    all().find(|key| key.name == name)
}

/// Returns the name most like `name`, if one is near enough to be meant.
pub fn nearest(name: &str) -> Option<&'static str> {
    all()
        .map(|key| (strsim::damerau_levenshtein(key.name, name), key.name))
        .min()
        .filter(|(distance, near)| *distance <= (near.len() / 4).max(2))
        .map(|(_, near)| near)
}

impl Key {
    /// Returns the long name in the environment: `OUTCRY_` and the name in capitals, `__` for each point.
    pub fn long_variable(&self) -> String {
        format!("{}{}", super::environment::PREFIX, self.name.to_ascii_uppercase().replace('.', "__"))
    }

    /// Returns the key of a value that must never be printed.
    pub const fn secret(mut self) -> Self {
        if let Home::Now { set, show, .. } = self.home {
            self.home = Home::Now { set, show, secret: true };
        }
        self
    }

    /// Tells whether the feature behind the key is not there yet.
    pub const fn is_later(&self) -> bool {
        matches!(self.home, Home::Later { .. })
    }

    /// Tells whether the value must never be printed.
    pub const fn is_secret(&self) -> bool {
        matches!(self.home, Home::Later { secret: true, .. } | Home::Now { secret: true, .. })
    }

    /// Tells whether the value may hold a password among other things.
    pub fn may_hold_password(&self) -> bool {
        self.is_secret() || self.name.ends_with("url")
    }
}
