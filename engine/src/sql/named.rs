//! Types whose names come neither from the database nor from Diesel, as columns have them.

use super::postgres::{identifier, tokens, unquoted};
use crate::dialect::Dialect;
use crate::model::{Column, TableName};

/// A named type, or an array of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedType {
    /// The type's name.
    pub name: TableName,
    /// Whether it is an array of these.
    pub is_array: bool,
}

impl NamedType {
    /// Reads the type that a column's words name. Returns `None` if the dialect has no types with names of
    /// their own, and for words that are more than a name.
    ///
    /// ```
    /// use autogen::dialect::Dialect;
    /// use autogen::sql::NamedType;
    /// let of = |words| NamedType::of(words, Dialect::Postgres).map(|found| (found.name.to_string(), found.is_array));
    /// assert_eq!(of("mood"), Some(("mood".into(), false)));
    /// assert_eq!(of(r#"other."Mood"[]"#), Some(("other.Mood".into(), true)));
    /// assert_eq!(of("numeric(10,2)"), None);
    /// ```
    pub fn of(words: &str, dialect: Dialect) -> Option<Self> {
        match dialect {
            Dialect::Sqlite | Dialect::Mysql => None,
            Dialect::Postgres => postgres(words),
        }
    }

    /// Returns the type that a column names.
    pub fn of_column(column: &Column, dialect: Dialect) -> Option<Self> {
        Self::of(column.sql_type.as_deref()?, dialect)
    }

    /// Returns the type's words as the database itself writes them.
    pub fn words(&self) -> String {
        let schema = self.name.schema.as_ref().map(|schema| format!("{}.", identifier(schema))).unwrap_or_default();
        let array = if self.is_array { "[]" } else { "" };
        format!("{schema}{}{array}", identifier(&self.name.name))
    }
}

fn postgres(words: &str) -> Option<NamedType> {
    let tokens = tokens(words)?;
    let texts: Vec<&str> = tokens.iter().map(|token| &words[token.span.clone()]).collect();
    let is_name = |at: usize| tokens.get(at).is_some_and(|token| token.kind.is_name());
    let (name, rest) = if is_name(0) && texts.get(1) == Some(&".") && is_name(2) {
        (TableName::in_schema(unquoted(texts[0]), unquoted(texts[2])), &texts[3..])
    } else if is_name(0) {
        (TableName::new(unquoted(texts[0])), &texts[1..])
    } else {
        return None;
    };
    let brackets: String = rest.concat();
    let is_array = brackets.starts_with('[');
    brackets.replace("[]", "").is_empty().then_some(NamedType { name, is_array })
}
