//! The grammar, one file a family of commands. Each file begins with its grammar and its examples, and the examples are
//! tests.
//!
//! Notation: `|` or, `[x]` maybe, `{x}` any number of times, `N` a number, `SYM` a name of the lexicon. Fillers
//! (`vocabulary::FILLERS`) and soft marks may stand between any two words.

pub mod amount;
pub mod cancel;
pub mod close;
pub mod levels;
pub mod margin;
pub mod open;
pub mod price;
pub mod protect;
pub mod query;
pub mod reply;
pub mod share;
pub mod targets;
pub mod topic;
pub mod trading;
pub mod upkeep;

/// The examples of all families, each with its reading as one line.
#[cfg(test)]
pub(in crate::nlp) fn examples() -> impl Iterator<Item = (&'static str, &'static str)> {
    [share::EXAMPLES, amount::EXAMPLES, price::EXAMPLES, levels::EXAMPLES, open::EXAMPLES, close::EXAMPLES, cancel::EXAMPLES]
        .into_iter()
        .chain([protect::EXAMPLES, query::EXAMPLES, trading::EXAMPLES, reply::EXAMPLES, upkeep::EXAMPLES, margin::EXAMPLES])
        .flatten()
        .copied()
}
