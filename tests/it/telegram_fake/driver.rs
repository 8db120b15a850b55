//! The other side of the chat: what tests let people do.

use std::time::Duration;

use serde_json::{Value, json};

use super::FakeTelegram;
use super::chat::{Chat, ChatKind, Person};
use super::faults::Trouble;
use super::journal::{Call, Shown};
use super::limits::Limits;
use super::said::{Posted, Said};
use super::state::{Tap, Update};

/// How long a wait for the bot goes on before the test fails. Long, for machines are slow; nothing waits for it to end.
const PATIENCE: Duration = Duration::from_secs(60);

impl FakeTelegram {
    /// Adds a person who pressed Start; their private chat has their number.
    pub fn add_person(&self, id: i64, first_name: &str) {
        self.wire.with(|state| {
            state.people.insert(id, Person::human(id, first_name));
            state.chats.insert(id, Chat::new(id, ChatKind::Private, ""));
        });
    }

    /// Changes what is known of a person: a name, a block, a deleted account.
    pub fn change_person(&self, id: i64, change: impl FnOnce(&mut Person)) {
        self.wire.with(|state| change(state.people.get_mut(&id).unwrap()));
    }

    /// Adds a group, a supergroup, a forum or a channel.
    pub fn add_chat(&self, id: i64, kind: ChatKind, title: &str) {
        self.wire.with(|state| drop(state.chats.insert(id, Chat::new(id, kind, title))));
    }

    /// Changes a chat: its topics, whether the bot is in it.
    pub fn change_chat(&self, id: i64, change: impl FnOnce(&mut Chat)) {
        self.wire.with(|state| change(state.chats.get_mut(&id).unwrap()));
    }

    /// The person blocks the bot, or takes it back; the bot hears of it.
    pub fn block(&self, id: i64, blocked: bool) {
        self.wire.with(|state| {
            let person = state.people.get_mut(&id).unwrap();
            person.blocked = blocked;
            let member = |status: &str, bot: &Value| match status {
                "kicked" => json!({ "user": bot, "status": "kicked", "until_date": 0 }),
                _ => json!({ "user": bot, "status": status }),
            };
            let (old, new) = if blocked { ("member", "kicked") } else { ("kicked", "member") };
            let (from, bot) = (person.json(), state.bot.json());
            let change = json!({
                "chat": state.chat_json(id), "from": from, "date": state.now(),
                "old_chat_member": member(old, &bot), "new_chat_member": member(new, &bot),
            });
            state.queue("my_chat_member", change);
        });
    }

    /// Says a text in a person's private chat.
    pub fn say(&self, from: i64, text: &str) -> Posted {
        self.post(Said::new(from, text))
    }

    /// Says something anywhere, in any way.
    pub fn post(&self, said: Said) -> Posted {
        self.wire.with(|state| said.post(state))
    }

    /// Changes the text of a message that was said.
    pub fn edit(&self, chat: i64, message: i64, text: &str) -> Option<i64> {
        self.wire.with(|state| {
            let now = state.now();
            let edited = state.messages.get_mut(&(chat, message)).unwrap();
            edited.text.text = text.to_owned();
            edited.edited = Some(now);
            let in_channel = edited.from.is_none();
            let body = state.messages[&(chat, message)].json(state);
            state.queue(if in_channel { "edited_channel_post" } else { "edited_message" }, body)
        })
    }

    /// Taps the button with this text; returns the number of the query. There must be such a button now.
    pub fn tap(&self, person: i64, chat: i64, message: i64, button: &str) -> String {
        let data = self.wire.with(|state| {
            let buttons = state.messages.get(&(chat, message)).and_then(|message| message.buttons.clone());
            let buttons = super::journal::buttons(buttons.as_ref());
            let found = buttons.iter().flatten().find(|found| found.text == button).cloned();
            found.unwrap_or_else(|| panic!("no button {button:?} under message {message} of chat {chat}, but {buttons:?}")).data
        });
        self.tap_data(person, chat, message, &data)
    }

    /// A tap that carries `data`, whatever buttons there are: stale, forged, repeated.
    pub fn tap_data(&self, person: i64, chat: i64, message: i64, data: &str) -> String {
        self.wire.with(|state| {
            let id = state.next_query_id();
            let from = state.people.get(&person).unwrap().json();
            let message = match state.messages.get(&(chat, message)) {
                Some(message) => message.json(state),
                None => json!({ "chat": state.chat_json(chat), "message_id": message, "date": 0 }),
            };
            let query = json!({ "id": id, "from": from, "message": message, "chat_instance": format!("-7{chat}"), "data": data });
            state.taps.insert(id.clone(), Tap { answer: None, expired: false });
            state.queue("callback_query", query);
            id
        })
    }

    /// From now on no tap so far can be answered.
    pub fn expire_taps(&self) {
        self.wire.with(|state| state.taps.values_mut().for_each(|tap| tap.expired = true));
    }

    /// Queues an update as it stands, its `update_id` too: repeated, out of order, of an unknown kind.
    pub fn push_raw(&self, body: Value) {
        self.push_together([body]);
    }

    /// Gives updates their numbers from `first` on.
    pub fn count_updates_from(&self, first: i64) {
        self.wire.with(|state| state.next_update = first);
    }

    /// Queues updates as they stand, all before any of them is given out: whoever confirms the highest confirms all below.
    pub fn push_together(&self, bodies: impl IntoIterator<Item = Value>) {
        self.wire.with(|state| {
            for body in bodies {
                let id = body["update_id"].as_i64().unwrap();
                state.next_update = state.next_update.max(id + 1);
                state.queue.push_back(Update { id, body });
            }
        });
    }

    /// Updates that are not confirmed yet.
    pub fn pending(&self) -> Vec<Value> {
        self.wire.with(|state| state.queue.iter().map(|update| update.body.clone()).collect())
    }

    /// The next `times` calls of `method` (`*` is any) meet this trouble.
    pub fn trouble(&self, method: &str, times: u32, trouble: Trouble) {
        self.trouble_after(method, None, 0, times, trouble);
    }

    /// As `trouble`, for one chat and after `skip` calls went well.
    pub fn trouble_after(&self, method: &str, chat: Option<i64>, skip: u32, times: u32, trouble: Trouble) {
        self.wire.with(|state| state.faults.add(method, chat, skip, times, trouble));
    }

    /// Ends all scripted troubles.
    pub fn calm(&self) {
        self.wire.with(|state| {
            state.faults.clear();
            state.faults.down = false;
        });
    }

    /// Cuts every request from now on, until [`FakeTelegram::calm`].
    pub fn go_down(&self) {
        self.wire.with(|state| state.faults.down = true);
    }

    /// Turns limits on, or off.
    pub fn limit(&self, limits: Option<Limits>) {
        self.wire.with(|state| state.limiter.limits = limits);
    }

    /// The token is worth nothing any more, or again something.
    pub fn revoke(&self, revoked: bool) {
        self.wire.with(|state| state.revoked = revoked);
    }

    /// Moves the fake's clock; messages carry its time.
    pub fn advance(&self, seconds: i64) {
        self.wire.with(|state| state.clock_ahead += seconds);
    }

    /// Writes no more calls down, for runs with very many.
    pub fn forget_calls(&self) {
        self.wire.with(|state| state.forgetful = true);
    }

    /// All calls so far.
    pub fn calls(&self) -> Vec<Call> {
        self.wire.with(|state| state.calls.clone())
    }

    /// The calls of one method so far.
    pub fn calls_of(&self, method: &str) -> Vec<Call> {
        let method = method.to_lowercase();
        self.calls().into_iter().filter(|call| call.method == method).collect()
    }

    /// What the bot showed since the call of this number, and the number to go on with: for runs with very many.
    pub fn shown_since(&self, call: usize) -> (Vec<Shown>, usize) {
        self.wire.with(|state| {
            let new = state.calls.get(call..).unwrap_or_default();
            (new.iter().filter_map(|call| call.shown.clone()).collect(), state.calls.len())
        })
    }

    /// How long the fake runs: what the times of calls count from.
    pub fn runs_for(&self) -> Duration {
        self.wire.with(|state| state.began.elapsed())
    }

    /// Notes a tap whose update the test delivers itself, so that it can be answered; returns the number of its query.
    pub fn open_tap(&self) -> String {
        self.wire.with(|state| {
            let id = state.next_query_id();
            state.taps.insert(id.clone(), Tap { answer: None, expired: false });
            id
        })
    }

    /// Everything that the bot showed, in order: sent and edited messages as they were then.
    pub fn shown(&self) -> Vec<Shown> {
        self.calls().into_iter().filter_map(|call| call.shown).collect()
    }

    /// What the bot showed in one chat.
    pub fn shown_in(&self, chat: i64) -> Vec<Shown> {
        self.shown().into_iter().filter(|shown| shown.chat == chat).collect()
    }

    /// The text that a message has now; `None` where it is gone.
    pub fn text_of(&self, chat: i64, message: i64) -> Option<String> {
        self.wire.with(|state| state.messages.get(&(chat, message)).map(|message| message.text.text.clone()))
    }

    /// The commands of a scope, such as `default/` or `chat:5/`.
    pub fn commands(&self, scope: &str) -> Option<Value> {
        self.wire.with(|state| state.commands.get(scope).cloned())
    }

    /// Waits until the bot has shown something that fits, at first look or later. Panics with all that it showed instead.
    pub async fn wait_shown(&self, fits: impl Fn(&Shown) -> bool) -> Shown {
        self.wait_shown_after(0, fits).await
    }

    /// As `wait_shown`, passing over the first `skip` things shown: take `shown().len()` before the act.
    pub async fn wait_shown_after(&self, skip: usize, fits: impl Fn(&Shown) -> bool) -> Shown {
        let found = self.wire.until(PATIENCE, |state| {
            state.calls.iter().filter_map(|call| call.shown.as_ref()).skip(skip).find(|shown| fits(shown)).cloned()
        });
        match found.await {
            Some(shown) => shown,
            None => panic!("the bot showed nothing of the kind; it showed {:#?}", self.shown().iter().skip(skip).collect::<Vec<_>>()),
        }
    }

    /// Waits for a message in `chat` with `part` in its text, sent or edited.
    pub async fn wait_text(&self, chat: i64, part: &str) -> Shown {
        self.wait_shown(|shown| shown.chat == chat && shown.text.contains(part)).await
    }

    /// Waits until there were so many calls of a method.
    pub async fn wait_calls(&self, method: &str, count: usize) {
        let wanted = method.to_lowercase();
        let enough = |calls: &[Call]| calls.iter().filter(|call| call.method == wanted).count() >= count;
        let found = self.wire.until(PATIENCE, |state| enough(&state.calls).then_some(())).await;
        assert!(found.is_some(), "there were not {count} calls of {method}, but {}", self.calls_of(method).len());
    }

    /// Waits for the answer to a tap: its `text`, `show_alert` and `url`.
    pub async fn wait_answer(&self, query: &str) -> Value {
        let found = self.wire.until(PATIENCE, |state| state.taps.get(query).and_then(|tap| tap.answer.clone())).await;
        found.unwrap_or_else(|| panic!("the tap {query} was not answered"))
    }

    /// Waits until every update is confirmed.
    pub async fn wait_drained(&self) {
        let drained = self.wire.until(PATIENCE, |state| state.queue.is_empty().then_some(())).await;
        assert!(drained.is_some(), "{} updates were not confirmed", self.pending().len());
    }
}
