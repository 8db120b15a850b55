//! Answers, refusals and states as a person reads them. The expected texts are written by hand.

use outcry::domain::actor::UserId;
use outcry::domain::ids::Nonce;
use outcry::domain::instrument::Currency;
use outcry::domain::market::MarketSource;
use outcry::domain::money::{Amount, Quantity};
use outcry::domain::notice::{BalanceView, NoticeBody, OrderView, PnlView, SettingView, WhyView};
use outcry::domain::order::{Leg, OrderState, OrderType, Side};
use outcry::domain::refusal::{Code, Refusal};
use outcry::domain::request::Window;
use outcry::domain::rows::{AuthorityRecord, PlanRow, PlanState, RuleRecord, StateRow, TradingState};

use super::terminal_fixtures::{
    NONCE, NOW, SAID, actor, amount, btc, fill_row, order_view, perp_position, price, quantity, quote, shown, spot_plan, spot_position,
};
use super::terminal_reports::page;

#[track_caller]
fn check(body: NoticeBody, kind: &str, text: &str) {
    let rendered = shown(body);
    assert_eq!(rendered.text, text.trim_matches('\n'));
    assert_eq!(rendered.kind, kind);
}

fn stop_order() -> OrderView {
    OrderView {
        id: "77aa0000-order".to_owned(),
        side: Side::Sell,
        leg: Leg::Stop,
        order_type: OrderType::StopMarket,
        state: OrderState::Unknown,
        quantity: quantity("1234.5"),
        filled: Quantity::ZERO,
        price: None,
        trigger: Some(price("60270")),
        ..order_view()
    }
}

fn state(trading: TradingState) -> StateRow {
    StateRow {
        trading,
        why: "you said stop".to_owned(),
        since: NOW,
        until: None,
        day: NOW.day_start(),
        day_equity: amount("100000"),
        peak_equity: amount("100000"),
        opened_at: NOW,
    }
}

#[test]
fn positions() {
    let expected = "
● Positions · PAPER · simulated market
  Position       Side     Size     Entry    Mark       P&L
  BTC/USDT spot  long  0.00325  61,500.1  61,498  -0.00683
  BTC/USDT perp  long    0.065  61,500.1  61,498    +12.35
    20x, margin 199.88 · stop 60,270 · targets 63,345.1 / 65,190.1 · liquidation 58,718.688
";
    check(NoticeBody::Positions(vec![spot_position(), perp_position()]), "answer", expected);
    check(NoticeBody::Positions(Vec::new()), "answer", "● Positions · PAPER · simulated market\nNo open positions.");
    assert_eq!(shown(NoticeBody::Positions(Vec::new())).buttons, ["Refresh"]);
}

#[test]
fn orders() {
    let expected = "
● Open orders · PAPER · simulated market
  Id        What                 Side     Size  Filled        Price  State
  5e1f0000  BTC/USDT spot entry  buy      0.01       0       60,000  open
  77aa0000  BTC/USDT spot stop   sell  1,234.5       0  stop 60,270  outcome unknown
";
    check(NoticeBody::Orders(vec![order_view(), stop_order()]), "answer", expected);
    check(NoticeBody::Orders(Vec::new()), "answer", "● Open orders · PAPER · simulated market\nNo open orders.");
}

#[test]
fn order_news() {
    let expected = "
● Orders · PAPER · simulated market
Your limit order rests.
  Id        What                 Side  Size  Filled   Price  State
  5e1f0000  BTC/USDT spot entry  buy   0.01       0  60,000  open
";
    check(NoticeBody::OrderNews { text: "Your limit order rests.".to_owned(), orders: vec![order_view()] }, "answer", expected);
}

#[test]
fn balance() {
    let row = |currency, free, reserved, margin| BalanceView {
        currency: Currency::new(currency),
        free: amount(free),
        reserved: amount(reserved),
        margin: amount(margin),
    };
    let balances = vec![row("BTC", "0.00325", "0", "0"), row("USDT", "99199.925", "600", "199.875325")];
    let expected = "
● Balance · PAPER · simulated market
  Currency       Free  Reserved  Margin
  BTC         0.00325      0.00    0.00
  USDT      99,199.93    600.00  199.88
Equity 100,012.14 at mark prices
";
    check(NoticeBody::Balances { balances, equity: amount("100012.138500") }, "answer", expected);
}

#[test]
fn a_price_names_its_source() {
    let expected = "
● BTC/USDT 61,498 · PAPER · replayed market
  Bid   61,499.9
  Ask   61,500.1
  Mark  61,498
  Seen  2026-09-21 14:13:20 UTC
";
    check(NoticeBody::Price { symbol: btc(), quote: quote(), source: MarketSource::Replay }, "answer", expected);
}

#[test]
fn profit_and_loss() {
    let view = PnlView {
        window: Window::Week,
        realized: Amount::ZERO,
        unrealized: amount("-0.006825"),
        fees: amount("0.199875325"),
        funding: amount("1500"),
        total: amount("1499.793299675"),
    };
    let expected = "
● P&L last 7 days · PAPER · simulated market
  Realized    0.00
  Unrealized  -0.00683
  Fees        -0.20
  Funding     +1,500.00
  Total       +1,499.79
";
    check(NoticeBody::Pnl(view), "answer", expected);
}

#[test]
fn history() {
    let expected = "
● Latest fills · PAPER · simulated market
  Time (UTC)      What                 Side     Size     Price   Fee  Realized
  09-21 14:13:20  BTC/USDT spot entry  buy   0.00325  61,500.1  0.20         –
  09-21 14:13:20  BTC/USDT spot close  sell  0.00325  61,500.1  0.20    +12.50
";
    check(page(vec![fill_row(Leg::Entry, "0"), fill_row(Leg::Close, "12.5")], 1, 1), "answer", expected);
    check(page(Vec::new(), 1, 1), "answer", "● Latest fills · PAPER · simulated market\nNo fills yet.");
}

#[test]
fn settings() {
    let setting = SettingView { name: "COMMISSION_RATE".to_owned(), value: "0.001".to_owned(), origin: "default".to_owned() };
    check(NoticeBody::Settings(vec![setting]), "answer", "● Settings · PAPER · simulated market\n  COMMISSION_RATE  0.001 (default)");
}

#[test]
fn every_rule_that_denied_has_its_line() {
    let refusals =
        vec![Refusal::new(Code::MaxLeverage, "20", "50", "20x or less"), Refusal::new(Code::StopRequired, "", "no stop", "`stop 3%`")];
    let expected = "
✗ Denied · PAPER · simulated market
long 1 btc 50x: nothing was sent.
  MAX_LEVERAGE   asked 50 · limit 20 · would pass: 20x or less
  STOP_REQUIRED  asked no stop · would pass: `stop 3%`
";
    check(NoticeBody::Denied { subject: "long 1 btc 50x".to_owned(), refusals }, "denied", expected);
}

#[test]
fn the_venues_refusal() {
    let body = NoticeBody::Rejected { order: Box::new(order_view()), code: "-2010".to_owned(), reason: "insufficient balance".to_owned() };
    let expected = "
✗ Rejected by the venue · PAPER · simulated market
buy 0.01 BTC entry · BTC/USDT spot 60,000
  Code    -2010
  Reason  insufficient balance
";
    check(body, "error", expected);
}

#[test]
fn an_alert() {
    let body = NoticeBody::Alert { text: "BTC/USDT is without a stop.".to_owned(), code: Some("POSITION_UNPROTECTED".to_owned()) };
    let expected = "
! Alert · PAPER · simulated market
BTC/USDT is without a stop.
  rule  POSITION_UNPROTECTED
";
    check(body, "alert", expected);
}

#[test]
fn stop_brings_a_proof_list_and_a_question() {
    let body = NoticeBody::State {
        state: state(TradingState::Reducing),
        text: "No entries from now on.".to_owned(),
        orders: vec![order_view()],
        positions: vec![spot_position()],
        choices: vec!["Keep it so".to_owned(), "Flatten".to_owned()],
    };
    let expected = "
◐ Exits only · PAPER · simulated market
No entries from now on.
  Because  you said stop
  Since    2026-09-21 14:13:20 UTC
What stands at the venue now, read back from it:
  Id        What                 Side  Size  Filled   Price  State
  5e1f0000  BTC/USDT spot entry  buy   0.01       0  60,000  open
  Position       Side     Size     Entry    Mark       P&L
  BTC/USDT spot  long  0.00325  61,500.1  61,498  -0.00683
What else?
";
    assert_eq!(shown(body.clone()).buttons, ["Keep it so", "Flatten"]);
    check(body, "question", expected);
    let flat = NoticeBody::State {
        state: state(TradingState::Active),
        text: "Entries are taken again.".to_owned(),
        orders: Vec::new(),
        positions: Vec::new(),
        choices: Vec::new(),
    };
    let expected = "
● Trading · PAPER · simulated market
Entries are taken again.
What stands at the venue now, read back from it:
  no orders, no positions
";
    check(flat, "answer", expected);
}

#[test]
fn the_greeting_has_the_state_and_four_examples() {
    let expected = "
◆ Outcry · PAPER · simulated market
A trading desk you talk to. Every order shows a card first.
  Equity  100,000.00
  State   trading
Say, for example:
  buy 200 usdt of btc
  long eth 5x with 100 usdt, stop 3%, targets 4% and 8%
  positions
  pnl week
";
    let body = NoticeBody::Welcome { state: state(TradingState::Active), equity: amount("100000"), source: MarketSource::Simulated };
    check(body, "answer", expected);
}

#[test]
fn help_fits_a_narrow_window() {
    let help = shown(NoticeBody::Help).text;
    assert!(help.starts_with("● Help · PAPER · simulated market\nTrade\n  buy 200 usdt of btc "));
    for group in ["Trade", "Exits", "Look", "Control", "Cards"] {
        assert!(help.lines().any(|line| line == group), "{group}");
    }
    assert!(help.lines().all(|line| line.chars().count() <= 90));
}

#[test]
fn why_tells_the_plan_its_rules_and_its_authority() {
    let rule = RuleRecord { code: Code::MaxLeverage, finding: "pass".to_owned(), limit: "20".to_owned(), actual: "1".to_owned() };
    let row = PlanRow {
        plan: spot_plan(),
        plan_hash: "ab".to_owned(),
        state: PlanState::Done,
        authority: Some(AuthorityRecord::Tapped { by: UserId::TERMINAL, at: NOW.plus_ms(5_000), nonce: Nonce::new(NONCE) }),
        actor: Some(actor(outcry::domain::actor::Role::Owner)),
        text: SAID.to_owned(),
        rules: vec![rule],
        refusals: Vec::new(),
        at: NOW.plus_ms(5_000),
    };
    let events = vec![(NOW.plus_ms(6_000), "order.sending".to_owned(), "licence given".to_owned())];
    let expected = "
● Why · PAPER · simulated market
Buy 0.00325 BTC · BTC/USDT spot
  Said      “buy 200 usdt of btc”
  State     done; decided at 2026-09-21 14:13:25 UTC
  Allowed   by a tap at the terminal at 2026-09-21 14:13:25 UTC
  Plan      plan-1
  Quantity  0.00325 BTC                          ← 200 USDT ÷ ask
  Price     61,500.1 · market, at most 61,807.6  ← quote: ask
  Notional  199.88 USDT
  Fee       0.20 USDT
  Read      amount “200 usdt” · symbol “btc”
1 of 1 rules passed
What happened
  09-21 14:13:26  order sending: licence given
";
    check(NoticeBody::Why(Box::new(WhyView { row: Some(row), pending: None, events })), "answer", expected);
}

#[test]
fn why_of_a_card_that_waits() {
    let expected = "
● Why · PAPER · simulated market
A card waits: Buy 0.00325 BTC · BTC/USDT spot
No plan was confirmed or denied yet.
";
    check(NoticeBody::Why(Box::new(WhyView { row: None, pending: Some(spot_plan()), events: Vec::new() })), "answer", expected);
}

#[test]
fn short_sentences() {
    check(NoticeBody::Question { text: "How much?".to_owned(), choices: vec!["100 usdt".to_owned()] }, "question", "? How much?");
    check(NoticeBody::Text("Dropped.".to_owned()), "answer", "Dropped.");
    check(NoticeBody::Error("The disk is full.".to_owned()), "error", "✗ The disk is full.");
    let closed = NoticeBody::CardClosed { nonce: NONCE.to_owned(), text: "The card is too old.".to_owned() };
    check(closed, "answer", "· The card is too old.");
}
