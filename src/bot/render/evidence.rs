//! "Where from": each field of a plan with its source in plain words (invariant I7).

use crate::domain::evidence::{Evidence, EvidenceKind, EvidenceMap};

/// Returns label and source of each field, in the order of their names.
pub fn pairs(evidence: &EvidenceMap, said: &str) -> Vec<(String, String)> {
    evidence.iter().map(|(field, evidence)| (field.replace(['.', '_'], " "), source(evidence, said))).collect()
}

fn source(evidence: &Evidence, said: &str) -> String {
    let text = evidence.text.as_deref().unwrap_or_default();
    match evidence.kind {
        // A span that does not fit the text is shown as what it is: the claim without the words.
        EvidenceKind::Said => evidence
            .span
            .and_then(|(start, end)| said.get(start..end))
            .map_or_else(|| if text.is_empty() { "said".to_owned() } else { format!("said “{text}”") }, |words| format!("said “{words}”")),
        EvidenceKind::Context => explained("earlier message", text),
        EvidenceKind::Signal => explained("forwarded post", text),
        EvidenceKind::Default => explained("default", text),
        EvidenceKind::Account => explained("account", text),
        EvidenceKind::Quote => explained("quote", text),
        EvidenceKind::Computed => explained("computed", text),
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
    use super::pairs;
    use crate::domain::evidence::{Evidence, EvidenceKind, EvidenceMap};

    #[test]
    fn words_are_quoted_and_a_wrong_span_is_no_panic() {
        let said = "buy 200 usdt of ₿tc";
        let mut evidence = EvidenceMap::new();
        evidence.insert("amount".to_owned(), Evidence::said(4, 12));
        evidence.insert("symbol".to_owned(), Evidence::said(16, 17));
        evidence.insert("target.1".to_owned(), Evidence::said(90, 4));
        evidence.insert("stop".to_owned(), Evidence::default_setting("2 × ATR"));
        evidence.insert("price".to_owned(), Evidence { kind: EvidenceKind::Quote, span: None, text: None });
        let pairs = pairs(&evidence, said);
        let texts: Vec<_> = pairs.iter().map(|(field, source)| format!("{field} = {source}")).collect();
        assert_eq!(texts, ["amount = said “200 usdt”", "price = quote", "stop = default: 2 × ATR", "symbol = said", "target 1 = said"]);
    }
}
