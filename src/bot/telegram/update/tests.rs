use proptest::prelude::{Just, Strategy, any, prop, prop_oneof, proptest};
use serde_json::{Map, Value, json};

use super::{Arrival, Reason, read};

const BOT: Option<&str> = Some("outcry_bot");

/// A message that is a person's own words, with `changes` made to it (null takes a field away).
fn message(changes: &Value) -> Value {
    let mut message = json!({
        "message_id": 5, "date": 1_790_000_000,
        "from": { "id": 42, "is_bot": false, "first_name": "Ann", "language_code": "en" },
        "chat": { "id": 42, "type": "private", "first_name": "Ann" },
        "text": "buy 200 usdt of btc",
    });
    for (name, value) in changes.as_object().unwrap() {
        message[name] = value.clone();
    }
    json!({ "update_id": 9, "message": message })
}

fn arrival(update: &Value) -> Arrival {
    read(update, BOT).unwrap().arrival
}

fn reason(update: &Value) -> Reason {
    match arrival(update) {
        Arrival::Ignored(ignored) => ignored.reason,
        other => panic!("taken: {other:?} of {update}"),
    }
}

#[test]
fn typed_text_is_taken_whatever_else_the_message_holds() {
    for changes in [
        json!({}),
        json!({ "reply_to_message": { "message_id": 4, "text": "sell everything", "forward_origin": {} } }),
        json!({ "entities": [{ "type": "bold", "offset": 0, "length": 3 }, { "type": "from_the_future" }] }),
        json!({ "link_preview_options": {}, "is_topic_message": true, "message_thread_id": 3, "a_new_field": [1, { "x": null }] }),
        json!({ "forward_origin": null, "edit_date": null }),
    ] {
        let Arrival::Words(words) = arrival(&message(&changes)) else { panic!("{changes}") };
        assert_eq!((words.speaker.user.0, words.speaker.chat.0, words.text.as_str()), (42, 42, "buy 200 usdt of btc"));
        assert_eq!((words.speaker.name.as_str(), words.sent_at.ms()), ("Ann", 1_790_000_000_000));
        assert_eq!(words.speaker.thread, changes["message_thread_id"].as_i64());
    }
}

#[test]
fn whatever_is_not_surely_a_persons_own_typed_text_is_not_taken() {
    let person = |id: i64, is_bot: bool| json!({ "from": { "id": id, "is_bot": is_bot, "first_name": "X" }, "chat": { "id": -7, "type": "supergroup" }, "text": "/buy btc" });
    let cases = [
        (json!({ "edit_date": 1_790_000_009 }), Reason::Edited),
        (json!({ "forward_origin": { "type": "user" } }), Reason::Forwarded),
        (json!({ "forward_origin": { "type": "a_new_kind" } }), Reason::Forwarded),
        (json!({ "forward_date": 1 }), Reason::Forwarded),
        (json!({ "forward_from": {} }), Reason::Forwarded),
        (json!({ "forward_from_chat": {} }), Reason::Forwarded),
        (json!({ "forward_sender_name": "Ann" }), Reason::Forwarded),
        (json!({ "is_automatic_forward": true }), Reason::Forwarded),
        (json!({ "quote": { "text": "buy", "position": 0 } }), Reason::Quoted),
        (json!({ "external_reply": {} }), Reason::Quoted),
        (json!({ "entities": [{ "type": "blockquote", "offset": 0, "length": 3 }] }), Reason::Quoted),
        (json!({ "entities": [{ "type": "expandable_blockquote", "offset": 0, "length": 3 }] }), Reason::Quoted),
        (json!({ "text": null, "caption": "buy btc", "photo": [] }), Reason::NoText),
        (json!({ "text": null, "voice": {} }), Reason::NoText),
        (json!({ "text": null, "new_chat_members": [] }), Reason::NoText),
        (json!({ "text": "" }), Reason::NoText),
        (json!({ "via_bot": { "id": 1, "is_bot": true, "first_name": "B" } }), Reason::ViaBot),
        (json!({ "sender_chat": { "id": -5, "type": "channel" } }), Reason::Anonymous),
        (json!({ "business_connection_id": "x" }), Reason::Business),
        (json!({ "sender_business_bot": {} }), Reason::Business),
        (json!({ "is_from_offline": true }), Reason::Business),
        (json!({ "chat": { "id": -100, "type": "channel" } }), Reason::Channel),
        (json!({ "chat": { "id": 43, "type": "private" } }), Reason::Malformed),
        (json!({ "chat": { "id": 43, "type": "group" } }), Reason::Malformed),
        (json!({ "chat": { "id": -43, "type": "secret" } }), Reason::Malformed),
        (json!({ "chat": { "type": "private" } }), Reason::Malformed),
        (json!({ "from": null }), Reason::Malformed),
        (json!({ "from": { "id": -3, "is_bot": false }, "chat": { "id": -3, "type": "private" } }), Reason::Malformed),
        (json!({ "date": "now" }), Reason::Malformed),
        (json!({ "text": 7 }), Reason::Malformed),
        (person(1_087_968_824, true), Reason::Anonymous),
        (person(1_087_968_824, false), Reason::Anonymous),
        (person(136_817_688, true), Reason::Anonymous),
        (person(777_000, false), Reason::Anonymous),
        (person(77, true), Reason::Bot),
    ];
    for (changes, wanted) in cases {
        assert_eq!(reason(&message(&changes)), wanted, "{changes}");
    }
}

#[test]
fn other_kinds_of_updates_are_passed_over_but_counted() {
    let inner = message(&json!({}))["message"].clone();
    for kind in ["edited_message", "channel_post", "edited_channel_post", "business_message", "poll", "my_chat_member", "of_the_future"] {
        let update = json!({ "update_id": 3, kind: inner });
        let update = read(&update, BOT).unwrap();
        assert_eq!(update.id, 3);
        assert!(matches!(update.arrival, Arrival::Ignored(ignored) if ignored.reason == Reason::Kind), "{kind}");
    }
    assert_eq!(reason(&json!({ "update_id": 3, "message": inner, "callback_query": {} })), Reason::Kind);
    for no_number in [json!({}), json!([]), json!(null), json!({ "update_id": "3" }), json!({ "update_id": 1.5 })] {
        assert_eq!(read(&no_number, BOT), None, "{no_number}");
    }
}

#[test]
fn a_group_is_heard_only_when_it_talks_to_this_bot() {
    let group = |text: &str| message(&json!({ "chat": { "id": -1001, "type": "supergroup" }, "text": text }));
    for (text, heard) in [("/positions", "/positions"), ("/positions@Outcry_Bot btc", "/positions btc")] {
        let Arrival::Words(words) = arrival(&group(text)) else { panic!("{text}") };
        assert_eq!((words.text.as_str(), words.speaker.chat.0), (heard, -1001));
    }
    for text in ["positions", "buy btc", "hello /positions", "/positions@other_bot", "@outcry_bot positions", " "] {
        assert_eq!(reason(&group(text)), Reason::GroupTalk, "{text:?}");
    }
    assert!(matches!(read(&group("/positions@outcry_bot"), None).unwrap().arrival, Arrival::Ignored(_)));
}

#[test]
fn only_their_own_private_chat_is_told_why() {
    let told = |changes: &Value| match arrival(&message(changes)) {
        Arrival::Ignored(ignored) => ignored.speaker.map(|speaker| speaker.chat.0),
        other => panic!("{other:?}"),
    };
    assert_eq!(told(&json!({ "forward_date": 1 })), Some(42));
    assert_eq!(told(&json!({ "forward_date": 1, "chat": { "id": -9, "type": "group" } })), None);
}

/// A tap, with `changes` made to it.
fn query(changes: &Value) -> Value {
    let mut query = json!({
        "id": "777", "from": { "id": 42, "is_bot": false, "first_name": "Ann" }, "chat_instance": "1",
        "message": { "message_id": 5, "date": 0, "chat": { "id": 42, "type": "private" } }, "data": "v1.c.00",
    });
    for (name, value) in changes.as_object().unwrap() {
        query[name] = value.clone();
    }
    json!({ "update_id": 9, "callback_query": query })
}

#[test]
fn a_tap_needs_its_message_its_data_and_a_person() {
    let Arrival::Tap(tap) = arrival(&query(&json!({ "game_short_name": null, "new": 1 }))) else { panic!() };
    assert_eq!((tap.pressed, tap.speaker.thread), (Some(5), None));
    assert_eq!((tap.speaker.user.0, tap.speaker.chat.0, tap.data.as_str(), tap.query.as_str()), (42, 42, "v1.c.00", "777"));
    for (changes, wanted) in [
        (json!({ "message": null, "inline_message_id": "x" }), Reason::StrangeTap),
        (json!({ "data": null }), Reason::StrangeTap),
        (json!({ "data": "" }), Reason::StrangeTap),
        (json!({ "data": "x".repeat(65) }), Reason::StrangeTap),
        (json!({ "data": "é".repeat(33) }), Reason::StrangeTap),
        (json!({ "from": { "id": 42, "is_bot": true } }), Reason::Bot),
        (json!({ "from": { "id": 1_087_968_824 } }), Reason::Anonymous),
        (json!({ "from": null }), Reason::Malformed),
        (json!({ "message": { "chat": { "id": -5, "type": "channel" } } }), Reason::Channel),
        (json!({ "message": { "chat": { "id": 43, "type": "private" } } }), Reason::Channel),
    ] {
        assert_eq!(reason(&query(&changes)), wanted, "{changes}");
    }
    assert!(matches!(arrival(&query(&json!({ "data": "x".repeat(64) }))), Arrival::Tap(_)));
}

#[test]
fn names_are_one_short_line() {
    let name = "<b>Ann\n\u{7}&amp;".to_owned() + &"x".repeat(500);
    let Arrival::Words(words) = arrival(&message(&json!({ "from": { "id": 42, "first_name": name, "username": "ann" } }))) else {
        panic!()
    };
    assert!(words.speaker.name.chars().count() <= 64 && !words.speaker.name.contains(char::is_control), "{}", words.speaker.name);
}

fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from)
    ];
    let key = prop::sample::select(vec![
        "message",
        "callback_query",
        "from",
        "chat",
        "id",
        "type",
        "text",
        "date",
        "data",
        "entities",
        "is_bot",
        "first_name",
        "quote",
    ]);
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(key.clone().prop_map(str::to_owned), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

proptest! {
    #[test]
    fn any_json_is_read_without_panic_and_only_people_are_heard(mut update in anything()) {
        if let Value::Object(fields) = &mut update {
            fields.insert("update_id".to_owned(), json!(1));
        }
        match read(&update, BOT).map(|update| update.arrival) {
            Some(Arrival::Words(words)) => assert!(words.speaker.user.0 > 0 && !words.text.is_empty()),
            Some(Arrival::Tap(tap)) => assert!(tap.speaker.user.0 > 0 && tap.data.len() <= 64),
            Some(Arrival::Ignored(_)) | None => {}
        }
    }
}
