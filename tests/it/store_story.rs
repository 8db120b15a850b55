//! One store story, told on SQLite, in memory and on PostgreSQL: what is durable, what is refused, and what is read back.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use outcry::domain::actor::ChatId;
use outcry::domain::event::Change;
use outcry::domain::ids::{PlanId, SourceKey};
use outcry::domain::instrument::Symbol;
use outcry::domain::order::OrderState;
use outcry::domain::rows::{PendingState, PlanState, TradingState};
use outcry::engine::ports::{InboxClaim, Journal, JournalError, PlanQuery, Views};
use outcry::store::history::History;
use outcry::store::memory::MemoryStore;
use outcry::store::open::Store;
use outcry::store::{chain, rebuild, seal};

use crate::store_story_rows::*;

/// Everything a durable memory does.
pub trait Memory: Journal + Views + History {}
impl<T: Journal + Views + History> Memory for T {}

/// A directory of its own that is gone when the story ends.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new(name: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let unique = format!("outcry-{name}-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(unique);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn url(&self) -> String {
        format!("sqlite://{}", self.0.join("story.db").display())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn duplicate<T: std::fmt::Debug>(result: Result<T, JournalError>) {
    assert!(matches!(result, Err(JournalError::Duplicate(_))), "{result:?}");
}

fn not_owner<T: std::fmt::Debug>(result: Result<T, JournalError>) {
    assert!(matches!(result, Err(JournalError::NotOwner(_))), "{result:?}");
}

fn not_written<T: std::fmt::Debug>(result: Result<T, JournalError>) {
    assert!(matches!(result, Err(JournalError::NotWritten(_))), "{result:?}");
}

/// The story. `memory` must be new.
pub async fn tell(memory: &dyn Memory) {
    let key = memory.install_key(&[7; 32]).await.unwrap();
    assert_eq!(key.len(), 32);
    assert_eq!(memory.install_key(&[8; 32]).await.unwrap(), key, "the install key stays");
    assert_eq!(memory.load(&account()).await.unwrap(), Default::default());
    not_owner(memory.commit(&step(1, Vec::new())).await);
    let old = memory.claim_desk(&account(), at(0)).await.unwrap();
    let epoch = memory.claim_desk(&account(), at(1)).await.unwrap();
    assert_eq!((old, epoch), (1, 2));
    not_owner(memory.commit(&step(old, vec![event("state.set", "paper", 0, Change::State(state_row(TradingState::Active)))])).await);
    messages(memory, epoch).await;
    questions(memory).await;
    facts(memory, epoch).await;
    licences(memory, epoch, old).await;
    plans(memory).await;
    crate::store_story_reports::tell(memory).await;
    whole(memory).await;
}

async fn messages(memory: &dyn Memory, epoch: i64) {
    let hello = message("term:1", "buy 200 usdt of btc \u{0} 🦀");
    assert_eq!(memory.inbox_claim(&hello).await, Ok(InboxClaim::New));
    assert_eq!(memory.inbox_claim(&hello).await, Ok(InboxClaim::Open));
    assert_eq!(memory.inbox_claim(&message("term:2", "")).await, Ok(InboxClaim::New));
    assert_eq!(memory.inbox_open().await.unwrap(), [hello.clone(), message("term:2", "")]);
    not_written(memory.inbox_claim(&message("term:long", &"x".repeat(2 << 20))).await);

    memory.answer(vec![notice("a"), notice("b"), notice("a")], Some(SourceKey::new("term:2"))).await.unwrap();
    duplicate(memory.answer(vec![notice("c")], Some(SourceKey::new("term:2"))).await);
    let mut commit = step(epoch, Vec::new());
    commit.notices = vec![notice("b"), notice("d")];
    commit.inbox_done = Some(SourceKey::new("term:1"));
    memory.commit(&commit.clone()).await.unwrap();
    duplicate(memory.commit(&commit).await);
    assert_eq!(memory.inbox_claim(&hello).await, Ok(InboxClaim::Done));
    assert_eq!(memory.inbox_open().await, Ok(Vec::new()));

    // A message that was dealt with before it came in (a face that crashed in between) is done when it comes.
    memory.answer(Vec::new(), Some(SourceKey::new("term:late"))).await.unwrap();
    assert_eq!(memory.inbox_claim(&message("term:late", "hi")).await, Ok(InboxClaim::Done));

    let queue = memory.outbox_next(10).await.unwrap();
    assert_eq!(queue.iter().map(|out| (out.sequence, out.notice.key.as_str())).collect::<Vec<_>>(), [(1, "a"), (2, "b"), (5, "d")]);
    assert_eq!(queue[0].notice, notice("a"));
    memory.outbox_done(&[1, 5]).await.unwrap();
    memory.answer(vec![notice("a")], None).await.unwrap();
    assert_eq!(memory.outbox_next(1).await.unwrap()[0].sequence, 2, "a delivered notice is not told again");
    assert_eq!(memory.outbox_next(10).await.unwrap().len(), 1);
}

async fn questions(memory: &dyn Memory) {
    let chat = ChatId(-100_123);
    assert_eq!(memory.open_question(chat).await, Ok(None));
    memory.set_question(chat, Some("{\"q\":1}".into())).await.unwrap();
    memory.set_question(chat, Some("not json \u{0}".into())).await.unwrap();
    assert_eq!(memory.open_question(chat).await, Ok(Some("not json \u{0}".into())));
    memory.set_question(chat, None).await.unwrap();
    assert_eq!(memory.open_question(chat).await, Ok(None));
}

/// Rows of every kind, and what must fail as a whole.
async fn facts(memory: &dyn Memory, epoch: i64) {
    let mut commit = step(
        epoch,
        vec![
            event("card.shown", "n1", 1, Change::Pending(Box::new(pending_row("n1", PendingState::Open, 1)))),
            event("card.shown", "n2", 2, Change::Pending(Box::new(pending_row("n2", PendingState::Open, 1)))),
            event("card.shown", "n3", 2, Change::Pending(Box::new(pending_row("n3", PendingState::Declined, 2)))),
            plan_event(&plan_row("abcd-1", "BTC", PlanState::Confirmed, 1, 3)),
            order_event(&order_row("ord-1", "abcd-1", OrderState::Planned, 4)),
            order_event(&order_row("ord-2", "abcd-1", OrderState::Planned, 4)),
            fill_event(&fill_row("t1", Some("ord-0"), None, 5)),
            event("balance.set", "USDT", 6, balance("USDT", 999_990_000)),
            event("position.changed", "BTC/USDT:perp", 6, Change::Position(Box::new(position_row("BTC", false, 1)))),
            event("position.changed", "ETH/USDT:perp", 6, Change::Position(Box::new(position_row("ETH", true, 3)))),
            event("pnl.day", "d0", 6, pnl_day(0, 1)),
            event("pnl.day", "d-1", 6, pnl_day(-1, 7)),
            event("balance.set", "BTC", 7, balance("BTC", 5)),
            event("balance.set", "USDT", 7, balance("USDT", 999_980_000)),
        ],
    );
    commit.postings = transfer("deposit:USDT", 1_000_000_000);
    memory.commit(&commit).await.unwrap();

    let before = memory.chain_head(&account()).await.unwrap().unwrap();
    let mut twice = step(epoch, vec![event("balance.set", "X", 8, balance("X", 1)), fill_event(&fill_row("t1", None, None, 9))]);
    duplicate(memory.commit(&twice.clone()).await);
    twice.events[1] = fill_event(&fill_row("t2", None, None, 9));
    twice.events.push(fill_event(&fill_row("t2", None, None, 9)));
    duplicate(memory.commit(&twice.clone()).await);
    let mut other = plan_row("abcd-2", "BTC", PlanState::Confirmed, 1, 9);
    other.plan.key = SourceKey::new("term:abcd-1");
    duplicate(memory.commit(&step(epoch, vec![plan_event(&other)])).await);
    let mut unbalanced = step(epoch, Vec::new());
    unbalanced.postings = vec![posting("fill:t2", "cash", 5)];
    not_written(memory.commit(&unbalanced.clone()).await);
    unbalanced.postings = transfer("deposit:USDT", 7);
    duplicate(memory.commit(&unbalanced).await);
    assert_eq!(memory.chain_head(&account()).await.unwrap().unwrap(), before, "what was refused left nothing");

    let book = memory.load(&account()).await.unwrap();
    assert_eq!(book.pendings.iter().map(|row| row.nonce.as_str()).collect::<Vec<_>>(), ["n1", "n2"]);
    assert_eq!(book.plans, [plan_row("abcd-1", "BTC", PlanState::Confirmed, 1, 3)]);
    assert_eq!(book.orders.len(), 2);
    assert_eq!(book.fills, [fill_row("t1", Some("ord-0"), None, 5)]);
    assert_eq!(
        book.balances.iter().map(|row| (row.currency.as_str(), row.cash)).collect::<Vec<_>>(),
        [("USDT", amount(999_980_000)), ("BTC", amount(5))]
    );
    assert_eq!(book.positions.len(), 2, "a flat position keeps its generation");
    assert_eq!((book.state, book.last_event_at), (None, Some(at(7))));
    assert_eq!(Change::PnlDay(book.pnl_day.unwrap()), pnl_day(0, 1));
    assert_eq!(memory.positions(&account()).await.unwrap(), [position_row("BTC", false, 1)]);
    assert_eq!(memory.pnl_days(&account(), at(0).day_start()).await.unwrap().len(), 1);
    assert_eq!(memory.open_pending(&account(), ChatId(1)).await.unwrap().unwrap().nonce.as_str(), "n2");
    assert_eq!(memory.open_pending(&account(), ChatId(2)).await.unwrap(), None);
}

async fn licences(memory: &dyn Memory, epoch: i64, old: i64) {
    let sending = |id: &str| order_row(id, "abcd-1", OrderState::Sending, 10);
    assert_eq!(memory.license(&license(epoch, vec![sending("ord-1")], true)).await, Ok(false), "no trading state, no new risk");
    let set = |state| step(epoch, vec![event("state.set", "paper", 9, Change::State(state_row(state)))]);
    memory.commit(&set(TradingState::Reducing)).await.unwrap();
    assert_eq!(memory.license(&license(epoch, vec![sending("ord-1")], true)).await, Ok(false), "reducing takes no new risk");
    memory.commit(&set(TradingState::Active)).await.unwrap();
    assert_eq!(memory.license(&license(old, vec![sending("ord-1")], true)).await, Ok(false), "an old epoch sends nothing");
    assert_eq!(memory.license(&license(epoch, vec![sending("ord-1"), sending("none")], true)).await, Ok(false), "all or none");
    assert_eq!(memory.license(&license(epoch, vec![sending("ord-1"), sending("ord-1")], true)).await, Ok(false), "none twice");
    let mut untold = license(epoch, vec![sending("ord-1")], true);
    untold.events.clear();
    not_written(memory.license(&untold).await);
    not_written(memory.license(&license(epoch, vec![order_row("ord-1", "abcd-1", OrderState::Open, 10)], true)).await);
    assert!(memory.open_orders(&account()).await.unwrap().iter().all(|order| order.state == OrderState::Planned));

    assert_eq!(memory.license(&license(epoch, vec![sending("ord-1")], true)).await, Ok(true));
    assert_eq!(memory.license(&license(epoch, vec![sending("ord-1")], true)).await, Ok(false), "one licence, one send");
    memory.commit(&set(TradingState::Halted)).await.unwrap();
    assert_eq!(memory.license(&license(epoch, vec![sending("ord-2")], false)).await, Ok(true), "an exit needs no active state");
    assert_eq!(memory.open_orders(&account()).await.unwrap(), [sending("ord-1"), sending("ord-2")]);
}

async fn plans(memory: &dyn Memory) {
    let epoch = memory.claim_desk(&account(), at(20)).await.unwrap();
    let day = 86_400_000;
    memory
        .commit(&step(
            epoch,
            vec![
                plan_event(&plan_row("abcd-1", "BTC", PlanState::Done, 1, 3)),
                plan_event(&plan_row("Ef%_-2", "ETH", PlanState::Denied, 1, 30)),
                plan_event(&plan_row("9999-3", "ETH", PlanState::Denied, 2, 30)),
                order_event(&order_row("ord-1", "abcd-1", OrderState::Filled, 31)),
                order_event(&order_row("ord-2", "abcd-1", OrderState::Lapsed, 31)),
                fill_event(&fill_row("t3", Some("ord-1"), Some("abcd-1"), 31)),
                event("note.made", "ord-1", 32, balance("USDT", 1)),
            ],
        ))
        .await
        .unwrap();
    let found = async |which| memory.latest_plan(&account(), &which).await.unwrap().map(|row| row.plan.id.to_string());
    assert_eq!(found(PlanQuery::Chat(ChatId(1))).await.as_deref(), Some("Ef%_-2"));
    assert_eq!(found(PlanQuery::Chat(ChatId(7))).await, None);
    assert_eq!(found(PlanQuery::Symbol(Symbol::new("eth", "usdt"))).await.as_deref(), Some("9999-3"), "the later of two at one moment");
    for (prefix, plan) in
        [("abcd", Some("abcd-1")), ("ORD-", Some("abcd-1")), ("ef%_", Some("Ef%_-2")), ("%%%%", None), ("abc", None), ("____", None)]
    {
        assert_eq!(found(PlanQuery::IdPrefix(prefix.into())).await.as_deref(), plan, "{prefix}");
    }
    let events = memory.events_of(&account(), &PlanId::new("abcd-1"), 100).await.unwrap();
    let kinds: Vec<&str> = events.iter().map(|event| event.kind.as_str()).collect();
    let told = ["plan.confirmed", "order.planned", "order.planned", "order.sending", "order.sending", "plan.done"];
    assert_eq!(kinds, [&told[..], &["order.filled", "order.lapsed", "fill.booked", "note.made"]].concat());
    assert_eq!(memory.events_of(&account(), &PlanId::new("abcd-1"), 2).await.unwrap().len(), 2);
    assert_eq!(memory.fills(&account(), 1).await.unwrap(), [fill_row("t3", Some("ord-1"), Some("abcd-1"), 31)]);

    // Seven days later only what is not done is kept in mind, besides what late news may be about.
    let late = 7 * day + 32;
    memory.commit(&step(epoch, vec![order_event(&order_row("ord-9", "9999-3", OrderState::Open, late))])).await.unwrap();
    let book = memory.load(&account()).await.unwrap();
    assert_eq!(book.orders.iter().map(|row| row.spec.id.as_str()).collect::<Vec<_>>(), ["ord-9"]);
    assert_eq!((book.fills.len(), book.plans.len()), (0, 0));
}

/// The record is whole, and the tables are what it makes.
pub async fn whole(memory: &dyn Memory) {
    let report = chain::verify(memory, None).await.unwrap();
    for (account, head) in &report.heads {
        assert_eq!(memory.chain_head(account).await.unwrap().as_ref(), Some(head));
        rebuild::compare(memory, account).await.unwrap();
        seal::compare(memory, account).await.unwrap();
    }
}

/// Returns everything there is to read, for comparing two memories.
pub async fn picture(memory: &dyn Memory) -> String {
    let account = account();
    let mut words = format!("{:?}\n", memory.load(&account).await.unwrap());
    words += &format!("{:?}\n", memory.chain_head(&account).await.unwrap());
    words += &format!("{:?}\n{:?}\n", memory.outbox_next(1_000).await.unwrap(), memory.inbox_open().await.unwrap());
    words += &format!("{:?}\n", memory.postings(&account, 0, 1_000).await.unwrap());
    words += &format!("{:?}\n", memory.fills(&account, 1_000).await.unwrap());
    words += &format!("{:?}\n", memory.fills_page(&account, 3, 5).await.unwrap());
    words += &format!("{:?}\n", memory.fills_after(&account, 7, 5).await.unwrap());
    words += &format!("{:?}\n", memory.snapshots(&account, at(3_000), 1_000).await.unwrap());
    words += &format!("{:?}\n", memory.open_pending(&account, ChatId(1)).await.unwrap());
    words
}

#[tokio::test]
async fn the_story_holds_on_sqlite_and_after_reopening() {
    let scratch = Scratch::new("story");
    let store = Store::open(&scratch.url()).await.unwrap();
    tell(&store).await;
    let before = picture(&store).await;
    store.close().await;
    drop(store);
    let store = Store::open(&scratch.url()).await.unwrap();
    assert_eq!(picture(&store).await, before);
    whole(&store).await;
}

#[tokio::test]
async fn the_story_holds_in_memory_and_after_a_crash() {
    let memory = MemoryStore::new(1);
    tell(&memory).await;
    let before = picture(&memory).await;
    let again = memory.reopen();
    assert_eq!(picture(&again).await, before);
    assert!(matches!(memory.load(&account()).await, Err(JournalError::NotWritten(_))), "the dead read nothing");
    whole(&again).await;
}

#[tokio::test]
async fn readers_see_a_commit_as_soon_as_it_returns() {
    let scratch = Scratch::new("readers");
    let store = Arc::new(Store::open(&scratch.url()).await.unwrap());
    let epoch = store.claim_desk(&account(), at(0)).await.unwrap();
    for number in 1..=100 {
        store.commit(&step(epoch, vec![event("balance.set", "USDT", number, balance("USDT", number))])).await.unwrap();
        assert_eq!(store.balances(&account()).await.unwrap()[0].cash, amount(number));
    }
}
