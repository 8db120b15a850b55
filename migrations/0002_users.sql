-- Who is let in, and every change of it. (Ids of updates need no table of their own: they are keys of `inbox`, whose rows
-- are kept for ever, and so for longer than the eight days that the service may deliver one again.)

CREATE TABLE users (
    id BIGINT NOT NULL PRIMARY KEY, role TEXT NOT NULL, state TEXT NOT NULL, name TEXT NOT NULL, changed_at BIGINT NOT NULL
);
CREATE INDEX users_pending ON users (id) WHERE state = 'pending';
CREATE INDEX users_changed ON users (changed_at);

INSERT INTO counters (name, value) VALUES ('user_acts', 0);
CREATE TABLE user_acts (
    sequence BIGINT NOT NULL PRIMARY KEY, at BIGINT NOT NULL, actor BIGINT, person BIGINT NOT NULL, role TEXT NOT NULL,
    state TEXT NOT NULL, cause TEXT NOT NULL
);
