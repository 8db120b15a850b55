//! Notices as people and programs read them: a text for a terminal or a phone, and SPEC §9's JSON beside it.
//!
//! Pure and total: any notice, however strange its numbers and words, has a rendering, and the same one every time.

use serde_json::{Map, Value, json};

use crate::domain::notice::{Notice, NoticeBody};

use self::place::Place;
use self::sheet::Sheet;

pub mod answer;
pub mod card;
pub mod card_json;
pub mod denied;
pub mod evidence;
pub mod exact;
pub mod fill;
pub mod help;

pub mod moment;
pub mod naming;
pub mod numbers;
pub mod orders;
pub mod place;
pub mod plan;
pub mod positions;
pub mod report;
pub mod sheet;
pub mod state;
pub mod stats;
pub mod table;
pub mod why;

/// A rendered notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// `card`, `fill`, `answer`, `question`, `denied`, `alert` or `error`.
    pub kind: &'static str,
    /// For people.
    pub text: String,
    /// The card's fields, if it is one.
    pub card: Option<Value>,
    /// What is written on the buttons, in order.
    pub buttons: Vec<String>,
    /// For programs: exact numbers, as strings.
    pub data: Value,
}

impl Rendered {
    /// Returns a rendering of `kind` with neither card nor buttons nor data.
    pub fn new(kind: &'static str, text: impl Into<String>) -> Self {
        Self { kind, text: text.into(), card: None, buttons: Vec::new(), data: Value::Object(Map::new()) }
    }

    /// Returns the rendering of something that went wrong, for a face that has no notice of it.
    pub fn error(text: &str) -> Self {
        Self::new("error", printable(&format!("✗ {text}")))
    }

    pub(crate) fn with(mut self, name: &str, value: Value) -> Self {
        if let Value::Object(data) = &mut self.data {
            data.insert(name.to_owned(), value);
        }
        self
    }

    pub(crate) fn with_buttons<'a>(mut self, buttons: impl IntoIterator<Item = &'a str>) -> Self {
        self.buttons = buttons.into_iter().map(sheet::one_line).collect();
        self
    }
}

/// Renders a notice.
pub fn render(notice: &Notice, place: &Place) -> Rendered {
    let mut rendered = render_body(&notice.body, place);
    rendered.text = printable(&rendered.text);
    rendered
}

fn render_body(body: &NoticeBody, place: &Place) -> Rendered {
    match body {
        NoticeBody::Card(view) => card::render(view, place),
        NoticeBody::CardClosed { nonce, text } => {
            Rendered::new("answer", format!("· {text}")).with("closed", json!({ "id": nonce, "reason": text }))
        }
        NoticeBody::Filled(view) => fill::render(view, place),
        NoticeBody::OrderNews { text, orders } => orders::news(text, orders, place),
        NoticeBody::Denied { subject, refusals } => denied::render(subject, refusals, place),
        NoticeBody::Rejected { order, code, reason } => denied::rejected(order, code, reason, place),
        NoticeBody::Alert { text, code } => alert(text, code.as_deref(), place),
        NoticeBody::State { state, text, orders, positions, choices } => state::render(state, text, orders, positions, choices, place),
        NoticeBody::Positions(positions) => positions::answer(positions, place),
        NoticeBody::Orders(orders) => orders::answer(orders, place),
        NoticeBody::Balances { balances, equity } => answer::balances(balances, *equity, place),
        NoticeBody::Price { symbol, quote, source } => answer::price(symbol, quote, *source, place),
        NoticeBody::Pnl(pnl) => answer::pnl(pnl, place),
        NoticeBody::History(view) => answer::history(view, place),
        NoticeBody::Portfolio(view) => report::portfolio(view, place),
        NoticeBody::Periods(view) => report::periods(view, place),
        NoticeBody::Performance(view) => report::performance(view, place),
        NoticeBody::Stats(view) => stats::render(view, place),
        NoticeBody::Document(document) => report::document(document, place),
        NoticeBody::Settings(settings) => answer::settings(settings, place),
        NoticeBody::Why(view) => why::render(view, place),
        NoticeBody::Help => Rendered::new("answer", help::text(place)),
        NoticeBody::Welcome { state, equity, source } => state::welcome(state, *equity, *source, place),
        NoticeBody::Question { text, choices } => {
            Rendered::new("question", format!("? {text}")).with_buttons(choices.iter().map(String::as_str))
        }
        NoticeBody::Panel { text, buttons } => {
            Rendered::new("answer", text).with_buttons(buttons.iter().flatten().map(|button| button.label.as_str()))
        }
        NoticeBody::Text(text) => Rendered::new("answer", text),
        NoticeBody::Error(text) => Rendered::error(text),
    }
}

fn alert(text: &str, code: Option<&str>, place: &Place) -> Rendered {
    let mut sheet = Sheet::new(place.headline("!", "Alert"));
    sheet.line(text);
    if let Some(code) = code {
        sheet.pair("rule", code);
    }
    Rendered::new("alert", sheet.finish()).with("alert", json!({ "code": code }))
}

/// Takes control characters out: what a venue or a person wrote must not steer a terminal.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect()
}
