//! Snapshots of the account, and acts on record.

use super::bench::{Bench, TRADER};
use super::wants::{close, long};
use crate::domain::act::{ActKind, ActOutcome};
use crate::domain::actor::{Actor, Role};
use crate::domain::ids::Nonce;
use crate::domain::proposal::Want;
use crate::domain::request::TradingWord;
use crate::domain::time::{HOUR_MS, MINUTE_MS};
use crate::engine::desk::input::{Input, TapVerb};

#[test]
fn the_account_is_looked_at_with_each_fill_each_minute_while_open_and_each_hour_otherwise() {
    let mut bench = Bench::new();
    let taken = |bench: &Bench| bench.journal.snapshots.len();
    let before = taken(&bench);
    bench.confirm(Want::Open(long("2", "98")));
    let opened = taken(&bench);
    assert!(opened > before, "at the fill");
    let row = bench.journal.snapshots.last().unwrap().clone();
    assert_eq!(row.positions, 1);
    let sum = row.cash.plus(row.margin).unwrap().plus(row.unrealized).unwrap();
    assert_eq!(row.equity, sum, "equity = cash + margin + unrealised, with a perpetual alone");
    bench.wait(5 * MINUTE_MS);
    assert_eq!(taken(&bench), opened + 5, "each minute");
    assert!(bench.journal.snapshots.iter().rev().take(5).all(|row| row.at.ms() % MINUTE_MS == 0));
    bench.confirm(Want::Close(close("1")));
    let closed = taken(&bench);
    assert!(closed > opened + 5, "at the fill that closed it");
    assert_eq!(bench.journal.snapshots.last().unwrap().positions, 0);
    bench.wait(3 * HOUR_MS);
    assert_eq!(taken(&bench), closed + 3, "each hour");
}

#[test]
fn who_tapped_and_what_became_of_it_is_on_record() {
    let mut bench = Bench::new();
    bench.propose(Want::Open(long("2", "98")));
    let nonce = bench.card().unwrap();
    let stranger = Actor { role: Role::Viewer, ..TRADER };
    let key = bench.key();
    bench.input(Input::Trading { word: TradingWord::Stop, actor: stranger, key: key.clone() });
    bench.tap(TapVerb::Confirm);
    let late = bench.key();
    bench.input(Input::Tap { nonce, verb: TapVerb::Confirm, actor: TRADER, key: late });
    let unknown = bench.key();
    bench.input(Input::Tap { nonce: Nonce::new("00"), verb: TapVerb::Half, actor: TRADER, key: unknown });
    let told: Vec<(ActKind, bool)> = bench.journal.acts.iter().map(|act| (act.kind, act.outcome == ActOutcome::Accepted)).collect();
    let expected = [(ActKind::Request, true), (ActKind::Word, false), (ActKind::Tap, true), (ActKind::Tap, false), (ActKind::Tap, false)];
    assert_eq!(told, expected);
    let refused = &bench.journal.acts[1];
    assert_eq!((refused.by, refused.source.as_ref()), (Some(stranger), Some(&key)));
    assert_eq!(refused.outcome, ActOutcome::Refused("NOT_ALLOWED".to_owned()));
}
