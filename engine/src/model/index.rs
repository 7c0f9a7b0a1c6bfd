//! Indexes beyond plain unique rules.

use super::{Expr, Hints};

/// An index. A plain unique one (columns only, no condition) is a [`Unique`](super::Unique) instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// The name; a declared index without one compares by shape and gets a name when created.
    pub name: Option<String>,
    /// What is indexed, in order.
    pub columns: Vec<IndexColumn>,
    /// Whether no two indexed rows may be equal.
    pub unique: bool,
    /// Only rows that satisfy this are indexed.
    pub predicate: Option<Expr>,
    /// Source place and permissions, for a declared one.
    pub hints: Hints,
}

/// One key of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexColumn {
    /// Column or expression.
    pub key: IndexKey,
    /// Whether the order is descending.
    pub descending: bool,
    /// A collation other than the column's own.
    pub collation: Option<String>,
}

/// What an index key is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IndexKey {
    /// A column by name.
    Column(String),
    /// An expression over columns.
    Expr(Expr),
}
