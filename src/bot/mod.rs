//! The faces: terminal now, Telegram next. Messages in, cards and notices out; nothing is decided here.
