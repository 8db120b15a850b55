-- Reports: what the account was worth, each minute while a position is open, each hour otherwise, and at each fill.
-- Not part of the record that the chain covers: observations that are forgotten after a time (reports.snapshot_days).

CREATE TABLE account_snapshots (account TEXT NOT NULL, at BIGINT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (account, at));
