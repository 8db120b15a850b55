//! Narrow tables: the first column to the left, the others to the right, so that digits stand under digits.

use super::sheet;

/// Returns the lines of a table, indented by two.
pub fn lines(header: &[&str], rows: &[Vec<String>]) -> Vec<String> {
    let head: Vec<String> = header.iter().map(|&cell| cell.to_owned()).collect();
    let all: Vec<Vec<String>> = std::iter::once(head).chain(rows.iter().map(|row| row.iter().map(|cell| sheet::one_line(cell)).collect())).collect();
    let widths: Vec<usize> = (0..header.len()).map(|column| all.iter().map(|row| width(row, column)).max().unwrap_or(0)).collect();
    all.iter().map(|row| format!("  {}", aligned(row, &widths)).trim_end().to_owned()).collect()
}

/// Returns one line of two columns, the first `width` characters wide.
pub fn pair(left: &str, right: &str, width: usize) -> String {
    format!("  {left:<width$}  {right}")
}

fn width(row: &[String], column: usize) -> usize {
    row.get(column).map_or(0, |cell| cell.chars().count())
}

fn aligned(row: &[String], widths: &[usize]) -> String {
    let cells = row.iter().zip(widths).enumerate().map(|(column, (cell, &width))| match column {
        0 => format!("{cell:<width$}"),
        _ => format!("{cell:>width$}"),
    });
    cells.collect::<Vec<_>>().join("  ")
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [vec!["BTC".to_owned(), "1".to_owned()], vec!["DOGE".to_owned(), "1,000".to_owned()]];
        assert_eq!(lines(&["Coin", "Size"], &rows), ["  Coin   Size", "  BTC       1", "  DOGE  1,000"]);
    }
}
