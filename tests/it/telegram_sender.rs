//! The sending loop in paused time, on a wire that does what the test says: order, rates, waits, failures.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use outcry::bot::telegram::face::delivery::Delivery;
use outcry::bot::telegram::face::sender::{CAUSE_KEY, Health, Sender, Sending};
use outcry::bot::telegram::face::window::Rates;
use outcry::bot::telegram::face::wire::{Letter, MenuEntry, Wire, WireError};
use outcry::bot::telegram::face::wishes::{Kind, Level, Route, Subject, Wishes};
use outcry::clock::WallClock;
use outcry::domain::actor::ChatId;
use outcry::domain::ids::{AccountId, SourceKey};
use outcry::domain::notice::{Notice, NoticeBody};
use outcry::domain::time::Timestamp;
use outcry::engine::deadline::pause;
use outcry::engine::ports::{Clock, Journal};
use outcry::store::marks::{ChatMarks, Mark};
use outcry::store::memory::MemoryStore;
use outcry::tasks::Tasks;
use rust_decimal::Decimal;
use tokio::sync::{Notify, watch};

use crate::terminal_fixtures::{NONCE, place, spot_card};

pub const OWNER: ChatId = ChatId(1);

/// A request as it left, and when.
#[derive(Debug, Clone)]
struct Left {
    at: i64,
    chat: i64,
    into: Option<i64>,
    marked: bool,
    letter: Letter,
}

/// A wire that notes what leaves, and fails as scripted.
struct Script {
    clock: Arc<WallClock>,
    left: Mutex<Vec<Left>>,
    failures: Mutex<BTreeMap<i64, VecDeque<WireError>>>,
    silent: Mutex<Vec<i64>>,
}

impl Script {
    fn fail(&self, chat: i64, failures: impl IntoIterator<Item = WireError>) {
        self.failures.lock().unwrap().entry(chat).or_default().extend(failures);
    }

    fn shown(&self) -> Vec<Left> {
        self.left.lock().unwrap().clone()
    }

    fn texts(&self, chat: i64) -> Vec<String> {
        self.shown().iter().filter(|left| left.chat == chat).map(|left| left.letter.part.plain.clone()).collect()
    }

    async fn take(&self, letter: &Letter, into: Option<i64>, marked: bool) -> Result<i64, WireError> {
        let chat = letter.chat.0;
        if self.silent.lock().unwrap().contains(&chat) {
            std::future::pending::<()>().await;
        }
        if let Some(failure) = self.failures.lock().unwrap().get_mut(&chat).and_then(VecDeque::pop_front) {
            return Err(failure);
        }
        let mut left = self.left.lock().unwrap();
        left.push(Left { at: self.clock.now().ms(), chat, into, marked, letter: letter.clone() });
        Ok(i64::try_from(left.len()).unwrap())
    }
}

#[async_trait]
impl Wire for Script {
    async fn send(&self, letter: &Letter, marked: bool) -> Result<i64, WireError> {
        self.take(letter, None, marked).await
    }

    async fn edit(&self, message: i64, letter: &Letter, marked: bool) -> Result<(), WireError> {
        self.take(letter, Some(message), marked).await.map(drop)
    }

    async fn delete(&self, _: ChatId, _: i64) -> Result<(), WireError> {
        Ok(())
    }

    async fn set_menu(&self, _: Option<ChatId>, _: &[MenuEntry]) -> Result<(), WireError> {
        Ok(())
    }
}

/// A sending side with its outbox.
struct Bench {
    store: MemoryStore,
    wire: Arc<Script>,
    committed: Arc<Notify>,
    running: Tasks,
    health: watch::Receiver<Health>,
    count: std::cell::Cell<u32>,
}

impl Bench {
    fn new() -> Self {
        let clock = Arc::new(WallClock::new(Timestamp::from_ms(1_790_000_000_000), Decimal::ONE));
        let wire = Arc::new(Script { clock, left: Mutex::default(), failures: Mutex::default(), silent: Mutex::default() });
        let store = MemoryStore::new(7);
        let mut bench = Self {
            store,
            wire,
            committed: Arc::new(Notify::new()),
            running: Tasks::default(),
            health: watch::Sender::new(Health { sending: Sending::Well, waiting: 0 }).subscribe(),
            count: std::cell::Cell::new(0),
        };
        bench.start();
        bench
    }

    fn start(&mut self) {
        let delivery = Delivery {
            wire: Arc::<Script>::clone(&self.wire),
            marks: Arc::new(self.store.clone()),
            views: Arc::new(self.store.clone()),
            account: AccountId::new("paper"),
            place: place(),
            clock: Arc::<WallClock>::clone(&self.wire.clock),
            reply_keyboard: Vec::new(),
        };
        let sender = Sender::new(delivery, Arc::new(self.store.clone()), OWNER, Arc::clone(&self.committed), Rates::default());
        self.health = sender.health();
        self.running.spawn("sender", async move {
            sender.run().await;
            Ok::<(), String>(())
        });
    }

    async fn tell(&self, notices: Vec<Notice>) {
        self.store.answer(notices, None).await.unwrap();
        self.committed.notify_one();
    }

    fn text(&self, chat: i64, text: &str) -> Notice {
        self.notice(chat, NoticeBody::Question { text: text.to_owned(), choices: Vec::new() })
    }

    fn notice(&self, chat: i64, body: NoticeBody) -> Notice {
        self.count.set(self.count.get() + 1);
        let key = format!("n{}", self.count.get());
        let cause = Some(SourceKey::new(format!("tg:1:{key}:1")));
        Notice { key, chat: Some(ChatId(chat)), cause, at: Timestamp::from_ms(0), body }
    }

    async fn left_in_outbox(&self) -> usize {
        self.store.outbox_next(1_000).await.unwrap().len()
    }

    fn now(&self) -> i64 {
        self.wire.clock.now().ms()
    }
}

fn alert(text: &str) -> NoticeBody {
    NoticeBody::Alert { text: text.to_owned(), code: None }
}

async fn seconds(seconds: u64) {
    pause(Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn a_chat_that_never_answers_holds_up_no_other() {
    let bench = Bench::new();
    bench.wire.silent.lock().unwrap().push(7);
    let stuck = (0..700).map(|n| bench.text(7, &format!("stuck {n}")));
    let mut notices: Vec<Notice> = stuck.collect();
    notices.extend((10..20).map(|chat| bench.text(chat, "hello")));
    bench.tell(notices).await;
    seconds(2).await;
    assert_eq!(bench.wire.shown().len(), 10);
    assert_eq!(bench.left_in_outbox().await, 700);
}

#[tokio::test(start_paused = true)]
async fn alerts_go_first_and_each_class_keeps_its_order() {
    let bench = Bench::new();
    let notices = vec![
        bench.text(5, "one"),
        bench.text(5, "two"),
        bench.notice(5, alert("first alert")),
        bench.text(5, "three"),
        bench.notice(5, alert("second alert")),
    ];
    bench.tell(notices).await;
    seconds(20).await;
    let texts = bench.wire.texts(5);
    let order: Vec<&str> = ["first alert", "second alert", "one", "two", "three"].to_vec();
    assert_eq!(texts.len(), order.len());
    assert!(texts.iter().zip(&order).all(|(text, wanted)| text.contains(wanted)), "{texts:?}");
    assert_eq!(bench.left_in_outbox().await, 0);
}

#[tokio::test(start_paused = true)]
async fn no_stretch_of_time_holds_more_than_telegram_takes() {
    let bench = Bench::new();
    let mut notices: Vec<Notice> = (0..200).map(|n| bench.text(100 + n % 50, &format!("{n}"))).collect();
    notices.extend((0..50).map(|n| bench.text(-500, &format!("group {n}"))));
    bench.tell(notices).await;
    seconds(200).await;
    let most = |left: &[i64], span: i64| left.iter().map(|from| left.iter().filter(|at| (*from..from + span).contains(at)).count()).max();
    let of = |wanted: &dyn Fn(i64) -> bool| -> Vec<i64> {
        bench.wire.shown().iter().filter(|left| wanted(left.chat)).map(|left| left.at).collect()
    };
    assert_eq!(of(&|_| true).len(), 250);
    assert!(most(&of(&|_| true), 1_000) <= Some(30));
    assert!(most(&of(&|chat| chat == -500), 60_000) <= Some(20));
    assert!((100..150).all(|chat| most(&of(&|one| one == chat), 3_000) <= Some(3)));
    assert_eq!(bench.left_in_outbox().await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_wait_is_obeyed_to_the_second_by_its_chat_and_by_all_once_two_must_wait() {
    let bench = Bench::new();
    let began = bench.now();
    bench.wire.fail(5, [WireError::Wait(7)]);
    bench.tell(vec![bench.text(5, "late"), bench.text(6, "at once")]).await;
    seconds(1).await;
    assert_eq!(bench.wire.texts(6).len(), 1);
    bench.wire.fail(6, [WireError::Wait(20)]);
    bench.tell(vec![bench.text(6, "waits"), bench.text(8, "waits as well")]).await;
    seconds(60).await;
    let at = |chat: i64| bench.wire.shown().iter().filter(|left| left.chat == chat).map(|left| left.at - began).next_back().unwrap();
    // Chat 6 asked for twenty seconds while chat 5 still waited: from then on nobody sends.
    assert!((21_000..21_100).contains(&at(6)) && at(5) >= 21_000, "{} {}", at(6), at(5));
    assert_eq!(bench.wire.texts(5).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_single_chats_wait_ends_to_the_second() {
    let bench = Bench::new();
    let began = bench.now();
    bench.wire.fail(5, [WireError::Wait(7)]);
    bench.tell(vec![bench.text(5, "late")]).await;
    seconds(30).await;
    let at = bench.wire.shown()[0].at - began;
    assert!((7_000..7_050).contains(&at), "{at}");
}

#[tokio::test(start_paused = true)]
async fn who_blocked_the_bot_is_told_nothing_and_the_owner_once() {
    let bench = Bench::new();
    bench.wire.fail(5, [WireError::Unreachable("Forbidden: bot was blocked by the user".to_owned())]);
    bench.tell(vec![bench.text(5, "one"), bench.text(5, "two"), bench.text(6, "other")]).await;
    seconds(5).await;
    bench.tell(vec![bench.text(5, "three")]).await;
    seconds(5).await;
    assert!(bench.wire.texts(5).is_empty());
    let told = bench.wire.texts(OWNER.0);
    assert!(told.len() == 1 && told[0].contains("Chat 5 cannot be reached (Forbidden: bot was blocked"), "{told:?}");
    assert_eq!(bench.left_in_outbox().await, 0);
    let wishes = Wishes::parse(bench.store.wishes(ChatId(5)).await.unwrap().as_deref());
    assert_eq!(wishes.unreachable.as_deref(), Some("Forbidden: bot was blocked by the user"));
}

#[tokio::test(start_paused = true)]
async fn a_revoked_token_stops_sending_and_keeps_the_rows() {
    let mut bench = Bench::new();
    bench.wire.fail(5, [WireError::Revoked]);
    bench.tell(vec![bench.text(5, "one")]).await;
    seconds(1).await;
    bench.tell(vec![bench.text(6, "two")]).await;
    seconds(100).await;
    assert!(bench.wire.shown().is_empty());
    assert_eq!(bench.health.borrow_and_update().sending, Sending::Revoked);
    assert_eq!(bench.left_in_outbox().await, 2);
}

#[tokio::test(start_paused = true)]
async fn failures_are_retried_ever_later_and_what_was_taken_is_not_sent_again() {
    let bench = Bench::new();
    let long = format!("{}\n{}", "first ".repeat(600), "second ".repeat(500));
    bench.wire.fail(5, [WireError::NotSent("refused".to_owned()), WireError::Silence("502".to_owned())]);
    bench.tell(vec![bench.text(5, &long)]).await;
    seconds(2).await;
    assert!(bench.wire.shown().is_empty());
    seconds(3).await;
    let texts = bench.wire.texts(5);
    assert_eq!(texts.len(), 2);
    assert!(texts[0].contains("first") && texts[1].starts_with("second"));
    assert_eq!(bench.left_in_outbox().await, 0);
}

#[tokio::test(start_paused = true)]
async fn refused_markup_goes_without_it() {
    let bench = Bench::new();
    bench.wire.fail(5, [WireError::Markup("can't parse entities".to_owned())]);
    bench.tell(vec![bench.text(5, "a <b> & c")]).await;
    seconds(5).await;
    let shown = bench.wire.shown();
    assert!(shown.len() == 1 && !shown[0].marked && shown[0].letter.part.plain == "❓ a <b> & c", "{shown:?}");
}

#[tokio::test(start_paused = true)]
async fn a_card_shows_its_outcome_in_place() {
    let bench = Bench::new();
    bench.tell(vec![bench.notice(5, spot_card())]).await;
    seconds(2).await;
    let closed = NoticeBody::CardClosed { nonce: NONCE.to_owned(), text: "Cancelled. Nothing was sent.".to_owned() };
    bench.tell(vec![bench.notice(5, closed)]).await;
    seconds(2).await;
    let shown = bench.wire.shown();
    assert_eq!(shown.len(), 2);
    assert_eq!(shown[0].letter.keyboard.iter().map(Vec::len).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(shown[1].into, Some(1));
    assert!(shown[1].letter.part.plain.starts_with("✖️ Cancelled. Nothing was sent.\nBuy 0.00325 BTC"), "{}", shown[1].letter.part.plain);
    assert!(shown[1].letter.keyboard.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_restart_tells_what_waits_and_nothing_twice() {
    let mut bench = Bench::new();
    bench.wire.silent.lock().unwrap().push(6);
    bench.tell(vec![bench.text(5, "told"), bench.text(6, "not told yet")]).await;
    seconds(2).await;
    bench.running.stop().await;
    bench.wire.silent.lock().unwrap().clear();
    bench.start();
    seconds(5).await;
    assert_eq!((bench.wire.texts(5).len(), bench.wire.texts(6).len()), (1, 1));
    assert_eq!(bench.left_in_outbox().await, 0);
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_written_into_its_buttons_message_and_only_the_latest_counts() {
    let bench = Bench::new();
    bench.wire.fail(5, [WireError::Wait(10)]);
    let notices: Vec<Notice> = ["zero", "one", "two", "three"].iter().map(|text| bench.text(5, text)).collect();
    for notice in notices.iter().skip(1) {
        let key = format!("{CAUSE_KEY}{}", notice.cause.as_ref().unwrap());
        let mark = Mark {
            chat: ChatId(5),
            key,
            message: Some(77),
            thread: None,
            at: Timestamp::from_ms(bench.now()),
            open: true,
            body: "{}".to_owned(),
        };
        bench.store.put_mark(&mark).await.unwrap();
    }
    bench.tell(notices).await;
    seconds(30).await;
    let shown: Vec<(Option<i64>, String)> = bench.wire.shown().into_iter().map(|left| (left.into, left.letter.part.plain)).collect();
    assert_eq!(shown, [(None, "❓ zero".to_owned()), (Some(77), "❓ three".to_owned())]);
    assert_eq!(bench.left_in_outbox().await, 0);
}

#[tokio::test(start_paused = true)]
async fn notices_follow_their_route_until_its_topic_is_gone() {
    let bench = Bench::new();
    let wishes = Wishes {
        routes: [(Subject::Alerts, Route { chat: -100, thread: Some(9) })].into(),
        levels: [(Kind::Alerts, Level::Silent)].into(),
        ..Wishes::default()
    };
    bench.store.set_wishes(ChatId(5), &wishes.store().unwrap()).await.unwrap();
    bench.tell(vec![bench.notice(5, alert("there"))]).await;
    seconds(2).await;
    bench.wire.fail(-100, [WireError::TopicGone]);
    bench.tell(vec![bench.notice(5, alert("still"))]).await;
    seconds(5).await;
    let shown: Vec<_> = bench.wire.shown().iter().map(|left| (left.chat, left.letter.thread, left.letter.silent)).collect();
    assert_eq!(shown, [(-100, Some(9), true), (-100, None, true)]);
    bench.wire.fail(-100, [WireError::Unreachable("kicked".to_owned())]);
    bench.tell(vec![bench.notice(5, alert("home"))]).await;
    seconds(5).await;
    assert_eq!(bench.wire.texts(5).len(), 1);
    assert_eq!(bench.left_in_outbox().await, 0);
}
