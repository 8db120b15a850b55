-- The spine: messages in, cards, plans, orders, fills, books, the hash chain, notices out.
-- One text for SQLite and PostgreSQL: TEXT and BIGINT only. Money is decimal TEXT inside `body` and never computed here.
-- `first_seq` and `last_seq` are the links of the chain that made a row and last changed it; first_seq orders rows the
-- same on every engine (text order would depend on the collation).

CREATE TABLE meta (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL);

CREATE TABLE counters (name TEXT NOT NULL PRIMARY KEY, value BIGINT NOT NULL);
INSERT INTO counters (name, value) VALUES ('inbox', 0);
INSERT INTO counters (name, value) VALUES ('outbox', 0);
INSERT INTO counters (name, value) VALUES ('openings', 0);

CREATE TABLE lease (
    account TEXT NOT NULL PRIMARY KEY, owner TEXT NOT NULL, epoch BIGINT NOT NULL, expires_at BIGINT NOT NULL
);

CREATE TABLE chain_head (account TEXT NOT NULL PRIMARY KEY, count BIGINT NOT NULL, hash TEXT NOT NULL);

CREATE TABLE order_events (
    account TEXT NOT NULL, seq BIGINT NOT NULL, at BIGINT NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL,
    plan TEXT, detail TEXT NOT NULL, body TEXT NOT NULL, prev_hash TEXT NOT NULL, hash TEXT NOT NULL,
    PRIMARY KEY (account, seq)
);
CREATE INDEX order_events_plan ON order_events (account, plan, seq) WHERE plan IS NOT NULL;
CREATE INDEX order_events_subject ON order_events (account, subject, seq);

CREATE TABLE inbox (
    key TEXT NOT NULL PRIMARY KEY, sequence BIGINT NOT NULL, received_at BIGINT NOT NULL, done BIGINT NOT NULL, body TEXT NOT NULL
);
CREATE INDEX inbox_open ON inbox (sequence) WHERE done = 0;

CREATE TABLE outbox (
    sequence BIGINT NOT NULL PRIMARY KEY, key TEXT NOT NULL UNIQUE, chat BIGINT, at BIGINT NOT NULL, done BIGINT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX outbox_open ON outbox (sequence) WHERE done = 0;

CREATE TABLE questions (chat BIGINT NOT NULL PRIMARY KEY, body TEXT NOT NULL);

CREATE TABLE pendings (
    account TEXT NOT NULL, first_seq BIGINT NOT NULL, last_seq BIGINT NOT NULL,
    nonce TEXT NOT NULL, chat BIGINT NOT NULL, state TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (account, nonce)
);
CREATE INDEX pendings_open ON pendings (account, first_seq) WHERE state = 'open';

CREATE TABLE plans (
    account TEXT NOT NULL, first_seq BIGINT NOT NULL, last_seq BIGINT NOT NULL,
    id TEXT NOT NULL, source_key TEXT NOT NULL, chat BIGINT, symbol TEXT NOT NULL, state TEXT NOT NULL, at BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (account, id), UNIQUE (account, source_key)
);
CREATE INDEX plans_chat ON plans (account, chat, at);
CREATE INDEX plans_symbol ON plans (account, symbol, at);
CREATE INDEX plans_open ON plans (account, first_seq) WHERE state IN ('confirmed', 'approved');

CREATE TABLE orders (
    account TEXT NOT NULL, first_seq BIGINT NOT NULL, last_seq BIGINT NOT NULL,
    id TEXT NOT NULL, plan TEXT NOT NULL, state TEXT NOT NULL, changed_at BIGINT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (account, id)
);
CREATE INDEX orders_plan ON orders (account, plan);
CREATE INDEX orders_open ON orders (account, first_seq)
    WHERE state IN ('planned', 'sending', 'unknown', 'held', 'open', 'partial', 'canceling');
CREATE INDEX orders_changed ON orders (account, changed_at);

CREATE TABLE fills (
    account TEXT NOT NULL, first_seq BIGINT NOT NULL, last_seq BIGINT NOT NULL,
    instrument TEXT NOT NULL, trade_id TEXT NOT NULL, order_id TEXT, at BIGINT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (account, instrument, trade_id)
);
CREATE INDEX fills_order ON fills (account, order_id);
CREATE INDEX fills_at ON fills (account, at, first_seq);

CREATE TABLE balances (
    account TEXT NOT NULL, first_seq BIGINT NOT NULL, last_seq BIGINT NOT NULL,
    currency TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (account, currency)
);

CREATE TABLE positions (
    account TEXT NOT NULL, first_seq BIGINT NOT NULL, last_seq BIGINT NOT NULL,
    instrument TEXT NOT NULL, flat BIGINT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (account, instrument)
);

CREATE TABLE state (
    account TEXT NOT NULL, first_seq BIGINT NOT NULL, last_seq BIGINT NOT NULL,
    trading TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (account)
);

CREATE TABLE pnl_days (
    account TEXT NOT NULL, first_seq BIGINT NOT NULL, last_seq BIGINT NOT NULL,
    day BIGINT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (account, day)
);

CREATE TABLE postings (
    account TEXT NOT NULL, txn TEXT NOT NULL, line BIGINT NOT NULL, seq BIGINT NOT NULL, ledger TEXT NOT NULL,
    currency TEXT NOT NULL, amount TEXT NOT NULL, at BIGINT NOT NULL,
    PRIMARY KEY (account, txn, line)
);
CREATE INDEX postings_seq ON postings (account, seq, txn, line);
