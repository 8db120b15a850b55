//! What the tests of the face talk to while nothing else runs: an in-memory journal, a market that stands still, and a
//! desk that notes what reaches it.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use outcry::bot::answers::Answers;
use outcry::bot::intake::Intake;
use outcry::domain::actor::{ChatId, Role};
use outcry::domain::event::DeskEvent;
use outcry::domain::ids::{AccountId, PlanId, SourceKey};
use outcry::domain::instrument::{Currency, Instrument, InstrumentId, Market};
use outcry::domain::market::{MarketSource, Quote};
use outcry::domain::money::Price;
use outcry::domain::notice::{Notice, NoticeBody};
use outcry::domain::order::Side;
use outcry::domain::request::{CancelWhich, Command, Query, Reply, Request, TradingWord, Window};
use outcry::domain::rows::{BalanceRow, FillRow, OrderRow, PendingRow, PlanRow, PnlDayRow, PositionRow, StateRow};
use outcry::domain::snapshot::SnapshotRow;
use outcry::domain::time::Timestamp;
use outcry::engine::desk::door::{DeskDoor, DoorError, Envelope};
use outcry::engine::desk::input::Input;
use outcry::engine::ports::{
    BookRows, Clock, Commit, InboxClaim, InboxMessage, Journal, JournalError, License, OutboxNotice, PlanQuery, Quotes, Views,
};
use outcry::nlp::reading::{NotUnderstood, Question, Reading};
use tokio::sync::mpsc;

use super::terminal_fixtures::{NOW, actor, amount, close_request, instrument, notice, open_request, quote};

/// What the account has, and what was stored.
#[derive(Default)]
pub struct Memory {
    pub inbox: Vec<(InboxMessage, bool)>,
    pub outbox: Vec<OutboxNotice>,
    pub question: Option<String>,
    pub acts: Vec<DeskEvent>,
    pub card: Option<PendingRow>,
    pub positions: Vec<PositionRow>,
    pub orders: Vec<OrderRow>,
    pub balances: Vec<BalanceRow>,
    pub pnl_days: Vec<PnlDayRow>,
    pub fails: Option<JournalError>,
    sequence: i64,
}

#[derive(Clone, Default)]
pub struct FakeJournal(pub Arc<Mutex<Memory>>);

impl FakeJournal {
    pub fn with<T>(&self, look: impl FnOnce(&mut Memory) -> T) -> T {
        look(&mut self.0.lock().unwrap())
    }

    fn checked<T>(&self, look: impl FnOnce(&mut Memory) -> T) -> Result<T, JournalError> {
        self.with(|memory| memory.fails.clone().map_or_else(|| Ok(look(memory)), Err))
    }

    pub fn store(&self, notices: Vec<Notice>, done: Option<&SourceKey>) -> Result<(), JournalError> {
        self.checked(|memory| {
            for notice in notices {
                memory.sequence += 1;
                memory.outbox.push(OutboxNotice { sequence: memory.sequence, notice });
            }
            for (message, is_done) in &mut memory.inbox {
                *is_done |= Some(&message.key) == done;
            }
        })
    }

    pub fn bodies(&self) -> Vec<NoticeBody> {
        self.with(|memory| memory.outbox.iter().map(|entry| entry.notice.body.clone()).collect())
    }
}

#[async_trait]
impl Journal for FakeJournal {
    async fn claim_desk(&self, _: &AccountId, _: Timestamp) -> Result<i64, JournalError> {
        Ok(1)
    }
    async fn load(&self, _: &AccountId) -> Result<BookRows, JournalError> {
        Ok(BookRows::default())
    }
    async fn commit(&self, _: &Commit) -> Result<(), JournalError> {
        Ok(())
    }
    async fn license(&self, _: &License) -> Result<bool, JournalError> {
        Ok(false)
    }
    async fn inbox_claim(&self, message: &InboxMessage) -> Result<InboxClaim, JournalError> {
        self.checked(|memory| match memory.inbox.iter().find(|(known, _)| known.key == message.key) {
            Some((_, true)) => InboxClaim::Done,
            Some((_, false)) => InboxClaim::Open,
            None => {
                memory.inbox.push((message.clone(), false));
                InboxClaim::New
            }
        })
    }
    async fn inbox_open(&self) -> Result<Vec<InboxMessage>, JournalError> {
        self.checked(|memory| memory.inbox.iter().filter(|(_, done)| !done).map(|(message, _)| message.clone()).collect())
    }
    async fn outbox_next(&self, count: u32) -> Result<Vec<OutboxNotice>, JournalError> {
        self.checked(|memory| memory.outbox.iter().take(count as usize).cloned().collect())
    }
    async fn outbox_done(&self, sequences: &[i64]) -> Result<(), JournalError> {
        self.checked(|memory| memory.outbox.retain(|entry| !sequences.contains(&entry.sequence)))
    }
    async fn answer(&self, notices: Vec<Notice>, inbox_done: Option<SourceKey>) -> Result<(), JournalError> {
        self.store(notices, inbox_done.as_ref())
    }
    async fn record(
        &self,
        _: &AccountId,
        acts: &[DeskEvent],
        notices: Vec<Notice>,
        inbox_done: Option<SourceKey>,
    ) -> Result<(), JournalError> {
        self.checked(|memory| memory.acts.extend(acts.to_vec()))?;
        self.store(notices, inbox_done.as_ref())
    }
    async fn open_question(&self, _: ChatId) -> Result<Option<String>, JournalError> {
        self.checked(|memory| memory.question.clone())
    }
    async fn set_question(&self, _: ChatId, question: Option<String>) -> Result<(), JournalError> {
        self.checked(|memory| memory.question = question)
    }
    async fn install_key(&self, _: &[u8]) -> Result<Vec<u8>, JournalError> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl Views for FakeJournal {
    async fn positions(&self, _: &AccountId) -> Result<Vec<PositionRow>, JournalError> {
        self.checked(|memory| memory.positions.clone())
    }
    async fn open_orders(&self, _: &AccountId) -> Result<Vec<OrderRow>, JournalError> {
        self.checked(|memory| memory.orders.clone())
    }
    async fn balances(&self, _: &AccountId) -> Result<Vec<BalanceRow>, JournalError> {
        self.checked(|memory| memory.balances.clone())
    }
    async fn state(&self, _: &AccountId) -> Result<Option<StateRow>, JournalError> {
        Ok(None)
    }
    async fn pnl_days(&self, _: &AccountId, from: Timestamp) -> Result<Vec<PnlDayRow>, JournalError> {
        self.checked(|memory| memory.pnl_days.iter().filter(|row| row.day >= from).cloned().collect())
    }
    async fn fills(&self, _: &AccountId, _: u32) -> Result<Vec<FillRow>, JournalError> {
        Ok(Vec::new())
    }
    async fn fill_count(&self, _: &AccountId) -> Result<u64, JournalError> {
        Ok(0)
    }
    async fn fills_page(&self, _: &AccountId, _: u64, _: u32) -> Result<Vec<FillRow>, JournalError> {
        Ok(Vec::new())
    }
    async fn fills_after(&self, _: &AccountId, _: i64, _: u32) -> Result<Vec<(i64, FillRow)>, JournalError> {
        Ok(Vec::new())
    }
    async fn snapshot_at(&self, _: &AccountId, _: Timestamp) -> Result<Option<SnapshotRow>, JournalError> {
        Ok(None)
    }
    async fn snapshots(&self, _: &AccountId, _: Timestamp, _: u32) -> Result<Vec<SnapshotRow>, JournalError> {
        Ok(Vec::new())
    }
    async fn open_pending(&self, _: &AccountId, _: ChatId) -> Result<Option<PendingRow>, JournalError> {
        self.checked(|memory| memory.card.clone())
    }
    async fn latest_plan(&self, _: &AccountId, _: &PlanQuery) -> Result<Option<PlanRow>, JournalError> {
        Ok(None)
    }
    async fn events_of(&self, _: &AccountId, _: &PlanId, _: u32) -> Result<Vec<DeskEvent>, JournalError> {
        Ok(Vec::new())
    }
}

pub struct StillMarket;

impl Quotes for StillMarket {
    fn quote(&self, wanted: &InstrumentId) -> Option<Quote> {
        (wanted.symbol == instrument(Market::Spot).symbol).then(quote)
    }
    fn atr_1h(&self, _: &InstrumentId) -> Option<Price> {
        None
    }
    fn source(&self) -> MarketSource {
        MarketSource::Simulated
    }
}

#[derive(Clone)]
pub struct StillClock(pub Arc<Mutex<Timestamp>>);

#[async_trait]
impl Clock for StillClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
    async fn sleep_until(&self, _: Timestamp) {}
}

/// A small language: just the sentences of the tests.
pub fn read(text: &str) -> Reading {
    let request = match text {
        "/start" => Request::Query(Query::Start),
        "help" => Request::Query(Query::Help),
        "positions" => Request::Query(Query::Positions(None)),
        "pnl" => Request::Query(Query::Pnl(Window::Week)),
        "balance" => Request::Query(Query::Balance),
        "buy 200 usdt of btc" | "buy btc 200" => Request::Command(Command::Open(open_request())),
        "close btc" => Request::Command(Command::Close(close_request())),
        "cancel" => Request::Command(Command::Cancel(CancelWhich::Only)),
        "pause" => Request::Command(Command::Trading(TradingWord::Pause)),
        "stop" => Request::Command(Command::Trading(TradingWord::Stop)),
        "resume" => Request::Command(Command::Trading(TradingWord::Resume)),
        "yes" => Request::Reply(Reply::Confirm),
        "no" => Request::Reply(Reply::Decline),
        "half" => Request::Reply(Reply::Half),
        "limit" => Request::Reply(Reply::ToLimit),
        "wait 10m" => Request::Wait(600_000),
        "wait 0" => Request::Wait(0),
        "quit" => Request::Quit,
        "buy btc" => {
            let (text, understood) = ("How much?".to_owned(), "buy BTC/USDT".to_owned());
            return Reading::Question(Question { text, missing: vec!["amount"], choices: Vec::new(), understood });
        }
        "btc" => {
            let choices = vec!["positions".to_owned(), "close btc".to_owned()];
            return Reading::Question(Question {
                text: "What about it?".to_owned(),
                missing: Vec::new(),
                choices,
                understood: String::new(),
            });
        }
        "by 200 usdt of btc" => {
            let suggestion = Some("buy 200 usdt of btc".to_owned());
            return Reading::NotUnderstood(NotUnderstood {
                text: "I do not know what “by” means here, so I did nothing.".to_owned(),
                understood: String::new(),
                unknown: vec!["by".to_owned()],
                suggestion,
            });
        }
        number => match number.parse() {
            Ok(number) => Request::Reply(Reply::Choice(number)),
            Err(_) => {
                let unknown = vec![text.chars().take(20).collect()];
                return Reading::NotUnderstood(NotUnderstood {
                    text: "I do not know what that means here, so I did nothing.".to_owned(),
                    understood: String::new(),
                    unknown,
                    suggestion: None,
                });
            }
        },
    };
    Reading::Request(request)
}

/// The face's world.
pub struct World {
    pub journal: FakeJournal,
    pub clock: StillClock,
    pub intake: Arc<Intake>,
    pub queue: mpsc::Receiver<Envelope>,
}

pub fn world() -> World {
    let journal = FakeJournal::default();
    journal.with(|memory| memory.balances.push(BalanceRow { currency: Currency::new("USDT"), cash: amount("100000") }));
    let clock = StillClock(Arc::new(Mutex::new(NOW)));
    let (door, queue) = DeskDoor::new();
    let answers = Answers {
        account: AccountId::new("main"),
        quote_currency: Currency::new("USDT"),
        instruments: Vec::<Instrument>::new(),
        settings: Vec::new(),
        views: Arc::new(journal.clone()),
        quotes: Arc::new(StillMarket),
        pages: Default::default(),
    };
    let users = Arc::new(outcry::store::memory::MemoryStore::new(0));
    let intake = Intake { journal: Arc::new(journal.clone()), door, clock: Arc::new(clock.clone()), read: Arc::new(read), answers, users };
    World { journal, clock, intake: Arc::new(intake), queue }
}

/// Answers everything that reaches the desk with `answer`, and returns what reached it once the face is gone.
pub async fn desk(journal: FakeJournal, mut queue: mpsc::Receiver<Envelope>, answer: Result<(), DoorError>) -> Vec<String> {
    let mut seen = Vec::new();
    while let Some(envelope) = queue.recv().await {
        let (text, key) = told(&envelope.input);
        seen.push(text.clone());
        if answer.is_ok() {
            let told = Notice { key: text.clone(), cause: key.clone(), ..notice(NoticeBody::Text(text)) };
            journal.store(vec![told], key.as_ref()).unwrap();
        }
        if let Some(done) = envelope.done {
            let _ = done.send(answer.clone());
        }
    }
    seen
}

/// An input in short, with its cause.
fn told(input: &Input) -> (String, Option<SourceKey>) {
    match input {
        Input::Propose(proposal) => {
            let want = match &proposal.want {
                outcry::domain::proposal::Want::Open(open) => {
                    format!("open {}", if open.verb.side() == Side::Buy { "buy" } else { "sell" })
                }
                outcry::domain::proposal::Want::Close(_) => "close".to_owned(),
                outcry::domain::proposal::Want::Amend(_) => "amend".to_owned(),
                outcry::domain::proposal::Want::Protect(_) => "protect".to_owned(),
                outcry::domain::proposal::Want::Resume => "resume".to_owned(),
            };
            (format!("{want} “{}”", proposal.text), Some(proposal.key.clone()))
        }
        Input::Tap { verb, key, .. } => (format!("tap {verb:?}"), Some(key.clone())),
        Input::Cancel { which, key, .. } => (format!("cancel {which:?}"), Some(key.clone())),
        Input::Trading { word, key, .. } => (format!("word {word:?}"), Some(key.clone())),
        other => (format!("{other:?}"), None),
    }
}

pub fn message(number: u64, body: &str, role: Role) -> InboxMessage {
    InboxMessage { key: SourceKey::new(format!("term:s:{number}")), actor: actor(role), body: body.to_owned(), received_at: NOW }
}
