//! A scratch schema in an existing database, for roles that can't create databases.
//!
//! It lives in a transaction that is never committed: however the program ends, the server undoes it. Inside, the
//! connection behaves as if the schema were a database of its own. Transactions are savepoints, a batch that fails
//! undoes itself, and names can't refer to anything outside. Whatever would touch anything outside is refused before
//! it runs, because others notice even a lock on a live table.

use diesel::connection::{Connection, SimpleConnection as _, TransactionManager as _};
use diesel::prelude::*;
use diesel::result::Error as DieselError;
use diesel::sql_query;
use diesel::sql_types::{Array, Bool, Text};

use super::{PostgresConnection, PostgresUrl, connect};
use crate::database::scratch::new_name;
use crate::error::{Code, Error, Result};
use crate::link::Outside;

use crate::sql::postgres::inside::{ParsedStatement, Piece, Surroundings, read};

/// A schema that lasts as long as the transaction of the connection on which it was made.
pub(super) struct ScratchSchema {
    /// The transaction's number.
    transaction: String,
    surroundings: Surroundings,
    /// Statements that set where names are looked for: usually, and where extensions stand among tables, there too.
    look: Look,
    /// Whether what stands for a transaction is open.
    is_open: bool,
    /// Whether a constraint may wait for the end of what stands for a transaction.
    has_deferrable: bool,
    has_plain_indexes: bool,
}

/// The tables on which the connection holds more than a reader's lock, outside of its own schema.
const FOREIGN_LOCKS: &str = "SELECT c.oid::regclass::text AS name FROM pg_locks l \
    JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace \
    WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation' AND l.mode <> 'AccessShareLock' \
    AND n.nspname <> current_schema() AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' LIMIT 1";

/// Checks deferred constraints now, then defers them again. A name that some table uses for a constraint of another
/// kind can't be stated.
const SETTLE: &str = "DO $autogen$ DECLARE every text; later text; BEGIN \
    SELECT string_agg(quote_ident(k.name), ', '), string_agg(quote_ident(k.name), ', ') FILTER (WHERE k.waits) \
    INTO every, later FROM (SELECT conname AS name, bool_and(condeferred) AS waits FROM pg_constraint \
    WHERE connamespace = current_schema()::regnamespace GROUP BY conname HAVING bool_and(condeferrable)) k; \
    IF every IS NOT NULL THEN EXECUTE 'SET CONSTRAINTS ' || every || ' IMMEDIATE'; END IF; \
    IF later IS NOT NULL THEN EXECUTE 'SET CONSTRAINTS ' || later || ' DEFERRED'; END IF; END $autogen$";

/// The number of a transaction, whatever savepoints there are in it.
const TRANSACTION: &str = "SELECT txid_current()::text AS name";

struct Look {
    usual: String,
    around: Option<String>,
}

/// Which names of a statement are a scratch schema's own, and whether one of them is a function.
const OWN_NAMES: &str = "SELECT \
    ARRAY(SELECT relname::text FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relname = ANY ($1) \
        UNION SELECT typname::text FROM pg_type WHERE typnamespace = current_schema()::regnamespace AND typname = ANY ($1) \
    ) AS names, \
    EXISTS (SELECT FROM pg_proc WHERE pronamespace = current_schema()::regnamespace AND proname = ANY ($1)) AS calls";

#[derive(QueryableByName)]
struct OwnNames {
    #[diesel(sql_type = Array<Text>)]
    names: Vec<String>,
    #[diesel(sql_type = Bool)]
    calls: bool,
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

impl ScratchSchema {
    /// Creates a new schema, and returns it with its connection.
    pub(super) fn make(server: &PostgresUrl) -> Result<(PostgresConnection, Self)> {
        let name = new_name("");
        let mut connection = connect(server)?;
        let refused = |what: &str, cause: DieselError| {
            Error::new(Code::CantMakeScratch, format!("{what} at `{server}`: {cause}"))
                .help(
                    "let the role make databases (ALTER ROLE ... CREATEDB) or schemas (GRANT CREATE ON DATABASE ...), or \
                     state a server where it may: `scratch.postgres` under `[database]` in autogen.toml",
                )
                .caused_by(cause)
        };
        let none = |cause| refused("neither a scratch database nor a scratch schema can be made", cause);
        // By Diesel's means, so that Diesel's own transactions inside are savepoints.
        <PostgresConnection as Connection>::TransactionManager::begin_transaction(&mut connection).map_err(none)?;
        connection
            .batch_execute(&format!(
                "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; \
                 SET LOCAL lock_timeout = '2s'; CREATE SCHEMA \"{name}\""
            ))
            .map_err(none)?;
        let transaction = sql_query(TRANSACTION).get_result::<Name>(&mut connection).map_err(none)?.name;
        let (surroundings, look) =
            surroundings(&mut connection, &name).map_err(|cause| refused("a scratch schema can't be used", cause))?;
        let schema =
            Self { transaction, surroundings, look, is_open: false, has_deferrable: false, has_plain_indexes: false };
        Ok((connection, schema))
    }

    /// Checks whether indexes were built plainly that the scripts want to have built concurrently, which no
    /// transaction can do.
    pub(super) fn has_plain_indexes(&self) -> bool {
        self.has_plain_indexes
    }

    /// Checks whether the block that stands in for a transaction is open.
    pub(super) fn is_open(&self) -> bool {
        self.is_open
    }

    /// Runs statements as a connection to a database of its own would.
    pub(super) fn execute(&mut self, connection: &mut PostgresConnection, sql: &str) -> QueryResult<()> {
        self.stays(connection)?;
        let script = read(sql, &self.surroundings).map_err(outside)?;
        self.has_plain_indexes |= script.has_plain_indexes;
        self.has_deferrable |= script.has_deferrable;
        for piece in script.pieces {
            match piece {
                Piece::Begin if self.is_open => {}
                Piece::Begin => {
                    connection.batch_execute("SAVEPOINT autogen_turn")?;
                    self.is_open = true;
                }
                Piece::Commit if self.is_open => {
                    self.is_open = false;
                    let settled = self.settle(connection);
                    end(connection, "autogen_turn", settled)?;
                }
                Piece::Rollback if self.is_open => {
                    self.is_open = false;
                    undo(connection, "autogen_turn")?;
                }
                Piece::Commit | Piece::Rollback => {}
                Piece::Savepoint(_) if !self.is_open => {
                    return Err(outside("it sets a savepoint, and there is no transaction".to_owned()));
                }
                Piece::Savepoint(sql) => connection.batch_execute(&sql)?,
                Piece::Statements(parts) if self.is_open => {
                    parts.iter().try_for_each(|part| self.run(connection, part))?;
                }
                Piece::Statements(parts) => self.within(connection, |schema, connection| {
                    parts.iter().try_for_each(|part| schema.run(connection, part))?;
                    schema.settle(connection)
                })?,
            }
        }
        Ok(())
    }

    /// Runs work in a savepoint, so that the transaction can continue even if the work fails.
    pub(super) fn within<T>(
        &mut self,
        connection: &mut PostgresConnection,
        work: impl FnOnce(&Self, &mut PostgresConnection) -> QueryResult<T>,
    ) -> QueryResult<T> {
        if self.is_open {
            return work(self, connection);
        }
        connection.batch_execute("SAVEPOINT autogen_batch")?;
        let done = work(self, connection);
        end(connection, "autogen_batch", done)
    }

    /// Runs work that finds extensions' objects wherever they are and that changes nothing.
    pub(super) fn looking_around<T>(
        &mut self,
        connection: &mut PostgresConnection,
        work: impl FnOnce(&mut PostgresConnection) -> QueryResult<T>,
    ) -> QueryResult<T> {
        self.within(connection, |schema, connection| {
            let Some(around) = &schema.look.around else { return work(connection) };
            connection.batch_execute(around)?;
            let done = work(connection)?;
            connection.batch_execute(&schema.look.usual)?;
            Ok(done)
        })
    }

    /// Runs statements. Code that they call may reach further than their text says.
    fn run(&self, connection: &mut PostgresConnection, part: &ParsedStatement) -> QueryResult<()> {
        if part.alters && self.has_deferrable {
            // Rows of the same transaction are checked again by whatever writes to them. Violations are reported at its
            // end.
            connection.batch_execute("SAVEPOINT autogen_settled")?;
            let settled = self.settle(connection);
            let _or_later = end(connection, "autogen_settled", settled);
        }
        match (&part.names, &self.look.around) {
            (Some(names), Some(around)) => {
                connection.batch_execute("SAVEPOINT autogen_look")?;
                let mut run = one(connection, &part.sql);
                if run.as_ref().is_err_and(is_missing) {
                    connection.batch_execute("ROLLBACK TO SAVEPOINT autogen_look")?;
                    if self.keeps_to_itself(connection, names)? {
                        connection.batch_execute(around)?;
                        run = one(connection, &part.sql);
                        if run.is_ok() {
                            connection.batch_execute(&self.look.usual)?;
                        }
                    }
                }
                end(connection, "autogen_look", run).map_err(|cause| self.explained(cause))?;
            }
            (Some(_) | None, _) => one(connection, &part.sql).map_err(|cause| self.explained(cause))?,
        }
        self.stays(connection)?;
        if !part.calls {
            return Ok(());
        }
        match sql_query(FOREIGN_LOCKS).get_result::<Name>(connection).optional()? {
            None => Ok(()),
            Some(Name { name }) => Err(outside(format!("it reaches the table `{name}`"))),
        }
    }

    /// Fails if the transaction is no longer the one in which the schema was made. Whatever came next would otherwise
    /// stay.
    fn stays(&self, connection: &mut PostgresConnection) -> QueryResult<()> {
        match sql_query(TRANSACTION).get_result::<Name>(connection) {
            Ok(Name { name }) if name != self.transaction => {
                Err(outside("it has ended the transaction in which the schema lives".to_owned()))
            }
            // A failed transaction is still the same one.
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// Checks whether a definition stays inside the schema although it also looks where the live tables are. Whatever
    /// it names of the live tables must exist here too, where it is found first, and it must call nothing that looks
    /// further.
    fn keeps_to_itself(&self, connection: &mut PostgresConnection, names: &[String]) -> QueryResult<bool> {
        let own = sql_query(OWN_NAMES).bind::<Array<Text>, _>(names).get_result::<OwnNames>(connection)?;
        let is_neighbours = |name: &&String| self.surroundings.neighbours.contains(name);
        Ok(!own.calls && names.iter().filter(is_neighbours).all(|name| own.names.contains(name)))
    }

    /// Explains an error if the statement failed only because of where it ran.
    fn explained(&self, cause: DieselError) -> DieselError {
        let DieselError::DatabaseError(_, told) = &cause else { return cause };
        let said = told.message();
        if said.starts_with("unsafe use of new value") {
            return outside(format!("{said}, which an earlier statement of the one transaction has added"));
        }
        if is_missing(&cause) && !self.surroundings.hidden.is_empty() {
            let extensions = self.surroundings.hidden.join(", ");
            return outside(format!(
                "{said}; what extensions brought into a schema with tables isn't seen ({extensions})"
            ));
        }
        cause
    }

    fn settle(&self, connection: &mut PostgresConnection) -> QueryResult<()> {
        if self.has_deferrable { connection.batch_execute(SETTLE) } else { Ok(()) }
    }
}

/// Runs a statement such that the server refuses a second one in its text.
fn one(connection: &mut PostgresConnection, sql: &str) -> QueryResult<()> {
    sql_query(sql).execute(connection).map(drop)
}

/// Checks whether a statement failed over something that an extension may have brought.
fn is_missing(cause: &DieselError) -> bool {
    let DieselError::DatabaseError(_, told) = cause else { return false };
    let said = told.message();
    ["type ", "function ", "operator "].iter().any(|kind| said.starts_with(kind)) && said.contains("does not exist")
}

/// Keeps what was done since the savepoint, or undoes it after an error.
fn end<T>(connection: &mut PostgresConnection, savepoint: &str, done: QueryResult<T>) -> QueryResult<T> {
    match &done {
        Ok(_) => connection.batch_execute(&format!("RELEASE SAVEPOINT {savepoint}"))?,
        Err(_) => undo(connection, savepoint)?,
    }
    done
}

fn undo(connection: &mut PostgresConnection, savepoint: &str) -> QueryResult<()> {
    connection.batch_execute(&format!("ROLLBACK TO SAVEPOINT {savepoint}; RELEASE SAVEPOINT {savepoint}"))
}

fn outside(why: String) -> DieselError {
    DieselError::QueryBuilderError(Box::new(Outside(why)))
}

/// Reads what else the database has and where names are looked up from now on. A schema with nothing but extensions'
/// objects has nothing that a script could damage.
fn surroundings(connection: &mut PostgresConnection, schema: &str) -> QueryResult<(Surroundings, Look)> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = Array<Text>)]
        harmless: Vec<String>,
        #[diesel(sql_type = Array<Text>)]
        schemas: Vec<String>,
        #[diesel(sql_type = Array<Text>)]
        extensions: Vec<String>,
        #[diesel(sql_type = Array<Text>)]
        hidden: Vec<String>,
        #[diesel(sql_type = Array<Text>)]
        around: Vec<String>,
        #[diesel(sql_type = Array<Text>)]
        neighbours: Vec<String>,
    }
    let found = sql_query(include_str!("surroundings.sql")).bind::<Text, _>(schema).get_result::<Found>(connection)?;
    let quoted = |name: &String| format!("\"{}\"", name.replace('"', "\"\""));
    let path: Vec<String> = std::iter::once(&schema.to_owned()).chain(&found.harmless).map(quoted).collect();
    let usual = format!("SET LOCAL search_path = {}", path.join(", "));
    connection.batch_execute(&usual)?;
    let around: Vec<String> = found.around.iter().map(quoted).collect();
    let around = (!around.is_empty()).then(|| format!("{usual}, {}", around.join(", ")));
    let Found { schemas, extensions, hidden, neighbours, .. } = found;
    Ok((Surroundings { schemas, extensions, hidden, neighbours }, Look { usual, around }))
}
