//! Rows whose columns are known only when they arrive.

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, QueryableByName};
use diesel::row::{Field as _, NamedRow};
use diesel::sql_types::{BigInt, Binary, Double, Text};
use diesel::sqlite::{Sqlite, SqliteType};

/// A row.
pub(super) struct Row(pub(super) Vec<Value>);

/// One of SQLite's five kinds of values.
#[derive(Debug)]
pub(super) enum Value {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
    Blob(Vec<u8>),
}

impl Value {
    /// The value without quotes, for names and numbers.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Null => "none".to_owned(),
            Self::Text(text) => text.clone(),
            Self::Integer(_) | Self::Real(_) | Self::Blob(_) => self.literal(),
        }
    }

    /// The value as SQL writes it.
    pub(super) fn literal(&self) -> String {
        match self {
            Self::Null => "NULL".to_owned(),
            Self::Integer(number) => number.to_string(),
            Self::Real(number) => format!("{number:?}"),
            // Escaped breaks keep a value on its line.
            Self::Text(text) => {
                format!("'{}'", text.replace('\'', "''").replace('\r', "\\r").replace('\n', "\\n"))
            }
            Self::Blob(bytes) => {
                let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                format!("x'{digits}'")
            }
        }
    }
}

impl QueryableByName<Sqlite> for Row {
    fn build<'a>(row: &impl NamedRow<'a, Sqlite>) -> deserialize::Result<Self> {
        let mut values = Vec::new();
        for position in 0..row.field_count() {
            let field = diesel::row::Row::get(row, position).ok_or("a column is missing")?;
            values.push(match field.value() {
                None => Value::Null,
                Some(raw) => value(raw)?,
            });
        }
        Ok(Self(values))
    }
}

fn value(raw: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Value> {
    Ok(match raw.value_type() {
        None => Value::Null,
        Some(SqliteType::Text) => Value::Text(FromSql::<Text, Sqlite>::from_sql(raw)?),
        Some(SqliteType::Binary) => Value::Blob(FromSql::<Binary, Sqlite>::from_sql(raw)?),
        Some(SqliteType::Float | SqliteType::Double) => Value::Real(FromSql::<Double, Sqlite>::from_sql(raw)?),
        Some(SqliteType::SmallInt | SqliteType::Integer | SqliteType::Long) => {
            Value::Integer(FromSql::<BigInt, Sqlite>::from_sql(raw)?)
        }
    })
}
