//! What time alone brings about, and when the next of it is due.

use rust_decimal::dec;

use crate::domain::ids::ClientOrderId;
use crate::domain::money::{Amount, Ratio};
use crate::domain::notice::NoticeBody;
use crate::domain::order::{OrderEvent, OrderState};
use crate::domain::refusal::Refusal;
use crate::domain::rows::{PendingRow, PendingState, StateRow, TradingState};
use crate::domain::time::{DAY_MS, MINUTE_MS, SECOND_MS, Timestamp};
use crate::engine::book::valuation::equity;
use crate::engine::ports::Quotes;
use crate::engine::risk::authority::RESUME_MAX_MS;
use crate::engine::risk::continuous::{daily_loss_breached, drawdown_breached};

use super::asking::ANSWER_MAX_MS;
use super::draft::{Draft, Recipient};
use super::effect::Effect;
use super::machine::Desk;

/// How often open positions and the loss rules are looked at, in milliseconds.
pub const LOOK_MS: i64 = SECOND_MS;
/// How soon an unprotected position is looked at again, in milliseconds.
const LOOK_AGAIN_MS: i64 = 250;
/// How long a cancel may go unanswered before the order is asked for, in milliseconds.
const CANCEL_ANSWER_MS: i64 = 5_000;
/// Rise of equity that is worth a new peak in the books.
const PEAK_STEP: rust_decimal::Decimal = dec!(1.001);

impl Desk {
    /// Does what is due.
    pub(super) fn timer(&self, d: &mut Draft<'_>, quotes: &dyn Quotes) {
        self.expire_cards(d);
        self.lapse_unsent(d);
        self.doubt_unanswered(d, ANSWER_MAX_MS);
        self.doubt_cancels(d);
        self.ask_due(d);
        if self.memory.reconciled {
            self.loss_rules(d, quotes);
        }
        // A difference between books and venue denies entries, never protection.
        if self.memory.pictured_at.is_some() {
            self.monitor(d, quotes);
        }
        self.picture_due(d);
    }

    /// Returns when a timer has something to do next.
    pub fn next_wake(&self, now: Timestamp) -> Timestamp {
        let mut next = now.day_start().plus_ms(DAY_MS);
        let mut sooner = |at: Timestamp| next = next.min(at.max(now));
        self.book.pendings().for_each(|row| sooner(row.expires_at));
        for row in self.book.live_orders() {
            row.asking.into_iter().for_each(|asking| sooner(asking.next_at));
            match row.state {
                OrderState::Planned => sooner(row.made_at.plus_ms(RESUME_MAX_MS)),
                OrderState::Sending => sooner(row.sent_at.unwrap_or(row.made_at).plus_ms(ANSWER_MAX_MS)),
                OrderState::Canceling if row.asking.is_none() => sooner(row.cancel_sent_at.unwrap_or(now).plus_ms(CANCEL_ANSWER_MS)),
                _ => {}
            }
        }
        for row in self.book.positions().filter(|row| row.position.is_some()) {
            sooner(now.plus_ms(if row.protection.unprotected_since.is_some() { LOOK_AGAIN_MS } else { LOOK_MS }));
        }
        // A Desk whose books were just read again has asked for no picture yet: it must, or it would take no entry for ever.
        sooner(self.memory.picture_at.unwrap_or(now));
        // A Desk that has looked at nothing yet looks with its first timer.
        self.memory.snapshot_at.into_iter().for_each(&mut sooner);
        // The execution that made an account flat may have been the one too many: nothing else would wake it.
        if self.memory.reconciled && self.memory.looked_at.is_none() {
            sooner(now);
        }
        if self.book.state().is_some_and(|state| state.day < now.day_start()) {
            sooner(now.plus_ms(LOOK_MS));
        }
        // What is due and cannot be done yet (no price, no picture) is looked at again later, never without a pause.
        let until = self.book.state().and_then(|state| state.until);
        until.into_iter().for_each(|until| sooner(if until <= now { now.plus_ms(LOOK_MS) } else { until }));
        next
    }

    fn expire_cards(&self, d: &mut Draft<'_>) {
        let expired: Vec<PendingRow> = self.book.pendings().filter(|row| row.expires_at <= d.now).cloned().collect();
        for row in expired {
            let (nonce, chat) = (row.nonce.clone(), row.actor.chat);
            let text = format!("The card for “{}” has expired; nothing was sent.", row.proposal.text);
            d.put_pending(PendingRow { state: PendingState::Expired, ..row }, "its time is over");
            let body = NoticeBody::CardClosed { nonce: nonce.to_string(), text };
            d.tell(format!("closed:{nonce}"), &Recipient { chat: Some(chat), cause: None }, body);
        }
    }

    /// A planned order that was never sent lapses; its plan is too old to act on.
    fn lapse_unsent(&self, d: &mut Draft<'_>) {
        let old = |row: &&crate::domain::rows::OrderRow| row.state == OrderState::Planned && d.now.since(row.made_at) >= RESUME_MAX_MS;
        let ids: Vec<ClientOrderId> = d.live_orders().into_iter().filter(old).map(|row| row.spec.id.clone()).collect();
        for id in ids {
            if let Some(row) = d.order(&id).filter(|row| row.state == OrderState::Planned).cloned() {
                self.with_children(d, &id, OrderEvent::Lapsed, "too old to be sent");
                if row.parent.is_none() {
                    let text = "Not placed: it could not be sent in time. Nothing was traded; ask again for a new card.".to_owned();
                    self.tell_news(d, &row, "lapsed", text);
                }
            }
        }
    }

    fn doubt_cancels(&self, d: &mut Draft<'_>) {
        let silent = |row: &&crate::domain::rows::OrderRow| {
            let sent = row.cancel_sent_at.unwrap_or(row.changed_at);
            row.state == OrderState::Canceling && row.asking.is_none() && d.now.since(sent) >= CANCEL_ANSWER_MS
        };
        let ids: Vec<ClientOrderId> = d.live_orders().into_iter().filter(silent).map(|row| row.spec.id.clone()).collect();
        ids.iter().for_each(|id| self.ask_later(d, id));
    }

    /// The day's first equity, the peak, and the two breakers. What cannot be computed changes nothing here: entries are
    /// refused without a known equity anyway.
    fn loss_rules(&self, d: &mut Draft<'_>, quotes: &dyn Quotes) {
        d.memory().looked_at = Some(d.now);
        let (Some(state), Ok(equity)) = (d.state().cloned(), equity(&self.book, quotes)) else { return };
        let mut state = state;
        if state.day < d.now.day_start() {
            state = StateRow { day: d.now.day_start(), day_equity: equity, ..state };
            d.put_state(state.clone(), "state.day");
        }
        if state.until.is_some_and(|until| until <= d.now) && state.trading == TradingState::Reducing {
            state = StateRow { trading: TradingState::Active, why: "a new day".to_owned(), until: None, since: d.now, ..state };
            d.put_state(state.clone(), "state.active");
            d.alert("A new day has begun: entries are taken again.", None);
        }
        let peak_step = Ratio::new(PEAK_STEP).and_then(|step| state.peak_equity.share(step)).unwrap_or(state.peak_equity);
        if equity > peak_step {
            state = StateRow { peak_equity: equity, ..state };
            d.put_state(state.clone(), "state.peak");
        }
        self.breakers(d, &state, equity);
    }

    fn breakers(&self, d: &mut Draft<'_>, state: &StateRow, equity: Amount) {
        let limits = &self.settings.limits;
        if state.trading != TradingState::Halted
            && let Some(refusal) = drawdown_breached(equity, state.peak_equity, limits)
        {
            self.halt(d, &breaker_text(&refusal));
            d.alert(&format!("{} Trading is halted; stops stay in place.", breaker_text(&refusal)), Some(refusal.code.as_str()));
        } else if state.trading == TradingState::Active
            && let Some(refusal) = daily_loss_breached(equity, state.day_equity, limits)
        {
            let until = Some(state.day.plus_ms(DAY_MS));
            let why = breaker_text(&refusal);
            d.put_state(
                StateRow { trading: TradingState::Reducing, why: why.clone(), since: d.now, until, ..state.clone() },
                "state.reducing",
            );
            d.alert(&format!("{why} No entries until 00:00 UTC; exits run."), Some(refusal.code.as_str()));
        }
    }

    /// Halts the account.
    pub(super) fn halt(&self, d: &mut Draft<'_>, why: &str) {
        let Some(state) = d.state().cloned() else { return };
        if state.trading != TradingState::Halted {
            d.put_state(
                StateRow { trading: TradingState::Halted, why: why.to_owned(), since: d.now, until: None, ..state },
                "state.halted",
            );
        }
    }

    fn picture_due(&self, d: &mut Draft<'_>) {
        if self.memory.picture_at.is_none_or(|at| at <= d.now) {
            let since = self.executions_since(d.now);
            d.memory().picture_at = Some(d.now.plus_ms(self.picture_wait()));
            d.effect(Effect::Reconcile { since, proof: None });
        }
    }

    /// Returns since when executions are asked for: a minute before books and venue last agreed, and in a new process ten
    /// minutes before the last thing that was written.
    pub(super) fn executions_since(&self, now: Timestamp) -> Timestamp {
        let since = match (self.memory.agreed_at, self.book.last_event_at) {
            (Some(agreed), _) => agreed.plus_ms(-MINUTE_MS),
            (None, Some(written)) => written.min(now).plus_ms(-10 * MINUTE_MS),
            (None, None) => now.plus_ms(-10 * MINUTE_MS),
        };
        // A difference is looked into with every execution of a day.
        if self.memory.mismatches > 0 { since.min(now.plus_ms(-DAY_MS)) } else { since }
    }

    /// Returns how long until the next picture of the venue is due: often while orders work or positions are open.
    pub(super) fn picture_wait(&self) -> i64 {
        let busy = self.book.live_orders().next().is_some() || self.book.positions().any(|row| row.position.is_some());
        match (self.memory.reconciled, busy) {
            (false, _) => mismatch_wait(self.memory.mismatches),
            (true, true) => 30 * SECOND_MS,
            (true, false) => 10 * MINUTE_MS,
        }
    }
}

fn breaker_text(refusal: &Refusal) -> String {
    format!("{}: {}, allowed is {}.", refusal.code, refusal.actual, refusal.limit)
}

/// Wait for the next picture while books and venue differ: two seconds at first, then longer, up to a minute.
pub(super) fn mismatch_wait(mismatches: u32) -> i64 {
    (2 * SECOND_MS).saturating_mul(i64::from(mismatches.max(1))).min(MINUTE_MS)
}
