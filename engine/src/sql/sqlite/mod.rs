//! The SQL of SQLite: the peculiarities of its lexer, its expressions and its types.

mod numbering;
mod tokens;
pub(super) mod types;

pub use numbering::numbers;
pub use tokens::{statements, tokens, unquoted};
