//! A session of the judge's own, through the driver itself, which gives values as text.

use diesel::QueryResult;
use mysql_async::consts::ColumnType;
use mysql_async::prelude::Queryable as _;
use mysql_async::{Column, Conn, Row, Value};
use tokio::runtime::{Builder, Runtime};

/// The collation that the server gives for bytes.
const BINARY: u16 = 63;

/// A session; it ends with the value, and the server knows it then.
pub(super) struct Session {
    runtime: Runtime,
    connection: Option<Conn>,
}

impl Session {
    pub(super) fn open(url: &str) -> QueryResult<Self> {
        let runtime = Builder::new_current_thread().enable_all().build().map_err(|error| said(&error))?;
        let connection = runtime.block_on(Conn::from_url(url)).map_err(|error| failed(&error))?;
        let mut session = Self { runtime, connection: Some(connection) };
        // Stories are told to several databases, which all take double quotes for those of names.
        session.query("SET SESSION time_zone = '+00:00', sql_mode = CONCAT(@@sql_mode, ',ANSI_QUOTES')")?;
        Ok(session)
    }

    /// A query's rows, one line each, its values as SQL literals.
    pub(super) fn query(&mut self, sql: &str) -> QueryResult<Vec<String>> {
        let line = |row: Row| {
            let columns = row.columns();
            let values: Vec<_> =
                columns.iter().zip(row.unwrap()).map(|(column, value)| literal(column, value)).collect();
            values.join(" | ")
        };
        Ok(self.run(sql)?.into_iter().map(line).collect())
    }

    /// Rows of a query as texts, in which nothing is what an empty text is.
    pub(super) fn texts(&mut self, sql: &str) -> QueryResult<Vec<Vec<String>>> {
        let texts = |row: Row| row.unwrap().into_iter().map(|value| text(value).unwrap_or_default()).collect();
        Ok(self.run(sql)?.into_iter().map(texts).collect())
    }

    /// How something was made, as the server shows it in a column of this name.
    pub(super) fn made(&mut self, sql: &str, column: &str) -> QueryResult<String> {
        let row = self.run(sql)?.into_iter().next();
        let shown = row.and_then(|row| row.get::<Value, _>(column)).and_then(text);
        shown.ok_or_else(|| said(&format!("{sql} shows no {column}")))
    }

    fn run(&mut self, sql: &str) -> QueryResult<Vec<Row>> {
        let connection = self.connection.as_mut().expect("it is there until the session ends");
        self.runtime.block_on(connection.query(sql)).map_err(|error| failed(&error))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            let _ended = self.runtime.block_on(connection.disconnect());
        }
    }
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::NULL => None,
        Value::Bytes(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        Value::Int(_) | Value::UInt(_) | Value::Float(_) | Value::Double(_) | Value::Date(..) | Value::Time(..) => {
            Some(value.as_sql(true))
        }
    }
}

fn literal(column: &Column, value: Value) -> String {
    let is_bytes = column.character_set() == BINARY && column.column_type().is_character_type();
    if let (Value::Bytes(bytes), true) = (&value, is_bytes) {
        return format!("x'{}'", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    }
    let Some(text) = text(value) else { return "NULL".to_owned() };
    let column_type = column.column_type();
    if column_type.is_numeric_type() || column_type == ColumnType::MYSQL_TYPE_YEAR {
        return text;
    }
    // Escaped breaks keep a value on its line.
    format!("'{}'", text.replace('\'', "''").replace('\r', "\\r").replace('\n', "\\n"))
}

fn failed(error: &mysql_async::Error) -> diesel::result::Error {
    match error {
        mysql_async::Error::Server(error) => said(&error.message),
        other => said(other),
    }
}

fn said(error: &dyn std::fmt::Display) -> diesel::result::Error {
    diesel::result::Error::QueryBuilderError(error.to_string().into())
}
