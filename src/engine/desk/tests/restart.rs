//! Orders that were planned and not sent when their process ended, and accounts that begin with a past.

use super::bench::{Bench, TRADER};
use super::wants::{at_limit, long, open};
use crate::domain::ids::TradeId;
use crate::domain::money::Leverage;
use crate::domain::order::{Fill, FillCause, Leg, OrderState, Side};
use crate::domain::proposal::Want;
use crate::domain::request::{AmountSpec, OpenRequest, OpenVerb};
use crate::engine::book::valuation::free;
use crate::engine::desk::input::{Input, TapVerb};
use crate::engine::exchange::paper::fixtures::{amount, perp, price, qty, ratio, spot};
use crate::engine::risk::limits::Limits;
use rust_decimal::dec;

/// A card is confirmed, the step is written, and the process ends before anything of it is done.
fn confirm_and_die(bench: &mut Bench, want: OpenRequest) {
    bench.propose(Want::Open(want));
    let (nonce, key) = (bench.card().unwrap(), bench.key());
    let input = Input::Tap { nonce, verb: TapVerb::Confirm, actor: TRADER, key };
    let step = bench.desk.step(bench.now, &bench.board, input);
    bench.journal.write(&step);
}

/// All the money there is, for BTC at a limit that rests.
fn everything() -> OpenRequest {
    at_limit(OpenRequest { amount: AmountSpec::Share(ratio("1")), ..open(OpenVerb::Buy, "1") }, "95")
}

#[test]
fn an_order_of_all_the_free_money_is_resumed_although_it_holds_that_money_back_itself() {
    let mut bench = Bench::new();
    confirm_and_die(&mut bench, everything());
    bench.restart();
    assert_eq!(bench.sent.len(), 1, "{}", bench.last_words());
    let entry = bench.order(Leg::Entry);
    // 100,000 ÷ (95 × 1.011) = 1,041.1786: cost, fee of 0.1 % and a buffer of 1 %.
    assert_eq!((entry.state, entry.spec.quantity), (OrderState::Open, qty("1041.178")));
    // 1,041.178 × 95 × 1.001 = 99,010.82191 are spoken for: as much again could not be had.
    let book = bench.desk.book();
    assert_eq!(free(book, &book.quote, None).unwrap(), amount("989.17809"));
    bench.assert_agrees();
}

#[test]
fn an_order_of_the_whole_exposure_limit_is_resumed_although_it_is_exposed_itself() {
    // 0.2 % of 100,000 is 200; 2 at 95 are 190. One order, one position.
    let share = dec!(0.002);
    let limits = Limits {
        symbol_exposure_share_max: share,
        gross_exposure_share_max: share,
        gross_exposure_perp_share_max: share,
        open_orders_max: 1,
        open_positions_max: 1,
        rate_10s_max: 1,
        ..Limits::paper()
    };
    let mut bench = Bench::with(limits);
    confirm_and_die(&mut bench, at_limit(long("2", "91"), "95"));
    bench.restart();
    assert_eq!(bench.sent.len(), 1, "{}", bench.last_words());
    assert_eq!(bench.order(Leg::Entry).state, OrderState::Open);
    bench.assert_agrees();
}

#[test]
fn another_order_does_count_against_one_that_is_resumed() {
    let mut bench = Bench::new();
    confirm_and_die(&mut bench, everything());
    let mut other = bench.journal.rows.orders[0].clone();
    other.spec.id = crate::engine::exchange::paper::fixtures::id("another");
    other.plan = crate::domain::ids::PlanId::new("another");
    other.state = OrderState::Open;
    bench.journal.rows.orders.push(other);
    bench.restart();
    assert!(bench.sent.is_empty(), "the money is the other order's");
    assert_eq!(bench.said("Not placed"), 1);
}

#[test]
fn an_order_that_is_too_old_lapses_and_its_person_is_told() {
    let mut bench = Bench::new();
    confirm_and_die(&mut bench, at_limit(open(OpenVerb::Buy, "1"), "95"));
    bench.now = bench.now.plus_ms(30_001);
    bench.mark("100");
    bench.restart();
    assert!(bench.sent.is_empty() && bench.orders(Leg::Entry).is_empty());
    assert_eq!(bench.said("Not placed"), 1);
}

#[test]
fn an_order_is_not_resumed_on_a_picture_that_brought_executions() {
    let mut bench = Bench::new();
    bench.confirm(Want::Open(long("1", "98")));
    confirm_and_die(&mut bench, at_limit(open(OpenVerb::Buy, "1"), "95"));
    bench.faults.silent = true;
    bench.away_mark("97");
    bench.faults.silent = false;
    bench.restart();
    assert!(bench.position(&perp()).is_none(), "the stop has filled meanwhile");
    assert_eq!(bench.sent.len(), 1, "the long alone was ever sent");
    assert_eq!(bench.said("Not placed"), 1);
    bench.assert_agrees();
}

fn execution(bench: &Bench, ms_after_the_opening: i64) -> Fill {
    Fill {
        trade_id: TradeId::new("late"),
        order: None,
        instrument: perp(),
        side: Side::Buy,
        quantity: qty("1"),
        price: price("100"),
        fee: amount("0.1"),
        fee_currency: bench.desk.book().quote.clone(),
        leverage: Leverage::ONE,
        margin_mode: Default::default(),
        maker: false,
        cause: FillCause::Order,
        at: bench.desk.book().state().unwrap().opened_at.plus_ms(ms_after_the_opening),
    }
}

#[test]
fn an_execution_from_before_the_account_is_noted_and_moves_no_money() {
    let mut bench = Bench::new();
    let late = execution(&bench, -1);
    bench.input(Input::FillPushed(late.clone()));
    bench.input(Input::FillPushed(late));
    let book = bench.desk.book();
    assert_eq!(book.balance(&book.quote).unwrap().cash, amount("100000"));
    assert!(bench.position(&perp()).is_none());
    assert_eq!((bench.journal.rows.fills.len(), bench.alerts()), (1, 0));
    assert_eq!(bench.journal.rows.fills[0].realized, amount("0"));
    bench.assert_agrees();
}

#[test]
fn an_execution_from_the_accounts_own_time_is_booked_and_said_aloud() {
    let mut bench = Bench::new();
    let strange = execution(&bench, 0);
    bench.input(Input::FillPushed(strange));
    let book = bench.desk.book();
    // Margin of 100 and the fee have left the cash.
    assert_eq!(book.balance(&book.quote).unwrap().cash, amount("99899.9"));
    assert_eq!(bench.position(&perp()).map(|position| position.quantity), Some(qty("1")));
    assert_eq!(bench.said("do not know"), 1);
}

#[test]
fn holdings_count_in_the_first_equity_of_an_account() {
    let mut bench = Bench::new();
    bench.confirm(Want::Open(open(OpenVerb::Buy, "2")));
    bench.mark("110");
    bench.forget_everything();
    // Bought 1 at 100.1 and 1 at 100.2, 0.1 % fee: 100,000 − 200.3 − 0.2003 in cash, and 2 worth 110 each.
    let book = bench.desk.book();
    assert_eq!(book.balance(&book.quote).unwrap().cash, amount("99799.4997"));
    let state = book.state().unwrap();
    assert_eq!((state.day_equity, state.peak_equity), (amount("100019.4997"), amount("100019.4997")));
    assert_eq!(bench.position(&spot()).map(|position| position.quantity), Some(qty("2")));
}
