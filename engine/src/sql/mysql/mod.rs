//! The SQL of MariaDB and MySQL.

#[cfg(feature = "tool")]
mod canonical;
#[cfg(feature = "tool")]
mod columns;
mod statements;
mod tokens;
pub(super) mod types;

#[cfg(feature = "tool")]
pub(crate) use canonical::{canonical, canonical_default};
#[cfg(feature = "tool")]
pub(crate) use columns::{columns_in, rename_in, rename_words};
pub(crate) use statements::statements;
#[cfg(feature = "tool")]
pub(crate) use tokens::text_literal;
pub(crate) use tokens::{counted, text_of, tokens, unquoted};
pub(crate) use types::values;
