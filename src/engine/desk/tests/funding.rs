//! Funding in the books: once each, whatever the stream does.

use super::bench::Bench;
use super::wants::{close, long};
use crate::domain::funding::{FUNDING_EVERY_MS, last_moment};
use crate::domain::money::Amount;
use crate::domain::proposal::Want;
use crate::engine::desk::input::Input;
use crate::engine::exchange::paper::fixtures::{amount, perp};

/// A bench that holds a long of 2 and stands a second after the next funding moment, before any tick of it.
fn past_the_moment() -> Bench {
    let mut bench = Bench::new();
    bench.confirm(Want::Open(long("2", "98")));
    bench.now = last_moment(bench.now).plus_ms(FUNDING_EVERY_MS + 1_000);
    bench
}

fn funding(bench: &Bench) -> Amount {
    bench.journal.rows.pnl_day.as_ref().map_or(Amount::ZERO, |day| day.funding)
}

#[test]
fn a_payment_is_booked_once_told_once_and_counts_in_the_day() {
    let mut bench = past_the_moment();
    bench.mark("100");
    // 2 × 100 × 0.01 %.
    assert_eq!(funding(&bench), amount("-0.02"));
    let paid = bench.fundings[0].clone();
    bench.input(Input::FundingPushed(paid.clone()));
    bench.restart();
    bench.input(Input::FundingPushed(paid));
    bench.wait(60_000);
    assert_eq!(funding(&bench), amount("-0.02"), "neither a repeated push, nor another process, nor the picture books it again");
    let told = bench.journal.notice_keys.iter().filter(|key| key.starts_with("funding:")).count();
    assert_eq!(told, 1);
    bench.assert_agrees();
}

#[test]
fn a_payment_whose_push_was_lost_comes_with_the_picture() {
    let mut bench = past_the_moment();
    bench.faults.silent = true;
    bench.mark("100");
    bench.faults.silent = false;
    assert_eq!(funding(&bench), Amount::ZERO);
    bench.input(Input::StreamGap);
    assert_eq!(funding(&bench), amount("-0.02"));
    bench.assert_agrees();
}

#[test]
fn a_payment_that_comes_after_the_close_is_booked_against_cash() {
    let mut bench = past_the_moment();
    bench.faults.silent = true;
    bench.mark("100");
    bench.faults.silent = false;
    let paid = bench.fundings[0].clone();
    bench.confirm(Want::Close(close("1")));
    assert!(bench.position(&perp()).is_none());
    bench.input(Input::FundingPushed(paid));
    assert_eq!(funding(&bench), amount("-0.02"));
    bench.assert_agrees();
}
