//! Where the database is: a file for SQLite or a server for PostgreSQL. A password in the address is never shown.

use std::path::PathBuf;

use super::refusal::OpenError;

/// Longest address that is looked at, in bytes.
const ADDRESS_BYTES_MAX: usize = 4_096;

/// Where a database is.
#[derive(Clone, PartialEq, Eq)]
pub enum Address {
    /// A file.
    Sqlite(PathBuf),
    /// A server, by URL.
    Postgres(String),
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.place())
    }
}

impl Address {
    /// Reads `sqlite://path`, `sqlite:path`, `postgres://…` or `postgresql://…`.
    ///
    /// # Errors
    /// [`OpenError::BadAddress`].
    pub fn parse(url: &str) -> Result<Self, OpenError> {
        let bad = |reason: &str| OpenError::BadAddress { address: redacted(url), reason: reason.to_owned() };
        if url.len() > ADDRESS_BYTES_MAX || url.contains('\0') {
            return Err(OpenError::BadAddress { address: "…".into(), reason: "it is too long, or holds a NUL".into() });
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return match url.parse::<sqlx::any::AnyConnectOptions>() {
                Ok(_) => Ok(Self::Postgres(url.to_owned())),
                Err(_) => Err(bad("it is no valid URL")),
            };
        }
        let Some(path) = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")) else {
            return Err(bad("it begins with neither sqlite:// nor postgres://"));
        };
        if path.is_empty() || path.ends_with('/') {
            return Err(bad("it names no file"));
        }
        if path.contains(":memory:") || path.contains('?') {
            return Err(bad("a database in memory, or with options, would not be durable"));
        }
        Ok(Self::Sqlite(PathBuf::from(path)))
    }

    /// Returns the place in words that may be shown and logged.
    pub fn place(&self) -> String {
        match self {
            Self::Sqlite(path) => path.display().to_string(),
            Self::Postgres(url) => redacted(url),
        }
    }
}

/// Returns the password in a URL's authority as it is written there, if it has one.
pub(super) fn password(url: &str) -> Option<&str> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let main = rest.split_once('?').map_or(rest, |(main, _)| main);
    let (login, _) = main.rsplit_once('@')?;
    login.split_once(':').map(|(_, password)| password).filter(|password| !password.is_empty())
}

/// Returns `url` with `***` in the place of a password, in its authority or among its parameters.
pub fn redacted(url: &str) -> String {
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), url),
    };
    let (main, query) = match rest.split_once('?') {
        Some((main, query)) => (main, Some(query)),
        None => (rest, None),
    };
    let main = match main.rsplit_once('@') {
        Some((login, host)) => format!("{}@{host}", login.split_once(':').map_or(login.to_owned(), |(user, _)| format!("{user}:***"))),
        None => main.to_owned(),
    };
    let query = query.map_or(String::new(), |query| {
        let shown: Vec<String> = query
            .split('&')
            .map(|pair| match pair.split_once('=') {
                Some((name, _)) if name.to_ascii_lowercase().contains("password") => format!("{name}=***"),
                _ => pair.to_owned(),
            })
            .collect();
        format!("?{}", shown.join("&"))
    });
    format!("{scheme}{main}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        assert_eq!(redacted("postgres://u:s3cret@h:5432/db"), "postgres://u:***@h:5432/db");
        assert_eq!(
            redacted("postgres://u:p@ss@h/db?password=s3cret&sslmode=require"),
            "postgres://u:***@h/db?password=***&sslmode=require"
        );
        assert_eq!(redacted("postgres://h/db"), "postgres://h/db");
        assert_eq!(password("postgres://u:p@ss@h/db?x=y@z"), Some("p@ss"));
        assert_eq!((password("postgres://u@h/db"), password("postgres://h/db")), (None, None));
        for url in ["postgres://u:s3cret@h:x/db", "postgres://u:s3cret@[/db", "mysql://u:s3cret@h/db", "u:s3cret@h"] {
            let refusal = Address::parse(url).unwrap_err().to_string();
            assert!(!refusal.contains("s3cret"), "{refusal}");
        }
        let address = Address::parse("postgres://u:s3cret@h/db").unwrap();
        assert!(!format!("{address:?}").contains("s3cret"));
    }

    #[test]
    fn files_are_named_in_both_forms() {
        assert_eq!(Address::parse("sqlite:///a/b.db"), Ok(Address::Sqlite("/a/b.db".into())));
        assert_eq!(Address::parse("sqlite:b.db"), Ok(Address::Sqlite("b.db".into())));
        for bad in ["", "sqlite://", "sqlite:///a/", "sqlite::memory:", "sqlite:///a.db?mode=ro", "file.db", "redis://h"] {
            assert!(Address::parse(bad).is_err(), "{bad}");
        }
    }
}
