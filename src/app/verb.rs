//! What the program can be asked to do, and the runtime that does it.
//!
//! The runtime is driven here and not in `main`: a future is compiled where it is driven, so from there most of the house
//! would be compiled a second time.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::config::Settings;

use super::chat::{self, ChatOptions, Ended};
use super::serve::{self, ServeOptions};
use super::stop_signal::StopSignal;
use super::{StartError, audit, backup, venue_process};

/// A verb of the command line, with its settings.
pub enum Verb {
    /// Open the terminal chat.
    Chat(ChatOptions),
    /// Serve the Telegram bot.
    Serve(ServeOptions),
    /// Verify the stored records.
    Verify {
        /// The settings, command line included.
        settings: Settings,
        /// The database file, if one is named.
        database: Option<PathBuf>,
    },
    /// List the latest acts that matter for security.
    Acts {
        /// The settings, command line included.
        settings: Settings,
        /// The database file, if one is named.
        database: Option<PathBuf>,
        /// How many.
        last: usize,
    },
    /// Copy the database into a new file.
    Backup {
        /// The settings, command line included.
        settings: Settings,
        /// The database file, if one is named.
        database: Option<PathBuf>,
        /// The new file.
        file: PathBuf,
    },
    /// Run the paper venue as a process of its own.
    PaperVenue {
        /// The settings, command line included.
        settings: Settings,
        /// The venue's file.
        file: PathBuf,
        /// Where it listens.
        address: SocketAddr,
    },
}

impl Verb {
    /// Does it, to its end, and returns the exit code.
    ///
    /// # Errors
    /// [`StartError`] if it cannot start, or comes to a bad end.
    pub fn run(self) -> Result<u8, StartError> {
        // A repeatable run needs one thread; a person's chat has time to wait for more.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(StartError::failed)?;
        let outcome = runtime.block_on(async {
            match self {
                Self::Chat(options) => Ok(match chat::run(options).await? {
                    Ended::Left => 0,
                    Ended::Stopped(signal) => signal.exit_code(),
                }),
                Self::Serve(options) => serve::run(options).await.map(StopSignal::exit_code),
                Self::Verify { settings, database } => audit::verify(&settings, database.as_deref()).await.map(|()| 0),
                Self::Acts { settings, database, last } => audit::list(&settings, database.as_deref(), last).await.map(|()| 0),
                Self::Backup { settings, database, file } => backup::take(&settings, database.as_deref(), &file).await.map(|()| 0),
                Self::PaperVenue { settings, file, address } => venue_process::run(&settings, &file, address).await.map(|()| 0),
            }
        });
        // A read of standard input may still wait for a line that never comes; everything else has ended.
        runtime.shutdown_background();
        outcome
    }
}
