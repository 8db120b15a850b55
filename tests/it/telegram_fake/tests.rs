//! The fake is held to what it promises, through a real client.

mod html;
mod incoming;
mod outgoing;
mod troubles;
mod webhooks;

use teloxide::{ApiError, Bot, RequestError};

use super::{FakeTelegram, TOKEN};

/// The person of most tests.
const ANN: i64 = 5001;
/// Somebody else.
const BOB: i64 = 5002;

fn with_ann() -> (FakeTelegram, Bot) {
    let telegram = FakeTelegram::start();
    telegram.add_person(ANN, "Ann");
    let bot = client(&telegram, TOKEN);
    (telegram, bot)
}

fn client(telegram: &FakeTelegram, token: &str) -> Bot {
    let http = reqwest012::Client::builder().no_proxy().build().unwrap();
    Bot::with_client(token, http).set_api_url(telegram.url().parse().unwrap())
}

/// What the API said, for errors that the client's library knows by name and for others.
fn api_error<T: std::fmt::Debug>(answer: Result<T, RequestError>) -> ApiError {
    match answer {
        Err(RequestError::Api(error)) => error,
        other => panic!("expected a refusal of the API, got {other:?}"),
    }
}
