//! Lines of text with their labels in one column: a first line, then `label  value` pairs, perhaps with the source of the
//! value in a third column, and plain lines.

/// A text under construction.
pub struct Sheet {
    lines: Vec<Line>,
}

enum Line {
    Plain(String),
    Pair(String, String, String),
}

/// Widest value that makes room for itself in front of the sources; a longer one stands out.
const VALUE_CHARS_MAX: usize = 40;

impl Sheet {
    /// Returns a sheet with its first line.
    pub fn new(headline: impl Into<String>) -> Self {
        Self { lines: vec![Line::Plain(headline.into())] }
    }

    /// Adds a line as it is.
    pub fn line(&mut self, text: impl Into<String>) {
        self.lines.push(Line::Plain(text.into()));
    }

    /// Adds lines as they are.
    pub fn lines(&mut self, lines: impl IntoIterator<Item = String>) {
        self.lines.extend(lines.into_iter().map(Line::Plain));
    }

    /// Adds a label and its value. A person's text inside it stays on one line.
    pub fn pair(&mut self, label: impl Into<String>, value: impl Into<String>) {
        self.sourced(label, value, "");
    }

    /// Adds a label, its value, and where the value comes from.
    pub fn sourced(&mut self, label: impl Into<String>, value: impl Into<String>, source: &str) {
        self.lines.push(Line::Pair(one_line(&label.into()), one_line(&value.into()), one_line(source)));
    }

    /// Returns the text, the values of each run of pairs standing in one column.
    pub fn finish(self) -> String {
        let mut out: Vec<String> = Vec::with_capacity(self.lines.len());
        for run in self.lines.chunk_by(|a, b| matches!((a, b), (Line::Pair(..), Line::Pair(..)))) {
            let (label_width, value_width) = widths(run);
            for line in run {
                out.push(match line {
                    Line::Plain(text) => text.clone(),
                    Line::Pair(label, value, source) if source.is_empty() => {
                        format!("  {label:<label_width$}  {value}").trim_end().to_owned()
                    }
                    Line::Pair(label, value, source) => format!("  {label:<label_width$}  {value:<value_width$}  ← {source}"),
                });
            }
        }
        out.join("\n")
    }
}

/// Returns how wide the labels and the sourced values of a run are.
fn widths(run: &[Line]) -> (usize, usize) {
    run.iter().fold((0, 0), |(labels, values), line| match line {
        Line::Plain(_) => (labels, values),
        Line::Pair(label, value, source) => {
            let value = value.chars().count();
            let sourced = !source.is_empty() && value <= VALUE_CHARS_MAX;
            (labels.max(label.chars().count()), if sourced { values.max(value) } else { values })
        }
    })
}

/// Returns the text on one line.
pub fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::Sheet;

    #[test]
    fn each_run_of_pairs_has_its_own_column() {
        let mut sheet = Sheet::new("Head");
        sheet.pair("a", "1");
        sheet.pair("long", "2\n3");
        sheet.line("Between");
        sheet.pair("b", "4");
        assert_eq!(sheet.finish(), "Head\n  a     1\n  long  2 3\nBetween\n  b  4");
    }

    #[test]
    fn sources_stand_in_one_column_behind_the_values() {
        let mut sheet = Sheet::new("Head");
        sheet.sourced("price", "1", "quote");
        sheet.sourced("fee", "22", "rule");
        sheet.pair("id", "a longer value without a source");
        assert_eq!(sheet.finish(), "Head\n  price  1   ← quote\n  fee    22  ← rule\n  id     a longer value without a source");
    }
}
