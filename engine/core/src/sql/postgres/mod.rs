//! The expressions of PostgreSQL, and how it takes statements.

mod canonical;
mod casts;
mod columns;
pub(crate) mod inside;
mod left_out;
mod schemas;
#[cfg(test)]
mod tests;

pub(crate) use autogen::sql::postgres::*;
pub(crate) use canonical::{canonical, canonical_default};
pub(crate) use casts::{gives_type, mentions, rename_enum_value, rename_literals, rename_type};
pub(crate) use columns::{columns_in, rename_in, rename_words};
pub(crate) use left_out::without_server_objects;
pub(crate) use schemas::without_schema;
