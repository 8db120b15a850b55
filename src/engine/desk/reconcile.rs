//! The venue's whole picture against the books: at the start, after a gap, and from time to time.
//!
//! Start-up is recovery: nothing opens before the first picture agrees. A difference never causes an order other than
//! protection; matching goes by our ids and the venue's trade ids only, never by time and size.

use std::collections::BTreeMap;

use crate::domain::ids::ClientOrderId;
use crate::domain::instrument::{Currency, InstrumentId, Market};
use crate::domain::money::Amount;
use crate::domain::notice::{NoticeBody, OrderView, PositionView};
use crate::domain::order::{Fill, OrderState};
use crate::domain::position::Position;
use crate::domain::rows::{FillRow, OrderRow, PositionRow, Protection, StateRow, TradingState};
use crate::domain::time::SECOND_MS;
use crate::engine::book::{ledger, valuation};
use crate::engine::ports::{QueryError, Quotes, VenueAccount};

use super::draft::Draft;
use super::effect::{Effect, Proof};
use super::input::VenuePicture;
use super::machine::Desk;
use super::timer::mismatch_wait;

/// Pictures in a row that must disagree before a difference is believed: one may have crossed a push on its way.
const MISMATCHES_BELIEVED: u32 = 2;

/// A change of the trading state that is younger than this at a start is told again, in milliseconds.
const RECALL_MS: i64 = 2 * crate::domain::time::MINUTE_MS;

impl Desk {
    /// First step of a process: sends that were cut off by its end are of unknown outcome, and the venue is asked.
    pub fn recover(&self, now: crate::domain::time::Timestamp) -> super::draft::Step {
        let mut draft = Draft::new(&self.book, self.memory, now);
        self.doubt_unanswered(&mut draft, 0);
        // The ten seconds in which a position may be without a proven stop run while the process does.
        let unprotected = self.book.positions().filter(|row| row.protection.unprotected_since.is_some()).cloned();
        for row in unprotected.collect::<Vec<_>>() {
            let protection = Protection { unprotected_since: Some(now), replaced: 0, ..row.protection.clone() };
            draft.put_position(PositionRow { protection, ..row }, "position.protection", "a new process looks after it");
        }
        draft.memory().picture_at = Some(now);
        draft.finish()
    }

    /// Takes a picture of the venue.
    pub(super) fn reconciled(
        &self,
        d: &mut Draft<'_>,
        quotes: &dyn Quotes,
        picture: Result<Box<VenuePicture>, QueryError>,
        proof: Option<Proof>,
    ) {
        let picture = match picture {
            Ok(picture) => picture,
            Err(error) => {
                d.memory().picture_at = Some(d.now.plus_ms(2 * SECOND_MS));
                if let Some(proof) = proof {
                    let text = format!("{} The venue could not be read back yet ({error}); what was asked for goes on.", proof.text);
                    self.tell_state(d, &proof, text, Vec::new(), Vec::new());
                }
                return;
            }
        };
        if d.state().is_some() {
            picture.fundings.iter().for_each(|funding| self.funding(d, funding));
            picture.fills.iter().for_each(|fill| self.fill(d, quotes, fill, "picture: executions"));
        } else {
            picture.fills.iter().for_each(|fill| adopt_fill(d, fill));
        }
        picture.orders.iter().for_each(|report| self.report(d, report, "picture: open orders"));
        self.ask_for_missing(d, &picture);
        if d.state().is_none() {
            self.open_account(d, quotes, &picture.account);
        }
        self.compare(d, quotes, &picture);
        d.memory().pictured_at = Some(picture.account.at);
        if let Some(proof) = proof {
            self.show_proof(d, quotes, &picture, &proof);
        }
    }

    /// A stream gap: what happened meanwhile is asked for at once.
    pub(super) fn stream_gap(&self, d: &mut Draft<'_>) {
        let since = self.executions_since(d.now);
        d.effect(Effect::Reconcile { since, proof: None });
    }

    /// Orders the books believe to work, but the picture does not hold, are asked for; never assumed gone.
    fn ask_for_missing(&self, d: &mut Draft<'_>, picture: &VenuePicture) {
        let at = picture.account.at;
        let missing = |row: &&OrderRow| {
            let working = matches!(row.state, OrderState::Open | OrderState::Partial | OrderState::Held | OrderState::Canceling);
            working && row.asking.is_none() && row.changed_at < at && picture.orders.iter().all(|report| report.id != row.spec.id)
        };
        let ids: Vec<ClientOrderId> = d.live_orders().into_iter().filter(missing).map(|row| row.spec.id.clone()).collect();
        ids.iter().for_each(|id| self.ask_later(d, id));
    }

    /// The first picture ever: what the venue holds is what was paid in. Its moment is the account's: executions from before
    /// it are in its balances already (see [`Desk::fill`]).
    fn open_account(&self, d: &mut Draft<'_>, quotes: &dyn Quotes, account: &VenueAccount) {
        for (currency, cash) in &account.balances {
            d.put_balance(currency, *cash, "account opened");
            d.post(ledger::deposit(currency, *cash, d.now));
        }
        for position in &account.positions {
            let required = position.instrument.market == Market::Perp && self.settings.limits.require_stop;
            let protection = Protection { required, ..Protection::default() };
            let instrument = position.instrument.clone();
            let row = PositionRow {
                instrument,
                position: Some(position.clone()),
                generation: 1,
                protection,
                changed_at: d.now,
                funded: Vec::new(),
            };
            d.put_position(row, "position.adopted", "account opened");
            d.post(ledger::adopted(position, d.now));
        }
        let cash = d.cash(&self.book.quote);
        let worth = |position: &Position| match (position.instrument.market, quotes.quote(&position.instrument)) {
            (_, Some(quote)) => valuation::worth(position, quote.mark),
            (Market::Spot, None) => Ok(position.cost),
            (Market::Perp, None) => Ok(position.margin),
        };
        let equity = account.positions.iter().try_fold(cash, |sum, position| sum.plus(worth(position)?)).unwrap_or(cash);
        let state = StateRow {
            trading: TradingState::Active,
            why: "account opened".to_owned(),
            since: account.at,
            until: None,
            day: d.now.day_start(),
            day_equity: equity,
            peak_equity: equity,
            opened_at: account.at,
        };
        d.put_state(state, "state.opened");
    }

    fn compare(&self, d: &mut Draft<'_>, quotes: &dyn Quotes, picture: &VenuePicture) {
        let in_flight = d.live_orders().iter().any(|row| row.state.in_flight() || row.asking.is_some());
        let believed = self.memory.mismatches.saturating_add(1) >= MISMATCHES_BELIEVED;
        let mut difference = self.difference(d, &picture.account);
        // All executions of a day were asked for meanwhile, and are booked: what still differs is how they were split.
        if difference.is_some() && believed && !in_flight && self.correct(d, &picture.account) == Ok(true) {
            difference = self.difference(d, &picture.account);
        }
        match difference {
            None => {
                let first = !self.memory.reconciled;
                let believed = self.memory.mismatches >= MISMATCHES_BELIEVED;
                let at = d.now.plus_ms(self.picture_wait().max(10 * SECOND_MS));
                let memory = d.memory();
                memory.mismatches = 0;
                memory.reconciled = true;
                memory.picture_at = Some(at);
                memory.agreed_at = Some(picture.account.at);
                if believed {
                    d.alert("The books agree with the venue again.", None);
                }
                if first {
                    self.resume_unsent(d, quotes);
                    self.recall_state(d);
                }
            }
            // An order of unknown outcome explains a difference; it settles first.
            Some(_) if in_flight && self.memory.reconciled => d.memory().picture_at = Some(d.now.plus_ms(2 * SECOND_MS)),
            Some(difference) => {
                let count = self.memory.mismatches.saturating_add(1);
                d.memory().mismatches = count;
                d.memory().picture_at = Some(d.now.plus_ms(mismatch_wait(count)));
                if count == MISMATCHES_BELIEVED {
                    d.alert(
                        &format!("The books differ from the venue: {difference}. No entries are taken until they agree."),
                        Some("ACCOUNT_NOT_RECONCILED"),
                    );
                }
                if count >= MISMATCHES_BELIEVED {
                    d.memory().reconciled = false;
                }
            }
        }
    }

    /// After a start: a person is told again if entries are not taken, and if that changed a moment before. The answer to a
    /// stop word waits for the venue's picture, so a crash can come between the word's commit and its answer.
    fn recall_state(&self, d: &mut Draft<'_>) {
        let Some(state) = self.book.state().cloned() else { return };
        let taken = match state.trading {
            TradingState::Active if d.now.since(state.since) > RECALL_MS => return,
            TradingState::Active => "Entries are taken",
            TradingState::Reducing => "Entries are not taken, exits run",
            TradingState::Halted => "Trading is halted, stops stay",
        };
        // The account's own opening is no news.
        if state.since > state.opened_at || state.trading != TradingState::Active {
            d.alert(&format!("The program has started again. {taken}: {}.", state.why.trim_end_matches('.')), None);
        }
    }

    /// Describes the first difference between the books (as they would stand) and the venue's account.
    fn difference(&self, d: &Draft<'_>, account: &VenueAccount) -> Option<String> {
        let venue: BTreeMap<&Currency, Amount> = account.balances.iter().map(|(currency, amount)| (currency, *amount)).collect();
        let currencies = self.book.balances().map(|row| row.currency.clone()).chain(venue.keys().map(|&currency| currency.clone()));
        for currency in currencies.collect::<std::collections::BTreeSet<_>>() {
            let (ours, theirs) = (d.cash(&currency), venue.get(&currency).copied().unwrap_or(Amount::ZERO));
            if ours != theirs {
                return Some(format!("{currency} {ours} in the books, {theirs} at the venue"));
            }
        }
        let venue: BTreeMap<&InstrumentId, &Position> = account.positions.iter().map(|position| (&position.instrument, position)).collect();
        let held: BTreeMap<&InstrumentId, &Position> =
            d.positions().into_iter().filter_map(|row| Some((&row.instrument, row.position.as_ref()?))).collect();
        for instrument in held.keys().chain(venue.keys()) {
            let (ours, theirs) = (held.get(instrument), venue.get(instrument));
            let same = match (ours, theirs) {
                (Some(a), Some(b)) => {
                    (a.direction, a.quantity, a.cost, a.margin, a.margin_mode) == (b.direction, b.quantity, b.cost, b.margin, b.margin_mode)
                }
                (None, None) => true,
                _ => false,
            };
            if !same {
                let show = |position: Option<&&Position>| {
                    position.map_or("flat".to_owned(), |p| format!("{} {}", p.direction.as_str(), p.quantity))
                };
                return Some(format!("{} {} in the books, {} at the venue", instrument.name(), show(ours), show(theirs)));
            }
        }
        None
    }

    /// Orders that were planned and never licensed before a restart: resumed if young and approved again, else lapsed.
    fn resume_unsent(&self, d: &mut Draft<'_>, quotes: &dyn Quotes) {
        let unsent: Vec<OrderRow> =
            self.book.live_orders().filter(|row| row.state == OrderState::Planned && row.parent.is_none()).cloned().collect();
        for row in unsent {
            let approved = self.book.plan(&row.plan).and_then(|plan| self.approve_again(d, quotes, plan, &row.spec.id));
            match approved {
                Some(approved) => d.effect(Effect::Send(approved)),
                None => {
                    self.with_children(d, &row.spec.id, crate::domain::order::OrderEvent::Lapsed, "not sent before a restart");
                    let text =
                        "Not placed: the program restarted before it was sent. Nothing was traded; ask again for a new card.".to_owned();
                    self.tell_news(d, &row, "lapsed", text);
                }
            }
        }
    }

    fn show_proof(&self, d: &mut Draft<'_>, quotes: &dyn Quotes, picture: &VenuePicture, proof: &Proof) {
        let orders = picture.orders.iter().filter_map(|report| d.order(&report.id)).map(OrderView::from).collect();
        let rows: Vec<PositionRow> = picture
            .account
            .positions
            .iter()
            .map(|position| PositionRow { position: Some(position.clone()), ..d.position_or_flat(&position.instrument) })
            .collect();
        let positions = rows.iter().filter_map(|row| self.position_view(d, quotes, row).ok().flatten()).collect();
        self.tell_state(d, proof, proof.text.clone(), orders, positions);
    }

    fn tell_state(&self, d: &mut Draft<'_>, proof: &Proof, text: String, orders: Vec<OrderView>, positions: Vec<PositionView>) {
        let Some(state) = d.state().cloned() else { return };
        let body = NoticeBody::State { state, text, orders, positions, choices: proof.choices.clone() };
        d.tell(format!("state:{}", proof.key), &proof.to, body);
    }
}

/// Takes note of an execution from before the account was opened: its money is in the balances that the account begins with.
pub(super) fn adopt_fill(d: &mut Draft<'_>, fill: &Fill) {
    if !d.has_fill(&fill.instrument, &fill.trade_id) {
        d.put_fill(FillRow { fill: fill.clone(), plan: None, leg: None, realized: Amount::ZERO }, Vec::new());
    }
}
