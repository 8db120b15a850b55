//! Why a database was not opened, each as a sentence: what, why, and what would work.

/// Why a database was not opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The address is not one of a database.
    #[error("the database address {address:?} cannot be used: {reason}. Use sqlite:///path/to/file.db or postgres://user@host/name")]
    BadAddress {
        /// The address, without its password.
        address: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A newer program has changed the schema.
    #[error(
        "the database {place} has schema {found}, and this program knows schemas up to {known}: it was written by a newer version. \
         Start that version, or restore a backup made before the update"
    )]
    Newer {
        /// Where.
        place: String,
        /// The database's schema.
        found: i64,
        /// The program's schema.
        known: i64,
    },
    /// The schema is not what this program, or an earlier one, made.
    #[error("the database {place} is not one of this program: {reason}. Name another file or database, or restore a backup")]
    Foreign {
        /// Where.
        place: String,
        /// What differs.
        reason: String,
    },
    /// It cannot be written to.
    #[error(
        "the database {place} cannot be written to: {reason}. Allow this user to write the file and its directory, or name another place"
    )]
    ReadOnly {
        /// Where.
        place: String,
        /// What the system said.
        reason: String,
    },
    /// There is no room to write.
    #[error(
        "there is no room to write the database {place}: {reason}. Free some space (or raise the quota) and start again; nothing is lost"
    )]
    Full {
        /// Where.
        place: String,
        /// What the system said.
        reason: String,
    },
    /// Its content is damaged.
    #[error("the database {place} is damaged: {reason}. Keep the file for inspection and restore a backup, or name another file")]
    Corrupt {
        /// Where.
        place: String,
        /// What was found.
        reason: String,
    },
    /// Nobody answers there.
    #[error("the database {place} does not answer: {reason}. Check that the server runs and that address, user and password are right")]
    Unreachable {
        /// Where.
        place: String,
        /// What the system said.
        reason: String,
    },
    /// Another process keeps it locked.
    #[error("the database {place} is busy: {reason}. Try again in a moment; if it stays so, end the other program that writes to it")]
    Busy {
        /// Where.
        place: String,
        /// What the system said.
        reason: String,
    },
    /// Anything else.
    #[error("the database {place} could not be opened: {reason}")]
    Other {
        /// Where.
        place: String,
        /// What the system said.
        reason: String,
    },
}

impl OpenError {
    /// Returns the refusal that an error of the system means for the file at `place`.
    pub(super) fn from_io(place: String, error: &std::io::Error) -> Self {
        use std::io::ErrorKind as K;
        let reason = error.to_string();
        match error.kind() {
            K::PermissionDenied | K::ReadOnlyFilesystem => Self::ReadOnly { place, reason },
            K::StorageFull | K::QuotaExceeded | K::FileTooLarge => Self::Full { place, reason },
            _ => Self::Other { place, reason },
        }
    }

    /// Returns the refusal that an error of the database means; `place` carries no password.
    pub(super) fn from_sql(place: String, error: &sqlx::Error) -> Self {
        let reason = error.to_string();
        let code = error.as_database_error().and_then(|error| error.code().map(|code| code.into_owned())).unwrap_or_default();
        // SQLite's extended codes carry the primary code in the low byte; PostgreSQL's are five characters.
        let primary = if code.len() == 5 { None } else { code.parse::<i64>().ok().map(|code| code & 0xff) };
        match (primary, code.as_str()) {
            (Some(5 | 6), _) => Self::Busy { place, reason },
            (Some(14), _) => Self::ReadOnly { place, reason: format!("{reason}; the directory must be writable, too") },
            (Some(8), _) | (_, "25006") => Self::ReadOnly { place, reason },
            (Some(11 | 26), _) => Self::Corrupt { place, reason },
            (Some(13), _) | (_, "53100") => Self::Full { place, reason },
            // A write or a growth of a file that the system refused (quota, file size limit).
            (Some(10), "778" | "1546" | "4874") => Self::Full { place, reason },
            _ if matches!(error, sqlx::Error::PoolTimedOut) => Self::Busy { place, reason },
            _ if matches!(error, sqlx::Error::Io(_) | sqlx::Error::Tls(_)) => Self::Unreachable { place, reason },
            (_, code) if code.starts_with("08") || code.starts_with("28") || code.starts_with("57") || code == "3D000" => {
                Self::Unreachable { place, reason }
            }
            _ => Self::Other { place, reason },
        }
    }
}
