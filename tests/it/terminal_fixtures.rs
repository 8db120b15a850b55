//! Values for the tests of the terminal face: a spot card, a bracket, and the rows around them.

use outcry::bot::render::place::Place;
use outcry::bot::render::{self, Rendered};
use outcry::domain::actor::{Actor, ChatId, Role, UserId};
use outcry::domain::evidence::{Evidence, EvidenceKind, EvidenceMap};
use outcry::domain::ids::{AccountId, ClientOrderId, Nonce, PlanId, SourceKey, TradeId};
use outcry::domain::instrument::{Currency, InstrumentId, Market, Symbol};
use outcry::domain::market::{MarketSource, Quote};
use outcry::domain::money::{Amount, Leverage, Price, Quantity, Ratio};
use outcry::domain::notice::{CardView, Notice, NoticeBody, OrderView, PositionView};
use outcry::domain::order::{Fill, FillCause, Leg, OrderState, OrderType, Side, TimeInForce};
use outcry::domain::plan::{ExitChange, Figures, MainOrder, Plan, PlanKind, StopPlan, TargetPlan};
use outcry::domain::position::Direction;
use outcry::domain::proposal::{Origin, Proposal, Want};
use outcry::domain::request::{AmountSpec, CloseRequest, CloseWhich, OpenPrice, OpenRequest, OpenVerb};
use outcry::domain::rows::{FillRow, PendingRow, PendingState};
use outcry::domain::time::Timestamp;
use rust_decimal::Decimal;

pub const NOW: Timestamp = Timestamp::from_ms(1_790_000_000_000);
pub const NONCE: &str = "00112233445566778899aabbccddeeff";
pub const SAID: &str = "buy 200 usdt of btc";

pub fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

pub fn price(text: &str) -> Price {
    Price::new(decimal(text)).unwrap()
}

pub fn quantity(text: &str) -> Quantity {
    Quantity::new(decimal(text)).unwrap()
}

pub fn amount(text: &str) -> Amount {
    Amount::new(decimal(text)).unwrap()
}

pub fn ratio(text: &str) -> Ratio {
    Ratio::new(decimal(text)).unwrap()
}

pub fn leverage(text: &str) -> Leverage {
    Leverage::new(decimal(text)).unwrap()
}

pub fn btc() -> Symbol {
    Symbol::new("BTC", "USDT")
}

pub fn instrument(market: Market) -> InstrumentId {
    InstrumentId::new(btc(), market)
}

pub fn actor(role: Role) -> Actor {
    Actor { user: UserId::TERMINAL, chat: ChatId::TERMINAL, role }
}

pub fn place() -> Place {
    Place { venue: "paper".to_owned(), live: false, source: MarketSource::Simulated }
}

pub fn quote() -> Quote {
    Quote { bid: price("61499.9"), ask: price("61500.1"), mark: price("61498"), at: NOW }
}

pub fn notice(body: NoticeBody) -> Notice {
    Notice { key: "test".to_owned(), chat: Some(ChatId::TERMINAL), cause: Some(SourceKey::new("term:s:1")), at: NOW, body }
}

pub fn shown(body: NoticeBody) -> Rendered {
    render::render(&notice(body), &place())
}

pub fn open_request() -> OpenRequest {
    OpenRequest {
        verb: OpenVerb::Buy,
        symbol: btc(),
        market: None,
        amount: AmountSpec::Quote(amount("200")),
        price: OpenPrice::Market,
        leverage: None,
        margin_mode: None,
        stop: None,
        targets: Vec::new(),
        trailing: None,
        upkeep: Default::default(),
        evidence: EvidenceMap::new(),
    }
}

pub fn close_request() -> CloseRequest {
    let evidence = EvidenceMap::new();
    CloseRequest { which: CloseWhich::Symbol(btc()), market: None, amount: AmountSpec::Share(Ratio::ONE), at_once: false, evidence }
}

/// The card of SPEC §9: spot, at the market.
pub fn spot_plan() -> Plan {
    let evidence = [
        ("quantity", Evidence::computed("200 USDT ÷ ask")),
        ("symbol", Evidence::said(16, 19)),
        ("amount", Evidence::said(4, 12)),
        ("price", Evidence::of(EvidenceKind::Quote, "ask")),
    ];
    Plan {
        id: PlanId::new("plan-1"),
        account: AccountId::new("main"),
        key: SourceKey::new("term:s:1"),
        kind: PlanKind::Open,
        instrument: instrument(Market::Spot),
        side: Side::Buy,
        direction: Direction::Long,
        order: Some(MainOrder {
            order_type: OrderType::Limit,
            tif: TimeInForce::Ioc,
            quantity: quantity("0.00325"),
            price: Some(price("61807.6")),
            trigger: None,
            reduce_only: false,
            at_market: true,
            oco: None,
        }),
        leverage: Leverage::ONE,
        margin_mode: Default::default(),
        stop: None,
        targets: Vec::new(),
        exits: ExitChange::default(),
        upkeep: Default::default(),
        replaces: None,
        figures: Figures {
            price: price("61500.1"),
            notional: amount("199.875325"),
            margin: amount("199.875325"),
            fee: amount("0.199875325"),
            liquidation_price: None,
            loss_at_stop: None,
            reward_risk: None,
        },
        evidence: evidence.into_iter().map(|(field, evidence)| (field.to_owned(), evidence)).collect(),
        warnings: Vec::new(),
        quote: quote(),
        source: MarketSource::Simulated,
        made_at: NOW,
    }
}

/// A bracket with leverage: stop by default, two targets.
pub fn bracket_plan() -> Plan {
    let said = "long btc 20x with 200 usdt, targets 3% and 6%";
    let span = |words: &str| said.find(words).map(|start| Evidence::said(start, start + words.len())).unwrap();
    let evidence = [
        ("leverage", span("20x")),
        ("margin", span("200 usdt")),
        ("stop", Evidence::default_setting("2 × ATR(14) of 1h")),
        ("symbol", span("btc")),
        ("target.1", span("3%")),
        ("target.2", span("6%")),
    ];
    let target = |at, share| TargetPlan { price: price(at), share: ratio(share) };
    Plan {
        instrument: instrument(Market::Perp),
        leverage: leverage("20"),
        stop: Some(StopPlan::at(price("60270"))),
        targets: vec![target("63345.1", "0.5"), target("65190.1", "0.5")],
        replaces: None,
        figures: Figures {
            price: price("61500.1"),
            notional: amount("3997.5065"),
            margin: amount("199.875325"),
            fee: amount("3.9975065"),
            liquidation_price: Some(price("58718.688442211055")),
            loss_at_stop: Some(amount("87.869")),
            reward_risk: Some(ratio("1.9876")),
        },
        order: spot_plan().order.map(|order| MainOrder { quantity: quantity("0.065"), ..order }),
        evidence: evidence.into_iter().map(|(field, evidence)| (field.to_owned(), evidence)).collect(),
        warnings: vec!["the spread is wider than usual".to_owned()],
        ..spot_plan()
    }
}

pub fn pending(text: &str, want: Want, plans: Vec<Plan>) -> PendingRow {
    let actor = actor(Role::Owner);
    PendingRow {
        nonce: Nonce::new(NONCE),
        actor,
        proposal: Proposal { key: SourceKey::new("term:s:1"), origin: Origin::Person(actor), want, text: text.to_owned() },
        plans,
        state: PendingState::Open,
        second: false,
        made_at: NOW,
        expires_at: NOW.plus_ms(60_000),
    }
}

pub fn card(pending: PendingRow) -> NoticeBody {
    NoticeBody::Card(Box::new(CardView { pending, venue: "paper".to_owned(), live: false, because: None }))
}

pub fn spot_card() -> NoticeBody {
    card(pending(SAID, Want::Open(open_request()), vec![spot_plan()]))
}

pub fn fill_row(leg: Leg, realized: &str) -> FillRow {
    FillRow {
        fill: Fill {
            trade_id: TradeId::new("t1"),
            order: Some(ClientOrderId::new("5e1f0000-order")),
            instrument: instrument(Market::Spot),
            side: if leg == Leg::Entry { Side::Buy } else { Side::Sell },
            quantity: quantity("0.00325"),
            price: price("61500.1"),
            fee: amount("0.199875325"),
            fee_currency: Currency::new("USDT"),
            leverage: Leverage::ONE,
            margin_mode: Default::default(),
            maker: false,
            cause: FillCause::Order,
            at: NOW,
        },
        plan: Some(PlanId::new("plan-1")),
        leg: Some(leg),
        realized: amount(realized),
    }
}

pub fn order_view() -> OrderView {
    OrderView {
        id: "5e1f0000-order".to_owned(),
        instrument: instrument(Market::Spot),
        side: Side::Buy,
        leg: Leg::Entry,
        order_type: OrderType::Limit,
        state: OrderState::Open,
        quantity: quantity("0.01"),
        filled: Quantity::ZERO,
        price: Some(price("60000")),
        trigger: None,
        trail: None,
        why: String::new(),
    }
}

pub fn spot_position() -> PositionView {
    PositionView {
        instrument: instrument(Market::Spot),
        direction: Direction::Long,
        quantity: quantity("0.00325"),
        entry_price: price("61500.1"),
        mark_price: Some(price("61498")),
        unrealized: Some(amount("-0.006825")),
        leverage: Leverage::ONE,
        margin_mode: Default::default(),
        margin: Amount::ZERO,
        liquidation_price: None,
        stop: None,
        targets: Vec::new(),
        upkeep: Default::default(),
    }
}

pub fn perp_position() -> PositionView {
    PositionView {
        instrument: instrument(Market::Perp),
        quantity: quantity("0.065"),
        unrealized: Some(amount("12.345")),
        leverage: leverage("20"),
        margin: amount("199.875325"),
        liquidation_price: Some(price("58718.688442211055")),
        stop: Some(price("60270")),
        targets: vec![price("63345.1"), price("65190.1")],
        ..spot_position()
    }
}
