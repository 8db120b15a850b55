//! A field of a request that is filled while the words are read.
//!
//! Invariant: a slot never changes in silence. A second, different value is a [`Doubt`] and becomes a question.

use super::doubt::Doubt;
use super::token::{Said, Span};
use crate::domain::evidence::EvidenceMap;

/// A field, empty at first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot<T>(Option<Said<T>>);

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: PartialEq> Slot<T> {
    /// Fills the slot.
    ///
    /// # Errors
    /// [`Doubt`] if it already holds something else; `name` says which field that is.
    pub fn fill(&mut self, name: &'static str, value: T, span: Span) -> Result<(), Doubt> {
        match &self.0 {
            Some(held) if held.value != value => Err(Doubt::twice(name)),
            Some(_) => Ok(()),
            None => {
                self.0 = Some(Said::new(value, span));
                Ok(())
            }
        }
    }

    /// Returns what was said, if anything was.
    pub const fn said(&self) -> Option<&Said<T>> {
        self.0.as_ref()
    }

    /// Returns the value, if there is one.
    pub fn value(&self) -> Option<&T> {
        self.0.as_ref().map(|said| &said.value)
    }

    /// Tells whether nothing was said.
    pub const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Writes the words that said it into `evidence` under `key`.
    pub fn note(&self, key: &str, evidence: &mut EvidenceMap) {
        if let Some(said) = &self.0 {
            evidence.insert(key.to_owned(), said.span.said());
        }
    }
}
