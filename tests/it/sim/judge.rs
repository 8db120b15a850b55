//! Looking at a running day, and judging the end of it.

use std::sync::Arc;

use outcry::app::PAPER_ACCOUNT;
use outcry::domain::ids::AccountId;
use outcry::domain::time::{SECOND_MS, Timestamp};
use outcry::engine::ports::Exchange;
use outcry::store::history::History;

use super::faults::Fault;
use super::invariants::continuous::{self, Truth};
use super::invariants::{notice, rest};
use super::person::{OWNER, Saying};
use super::process::Process;
use super::world::{Outcome, World};

impl World {
    /// Holds the continuous invariants against the venue's own state.
    pub async fn look(&mut self, process: &Process) {
        let network = Arc::clone(&self.outside.network);
        let now = self.now();
        let orders = network.venue.open_orders().await.unwrap();
        let positions = network.venue.account().await.unwrap().positions;
        let page = network.venue.fills_page(Timestamp::from_ms(0), self.fills_seen, 1_000).await.unwrap();
        self.fills_seen = page.last().map_or(self.fills_seen, |(number, _)| *number);
        let truth = Truth { orders, positions, fills: page.into_iter().map(|(_, fill)| fill).collect() };
        let settled = self.settled(process, now);
        let works = *self.outside.face_works.lock().unwrap();
        self.with_watch(|watch| {
            continuous::inv07_protected(watch, &truth, &network.faults, now);
            continuous::inv08_no_exit_flips(watch, &truth, now);
            continuous::inv09_flat_has_no_exits(watch, &truth, &network.faults, now);
            continuous::inv22_breaker_trips(watch, settled, now);
            continuous::inv27_time_stops_close(watch, &network.faults, settled, now);
            continuous::inv23_bounded_state(watch, now);
            continuous::inv28_few_tries(watch, now);
            notice::inv17_shown_in_time(watch, works, now);
        });
    }

    /// Tells whether nothing has kept the process from reading and writing for a minute.
    fn settled(&mut self, process: &Process, now: Timestamp) -> bool {
        let counts = self.outside.network.faults.counts();
        let kinds = [Fault::QueryError, Fault::ReadLag, Fault::Outage, Fault::NotWritten, Fault::UnknownBefore, Fault::UnknownAfter];
        let troubles = kinds.iter().filter_map(|kind| counts.get(kind)).sum();
        let differs = self.with_watch(|watch| std::mem::take(&mut watch.books_differ));
        if troubles != self.troubles || differs {
            self.troubles = troubles;
            self.troubled_at = now;
        }
        now.since(self.troubled_at) > 60 * SECOND_MS && now.since(process.started) > 60 * SECOND_MS
    }

    /// Ends the faults, waits two minutes, and holds what must hold at rest.
    pub async fn finish(mut self, seed: u64, mut process: Process) -> Outcome {
        let network = Arc::clone(&self.outside.network);
        network.faults.end();
        self.redeliver(&mut process);
        for _ in 0..60 {
            let next = self.now().plus_ms(2 * SECOND_MS);
            process = self.until(process, next).await;
            self.look(&process).await;
        }
        process = self.ask_for_a_card(process).await;
        let now = self.now();
        let account = network.venue.account().await.unwrap();
        let fundings = network.venue.funding_since(Timestamp::from_ms(0)).await.unwrap();
        self.look(&process).await;
        self.with_watch(|watch| {
            rest::inv05_fills_are_the_venues(watch, now);
            rest::inv05_fundings_are_the_venues(watch, &fundings, now);
            rest::inv06_account_is_the_venues(watch, &account, now);
            rest::inv25_nothing_is_unknown(watch, now);
            rest::inv28_one_stop(watch, now);
        });
        process.house.tasks.stop().await;
        drop(process);
        // The venue's sink holds the network, and the network the venue: the circle is cut, or each run would stay in memory.
        network.venue.attach(Arc::new(|_| {}));
        self.store = self.store.reopen();
        rest::inv19_chain_and_tables(&network.watch, &self.store, now).await;
        rest::inv20_nothing_committed_is_lost(&network.watch, &self.store, now).await;
        let head = self.store.chain_head(&AccountId::new(PAPER_ACCOUNT)).await.ok().flatten();
        let watch = network.watch.lock().unwrap();
        Outcome {
            seed,
            counts: watch.counts,
            faults: network.faults.counts(),
            denials: watch.denials.clone(),
            violations: watch.violations.clone(),
            trace: watch.trace().collect(),
            hash: head.map(|head| head.hash).unwrap_or_default(),
        }
    }

    /// 25, second half: the door is open, and the books are not the reason of a refusal.
    async fn ask_for_a_card(&mut self, mut process: Process) -> Process {
        self.with_watch(|watch| watch.asked_at_the_end = Some(Vec::new()));
        self.say(&mut process, Saying { actor: OWNER, body: "buy 200 usdt of btc".to_owned() }, 0);
        let next = self.now().plus_ms(3 * SECOND_MS);
        process = self.until(process, next).await;
        self.say(&mut process, Saying { actor: OWNER, body: "no".to_owned() }, 0);
        let next = self.now().plus_ms(3 * SECOND_MS);
        process = self.until(process, next).await;
        let now = self.now();
        let left = self.outside.post.lock().unwrap().len();
        self.with_watch(|watch| rest::inv25_the_door_is_open(watch, left, now));
        process
    }
}
