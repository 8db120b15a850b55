//! Where the fields of a plan came from, in plain words (invariant I7): beside each figure its source, and below the figures
//! what was read from the words and what was assumed.

use std::collections::BTreeSet;

use crate::domain::evidence::{Evidence, EvidenceKind, EvidenceMap};

use super::sheet::Sheet;

/// The evidence of one plan while it is written down; what no figure has shown stays for the lines below.
pub struct Sources<'a> {
    evidence: &'a EvidenceMap,
    said: &'a str,
    shown: BTreeSet<String>,
}

impl<'a> Sources<'a> {
    /// Returns the evidence of a plan that was made from the words `said`.
    pub const fn new(evidence: &'a EvidenceMap, said: &'a str) -> Self {
        Self { evidence, said, shown: BTreeSet::new() }
    }

    /// Returns the sources of a figure that rests on these fields, each once, and notes them as shown.
    pub fn of(&mut self, fields: &[&str]) -> String {
        let mut texts: Vec<String> = Vec::new();
        for field in fields {
            let Some(evidence) = self.evidence.get(*field) else { continue };
            self.shown.insert((*field).to_owned());
            let text = source(evidence, self.said);
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        texts.join("; ")
    }

    /// Notes fields whose values this text does not show.
    pub fn pass_over(&mut self, fields: &[&str]) {
        self.shown.extend(fields.iter().map(|field| (*field).to_owned()));
    }

    /// Writes what is left: fields read from words, settings assumed, and the rest, each kind on a line.
    pub fn write_rest(self, sheet: &mut Sheet) {
        let (mut read, mut assumed, mut rest) = (Vec::new(), Vec::new(), Vec::new());
        for (field, evidence) in self.evidence.iter().filter(|(field, _)| !self.shown.contains(*field)) {
            let label = field.replace(['.', '_'], " ");
            match evidence.kind {
                EvidenceKind::Said => read.push(format!("{label} {}", quoted(evidence, self.said))),
                EvidenceKind::Default => assumed.push(evidence.text.clone().unwrap_or(label)),
                _ => rest.push(format!("{label}: {}", evidence.text.clone().unwrap_or_else(|| source(evidence, self.said)))),
            }
        }
        for (label, parts) in [("Read", read), ("Assumed", assumed), ("Taken", rest)] {
            if !parts.is_empty() {
                sheet.pair(label, parts.join(" · "));
            }
        }
    }
}

fn quoted(evidence: &Evidence, said: &str) -> String {
    let words = evidence.span.and_then(|(start, end)| said.get(start..end)).or(evidence.text.as_deref());
    // A span that does not fit the text is shown as what it is: the claim without the words.
    words.map_or_else(|| "as said".to_owned(), |words| format!("“{words}”"))
}

fn source(evidence: &Evidence, said: &str) -> String {
    let text = evidence.text.as_deref().unwrap_or_default();
    match evidence.kind {
        EvidenceKind::Said => format!("said {}", quoted(evidence, said)),
        // A rule speaks for itself.
        EvidenceKind::Computed if !text.is_empty() => text.to_owned(),
        EvidenceKind::Computed => "computed".to_owned(),
        EvidenceKind::Context => explained("earlier message", text),
        EvidenceKind::Signal => explained("forwarded post", text),
        EvidenceKind::Default => explained("default", text),
        EvidenceKind::Account => explained("account", text),
        EvidenceKind::Quote => explained("quote", text),
        EvidenceKind::Vote => explained("vote", text),
        EvidenceKind::Strategy => explained("strategy", text),
        EvidenceKind::Mandate => explained("mandate", text),
    }
}

fn explained(kind: &str, text: &str) -> String {
    if text.is_empty() { kind.to_owned() } else { format!("{kind}: {text}") }
}

#[cfg(test)]
mod tests {
    use super::{Sheet, Sources};
    use crate::domain::evidence::{Evidence, EvidenceKind, EvidenceMap};

    #[test]
    fn a_figure_shows_its_sources_and_the_rest_stands_below() {
        let said = "buy 200 usdt of ₿tc";
        let mut evidence = EvidenceMap::new();
        evidence.insert("amount".to_owned(), Evidence::said(4, 12));
        evidence.insert("symbol".to_owned(), Evidence::said(16, 17));
        evidence.insert("target.1".to_owned(), Evidence::said(90, 4));
        evidence.insert("stop".to_owned(), Evidence::default_setting("2 × ATR"));
        evidence.insert("order_type".to_owned(), Evidence::default_setting("a market order"));
        evidence.insert("price".to_owned(), Evidence { kind: EvidenceKind::Quote, span: None, text: None });
        evidence.insert("limit".to_owned(), Evidence::computed("the cap"));
        evidence.insert("market".to_owned(), Evidence::of(EvidenceKind::Account, "held"));
        let mut sources = Sources::new(&evidence, said);
        assert_eq!(sources.of(&["price", "limit", "trigger"]), "quote; the cap");
        assert_eq!(sources.of(&["target.1"]), "said as said");
        assert_eq!(sources.of(&["stop"]), "default: 2 × ATR");
        let mut sheet = Sheet::new("-");
        sources.write_rest(&mut sheet);
        assert_eq!(sheet.finish(), "-\n  Read     amount “200 usdt” · symbol as said\n  Assumed  a market order\n  Taken    market: held");
    }
}
