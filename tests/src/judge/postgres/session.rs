//! A session of the judge's own, through another driver than the engine's, which gives values as text.

use diesel::QueryResult;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

type TextRow = Vec<Option<String>>;

/// A session; it ends with the value, and the server knows it then.
pub(super) struct Session {
    runtime: Runtime,
    client: Option<Client>,
    driver: Option<JoinHandle<()>>,
}

impl Session {
    pub(super) fn open(url: &str) -> QueryResult<Self> {
        let runtime = Builder::new_current_thread().enable_all().build().map_err(|error| said(&error))?;
        let (client, connection) =
            runtime.block_on(tokio_postgres::connect(url, NoTls)).map_err(|error| failed(&error))?;
        let driver = runtime.spawn(async {
            // What breaks the connection is told to the query that waits for it.
            let _ended = connection.await;
        });
        let session = Self { runtime, client: Some(client), driver: Some(driver) };
        session.query("SET TIME ZONE 'UTC'")?;
        Ok(session)
    }

    /// A query's rows, one line each, its values as SQL literals.
    pub(super) fn query(&self, sql: &str) -> QueryResult<Vec<String>> {
        let (types, rows) = self.run(sql)?;
        let line = |row: TextRow| {
            let values: Vec<_> = types.iter().zip(row).map(|(data_type, value)| literal(data_type, value)).collect();
            values.join(" | ")
        };
        Ok(rows.into_iter().map(line).collect())
    }

    /// Rows of a query that gives `N` columns, none of them NULL.
    pub(super) fn texts<const N: usize>(&self, sql: &str) -> QueryResult<Vec<[String; N]>> {
        let (_, rows) = self.run(sql)?;
        let whole = |row: TextRow| {
            let row: Vec<String> = row.into_iter().map(Option::unwrap_or_default).collect();
            row.try_into().expect("the query gives as many columns")
        };
        Ok(rows.into_iter().map(whole).collect())
    }

    /// What is to be said of as many rows as a query counts; nothing, if there are none.
    pub(super) fn counted(&self, said: &str, sql: &str) -> QueryResult<Option<String>> {
        let counts = self.texts::<1>(sql)?;
        let count = counts.first().map_or("0", |[count]| count.as_str());
        Ok((count != "0").then(|| said.replace("%s", count)))
    }

    fn run(&self, sql: &str) -> QueryResult<(Vec<Type>, Vec<TextRow>)> {
        let client = self.client.as_ref().expect("it is there until the session ends");
        self.runtime.block_on(async {
            let prepared = client.prepare(sql).await.map_err(|error| failed(&error))?;
            let types: Vec<Type> = prepared.columns().iter().map(|column| column.type_().clone()).collect();
            let messages = client.simple_query(sql).await.map_err(|error| failed(&error))?;
            let mut rows = Vec::new();
            for message in messages {
                if let SimpleQueryMessage::Row(row) = message {
                    rows.push((0..row.len()).map(|position| row.get(position).map(str::to_owned)).collect());
                }
            }
            Ok((types, rows))
        })
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        drop(self.client.take());
        if let Some(driver) = self.driver.take() {
            let _ended = self.runtime.block_on(driver);
        }
    }
}

fn literal(data_type: &Type, value: Option<String>) -> String {
    let Some(text) = value else { return "NULL".to_owned() };
    let is_bare = [Type::INT2, Type::INT4, Type::INT8, Type::FLOAT4, Type::FLOAT8, Type::NUMERIC];
    match *data_type {
        Type::BOOL => if text == "t" { "true" } else { "false" }.to_owned(),
        Type::BYTEA => format!("x'{}'", text.trim_start_matches("\\x")),
        ref data_type if is_bare.contains(data_type) => text,
        // Escaped breaks keep a value on its line.
        _ => format!("'{}'", text.replace('\'', "''").replace('\r', "\\r").replace('\n', "\\n")),
    }
}

fn failed(error: &tokio_postgres::Error) -> diesel::result::Error {
    error.as_db_error().map_or_else(|| said(error), |error| said(&error.message()))
}

fn said(error: &dyn std::fmt::Display) -> diesel::result::Error {
    diesel::result::Error::QueryBuilderError(error.to_string().into())
}
