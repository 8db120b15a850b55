//! From a proposal to a card, to a refusal, or (stop words) straight to orders.

use crate::domain::actor::Actor;
use crate::domain::evidence::Evidence;
use crate::domain::ids::SourceKey;
use crate::domain::notice::{CardView, NoticeBody};
use crate::domain::plan::Plan;
use crate::domain::proposal::{Origin, Proposal, Want};
use crate::domain::request::CloseRequest;
use crate::domain::rows::{PendingRow, PendingState, PlanRow, PlanState};
use crate::engine::ports::Quotes;
use crate::engine::risk::authority::Authority;
use crate::engine::risk::check::{Verdict, check, second_looks};
use crate::engine::risk::facts::{Asker, Stage};
use crate::engine::risk::plan_hash::plan_hash;

use super::draft::{Draft, Recipient};
use super::execute::Cause;
use super::machine::Desk;
use super::sizing::Unplannable;

/// What a card is made of.
pub(super) struct Card {
    pub(super) proposal: Proposal,
    pub(super) actor: Actor,
    /// The message that the card answers.
    pub(super) key: SourceKey,
    pub(super) plans: Vec<Plan>,
    /// Whether this is the second look that a rule asked for.
    pub(super) second: bool,
    pub(super) because: Option<String>,
}

impl Desk {
    /// Handles a proposal.
    pub(super) fn propose(&self, d: &mut Draft<'_>, quotes: &dyn Quotes, proposal: Proposal) {
        d.deals_with(&proposal.key);
        let Origin::Person(actor) = proposal.origin.clone() else { return };
        let to = Recipient::of_person(&actor, &proposal.key);
        if !self.may_trade(d, &actor, &proposal.key, &proposal.text) {
            return;
        }
        if let Want::Close(request) = &proposal.want
            && request.at_once
        {
            return self.close_at_once(d, quotes, request, &actor, &proposal);
        }
        match self.plans(d, quotes, &proposal) {
            Ok(plans) => {
                let (key, because) = (proposal.key.clone(), None);
                self.offer(d, quotes, Card { proposal, actor, key, plans, second: false, because });
            }
            Err(problem) => self.unplannable(d, &to, &proposal.key, &proposal.text, problem),
        }
    }

    /// Sizes what a proposal wants.
    pub(super) fn plans(&self, d: &Draft<'_>, quotes: &dyn Quotes, proposal: &Proposal) -> Result<Vec<Plan>, Unplannable> {
        let sizing = self.sizing(d.now, quotes);
        match &proposal.want {
            Want::Open(request) => sizing.open(&proposal.key, request).map(|plan| vec![plan]),
            Want::Amend(request) => sizing.amend(&proposal.key, request).map(|plan| vec![plan]),
            Want::Close(request) => sizing.close(&proposal.key, request),
            Want::Protect(request) => sizing.protect(&proposal.key, request).map(|plan| vec![plan]),
            Want::Resume => Ok(Vec::new()),
        }
    }

    /// Says why there is no plan.
    pub(super) fn unplannable(&self, d: &mut Draft<'_>, to: &Recipient, key: &SourceKey, text: &str, problem: Unplannable) {
        match problem {
            Unplannable::Refused(refusals) => self.deny(d, to, key, text, refusals),
            Unplannable::Ask { text, choices } => d.tell(format!("question:{key}"), to, NoticeBody::Question { text, choices }),
        }
    }

    /// Checks the plans and shows a card, or says why not. An older card of the same chat gives way.
    pub(super) fn offer(&self, d: &mut Draft<'_>, quotes: &dyn Quotes, card: Card) {
        let Card { proposal, actor, key, mut plans, second, because } = card;
        let to = Recipient::of_person(&actor, &key);
        let mut refusals = Vec::new();
        for plan in &mut plans {
            let verdict = self.check(d, quotes, plan);
            for warning in verdict.warnings.iter().chain(&verdict.second_card) {
                if !plan.warnings.contains(warning) {
                    plan.warnings.push(warning.clone());
                }
            }
            plan.evidence.insert("expires_ms".to_owned(), Evidence::default_setting("risk.card_life_ms"));
            if !verdict.passes() {
                refusals.extend(verdict.refusals.clone());
                self.put_denied(d, plan, &proposal, &actor, verdict);
            }
        }
        if !refusals.is_empty() {
            return self.deny(d, &to, &key, &proposal.text, refusals);
        }
        self.replace_older_cards(d, &actor);
        let nonce = self.ids.nonce(&key, if second { "second" } else { "first" });
        let expires_at = d.now.plus_ms(self.settings.limits.card_life_ms);
        let pending = PendingRow { nonce, actor, proposal, plans, state: PendingState::Open, second, made_at: d.now, expires_at };
        d.put_pending(pending.clone(), because.as_deref().unwrap_or(""));
        let view = CardView { pending, venue: self.settings.venue.clone(), live: self.settings.live, because };
        d.tell(format!("card:{}", view.pending.nonce), &to, NoticeBody::Card(Box::new(view)));
    }

    fn check(&self, d: &Draft<'_>, quotes: &dyn Quotes, plan: &Plan) -> Verdict {
        let lists = self.fact_lists(d.now, plan);
        check(&self.facts(d.now, quotes, plan, &lists, (Stage::Check, Asker::Person)))
    }

    /// Tells whether a rule wants a second card for this plan, and why.
    pub(super) fn second_look(&self, d: &Draft<'_>, quotes: &dyn Quotes, plan: &Plan) -> Vec<String> {
        let lists = self.fact_lists(d.now, plan);
        second_looks(&self.facts(d.now, quotes, plan, &lists, (Stage::Check, Asker::Person)))
    }

    /// Records a plan that was refused, so that "why?" has an answer.
    fn put_denied(&self, d: &mut Draft<'_>, plan: &Plan, proposal: &Proposal, actor: &Actor, verdict: Verdict) {
        let row = PlanRow {
            plan_hash: plan_hash(plan),
            plan: plan.clone(),
            state: PlanState::Denied,
            authority: None,
            actor: Some(*actor),
            text: proposal.text.clone(),
            rules: verdict.records,
            refusals: verdict.refusals,
            at: d.now,
        };
        d.put_plan(row, "refused before a card");
    }

    fn replace_older_cards(&self, d: &mut Draft<'_>, actor: &Actor) {
        let older: Vec<PendingRow> = d.open_cards().filter(|row| row.actor.chat == actor.chat).cloned().collect();
        for row in older {
            d.put_pending(PendingRow { state: PendingState::Replaced, ..row }, "a newer card took its place");
        }
    }

    /// `/fx`: closes now, without a card, under the person's stop word; answers with a proof read back from the venue.
    fn close_at_once(&self, d: &mut Draft<'_>, quotes: &dyn Quotes, request: &CloseRequest, actor: &Actor, proposal: &Proposal) {
        let to = Recipient::of_person(actor, &proposal.key);
        let plans = match self.sizing(d.now, quotes).close(&proposal.key, request) {
            Ok(plans) => plans,
            Err(problem) => return self.unplannable(d, &to, &proposal.key, &proposal.text, problem),
        };
        let names: Vec<String> =
            plans.iter().map(|plan| format!("{} {}", plan.instrument.symbol, plan.instrument.market.as_str())).collect();
        for plan in plans {
            let cause = Cause { key: proposal.key.clone(), chat: to.chat, actor: Some(*actor), text: proposal.text.clone() };
            match Authority::stop_word(actor, d.now) {
                Ok(authority) => self.execute(d, quotes, plan, &authority, &cause),
                Err(refusal) => self.deny(d, &to, &proposal.key, &proposal.text, vec![refusal]),
            }
        }
        self.prove(d, &proposal.key, &to, format!("Close now: {}.", names.join(", ")), Vec::new());
    }
}
