//! Many rows in one INSERT: a step's links, ledger lines and notices cost one statement each, not one a row.

use sqlx::{AnyConnection, AssertSqlSafe};

use super::table::Cell;

/// Most rows in one statement, well below both engines' limits on arguments.
const ROWS_MAX: usize = 100;

/// Inserts `rows` by `insert` (up to and without its VALUES), each row one set of markers, followed by `tail`.
pub(super) async fn insert_all(
    connection: &mut AnyConnection,
    insert: &'static str,
    tail: &'static str,
    rows: Vec<Vec<Cell>>,
) -> Result<(), sqlx::Error> {
    let mut rows = rows.into_iter().peekable();
    while let Some(columns) = rows.peek().map(Vec::len) {
        let chunk: Vec<Vec<Cell>> = rows.by_ref().take(ROWS_MAX).collect();
        // Safe: the text is made of words of this program and numbers; every value is an argument.
        let mut query = sqlx::query(AssertSqlSafe(format!("{insert} VALUES {} {tail}", markers(chunk.len(), columns))));
        for cell in chunk.into_iter().flatten() {
            query = match cell {
                Cell::Text(value) => query.bind(value),
                Cell::Int(value) => query.bind(value),
            };
        }
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

/// Returns `($1, $2), ($3, $4)` for two rows of two columns.
fn markers(rows: usize, columns: usize) -> String {
    let row = |row: usize| {
        let marks: Vec<String> = (1..=columns).map(|column| format!("${}", row * columns + column)).collect();
        format!("({})", marks.join(", "))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_count_through_all_rows() {
        assert_eq!(markers(1, 1), "($1)");
        assert_eq!(markers(2, 3), "($1, $2, $3), ($4, $5, $6)");
    }
}
