//! Cards and executions as a person reads them. The expected texts are written by hand.

use outcry::domain::notice::{CardView, FilledView, NoticeBody, OrderView};
use outcry::domain::order::{FillCause, Leg, OrderState, TimeInForce};
use outcry::domain::plan::{ExitChange, MainOrder, Plan, PlanKind, StopPlan};
use outcry::domain::proposal::Want;
use outcry::domain::request::{ProtectRequest, StopChange};

use super::terminal_fixtures::{
    bracket_plan, card, close_request, fill_row, open_request, order_view, pending, perp_position, price, quantity, ratio, shown,
    spot_card, spot_plan, spot_position,
};

#[track_caller]
fn check(body: NoticeBody, kind: &str, text: &str) {
    let rendered = shown(body);
    assert_eq!(rendered.text, text.trim_matches('\n'));
    assert_eq!(rendered.kind, kind);
}

#[test]
fn a_spot_card() {
    let expected = "
▸ Card · PAPER · simulated market
Buy 0.00325 BTC · BTC/USDT spot
  Quantity  0.00325 BTC                          ← 200 USDT ÷ ask
  Price     61,500.1 · market, at most 61,807.6  ← quote: ask
  Notional  199.88 USDT
  Fee       0.20 USDT
  Read      amount “200 usdt” · symbol “btc”
  Good for  60 s
";
    check(spot_card(), "card", expected);
    assert_eq!(shown(spot_card()).buttons, ["Confirm", "Cancel", "½", "×2", "Limit"]);
}

#[test]
fn a_bracket_with_leverage() {
    let said = "long btc 20x with 200 usdt, targets 3% and 6%";
    let expected = "
▸ Card · PAPER · simulated market
Long 0.065 BTC · BTC/USDT perpetual · 20x
  Quantity     0.065 BTC
  Price        61,500.1 · market, at most 61,807.6
  Notional     3,997.51 USDT
  Margin       199.88 USDT at 20x  ← said “200 usdt”; said “20x”
  Fee          4.00 USDT
  Liquidation  58,718.688
  Stop         60,270              ← default: 2 × ATR(14) of 1h
  Loss there   87.87 USDT
  Target 1     63,345.1 · 50%      ← said “3%”
  Target 2     65,190.1 · 50%      ← said “6%”
  Reward/risk  1.99
  Read         symbol “btc”
  Good for     60 s
! the spread is wider than usual
";
    check(card(pending(said, Want::Open(open_request()), vec![bracket_plan()])), "card", expected);
}

#[test]
fn a_second_live_card_with_a_limit_order_says_why_it_came() {
    let order = MainOrder { tif: TimeInForce::PostOnly, at_market: false, price: Some(price("61000")), ..spot_plan().order.unwrap() };
    let plan = Plan { order: Some(order), evidence: Default::default(), ..spot_plan() };
    let pending = outcry::domain::rows::PendingRow { second: true, ..pending("", Want::Open(open_request()), vec![plan]) };
    let because = Some("This is ten times what you usually trade.".to_owned());
    let view = CardView { pending, venue: "binance".to_owned(), live: true, because };
    let rendered = shown(NoticeBody::Card(Box::new(view)));
    let expected = "
▸ Second card · LIVE · binance · simulated market
This is ten times what you usually trade.
It needs a second yes.
Buy 0.00325 BTC · BTC/USDT spot
  Quantity  0.00325 BTC
  Price     61,500.1 · limit, rests, never takes
  Notional  199.88 USDT
  Fee       0.20 USDT
  Good for  60 s
";
    assert_eq!(rendered.text, expected.trim_matches('\n'));
    assert_eq!(rendered.buttons, ["Confirm", "Cancel", "½", "×2", "Market"]);
}

#[test]
fn closing_everything_shows_each_position() {
    let close = |plan: Plan| Plan {
        kind: PlanKind::Close,
        side: plan.side.opposite(),
        stop: None,
        targets: Vec::new(),
        warnings: Vec::new(),
        evidence: Default::default(),
        figures: outcry::domain::plan::Figures { liquidation_price: None, loss_at_stop: None, reward_risk: None, ..plan.figures },
        order: plan.order.map(|order| MainOrder { reduce_only: true, price: Some(price("61190")), ..order }),
        ..plan
    };
    let plans = vec![close(spot_plan()), close(bracket_plan())];
    let body = card(pending("close all", Want::Close(close_request()), plans));
    let expected = "
▸ Card · PAPER · simulated market
Sell 0.00325 BTC · BTC/USDT spot
  Quantity  0.00325 BTC
  Price     61,500.1 · market, at least 61,190
  Notional  199.88 USDT
  Fee       0.20 USDT
Close long: sell 0.065 BTC · BTC/USDT perpetual
  Quantity  0.065 BTC
  Price     61,500.1 · market, at least 61,190
  Notional  3,997.51 USDT
  Fee       4.00 USDT
  Good for  60 s
";
    assert_eq!(shown(body.clone()).buttons, ["Confirm", "Cancel"]);
    assert_eq!(shown(body.clone()).data["cards"].as_array().unwrap().len(), 2);
    check(body, "card", expected);
}

#[test]
fn moving_a_stop() {
    let request = ProtectRequest {
        symbol: None,
        stop: Some(StopChange::Trail(ratio("0.02"))),
        targets: None,
        upkeep: Default::default(),
        evidence: Default::default(),
    };
    let plan = Plan {
        kind: PlanKind::Protect,
        order: None,
        stop: Some(StopPlan { trailing: Some(ratio("0.02")), ..StopPlan::at(price("60270")) }),
        targets: Vec::new(),
        exits: ExitChange { stop: true, targets: true },
        warnings: Vec::new(),
        evidence: Default::default(),
        ..bracket_plan()
    };
    let expected = "
▸ Card · PAPER · simulated market
Protect long · BTC/USDT perpetual
  Liquidation  58,718.688
  Stop         60,270, trailing by 2%
  Loss there   87.87 USDT
  Targets      taken away
  Reward/risk  1.99
  Good for     60 s
";
    check(card(pending("trail btc 2%", Want::Protect(request), vec![plan])), "card", expected);
}

#[test]
fn resuming_is_a_card_without_a_plan() {
    let body = card(pending("resume", Want::Resume, Vec::new()));
    let expected = "
▸ Card · PAPER · simulated market
Resume trading: entries are taken again
  Good for  60 s
";
    assert_eq!(shown(body.clone()).buttons, ["Confirm", "Cancel"]);
    check(body, "card", expected);
}

#[test]
fn an_entry_is_filled() {
    let view = FilledView { fill: fill_row(Leg::Entry, "0"), order: None, position: Some(spot_position()), cause: FillCause::Order };
    let expected = "
✓ Filled · PAPER · simulated market
Bought 0.00325 BTC at 61,500.1 · BTC/USDT spot
  Fee  0.20 USDT
  Now  long 0.00325 BTC from 61,500.1
";
    check(NoticeBody::Filled(Box::new(view)), "fill", expected);
}

#[test]
fn a_target_is_partly_filled() {
    let order = OrderView { state: OrderState::Partial, filled: quantity("0.00325"), ..order_view() };
    let view =
        FilledView { fill: fill_row(Leg::Target(1), "12.5"), order: Some(order), position: Some(perp_position()), cause: FillCause::Order };
    let expected = "
✓ Target 1 partly filled · PAPER · simulated market
Sold 0.00325 BTC at 61,500.1 · BTC/USDT spot
  So far    0.00325 of 0.01 BTC
  Fee       0.20 USDT
  Realized  +12.50 USDT
  Now       long 0.065 BTC from 61,500.1
  Stop      60,270
";
    check(NoticeBody::Filled(Box::new(view)), "fill", expected);
}

#[test]
fn a_liquidation_is_no_plain_fill() {
    let mut fill = fill_row(Leg::Close, "-199.875325");
    fill.leg = None;
    fill.fill.order = None;
    let view = FilledView { fill, order: None, position: None, cause: FillCause::Liquidation };
    let expected = "
✗ Liquidated · PAPER · simulated market
Sold 0.00325 BTC at 61,500.1 · BTC/USDT spot
  Fee       0.20 USDT
  Realized  -199.88 USDT
  Now       flat
";
    check(NoticeBody::Filled(Box::new(view)), "fill", expected);
}

#[test]
fn words_from_outside_cannot_steer_the_terminal() {
    let hostile = "\u{1b}[2J\u{7}\r\nfake";
    let mut plan = spot_plan();
    plan.warnings.push(hostile.to_owned());
    plan.evidence.insert("x".to_owned(), outcry::domain::evidence::Evidence::said(0, hostile.len()));
    for body in [
        card(pending(hostile, Want::Open(open_request()), vec![plan])),
        NoticeBody::Rejected { order: Box::new(order_view()), code: hostile.to_owned(), reason: hostile.to_owned() },
        NoticeBody::Text(hostile.to_owned()),
    ] {
        let text = shown(body).text;
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
    }
}
