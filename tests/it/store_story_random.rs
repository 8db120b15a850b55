//! The differential test: one random script of operations, told to the memory that the simulation uses and to a
//! database, must give the same answers and the same picture. So what is simulated is what ships.

use outcry::domain::event::{Change, DeskEvent};
use outcry::domain::ids::{PlanId, SourceKey};
use outcry::domain::order::OrderState;
use outcry::domain::rows::{PendingState, PlanState, TradingState};
use outcry::engine::ports::{InboxClaim, JournalError, PlanQuery};
use outcry::store::memory::{CommitFault, MemoryStore};
use outcry::store::open::Store;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

use crate::store_story::{Memory, Scratch, picture, whole};
use crate::store_story_reports::{act, snapshot};
use crate::store_story_rows::*;

/// Operations in one script.
const OPERATIONS: u64 = 150;

struct Script(Xoshiro256PlusPlus);

impl Script {
    fn below(&mut self, end: u64) -> u64 {
        self.0.next_u64() % end
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[usize::try_from(self.below(from.len() as u64)).unwrap()]
    }

    fn event(&mut self, at_ms: i64) -> DeskEvent {
        let name = self.below(8);
        match self.below(8) {
            0 => {
                let state = self.pick(&[PendingState::Open, PendingState::Confirmed, PendingState::Replaced]);
                let row = pending_row(&format!("n{name}"), state, 1 + name as i64 % 2);
                event("card.set", row.nonce.clone().as_str(), at_ms, Change::Pending(Box::new(row)))
            }
            1 => {
                let state = self.pick(&[PlanState::Confirmed, PlanState::Approved, PlanState::Denied, PlanState::Done]);
                let mut row = plan_row(&format!("plan{name}"), self.pick(&["BTC", "ETH"]), state, 1 + name as i64 % 2, at_ms);
                if self.below(6) == 0 {
                    row.plan.key = SourceKey::new(format!("term:plan{}", self.below(8)));
                }
                plan_event(&row)
            }
            2 | 3 => {
                let state =
                    self.pick(&[OrderState::Planned, OrderState::Planned, OrderState::Open, OrderState::Filled, OrderState::Lapsed]);
                order_event(&order_row(&format!("ord{name}"), &format!("plan{}", name % 4), state, at_ms))
            }
            4 => {
                let order = format!("ord{name}");
                fill_event(&fill_row(&format!("t{}", self.below(200)), Some(&order), Some(&format!("plan{}", name % 4)), at_ms))
            }
            5 => event("balance.set", "x", at_ms, balance(self.pick(&["USDT", "BTC", "ETH"]), name as i64)),
            6 => {
                let row = position_row(self.pick(&["BTC", "ETH", "SOL"]), self.below(2) == 0, 1);
                event("position.set", "x", at_ms, Change::Position(Box::new(row)))
            }
            _ if name < 4 => event("pnl.day", "x", at_ms, pnl_day(name as i64, 1)),
            _ => {
                let state = self.pick(&[TradingState::Active, TradingState::Active, TradingState::Reducing]);
                event("state.set", "x", at_ms, Change::State(state_row(state)))
            }
        }
    }
}

/// Reduces an answer to what both must agree on: the kind of an error, not its words (those name places and codes).
fn kind<T: std::fmt::Debug>(answer: Result<T, JournalError>) -> String {
    match answer {
        Ok(value) => format!("{value:?}"),
        Err(JournalError::Duplicate(what)) => format!("duplicate {what}"),
        Err(JournalError::NotOwner(what)) => format!("not owner {what}"),
        Err(JournalError::NotWritten(_)) => "not written".into(),
        Err(JournalError::Unknown(_)) => "unknown".into(),
    }
}

/// Runs one operation of a script. The script draws the same whatever `memory` is.
async fn operation(script: &mut Script, memory: &dyn Memory, epoch: &mut i64, number: u64) -> String {
    // Most scripts stay within a day; some jump by days, so that what is kept in mind changes.
    let at_ms = (number * 1_000 + number / 50 * 3 * 86_400_000) as i64;
    match script.below(10) {
        0 => kind(memory.inbox_claim(&message(&format!("m{}", script.below(30)), "text")).await),
        1 => {
            let notices = vec![notice(&format!("k{}", script.below(40))), notice(&format!("k{}", script.below(40)))];
            kind(memory.answer(notices, Some(SourceKey::new(format!("m{}", script.below(30))))).await)
        }
        2 => {
            let sequences = [script.below(60) as i64, script.below(60) as i64];
            kind(memory.outbox_done(&sequences).await)
        }
        3 if script.below(4) == 0 => {
            let claimed = memory.claim_desk(&account(), at(at_ms)).await;
            *epoch = claimed.clone().unwrap_or(*epoch);
            kind(claimed)
        }
        3 if script.below(4) == 0 => {
            let key = format!("m{}", script.below(30));
            let done = (script.below(2) == 0).then(|| SourceKey::new(key.clone()));
            kind(memory.record(&account(), &[act(&key, at_ms)], vec![notice(&format!("k{}", script.below(40)))], done).await)
        }
        3 | 4 => {
            let orders = (0..=script.below(2)).map(|_| order_row(&format!("ord{}", script.below(8)), "plan1", OrderState::Sending, at_ms));
            let orders = orders.collect();
            kind(memory.license(&license(*epoch - i64::from(script.below(10) == 0), orders, script.below(3) > 0)).await)
        }
        5 => {
            let which = PlanQuery::IdPrefix(script.pick(&["plan", "plan3", "ord2", "ORD7", "none", "pl"]).into());
            let events = kind(memory.events_of(&account(), &PlanId::new(format!("plan{}", script.below(8))), 20).await);
            format!("{} {events}", kind(memory.latest_plan(&account(), &which).await))
        }
        _ => {
            let mut commit = step(*epoch - i64::from(script.below(20) == 0), Vec::new());
            commit.events = (0..=script.below(5)).map(|_| script.event(at_ms)).collect();
            if script.below(2) == 0 {
                commit.postings = transfer(&format!("txn{}", script.below(80)), at_ms);
                commit.postings.extend(transfer(&format!("txn{}", script.below(80)), 1));
            }
            if script.below(20) == 0 {
                commit.postings.push(posting("odd", "cash", 1));
            }
            if script.below(4) == 0 {
                commit.snapshot = Some(snapshot(at_ms, number as i64, at_ms - 60_000));
            }
            commit.notices = vec![notice(&format!("k{}", script.below(40)))];
            commit.inbox_done = (script.below(4) == 0).then(|| SourceKey::new(format!("m{}", script.below(30))));
            kind(memory.commit(&commit).await)
        }
    }
}

async fn play(memory: &dyn Memory, seed: u64) -> (Vec<String>, String) {
    let mut script = Script(Xoshiro256PlusPlus::seed_from_u64(seed));
    let mut epoch = memory.claim_desk(&account(), at(0)).await.unwrap();
    let mut answers = Vec::new();
    for number in 0..OPERATIONS {
        answers.push(operation(&mut script, memory, &mut epoch, number).await);
    }
    whole(memory).await;
    (answers, picture(memory).await)
}

/// Plays the script of `seed` to a new database and to a new memory, and compares.
pub async fn agree(database: &dyn Memory, seed: u64) {
    let (expected, there) = play(&MemoryStore::new(seed), seed).await;
    let (answers, here) = play(database, seed).await;
    for (number, (answer, expected)) in answers.iter().zip(&expected).enumerate() {
        assert_eq!(answer, expected, "seed {seed}, operation {number}");
    }
    assert_eq!(here, there, "seed {seed}");
    for word in ["duplicate message", "duplicate plan", "duplicate execution", "duplicate a ledger", "not owner", "true", "false"] {
        assert!(seed != 3 || answers.iter().any(|answer| answer.starts_with(word)), "the script never gets the answer {word:?}");
    }
}

#[tokio::test]
async fn the_simulation_s_memory_and_sqlite_agree_on_random_scripts() {
    for seed in 0..8 {
        let scratch = Scratch::new("differential");
        agree(&Store::open_unsynced(&scratch.url()).await.unwrap(), seed).await;
    }
}

#[tokio::test]
async fn planned_faults_do_what_they_say_and_a_copy_lives_on_its_own() {
    use outcry::engine::ports::Journal;
    use outcry::store::history::History;
    let memory = MemoryStore::new(0);
    let epoch = memory.claim_desk(&account(), at(0)).await.unwrap();
    let set = |units| step(epoch, vec![event("balance.set", "USDT", units, balance("USDT", units))]);
    let count = async |memory: &MemoryStore| memory.chain_head(&account()).await.unwrap().unwrap().count;
    memory.plan_fault(1, CommitFault::NotWritten);
    memory.plan_fault(2, CommitFault::UnknownBefore);
    memory.plan_fault(3, CommitFault::UnknownAfter);
    memory.commit(&set(1)).await.unwrap();
    assert!(matches!(memory.commit(&set(2)).await, Err(JournalError::NotWritten(_))));
    assert!(matches!(memory.commit(&set(3)).await, Err(JournalError::Unknown(_))));
    assert_eq!(count(&memory).await, 1);
    assert!(matches!(memory.commit(&set(4)).await, Err(JournalError::Unknown(_))));
    assert_eq!(count(&memory).await, 2);
    let copy = memory.copied();
    memory.set_broken(Some("the disk is full".into()));
    assert!(matches!(memory.commit(&set(5)).await, Err(JournalError::NotWritten(_))));
    assert!(matches!(memory.inbox_claim(&message("m", "")).await, Err(JournalError::NotWritten(_))));
    copy.commit(&set(6)).await.unwrap();
    assert_eq!((count(&memory).await, count(&copy).await), (2, 3));
    assert_eq!(copy.inbox_claim(&message("m", "")).await, Ok(InboxClaim::New));
}
