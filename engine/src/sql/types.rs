//! How types and literals are written, in both directions.

use super::NamedType;
use super::{mysql, postgres, sqlite};
use crate::dialect::Dialect;
use crate::model::Table;
use crate::model::{Column, DataType, TableOptions};

impl Dialect {
    /// Returns how this dialect spells a type. Returns `None` if Diesel has no such type on this dialect.
    ///
    /// ```
    /// use autogen::dialect::Dialect;
    /// use autogen::model::{DataType, TableOptions};
    /// let spelled = |ty| Dialect::Sqlite.spelling(&ty, &TableOptions::default());
    /// assert_eq!(spelled(DataType::Varchar(Some(64))).as_deref(), Some("VARCHAR(64)"));
    /// assert_eq!(spelled(DataType::Uuid), None);
    /// ```
    pub fn spelling(self, data_type: &DataType, options: &TableOptions) -> Option<String> {
        match self {
            Self::Sqlite => sqlite::types::spelling(data_type, options),
            Self::Postgres => postgres::types::spelling(data_type, options),
            Self::Mysql => mysql::types::spelling(data_type, options),
        }
    }

    /// Returns the words of a column's type: the stated ones, or else this dialect's. A type that Diesel
    /// doesn't have here was refused at its definition, so its name is the best that remains.
    pub fn column_type(self, column: &Column, options: &TableOptions) -> String {
        let spelled = || self.spelling(&column.data_type, options);
        column.sql_type.clone().or_else(spelled).unwrap_or_else(|| column.data_type.to_string())
    }

    /// Returns a column's type for people: in Diesel's words, or in the database's if those say something
    /// else.
    pub fn shown_type(self, column: &Column) -> String {
        let says_more = |words: &&String| {
            matches!(column.data_type, DataType::Other(_)) || self.data_type(words) != column.data_type
        };
        column.sql_type.as_ref().filter(says_more).cloned().unwrap_or_else(|| column.data_type.to_string())
    }

    /// Checks whether the words of two types are the same. Case counts in names that somebody has given, and
    /// in values.
    pub fn same_words(self, a: &str, b: &str) -> bool {
        match self {
            Self::Sqlite => folded(a) == folded(b),
            Self::Postgres => match (NamedType::of(a, self), NamedType::of(b, self)) {
                (Some(a), Some(b)) => a == b,
                (Some(_) | None, None) | (None, Some(_)) => folded(a) == folded(b),
            },
            Self::Mysql if mysql::types::values(a).is_some() => mysql::types::same_words(a, b),
            Self::Mysql => folded(a) == folded(b),
        }
    }

    /// Returns `true` if an index may hold only prefixes of this length of the column's values.
    pub fn takes_prefix(self, column: &Column, options: &TableOptions, length: u32) -> bool {
        match self {
            Self::Sqlite | Self::Postgres => false,
            Self::Mysql => mysql::types::takes_prefix(&self.column_type(column, options), length),
        }
    }

    /// Returns `true` if the column's values are compared by a collation.
    pub fn has_collation(self, column: &Column, options: &TableOptions) -> bool {
        let sql_type = self.column_type(column, options);
        match self {
            Self::Sqlite => true,
            Self::Postgres => {
                matches!(self.data_type(&sql_type), DataType::Text | DataType::Varchar(_) | DataType::Char(_))
            }
            Self::Mysql => mysql::types::has_collation(&sql_type),
        }
    }

    /// Returns the columns that a table's primary key keeps from being NULL.
    pub fn required_by_key(self, table: &Table) -> Vec<String> {
        match self {
            Self::Sqlite if !sqlite::types::key_requires_values(table) => Vec::new(),
            Self::Sqlite | Self::Postgres | Self::Mysql => {
                table.primary_key.as_ref().map(|key| key.columns.clone()).unwrap_or_default()
            }
        }
    }

    /// Returns the Diesel type for a type's spelling.
    pub fn data_type(self, spelling: &str) -> DataType {
        match self {
            Self::Sqlite => sqlite::types::data_type(spelling),
            Self::Postgres => postgres::types::data_type(spelling),
            Self::Mysql => mysql::types::data_type(spelling),
        }
    }

    /// Checks whether a default's text is a literal that needs no brackets and is the same for all rows.
    ///
    /// ```
    /// use autogen::dialect::Dialect;
    /// assert!(Dialect::Sqlite.is_literal("'it''s'"));
    /// assert!(!Dialect::Sqlite.is_literal("CURRENT_TIMESTAMP"));
    /// assert!(!Dialect::Sqlite.is_literal("1 + 1"));
    /// ```
    pub fn is_literal(self, sql: &str) -> bool {
        self.bare_literal(sql).is_some()
    }

    /// Returns a literal without the words that tell its type, so that another type can read it. Returns
    /// `None` if [`is_literal`](Self::is_literal) is false for the text.
    ///
    /// ```
    /// use autogen::dialect::Dialect;
    /// assert_eq!(Dialect::Postgres.bare_literal("'sad'::text"), Some("'sad'"));
    /// assert_eq!(Dialect::Postgres.bare_literal("now()"), None);
    /// ```
    pub fn bare_literal(self, sql: &str) -> Option<&str> {
        match self {
            Self::Sqlite => sqlite::types::is_literal(sql).then_some(sql),
            Self::Postgres => postgres::types::bare_literal(sql),
            Self::Mysql => mysql::types::is_literal(sql).then_some(sql),
        }
    }

    /// Checks whether two types are the same. With `lengths`, an unstated length or precision on the wanted
    /// side means "none" (see [`Speaks::lengths`](crate::model::Speaks)).
    pub fn same_type(self, from: &DataType, to: &DataType, options: &TableOptions, lengths: bool) -> bool {
        match self {
            Self::Sqlite => sqlite::types::same_type(from, to, options, lengths),
            Self::Postgres => postgres::types::same_type(from, to, options, lengths),
            Self::Mysql => mysql::types::same_type(from, to, options, lengths),
        }
    }
}

/// Returns a type's spelling in lower case, with single spaces.
fn folded(spelling: &str) -> String {
    let spaced = spelling.to_ascii_lowercase().replace('(', " ( ").replace(')', " ) ").replace(',', " , ");
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}
