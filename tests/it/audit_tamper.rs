//! A thousand ways to tamper with a record: cells edited, rows deleted, the tail cut off in good order, rows swapped, and
//! the whole chain written anew by somebody who knows how. `audit verify` finds each of them.
//!
//! Covered are the chain, its head, the tables it makes and the ledger. Messages, notices and snapshots are no part of it.

use std::path::Path;

use outcry::domain::event::{Change, DeskEvent};
use outcry::domain::order::OrderState;
use outcry::domain::rows::PlanState;
use outcry::engine::ports::Journal;
use outcry::store::audit::{self, AuditBreak};
use outcry::store::head_file;
use outcry::store::history::History;
use outcry::store::link::Link;
use outcry::store::open::Store;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Row};

use crate::store_story::{Scratch, tell};
use crate::store_story_reports::act;
use crate::store_story_rows::*;

const TAMPERINGS: u64 = 1_000;
/// Acts at the end of the record: a tail that no table misses.
const TAIL: i64 = 12;
const TABLES: [&str; 11] =
    ["order_events", "chain_head", "pendings", "plans", "orders", "fills", "balances", "positions", "state", "pnl_days", "postings"];

/// Writes a record of all kinds of facts to a file, and ends as a program does.
async fn record(url: &str) {
    let store = Store::open(url).await.unwrap();
    tell(&store).await;
    let epoch = store.claim_desk(&account(), at(50)).await.unwrap();
    for number in 1_000..1_040 {
        let name = format!("{}", number % 13);
        let mut events: Vec<DeskEvent> = vec![
            event("balance.set", "USDT", number, balance("USDT", number)),
            event("pnl.day", "d", number, pnl_day(number % 7, number as u32)),
            plan_event(&plan_row(&format!("plan-{name}"), "BTC", PlanState::Done, 1, number)),
            order_event(&order_row(&format!("order-{name}"), &format!("plan-{name}"), OrderState::Filled, number)),
        ];
        events.push(fill_event(&fill_row(&format!("trade-{number}"), Some(&format!("order-{name}")), None, number)));
        let row = position_row("BTC", number % 2 == 0, number as u32);
        events.push(event("position.set", "BTC", number, Change::Position(Box::new(row))));
        let mut commit = step(epoch, events);
        commit.postings = [transfer(&format!("b{number}"), number), transfer(&format!("a{number}"), 7)].concat();
        store.commit(&commit).await.unwrap();
    }
    for number in 0..TAIL {
        store.record(&account(), &[act(&format!("tail:{number}"), 2_000 + number)], Vec::new(), None).await.unwrap();
    }
    store.close().await;
}

struct Tamperer {
    random: Xoshiro256PlusPlus,
    connection: AnyConnection,
}

impl Tamperer {
    async fn begin(database: &Path, pristine: &Path) -> Self {
        let mut connection = AnyConnection::connect(&format!("sqlite://{}", database.display())).await.unwrap();
        let attach = format!("PRAGMA synchronous = OFF; PRAGMA busy_timeout = 5000; ATTACH '{}' AS pristine", pristine.display());
        sqlx::raw_sql(AssertSqlSafe(attach)).execute(&mut connection).await.unwrap();
        Self { random: Xoshiro256PlusPlus::seed_from_u64(1_000), connection }
    }

    fn below(&mut self, end: i64) -> i64 {
        (self.random.next_u64() % end as u64) as i64
    }

    async fn run(&mut self, sql: String) -> u64 {
        sqlx::query(AssertSqlSafe(sql)).execute(&mut self.connection).await.map_or(0, |done| done.rows_affected())
    }

    async fn number(&mut self, sql: String) -> i64 {
        sqlx::query(AssertSqlSafe(sql)).fetch_one(&mut self.connection).await.unwrap().get(0)
    }

    async fn row_of(&mut self, table: &str) -> i64 {
        let rows = self.number(format!("SELECT COUNT(*) FROM {table}")).await;
        let skip = self.below(rows);
        self.number(format!("SELECT rowid FROM {table} LIMIT 1 OFFSET {skip}")).await
    }

    fn table(&mut self) -> &'static str {
        TABLES[self.below(TABLES.len() as i64) as usize]
    }

    /// Changes one cell; returns how many rows that changed.
    async fn edit(&mut self) -> u64 {
        let table = self.table();
        let row = self.row_of(table).await;
        let columns = self.number(format!("SELECT COUNT(*) FROM pragma_table_info('{table}')")).await;
        let cid = self.below(columns);
        let info = sqlx::query(AssertSqlSafe(format!("SELECT name, type FROM pragma_table_info('{table}') WHERE cid = {cid}")));
        let info = info.fetch_one(&mut self.connection).await.unwrap();
        let (column, kind): (String, String) = (info.get(0), info.get(1));
        if kind == "BIGINT" {
            let by = 1 + self.below(1_000);
            return self.run(format!("UPDATE {table} SET {column} = COALESCE({column}, 0) + {by} WHERE rowid = {row}")).await;
        }
        let length = self.number(format!("SELECT COALESCE(LENGTH({column}), 0) FROM {table} WHERE rowid = {row}")).await;
        let place = self.below(length.max(1)) + 1;
        let other = format!(
            "SUBSTR({column}, 1, {place} - 1) || CASE SUBSTR({column}, {place}, 1) WHEN '7' THEN '8' ELSE '7' END || SUBSTR({column}, {place} + 1)"
        );
        self.run(format!("UPDATE {table} SET {column} = COALESCE({other}, '7') WHERE rowid = {row}")).await
    }

    async fn delete(&mut self) -> u64 {
        let table = self.table();
        let row = self.row_of(table).await;
        self.run(format!("DELETE FROM {table} WHERE rowid = {row}")).await
    }

    /// Cuts acts off the end and makes the head say so: every table still fits.
    async fn cut_tail(&mut self) -> u64 {
        let cut = 1 + self.below(TAIL);
        let gone = self.run(format!("DELETE FROM order_events WHERE seq > (SELECT MAX(seq) - {cut} FROM order_events)")).await;
        let end = "SELECT seq, hash FROM order_events ORDER BY seq DESC LIMIT 1";
        self.run(format!("UPDATE chain_head SET (count, hash) = ({end})")).await;
        gone
    }

    /// Lets two rows of a table change places, by one of their columns.
    async fn swap(&mut self) -> u64 {
        let (table, column) =
            [("order_events", "seq"), ("order_events", "body"), ("fills", "body"), ("orders", "body"), ("postings", "amount")]
                [self.below(5) as usize];
        let (a, b) = (self.row_of(table).await, self.row_of(table).await);
        let differ =
            format!("SELECT COUNT(*) FROM {table} AS a, {table} AS b WHERE a.rowid = {a} AND b.rowid = {b} AND a.{column} <> b.{column}");
        if self.number(differ).await == 0 {
            return 0;
        }
        if column == "seq" {
            let read = |row: i64| format!("SELECT seq FROM order_events WHERE rowid = {row}");
            let (first, second) = (self.number(read(a)).await, self.number(read(b)).await);
            self.run(format!("UPDATE order_events SET seq = -1 WHERE rowid = {a}")).await;
            self.run(format!("UPDATE order_events SET seq = {first} WHERE rowid = {b}")).await;
            return self.run(format!("UPDATE order_events SET seq = {second} WHERE rowid = {a}")).await;
        }
        let swap = format!(
            "UPDATE {table} SET {column} = (SELECT {column} FROM {table} AS other WHERE other.rowid = CASE {table}.rowid WHEN {a} THEN {b} \
             ELSE {a} END) WHERE rowid IN ({a}, {b})"
        );
        self.run(swap).await
    }

    /// Changes what an act says, and writes every link behind it anew, head included, as somebody can who knows the form.
    async fn write_anew(&mut self, store: &Store) -> u64 {
        let head = store.chain_head(&account()).await.unwrap().unwrap();
        let from = head.count - self.below(TAIL);
        let mut links = store.links(&account(), from - 1, 1_000).await.unwrap();
        links[0].detail.push_str(" and nothing else");
        let mut before = links[0].prev_hash.clone();
        for link in &mut links {
            link.prev_hash = before;
            link.hash = Link::computed_hash(link, &account());
            before = link.hash.clone();
            let (seq, detail) = (link.seq, &link.detail);
            let (prev, hash) = (&link.prev_hash, &link.hash);
            self.run(format!("UPDATE order_events SET detail = '{detail}', prev_hash = '{prev}', hash = '{hash}' WHERE seq = {seq}")).await;
        }
        self.run(format!("UPDATE chain_head SET hash = '{before}'")).await
    }

    async fn restore(&mut self) {
        for table in TABLES {
            self.run(format!("DELETE FROM {table}")).await;
            self.run(format!("INSERT INTO {table} SELECT * FROM pristine.{table}")).await;
        }
    }
}

#[tokio::test]
async fn a_thousand_of_a_thousand_tamperings_are_found() {
    let scratch = Scratch::new("tamper");
    let (database, pristine) = (scratch.path().join("story.db"), scratch.path().join("pristine.db"));
    record(&scratch.url()).await;
    std::fs::copy(&database, &pristine).unwrap();
    let head = head_file::beside(&database);
    let store = Store::open_unsynced(&scratch.url()).await.unwrap();
    let whole = audit::verify(&store, Some(&head)).await.unwrap();
    assert!(whole.events > 300 && whole.rows > 50 && whole.lines > 100, "{whole:?}");

    let mut tamperer = Tamperer::begin(&database, &pristine).await;
    let (mut tried, mut unread, mut by_head_alone) = (0, 0, 0);
    while tried < TAMPERINGS {
        let kind = tried % 10;
        let changed = match kind {
            0..=3 => tamperer.edit().await,
            4 | 5 => tamperer.delete().await,
            6 => tamperer.cut_tail().await,
            7 | 8 => tamperer.swap().await,
            _ => tamperer.write_anew(&store).await,
        };
        // A tampering that the database itself refuses (a key that is taken) is none.
        if changed > 0 {
            let found = audit::verify(&store, Some(&head)).await;
            assert!(found.is_err(), "tampering {tried} (kind {kind}) was not found");
            unread += u64::from(matches!(found, Err(AuditBreak::Unread(_))));
            if matches!(kind, 6 | 9) {
                by_head_alone += u64::from(audit::verify(&store, None).await.is_ok());
            }
            tried += 1;
        }
        tamperer.restore().await;
    }
    assert!(unread < TAMPERINGS / 20, "{unread} left rows that cannot even be read");
    assert_eq!(by_head_alone, TAMPERINGS / 5, "a tail cut off and a chain written anew are seen by the head file alone");
    assert_eq!(audit::verify(&store, Some(&head)).await, Ok(whole));
    store.close().await;
}

#[tokio::test]
async fn the_head_file_itself_is_looked_at() {
    let scratch = Scratch::new("head");
    record(&scratch.url()).await;
    let store = Store::open(&scratch.url()).await.unwrap();
    let head = store.head_path().unwrap();
    let text = std::fs::read_to_string(&head).unwrap();
    audit::verify(&store, Some(&head)).await.unwrap();
    for tampered in [text.replace("hash\":\"", "hash\":\"0"), text.replace("count\":", "count\":1"), "{}".into(), "[".into(), String::new()]
    {
        std::fs::write(&head, &tampered).unwrap();
        let found = audit::verify(&store, Some(&head)).await;
        assert!(matches!(found, Err(AuditBreak::Broken(_))), "{tampered}: {found:?}");
    }
    // A Desk that starts on a record which does not continue the file leaves the file alone: it is evidence.
    let cut = text.replace("count\":", "count\":1");
    std::fs::write(&head, &cut).unwrap();
    store.claim_desk(&account(), at(99_000)).await.unwrap();
    store.record(&account(), &[act("later", 99_000)], Vec::new(), None).await.unwrap();
    store.close().await;
    assert_eq!(std::fs::read_to_string(&head).unwrap(), cut);
    std::fs::remove_file(&head).unwrap();
    let store = Store::open(&scratch.url()).await.unwrap();
    let missing = audit::verify(&store, Some(&head)).await;
    assert!(matches!(&missing, Err(AuditBreak::Broken(why)) if why.contains("is missing")), "{missing:?}");
    store.close().await;
}
