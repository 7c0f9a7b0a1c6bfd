//! The SQL of MariaDB and MySQL: what their lexer, their expressions and their types have of their own.

#[cfg(feature = "tool")]
mod canonical;
#[cfg(feature = "tool")]
mod collations;
#[cfg(feature = "tool")]
mod columns;
#[cfg(feature = "tool")]
mod definer;
#[cfg(feature = "tool")]
mod queries;
#[cfg(feature = "tool")]
mod renames;
mod statements;
mod tokens;
pub(super) mod types;
mod writes;

#[cfg(feature = "tool")]
pub(crate) use canonical::{canonical, canonical_default};
#[cfg(feature = "tool")]
pub(crate) use collations::states_collation;
#[cfg(feature = "tool")]
pub(crate) use columns::{columns_in, rename_in, rename_words};
#[cfg(feature = "tool")]
pub(crate) use definer::without_definer;
#[cfg(feature = "tool")]
pub(crate) use queries::{names_in_query, renamed_back};
#[cfg(feature = "tool")]
pub(crate) use renames::Renames;
pub(crate) use statements::{is_block, statements};
#[cfg(feature = "tool")]
pub(crate) use tokens::text_literal;
pub(crate) use tokens::{counted, text_of, tokens, unquoted};
pub(crate) use types::values;
pub(crate) use writes::{Catalog, SESSION_SETTINGS, Stray};
