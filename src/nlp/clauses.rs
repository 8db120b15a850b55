//! Reading a text clause by clause, in any order.

use super::cursor::Cursor;
use super::doubt::Doubt;
use super::token::{Kind, Span};

/// Reads clause after clause to the end; the places of words that no clause takes go into `unknown`.
///
/// # Errors
/// The first [`Doubt`], a number that cannot be read among them.
pub fn read<'t>(
    cursor: &mut Cursor<'t>,
    unknown: &mut Vec<Span>,
    mut clause: impl FnMut(&mut Cursor<'t>) -> Result<bool, Doubt>,
) -> Result<(), Doubt> {
    while let Some(token) = cursor.token(0) {
        if let Kind::Bad(issue) = token.kind {
            return Err(Doubt::number(issue, token.span.of(cursor.text())));
        }
        if !clause(cursor)? {
            unknown.extend(cursor.skip());
        }
    }
    Ok(())
}
