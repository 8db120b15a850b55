//! kill −9: the Desk's process dies at any moment, beside a venue that is a process of its own and remembers everything.
//!
//! Two real processes of this binary, the Desk's fed with about 20 lines a second. It is killed at random moments, and
//! right after each commit in turn; so is the venue. Then the venue's order log and account, read over its own wire, are
//! compared with the Desk's database. The program has no switch for any of this: commits are seen in the counter that
//! SQLite keeps in the database's shared-memory file (see [`commits`]).
//!
//! `OUTCRY_TEST_KILL_POINTS` sets how many points each test tries; docs/testing.md has the full run.

#![allow(
    clippy::disallowed_methods,
    reason = "a harness beside real processes: it sleeps, starts threads and reads clocks and the environment"
)]

mod audit;
mod commits;
mod desk;
mod figures;
mod load;
pub mod venue;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use desk::DeskProcess;
use figures::{Compared, Figures};
use load::Load;
use venue::VenueProcess;

/// How fast market time runs. Deadlines on the wire are in wall time and the horizon of an unknown outcome in market time
/// (30 s): beyond seven, an answer could come after its order was given up.
pub const SPEED: &str = "5";
/// Lines a second that a person types here.
const LINES_PER_SECOND: u32 = 20;
/// The longest that a restarted Desk may take until it accepts entries.
const READY_MAX: Duration = Duration::from_secs(30);
/// Nothing here takes so long unless it hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// The rates are raised, and the rules that ask for a second card, so that the load is not held back; tests of their own
/// hold the limits.
const SETTINGS: &str = "[risk]\nrate_10s_max = 100000\nrate_hour_max = 1000000\nrate_day_max = 1000000\n\
    duplicate_window_ms = 1\nquantity_median_factor = 1000\ndaily_loss_share_max = 0.9\ndrawdown_share_max = 0.9\n";

/// A folder with everything of one run.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("outcry.toml"), SETTINGS).unwrap();
        Self { folder }
    }

    /// Keeps the folder for whoever has to find out what happened.
    fn keep(&self) {
        let kept = self.folder.path().with_extension("kept");
        println!("kept as {}: {:?}", kept.display(), std::fs::rename(self.folder.path(), &kept));
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn database(&self) -> PathBuf {
        self.path("desk.db")
    }

    fn desk(&self, venue: SocketAddr) -> DeskProcess {
        DeskProcess::start(self.folder.path(), &self.database(), venue)
    }
}

fn points(usual: u32) -> u32 {
    std::env::var("OUTCRY_TEST_KILL_POINTS").map_or(usual, |text| text.parse().expect("OUTCRY_TEST_KILL_POINTS is a number"))
}

/// Says lines at the pace of the load for so many milliseconds.
fn talk(desk: &mut DeskProcess, load: &mut Load, length_ms: u64) {
    let end = Instant::now() + Duration::from_millis(length_ms);
    while Instant::now() < end {
        desk.say(&load.line());
        std::thread::sleep((Duration::from_secs(1) / LINES_PER_SECOND).min(end.saturating_duration_since(Instant::now())));
    }
}

/// Kills a Desk, looks at what it left open, and starts it again.
fn restart(desk: DeskProcess, place: &Place, venue: SocketAddr, figures: &mut Figures) -> DeskProcess {
    desk.kill();
    figures.note_kill(&audit::left_open(&place.database(), place.folder.path()));
    let (desk, ready) = ready(place, venue);
    figures.restarts.push(ready);
    desk
}

/// Starts a Desk and waits until it takes entries.
fn ready(place: &Place, venue: SocketAddr) -> (DeskProcess, Duration) {
    let started = Instant::now();
    let mut desk = place.desk(venue);
    desk.wait_until_it_takes_entries(READY_MAX);
    (desk, started.elapsed())
}

/// Without trades a comparison shows nothing.
fn traded(compared: &Compared) -> bool {
    compared.entries > 0 && compared.fills > 0
}

/// Compares both sides, once everything has come to rest, and ends the Desk in good order.
fn finish(name: &str, desk: DeskProcess, place: &Place, venue: SocketAddr, mut figures: Figures, shown: impl Fn(&Compared) -> bool) {
    let mut desk = desk;
    // A card may wait: it is answered, so that nothing is open but orders and positions.
    desk.say("no");
    let compared = audit::compare_at_rest(&place.database(), venue, PATIENCE, &shown);
    figures.compared = compared;
    assert_eq!(desk.end(), Some(0), "the Desk did not end well: {}", std::fs::read_to_string(place.path("desk.log")).unwrap_or_default());
    figures.print(name);
    if !figures.compared.violations.is_empty() {
        place.keep();
        panic!("{name}: {:#?}", figures.compared.violations);
    }
    let slowest = figures.restarts.iter().max().copied().unwrap_or_default();
    assert!(slowest <= READY_MAX, "{name}: a restart took {slowest:?}");
}

#[test]
fn kill_nine_at_random_points() {
    let place = Place::new();
    let venue = VenueProcess::start(place.folder.path(), 7);
    let mut load = Load::new(1);
    let mut figures = Figures::default();
    let (mut desk, _) = ready(&place, venue.address());
    for _ in 0..points(12) {
        let length = load.up_to(2_000);
        talk(&mut desk, &mut load, length);
        desk = restart(desk, &place, venue.address(), &mut figures);
    }
    finish("random points", desk, &place, venue.address(), figures, traded);
}

#[test]
fn kill_nine_after_each_commit() {
    let place = Place::new();
    let venue = VenueProcess::start(place.folder.path(), 8);
    let mut figures = Figures::default();
    let (mut desk, _) = ready(&place, venue.address());
    // Spread over the script's commits when fewer points are asked for than it has.
    let asked = points(8).min(load::SCRIPT_COMMITS);
    for point in 0..asked {
        let commit = 1 + point * load::SCRIPT_COMMITS / asked;
        let counter = commits::Counter::open(&shared_memory(&place.database()));
        let begun = counter.read();
        load::SCRIPT.iter().for_each(|line| desk.say(line));
        figures.unreached += u32::from(!counter.wait_for(begun.wrapping_add(commit), Duration::from_secs(10)));
        desk = restart(desk, &place, venue.address(), &mut figures);
    }
    finish("each commit", desk, &place, venue.address(), figures, traded);
}

#[test]
fn kill_nine_of_the_venue() {
    let place = Place::new();
    let mut venue = VenueProcess::start(place.folder.path(), 9);
    let mut load = Load::new(2);
    let mut figures = Figures::default();
    let (mut desk, _) = ready(&place, venue.address());
    for point in 0..points(4) {
        let length = 300 + load.up_to(1_200);
        talk(&mut desk, &mut load, length);
        let before = audit::log_of(venue.address());
        venue.kill();
        figures.venue_kills += 1;
        let down = load.up_to(400);
        talk(&mut desk, &mut load, down);
        venue = VenueProcess::again(place.folder.path(), venue.address());
        let after = audit::log_of(venue.address());
        assert!(after.len() >= before.len() && after[..before.len()] == before[..], "the venue's file lost what it had told");
        // Every other time the Desk dies with it.
        if point % 2 == 1 {
            desk = restart(desk, &place, venue.address(), &mut figures);
        } else {
            figures.restarts.push(desk.wait_until_it_takes_entries(READY_MAX));
        }
    }
    finish("the venue", desk, &place, venue.address(), figures, traded);
}

#[test]
fn a_cancel_outlives_the_venue() {
    let place = Place::new();
    let mut venue = VenueProcess::start(place.folder.path(), 10);
    let (mut desk, _) = ready(&place, venue.address());
    desk.ask("buy 300 usdt of eth at 2700");
    desk.ask("yes");
    venue.kill();
    desk.say("cancel all");
    std::thread::sleep(Duration::from_millis(300));
    let _venue = VenueProcess::again(place.folder.path(), venue.address());
    finish("a cancel", desk, &place, venue.address(), Figures::default(), |compared| compared.orders == 1 && compared.open == 0);
}

fn shared_memory(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-shm");
    PathBuf::from(name)
}
