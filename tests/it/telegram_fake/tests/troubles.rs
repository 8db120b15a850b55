//! Limits and scripted troubles.

use std::time::Duration;

use serde_json::Value;
use teloxide::prelude::Requester;
use teloxide::types::ChatId;
use teloxide::{ApiError, RequestError};

use super::{ANN, BOB, api_error, with_ann};
use crate::telegram_fake::FakeTelegram;
use crate::telegram_fake::chat::ChatKind;
use crate::telegram_fake::failure::Failure;
use crate::telegram_fake::faults::Trouble;
use crate::telegram_fake::limits::{Limit, Limits};

fn retry_after<T: std::fmt::Debug>(answer: Result<T, RequestError>) -> u32 {
    match answer {
        Err(RequestError::RetryAfter(seconds)) => seconds.seconds(),
        other => panic!("expected 429, got {other:?}"),
    }
}

/// A call without the client's library, which sleeps 10 s after a server error.
async fn raw(telegram: &FakeTelegram, method: &str) -> reqwest012::Result<(u16, Option<String>, Value)> {
    let url = format!("{}/bot{}/{method}", telegram.url(), telegram.token());
    let response = reqwest012::Client::builder().no_proxy().build()?.get(url).send().await?;
    let retry = response.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
    Ok((response.status().as_u16(), retry, serde_json::from_str(&response.text().await?).unwrap_or_default()))
}

#[tokio::test]
async fn the_documented_limits_hold() {
    const LONG: Duration = Duration::from_secs(3_600);
    let (telegram, bot) = with_ann();
    telegram.add_person(BOB, "Bob");
    telegram.add_chat(-70, ChatKind::Group, "friends");
    // As the real ones, but so long that no slow machine reaches their end.
    let limits = Limits {
        overall: Limit { calls: 6, within: LONG },
        chat: Limit { calls: 4, within: LONG },
        group: Limit { calls: 2, within: LONG },
    };
    telegram.limit(Some(limits));
    let send = |chat: i64| bot.send_message(ChatId(chat), "x");
    send(-70).await.unwrap();
    send(-70).await.unwrap();
    assert!(retry_after(send(-70).await) > 3_000, "the group is full");
    for _ in 0..4 {
        send(ANN).await.unwrap();
    }
    assert!(retry_after(send(ANN).await) > 3_000, "the chat is full");
    assert!(retry_after(send(BOB).await) > 3_000, "all is full");
    bot.get_me().await.unwrap();
    telegram.limit(None);
    send(BOB).await.unwrap();
    assert_eq!(telegram.shown().len(), 7);
    assert_eq!((Limits::REAL.overall.calls, Limits::REAL.chat.calls, Limits::REAL.group.calls), (30, 1, 20));
}

#[tokio::test]
async fn refusals_come_by_script() {
    let (telegram, bot) = with_ann();
    let send = || bot.send_message(ChatId(ANN), "x");
    telegram.trouble("sendMessage", 1, Trouble::TooMany(7));
    assert_eq!(retry_after(send().await), 7);
    telegram.trouble_after("sendMessage", Some(ANN), 1, 1, Trouble::Refuse(Failure::forbidden("bot was blocked by the user")));
    send().await.unwrap();
    assert_eq!(api_error(send().await), ApiError::BotBlocked);
    send().await.unwrap();
    telegram.trouble("*", 1, Trouble::Page);
    assert!(matches!(send().await, Err(RequestError::InvalidJson { .. })));
    assert_eq!(telegram.shown().len(), 2);
    assert_eq!(telegram.calls_of("sendMessage").iter().filter(|call| call.answer.is_some()).count(), 4);
}

#[tokio::test]
async fn server_errors_and_waits_have_their_status() {
    let (telegram, _bot) = with_ann();
    telegram.trouble("getMe", 1, Trouble::Server(502));
    let (status, _, body) = raw(&telegram, "getMe").await.unwrap();
    assert_eq!((status, body["error_code"].as_u64(), body["description"].as_str()), (502, Some(502), Some("Bad Gateway")));
    telegram.trouble("getMe", 1, Trouble::TooMany(3));
    let (status, retry, body) = raw(&telegram, "getMe").await.unwrap();
    assert_eq!((status, retry.as_deref(), body["parameters"]["retry_after"].as_u64()), (429, Some("3"), Some(3)));
    assert_eq!(raw(&telegram, "nothing").await.unwrap().0, 404);
    telegram.trouble("getMe", 1, Trouble::Slow(Duration::from_millis(1)));
    assert_eq!(raw(&telegram, "GETME").await.unwrap().0, 200);
}

#[tokio::test]
async fn a_cut_line_leaves_the_effect_or_not() {
    let (telegram, bot) = with_ann();
    let send = || bot.send_message(ChatId(ANN), "x");
    telegram.trouble("sendMessage", 1, Trouble::CutBefore);
    assert!(matches!(send().await, Err(RequestError::Network(_))));
    assert_eq!(telegram.shown().len(), 0);
    telegram.trouble("sendMessage", 1, Trouble::CutAfter);
    assert!(matches!(send().await, Err(RequestError::Network(_))));
    assert_eq!(telegram.shown().len(), 1);
    telegram.trouble("sendMessage", 9, Trouble::CutBefore);
    telegram.calm();
    send().await.unwrap();
    telegram.go_down();
    assert!(matches!(send().await, Err(RequestError::Network(_))));
    telegram.calm();
    telegram.wait_calls("sendMessage", 3).await;
    let seen = telegram.shown().len();
    telegram.forget_calls();
    send().await.unwrap();
    assert_eq!(telegram.shown().len(), seen);
}

#[tokio::test]
async fn the_clock_can_be_moved() {
    let (telegram, bot) = with_ann();
    let before = bot.send_message(ChatId(ANN), "x").await.unwrap().date;
    telegram.advance(7_200);
    let after = bot.send_message(ChatId(ANN), "x").await.unwrap().date;
    assert!((after - before).num_seconds() >= 7_200);
    let shown = telegram.wait_shown_after(1, |shown| shown.text == "x").await;
    assert!(telegram.calls().is_sorted_by_key(|call| call.at));
    assert!(telegram.shown().is_sorted_by_key(|shown| shown.at));
    assert!(shown.keyboard.is_none() && shown.source == "x" && shown.reply_to.is_none());
}
