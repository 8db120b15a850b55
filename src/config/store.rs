//! Where facts are kept.

use std::fmt;
use std::path::PathBuf;

use super::form::{Form, Takes, Wrong};
use super::key::{Key, key};

/// The database.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Store {
    /// Its address; none gives each command that needs one its own SQLite file.
    pub url: Option<StoreUrl>,
    /// File that keeps where the record's chain ends; none keeps it beside a SQLite file, and nowhere for a server.
    pub head_file: Option<PathBuf>,
}

/// Address of a database. Its password is masked wherever the address is shown.
#[derive(Clone, PartialEq, Eq)]
pub struct StoreUrl(String);

impl StoreUrl {
    /// Returns the whole address, password included: for connecting, never for showing.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Returns the address with its password masked.
    pub fn masked(&self) -> String {
        let (address, query) = match self.0.split_once('?') {
            Some((address, query)) => (address, Some(query)),
            None => (self.0.as_str(), None),
        };
        let mut shown = match address.split_once("://") {
            Some((scheme, rest)) => format!("{scheme}://{}", masked_authority(rest)),
            None => address.to_owned(),
        };
        if let Some(query) = query {
            shown.push('?');
            shown.push_str(&query.split('&').map(masked_parameter).collect::<Vec<_>>().join("&"));
        }
        shown
    }
}

fn masked_authority(rest: &str) -> String {
    // The last @ ends the user information, for a password may hold an unescaped one.
    match rest.rsplit_once('@') {
        Some((user, host)) => match user.split_once(':') {
            Some((name, _)) => format!("{name}:***@{host}"),
            None => format!("{user}@{host}"),
        },
        None => rest.to_owned(),
    }
}

fn masked_parameter(parameter: &str) -> String {
    match parameter.split_once('=') {
        Some((name, _)) if name.to_ascii_lowercase().contains("pass") => format!("{name}=***"),
        _ => parameter.to_owned(),
    }
}

impl fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoreUrl({})", self.masked())
    }
}

const URL: Form<StoreUrl> = Form {
    expected: "an address that begins with sqlite:// or postgres://",
    example: "\"sqlite://outcry.db\"",
    takes: Takes::Text,
    read: |text| {
        let known = ["sqlite://", "postgres://", "postgresql://"]
            .iter()
            .any(|scheme| text.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()));
        if !known {
            return Err(Wrong("is no such address".to_owned()));
        }
        super::form::text(text).map(StoreUrl)
    },
    show: StoreUrl::masked,
};

/// The keys of this table.
pub const KEYS: &[Key] = &[
    key!(
        "store.url",
        Some("DATABASE_URL"),
        "Address of the database; none gives each command its own SQLite file.",
        optional URL,
        store.url
    ),
    key!(
        "store.head_file",
        None,
        "File that keeps where the record ends; none keeps it beside a SQLite file, and nowhere for a server.",
        optional super::form::PATH,
        store.head_file
    ),
];
