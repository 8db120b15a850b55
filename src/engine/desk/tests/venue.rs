//! Lost answers, lost cancels, late news, pictures that differ, and restarts.

use super::bench::Bench;
use super::wants::{at_limit, long, open};
use crate::domain::money::Amount;
use crate::domain::order::{Leg, OrderState};
use crate::domain::proposal::Want;
use crate::domain::request::{CancelWhich, OpenVerb};
use crate::engine::desk::input::Input;
use crate::engine::exchange::paper::fixtures::{perp, spot};

#[test]
fn a_lost_answer_is_asked_for_and_never_sent_again() {
    let mut bench = Bench::new();
    (bench.faults.lost_answers, bench.faults.silent) = (1, true);
    bench.confirm(Want::Open(long("1", "98")));
    assert_eq!(bench.order(Leg::Entry).state, OrderState::Unknown);
    bench.wait(5_000);
    assert_eq!(bench.sent.len(), 1);
    assert!(bench.position(&perp()).is_some());
    bench.assert_agrees();
}

#[test]
fn what_was_pushed_before_a_lost_answer_is_not_called_lost() {
    let mut bench = Bench::new();
    bench.faults.lost_answers = 1;
    bench.confirm(Want::Open(long("1", "98")));
    assert_eq!(bench.said("was lost"), 0, "{}", bench.last_words());
    bench.assert_agrees();
}

#[test]
fn an_entry_that_was_given_up_and_turns_out_to_rest_is_cancelled() {
    let mut bench = Bench::new();
    (bench.faults.lost_answers, bench.faults.silent) = (1, true);
    bench.confirm(Want::Open(at_limit(long("1", "90"), "95")));
    let entry = bench.order(Leg::Entry).spec.id.clone();
    let children: Vec<_> = bench.desk.book().live_orders().map(|row| row.spec.id.clone()).collect();
    bench.faults.forgotten.extend(children);
    bench.hide_orders = true;
    bench.wait(60_000);
    assert_eq!(bench.desk.book().order(&entry).unwrap().state, OrderState::Absent);
    assert_eq!(bench.said("never had the order"), 1);
    bench.hide_orders = false;
    bench.faults.forgotten.clear();
    bench.faults.silent = false;
    bench.wait(11 * 60_000);
    assert_eq!(bench.desk.book().order(&entry).unwrap().state, OrderState::Canceled);
    bench.assert_agrees();
}

#[test]
fn a_cancel_that_was_lost_is_sent_again() {
    let mut bench = Bench::new();
    bench.confirm(Want::Open(at_limit(long("1", "90"), "95")));
    bench.faults.lost_cancels = 2;
    let key = bench.key();
    bench.input(Input::Cancel { which: CancelWhich::All, actor: super::bench::TRADER, key });
    bench.wait(20_000);
    assert!(bench.orders(Leg::Entry).is_empty());
    bench.assert_agrees();
}

#[test]
fn two_cancels_of_one_order_are_both_answered() {
    let mut bench = Bench::new();
    bench.confirm(Want::Open(at_limit(long("1", "90"), "95")));
    bench.faults.lost_cancels = 1;
    let (first, second) = (bench.key(), bench.key());
    for key in [&first, &second] {
        bench.input(Input::Cancel { which: CancelWhich::All, actor: super::bench::TRADER, key: key.clone() });
    }
    bench.wait(20_000);
    assert!(bench.orders(Leg::Entry).is_empty());
    for key in [first, second] {
        assert!(bench.notices.iter().any(|notice| notice.cause.as_ref() == Some(&key)), "{key}: {}", bench.last_words());
    }
}

#[test]
fn what_happened_while_the_process_was_away_is_found_however_long_it_was() {
    let mut bench = Bench::new();
    bench.confirm(Want::Open(long("1", "98")));
    bench.wait(1_000);
    bench.faults.silent = true;
    bench.now = bench.now.plus_ms(60_000);
    bench.away_mark("97");
    bench.now = bench.now.plus_ms(3 * 3_600_000);
    bench.away_mark("99");
    bench.faults.silent = false;
    bench.restart();
    bench.wait(5_000);
    assert!(bench.desk.is_reconciled(), "{}", bench.last_words());
    assert!(bench.position(&perp()).is_none());
    bench.assert_agrees();
}

#[test]
fn a_standing_difference_is_looked_at_soon_told_once_and_denies_entries_only() {
    let mut bench = Bench::new();
    bench.confirm(Want::Open(long("1", "98")));
    bench.stranger(Amount::new(rust_decimal::dec!(5)).unwrap());
    bench.wait(40_000);
    assert!(!bench.desk.is_reconciled(), "two pictures within seconds of each other");
    let stop = bench.order(Leg::Stop).spec.id.clone();
    bench.lose(&stop);
    bench.wait(5_000);
    assert_eq!(bench.orders(Leg::Stop).len(), 1, "protection goes on");
    bench.wait(3_600_000);
    assert_eq!(bench.said("differ from the venue"), 1);
    assert!(bench.alerts() < 5, "{} alerts", bench.alerts());
    bench.stranger(Amount::new(rust_decimal::dec!(-5)).unwrap());
    bench.wait(120_000);
    assert!(bench.desk.is_reconciled());
}

#[test]
fn the_timer_does_not_spin() {
    let mut bench = Bench::new();
    bench.confirm(Want::Open(at_limit(long("1", "90"), "95")));
    bench.confirm(Want::Open(open(OpenVerb::Buy, "1")));
    bench.faults.silent = true;
    let rings = bench.wait(600_000);
    assert!(rings < 1_500, "{rings} rings in ten minutes");
    assert!(bench.position(&spot()).is_some());
}

#[test]
fn rates_and_duplicates_are_remembered_over_a_restart() {
    let mut bench = Bench::new();
    bench.confirm(Want::Open(open(OpenVerb::Buy, "1")));
    assert_eq!(bench.desk.book().opens().count(), 1);
    bench.restart();
    assert_eq!(bench.desk.book().opens().count(), 1);
    bench.propose(Want::Open(open(OpenVerb::Buy, "1")));
    assert!(bench.last_words().contains("Really"), "{}", bench.last_words());
}

#[test]
fn an_account_that_begins_with_trades_behind_it_has_books_that_agree() {
    let mut bench = Bench::new();
    bench.confirm(Want::Open(long("1", "98")));
    bench.forget_everything();
    assert!(bench.desk.is_reconciled());
    bench.wait(60_000);
    assert!(bench.desk.is_reconciled(), "{}", bench.last_words());
    assert_eq!(bench.position(&perp()).map(|p| p.quantity.to_string()).as_deref(), Some("1"));
}
