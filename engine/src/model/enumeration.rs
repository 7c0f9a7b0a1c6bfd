//! Enumerated types, on databases that have them as objects of their own.

use super::{Column, Hints, Pair, TableName};

/// An enumerated type. It shares one space of names with tables.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct EnumType {
    /// Its name in the database.
    pub name: TableName,
    /// Its values, the least first.
    pub values: Vec<EnumValue>,
    /// What it is for, where the database or a doc comment says so.
    pub comment: Option<String>,
    /// Which parts this description speaks for.
    pub speaks: EnumSpeaks,
    /// What depends on a live one.
    pub users: Vec<EnumUser>,
    /// What only a definition can say.
    pub hints: Hints,
}

impl EnumType {
    /// Creates an enumerated type with these values. Its description speaks for every aspect.
    ///
    /// ```
    /// use autogen::model::{EnumType, TableName};
    /// let mood = EnumType::new(TableName::new("mood"), ["sad", "glad"]);
    /// assert_eq!(mood.names(), ["sad", "glad"]);
    /// ```
    pub fn new<S: Into<String>>(name: TableName, values: impl IntoIterator<Item = S>) -> Self {
        Self {
            name,
            values: values.into_iter().map(|name| EnumValue { name: name.into(), renamed_from: None }).collect(),
            comment: None,
            speaks: EnumSpeaks { values: true, order: true, comment: true },
            users: Vec::new(),
            hints: Hints::default(),
        }
    }

    /// Returns the values' names as the database knows them, in order.
    pub fn names(&self) -> Vec<String> {
        self.values.iter().map(|value| value.name.clone()).collect()
    }
}

impl Pair<EnumType> {
    /// Returns the values on both sides.
    pub fn names(&self) -> Pair<Vec<String>> {
        self.as_ref().map(EnumType::names)
    }
}

/// A value of an enumerated type.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct EnumValue {
    /// The value in the database.
    pub name: String,
    /// Its earlier name, if a definition states one. It has no effect once it is applied.
    pub renamed_from: Option<String>,
}

/// Which parts of an enumerated type a description speaks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct EnumSpeaks {
    /// Whether it speaks for the values: a stock `#[derive(SqlType)]` only names a type.
    pub values: bool,
    /// Whether it speaks for the order of the values, which means nothing to the author of a stock derive.
    pub order: bool,
    /// Whether it speaks for the comment.
    pub comment: bool,
}

/// Something that depends on a live enumerated type.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct EnumUser {
    /// The table that it is a part of and goes with. `None` for objects that would be in the way if the type were
    /// dropped or recreated: views, functions, triggers, policies.
    pub table: Option<TableName>,
    /// What it is, in the database's words.
    pub what: String,
}

/// Renamed values of an enumerated type that columns hold as a text, or whose values columns list themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RenamedValues {
    /// The enum's name in Rust.
    pub of: String,
    /// Their old and new names. All are renamed at once, so two may change places.
    pub names: Vec<Pair<String>>,
}

impl RenamedValues {
    /// Returns the values that are renamed between two states of a column. Only a definition states renames.
    /// It is on the wanted side, which on the way back is the side before.
    pub fn between(columns: &Pair<Column>) -> Vec<Pair<String>> {
        let names = |column: &Column| column.hints.renamed_values.as_ref().map(|renamed| renamed.names.clone());
        let back = || names(&columns.from).map(|names| names.into_iter().map(Pair::reverse).collect());
        names(&columns.to).or_else(back).unwrap_or_default()
    }

    /// Checks whether a value of an enum already has its new name. `done` are the renames of revisions, the
    /// latest last. The last rename that concerns the two names decides.
    pub fn are_done(done: &[Self], of: &str, names: &Pair<String>) -> bool {
        let back = names.clone().reverse();
        let about = |other: &&Self| other.of == of && (other.names.contains(names) || other.names.contains(&back));
        done.iter().rev().find(about).is_some_and(|last| last.names.contains(names))
    }
}
