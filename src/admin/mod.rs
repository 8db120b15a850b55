//! The small HTTP endpoint for operators. It opens with the Telegram face; nothing listens before that.
