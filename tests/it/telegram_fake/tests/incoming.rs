//! What people do, as the bot reads it.

use serde_json::json;
use teloxide::ApiError;
use teloxide::payloads::GetUpdatesSetters;
use teloxide::prelude::Requester;
use teloxide::types::{AllowedUpdate, MessageOrigin, Update, UpdateKind};

use super::{ANN, BOB, TOKEN, api_error, client, with_ann};
use crate::telegram_fake::chat::{ANONYMOUS_ADMIN, CHANNEL_BOT, ChatKind};
use crate::telegram_fake::said::Said;

fn text(update: &Update) -> &str {
    match &update.kind {
        UpdateKind::Message(message) | UpdateKind::EditedMessage(message) | UpdateKind::ChannelPost(message) => {
            message.text().unwrap_or_default()
        }
        other => panic!("no message: {other:?}"),
    }
}

#[tokio::test]
async fn the_bot_knows_itself_and_nobody_else_gets_in() {
    let (telegram, bot) = with_ann();
    let me = bot.get_me().await.unwrap();
    assert_eq!((me.user.id.0, me.user.is_bot), (110_201_543, true));
    assert_eq!(api_error(client(&telegram, "110201543:wrong").get_me().await), ApiError::InvalidToken);
    assert_eq!(api_error(client(&telegram, "nonsense").get_me().await), ApiError::InvalidToken);
    telegram.revoke(true);
    assert_eq!(api_error(client(&telegram, TOKEN).get_me().await), ApiError::InvalidToken);
}

#[tokio::test]
async fn unconfirmed_updates_come_again_and_an_offset_confirms_all_before_it() {
    let (telegram, bot) = with_ann();
    let first = telegram.say(ANN, "one").update.unwrap();
    telegram.say(ANN, "two");
    telegram.say(ANN, "three");
    for _ in 0..2 {
        let updates = bot.get_updates().await.unwrap();
        assert_eq!(updates.iter().map(text).collect::<Vec<_>>(), ["one", "two", "three"]);
    }
    let updates = bot.get_updates().offset(i32::try_from(first + 1).unwrap()).limit(1).await.unwrap();
    assert_eq!(updates.iter().map(text).collect::<Vec<_>>(), ["two"]);
    assert_eq!(telegram.pending().len(), 2);
    assert_eq!(bot.get_updates().offset(-1).await.unwrap().len(), 1, "a negative offset keeps the last so many");
    assert_eq!(bot.get_updates().offset(i32::try_from(first + 3).unwrap()).await.unwrap(), []);
    telegram.wait_drained().await;
}

#[tokio::test]
async fn a_long_poll_waits_for_news_and_gives_way_to_a_later_one() {
    let (telegram, bot) = with_ann();
    let waiting = tokio::spawn({
        let bot = bot.clone();
        async move { bot.get_updates().timeout(50).await }
    });
    // The first poll is inside once the second would end it; which of them came first the journal does not tell.
    while !waiting.is_finished() {
        let _ = bot.get_updates().timeout(1).await;
    }
    assert_eq!(api_error(waiting.await.unwrap()), ApiError::TerminatedByOtherGetUpdates);

    let waiting = tokio::spawn(async move { bot.get_updates().timeout(50).await });
    telegram.say(ANN, "here");
    assert_eq!(text(&waiting.await.unwrap().unwrap()[0]), "here");
}

#[tokio::test]
async fn only_wanted_kinds_are_made() {
    let (telegram, bot) = with_ann();
    bot.get_updates().allowed_updates(vec![AllowedUpdate::CallbackQuery]).await.unwrap();
    assert_eq!(telegram.say(ANN, "unheard").update, None);
    bot.get_updates().allowed_updates(Vec::new()).await.unwrap();
    assert!(telegram.say(ANN, "heard").update.is_some());
}

#[tokio::test]
async fn edits_forwards_and_guises_look_as_they_do() {
    let (telegram, bot) = with_ann();
    let (group, forum, channel) = (-70, -1_001, -1_002);
    telegram.add_person(BOB, "Bob");
    telegram.add_chat(group, ChatKind::Group, "friends");
    telegram.add_chat(forum, ChatKind::Forum, "desk");
    telegram.change_chat(forum, |chat| drop(chat.topics.insert(4, "fills".to_owned())));
    telegram.add_chat(channel, ChatKind::Channel, "news");

    let said = telegram.say(ANN, "/buy 1").message;
    telegram.edit(ANN, said, "/buy 2");
    telegram.post(Said::new(ANN, "his").forwarded_from(BOB));
    telegram.post(Said::new(ANN, "theirs").forwarded_from_hidden("Zed"));
    telegram.post(Said::new(ANN, "its").forwarded_from_channel(channel));
    telegram.post(Said::new(ANN, "made").via_bot(99, "pic"));
    telegram.post(Said::new(ANN, "again").quoting(said, "/buy"));
    telegram.post(Said::new(ANN, "old").seconds_ago(600));
    telegram.post(Said::new(ANN, "hidden").in_chat(group).anonymous());
    telegram.post(Said::new(ANN, "masked").in_chat(forum).in_topic(4).behind_channel(channel));
    let post = telegram.post(Said::new(ANN, "posted").in_chat(channel)).message;
    telegram.edit(channel, post, "posted anew");
    telegram.block(ANN, true);
    telegram.block(ANN, false);

    let updates = bot.get_updates().await.unwrap();
    let message = |index: usize| match &updates[index].kind {
        UpdateKind::Message(message) | UpdateKind::EditedMessage(message) => message,
        UpdateKind::ChannelPost(message) | UpdateKind::EditedChannelPost(message) => message,
        other => panic!("update {index} is no message: {other:?}"),
    };
    assert_eq!(message(0).parse_entities().unwrap()[0].text(), "/buy");
    assert!(matches!(updates[1].kind, UpdateKind::EditedMessage(_)) && message(1).edit_date().is_some());
    assert!(matches!(message(2).forward_origin(), Some(MessageOrigin::User { .. })));
    assert!(matches!(message(3).forward_origin(), Some(MessageOrigin::HiddenUser { .. })));
    assert!(matches!(message(4).forward_origin(), Some(MessageOrigin::Channel { .. })));
    assert_eq!(message(5).via_bot.as_ref().unwrap().id.0, 99);
    assert_eq!(message(6).reply_to_message().unwrap().text(), Some("/buy 2"));
    assert_eq!(message(6).quote().unwrap().text, "/buy");
    assert!((message(6).date - message(7).date).num_seconds() >= 600);
    assert_eq!(message(8).from.as_ref().unwrap().id.0, ANONYMOUS_ADMIN as u64);
    assert_eq!(message(8).sender_chat.as_ref().unwrap().id.0, group);
    assert_eq!(message(9).from.as_ref().unwrap().id.0, CHANNEL_BOT as u64);
    assert_eq!(message(9).thread_id.unwrap().0.0, 4);
    assert!(matches!(updates[10].kind, UpdateKind::ChannelPost(_)) && message(10).from.is_none());
    assert!(matches!(updates[11].kind, UpdateKind::EditedChannelPost(_)));
    assert!(matches!(updates[12].kind, UpdateKind::MyChatMember(_)) && matches!(updates[13].kind, UpdateKind::MyChatMember(_)));
    assert_eq!(updates.len(), 14);
}

#[tokio::test]
async fn raw_updates_come_as_they_are() {
    let (telegram, bot) = with_ann();
    let message = |id: i64| json!({ "update_id": id, "message": { "message_id": 1, "date": 5, "chat": { "id": ANN, "type": "private" }, "text": id.to_string() } });
    for id in [900_000_003, 900_000_001, 900_000_003] {
        telegram.push_raw(message(id));
    }
    telegram.push_raw(json!({ "update_id": 900_000_004, "unheard_of": {} }));
    let updates = bot.get_updates().await.unwrap();
    assert_eq!(updates.iter().map(|update| update.id.0).collect::<Vec<_>>(), [900_000_003, 900_000_001, 900_000_003, 900_000_004]);
    assert!(matches!(updates[3].kind, UpdateKind::Error(_)));
    assert_eq!(telegram.say(ANN, "next").update, Some(900_000_005));
}
