//! Gathers what the rules may look at.

use crate::domain::instrument::InstrumentId;
use crate::domain::money::{Price, Quantity};
use crate::domain::order::Side;
use crate::domain::plan::Plan;
use crate::domain::rows::{OrderRow, TradingState};
use crate::domain::time::{DAY_MS, Timestamp};
use crate::engine::book::valuation::{equity, exposure, free, free_base, may_open};
use crate::engine::ports::Quotes;
use crate::engine::risk::facts::{Asker, Facts, Stage};
use std::collections::BTreeSet;

use super::machine::Desk;

/// Lists that the facts borrow.
pub struct FactLists {
    resting: Vec<(Side, Price)>,
    recent_opens: Vec<Timestamp>,
    similar_opens: Vec<(Timestamp, Quantity)>,
    usual_quantities: Vec<Quantity>,
}

impl Desk {
    /// Gathers the lists for a plan.
    pub(super) fn fact_lists(&self, now: Timestamp, plan: &Plan) -> FactLists {
        let of_instrument = |row: &&OrderRow| row.spec.instrument == plan.instrument && !row.spec.reduce_only && !row.state.is_done();
        let resting = self.book.live_orders().filter(of_instrument).filter_map(|row| Some((row.spec.side, row.spec.price?))).collect();
        let others = || self.book.opens().filter(|open| open.plan != plan.id);
        let window = self.settings.limits.duplicate_window_ms;
        let same = |open: &&crate::engine::book::books::OpenRecord| open.instrument == plan.instrument && open.side == plan.side;
        FactLists {
            resting,
            recent_opens: others().filter(|open| now.since(open.at) < DAY_MS).map(|open| open.at).collect(),
            similar_opens: others().filter(same).filter(|open| now.since(open.at) <= window).map(|open| (open.at, open.quantity)).collect(),
            usual_quantities: others().filter(|open| open.instrument == plan.instrument).map(|open| open.quantity).collect(),
        }
    }

    /// Gathers the facts for a plan.
    pub(super) fn facts<'a>(
        &'a self,
        now: Timestamp,
        quotes: &dyn Quotes,
        plan: &'a Plan,
        lists: &'a FactLists,
        (stage, asker): (Stage, Asker),
    ) -> Facts<'a> {
        let book = &self.book;
        let state = book.state();
        let zero = crate::domain::money::Amount::ZERO;
        let symbol = &plan.instrument.symbol;
        let position = book.position(&plan.instrument).and_then(|row| row.position.as_ref());
        Facts {
            now,
            stage,
            asker,
            plan,
            instrument: self.instruments.get(&plan.instrument),
            quote: quotes.quote(&plan.instrument),
            limits: &self.settings.limits,
            trading: state.map_or(TradingState::Halted, |state| state.trading),
            reconciled: self.memory.reconciled,
            outcome_unknown: book.outcome_unknown(&plan.instrument),
            equity: equity(book, quotes).ok(),
            free_quote: free(book, &symbol.quote).unwrap_or(zero),
            free_base: free_base(book, &plan.instrument),
            position: position.map(|position| (position.direction, position.quantity)),
            entry_price: position.and_then(|position| position.entry_price().ok()),
            other_positions: self.other_positions(&plan.instrument),
            open_orders: book.live_orders().filter(|row| may_open(row)).count(),
            // An exposure that cannot be computed is missing data: the equity is missing then, too, and denies.
            symbol_exposure: exposure(book, quotes, Some(symbol)).unwrap_or(zero),
            gross_exposure: exposure(book, quotes, None).unwrap_or(zero),
            resting: &lists.resting,
            recent_opens: &lists.recent_opens,
            similar_opens: &lists.similar_opens,
            usual_quantities: &lists.usual_quantities,
            day_equity: state.map_or(zero, |state| state.day_equity),
            peak_equity: state.map_or(zero, |state| state.peak_equity),
        }
    }

    fn other_positions(&self, instrument: &InstrumentId) -> usize {
        let held = self.book.positions().filter(|row| row.position.is_some()).map(|row| &row.instrument);
        let opening = self.book.live_orders().filter(|row| may_open(row)).map(|row| &row.spec.instrument);
        held.chain(opening).filter(|other| *other != instrument).collect::<BTreeSet<_>>().len()
    }
}
