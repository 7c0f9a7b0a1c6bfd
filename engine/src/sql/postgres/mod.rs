//! The SQL of PostgreSQL: the peculiarities of its lexer, its expressions and its types, and how it takes
//! statements.

mod code;
mod form;
mod path;
mod tokens;
pub(super) mod types;
mod words;

pub use form::{Form, beyond, form, objects, probe};
pub use path::ScriptPath;
pub use tokens::{statements, tokens, unquoted};
pub use words::{identifier, is_reserved};
