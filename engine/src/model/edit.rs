//! What can happen to one object between two schemas.

use super::{Pair, TableName};

/// An object comes, goes, or changes under the same name. Every variant holds all that its reverse needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit<T> {
    /// The object is new.
    Add(T),
    /// The object is gone.
    Drop(T),
    /// The object has one name on both sides, and differs.
    Alter(Box<Pair<T>>),
}

impl<T> Edit<T> {
    /// Builds the edit that makes one side into the other.
    pub fn alter(from: T, to: T) -> Self {
        Self::Alter(Box::new(Pair::new(from, to)))
    }

    /// Returns the edit that takes this one back.
    ///
    /// ```
    /// use autogen::model::Edit;
    /// assert_eq!(Edit::Add(1).reverse(), Edit::Drop(1));
    /// assert_eq!(Edit::alter(1, 2).reverse(), Edit::alter(2, 1));
    /// ```
    #[must_use]
    pub fn reverse(self) -> Self {
        match self {
            Self::Add(object) => Self::Drop(object),
            Self::Drop(object) => Self::Add(object),
            Self::Alter(objects) => Self::Alter(Box::new(objects.reverse())),
        }
    }

    /// Returns the object as it is before the edit, or the new object.
    pub fn first(&self) -> &T {
        match self {
            Self::Add(object) | Self::Drop(object) => object,
            Self::Alter(objects) => &objects.from,
        }
    }

    /// Returns both sides. One is missing if the object comes or goes.
    pub fn sides(&self) -> Pair<Option<&T>> {
        match self {
            Self::Add(object) => Pair::new(None, Some(object)),
            Self::Drop(object) => Pair::new(Some(object), None),
            Self::Alter(objects) => Pair::new(Some(&objects.from), Some(&objects.to)),
        }
    }
}

/// An object gets another name, and keeps everything else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rename {
    /// A table.
    Table(Pair<TableName>),
    /// A column of a table.
    Column(TableName, Pair<String>),
    /// An enumerated type.
    Enum(Pair<TableName>),
    /// A value of an enumerated type.
    EnumValue(TableName, Pair<String>),
}

impl Rename {
    /// Returns the rename that takes this one back.
    #[must_use]
    pub fn reverse(self) -> Self {
        match self {
            Self::Table(names) => Self::Table(names.reverse()),
            Self::Column(table, names) => Self::Column(table, names.reverse()),
            Self::Enum(names) => Self::Enum(names.reverse()),
            Self::EnumValue(name, values) => Self::EnumValue(name, values.reverse()),
        }
    }
}
