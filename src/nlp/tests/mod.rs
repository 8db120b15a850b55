//! Tests of the language room as a whole.

<<<<<<< HEAD
pub mod compact;
pub mod market;
mod asking;
=======
mod asking;
pub mod compact;
pub mod market;
>>>>>>> nlp
mod ordering;
mod properties;
mod speaking;
