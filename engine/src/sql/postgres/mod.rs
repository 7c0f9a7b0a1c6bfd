//! The SQL of PostgreSQL: what its lexer, its expressions and its types have of their own, and how it takes statements.

#[cfg(feature = "tool")]
mod canonical;
#[cfg(feature = "tool")]
mod casts;
#[cfg(feature = "tool")]
mod columns;
mod form;
#[cfg(feature = "tool")]
pub(crate) mod inside;
#[cfg(feature = "tool")]
mod left_out;
#[cfg(feature = "tool")]
mod schemas;
#[cfg(test)]
mod tests;
mod tokens;
pub(super) mod types;
mod words;

#[cfg(feature = "tool")]
pub(crate) use canonical::{canonical, canonical_default};
#[cfg(feature = "tool")]
pub(crate) use casts::{gives_type, mentions, rename_enum_value, rename_literals, rename_type};
#[cfg(feature = "tool")]
pub(crate) use columns::{columns_in, rename_in, rename_words};
pub(crate) use form::{Form, beyond, form, objects};
#[cfg(feature = "tool")]
pub(crate) use left_out::without_server_objects;
#[cfg(feature = "tool")]
pub(crate) use schemas::without_schema;
pub(crate) use tokens::{statements, tokens, unquoted};
pub(crate) use words::{identifier, is_reserved};
