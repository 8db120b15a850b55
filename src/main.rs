//! The `outcry` program: reads the command line and hands over to [`outcry::app`].

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use outcry::app::StartError;
use outcry::app::chat::ChatOptions;
use outcry::app::serve::ServeOptions;
use outcry::app::verb::Verb;
use outcry::config::Settings;
use outcry::config::log::{Log, LogFormat};
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// A trading desk that you talk to.
#[derive(Parser)]
#[command(version, about, max_term_width = 100)]
struct Arguments {
    /// Settings file instead of `outcry.toml` in the working directory.
    #[arg(long, global = true, value_name = "PATH")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Opens the terminal chat on a paper account.
    Chat {
        #[command(flatten)]
        market: MarketArguments,
        /// Database file; the paper venue's file stands beside it.
        #[arg(long, value_name = "PATH")]
        db: Option<PathBuf>,
        /// Prints each reply as a JSON object on a line.
        #[arg(long)]
        json: bool,
        /// Folder that `export` writes its files to; the database's unless it is said.
        #[arg(long, value_name = "DIR")]
        exports: Option<PathBuf>,
        /// Trades on a paper venue in another process, at this loopback address.
        #[arg(long, hide = true, value_name = "ADDRESS")]
        venue: Option<SocketAddr>,
    },
    /// Serves the Telegram bot, on a paper account.
    Serve {
        #[command(flatten)]
        market: MarketArguments,
        /// Database file; the paper venue's file stands beside it.
        #[arg(long, value_name = "PATH")]
        db: Option<PathBuf>,
        /// Trades on a paper venue in another process, at this loopback address.
        #[arg(long, hide = true, value_name = "ADDRESS")]
        venue: Option<SocketAddr>,
    },
    /// Copies the database into a new file, while the bot runs.
    Backup {
        /// The new file.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Database file.
        #[arg(long, value_name = "PATH")]
        db: Option<PathBuf>,
    },
    /// Checks stored records.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Runs the paper venue as a process of its own.
    #[command(hide = true)]
    PaperVenue {
        #[command(flatten)]
        market: MarketArguments,
        /// The venue's file.
        #[arg(long, value_name = "PATH")]
        file: PathBuf,
        /// Loopback address to listen on.
        #[arg(long, default_value = "127.0.0.1:0")]
        listen: SocketAddr,
    },
}

#[derive(Subcommand)]
enum AuditCommand {
    /// Lists the latest acts that matter for security: when, who, what, from which update, and what became of it.
    List {
        /// Database file.
        #[arg(long, value_name = "PATH")]
        db: Option<PathBuf>,
        /// How many.
        #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..))]
        last: u16,
    },
    /// Verifies the hash chain of events, the tables and the ledger against it, and its end against the head file. Ends with 0
    /// if all is whole, 1 if something is not, 2 if it could not be looked at.
    Verify {
        /// Database file.
        #[arg(long, value_name = "PATH")]
        db: Option<PathBuf>,
    },
}

#[derive(clap::Args)]
struct MarketArguments {
    /// Where prices come from.
    #[arg(long, value_enum)]
    market: Option<MarketWord>,
    /// Seed of the simulated market; without --db the run leaves nothing behind and is repeatable.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Folder of candle files for replay.
    #[arg(long, value_name = "DIR")]
    candles: Option<PathBuf>,
    /// Candle length to replay, such as 5m.
    #[arg(long, value_name = "TF")]
    timeframe: Option<String>,
    /// Market time to begin replay at, such as 2025-10-10 or 2025-10-10T20:00:00Z.
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// How many times faster than the wall market time runs on a terminal.
    #[arg(long, value_name = "X")]
    speed: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum MarketWord {
    Simulated,
    Replay,
    Live,
}

impl MarketArguments {
    /// Returns what was said as settings.
    fn overrides(&self) -> Vec<(String, String)> {
        let market = self.market.map(|word| match word {
            MarketWord::Simulated => "simulated",
            MarketWord::Replay => "replay",
            MarketWord::Live => "live",
        });
        let said = [
            ("market.source", market.map(str::to_owned)),
            ("market.seed", self.seed.map(|seed| seed.to_string())),
            ("market.candles", self.candles.as_ref().map(|path| path.display().to_string())),
            ("market.timeframe", self.timeframe.clone()),
            ("market.from", self.from.clone()),
            ("market.speed", self.speed.clone()),
        ];
        said.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments) {
        Ok(code) => code,
        Err(error) => {
            complain(&error);
            ExitCode::from(if matches!(error, StartError::Usage(_) | StartError::Unchecked(_)) { 2 } else { 1 })
        }
    }
}

#[expect(clippy::print_stderr, reason = "a start-up error is told on standard error")]
fn complain(error: &StartError) {
    eprintln!("outcry: {error}");
}

fn run(arguments: Arguments) -> Result<ExitCode, StartError> {
    let overrides = match &arguments.command {
        Command::Chat { market, exports, .. } => {
            let exports = exports.iter().map(|folder| ("reports.export_folder".to_owned(), folder.display().to_string()));
            market.overrides().into_iter().chain(exports).collect()
        }
        Command::Serve { market, .. } | Command::PaperVenue { market, .. } => market.overrides(),
        Command::Audit(_) | Command::Backup { .. } => Vec::new(),
    };
    let settings = Settings::load(arguments.config.as_deref(), overrides).map_err(|error| StartError::Usage(error.to_string()))?;
    log_to_stderr(&settings.log)?;
    let verb = match arguments.command {
        Command::Chat { db, json, venue, .. } => Verb::Chat(ChatOptions { settings, database: db, json, venue }),
        Command::Serve { db, venue, .. } => Verb::Serve(ServeOptions { settings, database: db, venue }),
        Command::Audit(AuditCommand::List { db, last }) => Verb::Acts { settings, database: db, last: last.into() },
        Command::Audit(AuditCommand::Verify { db }) => Verb::Verify { settings, database: db },
        Command::Backup { file, db } => Verb::Backup { settings, database: db, file },
        Command::PaperVenue { file, listen, .. } => Verb::PaperVenue { settings, file, address: listen },
    };
    Ok(ExitCode::from(verb.run()?))
}

fn log_to_stderr(log: &Log) -> Result<(), StartError> {
    let wanted: Targets = log.filter.parse().map_err(|error| StartError::Usage(format!("log.filter: {error}")))?;
    let records = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let records = match log.format {
        LogFormat::Text => records.boxed(),
        LogFormat::Json => records.json().boxed(),
    };
    tracing_subscriber::registry().with(records.with_filter(wanted)).init();
    Ok(())
}
