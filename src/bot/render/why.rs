//! Why something was or was not done: the plan, each rule's finding, who allowed it and when, and what happened since.

use serde_json::{Value, json};

use crate::domain::actor::UserId;
use crate::domain::notice::WhyView;
use crate::domain::rows::{AuthorityRecord, PlanRow, PlanState, RuleRecord};

use super::evidence::Sources;
use super::place::Place;
use super::sheet::Sheet;
use super::{Rendered, denied, exact, moment, plan};

/// Renders a "why?".
pub fn render(view: &WhyView, place: &Place) -> Rendered {
    let mut sheet = Sheet::new(place.headline("●", "Why"));
    if let Some(waiting) = &view.pending {
        sheet.line(format!("A card waits: {}", plan::title(waiting)));
    }
    match &view.row {
        Some(row) => write_row(row, &mut sheet),
        None => sheet.line("No plan was confirmed or denied yet."),
    }
    if !view.events.is_empty() {
        sheet.line("What happened");
        // A bracket's legs go their way together: what happened to several in a row is one line.
        for same in view.events.chunk_by(|a, b| a == b) {
            let Some((at, kind, detail)) = same.first() else { continue };
            let kind = kind.replace(['.', '_'], " ");
            let what = if detail.is_empty() { kind } else { format!("{kind}: {detail}") };
            sheet.pair(moment::short(*at), if same.len() == 1 { what } else { format!("{what} (×{})", same.len()) });
        }
    }
    Rendered::new("answer", sheet.finish()).with("why", json(view))
}

fn write_row(row: &PlanRow, sheet: &mut Sheet) {
    sheet.line(plan::title(&row.plan));
    // What the account's own protection writes there is a rule's name; nobody said it.
    let said = if row.actor.is_some() { row.text.as_str() } else { "" };
    if !said.is_empty() {
        sheet.pair("Said", format!("“{said}”"));
    }
    sheet.pair("State", format!("{}; decided at {}", state(row.state), moment::full(row.at)));
    sheet.pair("Allowed", row.authority.as_ref().map_or_else(|| "by nobody".to_owned(), authority));
    sheet.pair("Plan", row.plan.id.as_str());
    let mut sources = Sources::new(&row.plan.evidence, said);
    plan::write(&row.plan, &mut sources, sheet);
    sources.pass_over(&["expires_ms"]);
    sources.write_rest(sheet);
    if !row.refusals.is_empty() {
        sheet.line("Refused by");
        for refusal in &row.refusals {
            sheet.pair(refusal.code.as_str(), denied::line(refusal));
        }
    }
    write_rules(&row.rules, sheet);
}

/// Rules that passed are counted (their codes name what went wrong, which here nothing did); the others are told in full.
/// The data beside the text has the numbers of all.
fn write_rules(rules: &[RuleRecord], sheet: &mut Sheet) {
    let (passed, others): (Vec<_>, Vec<_>) = rules.iter().partition(|rule| rule.finding == "pass");
    if !passed.is_empty() {
        sheet.line(format!("{} of {} rules passed", passed.len(), rules.len()));
    }
    if !others.is_empty() {
        sheet.line("Rules that did not");
        for rule in others {
            sheet.pair(rule.code.as_str(), format!("{} · asked {} · limit {}", rule.finding.replace('_', " "), rule.actual, rule.limit));
        }
    }
}

fn authority(record: &AuthorityRecord) -> String {
    match record {
        AuthorityRecord::Tapped { by, at, .. } => format!("by a tap {} at {}", whose(*by), moment::full(*at)),
        AuthorityRecord::StopWord { by, at } => format!("by a stop word {} at {}", whose(*by), moment::full(*at)),
        AuthorityRecord::Protection { rule, at } => format!("by the standing protection ({rule}) at {}", moment::full(*at)),
    }
}

fn whose(user: UserId) -> String {
    if user == UserId::TERMINAL { "at the terminal".to_owned() } else { format!("of user {}", user.0) }
}

const fn state(state: PlanState) -> &'static str {
    match state {
        PlanState::Confirmed => "confirmed",
        PlanState::Approved => "approved, orders at work",
        PlanState::Denied => "denied",
        PlanState::Lapsed => "lapsed, nothing was sent",
        PlanState::Done => "done",
    }
}

fn json(view: &WhyView) -> Value {
    let events: Vec<Value> =
        view.events.iter().map(|(at, kind, detail)| json!({ "at_ms": at.ms(), "kind": kind, "detail": detail })).collect();
    json!({
        "plan": view.row.as_ref().map(row_json),
        "waiting": view.pending.as_ref().map(|plan| json!({ "id": plan.id.as_str(), "title": plan::title(plan) })),
        "events": events,
    })
}

fn row_json(row: &PlanRow) -> Value {
    let rule =
        |rule: &RuleRecord| json!({ "code": rule.code.as_str(), "finding": rule.finding, "limit": rule.limit, "actual": rule.actual });
    json!({
        "id": row.plan.id.as_str(),
        "hash": row.plan_hash,
        "title": plan::title(&row.plan),
        "said": row.text,
        "state": row.state.as_str(),
        "authority": serde_json::to_value(&row.authority).unwrap_or_default(),
        "at_ms": row.at.ms(),
        "evidence": serde_json::to_value(&row.plan.evidence).unwrap_or_default(),
        "rules": row.rules.iter().map(rule).collect::<Vec<_>>(),
        "denied": row.refusals.iter().map(exact::refusal).collect::<Vec<_>>(),
    })
}
