//! Narrow tables: words to the left, numbers to the right, so that digits stand under digits.

use super::sheet;

/// A column: its name, and with it which way its cells stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// Cells stand to the left.
    Words(&'static str),
    /// Cells stand to the right.
    Numbers(&'static str),
}

/// Returns the lines of a table, the names of its columns first, indented by two.
pub fn lines(columns: &[Column], rows: &[Vec<String>]) -> Vec<String> {
    let head: Vec<String> = columns.iter().map(|column| column.name().to_owned()).collect();
    let body = rows.iter().map(|row| row.iter().map(|cell| sheet::one_line(cell)).collect());
    let all: Vec<Vec<String>> = std::iter::once(head).chain(body).collect();
    let widths: Vec<usize> = (0..columns.len()).map(|at| all.iter().map(|row| width(row, at)).max().unwrap_or(0)).collect();
    all.iter().map(|row| format!("  {}", aligned(row, columns, &widths)).trim_end().to_owned()).collect()
}

/// Returns one line of two columns, the first `width` characters wide.
pub fn pair(left: &str, right: &str, width: usize) -> String {
    format!("  {left:<width$}  {right}")
}

impl Column {
    const fn name(self) -> &'static str {
        match self {
            Self::Words(name) | Self::Numbers(name) => name,
        }
    }
}

fn width(row: &[String], column: usize) -> usize {
    row.get(column).map_or(0, |cell| cell.chars().count())
}

fn aligned(row: &[String], columns: &[Column], widths: &[usize]) -> String {
    let cells = row.iter().zip(columns).zip(widths).map(|((cell, column), &width)| match column {
        Column::Words(_) => format!("{cell:<width$}"),
        Column::Numbers(_) => format!("{cell:>width$}"),
    });
    cells.collect::<Vec<_>>().join("  ")
}

#[cfg(test)]
mod tests {
    use super::{Column, lines};

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [vec!["BTC".to_owned(), "1".to_owned()], vec!["DOGE".to_owned(), "1,000".to_owned()]];
        let columns = [Column::Words("Coin"), Column::Numbers("Size")];
        assert_eq!(lines(&columns, &rows), ["  Coin   Size", "  BTC       1", "  DOGE  1,000"]);
    }
}
