//! The crash of 2025-10-10, replayed through the program: a 20× long ends at its stop, or, with the stop and the guard
//! switched off, in the liquidation; the books balance in both.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::str::FromStr;

use rust_decimal::Decimal;
use serde_json::Value;
use sqlx::Row;

use crate::reference::shared;

const TALK: &str = "long btc 20x with 1000 usdt\nyes\npositions\nwait 2h\npositions\norders\npnl all\nbalance\nhistory\nwhy btc\n";

#[test]
fn with_its_default_stop_the_stop_fires() {
    let Some(run) = Run::through("stop", &[]) else { return };
    let card = &run.of_kind("card")[0]["card"];
    let stop = decimal(&card["stop"]);
    assert!(stop < decimal(&card["price"]) && stop > decimal(&card["liquidation_price"]), "{card}");
    assert_eq!(card["evidence"]["stop"]["kind"], "default");

    let exit = run.exit();
    assert_eq!((&exit["leg"], &exit["cause"], &exit["side"]), (&"stop".into(), &"order".into(), &"sell".into()), "{exit}");
    assert_eq!(exit["quantity"], card["quantity"]);
    assert!(decimal(&exit["price"]) <= stop, "a stop-market sells at its trigger or below: {exit}");
    // What slipped away between trigger and fill is no more than the bar's own step down.
    assert!(decimal(&exit["price"]) > stop * Decimal::new(99, 2), "{exit}");
    run.assert_flat_and_balanced();
}

#[test]
fn without_stop_and_guard_the_liquidation_fires() {
    let off = [("OUTCRY_RISK__REQUIRE_STOP", "false"), ("OUTCRY_RISK__LIQUIDATION_GUARD", "false")];
    let Some(run) = Run::through("liquidation", &off) else { return };
    let card = &run.of_kind("card")[0]["card"];
    assert_eq!(card["stop"], Value::Null);

    let exit = run.exit();
    assert_eq!((&exit["cause"], &exit["side"]), (&"liquidation".into(), &"sell".into()), "{exit}");
    assert_eq!(exit["quantity"], card["quantity"]);
    assert!(decimal(&exit["price"]) <= decimal(&card["liquidation_price"]), "{exit}");
    // Isolated margin: with its fee, the liquidation takes at most what was set aside.
    let pnl = run.data("pnl");
    let lost = -decimal(&pnl["realized"]) + decimal(&exit["fee"]);
    assert!(lost > Decimal::ZERO && lost <= decimal(&card["margin"]), "lost {lost} of {card}");
    run.assert_flat_and_balanced();
}

/// One run of the program through the crash.
struct Run {
    folder: PathBuf,
    database: PathBuf,
    replies: Vec<Value>,
}

impl Run {
    /// Returns the run, or `None` (and says so) where the candle files are absent.
    fn through(name: &str, environment: &[(&str, &str)]) -> Option<Self> {
        let candles = shared("candles/BTCUSDT-5m.csv.gz")?.parent()?.to_owned();
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("crash-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let database = folder.join("desk.db");
        let mut command = program(&folder);
        command.args(["chat", "--json", "--market", "replay", "--timeframe", "5m", "--from", "2025-10-10T20:00:00Z"]);
        command.arg("--candles").arg(candles).arg("--db").arg(&database).envs(environment.iter().copied());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(TALK.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", output.status);
        let replies = String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        Some(Self { folder, database, replies })
    }

    fn of_kind(&self, kind: &str) -> Vec<&Value> {
        self.replies.iter().filter(|reply| reply["kind"] == kind).collect()
    }

    fn data(&self, name: &str) -> &Value {
        self.replies.iter().rev().map(|reply| &reply["data"][name]).find(|value| !value.is_null()).unwrap()
    }

    /// Returns the one fill that was pushed while time passed.
    fn exit(&self) -> &Value {
        let pushed: Vec<&Value> = self.of_kind("fill").into_iter().filter(|fill| fill["n"] == 0).collect();
        assert_eq!(pushed.len(), 1, "{:?}", self.replies);
        &pushed[0]["data"]["fill"]
    }

    fn assert_flat_and_balanced(&self) {
        assert_eq!(self.data("positions"), &Value::Array(Vec::new()));
        assert_eq!(self.data("orders"), &Value::Array(Vec::new()));
        let pnl = self.data("pnl");
        let [realized, unrealized, fees, funding, total] =
            ["realized", "unrealized", "fees", "funding", "total"].map(|name| decimal(&pnl[name]));
        assert_eq!(unrealized, Decimal::ZERO);
        assert_eq!(realized - fees + funding, total);
        // What was paid in, and nothing but profit, loss and fees since.
        assert_eq!(decimal(self.data("equity")), Decimal::from(100_000) + total);
        assert_eq!(decimal(&self.data("balances")[0]["free"]), Decimal::from(100_000) + total);
        for (transaction, sum) in sums_of_postings(&self.database) {
            assert!(sum.is_zero(), "the ledger transaction {transaction:?} sums to {sum}");
        }
        let audit = program(&self.folder).args(["audit", "verify", "--db"]).arg(&self.database).output().unwrap();
        assert!(audit.status.success(), "{}", String::from_utf8_lossy(&audit.stderr));
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_outcry"));
    command.current_dir(folder).env_clear().env("HOME", folder);
    command
}

fn decimal(value: &Value) -> Decimal {
    Decimal::from_str(value.as_str().unwrap_or_else(|| panic!("money is a string: {value}"))).unwrap()
}

/// Returns the sum of each ledger transaction in each currency, and of each currency over all of them.
#[tokio::main(flavor = "current_thread")]
async fn sums_of_postings(database: &Path) -> BTreeMap<(String, String), Decimal> {
    sqlx::any::install_default_drivers();
    let pool = sqlx::AnyPool::connect(&format!("sqlite://{}", database.display())).await.unwrap();
    let rows = sqlx::query("SELECT txn, currency, amount FROM postings").fetch_all(&pool).await.unwrap();
    assert!(rows.len() > 6, "a deposit, an entry and an exit leave more lines than {}", rows.len());
    let mut sums = BTreeMap::new();
    for row in rows {
        let (transaction, currency, amount): (String, String, String) = (row.get(0), row.get(1), row.get(2));
        for key in [(transaction, currency.clone()), ("all".to_owned(), currency)] {
            *sums.entry(key).or_insert(Decimal::ZERO) += Decimal::from_str(&amount).unwrap();
        }
    }
    pool.close().await;
    sums
}
