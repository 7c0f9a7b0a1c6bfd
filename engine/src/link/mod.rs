//! The connections that migrations are run over: any of Diesel's, and this program's own.

#[cfg(feature = "async")]
mod async_link;
mod conflict;
#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;
mod trouble;

use std::time::Duration;

use diesel::QueryResult;
use diesel::connection::{Connection, TransactionManager};
use diesel::deserialize::{FromSql, QueryableByName};
use diesel::row::{Field as _, NamedRow};
use diesel::sql_types::Text;

use crate::dialect::Dialect;

#[cfg(feature = "async")]
pub use async_link::{AsyncLink, blocking};
pub use conflict::{Conflict, retried, retried_for, says_conflict};
pub use trouble::{Trouble, refused, refuses_algorithm};

/// How long a migration may keep others waiting, and wait for them. No wait is without a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How long a statement waits for a lock that another program holds.
    pub lock: Duration,
    /// How long a statement runs. SQLite knows no such limit.
    pub statement: Duration,
    /// How long a program keeps its turn without a sign of life, on MariaDB and MySQL, where no transaction holds
    /// the turn.
    pub lease: Duration,
    /// How long a server may be silent before a second connection checks whether it is alive. Only this program's
    /// own connections are watched in this way.
    pub answer: Duration,
}

impl Default for Limits {
    /// Returns the default limits. A lock gets 10 seconds, because later programs queue behind the one that
    /// waits. A statement gets an hour, which an index over a large table may well take. A program may be
    /// silent for half a minute.
    fn default() -> Self {
        Self {
            lock: Duration::from_secs(10),
            statement: Duration::from_secs(3600),
            lease: Duration::from_secs(30),
            answer: Duration::from_secs(30),
        }
    }
}

/// Converts a time to the milliseconds that databases take. The result is never zero, which would mean no
/// limit, nor more than they can count.
pub fn milliseconds(time: Duration) -> i32 {
    i32::try_from(time.as_millis()).unwrap_or(i32::MAX).max(1)
}

/// What is about to run, for whoever shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'a> {
    /// A revision, and which of how many it is.
    Revision {
        /// Its name for people.
        name: &'a str,
        /// Its number, from 1.
        number: usize,
        /// How many there are.
        of: usize,
    },
    /// A statement of its script.
    Statement {
        /// Its number, from 1.
        number: usize,
        /// How many there are.
        of: usize,
    },
}

/// A row of texts; NULL is `None`.
pub type TextRow = Vec<Option<String>>;

/// Opens a connection, on whichever thread calls it.
pub type Opener = Box<dyn Fn() -> QueryResult<Box<dyn Link>> + Send>;

/// A connection that migrations can be run over.
///
/// Every blocking connection of Diesel's is one whose database this crate knows: `SqliteConnection`,
/// `PgConnection`, `MysqlConnection`, connections out of an r2d2 pool, and diesel-async's
/// `AsyncConnectionWrapper`. All of them are driven by the same code through these few questions.
pub trait Link {
    /// Returns the dialect that the database speaks.
    fn dialect(&self) -> Dialect;

    /// Runs statements and ignores their results.
    ///
    /// # Errors
    /// Whatever the database reports.
    fn execute(&mut self, sql: &str) -> QueryResult<()>;

    /// Returns the rows of a query whose columns are all texts. `values` fill its placeholders.
    ///
    /// # Errors
    /// Whatever the database reports.
    fn rows(&mut self, sql: &str, values: &[&str]) -> QueryResult<Vec<TextRow>>;

    /// Runs one statement with texts for its placeholders.
    ///
    /// # Errors
    /// Whatever the database reports.
    fn change(&mut self, sql: &str, values: &[&str]) -> QueryResult<()>;

    /// Runs one statement and ignores its results. Servers refuse a second one in the same text. SQLite doesn't run it.
    ///
    /// # Errors
    /// Whatever the database reports.
    fn execute_one(&mut self, sql: &str) -> QueryResult<()>;

    /// Returns `true` if somebody has opened a transaction through Diesel.
    fn is_in_transaction(&mut self) -> bool;

    /// Returns how long migrations may wait and run.
    fn limits(&self) -> Limits {
        Limits::default()
    }

    /// Returns `true` if other programs may run migrations on this database too.
    fn is_shared(&self) -> bool {
        true
    }

    /// Notes what is about to run, where somebody watches.
    fn note(&mut self, _step: Step<'_>) {}

    /// Returns `true` once the user wants the work to end.
    fn is_interrupted(&self) -> bool {
        false
    }

    /// Returns a function that opens another connection to the same database as the same user, if one can be
    /// had.
    fn another(&self) -> Option<Opener> {
        None
    }
}

/// A database of Diesel's over whose connections migrations can be run; see [`Link`].
pub trait Supported<C: ?Sized> {
    /// The dialect.
    const DIALECT: Dialect;

    /// Implements [`Link::rows`].
    ///
    /// # Errors
    /// Whatever the database reports.
    fn rows(connection: &mut C, sql: &str, values: &[&str]) -> QueryResult<Vec<TextRow>>;

    /// Implements [`Link::change`].
    ///
    /// # Errors
    /// Whatever the database reports.
    fn change(connection: &mut C, sql: &str, values: &[&str]) -> QueryResult<()>;

    /// Implements [`Link::execute_one`].
    ///
    /// # Errors
    /// Whatever the database reports.
    fn execute_one(connection: &mut C, sql: &str) -> QueryResult<()>;
}

impl<C> Link for C
where
    C: Connection,
    C::Backend: Supported<C>,
{
    fn dialect(&self) -> Dialect {
        C::Backend::DIALECT
    }

    fn execute(&mut self, sql: &str) -> QueryResult<()> {
        self.batch_execute(sql)
    }

    fn rows(&mut self, sql: &str, values: &[&str]) -> QueryResult<Vec<TextRow>> {
        C::Backend::rows(self, sql, values)
    }

    fn change(&mut self, sql: &str, values: &[&str]) -> QueryResult<()> {
        C::Backend::change(self, sql, values)
    }

    fn execute_one(&mut self, sql: &str) -> QueryResult<()> {
        C::Backend::execute_one(self, sql)
    }

    fn is_in_transaction(&mut self) -> bool {
        let status = C::TransactionManager::transaction_manager_status_mut(self);
        // A transaction manager that has lost count can't begin anything on its connection either.
        !matches!(status.transaction_depth(), Ok(None))
    }
}

struct Texts(TextRow);

impl<DB> QueryableByName<DB> for Texts
where
    DB: diesel::backend::Backend,
    String: FromSql<Text, DB>,
{
    fn build<'a>(row: &impl NamedRow<'a, DB>) -> diesel::deserialize::Result<Self> {
        let mut texts = TextRow::with_capacity(row.field_count());
        for at in 0..row.field_count() {
            let field = diesel::row::Row::get(row, at).ok_or("a row is shorter than it says")?;
            texts.push(field.value().map(<String as FromSql<Text, DB>>::from_sql).transpose()?);
        }
        Ok(Self(texts))
    }
}

/// A generic function would need bounds on Diesel's internals. For a given database they are met.
macro_rules! supported {
    ($backend:ty, $dialect:expr, $spelled:expr, $one:expr) => {
        impl<C> Supported<C> for $backend
        where
            C: LoadConnection<Backend = $backend>,
        {
            const DIALECT: Dialect = $dialect;

            fn rows(connection: &mut C, sql: &str, values: &[&str]) -> diesel::QueryResult<Vec<TextRow>> {
                let mut query = sql_query($spelled(sql)).into_boxed::<$backend>();
                for value in values {
                    query = query.bind::<Text, _>(*value);
                }
                Ok(query.load::<Texts>(connection)?.into_iter().map(|Texts(row)| row).collect())
            }

            fn change(connection: &mut C, sql: &str, values: &[&str]) -> diesel::QueryResult<()> {
                let mut query = sql_query($spelled(sql)).into_boxed::<$backend>();
                for value in values {
                    query = query.bind::<Text, _>(*value);
                }
                query.execute(connection).map(drop)
            }

            fn execute_one(connection: &mut C, sql: &str) -> diesel::QueryResult<()> {
                let one: fn(&mut C, &str) -> diesel::QueryResult<()> = $one;
                one(connection, sql)
            }
        }
    };
}

use supported;

/// Checks that no database can find a second statement in a text, however it reads the text. Any other text
/// is prepared, because databases prepare one statement only. Preparing all of them would break behind a
/// pooler that hands every statement to another session.
fn is_plainly_one(sql: &str) -> bool {
    !sql.trim_end().trim_end_matches(';').contains(';')
}

/// Why a statement can't be tried in a scratch schema: it would reach outside the schema, or needs a transaction
/// of its own. A scratch database has no such limits.
#[derive(Debug)]
pub struct Outside(pub String);

impl Outside {
    /// The help for such a statement.
    pub const HELP: &str = "let the role make databases (ALTER ROLE ... CREATEDB), or state a server where it may: \
                                   `scratch.postgres` under `[database]` in autogen.toml";

    /// Returns the message of a Diesel error if it holds one of these.
    pub fn said(cause: &diesel::result::Error) -> Option<String> {
        let diesel::result::Error::QueryBuilderError(cause) = cause else { return None };
        cause.downcast_ref::<Self>().map(ToString::to_string)
    }
}

impl std::fmt::Display for Outside {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Outside {}

/// Runs `work` in a transaction. Diesel's own functions can't be used for that, because they are generic and know
/// no `BEGIN IMMEDIATE` for pooled connections. Nothing inside may use them.
///
/// A node of a Galera cluster ends a transaction that is in another's way. A session isn't told if that happens
/// while it closes a prepared statement, and every later statement would then be kept by itself. A savepoint
/// shows at the end whether it is still the same transaction, so that nothing is kept.
pub fn transaction<T, E: From<diesel::result::Error>>(
    link: &mut dyn Link,
    begin: fn(&mut dyn Link) -> QueryResult<()>,
    work: impl FnOnce(&mut dyn Link) -> Result<T, E>,
) -> Result<T, E> {
    let (mark, commit, rollback) = match link.dialect() {
        Dialect::Sqlite | Dialect::Postgres => (None, "COMMIT", "ROLLBACK"),
        Dialect::Mysql => (
            Some("SET @autogen_autocommit = @@autocommit, autocommit = 0; SAVEPOINT autogen_transaction"),
            "RELEASE SAVEPOINT autogen_transaction; COMMIT; SET autocommit = @autogen_autocommit",
            "ROLLBACK; SET autocommit = @autogen_autocommit",
        ),
    };
    begin(link)?;
    let marked = mark.map_or(Ok(()), |mark| link.execute(mark)).map_err(E::from);
    let done = marked.and_then(|()| work(link)).and_then(|value| link.execute(commit).map(|()| value).map_err(E::from));
    if done.is_err() {
        // The database may have rolled back by itself. The original error is the one to report.
        let _none_open = link.execute(rollback);
    }
    done
}
