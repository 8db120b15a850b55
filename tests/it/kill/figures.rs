//! What a run of the harness shows, in numbers.

use std::collections::BTreeMap;
use std::time::Duration;

/// What the comparison at the end saw.
#[derive(Debug, Default)]
pub struct Compared {
    /// Orders that the venue accepted, attached exits not counted.
    pub orders: usize,
    /// Opening orders among them.
    pub entries: usize,
    /// Orders that are held or work at the end.
    pub open: usize,
    /// Executions that were compared.
    pub fills: usize,
    /// Messages that were compared.
    pub messages: usize,
    /// Orders whose outcome was unknown at some time.
    pub unknown: usize,
    /// Positions open at the end, and leveraged ones among them.
    pub positions: (usize, usize),
    /// Events of the chain.
    pub events: i64,
    /// What is not as it should be.
    pub violations: Vec<String>,
}

/// Figures of a run.
#[derive(Debug, Default)]
pub struct Figures {
    /// Kills of the Desk.
    pub kills: u32,
    /// Kills of the venue.
    pub venue_kills: u32,
    /// Points that the script did not reach.
    pub unreached: u32,
    /// How long each restart took until entries were taken.
    pub restarts: Vec<Duration>,
    /// What kills found open, and how often.
    pub left_open: BTreeMap<String, u32>,
    /// The comparison.
    pub compared: Compared,
}

impl Figures {
    /// Notes a kill and what it left open.
    pub fn note_kill(&mut self, left_open: &[String]) {
        self.kills += 1;
        for what in left_open {
            *self.left_open.entry(what.clone()).or_default() += 1;
        }
    }

    /// Says them.
    pub fn print(&self, name: &str) {
        let mut restarts = self.restarts.clone();
        restarts.sort();
        let at = |share: usize| restarts.get(restarts.len().saturating_sub(1) * share / 100).copied().unwrap_or_default();
        let Compared { orders, entries, open: _, fills, messages, unknown, positions, events, violations } = &self.compared;
        println!(
            "kill −9, {name}: {} kills of the Desk, {} of the venue ({} beyond the script's end); {orders} orders accepted, \
             {entries} of them entries; {unknown} orders were of unknown outcome; compared {fills} fills, {messages} messages, \
             {} positions ({} leveraged), {events} events; violations {}; ready p50 {:?}, max {:?}",
            self.kills,
            self.venue_kills,
            self.unreached,
            positions.0,
            positions.1,
            violations.len(),
            at(50),
            at(100),
        );
        println!("  found open at the kills: {:?}", self.left_open);
    }
}
