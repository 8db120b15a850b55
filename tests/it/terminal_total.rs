//! Rendering is total: whatever a notice holds, it is shown, printably and the same way twice.

use std::collections::BTreeMap;

use outcry::bot::render;
use outcry::domain::evidence::{Evidence, EvidenceKind};
use outcry::domain::instrument::{Currency, InstrumentId, Market, Symbol};
use outcry::domain::market::{MarketSource, Quote};
use outcry::domain::money::{Amount, Leverage, Price, Quantity, Ratio};
use outcry::domain::notice::{BalanceView, CardView, FilledView, NoticeBody, OrderView, PnlView, PositionView, SettingView, WhyView};
use outcry::domain::order::{FillCause, Leg, OrderState, OrderType, Side, TimeInForce};
use outcry::domain::plan::{ExitChange, Figures, MainOrder, Plan, PlanKind, StopPlan, TargetPlan};
use outcry::domain::position::Direction;
use outcry::domain::proposal::Want;
use outcry::domain::refusal::{Code, Refusal};
use outcry::domain::report::HistoryView;
use outcry::domain::request::Window;
use outcry::domain::rows::{FillRow, PendingRow, PlanRow, PlanState, StateRow, TradingState};
use outcry::domain::time::Timestamp;
use outcry::domain::upkeep::UpkeepView;
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};
use rust_decimal::Decimal;

use super::terminal_fixtures::{close_request, fill_row, leverage, notice, open_request, order_view, pending, place, price, spot_plan};

fn decimal() -> impl Strategy<Value = Decimal> {
    let whole = prop_oneof![any::<i64>(), -1_000_i64..1_000, Just(1_000_000_000_000_000)];
    (whole, 0_u32..=28).prop_map(|(whole, scale)| Decimal::from_i128_with_scale(i128::from(whole), scale))
}

fn a_price() -> impl Strategy<Value = Price> {
    decimal().prop_map(|value| Price::new(value.abs()).unwrap_or_else(|_| price("1")))
}

fn a_quantity() -> impl Strategy<Value = Quantity> {
    decimal().prop_map(|value| Quantity::new(value.abs()).unwrap_or(Quantity::ZERO))
}

fn an_amount() -> impl Strategy<Value = Amount> {
    decimal().prop_map(|value| Amount::new(value).unwrap_or(Amount::ZERO))
}

fn a_ratio() -> impl Strategy<Value = Ratio> {
    decimal().prop_map(|value| Ratio::new(value).unwrap_or(Ratio::ONE))
}

fn a_leverage() -> impl Strategy<Value = Leverage> {
    decimal().prop_map(|value| Leverage::new(value.abs()).unwrap_or_else(|_| leverage("1")))
}

fn a_time() -> impl Strategy<Value = Timestamp> {
    any::<i64>().prop_map(Timestamp::from_ms)
}

fn an_instrument() -> impl Strategy<Value = InstrumentId> {
    let market = prop_oneof![Just(Market::Spot), Just(Market::Perp)];
    (any::<String>(), any::<String>(), market).prop_map(|(base, quote, market)| InstrumentId::new(Symbol::new(&base, &quote), market))
}

fn a_leg() -> impl Strategy<Value = Leg> {
    prop_oneof![Just(Leg::Entry), Just(Leg::Stop), any::<u8>().prop_map(Leg::Target), Just(Leg::Close)]
}

fn evidence() -> impl Strategy<Value = BTreeMap<String, Evidence>> {
    let kind = prop_oneof![Just(EvidenceKind::Said), Just(EvidenceKind::Default), Just(EvidenceKind::Vote), Just(EvidenceKind::Signal)];
    let span = option::of((0_usize..40, 0_usize..40));
    let one = (kind, span, option::of(any::<String>())).prop_map(|(kind, span, text)| Evidence { kind, span, text });
    btree_map(any::<String>(), one, 0..4)
}

fn main_order() -> impl Strategy<Value = MainOrder> {
    let order_type = proptest::sample::select(OrderType::ALL.to_vec());
    let tif = prop_oneof![Just(TimeInForce::Gtc), Just(TimeInForce::Ioc), Just(TimeInForce::Fok), Just(TimeInForce::PostOnly)];
    (order_type, tif, a_quantity(), option::of(a_price()), option::of(a_price()), any::<bool>()).prop_map(
        |(order_type, tif, quantity, price, trigger, at_market)| MainOrder {
            order_type,
            tif,
            quantity,
            price,
            trigger,
            reduce_only: false,
            at_market,
            oco: None,
        },
    )
}

fn figures() -> impl Strategy<Value = Figures> {
    (a_price(), an_amount(), an_amount(), option::of(a_price()), option::of(an_amount()), option::of(a_ratio())).prop_map(
        |(price, notional, margin, liquidation_price, loss_at_stop, reward_risk)| Figures {
            price,
            notional,
            margin,
            fee: margin,
            liquidation_price,
            loss_at_stop,
            reward_risk,
        },
    )
}

fn a_plan() -> impl Strategy<Value = Plan> {
    let kind = prop_oneof![Just(PlanKind::Open), Just(PlanKind::Close), Just(PlanKind::Protect)];
    let stop =
        option::of((a_price(), option::of(a_ratio())).prop_map(|(trigger, trailing)| StopPlan { trailing, ..StopPlan::at(trigger) }));
    let targets = vec((a_price(), a_ratio()).prop_map(|(price, share)| TargetPlan { price, share }), 0..3);
    let exits = (any::<bool>(), any::<bool>()).prop_map(|(stop, targets)| ExitChange { stop, targets });
    let shape = (kind, an_instrument(), option::of(main_order()), a_leverage(), stop, targets, exits);
    (shape, figures(), evidence(), vec(any::<String>(), 0..2)).prop_map(
        |((kind, instrument, order, leverage, stop, targets, exits), figures, evidence, warnings)| Plan {
            kind,
            instrument,
            order,
            leverage,
            stop,
            targets,
            exits,
            upkeep: Default::default(),
            figures,
            evidence,
            warnings,
            ..spot_plan()
        },
    )
}

fn a_card() -> impl Strategy<Value = NoticeBody> {
    let want = prop_oneof![Just(Want::Resume), Just(Want::Open(open_request())), Just(Want::Close(close_request()))];
    (want, vec(a_plan(), 0..3), any::<String>(), any::<bool>(), a_time(), a_time(), option::of(any::<String>()), any::<bool>()).prop_map(
        |(want, plans, text, second, made_at, expires_at, because, live)| {
            let pending = PendingRow { second, made_at, expires_at, ..pending(&text, want, plans) };
            NoticeBody::Card(Box::new(CardView { pending, venue: text, live, because }))
        },
    )
}

fn an_order() -> impl Strategy<Value = OrderView> {
    let state = prop_oneof![Just(OrderState::Open), Just(OrderState::Unknown), Just(OrderState::Absent)];
    (any::<String>(), an_instrument(), a_leg(), state, a_quantity(), a_quantity(), option::of(a_price()), option::of(a_price())).prop_map(
        |(id, instrument, leg, state, quantity, filled, price, trigger)| OrderView {
            id,
            instrument,
            leg,
            state,
            quantity,
            filled,
            price,
            trigger,
            ..order_view()
        },
    )
}

fn a_position() -> impl Strategy<Value = PositionView> {
    (
        an_instrument(),
        a_quantity(),
        a_price(),
        option::of(a_price()),
        option::of(an_amount()),
        a_leverage(),
        an_amount(),
        vec(a_price(), 0..3),
    )
        .prop_map(|(instrument, quantity, entry_price, mark_price, unrealized, leverage, margin, targets)| PositionView {
            instrument,
            direction: Direction::Short,
            quantity,
            entry_price,
            mark_price,
            unrealized,
            leverage,
            margin,
            margin_mode: Default::default(),
            liquidation_price: mark_price,
            stop: mark_price,
            targets,
            upkeep: UpkeepView { trailing: None, trail_from: mark_price, even_after_target: true, close_at: None },
        })
}

fn a_fill() -> impl Strategy<Value = FillRow> {
    (an_instrument(), a_quantity(), a_price(), an_amount(), option::of(a_leg()), an_amount(), a_time()).prop_map(
        |(instrument, quantity, price, fee, leg, realized, at)| {
            let row = fill_row(Leg::Entry, "0");
            FillRow {
                fill: outcry::domain::order::Fill { instrument, quantity, price, fee, at, side: Side::Sell, ..row.fill },
                leg,
                realized,
                ..row
            }
        },
    )
}

fn a_state() -> impl Strategy<Value = StateRow> {
    let trading = prop_oneof![Just(TradingState::Active), Just(TradingState::Reducing), Just(TradingState::Halted)];
    (trading, any::<String>(), a_time(), option::of(a_time()), an_amount()).prop_map(|(trading, why, since, until, equity)| StateRow {
        trading,
        why,
        since,
        until,
        day: since,
        day_equity: equity,
        peak_equity: equity,
        opened_at: since,
    })
}

fn trading_body() -> impl Strategy<Value = NoticeBody> {
    let filled = (a_fill(), option::of(an_order()), option::of(a_position()), any::<bool>()).prop_map(|(fill, order, position, gone)| {
        let cause = if gone { FillCause::Liquidation } else { FillCause::Order };
        NoticeBody::Filled(Box::new(FilledView { fill, order, position, cause }))
    });
    let state = (a_state(), any::<String>(), vec(an_order(), 0..3), vec(a_position(), 0..3), vec(any::<String>(), 0..3))
        .prop_map(|(state, text, orders, positions, choices)| NoticeBody::State { state, text, orders, positions, choices });
    let rejected = (an_order(), any::<String>(), any::<String>()).prop_map(|(order, code, reason)| NoticeBody::Rejected {
        order: Box::new(order),
        code,
        reason,
    });
    let news = (any::<String>(), vec(an_order(), 0..3)).prop_map(|(text, orders)| NoticeBody::OrderNews { text, orders });
    let denied = (any::<String>(), vec(any::<String>(), 0..3)).prop_map(|(subject, texts)| NoticeBody::Denied {
        subject,
        refusals: texts.into_iter().map(|text| Refusal::new(Code::LotSize, text.clone(), text.clone(), text)).collect(),
    });
    prop_oneof![a_card(), filled, state, rejected, news, denied]
}

fn answer_body() -> impl Strategy<Value = NoticeBody> {
    let balances = vec((any::<String>(), an_amount(), an_amount()), 0..3).prop_map(|rows| NoticeBody::Balances {
        equity: rows.first().map_or(Amount::ZERO, |row| row.1),
        balances: rows
            .into_iter()
            .map(|(currency, free, margin)| BalanceView { currency: Currency::new(&currency), free, reserved: free, margin })
            .collect(),
    });
    let price = (an_instrument(), a_price(), a_time()).prop_map(|(instrument, mark, at)| NoticeBody::Price {
        symbol: instrument.symbol,
        quote: Quote { bid: mark, ask: mark, mark, at },
        source: MarketSource::Live,
    });
    let pnl = (an_amount(), an_amount()).prop_map(|(fees, total)| {
        NoticeBody::Pnl(PnlView { window: Window::Month, realized: total, unrealized: fees, fees, funding: fees, total })
    });
    let why =
        (a_plan(), option::of(a_plan()), vec((a_time(), any::<String>(), any::<String>()), 0..3)).prop_map(|(plan, waiting, events)| {
            let row = PlanRow {
                plan,
                plan_hash: String::new(),
                state: PlanState::Denied,
                authority: None,
                actor: None,
                text: "½ of ₿".to_owned(),
                rules: Vec::new(),
                refusals: Vec::new(),
                at: Timestamp::from_ms(i64::MIN),
            };
            NoticeBody::Why(Box::new(WhyView { row: Some(row), pending: waiting, events }))
        });
    let settings =
        any::<String>().prop_map(|text| NoticeBody::Settings(vec![SettingView { name: text.clone(), value: text.clone(), origin: text }]));
    let question = (any::<String>(), vec(any::<String>(), 0..3)).prop_map(|(text, choices)| NoticeBody::Question { text, choices });
    let alert = (any::<String>(), option::of(any::<String>())).prop_map(|(text, code)| NoticeBody::Alert { text, code });
    let welcome = (a_state(), an_amount()).prop_map(|(state, equity)| NoticeBody::Welcome { state, equity, source: MarketSource::Replay });
    prop_oneof![
        balances,
        price,
        pnl,
        why,
        settings,
        question,
        alert,
        welcome,
        vec(a_position(), 0..3).prop_map(NoticeBody::Positions),
        vec(an_order(), 0..3).prop_map(NoticeBody::Orders),
        (vec(a_fill(), 0..3), any::<u32>(), any::<u32>()).prop_map(|(fills, page, pages)| {
            NoticeBody::History(HistoryView { fills, page, pages, count: page, total: u64::from(pages) })
        }),
        super::terminal_reports::a_report(an_amount),
    ]
}

proptest! {
    #[test]
    fn any_notice_is_rendered_printably_and_the_same_way_twice(body in prop_oneof![trading_body(), answer_body()]) {
        let notice = notice(body);
        let rendered = render::render(&notice, &place());
        assert!(!rendered.text.is_empty());
        assert!(rendered.text.chars().all(|c| c == '\n' || !c.is_control()));
        assert!(["card", "fill", "answer", "question", "denied", "alert", "error"].contains(&rendered.kind));
        assert_eq!(rendered.card.is_some(), rendered.kind == "card");
        assert!(rendered.data.is_object());
        assert_eq!(render::render(&notice, &place()), rendered);
    }
}
