//! Who the bot is, as far as we need it.

use serde::{Deserialize, Serialize};
use teloxide::requests::Payload;

/// `getMe`.
#[derive(Debug, Serialize)]
pub struct GetMe {}

/// What it answers.
#[derive(Debug, Deserialize)]
pub struct Me {
    /// The bot's user name, without the @.
    pub username: String,
}

impl Payload for GetMe {
    type Output = Me;
    const NAME: &'static str = "getMe";
}
