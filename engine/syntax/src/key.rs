//! The keys that indexes and exclusions are made of.

use syn::{Ident, LitInt, LitStr};

/// One key of an index.
#[derive(Debug, Clone)]
pub struct Key {
    /// Column or expression.
    pub of: KeyOf,
    /// Whether the order is descending.
    pub descending: bool,
    /// A collation other than the column's own.
    pub collate: Option<LitStr>,
    /// An operator class other than the type's usual one.
    pub opclass: Option<LitStr>,
    /// Where NULLs are sorted.
    pub nulls: Option<Nulls>,
    /// How much of each value is held, where it isn't all.
    pub prefix: Option<LitInt>,
}

impl Key {
    /// Creates a key without any options.
    pub(crate) fn new(of: KeyOf) -> Self {
        Self { of, descending: false, collate: None, opclass: None, nulls: None, prefix: None }
    }

    /// Returns the column, if the key is one.
    pub fn column(&self) -> Option<&Ident> {
        match &self.of {
            KeyOf::Column(name) => Some(name),
            KeyOf::Expr(_) => None,
        }
    }
}

/// Where NULLs are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are SQL's own")]
pub enum Nulls {
    First,
    Last,
}

/// What an index key is made of.
#[derive(Debug, Clone)]
pub enum KeyOf {
    /// A column by its Rust name.
    Column(Ident),
    /// An SQL expression.
    Expr(LitStr),
}
