//! What the bot sends, taken or refused.

use teloxide::ApiError;
use teloxide::payloads::{
    AnswerCallbackQuerySetters, EditMessageReplyMarkupSetters, EditMessageTextSetters, SendDocumentSetters, SendMessageSetters,
    SetMyCommandsSetters,
};
use teloxide::prelude::Requester;
use teloxide::types::{
    BotCommand, BotCommandScope, CallbackQueryId, ChatAction, ChatId, InlineKeyboardButton, InlineKeyboardMarkup, InputFile, MessageId,
    ParseMode, Recipient, ReplyParameters, ThreadId, UserId,
};
use teloxide::{Bot, RequestError};

use super::{ANN, BOB, api_error, with_ann};
use crate::telegram_fake::chat::ChatKind;

const CHAT: ChatId = ChatId(ANN);

fn button(text: &str, data: &str) -> InlineKeyboardMarkup {
    InlineKeyboardMarkup::new([[InlineKeyboardButton::callback(text, data)]])
}

async fn said(bot: &Bot, text: &str) -> Result<MessageId, RequestError> {
    bot.send_message(CHAT, text).parse_mode(ParseMode::Html).await.map(|message| message.id)
}

fn unknown(text: &str) -> ApiError {
    ApiError::Unknown(format!("Bad Request: {text}"))
}

#[tokio::test]
async fn a_message_is_shown_with_its_marks_read() {
    let (telegram, bot) = with_ann();
    let sent = bot
        .send_message(CHAT, " <b>Sell</b> &lt;1&gt; BTC\n")
        .parse_mode(ParseMode::Html)
        .disable_notification(true)
        .reply_markup(button("Place", "v1.go"))
        .await
        .unwrap();
    assert_eq!(sent.text(), Some("Sell <1> BTC"));
    let shown = telegram.wait_shown(|shown| shown.is_new()).await;
    assert_eq!((shown.chat, shown.text.as_str(), shown.silent), (ANN, "Sell <1> BTC", true));
    assert_eq!(shown.button("Place").unwrap().data, "v1.go");
    assert_eq!(shown.entities[0]["type"], "bold");
    assert_eq!(telegram.shown_in(ANN).len(), 1);
    assert_eq!(telegram.text_of(ANN, shown.id).as_deref(), Some("Sell <1> BTC"));
}

#[tokio::test]
async fn texts_are_measured_after_their_marks_are_read() {
    let (_telegram, bot) = with_ann();
    let full = format!("<b>{}</b>", "&lt;".repeat(4_096));
    said(&bot, &full).await.unwrap();
    assert_eq!(api_error(said(&bot, &"x".repeat(4_097)).await), ApiError::MessageIsTooLong);
    assert_eq!(api_error(said(&bot, &"x".repeat(32_769)).await), unknown("text is too long"));
    assert_eq!(api_error(said(&bot, "").await), ApiError::MessageTextIsEmpty);
    assert_eq!(api_error(said(&bot, "<b></b> \n").await), unknown("text must be non-empty"));
    let refused = api_error(said(&bot, "<b>open").await);
    assert_eq!(
        refused,
        ApiError::CantParseEntities("Bad Request: can't parse entities: Can't find end tag corresponding to start tag \"b\"".to_owned())
    );
}

#[tokio::test]
async fn buttons_carry_one_to_64_bytes() {
    let (_telegram, bot) = with_ann();
    let send = |data: String| bot.send_message(CHAT, "card").reply_markup(button("Go", &data));
    send("x".repeat(64)).await.unwrap();
    assert_eq!(api_error(send("x".repeat(65)).await), ApiError::ButtonDataInvalid);
    assert_eq!(api_error(send("é".repeat(33)).await), ApiError::ButtonDataInvalid);
    assert_eq!(api_error(send(String::new()).await), ApiError::TextButtonsAreUnallowed);
    let many = InlineKeyboardMarkup::new((0..101).map(|_| [InlineKeyboardButton::callback("Go", "x")]));
    assert_eq!(api_error(bot.send_message(CHAT, "card").reply_markup(many).await), unknown("reply markup is too long"));
}

#[tokio::test]
async fn a_card_is_edited_in_place() {
    let (telegram, bot) = with_ann();
    let card = bot.send_message(CHAT, "card").reply_markup(button("Go", "x")).await.unwrap().id;
    let edited = bot.edit_message_text(CHAT, card, "done").reply_markup(button("Go", "x")).await.unwrap();
    assert!(edited.edit_date().is_some());
    let again = bot.edit_message_text(CHAT, card, "done").reply_markup(button("Go", "x")).await;
    assert_eq!(api_error(again), ApiError::MessageNotModified);
    let bare = bot.edit_message_reply_markup(CHAT, card).await.unwrap();
    assert!(bare.reply_markup().is_none(), "buttons that are not named are taken away");
    bot.edit_message_reply_markup(CHAT, card).reply_markup(button("Back", "y")).await.unwrap();
    assert_eq!(api_error(bot.edit_message_text(CHAT, MessageId(999), "x").await), ApiError::MessageToEditNotFound);
    let hers = telegram.say(ANN, "mine").message;
    assert_eq!(api_error(bot.edit_message_text(CHAT, MessageId(hers as i32), "x").await), ApiError::MessageCantBeEdited);
    bot.delete_message(CHAT, card).await.unwrap();
    assert_eq!(api_error(bot.delete_message(CHAT, card).await), ApiError::MessageToDeleteNotFound);
    assert_eq!(telegram.text_of(ANN, i64::from(card.0)), None);
}

#[tokio::test]
async fn a_tap_is_answered_once_and_in_time() {
    let (telegram, bot) = with_ann();
    let card = bot.send_message(CHAT, "card").reply_markup(button("Go", "v1.go")).await.unwrap().id;
    let query = telegram.tap(ANN, ANN, i64::from(card.0), "Go");
    let updates = bot.get_updates().await.unwrap();
    let teloxide::types::UpdateKind::CallbackQuery(tapped) = &updates[0].kind else { panic!("{updates:?}") };
    assert_eq!((tapped.id.0.as_str(), tapped.data.as_deref()), (query.as_str(), Some("v1.go")));
    assert_eq!(tapped.regular_message().unwrap().id, card);
    let answer = || bot.answer_callback_query(CallbackQueryId(query.clone())).text("placed").show_alert(true);
    answer().await.unwrap();
    let heard = telegram.wait_answer(&query).await;
    assert_eq!((heard["text"].as_str(), heard["show_alert"].as_bool()), (Some("placed"), Some(true)));
    let too_old = unknown("query is too old and response timeout expired or query ID is invalid");
    assert_eq!(api_error(answer().await), too_old);
    let late = telegram.tap_data(ANN, ANN, 999, "forged");
    telegram.expire_taps();
    assert_eq!(api_error(bot.answer_callback_query(CallbackQueryId(late)).await), too_old);
    let long = bot.answer_callback_query(CallbackQueryId("1".to_owned())).text("x".repeat(201)).await;
    assert_eq!(api_error(long), ApiError::EditedMessageIsTooLong);
}

#[tokio::test]
async fn a_file_travels_whole() {
    let (telegram, bot) = with_ann();
    let bytes: Vec<u8> = (0..=255).cycle().take(5_000).chain(*b"\r\n--x\r\n\r\n").collect();
    let file = || InputFile::memory(bytes.clone()).file_name("history.csv");
    let sent = bot.send_document(CHAT, file()).caption("<b>3</b> trades").parse_mode(ParseMode::Html).await.unwrap();
    assert_eq!((sent.document().unwrap().file.size, sent.caption()), (5_010, Some("3 trades")));
    let shown = telegram.wait_text(ANN, "3 trades").await;
    let document = shown.document.unwrap();
    assert_eq!((document.name.as_str(), document.bytes.as_ref()), ("history.csv", bytes.as_slice()));
    bot.edit_message_caption(CHAT, sent.id).await.unwrap();
    let reason = unknown("there is no text in the message to edit");
    assert_eq!(api_error(bot.edit_message_text(CHAT, sent.id, "x").await), reason);
    let empty = bot.send_document(CHAT, InputFile::memory(Vec::new())).await;
    assert_eq!(api_error(empty), unknown("file must be non-empty"));
    assert_eq!(api_error(bot.send_document(CHAT, file()).caption("x".repeat(1_025)).await), unknown("message caption is too long"));
}

#[tokio::test]
async fn chats_that_cannot_be_written_to_say_why() {
    let (telegram, bot) = with_ann();
    telegram.add_chat(-1_001, ChatKind::Supergroup, "desk");
    telegram.add_chat(-70, ChatKind::Group, "old");
    telegram.add_person(BOB, "Bob");
    let send = |chat: i64| bot.send_message(ChatId(chat), "hello");
    assert_eq!(api_error(send(404).await), ApiError::ChatNotFound);
    telegram.block(ANN, true);
    assert_eq!(api_error(send(ANN).await), ApiError::BotBlocked);
    telegram.change_person(BOB, |bob| bob.started = false);
    assert_eq!(api_error(send(BOB).await), ApiError::Unknown("Forbidden: bot can't initiate conversation with a user".to_owned()));
    telegram.change_person(BOB, |bob| bob.deactivated = true);
    assert_eq!(api_error(send(BOB).await), ApiError::UserDeactivated);
    telegram.change_chat(-1_001, |chat| chat.kicked = true);
    assert_eq!(api_error(send(-1_001).await), ApiError::BotKickedFromSupergroup);
    telegram.change_chat(-70, |chat| chat.migrated_to = Some(-1_070));
    assert!(matches!(send(-70).await, Err(RequestError::MigrateToChatId(ChatId(-1_070)))));
}

#[tokio::test]
async fn a_deleted_topic_is_not_found() {
    let (telegram, bot) = with_ann();
    telegram.add_chat(-1_001, ChatKind::Forum, "desk");
    telegram.change_chat(-1_001, |chat| drop(chat.topics.insert(4, "fills".to_owned())));
    let send = |thread: i32| bot.send_message(ChatId(-1_001), "filled").message_thread_id(ThreadId(MessageId(thread)));
    assert_eq!(send(4).await.unwrap().thread_id.unwrap().0.0, 4);
    assert_eq!(telegram.wait_text(-1_001, "filled").await.thread, Some(4));
    telegram.change_chat(-1_001, |chat| drop(chat.topics.remove(&4)));
    assert_eq!(api_error(send(4).await), unknown("message thread not found"));
    assert_eq!(api_error(send(1).await), unknown("message thread not found"));
    let answer = bot.send_message(CHAT, "x").reply_parameters(ReplyParameters::new(MessageId(77))).await;
    assert_eq!(api_error(answer), ApiError::MessageToReplyNotFound);
    let lenient = ReplyParameters::new(MessageId(77)).allow_sending_without_reply();
    bot.send_message(CHAT, "x").reply_parameters(lenient).await.unwrap();
}

#[tokio::test]
async fn commands_have_scopes_and_form() {
    let (telegram, bot) = with_ann();
    let list = |name: &str| vec![BotCommand::new(name, "does it")];
    bot.set_my_commands(list("pf")).await.unwrap();
    let hers = BotCommandScope::Chat { chat_id: Recipient::Id(CHAT) };
    bot.set_my_commands(list("users")).scope(hers).await.unwrap();
    assert_eq!(telegram.commands("default/").unwrap()[0]["command"], "pf");
    assert_eq!(telegram.commands(&format!("chat:{ANN}/")).unwrap()[0]["command"], "users");
    assert_eq!(bot.get_my_commands().await.unwrap()[0].command, "pf");
    assert_eq!(api_error(bot.set_my_commands(list("Pf")).await), unknown("BOT_COMMAND_INVALID"));
    let nobody = BotCommandScope::Chat { chat_id: Recipient::Id(ChatId(404)) };
    assert_eq!(api_error(bot.set_my_commands(list("pf")).scope(nobody).await), ApiError::ChatNotFound);
    bot.delete_my_commands().await.unwrap();
    assert_eq!(bot.get_my_commands().await.unwrap(), []);
}

#[tokio::test]
async fn small_methods_answer_in_form() {
    let (telegram, bot) = with_ann();
    telegram.add_chat(-1_001, ChatKind::Forum, "desk");
    let sent = said(&bot, "pin me").await.unwrap();
    bot.pin_chat_message(CHAT, sent).await.unwrap();
    bot.unpin_chat_message(CHAT).await.unwrap();
    bot.send_chat_action(CHAT, ChatAction::Typing).await.unwrap();
    assert!(bot.get_chat(CHAT).await.unwrap().is_private());
    assert!(bot.get_chat(ChatId(-1_001)).await.unwrap().is_supergroup());
    assert!(bot.get_chat_member(ChatId(-1_001), UserId(110_201_543)).await.unwrap().is_administrator());
    assert_eq!(api_error(bot.log_out().await), ApiError::Unknown("Not Found: method not found".to_owned()));
}
