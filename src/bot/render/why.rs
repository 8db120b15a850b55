//! Why something was or was not done: the plan, each rule's finding, who allowed it and when, and what happened since.

use serde_json::{Value, json};

use crate::domain::notice::WhyView;
use crate::domain::rows::{AuthorityRecord, PlanRow, PlanState, RuleRecord};

use super::place::Place;
use super::sheet::Sheet;
use super::{Rendered, denied, evidence, exact, moment, plan};

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
        sheet.line("Since then");
        for (at, kind, detail) in &view.events {
            sheet.pair(moment::short(*at), format!("{kind}: {detail}"));
        }
    }
    Rendered::new("answer", sheet.finish()).with("why", json(view))
}

fn write_row(row: &PlanRow, sheet: &mut Sheet) {
    sheet.line(plan::title(&row.plan));
    if !row.text.is_empty() {
        sheet.pair("Said", format!("“{}”", row.text));
    }
    sheet.pair("State", format!("{} at {}", state(row.state), moment::full(row.at)));
    sheet.pair("Allowed", row.authority.as_ref().map_or_else(|| "by nobody".to_owned(), authority));
    sheet.pair("Plan", row.plan.id.as_str());
    plan::write(&row.plan, sheet);
    if !row.plan.evidence.is_empty() {
        sheet.line("Where from");
        for (field, source) in evidence::pairs(&row.plan.evidence, &row.text) {
            sheet.pair(field, source);
        }
    }
    if !row.refusals.is_empty() {
        sheet.line("Refused by");
        for refusal in &row.refusals {
            sheet.pair(refusal.code.as_str(), denied::line(refusal));
        }
    }
    if !row.rules.is_empty() {
        sheet.line("Rules");
        for rule in &row.rules {
            sheet.pair(rule.code.as_str(), format!("{} · asked {} · limit {}", rule.finding, rule.actual, rule.limit));
        }
    }
}

fn authority(record: &AuthorityRecord) -> String {
    match record {
        AuthorityRecord::Tapped { by, at, .. } => format!("by a tap of user {} at {}", by.0, moment::full(*at)),
        AuthorityRecord::StopWord { by, at } => format!("by a stop word of user {} at {}", by.0, moment::full(*at)),
        AuthorityRecord::Protection { rule, at } => format!("by the standing protection ({rule}) at {}", moment::full(*at)),
    }
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
