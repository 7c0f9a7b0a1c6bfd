//! The expressions of SQLite.

mod canonical;
mod columns;
mod precedence;
#[cfg(test)]
mod tests;
pub(crate) mod tree;

pub(crate) use canonical::{canonical, canonical_among, canonical_default, is_constant};
pub(crate) use columns::{columns_in, rename_in, rename_words};
