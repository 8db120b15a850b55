//! Test support: plans that every rule lets pass, to be spoilt one field at a time.

use rust_decimal::{Decimal, dec};

use crate::domain::evidence::EvidenceMap;
use crate::domain::ids::{AccountId, PlanId, SourceKey};
use crate::domain::instrument::{Instrument, InstrumentId, InstrumentStatus, Market, Symbol};
use crate::domain::market::{MarketSource, Quote};
use crate::domain::money::{Amount, Leverage, Price, Quantity, Ratio};
use crate::domain::order::{OrderType, Side, TimeInForce};
use crate::domain::plan::{ExitChange, Figures, MainOrder, Plan, PlanKind, StopPlan, TargetPlan};
use crate::domain::position::Direction;
use crate::domain::refusal::Refusal;
use crate::domain::rows::TradingState;
use crate::domain::time::Timestamp;
use crate::engine::risk::facts::{Asker, Facts, Finding, Stage};
use crate::engine::risk::limits::Limits;

/// The largest magnitude that money may have.
pub const HUGE: &str = "1000000000000000";

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

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// Facts that own what they are about. Bid 59,999, ask 60,001, mark 60,000; 100,000 USDT on paper.
#[derive(Debug, Clone)]
pub struct Sample {
    pub now: Timestamp,
    pub stage: Stage,
    pub asker: Asker,
    pub plan: Plan,
    pub instrument: Option<Instrument>,
    pub quote: Option<Quote>,
    pub limits: Limits,
    pub trading: TradingState,
    pub reconciled: bool,
    pub outcome_unknown: bool,
    pub equity: Option<Amount>,
    pub free_quote: Amount,
    pub free_base: Quantity,
    pub position: Option<(Direction, Quantity)>,
    pub entry_price: Option<Price>,
    pub other_positions: usize,
    pub open_orders: usize,
    pub symbol_exposure: Amount,
    pub gross_exposure: Amount,
    pub resting: Vec<(Side, Price)>,
    pub recent_opens: Vec<Timestamp>,
    pub similar_opens: Vec<(Timestamp, Quantity)>,
    pub usual_quantities: Vec<Quantity>,
    pub day_equity: Amount,
    pub peak_equity: Amount,
}

impl Sample {
    /// 0.1 BTC long at the market, 5×, stop 2 % away, one target.
    pub fn perp_long() -> Self {
        let mut sample = Self::of(Market::Perp, PlanKind::Open, Side::Buy, Direction::Long);
        sample.plan.leverage = leverage("5");
        sample.plan.stop = Some(StopPlan { trigger: price("58800"), trailing: None });
        sample.plan.targets = vec![TargetPlan { price: price("63000"), share: Ratio::ONE }];
        sample
    }

    /// 0.1 BTC short at the market, 5×, stop 2 % away, one target.
    pub fn perp_short() -> Self {
        let mut sample = Self::of(Market::Perp, PlanKind::Open, Side::Sell, Direction::Short);
        sample.plan.leverage = leverage("5");
        sample.plan.stop = Some(StopPlan { trigger: price("61200"), trailing: None });
        sample.plan.targets = vec![TargetPlan { price: price("57000"), share: Ratio::ONE }];
        sample
    }

    /// 0.1 BTC bought on spot at the market.
    pub fn spot_buy() -> Self {
        Self::of(Market::Spot, PlanKind::Open, Side::Buy, Direction::Long)
    }

    /// 0.1 of 1 BTC sold on spot at the market.
    pub fn spot_sale() -> Self {
        Self { free_base: quantity("1"), ..Self::of(Market::Spot, PlanKind::Open, Side::Sell, Direction::Long) }
    }

    /// 0.1 of a long of 0.2 BTC closed at the market.
    pub fn close_long() -> Self {
        let mut sample = Self::of(Market::Perp, PlanKind::Close, Side::Sell, Direction::Long);
        sample.order().reduce_only = true;
        sample.with_position()
    }

    /// A stop and a target for a long of 0.2 BTC.
    pub fn protect_long() -> Self {
        let mut sample = Self::of(Market::Perp, PlanKind::Protect, Side::Sell, Direction::Long);
        sample.plan.order = None;
        sample.plan.exits = ExitChange { stop: true, targets: true };
        sample.plan.stop = Some(StopPlan { trigger: price("58800"), trailing: None });
        sample.plan.targets = vec![TargetPlan { price: price("63000"), share: Ratio::ONE }];
        sample.with_position()
    }

    fn with_position(self) -> Self {
        Self { position: Some((Direction::Long, quantity("0.2"))), entry_price: Some(price("60000")), ..self }
    }

    fn of(market: Market, kind: PlanKind, side: Side, direction: Direction) -> Self {
        let now = Timestamp::from_ms(1_790_000_000_000);
        let quote = Quote { bid: price("59999"), ask: price("60001"), mark: price("60000"), at: now };
        Self {
            now,
            stage: Stage::Check,
            asker: Asker::Person,
            plan: plan(market, kind, side, direction, quote.clone()),
            instrument: Some(listed(market)),
            quote: Some(quote),
            limits: Limits::paper(),
            trading: TradingState::Active,
            reconciled: true,
            outcome_unknown: false,
            equity: Some(amount("100000")),
            free_quote: amount("100000"),
            free_base: Quantity::ZERO,
            position: None,
            entry_price: None,
            other_positions: 0,
            open_orders: 0,
            symbol_exposure: Amount::ZERO,
            gross_exposure: Amount::ZERO,
            resting: Vec::new(),
            recent_opens: Vec::new(),
            similar_opens: Vec::new(),
            usual_quantities: Vec::new(),
            day_equity: amount("100000"),
            peak_equity: amount("100000"),
        }
    }

    /// The main order, to be changed.
    pub fn order(&mut self) -> &mut MainOrder {
        self.plan.order.as_mut().unwrap()
    }

    /// Turns the market order into a limit.
    pub fn limit(&mut self, text: &str) {
        let order = self.order();
        (order.tif, order.price, order.at_market) = (TimeInForce::Gtc, Some(price(text)), false);
    }

    /// Turns the market order into a breakout.
    pub fn stop_entry(&mut self, text: &str) {
        let order = self.order();
        (order.order_type, order.tif, order.price, order.trigger) = (OrderType::StopMarket, TimeInForce::Gtc, None, Some(price(text)));
        order.at_market = false;
    }

    /// Sets the trigger of the plan's stop.
    pub fn stop(&mut self, text: &str) {
        self.plan.stop = Some(StopPlan { trigger: price(text), trailing: None });
    }

    /// Sets bid, ask and mark to one price.
    pub fn market_at(&mut self, text: &str) {
        let at = self.now;
        self.quote = Some(Quote { bid: price(text), ask: price(text), mark: price(text), at });
    }

    pub fn facts(&self) -> Facts<'_> {
        Facts {
            now: self.now,
            stage: self.stage,
            asker: self.asker,
            plan: &self.plan,
            instrument: self.instrument.as_ref(),
            quote: self.quote.clone(),
            limits: &self.limits,
            trading: self.trading,
            reconciled: self.reconciled,
            outcome_unknown: self.outcome_unknown,
            equity: self.equity,
            free_quote: self.free_quote,
            free_base: self.free_base,
            position: self.position,
            entry_price: self.entry_price,
            other_positions: self.other_positions,
            open_orders: self.open_orders,
            symbol_exposure: self.symbol_exposure,
            gross_exposure: self.gross_exposure,
            resting: &self.resting,
            recent_opens: &self.recent_opens,
            similar_opens: &self.similar_opens,
            usual_quantities: &self.usual_quantities,
            day_equity: self.day_equity,
            peak_equity: self.peak_equity,
        }
    }
}

fn listed(market: Market) -> Instrument {
    Instrument {
        id: InstrumentId::new(Symbol::new("BTC", "USDT"), market),
        tick: price("0.1"),
        step: quantity("0.00001"),
        min_notional: amount("10"),
        maker_fee: ratio("0.001"),
        taker_fee: ratio("0.001"),
        maintenance: if market == Market::Perp { ratio("0.005") } else { Ratio::ZERO },
        brackets: Vec::new(),
        leverage_max: if market == Market::Perp { leverage("125") } else { Leverage::ONE },
        major: true,
        status: InstrumentStatus::Trading,
    }
}

fn plan(market: Market, kind: PlanKind, side: Side, direction: Direction, quote: Quote) -> Plan {
    let (cap, touch) = match side {
        Side::Buy => ("60300", quote.ask),
        Side::Sell => ("59700", quote.bid),
    };
    let order = MainOrder {
        order_type: OrderType::Limit,
        tif: TimeInForce::Ioc,
        quantity: quantity("0.1"),
        price: Some(price(cap)),
        trigger: None,
        reduce_only: false,
        at_market: true,
    };
    let notional = touch.notional(order.quantity).unwrap();
    let figures = Figures {
        price: touch,
        notional,
        margin: notional,
        fee: notional.share(Ratio::new(dec!(0.001)).unwrap()).unwrap(),
        liquidation_price: None,
        loss_at_stop: None,
        reward_risk: None,
    };
    Plan {
        id: PlanId::new("plan"),
        account: AccountId::new("paper"),
        key: SourceKey::new("term:1:1:0"),
        kind,
        instrument: InstrumentId::new(Symbol::new("BTC", "USDT"), market),
        side,
        direction,
        order: Some(order),
        leverage: Leverage::ONE,
        margin_mode: Default::default(),
        stop: None,
        targets: Vec::new(),
        exits: ExitChange::default(),
        upkeep: Default::default(),
        figures,
        evidence: EvidenceMap::default(),
        warnings: Vec::new(),
        made_at: quote.at,
        quote,
        source: MarketSource::Simulated,
    }
}

/// What a finding is, as a word of the tables.
pub fn word(finding: &Finding) -> &'static str {
    match finding {
        Finding::NotConcerned => "not concerned",
        Finding::Pass { .. } => "pass",
        Finding::Warn { .. } => "warn",
        Finding::SecondCard { .. } => "second card",
        Finding::Deny(_) => "deny",
    }
}

/// One row of a table: what it shows, what is spoilt, what the rule finds.
pub type Case = (&'static str, fn(&mut Sample), &'static str);

/// Spoils `start` as each row says and compares what the rule finds.
pub fn table(look: fn(&Facts<'_>) -> Finding, start: fn() -> Sample, cases: &[Case]) {
    for (name, spoil, expected) in cases {
        let mut sample = start();
        spoil(&mut sample);
        let finding = look(&sample.facts());
        assert_eq!(word(&finding), *expected, "{name}: {finding:?}");
        if let Finding::Deny(refusal) = finding {
            let complete = !(refusal.limit.is_empty() || refusal.actual.is_empty() || refusal.would_pass.is_empty());
            assert!(complete, "{name}: {refusal}");
        }
    }
}

/// Spoils `start` and returns the denial that follows.
pub fn denial(look: fn(&Facts<'_>) -> Finding, start: fn() -> Sample, spoil: fn(&mut Sample)) -> Refusal {
    let mut sample = start();
    spoil(&mut sample);
    match look(&sample.facts()) {
        Finding::Deny(refusal) => refusal,
        other => panic!("no denial but {other:?}"),
    }
}
