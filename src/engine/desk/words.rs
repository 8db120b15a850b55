//! Cancel, pause, resume and the stop words. They need no model, no Telegram and no card (resume alone has one), and they
//! only ever take risk away (I9).

use crate::domain::actor::{Actor, Role};
use crate::domain::ids::{ClientOrderId, SourceKey};
use crate::domain::notice::{NoticeBody, OrderView};
use crate::domain::order::{Leg, OrderState};
use crate::domain::proposal::Want;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::request::{AmountSpec, CancelWhich, CloseRequest, CloseWhich, TradingWord};
use crate::domain::rows::{OrderRow, PendingRow, PendingState, StateRow, TradingState};
use crate::engine::book::valuation::{equity, may_open};
use crate::engine::ports::Quotes;
use crate::engine::risk::authority::Authority;
use crate::engine::risk::continuous::daily_loss_breached;

use super::draft::{Draft, Recipient};
use super::effect::{Effect, Proof};
use super::execute::Cause;
use super::machine::Desk;

/// Stands in the reason of a state that a person's word brought about.
const BY_USER: &str = " by user ";

impl Desk {
    /// Cancels resting orders.
    pub(super) fn cancel(&self, d: &mut Draft<'_>, which: &CancelWhich, actor: &Actor, key: &SourceKey) {
        d.deals_with(key);
        if !self.may_trade(d, actor, key, "cancel") {
            return;
        }
        let to = Recipient::of_person(actor, key);
        let found = self.cancellable(which);
        let what = named(which);
        let deny = |d: &mut Draft<'_>, refusal| self.deny(d, &to, key, &format!("cancel {what}"), vec![refusal]);
        match (which, found.as_slice()) {
            (_, []) => deny(d, Refusal::new(Code::NoOrder, "an open order", format!("none for {what}"), "what `orders` shows")),
            (CancelWhich::Only, [_, _, ..]) => {
                let choices = found.iter().map(|row| format!("cancel {}", short_id(row))).chain(["cancel all".to_owned()]).collect();
                d.tell(
                    format!("question:{key}"),
                    &to,
                    NoticeBody::Question { text: "Which order should be cancelled?".to_owned(), choices },
                );
            }
            (CancelWhich::Id(prefix), [_, _, ..]) => {
                deny(d, Refusal::new(Code::NoOrder, "one order", format!("{} begin with {prefix}", found.len()), "more of its id"))
            }
            _ => {
                let (again, first): (Vec<_>, Vec<_>) = found.iter().filter(|row| row.leg != Leg::Stop).partition(|row| is_going(row));
                for row in first {
                    let id = row.spec.id.clone();
                    // An exit may have ended with its entry a moment ago, in this very step.
                    let Some(row) = d.order(&id).filter(|row| !row.state.is_done()).cloned() else { continue };
                    d.put_order(OrderRow { cause: key.clone(), chat: Some(actor.chat), ..row }, "order.cancel_asked", "a person");
                    self.send_cancel(d, &id, "cancelled by a person");
                }
                // Their end answers whoever asked first; the cancel goes out once more all the same.
                again.iter().for_each(|row| self.send_cancel(d, &row.spec.id, "cancelled by a person, again"));
                if !again.is_empty() {
                    let text = "Being cancelled already; the venue has not answered yet.".to_owned();
                    let orders = again.into_iter().map(OrderView::from).collect();
                    d.tell(format!("going:{key}"), &to, NoticeBody::OrderNews { text, orders });
                }
                if found.iter().all(|row| row.leg == Leg::Stop) {
                    deny(d, Refusal::new(Code::StopRequired, "stops stay", "a stop order", "move stop to …, or close the position"));
                }
            }
        }
    }

    /// Returns what a cancel may mean. A stop counts only when it is named: it is then refused with a sentence of its own.
    fn cancellable(&self, which: &CancelWhich) -> Vec<OrderRow> {
        let alive = self.book.live_orders().filter(|row| !row.state.is_done() && row.state != OrderState::Held);
        let chosen = alive.filter(|row| match which {
            CancelWhich::Id(prefix) => row.spec.id.as_str().starts_with(prefix.as_str()),
            CancelWhich::Symbol(symbol) => row.spec.instrument.symbol == *symbol && row.leg != Leg::Stop,
            CancelWhich::All | CancelWhich::Only => row.leg != Leg::Stop,
        });
        chosen.cloned().collect()
    }

    /// Pause and the stop words.
    pub(super) fn trading_word(&self, d: &mut Draft<'_>, quotes: &dyn Quotes, word: TradingWord, actor: &Actor, key: &SourceKey) {
        d.deals_with(key);
        let to = Recipient::of_person(actor, key);
        if word != TradingWord::Pause && actor.role < Role::Trader {
            let refusal = Refusal::new(Code::NotAllowed, "trader or owner", "viewer", "pause, which a viewer may use");
            return self.deny(d, &to, key, "stop word", vec![refusal]);
        }
        if word == TradingWord::Resume {
            // Taking entries again needs a card; it comes as a proposal.
            return;
        }
        self.reduce(d, word, actor);
        close_opening_cards(d, word);
        let text = match word {
            TradingWord::Pause => "Paused: no entries are taken; stops, targets and closes run. “resume” takes entries again.".to_owned(),
            TradingWord::Stop => "Stopped: no entries from now on.".to_owned(),
            TradingWord::CancelEntries => {
                format!(
                    "Cancelling {}; positions keep their stops.",
                    counted(self.cancel_entries(d, key, actor), "open entry", "open entries")
                )
            }
            TradingWord::Flatten => {
                let closed = self.flatten(d, quotes, actor, key, "flatten");
                format!("Closing {}; no entries from now on.", counted(closed, "position", "positions"))
            }
            TradingWord::Panic => {
                let cancelled = counted(self.cancel_entries(d, key, actor), "open entry", "open entries");
                let closed = counted(self.flatten(d, quotes, actor, key, "panic"), "position", "positions");
                format!("Panic: cancelling {cancelled}, closing {closed}; no entries from now on.")
            }
            TradingWord::Resume => return,
        };
        let choices =
            if word == TradingWord::Stop { TradingWord::STOP_CHOICES.map(|(label, _)| label.to_owned()).to_vec() } else { Vec::new() };
        self.prove(d, key, &to, text, choices);
    }

    fn reduce(&self, d: &mut Draft<'_>, word: TradingWord, actor: &Actor) {
        let Some(state) = d.state().cloned() else { return };
        let why = format!("{}{BY_USER}{}", name(word), actor.user.0);
        // A word is stronger than a rule's clock: it ends only by a word.
        if state.trading == TradingState::Active || state.until.is_some() {
            let row = StateRow { trading: TradingState::Reducing, why, since: d.now, until: None, ..state };
            return d.put_state(row, "state.reducing");
        }
        // A later word is the reason from now on; an answer to `stop` only follows it up.
        let follows_up = matches!(word, TradingWord::CancelEntries | TradingWord::Flatten);
        if state.trading == TradingState::Reducing && state.why.contains(BY_USER) && !follows_up && state.why != why {
            d.put_state(StateRow { why, ..state }, "state.reducing");
        }
    }

    fn cancel_entries(&self, d: &mut Draft<'_>, key: &SourceKey, actor: &Actor) -> usize {
        let ids: Vec<ClientOrderId> = self.book.live_orders().filter(|row| may_open(row)).map(|row| row.spec.id.clone()).collect();
        for id in &ids {
            // The word's own answer is the proof; the end of an order still answers whoever cancelled it before.
            if let Some(row) = d.order(id).filter(|row| !is_going(row)).cloned() {
                d.put_order(OrderRow { cause: key.clone(), chat: Some(actor.chat), ..row }, "order.cancel_asked", "a stop word");
            }
            self.send_cancel(d, id, "a stop word");
        }
        ids.len()
    }

    fn flatten(&self, d: &mut Draft<'_>, quotes: &dyn Quotes, actor: &Actor, key: &SourceKey, word: &str) -> usize {
        let amount = AmountSpec::Share(crate::domain::money::Ratio::ONE);
        let request = CloseRequest { which: CloseWhich::Everything, market: None, amount, at_once: true, evidence: Default::default() };
        let Ok(plans) = self.sizing(d.now, quotes).close(key, &request) else { return 0 };
        let count = plans.len();
        for plan in plans {
            let cause = Cause { key: key.clone(), chat: Some(actor.chat), actor: Some(*actor), text: word.to_owned() };
            if let Ok(authority) = Authority::stop_word(actor, d.now) {
                self.execute(d, quotes, plan, &authority, &cause);
            }
        }
        count
    }

    /// Asks the venue for its picture and shows it as proof of what was done.
    pub(super) fn prove(&self, d: &mut Draft<'_>, key: &SourceKey, to: &Recipient, text: String, choices: Vec<String>) {
        let since = d.now.plus_ms(-crate::domain::time::MINUTE_MS);
        d.effect(Effect::Reconcile { since, proof: Some(Proof { key: key.clone(), to: to.clone(), text, choices }) });
    }

    /// Takes entries again, after a confirmed card. The loss rules measure from here on.
    pub(super) fn resume(&self, d: &mut Draft<'_>, quotes: &dyn Quotes, actor: &Actor, key: &SourceKey) {
        let to = Recipient::of_person(actor, key);
        let Some(state) = d.state().cloned() else { return };
        let known = equity(&self.book, quotes);
        let (Ok(equity), true) = (known, self.memory.reconciled) else {
            let refusal =
                Refusal::new(Code::AccountNotReconciled, "books that agree with the venue, and prices", "not yet", "resume, in a moment");
            return self.deny(d, &to, key, "resume", vec![refusal]);
        };
        // A stop word may have covered the rule's own clock; the loss itself has not gone away.
        let lost = daily_loss_breached(equity, state.day_equity, &self.settings.limits).filter(|_| state.day == d.now.day_start());
        let waits = state.until.filter(|until| *until > d.now).map(|_| state.why.clone());
        if let Some(why) = lost.map(|refusal| refusal.actual).or(waits) {
            let refusal =
                Refusal::new(Code::MaxDailyLoss, "no entries until 00:00 UTC", why, "resume after midnight UTC; exits run meanwhile");
            return self.deny(d, &to, key, "resume", vec![refusal]);
        }
        let why = format!("resumed by user {}", actor.user.0);
        let state = StateRow { trading: TradingState::Active, why, since: d.now, until: None, peak_equity: equity, ..state };
        d.put_state(state, "state.active");
        self.prove(d, key, &to, "Entries are taken again.".to_owned(), Vec::new());
    }
}

/// Tells whether an order's cancel is on its way, or waits for the order's own answer.
fn is_going(row: &OrderRow) -> bool {
    row.state == OrderState::Canceling || row.cancel_wanted
}

/// A card that waits to open something, or to take entries again, ends with a word that takes none: its tap would only be
/// refused.
fn close_opening_cards(d: &mut Draft<'_>, word: TradingWord) {
    let opens = |row: &&PendingRow| matches!(row.proposal.want, Want::Open(_) | Want::Amend(_) | Want::Resume);
    let cards: Vec<PendingRow> = d.open_cards().filter(opens).cloned().collect();
    for row in cards {
        let (nonce, chat) = (row.nonce.clone(), row.actor.chat);
        let text = format!("The card for “{}” is closed by “{}”; nothing was sent.", row.proposal.text, name(word));
        d.put_pending(PendingRow { state: PendingState::Declined, ..row }, "a stop word");
        let body = NoticeBody::CardClosed { nonce: nonce.to_string(), text };
        d.tell(format!("closed:{nonce}"), &Recipient { chat: Some(chat), cause: None }, body);
    }
}

fn named(which: &CancelWhich) -> String {
    match which {
        CancelWhich::Id(prefix) => prefix.clone(),
        CancelWhich::Symbol(symbol) => symbol.to_string(),
        CancelWhich::All => "all".to_owned(),
        CancelWhich::Only => "an order".to_owned(),
    }
}

const fn name(word: TradingWord) -> &'static str {
    match word {
        TradingWord::Pause => "pause",
        TradingWord::Resume => "resume",
        TradingWord::Stop => "stop",
        TradingWord::Panic => "panic",
        TradingWord::CancelEntries => "cancel entries",
        TradingWord::Flatten => "flatten",
    }
}

/// Returns a number with the noun in its form.
fn counted(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}

/// The start of an order's id that a person may type.
fn short_id(row: &OrderRow) -> String {
    row.spec.id.as_str().chars().take(8).collect()
}
