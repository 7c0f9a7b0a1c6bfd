//! The SQL of PostgreSQL: what its lexer, its expressions and its types have of their own, and how it takes statements.

mod form;
mod tokens;
pub(super) mod types;
mod words;

pub use form::{Form, beyond, form, objects};
pub use tokens::{statements, tokens, unquoted};
pub use words::{identifier, is_reserved};
