//! Indexes beyond plain unique rules.

use std::collections::BTreeMap;

use super::{Expr, Hints, Unique, UniqueForm};

/// An index. A plain unique one (columns only, no condition) is a [`Unique`] instead.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Index {
    /// The name; a declared index without one compares by shape and gets a name when created.
    pub name: Option<String>,
    /// What is indexed, in order.
    pub columns: Vec<IndexColumn>,
    /// Whether no two indexed rows may be equal.
    pub unique: bool,
    /// The condition that indexed rows satisfy.
    pub predicate: Option<Expr>,
    /// The access method, where it isn't the usual one (a B-tree).
    pub method: Option<String>,
    /// Columns that are included without being keys.
    pub include: Vec<String>,
    /// Whether NULLs are equal to one another in a unique index.
    pub nulls_not_distinct: bool,
    /// Storage parameters, by name.
    pub parameters: BTreeMap<String, String>,
    /// MariaDB and MySQL: whether it is kept up to date but not used by queries, in the server's word.
    pub hidden: Option<Hidden>,
    /// What it is for, where the database keeps that.
    pub comment: Option<String>,
    /// Source place and permissions, for a declared one.
    pub hints: Hints,
}

impl Index {
    /// Creates an index without a name, neither unique nor partial.
    pub fn new(columns: Vec<IndexColumn>) -> Self {
        Self {
            name: None,
            columns,
            unique: false,
            predicate: None,
            method: None,
            include: Vec::new(),
            nulls_not_distinct: false,
            parameters: BTreeMap::new(),
            hidden: None,
            comment: None,
            hints: Hints::default(),
        }
    }

    /// Creates an index over whole columns, without a name.
    pub fn over(columns: &[String]) -> Self {
        Self::new(columns.iter().map(|column| IndexColumn::new(IndexKey::Column(column.clone()))).collect())
    }

    /// Returns `true` if the index's first keys are these columns, whole and in this order.
    pub fn begins_with(&self, columns: &[String]) -> bool {
        let is_key = |(key, column): (&IndexColumn, &String)| {
            key.prefix.is_none() && matches!(&key.key, IndexKey::Column(name) if name == column)
        };
        self.method.is_none() && self.columns.len() >= columns.len() && self.columns.iter().zip(columns).all(is_key)
    }

    /// Returns the index's expressions: those of its keys and its condition.
    pub fn expressions(&self) -> impl Iterator<Item = &Expr> {
        self.columns.iter().filter_map(|column| column.key.expr()).chain(&self.predicate)
    }

    /// Returns the rule that a unique index states, if it is nothing but a rule. Everybody else then sees it
    /// as a [`Unique`].
    ///
    /// ```
    /// use autogen::model::{Index, IndexColumn, IndexKey};
    /// let mut index = Index::new(vec![IndexColumn::new(IndexKey::Column("serial".into()))]);
    /// assert_eq!(index.plain_unique(), None);
    /// index.unique = true;
    /// assert_eq!(index.plain_unique().map(|unique| unique.columns), Some(vec!["serial".to_owned()]));
    /// ```
    pub fn plain_unique(&self) -> Option<Unique> {
        let is_plain = self.unique && self.predicate.is_none() && self.method.is_none() && self.include.is_empty();
        let columns = self.columns.iter().map(|column| match &column.key {
            IndexKey::Column(name) if *column == IndexColumn::new(IndexKey::Column(name.clone())) => Some(name.clone()),
            IndexKey::Column(_) | IndexKey::Expr(_) => None,
        });
        let columns: Vec<String> = columns.collect::<Option<_>>().filter(|_| is_plain)?;
        Some(Unique {
            name: self.name.clone(),
            form: UniqueForm::Index,
            nulls_not_distinct: self.nulls_not_distinct,
            parameters: self.parameters.clone(),
            hidden: self.hidden,
            comment: self.comment.clone(),
            hints: self.hints.clone(),
            ..Unique::new(columns)
        })
    }
}

/// One key of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct IndexColumn {
    /// Column or expression.
    pub key: IndexKey,
    /// Whether the order is descending.
    pub descending: bool,
    /// A collation other than the column's own.
    pub collation: Option<String>,
    /// MySQL: how many characters of each value are indexed (for binary values, bytes), if not all.
    pub prefix: Option<u32>,
    /// An operator class other than the type's usual one, with its quotes and schema where it needs them.
    pub opclass: Option<String>,
    /// Where NULLs are sorted, if that differs from the direction's default.
    pub nulls: Option<Nulls>,
}

impl IndexColumn {
    /// Creates a key in ascending order without any options.
    pub fn new(key: IndexKey) -> Self {
        Self { key, descending: false, collation: None, prefix: None, opclass: None, nulls: None }
    }
}

/// The servers' words for an index that queries don't use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Hidden {
    /// MySQL's.
    Invisible,
    /// MariaDB's.
    Ignored,
}

/// Where NULLs are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[allow(missing_docs, reason = "the names are SQL's own")]
pub enum Nulls {
    First,
    Last,
}

/// What an index key is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum IndexKey {
    /// A column by name.
    Column(String),
    /// An expression over columns.
    Expr(Expr),
}

impl IndexKey {
    /// Returns the column's name, unless the key is an expression.
    pub fn column(&self) -> Option<&String> {
        match self {
            Self::Column(name) => Some(name),
            Self::Expr(_) => None,
        }
    }

    /// Returns the expression, if the key is one.
    pub fn expr(&self) -> Option<&Expr> {
        match self {
            Self::Column(_) => None,
            Self::Expr(expr) => Some(expr),
        }
    }
}

/// Normalises a storage parameter's value for comparison. PostgreSQL keeps the value as it was written, and
/// takes several words for true and for false.
pub fn parameter_value(value: &str) -> String {
    match value.to_lowercase().as_str() {
        "true" | "yes" => "on".to_owned(),
        "false" | "no" => "off".to_owned(),
        other => other.to_owned(),
    }
}
