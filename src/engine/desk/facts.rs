//! Gathers what the rules may look at.

use crate::domain::money::{Price, Quantity};
use crate::domain::order::Side;
use crate::domain::plan::Plan;
use crate::domain::rows::{OrderRow, TradingState};
use crate::domain::time::{DAY_MS, Timestamp};
use crate::engine::book::valuation::{free, free_base, may_open, orders_besides, other_positions, standing};
use crate::engine::ports::Quotes;
use crate::engine::risk::facts::{Asker, Facts, Stage};

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
        let entry = |row: &&OrderRow| !row.spec.reduce_only && !row.state.is_done();
        let resting =
            self.book.live_orders_of(&plan.instrument).filter(entry).filter_map(|row| Some((row.spec.side, row.spec.price?))).collect();
        let window = self.settings.limits.duplicate_window_ms;
        let mut lists = FactLists { resting, recent_opens: Vec::new(), similar_opens: Vec::new(), usual_quantities: Vec::new() };
        for open in self.book.opens().filter(|open| open.plan != plan.id) {
            if now.since(open.at) < DAY_MS {
                lists.recent_opens.push(open.at);
            }
            if open.instrument == plan.instrument {
                lists.usual_quantities.push(open.quantity);
                if open.side == plan.side && now.since(open.at) <= window {
                    lists.similar_opens.push((open.at, open.quantity));
                }
            }
        }
        lists
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
        // A plan that is judged again after a restart has orders of its own already.
        let own = Some(&plan.id);
        let standing = standing(book, quotes, symbol, own).ok();
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
            equity: standing.as_ref().map(|standing| standing.equity),
            free_quote: free(book, &symbol.quote, own).and_then(|free| free.plus(self.cross_loss(quotes)?)).unwrap_or(zero),
            free_base: free_base(book, &plan.instrument, own),
            position: position.map(|position| (position.direction, position.quantity)),
            entry_price: position.and_then(|position| position.entry_price().ok()),
            other_positions: other_positions(book, plan),
            open_orders: orders_besides(book, own).filter(|row| may_open(row)).count(),
            // An exposure that cannot be computed is missing data: the equity is missing then, too, and denies.
            symbol_exposure: standing.as_ref().map_or(zero, |standing| standing.symbol_exposure),
            gross_exposure: standing.as_ref().map_or(zero, |standing| standing.gross_exposure),
            resting: &lists.resting,
            recent_opens: &lists.recent_opens,
            similar_opens: &lists.similar_opens,
            usual_quantities: &lists.usual_quantities,
            day_equity: state.map_or(zero, |state| state.day_equity),
            peak_equity: state.map_or(zero, |state| state.peak_equity),
        }
    }
}
