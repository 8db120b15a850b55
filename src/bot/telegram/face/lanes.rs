//! Which message goes next: a lane for each chat, one message under way in each, and the rates that Telegram asks for.
//!
//! Pure. Invariant: within a chat and a class the order of the outbox is kept; a lane that must wait holds up no other.

use std::collections::{BTreeMap, VecDeque};

use super::job::{Class, Job};
use super::window::{Rates, Window};
use crate::domain::actor::ChatId;
use crate::domain::time::{SECOND_MS, Timestamp};

/// Most jobs of a chat that are held in memory; what comes then stays in the outbox for a while.
pub const LANE_JOBS_MAX: usize = 200;
/// First pause after a failure; doubled at each further one.
const BACKOFF_MIN_MS: i64 = SECOND_MS;
/// Longest pause after a failure.
const BACKOFF_MAX_MS: i64 = 60 * SECOND_MS;

/// What is to be done now.
#[derive(Debug)]
pub enum Next {
    /// This job may make its next call.
    Start(Box<Job>),
    /// Nothing before this moment; none if nothing waits.
    Wait(Option<Timestamp>),
}

#[derive(Debug)]
struct Lane {
    /// The job that was begun and goes on first.
    begun: Option<Job>,
    urgent: VecDeque<Job>,
    normal: VecDeque<Job>,
    busy: bool,
    held_until: Timestamp,
    flooded: bool,
    windows: Vec<Window>,
    /// The first row that was left in the outbox because the lane was full.
    skipped: Option<i64>,
}

/// All lanes.
#[derive(Debug)]
pub struct Lanes {
    lanes: BTreeMap<ChatId, Lane>,
    rates: Rates,
    overall: Window,
    held_until: Timestamp,
}

impl Lanes {
    /// Returns lanes without jobs.
    pub const fn new(rates: Rates) -> Self {
        Self { lanes: BTreeMap::new(), rates, overall: Window::new(rates.overall), held_until: Timestamp::from_ms(0) }
    }

    /// Takes a job in. Returns the rows that need no telling any more, because this job tells the latest; the job itself is
    /// left in the outbox if the lane is full.
    pub fn push(&mut self, job: Job) -> Pushed {
        let rates = self.rates;
        let lane = self.lanes.entry(job.chat).or_insert_with(|| Lane::new(job.chat, rates));
        if lane.len() >= LANE_JOBS_MAX || lane.skipped.is_some() {
            lane.skipped = lane.skipped.or(Some(job.sequence));
            return Pushed::Skipped;
        }
        let mut told = Vec::new();
        if let Some(message) = job.edits() {
            // Edits of one message: only the latest counts.
            for queue in [&mut lane.urgent, &mut lane.normal] {
                told.extend(queue.iter().filter(|other| other.edits() == Some(message)).map(|other| other.sequence));
                queue.retain(|other| other.edits() != Some(message));
            }
        }
        match job.class {
            Class::Urgent => lane.urgent.push_back(job),
            Class::Normal => lane.normal.push_back(job),
        }
        Pushed::Taken(told)
    }

    /// Returns the job whose call goes next, and counts the call.
    pub fn next(&mut self, now: Timestamp) -> Next {
        let overall = self.overall.free_at(now).max(self.held_until);
        let waiting = self.lanes.iter().filter(|(_, lane)| !lane.busy).filter_map(|(chat, lane)| Some((*chat, lane, lane.head()?)));
        let mut soonest: Option<Timestamp> = None;
        let mut best: Option<(Class, i64, ChatId)> = None;
        for (chat, lane, head) in waiting {
            let at = lane.free_at(now).max(overall);
            if at > now {
                soonest = Some(soonest.map_or(at, |soonest| soonest.min(at)));
            } else if best.is_none_or(|(class, sequence, _)| (head.class, head.sequence) < (class, sequence)) {
                best = Some((head.class, head.sequence, chat));
            }
        }
        let job = best.and_then(|(_, _, chat)| self.lanes.get_mut(&chat)).and_then(|lane| lane.start(now));
        match job {
            Some(job) => {
                self.overall.note(now);
                Next::Start(Box::new(job))
            }
            None => Next::Wait(soonest),
        }
    }

    /// Notes that a job came to its end.
    pub fn ended(&mut self, chat: ChatId) {
        if let Some(lane) = self.lanes.get_mut(&chat) {
            lane.busy = false;
            lane.flooded = false;
        }
    }

    /// Takes a job back that has more calls to make.
    pub fn again(&mut self, job: Job) {
        self.put_back(job, |lane| lane.flooded = false);
    }

    /// Takes in a job that could not be told elsewhere. It goes first, for it has waited longest.
    pub fn home(&mut self, job: Job) {
        let rates = self.rates;
        let lane = self.lanes.entry(job.chat).or_insert_with(|| Lane::new(job.chat, rates));
        match job.class {
            Class::Urgent => lane.urgent.push_front(job),
            Class::Normal => lane.normal.push_front(job),
        }
    }

    /// Takes a job back that must wait so many seconds; if other chats must wait as well, all do.
    pub fn flooded(&mut self, job: Job, seconds: u32, now: Timestamp) {
        let until = now.plus_ms(i64::from(seconds).saturating_mul(SECOND_MS));
        let others = self.lanes.iter().any(|(chat, lane)| *chat != job.chat && lane.flooded && lane.held_until > now);
        if others {
            self.held_until = self.held_until.max(until);
        }
        self.put_back(job, |lane| {
            lane.flooded = true;
            lane.held_until = until;
        });
    }

    /// Takes a job back whose call failed; the longer it fails, the longer it waits.
    pub fn failed(&mut self, mut job: Job, now: Timestamp) {
        let pause = BACKOFF_MIN_MS.saturating_mul(1_i64 << job.failures.min(16)).min(BACKOFF_MAX_MS);
        job.failures = job.failures.saturating_add(1);
        self.put_back(job, |lane| lane.held_until = now.plus_ms(pause));
    }

    /// Drops everything that waits in a chat, and returns its rows.
    pub fn drop_all(&mut self, chat: ChatId) -> Vec<i64> {
        let Some(lane) = self.lanes.get_mut(&chat) else { return Vec::new() };
        lane.busy = false;
        let rows = lane.begun.take().into_iter().chain(lane.urgent.drain(..)).chain(lane.normal.drain(..));
        rows.map(|job| job.sequence).collect()
    }

    /// Returns the first row that was left in the outbox and fits now, and forgets lanes that nothing is known about.
    pub fn make_room(&mut self, now: Timestamp) -> Option<i64> {
        let mut from: Option<i64> = None;
        for lane in self.lanes.values_mut().filter(|lane| lane.len() <= LANE_JOBS_MAX / 2) {
            if let Some(skipped) = lane.skipped.take() {
                from = Some(from.map_or(skipped, |from| from.min(skipped)));
            }
        }
        self.lanes.retain(|_, lane| !lane.is_idle(now));
        from
    }

    /// Returns how many jobs wait.
    pub fn depth(&self) -> usize {
        self.lanes.values().map(Lane::len).sum()
    }

    fn put_back(&mut self, job: Job, change: impl FnOnce(&mut Lane)) {
        let rates = self.rates;
        let lane = self.lanes.entry(job.chat).or_insert_with(|| Lane::new(job.chat, rates));
        lane.busy = false;
        lane.begun = Some(job);
        change(lane);
    }
}

/// What became of a job that was brought.
#[derive(Debug, PartialEq, Eq)]
pub enum Pushed {
    /// It waits; these rows need no telling any more.
    Taken(Vec<i64>),
    /// Its lane is full.
    Skipped,
}

impl Lane {
    fn new(chat: ChatId, rates: Rates) -> Self {
        let mut windows = vec![Window::new(rates.chat)];
        // Groups and channels have negative numbers.
        if chat.0 < 0 {
            windows.push(Window::new(rates.group));
        }
        let nothing = (None, VecDeque::new(), VecDeque::new());
        let (begun, urgent, normal) = nothing;
        Self { begun, urgent, normal, busy: false, held_until: Timestamp::from_ms(0), flooded: false, windows, skipped: None }
    }

    fn len(&self) -> usize {
        usize::from(self.begun.is_some()) + self.urgent.len() + self.normal.len()
    }

    fn head(&self) -> Option<&Job> {
        self.begun.as_ref().or_else(|| self.urgent.front()).or_else(|| self.normal.front())
    }

    fn free_at(&self, now: Timestamp) -> Timestamp {
        self.windows.iter().map(|window| window.free_at(now)).fold(self.held_until, Timestamp::max)
    }

    fn start(&mut self, now: Timestamp) -> Option<Job> {
        let job = self.begun.take().or_else(|| self.urgent.pop_front()).or_else(|| self.normal.pop_front())?;
        self.busy = true;
        for window in &mut self.windows {
            window.note(now);
        }
        Some(job)
    }

    fn is_idle(&self, now: Timestamp) -> bool {
        let quiet = self.held_until <= now && self.windows.iter().all(|window| window.is_idle(now));
        !self.busy && self.len() == 0 && self.skipped.is_none() && quiet
    }
}
