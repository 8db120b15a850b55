//! Lines of text with their labels in one column: a first line, then `label  value` pairs and plain lines.

/// A text under construction.
pub struct Sheet {
    lines: Vec<Line>,
}

enum Line {
    Plain(String),
    Pair(String, String),
}

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
        self.lines.push(Line::Pair(one_line(&label.into()), one_line(&value.into())));
    }

    /// Returns the text, the values of each run of pairs standing in one column.
    pub fn finish(self) -> String {
        let mut out: Vec<String> = Vec::with_capacity(self.lines.len());
        for run in self.lines.chunk_by(|a, b| matches!((a, b), (Line::Pair(..), Line::Pair(..)))) {
            let width = run.iter().map(|line| if let Line::Pair(label, _) = line { label.chars().count() } else { 0 }).max().unwrap_or(0);
            for line in run {
                out.push(match line {
                    Line::Plain(text) => text.clone(),
                    Line::Pair(label, value) => format!("  {label:<width$}  {value}").trim_end().to_owned(),
                });
            }
        }
        out.join("\n")
    }
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
}
