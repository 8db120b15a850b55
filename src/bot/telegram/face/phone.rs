//! A rendered text as lines for a phone: one sign of state first, tables narrow enough, labels bold and values to copy.
//!
//! What is rendered for a terminal is laid out by blanks: two in front of whatever belongs below a headline, two or more
//! between cells. Any text without that layout passes as it is.

use super::line::{Line, Style};
use crate::bot::render::Rendered;

/// Widest line that a phone shows without breaking it, in characters of fixed width.
pub const COLUMNS_MAX: usize = 38;

/// Signs that begin a headline, with what a chat shows instead.
const SIGNS: [(&str, &str); 10] =
    [("✓", "✅"), ("✗", "❌"), ("▸", "📝"), ("●", "🔵"), ("◐", "🟡"), ("○", "🔴"), ("!", "⚠️"), ("?", "❓"), ("·", "⚪"), ("◆", "👋")];

/// Returns the lines of a rendered text.
pub fn lines(rendered: &Rendered) -> Vec<Line> {
    let mut rows = rendered.text.split('\n');
    let mut out = vec![headline(rendered.kind, rows.next().unwrap_or_default())];
    let rest: Vec<&str> = rows.collect();
    for run in rest.chunk_by(|a, b| a.starts_with("  ") && b.starts_with("  ")) {
        if run.first().is_some_and(|row| row.starts_with("  ")) {
            out.extend(indented(run));
        } else {
            out.extend(run.iter().map(|row| Line::of(Style::Plain, *row)));
        }
    }
    out
}

fn headline(kind: &str, row: &str) -> Line {
    let known = SIGNS.iter().find_map(|(sign, shown)| Some((*shown, row.strip_prefix(sign)?.strip_prefix(' ')?)));
    let (sign, rest) = known.unwrap_or_else(|| (sign_of(kind), row));
    // `Card · PAPER · simulated market`: what it is in bold, where it takes place behind it.
    match rest.split_once(" · ") {
        Some((title, place)) if known.is_some() => {
            Line::of(Style::Plain, format!("{sign} ")).and(Style::Bold, title).and(Style::Plain, format!(" · {place}"))
        }
        _ => Line::of(Style::Plain, format!("{sign} {rest}")),
    }
}

fn sign_of(kind: &str) -> &'static str {
    match kind {
        "card" => "📝",
        "fill" => "✅",
        "question" => "❓",
        "denied" | "error" => "❌",
        "alert" => "⚠️",
        _ => "💬",
    }
}

/// A run of rows that belong below a headline.
fn indented(run: &[&str]) -> Vec<Line> {
    if run.iter().all(|row| row.chars().count() <= COLUMNS_MAX + 2 && !row.contains('←')) {
        return run.iter().map(|row| Line::fixed(row.strip_prefix("  ").unwrap_or(row))).collect();
    }
    let head = run.first().map(|row| cells(row)).unwrap_or_default();
    let is_table = head.len() > 2 && run.len() > 1 && run.iter().all(|row| is_deep(row) || cells(row).len() == head.len());
    if is_table { records(&head, run) } else { run.iter().flat_map(|row| pair(row)).collect() }
}

/// Exits stand below their position, deeper than its row.
fn is_deep(row: &str) -> bool {
    row.starts_with("    ")
}

fn cells(row: &str) -> Vec<&str> {
    row.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect()
}

/// A table that is too wide: its first cell, and the others below it with the names of their columns.
fn records(head: &[&str], run: &[&str]) -> Vec<Line> {
    let mut out = Vec::new();
    for row in run.iter().skip(1) {
        if is_deep(row) {
            out.extend(packed(row.trim().split(" · ").map(str::to_owned)));
            continue;
        }
        let cells = cells(row);
        let (first, others) = (cells.first().copied().unwrap_or_default(), cells.iter().zip(head).skip(1));
        out.push(Line::fixed(first));
        out.extend(packed(others.map(|(cell, name)| format!("{name} {cell}"))));
    }
    out
}

/// Fills lines with items as far as they fit.
fn packed(items: impl Iterator<Item = String>) -> Vec<Line> {
    let mut rows: Vec<String> = Vec::new();
    for item in items {
        match rows.last_mut() {
            Some(row) if row.chars().count() + 3 + item.chars().count() <= COLUMNS_MAX => {
                row.push_str(" · ");
                row.push_str(&item);
            }
            _ => rows.push(format!("  {item}")),
        }
    }
    rows.into_iter().map(Line::fixed).collect()
}

/// A label, its value to copy, and below it where the value comes from.
fn pair(row: &str) -> Vec<Line> {
    let (shown, source) = row.split_once('←').map_or((row, None), |(shown, source)| (shown, Some(source.trim())));
    let shown = shown.trim();
    let line = match shown.split_once("  ") {
        Some((label, value)) => Line::of(Style::Bold, label).and(Style::Plain, "  ").and(Style::Code, value.trim()),
        None => Line::of(Style::Plain, shown),
    };
    let below = source.map(|source| Line::of(Style::Italic, format!("   ← {source}")));
    std::iter::once(line).chain(below).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::{COLUMNS_MAX, Line, lines};
    use crate::bot::render::Rendered;

    fn shown(kind: &'static str, text: &str) -> Vec<String> {
        lines(&Rendered::new(kind, text)).iter().map(Line::text).collect()
    }

    #[test]
    fn a_headline_begins_with_one_sign_of_state() {
        assert_eq!(shown("fill", "✓ Filled · PAPER · simulated market"), ["✅ Filled · PAPER · simulated market"]);
        assert_eq!(shown("answer", "Dropped. Nothing was done."), ["💬 Dropped. Nothing was done."]);
        assert_eq!(shown("error", "✗ No answer · sorry"), ["❌ No answer · sorry"]);
    }

    #[test]
    fn a_narrow_table_stays_a_table() {
        let text = "● Balance\n  Currency       Free\n  USDT      99,999.60\nEquity 1";
        assert_eq!(shown("answer", text), ["🔵 Balance", "Currency       Free", "USDT      99,999.60", "Equity 1"]);
    }

    #[test]
    fn a_wide_table_becomes_records_that_fit() {
        let text = "● Positions · PAPER\n  Position       Side    Size     Entry      Mark    P&L\n  \
            ETH/USDT perp  long  0.3026  3,000.02  3,008.78  +2.65\n    \
            5x, margin 181.56 · stop 2,910.02 · targets 3,060.02 / 3,120.02";
        let shown = shown("answer", text);
        assert_eq!(
            shown,
            [
                "🔵 Positions · PAPER",
                "ETH/USDT perp",
                "  Side long · Size 0.3026",
                "  Entry 3,000.02 · Mark 3,008.78",
                "  P&L +2.65",
                "  5x, margin 181.56 · stop 2,910.02",
                "  targets 3,060.02 / 3,120.02",
            ]
        );
        assert!(shown.iter().all(|line| line.chars().count() <= COLUMNS_MAX));
    }

    #[test]
    fn a_source_stands_below_its_value() {
        let text = "▸ Card\n  Quantity  0.00333 BTC                        ← 200 USDT ÷ 60000.2\n  Read      amount “200 usdt”";
        assert_eq!(shown("card", text), ["📝 Card", "Quantity  0.00333 BTC", "   ← 200 USDT ÷ 60000.2", "Read  amount “200 usdt”"]);
    }

    proptest! {
        #[test]
        fn any_text_has_lines_and_loses_no_letter(text in any::<String>()) {
            let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
            let shown: String = shown("answer", &text).concat();
            assert_eq!(letters(&shown), letters(&text));
        }
    }
}
