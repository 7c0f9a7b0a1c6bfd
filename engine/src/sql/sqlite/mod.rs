//! The SQL of SQLite: what its lexer, its expressions and its types have of their own.

mod numbering;
mod tokens;
pub(super) mod types;

pub use numbering::numbers;
pub use tokens::{statements, tokens, unquoted};
