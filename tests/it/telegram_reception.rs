//! Updates on their way into the inbox, with the store in memory: nothing is confirmed that is not stored.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use outcry::bot::telegram::api::Api;
use outcry::bot::telegram::face::bot_wire::BotWire;
use outcry::bot::telegram::face::doorman::TelegramFace;
use outcry::bot::telegram::reception::{Handed, Reception};
use outcry::bot::telegram::vigil::Vigil;
use outcry::domain::actor::{ChatId, Role, UserId};
use outcry::domain::ids::{AccountId, SourceKey};
use outcry::domain::time::Timestamp;
use outcry::domain::user::{UserAct, UserRow, UserState};
use outcry::engine::ports::users::Users;
use outcry::engine::ports::{Journal, JournalError};
use outcry::store::memory::MemoryStore;
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::sync::{Notify, mpsc};

const DEADLINE: Duration = Duration::from_secs(1);
const NOW: Timestamp = Timestamp::from_ms(1_790_000_000_000);

fn reception(store: &MemoryStore) -> (Reception, mpsc::Receiver<Vec<Handed>>) {
    let (onward, inward) = mpsc::channel(1);
    let (mailroom, users) = (Arc::new(store.clone()), Arc::new(store.clone()));
    let name = Arc::new(OnceLock::new());
    // Nothing is sent here: what comes in is stored, and nobody listens at that address.
    let api = Api::new(&SecretString::from("42:aaaabbbbccccddddeeeeffff"), "http://127.0.0.1:1", DEADLINE).unwrap();
    let wire = Arc::new(BotWire::new(api.bot().clone(), DEADLINE));
    let face = Arc::new(TelegramFace::new(wire, Arc::new(store.clone()), ChatId(1), Arc::new(Notify::new())));
    let vigil = Arc::new(Vigil::new(Arc::new(store.clone()), AccountId::new("paper"), || NOW));
    (Reception { face, mailroom, users, owner: UserId(1), bot: 42, name, wall: || NOW, vigil, onward }, inward)
}

fn said(update: i64, person: i64) -> Value {
    json!({ "update_id": update, "message": {
        "message_id": 1, "date": NOW.ms() / 1_000, "text": "price of btc",
        "from": { "id": person, "is_bot": false, "first_name": "P" }, "chat": { "id": person, "type": "private" },
    } })
}

#[tokio::test]
async fn what_cannot_be_stored_is_not_confirmed_and_comes_again() {
    let store = MemoryStore::new(1);
    let (reception, mut inward) = reception(&store);
    let updates = [said(11, 1), said(10, 1)];
    store.set_broken(Some("the disk is full".to_owned()));
    assert!(matches!(reception.receive(&updates).await, Err(JournalError::NotWritten(_))));
    assert!(inward.try_recv().is_err(), "nothing is handed on that is not stored");
    store.set_broken(None);
    assert_eq!(reception.receive(&updates).await, Ok(Some(11)));
    let keys: Vec<String> = inward.try_recv().unwrap().iter().map(|handed| handed.message.key.to_string()).collect();
    assert_eq!(keys, ["tg:42:11:0", "tg:42:10:0"]);
    store.answer(Vec::new(), Some(SourceKey::new("tg:42:11:0"))).await.unwrap();
    assert_eq!(reception.receive(&updates).await, Ok(Some(11)));
    let again: Vec<String> = inward.try_recv().unwrap().iter().map(|handed| handed.message.key.to_string()).collect();
    assert_eq!(again, ["tg:42:10:0"], "what was dealt with is not handed on again");
}

#[tokio::test]
async fn without_anybody_to_serve_them_messages_are_stored_all_the_same() {
    let store = MemoryStore::new(1);
    let (reception, inward) = reception(&store);
    drop(inward);
    assert_eq!(reception.receive(&[said(10, 1)]).await, Ok(Some(10)));
    assert_eq!(store.inbox_open().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_flood_of_strangers_leaves_a_bounded_trace() {
    let store = MemoryStore::new(1);
    let (reception, _inward) = reception(&store);
    for person in 100..1_100 {
        let flood: Vec<Value> = (0..3).map(|n| said(person * 3 + n, person)).collect();
        reception.receive(&flood).await.unwrap();
    }
    assert_eq!(store.users().await.unwrap().len(), 50);
    assert_eq!(store.outbox_next(1_000).await.unwrap().len(), 50, "one notice a stranger, and none beyond");
    assert!(store.inbox_open().await.unwrap().is_empty(), "nothing of theirs is kept");
}

#[tokio::test]
async fn rights_are_the_stored_ones_and_the_owners_are_the_settings() {
    let store = MemoryStore::new(1);
    store.claim_desk(&AccountId::new("paper"), NOW).await.unwrap();
    let (reception, mut inward) = reception(&store);
    let decide = |id: i64, role: Role, state: UserState| {
        let user = UserRow { id: UserId(id), role, state, name: String::new(), changed_at: NOW };
        let store = store.clone();
        async move {
            let act = UserAct { by: Some(UserId(1)), cause: SourceKey::new(format!("decision:{id}")) };
            store.decide(&user, &act, (&AccountId::new("paper"), &[]), Vec::new(), None).await.unwrap();
        }
    };
    decide(2, Role::Trader, UserState::Active).await;
    decide(3, Role::Trader, UserState::Blocked).await;
    // A row that says so makes nobody the owner's equal but an active one; the owner needs none.
    decide(1, Role::Viewer, UserState::Blocked).await;
    reception.receive(&[said(10, 1), said(11, 2), said(12, 3), said(13, 4)]).await.unwrap();
    let heard: Vec<(i64, Role)> =
        inward.try_recv().unwrap().iter().map(|handed| (handed.message.actor.user.0, handed.message.actor.role)).collect();
    assert_eq!(heard, [(1, Role::Owner), (2, Role::Trader)]);
}
