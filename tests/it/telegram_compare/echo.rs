//! A bot of a few lines: it says what it hears, and shows a card with two buttons when it hears "card".

use teloxide::Bot;
use teloxide::payloads::{AnswerCallbackQuerySetters, EditMessageTextSetters, GetUpdatesSetters, SendMessageSetters};
use teloxide::prelude::Requester;
use teloxide::types::{CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message, ParseMode, UpdateKind};
use teloxide::utils::html::escape;
use tokio::runtime::Runtime;

use crate::telegram_fake::TOKEN;

/// Runs until it is dropped.
pub struct Echo {
    _runtime: Runtime,
}

impl Echo {
    /// Starts on a server.
    pub fn start(url: &str) -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let client = reqwest012::Client::builder().no_proxy().build().unwrap();
        let bot = Bot::with_client(TOKEN, client).set_api_url(url.parse().unwrap());
        let runtime = Runtime::new().unwrap();
        runtime.spawn(run(bot));
        Self { _runtime: runtime }
    }
}

async fn run(bot: Bot) {
    bot.get_me().await.unwrap();
    assert!(bot.get_webhook_info().await.unwrap().url.is_none());
    let mut offset = 0;
    loop {
        for update in bot.get_updates().offset(offset).timeout(5).await.unwrap() {
            offset = update.id.as_offset();
            match update.kind {
                UpdateKind::Message(message) => hear(&bot, &message).await,
                UpdateKind::CallbackQuery(query) => tapped(&bot, query).await,
                other => panic!("{other:?}"),
            }
        }
    }
}

async fn hear(bot: &Bot, message: &Message) {
    let text = message.text().unwrap();
    if text == "card" {
        let button = |label: &str| InlineKeyboardButton::callback(label, label.to_lowercase());
        let keyboard = InlineKeyboardMarkup::new([[button("One"), button("Two")]]);
        let sent = bot.send_message(message.chat.id, "<b>Choose</b>").parse_mode(ParseMode::Html).reply_markup(keyboard).await.unwrap();
        assert!(sent.reply_markup().is_some());
    } else {
        bot.send_message(message.chat.id, escape(text)).parse_mode(ParseMode::Html).await.unwrap();
    }
}

async fn tapped(bot: &Bot, query: CallbackQuery) {
    let choice = query.data.unwrap();
    let message = query.message.unwrap();
    bot.answer_callback_query(query.id).text(format!("you chose {choice}")).await.unwrap();
    bot.edit_message_text(message.chat().id, message.id(), format!("You chose {choice}")).parse_mode(ParseMode::Html).await.unwrap();
}
