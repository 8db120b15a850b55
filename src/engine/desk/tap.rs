//! Taps: a card is used once, by its own person, in time, and on a price that is still the card's.

use crate::domain::actor::Actor;
use crate::domain::evidence::{Evidence, EvidenceKind};
use crate::domain::ids::{Nonce, SourceKey};
use crate::domain::money::{MoneyError, Ratio};
use crate::domain::notice::NoticeBody;
use crate::domain::plan::{Plan, PlanKind};
use crate::domain::proposal::{Proposal, Want};
use crate::domain::refusal::{Code, Refusal};
use crate::domain::request::{OpenPrice, OpenRequest};
use crate::domain::rows::{PendingRow, PendingState};
use crate::engine::ports::Quotes;
use crate::engine::risk::authority::Authority;
use crate::engine::risk::continuous::price_moved;
use rust_decimal::dec;

use super::draft::{Draft, Recipient};
use super::execute::Cause;
use super::input::TapVerb;
use super::machine::Desk;
use super::propose::Card;
use super::sizing::Unplannable;
use super::sizing::open::scaled;

impl Desk {
    /// Handles a tap.
    pub(super) fn tap(&self, d: &mut Draft<'_>, quotes: &dyn Quotes, nonce: &Nonce, verb: TapVerb, actor: &Actor, key: &SourceKey) {
        d.deals_with(key);
        let to = Recipient::of_person(actor, key);
        let Some(card) = self.book.pending(nonce).cloned() else {
            let refusal = Refusal::new(Code::CardExpired, "an open card", "no such card waits", "ask again for a new card");
            return self.deny(d, &to, key, "card", vec![refusal]);
        };
        // Every button, not only Confirm, belongs to the card's own person and ends with its life.
        let (authority, confirmed) = match Authority::from_tap(&card, actor, d.now) {
            Ok(taken) => taken,
            // Somebody else's words are not repeated to whoever tapped.
            Err(refusal) => return self.deny(d, &to, key, "card", vec![refusal]),
        };
        match verb {
            TapVerb::Decline => {
                d.put_pending(PendingRow { state: PendingState::Declined, ..card }, "declined");
                let body = NoticeBody::CardClosed { nonce: nonce.to_string(), text: "Cancelled. Nothing was sent.".to_owned() };
                d.tell(format!("closed:{nonce}"), &to, body);
            }
            TapVerb::Confirm => self.confirm(d, quotes, (card, confirmed), &authority, actor, key),
            TapVerb::Half | TapVerb::Double | TapVerb::ToMarket | TapVerb::ToLimit => self.change(d, quotes, card, verb, actor, key),
        }
    }

    fn confirm(
        &self,
        d: &mut Draft<'_>,
        quotes: &dyn Quotes,
        (card, confirmed): (PendingRow, PendingRow),
        authority: &Authority,
        actor: &Actor,
        key: &SourceKey,
    ) {
        if card.proposal.want == Want::Resume {
            d.put_pending(confirmed, "confirmed");
            return self.resume(d, quotes, actor, key);
        }
        if let Some(because) = card.plans.iter().find_map(|plan| self.left_its_band(quotes, plan)) {
            d.put_pending(PendingRow { state: PendingState::Replaced, ..card.clone() }, &because);
            return self.offer_again(d, quotes, card.proposal, actor, key, Some(because));
        }
        if !card.second {
            let opens = card.plans.iter().filter(|plan| plan.kind == PlanKind::Open);
            let reasons: Vec<String> = opens.flat_map(|plan| self.second_look(d, quotes, plan)).collect();
            if !reasons.is_empty() {
                d.put_pending(PendingRow { state: PendingState::Replaced, ..card.clone() }, "a second look is needed");
                let because = Some(reasons.join(" "));
                let proposal = Proposal { key: key.clone(), ..card.proposal };
                let plans = card.plans;
                return self.offer(d, quotes, Card { proposal, actor: *actor, key: key.clone(), plans, second: true, because });
            }
        }
        let text = card.proposal.text.clone();
        d.put_pending(confirmed, "confirmed");
        for plan in card.plans {
            let cause = Cause { key: key.clone(), chat: Some(actor.chat), actor: Some(*actor), text: text.clone() };
            self.execute(d, quotes, plan, authority, &cause);
        }
    }

    /// Tells, for a plan that goes to the market at once, how the price left the card's band.
    fn left_its_band(&self, quotes: &dyn Quotes, plan: &Plan) -> Option<String> {
        let at_market = plan.order.as_ref().is_some_and(|order| order.at_market);
        if plan.kind == PlanKind::Protect || !at_market {
            return None;
        }
        let quote = quotes.quote(&plan.instrument)?;
        let moved = price_moved(plan.figures.price, quote.touch(plan.side), &self.settings.limits)?;
        Some(format!("The price moved: {}. This is a new card at the new price.", moved.actual))
    }

    /// Makes a new card of the same want.
    fn offer_again(
        &self,
        d: &mut Draft<'_>,
        quotes: &dyn Quotes,
        proposal: Proposal,
        actor: &Actor,
        key: &SourceKey,
        because: Option<String>,
    ) {
        let proposal = Proposal { key: key.clone(), ..proposal };
        match self.plans(d, quotes, &proposal) {
            Ok(plans) => self.offer(d, quotes, Card { proposal, actor: *actor, key: key.clone(), plans, second: false, because }),
            Err(problem) => self.unplannable(d, &Recipient::of_person(actor, key), key, &proposal.text.clone(), problem),
        }
    }

    /// ½, ×2, market and limit: the want is changed and comes back on a new card.
    fn change(&self, d: &mut Draft<'_>, quotes: &dyn Quotes, card: PendingRow, verb: TapVerb, actor: &Actor, key: &SourceKey) {
        let to = Recipient::of_person(actor, key);
        let Want::Open(request) = &card.proposal.want else {
            let text = "That button belongs to an opening card. Confirm or cancel this one.".to_owned();
            return d.tell(format!("question:{key}"), &to, NoticeBody::Question { text, choices: vec!["yes".to_owned(), "no".to_owned()] });
        };
        let touch = card.plans.first().and_then(|plan| Some(quotes.quote(&plan.instrument)?.touch(plan.side)));
        match changed(request, verb, touch) {
            Ok(request) => {
                let proposal = Proposal { want: Want::Open(request), ..card.proposal.clone() };
                d.put_pending(PendingRow { state: PendingState::Replaced, ..card }, "changed by a button");
                self.offer_again(d, quotes, proposal, actor, key, None);
            }
            Err(error) => self.unplannable(d, &to, key, &card.proposal.text, Unplannable::from(error)),
        }
    }
}

fn changed(request: &OpenRequest, verb: TapVerb, touch: Option<crate::domain::money::Price>) -> Result<OpenRequest, MoneyError> {
    let mut changed = request.clone();
    let mut note = |field: &str, text: &str| {
        changed.evidence.insert(field.to_owned(), Evidence::of(EvidenceKind::Context, text));
    };
    match verb {
        TapVerb::Half => {
            note("amount", "button ½");
            changed.amount = scaled(&request.amount, Ratio::new(dec!(0.5))?)?;
        }
        TapVerb::Double => {
            note("amount", "button ×2");
            changed.amount = scaled(&request.amount, Ratio::new(dec!(2))?)?;
        }
        TapVerb::ToMarket => {
            note("price", "button Market");
            changed.price = OpenPrice::Market;
        }
        TapVerb::ToLimit => {
            note("price", "button Limit: best price on the other side");
            let price = touch.ok_or(MoneyError::NotPositive)?;
            changed.price = OpenPrice::Limit { price, post_only: false };
        }
        TapVerb::Confirm | TapVerb::Decline => {}
    }
    Ok(changed)
}
