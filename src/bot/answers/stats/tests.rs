use proptest::prelude::{Just, prop, prop_oneof, proptest};
use rust_decimal::{Decimal, dec};

use super::{Costs, Drawdown, performance, stats};
use crate::bot::answers::trades::Trades;
use crate::domain::ids::TradeId;
use crate::domain::instrument::{Currency, InstrumentId, Market, Symbol};
use crate::domain::money::{Amount, Leverage, Price, Quantity, Ratio};
use crate::domain::order::{Fill, FillCause, Side};
use crate::domain::position::{Execution, Position, after_execution};
use crate::domain::report::{StatsView, Trade};
use crate::domain::request::Window;
use crate::domain::rows::FillRow;
use crate::domain::time::{MINUTE_MS, Timestamp};

const NO_COSTS: Costs = Costs { fees: Amount::ZERO, funding: Amount::ZERO, drawdown: None };

fn amount(value: Decimal) -> Amount {
    Amount::new(value).unwrap()
}

/// Executions as the book would have booked them, a minute apart.
#[derive(Default)]
struct Booked {
    rows: Vec<FillRow>,
    held: std::collections::BTreeMap<InstrumentId, Position>,
}

impl Booked {
    fn fill(&mut self, instrument: &InstrumentId, side: Side, quantity: Decimal, price: Decimal, fee: Decimal) -> bool {
        let at = Timestamp::from_ms(self.rows.len() as i64 * MINUTE_MS);
        let (quantity, price) = (Quantity::new(quantity).unwrap(), Price::new(price).unwrap());
        let execution = Execution { side, quantity, price, leverage: Leverage::ONE, margin_mode: Default::default(), at };
        let Ok(effect) = after_execution(instrument, self.held.get(instrument), execution) else { return false };
        match effect.position {
            Some(position) => self.held.insert(instrument.clone(), position),
            None => self.held.remove(instrument),
        };
        let fill = Fill {
            trade_id: TradeId::new(self.rows.len().to_string()),
            order: None,
            instrument: instrument.clone(),
            side,
            quantity,
            price,
            fee: amount(fee),
            fee_currency: Currency::new("USDT"),
            leverage: Leverage::ONE,
            margin_mode: Default::default(),
            maker: false,
            cause: FillCause::Order,
            at,
        };
        self.rows.push(FillRow { fill, plan: None, leg: None, realized: effect.realized });
        true
    }

    fn trades(&self) -> Vec<Trade> {
        let mut trades = Trades::default();
        self.rows.iter().filter_map(|row| trades.take(row).unwrap()).collect()
    }
}

fn perp(base: &str) -> InstrumentId {
    InstrumentId::new(Symbol::new(base, "USDT"), Market::Perp)
}

fn spot(base: &str) -> InstrumentId {
    InstrumentId::new(Symbol::new(base, "USDT"), Market::Spot)
}

/// Four trades that were worked out on paper; the table stands in the test below.
fn example() -> Booked {
    let mut booked = Booked::default();
    let (btc, eth, sol) = (perp("BTC"), spot("ETH"), perp("SOL"));
    // 1: long 2 BTC at 100 and 110 (cost 210), half a coin sold at 120 and the rest at 130: 60 + 195 − 210, fees 4 × 0.5.
    booked.fill(&btc, Side::Buy, dec!(1), dec!(100), dec!(0.5));
    booked.fill(&btc, Side::Buy, dec!(1), dec!(110), dec!(0.5));
    booked.fill(&btc, Side::Sell, dec!(0.5), dec!(120), dec!(0.5));
    booked.fill(&btc, Side::Sell, dec!(1.5), dec!(130), dec!(0.5));
    // 2: spot 10 ETH at 20, sold at 17: −30, fees 1 + 1.
    booked.fill(&eth, Side::Buy, dec!(10), dec!(20), dec!(1));
    booked.fill(&eth, Side::Sell, dec!(10), dec!(17), dec!(1));
    // 3: short 4 SOL at 50, turned around by a purchase of 6 at 45: +20, fee 1 and two thirds of 3.
    booked.fill(&sol, Side::Sell, dec!(4), dec!(50), dec!(1));
    booked.fill(&sol, Side::Buy, dec!(6), dec!(45), dec!(3));
    // 4: the 2 SOL that the turn opened at 45, sold at 40: −10, fee one third of 3 and 0.
    booked.fill(&sol, Side::Sell, dec!(2), dec!(40), dec!(0));
    // One more that has not ended.
    booked.fill(&btc, Side::Buy, dec!(1), dec!(100), dec!(7));
    booked
}

fn figures(booked: &Booked) -> StatsView {
    stats(Window::All, &booked.trades(), Costs { fees: amount(dec!(15)), funding: amount(dec!(-2)), ..NO_COSTS }).unwrap()
}

#[test]
fn trades_are_those_worked_out_by_hand() {
    let trades = example().trades();
    let told: Vec<(String, &str, Decimal, Decimal, Decimal, i64)> = trades
        .iter()
        .map(|trade| {
            let minutes = trade.closed_at.since(trade.opened_at) / MINUTE_MS;
            let symbol = trade.instrument.symbol.base.to_string();
            (symbol, trade.direction.as_str(), trade.realized.shown(9), trade.fees.shown(9), trade.net.shown(9), minutes)
        })
        .collect();
    let expected = [
        // Proceeds 60 + 195 − cost 210.
        ("BTC".to_owned(), "long", dec!(45), dec!(2), dec!(43), 3),
        ("ETH".to_owned(), "long", dec!(-30), dec!(2), dec!(-32), 1),
        ("SOL".to_owned(), "short", dec!(20), dec!(3), dec!(17), 1),
        ("SOL".to_owned(), "long", dec!(-10), dec!(1), dec!(-11), 1),
    ];
    assert_eq!(told, expected);
}

#[test]
fn figures_are_those_worked_out_by_hand() {
    let stats = figures(&example());
    assert_eq!((stats.trades, stats.wins, stats.losses), (4, 2, 2));
    assert_eq!(stats.win_rate.unwrap().value(), dec!(0.5));
    // (43 + 17) ÷ (32 + 11) = 1.395348837209…
    assert_eq!(stats.profit_factor.unwrap().value().round_dp(9), dec!(1.395348837));
    assert_eq!(stats.net.shown(9), dec!(17));
    assert_eq!((stats.average_win.unwrap().shown(9), stats.average_loss.unwrap().shown(9)), (dec!(30), dec!(-21.5)));
    assert_eq!((stats.best.unwrap().net.shown(9), stats.worst.unwrap().net.shown(9)), (dec!(43), dec!(-32)));
    assert_eq!((stats.long.trades, stats.long.wins, stats.long.net.shown(9)), (3, 1, dec!(0)));
    assert_eq!((stats.short.trades, stats.short.wins, stats.short.net.shown(9)), (1, 1, dec!(17)));
    assert_eq!((stats.fees.shown(2), stats.funding.shown(2)), (dec!(15), dec!(-2)));
    // 3, 1, 1 and 1 minutes.
    assert_eq!((stats.holding_ms, stats.longest_ms), (Some(MINUTE_MS * 3 / 2), Some(3 * MINUTE_MS)));
}

#[test]
fn symbols_are_told_the_best_first() {
    let rows = performance(Window::All, &example().trades()).unwrap().rows;
    let told: Vec<(String, u32, u32, Decimal)> =
        rows.iter().map(|row| (row.symbol.base.to_string(), row.trades, row.wins, row.net.shown(9))).collect();
    assert_eq!(told, [("BTC".to_owned(), 1, 1, dec!(43)), ("SOL".to_owned(), 2, 1, dec!(6)), ("ETH".to_owned(), 1, 0, dec!(-32))]);
}

#[test]
fn nothing_has_no_averages() {
    let stats = stats(Window::Today, &[], NO_COSTS).unwrap();
    assert_eq!((stats.win_rate, stats.profit_factor, stats.average_win, stats.average_loss), (None, None, None, None));
    assert_eq!((stats.best, stats.worst, stats.holding_ms, stats.longest_ms), (None, None, None, None));
    assert!(performance(Window::Today, &[]).unwrap().rows.is_empty());
}

#[test]
fn coins_that_no_execution_bought_belong_to_no_trade() {
    let mut trades = Trades::default();
    let mut booked = Booked::default();
    booked.fill(&spot("ETH"), Side::Buy, dec!(1), dec!(10), dec!(0));
    let mut sale = booked.rows[0].clone();
    sale.fill.side = Side::Sell;
    assert_eq!(trades.take(&sale), Ok(None), "adopted coins sold");
    assert_eq!(trades.take(&booked.rows[0]), Ok(None));
    sale.fill.quantity = Quantity::new(dec!(3)).unwrap();
    assert!(trades.take(&sale).unwrap().is_some(), "bought and adopted coins sold together end the trade");
    assert_eq!(trades.take(&booked.rows[0]), Ok(None), "and nothing is left over from it");
}

#[test]
fn drawdown_is_measured_from_the_highest_equity_before() {
    let of = |equities: &[Decimal]| {
        let mut drawdown = Drawdown::default();
        equities.iter().for_each(|equity| drawdown.take(amount(*equity)).unwrap());
        drawdown.largest.map(Ratio::value)
    };
    assert_eq!(of(&[]), None);
    assert_eq!(of(&[dec!(100), dec!(110), dec!(120)]), Some(dec!(0)));
    // From 120 to 90 is a quarter; the later fall from 200 to 170 is less.
    assert_eq!(of(&[dec!(100), dec!(120), dec!(90), dec!(200), dec!(170)]), Some(dec!(0.25)));
    assert_eq!(of(&[dec!(0), dec!(-5)]), Some(dec!(0)));
}

/// The second computation: every execution is cut into units, and a trade is the cash that flowed between two flats.
fn naive(rows: &[FillRow]) -> Vec<Decimal> {
    let mut nets = Vec::new();
    let mut held: std::collections::BTreeMap<&InstrumentId, (i64, Decimal)> = std::collections::BTreeMap::new();
    for row in rows {
        let fill = &row.fill;
        let units: i64 = fill.quantity.value().try_into().unwrap();
        let sign = if fill.side == Side::Buy { 1 } else { -1 };
        for _ in 0..units {
            let (position, cash) = held.entry(&fill.instrument).or_default();
            *position += sign;
            *cash -= Decimal::from(sign) * fill.price.value() + fill.fee.value() / fill.quantity.value();
            if *position == 0 {
                nets.push(*cash);
                *cash = Decimal::ZERO;
            }
        }
    }
    nets
}

proptest! {
    #[test]
    fn figures_are_those_of_a_naive_second_computation(
        fills in prop::collection::vec((0_usize..3, prop_oneof![Just(Side::Buy), Just(Side::Sell)], 1_i64..6, 1_i64..1_000, 0_i64..50), 0..60),
    ) {
        let instruments = [perp("BTC"), perp("ETH"), spot("SOL")];
        let mut booked = Booked::default();
        for (which, side, quantity, price, fee) in fills {
            // A spot sale of more than is held is no execution that a book has.
            booked.fill(&instruments[which], side, quantity.into(), price.into(), Decimal::new(fee, 2));
        }
        let trades = booked.trades();
        let naive = naive(&booked.rows);
        let near = |a: Decimal, b: Decimal| (a - b).abs() < dec!(0.00000001);
        assert_eq!(trades.len(), naive.len());
        for (trade, net) in trades.iter().zip(&naive) {
            assert!(near(trade.net.value(), *net), "{trade:?} {net}");
        }
        let stats = stats(Window::All, &trades, NO_COSTS).unwrap();
        let won: Decimal = naive.iter().filter(|net| **net > dec!(0.0000001)).sum();
        let lost: Decimal = naive.iter().filter(|net| **net < dec!(-0.0000001)).sum();
        assert!(near(stats.net.value(), naive.iter().sum()));
        assert!(near(stats.average_win.map_or(Decimal::ZERO, |win| win.value() * Decimal::from(stats.wins)), won));
        assert!(near(stats.average_loss.map_or(Decimal::ZERO, |loss| loss.value() * Decimal::from(stats.losses)), lost));
        if !lost.is_zero() {
            let factor = stats.profit_factor.unwrap().value();
            assert!((factor - won / -lost).abs() < dec!(0.000001) * (factor + Decimal::ONE), "{factor}");
        }
        assert_eq!(stats.long.trades + stats.short.trades, stats.trades);
        assert!(near(stats.long.net.value() + stats.short.net.value(), stats.net.value()));
        let by_symbol = performance(Window::All, &trades).unwrap().rows;
        assert!(near(by_symbol.iter().map(|row| row.net.value()).sum(), stats.net.value()));
        assert_eq!(by_symbol.iter().map(|row| row.trades).sum::<u32>(), stats.trades);
    }
}
