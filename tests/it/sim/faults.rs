//! What goes wrong. Each seed enables a random half of all faults (a swarm), so that rare ones meet in every mixture and
//! no fault hides another in all runs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard};

use outcry::domain::instrument::InstrumentId;
use outcry::domain::time::Timestamp;

use super::luck::Luck;

/// One kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The venue took the order; its answer is lost.
    LostAnswer,
    /// The order is lost on its way; nobody can tell.
    LostRequest,
    /// The order is under way longer than the deadline and arrives all the same.
    LateArrival,
    /// The venue's answer comes after the deadline.
    SlowAnswer,
    /// No byte was written.
    NotSent,
    /// The venue refuses.
    Reject,
    /// A cancel's answer is lost, with or without its effect.
    LostCancel,
    /// Reads are up to 20 s behind: a clean "not found" of what is there.
    ReadLag,
    /// A question gets no answer.
    QueryError,
    /// No question gets an answer for half a minute or more.
    Outage,
    /// Little rests at each level, so that orders fill in parts.
    ThinBook,
    /// A push comes twice.
    PushTwice,
    /// A push comes late, and so after others.
    PushLate,
    /// A push is lost; the stream tells of a gap later.
    PushLost,
    /// A commit or a licence is not written.
    NotWritten,
    /// A commit or a licence is not written, and nobody can tell.
    UnknownBefore,
    /// A commit or a licence is written, and nobody can tell.
    UnknownAfter,
    /// The process dies, between two steps or inside one.
    Crash,
    /// The face does not take a notice.
    FaceFails,
    /// A message is delivered again, under the same key.
    SentTwice,
    /// Somebody else taps a card.
    Stranger,
    /// A message comes late.
    LateMessage,
}

impl Fault {
    /// All kinds.
    pub const ALL: [Self; 22] = [
        Self::LostAnswer,
        Self::LostRequest,
        Self::LateArrival,
        Self::SlowAnswer,
        Self::NotSent,
        Self::Reject,
        Self::LostCancel,
        Self::ReadLag,
        Self::QueryError,
        Self::Outage,
        Self::ThinBook,
        Self::PushTwice,
        Self::PushLate,
        Self::PushLost,
        Self::NotWritten,
        Self::UnknownBefore,
        Self::UnknownAfter,
        Self::Crash,
        Self::FaceFails,
        Self::SentTwice,
        Self::Stranger,
        Self::LateMessage,
    ];

    /// Returns how often in a thousand chances it happens while it is enabled.
    const fn per_mille(self) -> u64 {
        match self {
            Self::LostAnswer | Self::LostRequest | Self::Reject | Self::NotSent => 40,
            Self::LateArrival | Self::SlowAnswer => 25,
            Self::LostCancel => 100,
            Self::ReadLag => 300,
            Self::QueryError => 120,
            Self::Outage => 8,
            Self::ThinBook => 1_000,
            Self::PushTwice | Self::PushLate => 150,
            Self::PushLost => 60,
            Self::NotWritten => 10,
            Self::UnknownBefore | Self::UnknownAfter => 6,
            Self::Crash => 12,
            Self::FaceFails => 60,
            Self::SentTwice => 120,
            Self::Stranger => 60,
            Self::LateMessage => 30,
        }
    }
}

struct Inner {
    luck: Luck,
    enabled: BTreeSet<Fault>,
    on: bool,
    counts: BTreeMap<Fault, u64>,
    outage_until: Timestamp,
    /// Until when the clock of unprotected positions stands still, by instrument and for all.
    excused: BTreeMap<InstrumentId, Timestamp>,
    excused_all: Timestamp,
}

/// The faults of a run.
pub struct Faults(Mutex<Inner>);

impl Faults {
    /// Returns a random half of all faults.
    pub fn of_seed(seed: u64) -> Self {
        let mut luck = Luck::new(seed, "swarm");
        let enabled = Fault::ALL.into_iter().filter(|_| luck.strikes(500)).collect();
        let start = Timestamp::from_ms(0);
        let inner = Inner {
            luck: Luck::new(seed, "faults"),
            enabled,
            on: true,
            counts: BTreeMap::new(),
            outage_until: start,
            excused: BTreeMap::new(),
            excused_all: start,
        };
        Self(Mutex::new(inner))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }

    /// Tells whether a fault happens now, and counts it.
    pub fn strikes(&self, fault: Fault) -> bool {
        let mut inner = self.lock();
        let struck = inner.on && inner.enabled.contains(&fault) && inner.luck.strikes(fault.per_mille());
        if struck {
            *inner.counts.entry(fault).or_default() += 1;
        }
        struck
    }

    /// Tells whether a fault belongs to this run.
    pub fn enabled(&self, fault: Fault) -> bool {
        self.lock().enabled.contains(&fault)
    }

    /// Tells whether the venue answers no question now; begins such a time now and then.
    pub fn outage(&self, now: Timestamp) -> bool {
        if self.strikes(Fault::Outage) {
            self.begin_outage(now);
        }
        let inner = self.lock();
        inner.on && now < inner.outage_until
    }

    fn begin_outage(&self, now: Timestamp) {
        let mut inner = self.lock();
        let until = now.plus_ms(inner.luck.between(30_000, 90_000));
        inner.outage_until = until;
        inner.excused_all = inner.excused_all.max(until);
    }

    /// A connection that broke may stay broken: an answer that was lost begins an outage now and then.
    pub fn lost_one(&self, now: Timestamp) {
        if self.enabled(Fault::Outage) && self.lock().luck.strikes(400) {
            self.begin_outage(now);
        }
    }

    /// Returns a length of time within these bounds.
    pub fn length_ms(&self, low: i64, high: i64) -> i64 {
        self.lock().luck.between(low, high)
    }

    /// Notes that for so long nothing can be expected of the protection of an instrument, or of all.
    pub fn excuse(&self, instrument: Option<&InstrumentId>, until: Timestamp) {
        let mut inner = self.lock();
        match instrument {
            None => inner.excused_all = inner.excused_all.max(until),
            Some(id) => {
                let entry = inner.excused.entry(id.clone()).or_insert(until);
                *entry = until.max(*entry);
            }
        }
    }

    /// Returns until when nothing can be expected of an instrument's protection.
    pub fn excused_until(&self, instrument: &InstrumentId) -> Timestamp {
        let inner = self.lock();
        inner.excused.get(instrument).copied().unwrap_or(inner.excused_all).max(inner.excused_all)
    }

    /// Ends all faults.
    pub fn end(&self) {
        self.lock().on = false;
    }

    /// Returns how often each kind happened.
    pub fn counts(&self) -> BTreeMap<Fault, u64> {
        self.lock().counts.clone()
    }
}
