//! Cancel-replace: the old order is cancelled, and the plan in its place is approved and sent in the very step that proves
//! the old one gone.
//!
//! Invariant: of the two at most one works. Where the old one filled further, or its end is not proven in time, nothing new
//! is sent, and the person is told so.

use crate::domain::amend::Replaced;
use crate::domain::notice::NoticeBody;
use crate::domain::order::OrderState;
use crate::domain::plan::Plan;
use crate::domain::rows::{OrderRow, PlanRow, PlanState};
use crate::engine::ports::Quotes;
use crate::engine::risk::authority::{Authority, RESUME_MAX_MS};
use crate::engine::risk::plan_hash::plan_hash;

use super::draft::{Draft, Recipient};
use super::execute::Cause;
use super::machine::Desk;

impl Desk {
    /// Writes a confirmed plan down as waiting, and cancels the order in whose place it stands.
    pub(super) fn begin_replacing(&self, d: &mut Draft<'_>, plan: Plan, replaced: &Replaced, authority: &Authority, cause: &Cause) {
        let row = PlanRow {
            plan_hash: plan_hash(&plan),
            plan,
            state: PlanState::Confirmed,
            authority: Some(authority.record().clone()),
            actor: cause.actor,
            text: cause.text.clone(),
            rules: Vec::new(),
            refusals: Vec::new(),
            at: d.now,
        };
        d.put_plan(row, "waits for the order in whose place it stands");
        if let Some(old) = d.order(&replaced.order).filter(|old| !old.state.is_done()).cloned() {
            // Its end answers whoever asked for the change.
            d.put_order(OrderRow { cause: cause.key.clone(), chat: cause.chat, ..old }, "order.cancel_asked", "replaced by its person");
        }
        self.send_cancel(d, &replaced.order, "replaced by its person");
    }

    /// Goes on with each plan whose old order ended in this step.
    pub(super) fn go_on_replacing(&self, d: &mut Draft<'_>, quotes: &dyn Quotes) {
        for row in self.replacing() {
            let Some(replaced) = &row.plan.replaces else { continue };
            let Some(old) = d.order(&replaced.order).cloned() else {
                self.give_up_replacing(d, &row, "the old order is not in the books any more");
                continue;
            };
            if !old.state.is_done() || old.asking.is_some() {
                continue;
            }
            let gone = matches!(old.state, OrderState::Canceled | OrderState::Expired | OrderState::Lapsed | OrderState::NotSent);
            match Authority::resumed(&row, d.now) {
                _ if old.filled != replaced.filled => {
                    self.give_up_replacing(d, &row, &format!("the old order filled {} of {} meanwhile", old.filled, old.spec.quantity));
                }
                _ if !gone => self.give_up_replacing(d, &row, &format!("the old order is {}", old.state.as_str())),
                // Rules look at the books as they stood before this step: with money on the move they would judge an old account.
                _ if d.moves_money() => self.give_up_replacing(d, &row, "the account moved at the same moment"),
                None => self.give_up_replacing(d, &row, "the old order ended too late"),
                Some(authority) => {
                    let cause =
                        Cause { chat: row.actor.map(|actor| actor.chat), actor: row.actor, key: row.plan.key.clone(), text: row.text };
                    self.execute_now(d, quotes, row.plan, &authority, &cause);
                }
            }
        }
    }

    /// Gives up plans whose old order has not ended in time.
    pub(super) fn lapse_replacing(&self, d: &mut Draft<'_>) {
        let now = d.now;
        for row in self.replacing().into_iter().filter(|row| now.since(row.at) >= RESUME_MAX_MS) {
            self.give_up_replacing(d, &row, "the venue has not said in time that the old order is gone");
        }
    }

    /// Returns the plans that wait for an old order to end.
    pub(super) fn replacing(&self) -> Vec<PlanRow> {
        self.book.plans().filter(|row| row.state == PlanState::Confirmed && row.plan.replaces.is_some()).cloned().collect()
    }

    fn give_up_replacing(&self, d: &mut Draft<'_>, row: &PlanRow, why: &str) {
        d.put_plan(PlanRow { state: PlanState::Lapsed, ..row.clone() }, why);
        let text = format!("The changed order was not placed: {why}. Nothing new was sent; look at `orders` and ask again.");
        let to = Recipient { chat: row.actor.map(|actor| actor.chat), cause: Some(row.plan.key.clone()) };
        d.tell(format!("replace:{}", row.plan.id), &to, NoticeBody::OrderNews { text, orders: Vec::new() });
    }
}
