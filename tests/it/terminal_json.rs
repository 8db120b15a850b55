//! SPEC §9's JSON, field by field, with exact numbers.

use outcry::bot::outbox::{Face, FaceError};
use outcry::bot::render::Rendered;
use outcry::bot::terminal::output::{Output, Style};
use outcry::domain::ids::SourceKey;
use outcry::domain::instrument::Currency;
use outcry::domain::money::Amount;
use outcry::domain::notice::{BalanceView, FilledView, NoticeBody, PnlView};
use outcry::domain::order::{FillCause, Leg};
use outcry::domain::proposal::Want;
use outcry::domain::refusal::{Code, Refusal};
use outcry::domain::request::Window;
use serde_json::{Value, json};

use super::terminal_fixtures::{
    NONCE, amount, bracket_plan, card, fill_row, notice, open_request, order_view, pending, perp_position, quote, shown, spot_card,
    spot_position,
};
use super::terminal_session::Captured;

/// Every field of `expected` is in `actual` with the same value; more may be there.
#[track_caller]
fn holds(actual: &Value, expected: &Value) {
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(actual.get(name), Some(value), "{name} of {actual}");
    }
}

#[test]
fn the_card_of_the_specification() {
    let rendered = shown(spot_card());
    assert_eq!(rendered.data, json!({}));
    holds(
        &rendered.card.unwrap(),
        &json!({
            "id": NONCE, "venue": "paper", "mode": "PAPER", "source": "simulated", "instrument": "spot", "side": "buy",
            "symbol": "BTC/USDT", "quantity": "0.00325", "price": "61500.1", "notional": "199.875325", "leverage": "1",
            "stop": null, "targets": [], "fee": "0.199875325", "loss_at_stop": null, "liquidation_price": null,
            "expires_ms": 1_790_000_060_000_i64,
            "evidence": {
                "amount": { "kind": "said", "span": [4, 12] },
                "price": { "kind": "quote", "text": "ask" },
                "quantity": { "kind": "computed", "text": "200 USDT ÷ ask" },
                "symbol": { "kind": "said", "span": [16, 19] },
            },
        }),
    );
}

#[test]
fn a_bracket_is_never_rounded() {
    let rendered = shown(card(pending("", Want::Open(open_request()), vec![bracket_plan()])));
    holds(
        &rendered.card.unwrap(),
        &json!({
            "instrument": "perp", "leverage": "20", "stop": "60270", "targets": ["63345.1", "65190.1"], "target_shares": ["0.5", "0.5"],
            "liquidation_price": "58718.688442211055", "loss_at_stop": "87.869", "reward_risk": "1.9876", "margin": "199.875325",
            "order_type": "market", "trigger": null, "warnings": ["the spread is wider than usual"],
        }),
    );
}

#[test]
fn a_card_that_resumes_has_the_same_fields() {
    let resume = shown(card(pending("resume", Want::Resume, Vec::new()))).card.unwrap();
    let open = shown(spot_card()).card.unwrap();
    let mandated = ["id", "venue", "mode", "source", "instrument", "side", "symbol", "quantity", "price", "notional", "leverage", "stop"];
    for name in mandated.iter().chain(&["targets", "fee", "loss_at_stop", "liquidation_price", "expires_ms", "evidence"]) {
        assert!(resume.get(name).is_some() && open.get(name).is_some(), "{name}");
    }
    assert_eq!(resume["action"], "resume");
}

#[test]
fn a_fill() {
    let entry = FilledView { fill: fill_row(Leg::Entry, "0"), order: None, position: None, cause: FillCause::Order };
    let data = shown(NoticeBody::Filled(Box::new(entry))).data;
    holds(
        &data["fill"],
        &json!({
            "order_id": "5e1f0000-order", "symbol": "BTC/USDT", "instrument": "spot", "side": "buy", "quantity": "0.00325",
            "price": "61500.1", "fee": "0.199875325",
        }),
    );
    assert!(data["fill"].get("realized_pnl").is_none());
    let close = FilledView { fill: fill_row(Leg::Close, "0"), order: None, position: None, cause: FillCause::Order };
    assert_eq!(shown(NoticeBody::Filled(Box::new(close))).data["fill"]["realized_pnl"], "0");
}

#[test]
fn answers() {
    let positions = shown(NoticeBody::Positions(vec![spot_position(), perp_position()]));
    assert_eq!(positions.buttons, ["Refresh"]);
    holds(
        &positions.data["positions"][0],
        &json!({
            "symbol": "BTC/USDT", "instrument": "spot", "side": "long", "quantity": "0.00325", "entry_price": "61500.1",
            "mark_price": "61498", "unrealized_pnl": "-0.006825", "leverage": "1", "liquidation_price": null, "stop": null, "targets": [],
        }),
    );
    holds(&positions.data["positions"][1], &json!({ "stop": "60270", "targets": ["63345.1", "65190.1"] }));
    let pnl = PnlView {
        window: Window::All,
        realized: Amount::ZERO,
        unrealized: amount("-0.006825"),
        fees: amount("0.199875325"),
        funding: Amount::ZERO,
        total: amount("-0.206700325"),
    };
    let pnl = shown(NoticeBody::Pnl(pnl));
    assert!(pnl.buttons.is_empty());
    holds(
        &pnl.data["pnl"],
        &json!({ "realized": "0", "unrealized": "-0.006825", "fees": "0.199875325", "funding": "0", "total": "-0.206700325" }),
    );
    let orders = shown(NoticeBody::OrderNews { text: String::new(), orders: vec![order_view()] }).data;
    holds(
        &orders["orders"][0],
        &json!({ "id": "5e1f0000-order", "symbol": "BTC/USDT", "side": "buy", "quantity": "0.01", "filled": "0", "price": "60000", "state": "open" }),
    );
    let usdt =
        BalanceView { currency: Currency::new("usdt"), free: amount("1.123456789012"), reserved: Amount::ZERO, margin: Amount::ZERO };
    let balances = shown(NoticeBody::Balances { balances: vec![usdt], equity: amount("1.123456789012") }).data;
    assert_eq!(balances["equity"], "1.123456789012");
    assert_eq!(balances["balances"], json!([{ "currency": "USDT", "free": "1.123456789012", "reserved": "0", "margin": "0" }]));
    let price =
        NoticeBody::Price { symbol: super::terminal_fixtures::btc(), quote: quote(), source: super::terminal_fixtures::place().source };
    holds(&shown(price).data["price"], &json!({ "bid": "61499.9", "ask": "61500.1", "mark": "61498" }));
}

#[test]
fn refusals() {
    let refusal = Refusal::new(Code::MaxLeverage, "20", "50", "20x or less");
    let denied = shown(NoticeBody::Denied { subject: String::new(), refusals: vec![refusal] });
    assert_eq!(denied.kind, "denied");
    assert_eq!(denied.data, json!({ "denied": [{ "code": "MAX_LEVERAGE", "limit": "20", "actual": "50", "would_pass": "20x or less" }] }));
    let rejected = NoticeBody::Rejected { order: Box::new(order_view()), code: "-2010".to_owned(), reason: "no".to_owned() };
    let rejected = shown(rejected);
    assert_eq!(rejected.kind, "error");
    assert_eq!(rejected.data["rejected"], json!({ "code": "-2010", "reason": "no" }));
}

#[tokio::test]
async fn a_line_of_output_has_exactly_six_fields_and_the_number_of_its_cause() {
    let captured = Captured::default();
    let output = Output::new(Box::new(captured.clone()), Style::Json);
    let show = |key: &str| {
        let mut notice = notice(NoticeBody::Text("two\nlines".to_owned()));
        notice.cause = Some(SourceKey::new(key));
        notice
    };
    output.begin(1, SourceKey::new("term:s:1"));
    for key in ["term:s:1", "term:s:1:2", "term:s:10", "term:t:1"] {
        output.show(&show(key), &Rendered::new("answer", "two\nlines")).await.unwrap();
    }
    output.end();
    output.show(&show("term:s:1"), &Rendered::new("answer", "two\nlines")).await.unwrap();
    let written = captured.text();
    let lines: Vec<Value> = written.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.iter().map(|line| line["n"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 1, 0, 0, 0]);
    assert!(written.starts_with(r#"{"n":1,"kind":"answer","text":"two\nlines","card":null,"buttons":[],"data":{}}"#));
}

#[test]
fn a_reader_that_went_away_is_told_apart_from_a_full_disk() {
    struct Broken(std::io::ErrorKind);
    impl std::io::Write for Broken {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(self.0.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let say = |kind| Output::new(Box::new(Broken(kind)), Style::Plain).say(0, &Rendered::error("x"));
    assert_eq!(say(std::io::ErrorKind::BrokenPipe), Err(FaceError::Closed));
    assert!(matches!(say(std::io::ErrorKind::StorageFull), Err(FaceError::Failed(_))));
}
