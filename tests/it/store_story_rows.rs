//! Rows for store stories: small, valid, and different where a story needs them to differ.

use outcry::domain::actor::{Actor, ChatId, Role, UserId};
use outcry::domain::event::{Change, DeskEvent};
use outcry::domain::ids::{AccountId, ClientOrderId, Nonce, PlanId, SourceKey, TradeId};
use outcry::domain::instrument::{Currency, InstrumentId, Market, Symbol};
use outcry::domain::market::{MarketSource, Quote};
use outcry::domain::money::{Amount, Leverage, Price, Quantity};
use outcry::domain::notice::{Notice, NoticeBody};
use outcry::domain::order::{Fill, FillCause, Leg, OrderSpec, OrderState, OrderType, Side, TimeInForce};
use outcry::domain::plan::{ExitChange, Figures, Plan, PlanKind};
use outcry::domain::position::{Direction, Position};
use outcry::domain::proposal::{Origin, Proposal, Want};
use outcry::domain::rows::{
    BalanceRow, FillRow, OrderRow, PendingRow, PendingState, PlanRow, PlanState, PnlDayRow, PositionRow, Posting, Protection, StateRow,
    TradingState,
};
use outcry::domain::time::Timestamp;
use outcry::engine::ports::{Commit, InboxMessage, License};
use rust_decimal::Decimal;

/// Ten in the morning of an ordinary day.
pub const START_MS: i64 = 1_760_090_400_000;

pub fn at(offset_ms: i64) -> Timestamp {
    Timestamp::from_ms(START_MS + offset_ms)
}

pub fn account() -> AccountId {
    AccountId::new("paper")
}

pub fn price(units: i64) -> Price {
    Price::new(Decimal::new(units, 2)).unwrap()
}

pub fn quantity(units: i64) -> Quantity {
    Quantity::new(Decimal::new(units, 4)).unwrap()
}

pub fn amount(units: i64) -> Amount {
    Amount::new(Decimal::new(units, 4)).unwrap()
}

pub fn actor(chat: i64) -> Actor {
    Actor { user: UserId(chat), chat: ChatId(chat), role: Role::Owner }
}

pub fn instrument(base: &str) -> InstrumentId {
    InstrumentId::new(Symbol::new(base, "USDT"), Market::Perp)
}

pub fn plan(id: &str, base: &str) -> Plan {
    let quote = Quote { bid: price(6_000_000), ask: price(6_000_100), mark: price(6_000_050), at: at(0) };
    Plan {
        id: PlanId::new(id),
        account: account(),
        key: SourceKey::new(format!("term:{id}")),
        kind: PlanKind::Open,
        instrument: instrument(base),
        side: Side::Buy,
        direction: Direction::Long,
        order: None,
        leverage: Leverage::ONE,
        margin_mode: Default::default(),
        stop: None,
        targets: Vec::new(),
        exits: ExitChange::default(),
        upkeep: Default::default(),
        figures: Figures {
            price: price(6_000_100),
            notional: amount(2_000_000),
            margin: amount(2_000_000),
            fee: amount(1_000),
            liquidation_price: None,
            loss_at_stop: None,
            reward_risk: None,
        },
        evidence: Default::default(),
        warnings: Vec::new(),
        quote,
        source: MarketSource::Simulated,
        made_at: at(0),
    }
}

pub fn plan_row(id: &str, base: &str, state: PlanState, chat: i64, at_ms: i64) -> PlanRow {
    PlanRow {
        plan: plan(id, base),
        plan_hash: "00".repeat(32),
        state,
        authority: None,
        actor: Some(actor(chat)),
        text: "buy \"200\" usdt of btc \u{0} \\ 🦀".into(),
        rules: Vec::new(),
        refusals: Vec::new(),
        at: at(at_ms),
    }
}

pub fn pending_row(nonce: &str, state: PendingState, chat: i64) -> PendingRow {
    let actor = actor(chat);
    let key = SourceKey::new(format!("term:card:{nonce}"));
    PendingRow {
        nonce: Nonce::new(nonce),
        actor,
        proposal: Proposal { key, origin: Origin::Person(actor), want: Want::Resume, text: "resume".into() },
        plans: vec![plan(&format!("plan-of-{nonce}"), "BTC")],
        state,
        second: false,
        made_at: at(0),
        expires_at: at(60_000),
    }
}

pub fn order_row(id: &str, plan: &str, state: OrderState, changed_ms: i64) -> OrderRow {
    OrderRow {
        spec: OrderSpec {
            id: ClientOrderId::new(id),
            instrument: instrument("BTC"),
            side: Side::Buy,
            order_type: OrderType::Limit,
            quantity: quantity(33),
            price: Some(price(6_000_100)),
            trigger: None,
            tif: TimeInForce::Ioc,
            reduce_only: false,
            leverage: Leverage::ONE,
            margin_mode: Default::default(),
            attached: Vec::new(),
        },
        plan: PlanId::new(plan),
        leg: Leg::Entry,
        generation: 0,
        parent: None,
        state,
        filled: Quantity::ZERO,
        filled_notional: Amount::ZERO,
        fees: Amount::ZERO,
        reservation: None,
        venue_id: None,
        sent_at: None,
        asking: None,
        cancel_wanted: false,
        cancel_sent_at: None,
        cause: SourceKey::new("term:1"),
        chat: Some(ChatId(1)),
        why: String::new(),
        made_at: at(0),
        changed_at: at(changed_ms),
    }
}

pub fn fill_row(trade: &str, order: Option<&str>, plan: Option<&str>, at_ms: i64) -> FillRow {
    FillRow {
        fill: Fill {
            trade_id: TradeId::new(trade),
            order: order.map(ClientOrderId::new),
            instrument: instrument("BTC"),
            side: Side::Buy,
            quantity: quantity(33),
            price: price(6_000_000),
            fee: amount(1_000),
            fee_currency: Currency::new("USDT"),
            leverage: Leverage::ONE,
            margin_mode: Default::default(),
            maker: false,
            cause: FillCause::Order,
            at: at(at_ms),
        },
        plan: plan.map(PlanId::new),
        leg: Some(Leg::Entry),
        realized: Amount::ZERO,
    }
}

pub fn balance(currency: &str, units: i64) -> Change {
    Change::Balance(BalanceRow { currency: Currency::new(currency), cash: amount(units) })
}

pub fn position_row(base: &str, flat: bool, generation: u32) -> PositionRow {
    let instrument = instrument(base);
    let position = Position {
        instrument: instrument.clone(),
        direction: Direction::Long,
        quantity: quantity(33),
        cost: amount(1_980_000),
        margin: amount(1_980_000),
        leverage: Leverage::ONE,
        margin_mode: Default::default(),
        opened_at: at(0),
    };
    PositionRow {
        instrument,
        position: (!flat).then_some(position),
        generation,
        protection: Protection::default(),
        changed_at: at(0),
        funded: Vec::new(),
    }
}

pub fn state_row(trading: TradingState) -> StateRow {
    StateRow {
        trading,
        why: "a story".into(),
        since: at(0),
        until: None,
        day: at(0).day_start(),
        day_equity: amount(1_000_000_000),
        peak_equity: amount(1_000_000_000),
        opened_at: at(0),
    }
}

pub fn pnl_day(day: i64, fills: u32) -> Change {
    let day = Timestamp::from_ms(at(0).day_start().ms() + day * 86_400_000);
    Change::PnlDay(PnlDayRow { day, realized: amount(12), fees: amount(3), funding: Amount::ZERO, fills })
}

pub fn event(kind: &str, subject: &str, at_ms: i64, change: Change) -> DeskEvent {
    DeskEvent {
        kind: kind.into(), subject: subject.into(), detail: format!("{kind} of {subject}: 'as told' — ✓"), at: at(at_ms), change
    }
}

pub fn order_event(row: &OrderRow) -> DeskEvent {
    let kind = format!("order.{}", row.state.as_str());
    let at_ms = row.changed_at.ms() - START_MS;
    event(&kind, row.spec.id.as_str(), at_ms, Change::Order(Box::new(row.clone())))
}

pub fn plan_event(row: &PlanRow) -> DeskEvent {
    let kind = format!("plan.{}", row.state.as_str());
    event(&kind, row.plan.id.as_str(), row.at.ms() - START_MS, Change::Plan(Box::new(row.clone())))
}

pub fn fill_event(row: &FillRow) -> DeskEvent {
    event("fill.booked", row.fill.trade_id.as_str(), row.fill.at.ms() - START_MS, Change::Fill(Box::new(row.clone())))
}

pub fn posting(transaction: &str, ledger: &str, units: i64) -> Posting {
    Posting { transaction: transaction.into(), ledger: ledger.into(), currency: Currency::new("USDT"), amount: amount(units), at: at(0) }
}

pub fn transfer(transaction: &str, units: i64) -> Vec<Posting> {
    vec![posting(transaction, "cash", units), posting(transaction, "equity:deposit", -units)]
}

pub fn notice(key: &str) -> Notice {
    let body = NoticeBody::CardClosed { nonce: "n".into(), text: format!("about {key}") };
    Notice { key: key.into(), chat: Some(ChatId(1)), cause: None, at: at(0), body }
}

pub fn message(key: &str, body: &str) -> InboxMessage {
    InboxMessage { key: SourceKey::new(key), actor: actor(1), body: body.into(), received_at: at(0) }
}

pub fn step(epoch: i64, events: Vec<DeskEvent>) -> Commit {
    Commit { account: account(), epoch, events, postings: Vec::new(), notices: Vec::new(), inbox_done: None, snapshot: None }
}

pub fn license(epoch: i64, orders: Vec<OrderRow>, opens: bool) -> License {
    let events = orders.iter().map(order_event).collect();
    License { account: account(), epoch, orders, events, opens }
}
