-- What the sending side of the Telegram face remembers: which message shows which card, where an answer belongs, and
-- what each chat wants to be told, and how.
CREATE TABLE telegram_messages (
    chat BIGINT NOT NULL, key TEXT NOT NULL, message BIGINT, thread BIGINT, at BIGINT NOT NULL, open BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (chat, key)
);
CREATE INDEX telegram_messages_open ON telegram_messages (chat, at) WHERE open = 1;
CREATE INDEX telegram_messages_at ON telegram_messages (at);

CREATE TABLE telegram_chats (chat BIGINT NOT NULL PRIMARY KEY, body TEXT NOT NULL);
