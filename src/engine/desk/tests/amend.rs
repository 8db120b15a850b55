//! A resting order at another price: of the old and the new one at most one works, whatever goes wrong between them.

use super::bench::{Bench, TRADER};
use super::wants::{at_limit, long, open};
use crate::domain::amend::AmendRequest;
use crate::domain::money::Price;
use crate::domain::order::{Leg, OrderState};
use crate::domain::proposal::Want;
use crate::domain::request::{AmountSpec, CancelWhich, OpenVerb, TradingWord};
use crate::engine::desk::input::{Input, TapVerb};
use crate::engine::exchange::paper::fixtures::{instruments, price, qty};

fn moved_to(limit: &str) -> Want {
    let price: Option<Price> = Some(price(limit));
    Want::Amend(AmendRequest { which: CancelWhich::Only, price, amount: None, evidence: Default::default() })
}

/// The entries that the venue holds, as quantity and price.
fn at_venue(bench: &Bench) -> Vec<(String, String)> {
    let entries = bench.venue.state().orders.values().filter(|order| !order.spec.reduce_only);
    entries.map(|order| (order.spec.quantity.to_string(), order.spec.price.unwrap().to_string())).collect()
}

fn pair(quantity: &str, price: &str) -> (String, String) {
    (quantity.to_owned(), price.to_owned())
}

#[test]
fn the_new_order_has_the_new_price_and_all_the_rest_of_the_old() {
    let mut bench = Bench::new();
    bench.confirm(Want::Open(at_limit(long("1", "90"), "95")));
    let old = bench.order(Leg::Entry).spec.clone();
    bench.confirm(moved_to("96"));
    bench.wait(1_000);
    let new = bench.order(Leg::Entry).spec.clone();
    assert_ne!(new.id, old.id);
    assert_eq!((new.price, new.quantity, new.leverage, new.side), (Some(price("96")), old.quantity, old.leverage, old.side));
    assert_eq!(new.attached.len(), old.attached.len());
    assert_eq!(new.attached[0].price, old.attached[0].price);
    assert_eq!(at_venue(&bench), [pair("1", "96")]);
    bench.mark("95.5");
    bench.assert_agrees();
    assert_eq!(bench.orders(Leg::Stop).len(), 1);
}

#[test]
fn the_new_order_is_sent_only_once_the_old_one_is_proven_gone() {
    let mut bench = Bench::new();
    bench.confirm(Want::Open(at_limit(open(OpenVerb::Buy, "1"), "95")));
    bench.faults.lost_cancels = 2;
    bench.confirm(moved_to("96"));
    assert_eq!((bench.sent.len(), at_venue(&bench)), (1, vec![pair("1", "95")]));
    bench.wait(20_000);
    assert_eq!((bench.sent.len(), at_venue(&bench)), (2, vec![pair("1", "96")]));
    bench.assert_agrees();
}

#[test]
fn nothing_new_is_sent_if_the_old_order_filled_first() {
    let mut bench = Bench::new();
    bench.confirm(Want::Open(at_limit(open(OpenVerb::Buy, "1"), "95")));
    bench.propose(moved_to("94"));
    bench.faults.silent = true;
    bench.mark("94.5");
    bench.faults.silent = false;
    bench.tap(TapVerb::Confirm);
    bench.wait(5_000);
    assert_eq!(bench.sent.len(), 1, "{}", bench.last_words());
    assert_eq!(bench.said("was not placed"), 1, "{}", bench.last_words());
    bench.assert_agrees();
}

#[test]
fn what_has_filled_is_not_ordered_again() {
    let mut bench = Bench::new();
    bench.confirm(Want::Open(at_limit(open(OpenVerb::Buy, "1"), "95")));
    bench.trade_at("95", "0.4");
    let filled = bench.order(Leg::Entry).filled;
    assert!(!filled.is_zero() && filled < qty("1"));
    bench.confirm(moved_to("94"));
    bench.wait(1_000);
    let rest = qty("1").saturating_minus(filled).to_string();
    assert_eq!(at_venue(&bench), [pair(&rest, "94")]);
    bench.assert_agrees();
}

#[test]
fn what_the_old_order_holds_back_does_not_count_against_the_new_one() {
    let mut bench = Bench::new();
    // Nearly everything there is: it fits once, not twice.
    let all = AmountSpec::Share(crate::engine::exchange::paper::fixtures::ratio("0.9"));
    bench.confirm(Want::Open(crate::domain::request::OpenRequest { amount: all, ..at_limit(open(OpenVerb::Buy, "1"), "95") }));
    assert_eq!(at_venue(&bench).len(), 1, "{}", bench.last_words());
    bench.confirm(moved_to("95.5"));
    bench.wait(1_000);
    assert_eq!((bench.sent.len(), at_venue(&bench).len()), (2, 1), "{}", bench.last_words());
    assert_eq!(at_venue(&bench)[0].1, "95.5");
}

#[test]
fn a_new_size_and_the_same_price() {
    let mut bench = Bench::new();
    bench.confirm(Want::Open(at_limit(open(OpenVerb::Buy, "1"), "95")));
    let amount = Some(AmountSpec::Base(qty("0.5")));
    let symbol = instruments()[0].id.symbol.clone();
    let which = CancelWhich::Symbol(symbol);
    bench.confirm(Want::Amend(AmendRequest { which, price: None, amount, evidence: Default::default() }));
    bench.wait(1_000);
    assert_eq!(at_venue(&bench), [pair("0.5", "95")]);
}

#[test]
fn a_venue_that_never_answers_leaves_the_old_order_and_says_so() {
    let mut bench = Bench::new();
    bench.confirm(Want::Open(at_limit(open(OpenVerb::Buy, "1"), "95")));
    (bench.faults.lost_cancels, bench.faults.deaf, bench.hide_orders) = (1_000, true, false);
    bench.confirm(moved_to("96"));
    bench.wait(60_000);
    assert_eq!(bench.said("was not placed"), 1, "{}", bench.last_words());
    (bench.faults.lost_cancels, bench.faults.deaf) = (0, false);
    bench.wait(60_000);
    assert_eq!((bench.sent.len(), at_venue(&bench)), (1, Vec::new()), "the cancel goes on; the new order does not");
    bench.assert_agrees();
}

#[test]
fn after_a_restart_between_the_two_it_goes_on_or_lapses_by_its_age() {
    for (away, orders) in [(1_000, vec![pair("1", "96")]), (40_000, Vec::new())] {
        let mut bench = Bench::new();
        bench.confirm(Want::Open(at_limit(open(OpenVerb::Buy, "1"), "95")));
        bench.faults.lost_cancels = 1;
        bench.confirm(moved_to("96"));
        bench.now = bench.now.plus_ms(away);
        bench.restart();
        bench.wait(20_000);
        assert_eq!(at_venue(&bench), orders, "{away}: {}", bench.last_words());
        bench.assert_agrees();
    }
}

#[test]
fn a_stop_word_in_between_ends_it() {
    let mut bench = Bench::new();
    bench.confirm(Want::Open(at_limit(open(OpenVerb::Buy, "1"), "95")));
    bench.faults.lost_cancels = 1;
    bench.confirm(moved_to("96"));
    let key = bench.key();
    bench.input(Input::Trading { word: TradingWord::Panic, actor: TRADER, key });
    bench.wait(30_000);
    assert_eq!((bench.sent.len(), at_venue(&bench)), (1, Vec::new()), "{}", bench.last_words());
}

#[test]
fn of_several_orders_one_is_asked_for_and_of_none_it_is_said() {
    let mut bench = Bench::new();
    bench.propose(moved_to("96"));
    assert!(bench.card().is_none() && bench.last_words().contains("NO_ORDER"), "{}", bench.last_words());
    bench.confirm(Want::Open(at_limit(open(OpenVerb::Buy, "1"), "95")));
    bench.wait(60_000);
    bench.confirm(Want::Open(at_limit(open(OpenVerb::Buy, "0.5"), "94")));
    bench.propose(moved_to("96"));
    assert!(bench.card().is_none() && bench.last_words().contains("move order"), "{}", bench.last_words());
    assert!(bench.orders(Leg::Entry).iter().all(|row| row.state == OrderState::Open));
}
