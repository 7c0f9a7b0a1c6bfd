//! The SQL of MariaDB and MySQL: the peculiarities of their lexer, their expressions and their types.

mod statements;
mod tokens;
pub(super) mod types;
mod writes;

pub use statements::{is_block, statements};
pub use tokens::text_literal;
pub use tokens::{counted, text_of, tokens, unquoted};
pub use types::values;
pub use writes::{Catalog, SESSION_SETTINGS, Stray};
