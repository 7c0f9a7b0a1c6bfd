//! The SQL of SQLite: what its lexer, its expressions and its types have of their own.

#[cfg(feature = "tool")]
mod canonical;
#[cfg(feature = "tool")]
mod columns;
mod numbering;
#[cfg(feature = "tool")]
mod precedence;
#[cfg(test)]
mod tests;
mod tokens;
#[cfg(feature = "tool")]
pub(crate) mod tree;
pub(super) mod types;

#[cfg(feature = "tool")]
pub(crate) use canonical::{canonical, canonical_among, canonical_default, is_constant};
#[cfg(feature = "tool")]
pub(crate) use columns::{columns_in, rename_in, rename_words};
pub(crate) use numbering::numbers;
pub(crate) use tokens::{statements, tokens, unquoted};
