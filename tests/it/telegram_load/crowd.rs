//! People who all talk at once: each says something in turn, taps the cards that come, and counts what is answered.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::stand::{FIRST_CHAT, SECRET, Stand};
use crate::telegram_fake::journal::Shown;

/// Deliveries at once, as many as Telegram makes.
const DELIVERIES_MAX: usize = 40;
/// The first update's number.
const FIRST_UPDATE: i64 = 800_000_000;
/// How often people look at their chats.
const LOOK_EVERY: Duration = Duration::from_millis(1);
/// How long nothing new may come before the rest is given up.
const PATIENCE: Duration = Duration::from_secs(60);

/// How many talk, how long, how fast.
#[derive(Debug, Clone, Copy)]
pub struct Rhythm {
    /// How many chats.
    pub chats: i64,
    /// For how long.
    pub seconds: i64,
    /// Messages of all together in a second.
    pub per_second: i64,
    /// One message of a chat in so many is a trade, the others are reads.
    pub trade_every: i64,
}

/// What must come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected {
    pub reads: i64,
    pub trades: i64,
}

impl Rhythm {
    /// Chat and kind of each message in its order.
    fn message(&self, number: i64) -> (i64, bool) {
        let (round, place) = (number / self.chats, number % self.chats);
        (FIRST_CHAT + place, (round + place) % self.trade_every == 0)
    }

    fn of(&self, chat: Option<i64>) -> Expected {
        let mut expected = Expected { reads: 0, trades: 0 };
        for (_, trades) in
            (0..self.seconds * self.per_second).map(|number| self.message(number)).filter(|(at, _)| chat.is_none_or(|chat| chat == *at))
        {
            if trades { expected.trades += 1 } else { expected.reads += 1 }
        }
        expected
    }

    /// What all chats together must be answered.
    pub fn expected(&self) -> Expected {
        self.of(None)
    }
}

/// What was answered, and how long after its update: in microseconds, in no order.
#[derive(Debug, Default)]
pub struct Told {
    pub reads: i64,
    pub cards: i64,
    pub fills: i64,
    pub read_us: Vec<u64>,
    pub card_us: Vec<u64>,
    pub fill_us: Vec<u64>,
    /// Deliveries that had to be repeated.
    pub repeated: i64,
    /// From the first message to the last, and to the last answer.
    pub said_in: Duration,
    pub answered_in: Duration,
    chats: BTreeMap<i64, Expected>,
}

impl Told {
    /// Returns the chats whose answers are not what they must be.
    pub fn chats_off(&self, rhythm: &Rhythm) -> Vec<i64> {
        let all = FIRST_CHAT..FIRST_CHAT + rhythm.chats;
        all.filter(|chat| self.chats.get(chat).copied().unwrap_or(Expected { reads: 0, trades: 0 }) != rhythm.of(Some(*chat))).collect()
    }
}

/// What a chat waits for, oldest first.
#[derive(Default)]
struct Waiting {
    reads: VecDeque<Duration>,
    cards: VecDeque<Duration>,
    fills: VecDeque<Duration>,
}

/// The people of a stand.
pub struct Crowd<'a> {
    stand: &'a Stand,
    rhythm: Rhythm,
    client: reqwest012::Client,
    free: Arc<Semaphore>,
    next_update: i64,
    waiting: BTreeMap<i64, Waiting>,
    told: Told,
    repeated: Arc<std::sync::atomic::AtomicI64>,
}

impl<'a> Crowd<'a> {
    pub fn new(stand: &'a Stand, rhythm: Rhythm) -> Self {
        Self {
            stand,
            rhythm,
            client: reqwest012::Client::builder().no_proxy().pool_max_idle_per_host(DELIVERIES_MAX).build().unwrap(),
            free: Arc::new(Semaphore::new(DELIVERIES_MAX)),
            next_update: FIRST_UPDATE,
            waiting: BTreeMap::new(),
            told: Told::default(),
            repeated: Arc::default(),
        }
    }

    /// Says everything in its time, taps every card, and waits for the last answer; `each_second` is called in between.
    pub async fn talk_with(mut self, mut each_second: impl FnMut()) -> Told {
        let expected = self.rhythm.expected();
        let (began, all) = (Instant::now(), self.rhythm.seconds * self.rhythm.per_second);
        let (mut said, mut call, mut seconds, mut last_news) = (0, 0, 0, Instant::now());
        loop {
            let due = (began.elapsed().as_micros() as i64 * self.rhythm.per_second / 1_000_000).min(all);
            while said < due {
                self.say(said);
                said += 1;
                if said == all {
                    self.told.said_in = began.elapsed();
                }
            }
            let (shown, next) = self.stand.fake.shown_since(call);
            call = next;
            if !shown.is_empty() {
                last_news = Instant::now();
            }
            shown.iter().for_each(|shown| self.hear(shown));
            if began.elapsed().as_secs() > seconds {
                seconds += 1;
                each_second();
            }
            let done = said == all && self.told.reads >= expected.reads && self.told.fills >= expected.trades;
            if done || last_news.elapsed() > PATIENCE {
                self.told.answered_in = began.elapsed();
                break;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        // What would come twice comes now.
        tokio::time::sleep(Duration::from_secs(1)).await;
        let (shown, _) = self.stand.fake.shown_since(call);
        shown.iter().for_each(|shown| self.hear(shown));
        self.told.repeated = self.repeated.load(std::sync::atomic::Ordering::SeqCst);
        self.told
    }

    /// As [`Crowd::talk_with`], with nothing in between.
    pub async fn talk(self) -> Told {
        self.talk_with(|| ()).await
    }

    fn say(&mut self, number: i64) {
        let (chat, trades) = self.rhythm.message(number);
        // Orders in the same millisecond differ by more than a percent, so that none is taken for another once more.
        let text = if trades {
            format!("buy {}.{} usdt of btc", 12 + number % 1_000 / 60, 3 * (number % 1_000 / 20 % 3))
        } else {
            "price of eth".to_owned()
        };
        let date = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        let from = json!({ "id": chat, "is_bot": false, "first_name": "Ann" });
        let message = json!({ "message_id": 5_000_000 + number, "date": date, "from": from, "chat": { "id": chat, "type": "private" }, "text": text });
        let now = self.deliver(json!({ "message": message }));
        let waiting = self.waiting.entry(chat).or_default();
        if trades { waiting.cards.push_back(now) } else { waiting.reads.push_back(now) }
    }

    fn hear(&mut self, shown: &Shown) {
        if !shown.is_new() {
            return;
        }
        let waiting = self.waiting.entry(shown.chat).or_default();
        let counted = self.told.chats.entry(shown.chat).or_insert(Expected { reads: 0, trades: 0 });
        let since = |queue: &mut VecDeque<Duration>| queue.pop_front().map_or(0, |at| shown.at.saturating_sub(at).as_micros() as u64);
        if let Some(button) = shown.buttons.iter().flatten().find(|button| button.text.contains("Confirm")) {
            self.told.cards += 1;
            self.told.card_us.push(since(&mut waiting.cards));
            let data = button.data.clone();
            let at = self.tap(shown.chat, shown.id, &data);
            self.waiting.entry(shown.chat).or_default().fills.push_back(at);
        } else if shown.text.contains("ETH") {
            counted.reads += 1;
            self.told.reads += 1;
            self.told.read_us.push(since(&mut waiting.reads));
        } else if shown.text.contains("Filled") {
            counted.trades += 1;
            self.told.fills += 1;
            self.told.fill_us.push(since(&mut waiting.fills));
        }
    }

    fn tap(&mut self, chat: i64, message: i64, data: &str) -> Duration {
        let from = json!({ "id": chat, "is_bot": false, "first_name": "Ann" });
        let message = json!({ "message_id": message, "date": 1, "chat": { "id": chat, "type": "private" } });
        let id = self.stand.fake.open_tap();
        self.deliver(json!({ "callback_query": { "id": id, "from": from, "message": message, "chat_instance": "1", "data": data } }))
    }

    /// Brings an update on its way, again until it is taken, and returns when.
    fn deliver(&mut self, mut update: Value) -> Duration {
        update["update_id"] = json!(self.next_update);
        self.next_update += 1;
        let now = self.stand.fake.runs_for();
        let Some(address) = self.stand.hook else {
            self.stand.fake.push_raw(update);
            return now;
        };
        let (client, free, repeated, body) = (self.client.clone(), Arc::clone(&self.free), Arc::clone(&self.repeated), update.to_string());
        tokio::spawn(async move {
            let _place = free.acquire().await.unwrap();
            loop {
                let post = client.post(format!("http://{address}/hook")).header("X-Telegram-Bot-Api-Secret-Token", SECRET);
                match post.body(body.clone()).send().await {
                    Ok(answer) if answer.status().is_success() => return,
                    _ => repeated.fetch_add(1, std::sync::atomic::Ordering::SeqCst),
                };
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
        now
    }
}
