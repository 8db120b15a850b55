//! Settings: one small struct per concern, filled from defaults, then the TOML file, then the environment, then the
//! command line. Each value remembers which of them it came from.
//!
//! Invariant: a program that has [`Settings`] was told nothing that it did not understand. An unknown key, a value of
//! the wrong form or two values that contradict each other refuse the start, all of them reported together.

pub mod admin;
pub mod environment;
pub mod error;
pub mod file;
pub mod form;
pub mod key;
pub mod later;
pub mod log;
pub mod market;
pub mod paper;
pub mod reports;
pub mod risk;
pub mod sending;
pub mod sources;
pub mod store;
pub mod telegram;
pub mod terminal;

use std::collections::BTreeMap;
use std::path::Path;

use crate::domain::notice::SettingView;
use crate::engine::risk::limits::Limits;

use error::{ConfigError, Problem};
use key::{Home, Key};
use sources::{Origin, Place, Sources};

/// Everything that can be set before the start.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Whether real money may move. Always false in this version: the start is refused otherwise.
    pub live: bool,
    /// Where prices come from.
    pub market: market::Market,
    /// Where facts are kept.
    pub store: store::Store,
    /// The paper account.
    pub paper: paper::Paper,
    /// The account's limits: the paper profile with what was set over it.
    pub risk: Limits,
    /// Reports and what they are made from.
    pub reports: reports::Reports,
    /// The terminal face.
    pub terminal: terminal::Terminal,
    /// The Telegram face.
    pub telegram: telegram::Telegram,
    /// How fast messages leave.
    pub sending: sending::Sending,
    /// What is logged.
    pub log: log::Log,
    /// The operators' endpoint.
    pub admin: admin::Admin,
    /// Settings of features that are not there yet: known, checked, kept, and used by nothing.
    pub later: later::Later,
    places: BTreeMap<&'static str, Place>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            live: false,
            market: market::Market::default(),
            store: store::Store::default(),
            paper: paper::Paper::default(),
            risk: Limits::paper(),
            reports: reports::Reports::default(),
            terminal: terminal::Terminal::default(),
            telegram: telegram::Telegram::default(),
            sending: sending::Sending::default(),
            log: log::Log::default(),
            admin: admin::Admin::default(),
            later: later::Later::default(),
            places: BTreeMap::new(),
        }
    }
}

impl Settings {
    /// Returns the settings of this process: defaults, then `outcry.toml` in the working directory (or the file named
    /// by `config`), then the environment, then `overrides` from the command line as pairs of key and text.
    ///
    /// # Errors
    /// [`ConfigError`] with every problem that was found.
    pub fn load(config: Option<&Path>, overrides: Vec<(String, String)>) -> Result<Self, ConfigError> {
        Self::from_sources(&Sources::gather(config, overrides)?)
    }

    /// Returns the settings that these sources give together. Reads nothing else.
    ///
    /// # Errors
    /// [`ConfigError`] with every problem that was found.
    pub fn from_sources(sources: &Sources) -> Result<Self, ConfigError> {
        let mut settings = Self::default();
        let (assignments, mut problems) = sources.assignments();
        for assignment in assignments {
            match settings.set(assignment.key, &assignment.given) {
                Ok(()) => {
                    settings.places.insert(assignment.key.name, assignment.place);
                }
                Err(why) => problems.push(Problem::wrong(assignment.key, &assignment.given, &assignment.place, &why)),
            }
        }
        if problems.is_empty() {
            settings.contradictions(&mut problems);
        }
        if problems.is_empty() { Ok(settings) } else { Err(ConfigError { problems }) }
    }

    /// Returns the limits of the account: the paper profile with what was set over it.
    pub fn limits(&self) -> Limits {
        self.risk.clone()
    }

    /// Returns where the value of a key came from.
    pub fn origin(&self, name: &str) -> Origin {
        self.places.get(name).map_or(Origin::Default, |place| place.origin)
    }

    /// Returns every setting with its value and origin, in the order of `outcry.example.toml`. Secrets are shown only
    /// as set or not set.
    pub fn listing(&self) -> Vec<SettingView> {
        key::all()
            .map(|key| SettingView {
                name: key.name.to_owned(),
                value: if key.is_later() { format!("{} (not used yet)", self.shown(key)) } else { self.shown(key) },
                origin: self.origin(key.name).as_str().to_owned(),
            })
            .collect()
    }

    /// Returns a key's value as it may be shown.
    fn shown(&self, key: &Key) -> String {
        match key.home {
            Home::Now { show, .. } => show(self),
            Home::Later { default, secret, .. } => self.later.shown(key.name, default, secret),
        }
    }

    fn set(&mut self, key: &'static Key, given: &sources::Given) -> Result<(), form::Wrong> {
        key.takes.check(given)?;
        match key.home {
            Home::Now { set, .. } => set(self, &given.text),
            Home::Later { check, .. } => {
                check(&given.text)?;
                self.later.keep(key.name, &given.text);
                Ok(())
            }
        }
    }

    /// Reports values that are well-formed alone and cannot hold together.
    fn contradictions(&self, problems: &mut Vec<Problem>) {
        let mut report = |name: &'static str, sentence: String| {
            problems.push(Problem::contradiction(name, self.places.get(name), sentence));
        };
        if self.live {
            report(
                "live",
                "live trading comes with the exchange adapters; this version trades on paper only. Write live = false.".to_owned(),
            );
        }
        if self.market.needs_candles() {
            report("market.source", "replay needs candle files. Set market.candles (or --candles) to their directory.".to_owned());
        }
        for (name, sentence) in risk::contradictions(&self.risk).into_iter().chain(telegram::contradictions(&self.telegram)) {
            report(name, sentence);
        }
    }
}

#[cfg(test)]
mod tests;
