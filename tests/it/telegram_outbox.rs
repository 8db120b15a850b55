//! The sending side on the strict fake: what people see, and that a notice is neither lost nor doubled where it can be
//! helped.

use std::sync::Arc;
use std::time::Duration;

use outcry::bot::telegram::api::Api;
use outcry::bot::telegram::face::bot_wire::BotWire;
use outcry::bot::telegram::face::delivery::Delivery;
use outcry::bot::telegram::face::doorman::{Spot, TelegramFace};
use outcry::bot::telegram::face::sender::{Health, Sender, Sending};
use outcry::bot::telegram::face::window::{Rate, Rates};
use outcry::bot::telegram::face::wishes::{Quiet, Route, Subject, Wishes};
use outcry::clock::{WallClock, wall_now};
use outcry::domain::actor::{Actor, ChatId, Role, UserId};
use outcry::domain::ids::{AccountId, SourceKey};
use outcry::domain::notice::{Notice, NoticeBody, OrderView, Saying};
use outcry::domain::order::Leg;
use outcry::domain::report::DocumentView;
use outcry::engine::ports::{InboxMessage, Journal};
use outcry::store::marks::ChatMarks;
use outcry::store::memory::MemoryStore;
use outcry::tasks::Tasks;
use rust_decimal::Decimal;
use secrecy::SecretString;
use tokio::sync::{Notify, watch};

use crate::telegram_fake::FakeTelegram;
use crate::telegram_fake::chat::ChatKind;
use crate::telegram_fake::faults::Trouble;
use crate::terminal_fixtures::{NONCE, NOW, order_view, place, spot_card};

const OWNER: i64 = 1;
const TRADER: i64 = 5;
/// What this machine takes: the fake's own limits are off unless a test turns them on.
const FAST: Rates = Rates {
    overall: Rate { count: 1_000, span_ms: 1_000 },
    chat: Rate { count: 1_000, span_ms: 1_000 },
    group: Rate { count: 1_000, span_ms: 1_000 },
};

struct Line {
    fake: FakeTelegram,
    store: MemoryStore,
    face: TelegramFace,
    committed: Arc<Notify>,
    health: watch::Receiver<Health>,
    _running: Tasks,
}

impl Line {
    fn new(rates: Rates) -> Self {
        let fake = FakeTelegram::start();
        fake.add_person(OWNER, "Olga");
        fake.add_person(TRADER, "Tom <b>&\"</b>");
        let api = Api::new(&SecretString::from(fake.token()), &fake.url(), Duration::from_secs(5)).unwrap();
        let wire = Arc::new(BotWire::new(api.bot().clone(), Duration::from_secs(2)));
        let store = MemoryStore::new(7);
        let delivery = Delivery {
            wire: Arc::<BotWire>::clone(&wire),
            marks: Arc::new(store.clone()),
            views: Arc::new(store.clone()),
            account: AccountId::new("paper"),
            place: place(),
            clock: Arc::new(WallClock::new(wall_now(), Decimal::ONE)),
            reply_keyboard: vec![vec!["positions".to_owned()]],
        };
        let committed = Arc::new(Notify::new());
        let sender = Sender::new(delivery, Arc::new(store.clone()), ChatId(OWNER), Arc::clone(&committed), rates);
        let health = sender.health();
        let mut running = Tasks::default();
        running.spawn("sender", async move {
            sender.run().await;
            Ok::<(), String>(())
        });
        let face = TelegramFace::new(wire, Arc::new(store.clone()), ChatId(OWNER), Arc::clone(&committed));
        Self { fake, store, face, committed, health, _running: running }
    }

    async fn tell(&self, key: &str, chat: i64, body: NoticeBody) {
        let cause = Some(SourceKey::new(format!("tg:1:{key}:1")));
        let notice = Notice { key: key.to_owned(), chat: Some(ChatId(chat)), cause, at: NOW, body };
        self.store.answer(vec![notice], None).await.unwrap();
        self.committed.notify_one();
    }

    async fn say(&self, key: &str, chat: i64, text: &str) {
        self.tell(key, chat, NoticeBody::Text(text.to_owned())).await;
    }

    /// Waits until nothing waits any more.
    async fn all_told(&self) {
        while !self.store.outbox_next(1).await.unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    fn said(&self, chat: i64) -> Vec<String> {
        self.fake.shown_in(chat).into_iter().map(|shown| shown.text).collect()
    }
}

#[tokio::test]
async fn whatever_is_said_is_shown_as_it_was_said() {
    let line = Line::new(FAST);
    let nasty = "<b>&amp;</i> \"quoted\" 'single' <script>alert(1)</script> &lt; &#60; <a href=\"tg://user?id=1\">x</a> _*[]()~`>#+-=|{}.!";
    line.say("a", TRADER, nasty).await;
    let long: String = (0..900).map(|n| format!("line {n} <&>\n")).collect();
    line.say("b", TRADER, &long).await;
    line.all_told().await;
    let said = line.said(TRADER);
    assert_eq!(said[0], format!("💬 {nasty}"));
    assert!(said.len() > 3 && said.iter().all(|text| text.encode_utf16().count() <= 4_096));
    assert_eq!(said[1..].join("\n").trim_end(), format!("💬 {long}").trim_end());
}

#[tokio::test]
async fn a_card_is_edited_in_place_even_if_the_answer_to_the_edit_is_lost() {
    let line = Line::new(FAST);
    line.tell("card", TRADER, spot_card()).await;
    let card = line.fake.wait_text(TRADER, "Buy 0.00325 BTC").await;
    let data: Vec<&str> = card.buttons.iter().flatten().map(|button| button.data.as_str()).collect();
    assert_eq!(data[0], format!("v1.c.{NONCE}"));
    assert!(card.text.starts_with("📝 Card"));
    line.fake.trouble("editMessageText", 1, Trouble::CutAfter);
    let closed = NoticeBody::CardClosed { nonce: NONCE.to_owned(), text: "Cancelled. Nothing was sent.".to_owned() };
    line.tell("closed", TRADER, closed).await;
    line.all_told().await;
    assert!(line.fake.text_of(TRADER, card.id).unwrap().starts_with("✖️ Cancelled. Nothing was sent.\nBuy"));
    assert_eq!(line.fake.shown_in(TRADER).iter().filter(|shown| shown.is_new()).count(), 1);
}

#[tokio::test]
async fn troubles_before_an_effect_neither_lose_nor_double_a_message() {
    let line = Line::new(FAST);
    for trouble in [Trouble::CutBefore, Trouble::Server(502), Trouble::Page, Trouble::TooMany(1)] {
        line.fake.trouble_after("sendMessage", Some(TRADER), 0, 1, trouble);
    }
    line.say("a", TRADER, "once").await;
    line.say("b", OWNER, "meanwhile").await;
    line.fake.wait_text(OWNER, "meanwhile").await;
    assert!(line.said(TRADER).is_empty(), "the other chat was not held up");
    line.all_told().await;
    assert_eq!(line.said(TRADER), ["💬 once"]);
}

#[tokio::test]
async fn who_blocked_the_bot_gets_nothing_until_they_write_again() {
    let line = Line::new(FAST);
    line.fake.block(TRADER, true);
    line.say("a", TRADER, "lost").await;
    line.fake.wait_text(OWNER, "Chat 5 cannot be reached").await;
    line.say("b", TRADER, "lost too").await;
    line.all_told().await;
    assert_eq!(line.said(OWNER).len(), 1);
    line.fake.block(TRADER, false);
    let world = crate::terminal_desk::world();
    let actor = Actor { user: UserId(TRADER), chat: ChatId(TRADER), role: Role::Trader };
    let message = InboxMessage { key: SourceKey::new("tg:1:9:1"), actor, body: "/tg_info".to_owned(), received_at: NOW };
    line.face.note(&message, Spot { thread: None, pressed: None }).await.unwrap();
    line.face.handle(&world.intake, &message, NOW).await;
    line.say("c", TRADER, "found").await;
    line.fake.wait_text(TRADER, "found").await;
}

#[tokio::test]
async fn a_revoked_token_stops_the_sending_and_nothing_else() {
    let mut line = Line::new(FAST);
    line.fake.revoke(true);
    line.say("a", TRADER, "kept").await;
    line.health.wait_for(|health| health.sending == Sending::Revoked).await.unwrap();
    assert_eq!(line.store.outbox_next(10).await.unwrap().len(), 1);
    let calls = line.fake.calls().len();
    line.say("b", TRADER, "kept as well").await;
    assert_eq!((line.fake.calls().len(), line.store.outbox_next(10).await.unwrap().len()), (calls, 2));
}

#[tokio::test]
async fn a_topic_that_was_deleted_gives_way_to_the_main_thread() {
    let line = Line::new(FAST);
    line.fake.add_chat(-100, ChatKind::Forum, "Desk");
    line.fake.change_chat(-100, |chat| drop(chat.topics.insert(9, "Alerts".to_owned())));
    let wishes = Wishes { routes: [(Subject::Alerts, Route { chat: -100, thread: Some(9) })].into(), ..Wishes::default() };
    line.store.set_wishes(ChatId(TRADER), &wishes.store().unwrap()).await.unwrap();
    let alert = |text: &str| NoticeBody::Alert { text: text.to_owned(), code: None };
    line.tell("a", TRADER, alert("first")).await;
    assert_eq!(line.fake.wait_text(-100, "first").await.thread, Some(9));
    line.fake.change_chat(-100, |chat| chat.topics.clear());
    line.tell("b", TRADER, alert("second")).await;
    assert_eq!(line.fake.wait_text(-100, "second").await.thread, None);
    line.fake.change_chat(-100, |chat| chat.kicked = true);
    line.tell("c", TRADER, alert("third")).await;
    line.fake.wait_text(TRADER, "third").await;
}

#[tokio::test]
async fn telegram_being_down_delays_and_loses_nothing() {
    let line = Line::new(FAST);
    line.fake.go_down();
    for n in 0..20 {
        line.say(&format!("n{n}"), TRADER, &format!("number {n}")).await;
    }
    line.fake.calm();
    line.all_told().await;
    let expected: Vec<String> = (0..20).map(|n| format!("💬 number {n}")).collect();
    assert_eq!(line.said(TRADER), expected);
}

#[tokio::test]
async fn an_export_comes_as_a_file_and_only_a_lost_answer_repeats_it() {
    let line = Line::new(FAST);
    let document = |about: &str| {
        let (name, media, content) = ("fills.csv".to_owned(), "text/csv".to_owned(), "a,b\r\n1,\"2\"\r\n".to_owned());
        NoticeBody::Document(Box::new(DocumentView { name, media, content, about: about.to_owned(), rows: 1 }))
    };
    for trouble in [Trouble::CutBefore, Trouble::Server(502), Trouble::TooMany(1)] {
        line.fake.trouble("sendDocument", 1, trouble);
    }
    line.tell("a", TRADER, document("All fills <&> so far.")).await;
    line.all_told().await;
    let shown = line.fake.shown_in(TRADER);
    assert_eq!(shown.len(), 1);
    let file = shown[0].document.as_ref().unwrap();
    assert_eq!((file.name.as_str(), file.mime.as_str(), &file.bytes[..]), ("fills.csv", "text/csv", &b"a,b\r\n1,\"2\"\r\n"[..]));
    assert!(shown[0].text.contains("All fills <&> so far."), "{}", shown[0].text);
    line.tell("b", TRADER, document(&"long ".repeat(300))).await;
    line.all_told().await;
    let shown = line.fake.shown_in(TRADER);
    assert!(shown.len() == 3 && shown[1].document.is_none() && shown[2].document.is_some() && shown[2].text.is_empty());
    line.fake.trouble("sendDocument", 1, Trouble::CutAfter);
    line.tell("c", TRADER, document("once more")).await;
    line.all_told().await;
    assert_eq!(line.fake.shown_in(TRADER).len(), 5, "at least once, and once more for the answer that was lost");
}

#[tokio::test]
async fn a_button_with_long_words_says_them_when_it_is_pressed() {
    let line = Line::new(FAST);
    let says = format!("/new btc {}", "x".repeat(70));
    let button = Saying { label: "This".to_owned(), says };
    line.tell("p", TRADER, NoticeBody::Panel { text: "Which?".to_owned(), buttons: vec![vec![button]] }).await;
    let data = line.fake.wait_text(TRADER, "Which?").await.button("This").unwrap().data.clone();
    let pressed = async |person: i64| {
        let world = crate::terminal_desk::world();
        let actor = Actor { user: UserId(person), chat: ChatId(person), role: Role::Trader };
        let message = InboxMessage { key: SourceKey::new("tg:1:9:0"), actor, body: data.clone(), received_at: NOW };
        line.face.handle(&world.intake, &message, NOW).await;
        world.journal.bodies().pop()
    };
    assert!(matches!(pressed(TRADER).await, Some(NoticeBody::Panel { .. })));
    assert!(matches!(pressed(OWNER).await, Some(NoticeBody::Error(_))), "words are kept for their chat alone");
}

#[tokio::test]
async fn what_can_wait_comes_in_one_message_once_it_is_quiet_no_longer() {
    let line = Line::new(FAST);
    let minute = u16::try_from(wall_now().ms() / 60_000 % 1_440).unwrap();
    let quiet = Quiet { from: (minute + 720) % 1_440, to: (minute + 719) % 1_440, ahead: 0 };
    let wishes = Wishes { quiet: Some(quiet), ..Wishes::default() };
    line.store.set_wishes(ChatId(TRADER), &wishes.store().unwrap()).await.unwrap();
    let news = |text: &str, leg: Leg| NoticeBody::OrderNews { text: text.to_owned(), orders: vec![OrderView { leg, ..order_view() }] };
    let bodies = [
        news("An entry rests.", Leg::Entry),
        NoticeBody::Text("The market was quiet.".to_owned()),
        news("A stop was moved.", Leg::Stop),
        NoticeBody::Alert { text: "BTC has no stop.".to_owned(), code: None },
    ];
    let notices = bodies.into_iter().zip(0..).map(|(body, n)| {
        let key = format!("news{n}");
        Notice { key, chat: Some(ChatId(TRADER)), cause: None, at: NOW, body }
    });
    line.store.answer(notices.collect(), None).await.unwrap();
    line.committed.notify_one();
    assert!(line.fake.wait_text(TRADER, "A stop was moved").await.silent);
    assert!(!line.fake.wait_text(TRADER, "BTC has no stop").await.silent);
    assert_eq!(line.said(TRADER).len(), 2);
    line.store.set_wishes(ChatId(TRADER), &Wishes::default().store().unwrap()).await.unwrap();
    let digest = line.fake.wait_text(TRADER, "While it was quiet: 2 notices").await;
    assert!(digest.text.contains("An entry rests") && digest.text.contains("The market was quiet"), "{}", digest.text);
    line.all_told().await;
    assert_eq!(line.said(TRADER).len(), 3);
}

#[tokio::test]
async fn the_menu_is_everybodys_and_the_owner_has_more() {
    let line = Line::new(FAST);
    line.face.set_menu().await.unwrap();
    let count = |scope: &str| line.fake.commands(scope).and_then(|commands| commands.as_array().map(Vec::len));
    assert_eq!((count("default/"), count("chat:1/")), (Some(17), Some(20)));
}
