//! Lines as Telegram's HTML, in parts that fit into messages.
//!
//! Invariant: whatever the lines say, every part is valid markup, says at most [`PART_UNITS_MAX`] units once it is
//! parsed, and all parts together say everything.

use super::line::{Line, Span, Style, units};

/// Longest message once its markup is parsed, in units of UTF-16.
pub const PART_UNITS_MAX: usize = 4_096;
/// Longest caption of a file, likewise.
pub const CAPTION_UNITS_MAX: usize = 1_024;

/// A message that fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// With markup.
    pub html: String,
    /// The same without, for when the markup is refused.
    pub plain: String,
}

/// Returns `lines` as messages, cut at line ends; only a line that is too long by itself is cut inside.
pub fn parts(lines: &[Line]) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut open: Vec<Line> = Vec::new();
    let mut room = PART_UNITS_MAX;
    for line in lines.iter().flat_map(cut) {
        let needed = line.units() + usize::from(!open.is_empty());
        if needed > room && !open.is_empty() {
            parts.extend(part(&open));
            open.clear();
            room = PART_UNITS_MAX;
        }
        room = room.saturating_sub(line.units() + usize::from(!open.is_empty()));
        open.push(line);
    }
    parts.extend(part(&open));
    parts
}

/// Telegram refuses a message of nothing but blanks.
fn part(lines: &[Line]) -> Option<Part> {
    let plain = lines.iter().map(Line::text).collect::<Vec<_>>().join("\n");
    let html = || {
        let blocks = lines.chunk_by(|a, b| a.fixed == b.fixed).map(|run| {
            let fixed = run.first().is_some_and(|line| line.fixed);
            let inner = run.iter().map(|line| marked(line, fixed)).collect::<Vec<_>>().join("\n");
            if fixed { format!("<pre>{inner}</pre>") } else { inner }
        });
        blocks.collect::<Vec<_>>().join("\n")
    };
    (!plain.trim().is_empty()).then(|| Part { html: html(), plain })
}

fn marked(line: &Line, fixed: bool) -> String {
    let span = |span: &Span| {
        let text = escaped(&span.text);
        match span.style {
            // An empty pair of tags is valid, and says nothing.
            _ if fixed || span.text.is_empty() => text,
            Style::Plain => text,
            Style::Bold => format!("<b>{text}</b>"),
            Style::Italic => format!("<i>{text}</i>"),
            Style::Code => format!("<code>{text}</code>"),
        }
    };
    line.spans.iter().map(span).collect()
}

/// Returns `text` so that it stands for itself inside the markup.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}

/// Returns the line in pieces of which each fits into a message.
fn cut(line: &Line) -> Vec<Line> {
    if line.units() <= PART_UNITS_MAX {
        return vec![line.clone()];
    }
    let mut pieces = vec![Line { fixed: line.fixed, spans: Vec::new() }];
    let mut room = PART_UNITS_MAX;
    for span in &line.spans {
        let mut text = String::new();
        for c in span.text.chars() {
            if c.len_utf16() > room {
                push(&mut pieces, span.style, std::mem::take(&mut text));
                pieces.push(Line { fixed: line.fixed, spans: Vec::new() });
                room = PART_UNITS_MAX;
            }
            room -= c.len_utf16();
            text.push(c);
        }
        push(&mut pieces, span.style, text);
    }
    debug_assert!(pieces.iter().all(|piece| units(&piece.text()) <= PART_UNITS_MAX), "a piece is too long");
    pieces
}

fn push(pieces: &mut [Line], style: Style, text: String) {
    if let Some(last) = pieces.last_mut() {
        last.spans.push(Span { style, text });
    }
}

#[cfg(test)]
#[allow(clippy::string_slice, reason = "a test fails loudly")]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};

    use super::super::line::{Line, Span, Style, units};
    use super::{PART_UNITS_MAX, parts};

    /// Reads markup as strictly as Telegram does; returns what it says.
    fn parsed(html: &str) -> Result<String, String> {
        let (mut out, mut open, mut rest) = (String::new(), Vec::new(), html);
        while let Some(at) = rest.find(['<', '>', '&']) {
            out.push_str(&rest[..at]);
            rest = &rest[at..];
            if let Some(entity) = rest.strip_prefix('&') {
                let end = entity.find(';').ok_or("an entity without its end")?;
                out.push(match &entity[..end] {
                    "amp" => '&',
                    "lt" => '<',
                    "gt" => '>',
                    "quot" => '"',
                    other => return Err(format!("entity {other}")),
                });
                rest = &entity[end + 1..];
            } else if let Some(tag) = rest.strip_prefix('<') {
                let end = tag.find('>').ok_or("a tag without its end")?;
                match tag[..end].strip_prefix('/') {
                    Some(name) if open.pop() == Some(name) => {}
                    Some(name) => return Err(format!("{name} closed out of turn")),
                    None if ["b", "i", "code", "pre"].contains(&&tag[..end]) => open.push(&tag[..end]),
                    None => return Err(format!("tag {}", &tag[..end])),
                }
                rest = &tag[end + 1..];
            } else {
                return Err("a bare >".to_owned());
            }
        }
        out.push_str(rest);
        if open.is_empty() { Ok(out) } else { Err(format!("{open:?} left open")) }
    }

    fn words() -> impl Strategy<Value = String> {
        prop_oneof![
            any::<String>().prop_map(|text| text.replace('\n', " ")),
            "[<>&\"'/;a-z ]{0,80}",
            Just("</b><script>&lt;&amp".to_owned()),
            Just("😀<&>".repeat(900)),
            Just("&".repeat(4_096)),
        ]
    }

    fn line() -> impl Strategy<Value = Line> {
        let style = prop_oneof![Just(Style::Plain), Just(Style::Bold), Just(Style::Italic), Just(Style::Code)];
        let spans = vec((style, words()).prop_map(|(style, text)| Span { style, text }), 0..4);
        (any::<bool>(), spans).prop_map(|(fixed, spans)| Line { fixed, spans })
    }

    proptest! {
        #[test]
        fn every_part_is_valid_fits_and_all_of_them_say_everything(lines in vec(line(), 0..40)) {
            let parts = parts(&lines);
            let mut said = String::new();
            for part in &parts {
                let text = parsed(&part.html).unwrap();
                assert_eq!(text, part.plain);
                assert!((1..=PART_UNITS_MAX).contains(&units(&text)));
                said += &text;
            }
            let solid = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            let whole: String = lines.iter().map(Line::text).collect();
            assert_eq!(solid(&said), solid(&whole));
        }

        #[test]
        fn short_lines_are_never_cut(texts in vec("[<>&a-z]{1,300}", 1..60), fixed in any::<bool>()) {
            let lines: Vec<Line> = texts.iter().map(|text| Line { fixed, ..Line::of(Style::Bold, text.as_str()) }).collect();
            let joined = parts(&lines).into_iter().map(|part| parsed(&part.html).unwrap()).collect::<Vec<_>>().join("\n");
            assert_eq!(joined, texts.join("\n"));
        }
    }
}
