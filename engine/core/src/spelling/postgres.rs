//! PostgreSQL: temporary tables, made in a transaction that is rolled back.

use std::collections::HashSet;
use std::convert::Infallible;

use diesel::connection::{Connection as _, SimpleConnection as _};
use diesel::{QueryResult, result::Error};

use crate::database::PostgresConnection;
use crate::dialect::{Dialect, Facts};
use crate::introspect::temporary_postgres;
use crate::model::{Expr, Index, IndexColumn, IndexKey, Nulls, Schema, TableName};

use super::{Answer, Question, TablePart};

/// Tables that exist at one time. Every one holds locks until it is gone, and a server has room
/// for about 6,400 of those unless it is told otherwise.
const AT_ONCE: usize = 200;

pub(super) fn spelled(connection: &mut PostgresConnection, questions: &[Question]) -> QueryResult<Vec<Answer>> {
    if questions.is_empty() {
        return Ok(Vec::new());
    }
    let done = connection.transaction(|connection| -> Result<Infallible, Stop> {
        let mut answers: Vec<Answer> = vec![Vec::new(); questions.len()];
        let mut waiting: Vec<usize> = (0..questions.len()).collect();
        while !waiting.is_empty() {
            let (now, later) = with_names_of_their_own(&waiting, questions);
            connection.batch_execute("SAVEPOINT autogen_pass")?;
            make(connection, &now, questions)?;
            let schema = temporary_postgres(connection)?;
            connection.batch_execute("ROLLBACK TO SAVEPOINT autogen_pass; RELEASE SAVEPOINT autogen_pass")?;
            for at in now {
                answers[at] = answer(at, &questions[at], &schema);
            }
            waiting = later;
        }
        Err(Stop::Answered(answers))
    });
    match done {
        Ok(never) => match never {},
        Err(Stop::Answered(answers)) => Ok(answers),
        Err(Stop::Failed(cause)) => Err(cause),
    }
}

/// Why the transaction is rolled back: it always is.
enum Stop {
    Answered(Vec<Answer>),
    Failed(Error),
}

impl From<Error> for Stop {
    fn from(cause: Error) -> Self {
        Self::Failed(cause)
    }
}

/// Splits the questions into those whose tables can exist together, and the others.
fn with_names_of_their_own(waiting: &[usize], questions: &[Question]) -> (Vec<usize>, Vec<usize>) {
    let mut names = HashSet::new();
    waiting.iter().partition(|at| names.len() < AT_ONCE && names.insert(questions[**at].table.as_str()))
}

/// Makes tables in as few round trips as there are faults to find: all at once, and by halves where that fails.
fn make(connection: &mut PostgresConnection, which: &[usize], questions: &[Question]) -> QueryResult<()> {
    let statements = which.iter().map(|at| at_once(*at, &questions[*at])).collect::<String>();
    if attempt(connection, &statements)? {
        return Ok(());
    }
    match which {
        [] => Ok(()),
        [at] => {
            for statement in one_by_one(*at, &questions[*at]) {
                attempt(connection, &statement)?;
            }
            Ok(())
        }
        _ => {
            let (first, second) = which.split_at(which.len() / 2);
            make(connection, first, questions)?;
            make(connection, second, questions)
        }
    }
}

/// Runs all statements or none of them. Returns whether the server accepted them.
fn attempt(connection: &mut PostgresConnection, statements: &str) -> QueryResult<bool> {
    connection.batch_execute("SAVEPOINT autogen_attempt")?;
    match connection.batch_execute(statements) {
        Ok(()) => connection.batch_execute("RELEASE SAVEPOINT autogen_attempt").map(|()| true),
        // What the server says about a definition isn't of interest; losing the server is.
        Err(Error::DatabaseError(..)) => {
            connection.batch_execute("ROLLBACK TO SAVEPOINT autogen_attempt; RELEASE SAVEPOINT autogen_attempt")?;
            Ok(false)
        }
        Err(cause) => Err(cause),
    }
}

fn at_once(at: usize, question: &Question) -> String {
    let table = table(question);
    let mut statements = format!("CREATE TEMPORARY TABLE {table} ();\n");
    let additions = additions(question);
    if !additions.is_empty() {
        statements.push_str(&format!("ALTER TABLE {table} {};\n", additions.join(", ")));
    }
    statements.extend(indexes(at, question));
    statements
}

fn one_by_one(at: usize, question: &Question) -> Vec<String> {
    let table = table(question);
    let mut statements = vec![format!("CREATE TEMPORARY TABLE {table} ()")];
    statements.extend(additions(question).into_iter().map(|addition| format!("ALTER TABLE {table} {addition}")));
    statements.extend(indexes(at, question));
    statements
}

/// Returns the table's name with its schema. A statement that follows a failed one mustn't find somebody else's
/// table.
fn table(question: &Question) -> String {
    facts().quoted_table(&TableName::in_schema("pg_temp", question.table.clone()))
}

/// Returns the statements that add columns and checks. Their line ends close comments that would swallow what
/// follows.
fn additions(question: &Question) -> Vec<String> {
    let columns = question.columns.iter();
    let columns = columns.map(|(name, sql_type)| format!("ADD COLUMN {} {sql_type}\n", facts().quoted(name)));
    let parts = question.parts.iter().enumerate().filter_map(|(part, asked)| {
        let name = part_name(part);
        match asked {
            TablePart::Type(sql_type) => Some(format!("ADD COLUMN {name} {sql_type}\n")),
            TablePart::Default { sql_type, sql } => Some(format!("ADD COLUMN {name} {sql_type}\nDEFAULT ({sql}\n)")),
            TablePart::Generated { sql_type, sql } => {
                Some(format!("ADD COLUMN {name} {sql_type}\nGENERATED ALWAYS AS ({sql}\n) STORED"))
            }
            TablePart::Check(sql) => Some(format!("ADD CONSTRAINT {name} CHECK ({sql}\n)")),
            TablePart::Index(_) => None,
        }
    });
    columns.chain(parts).collect()
}

fn indexes(at: usize, question: &Question) -> impl Iterator<Item = String> {
    let indexes = question.parts.iter().enumerate().filter_map(|(part, asked)| match asked {
        TablePart::Index(index) => Some((part, index)),
        TablePart::Type(_) | TablePart::Default { .. } | TablePart::Generated { .. } | TablePart::Check(_) => None,
    });
    indexes.map(move |(part, index)| {
        let (name, table, facts) = (index_name(at, part), table(question), facts());
        let method = facts.quoted(index.method.as_deref().unwrap_or("btree"));
        let keys: Vec<_> = index.columns.iter().map(key).collect();
        let mut statement = format!("CREATE INDEX {name} ON {table} USING {method} ({})", keys.join(", "));
        if !index.include.is_empty() {
            let include: Vec<_> = index.include.iter().map(|column| facts.quoted(column)).collect();
            statement.push_str(&format!(" INCLUDE ({})", include.join(", ")));
        }
        if let Some(predicate) = &index.predicate {
            statement.push_str(&format!(" WHERE ({}\n)", predicate.canonical));
        }
        statement + ";\n"
    })
}

fn key(column: &IndexColumn) -> String {
    let mut sql = match &column.key {
        IndexKey::Column(name) => facts().quoted(name),
        IndexKey::Expr(expr) => format!("({}\n)", expr.canonical),
    };
    if let Some(collation) = &column.collation {
        sql.push_str(&format!(" COLLATE {}", facts().quoted_collation(collation)));
    }
    if let Some(opclass) = &column.opclass {
        sql.push_str(&format!(" {opclass}"));
    }
    if column.descending {
        sql.push_str(" DESC");
    }
    match column.nulls {
        Some(Nulls::First) => sql.push_str(" NULLS FIRST"),
        Some(Nulls::Last) => sql.push_str(" NULLS LAST"),
        None => {}
    }
    sql
}

fn answer(at: usize, question: &Question, schema: &Schema) -> Answer {
    let Some(table) = schema.tables.get(&TableName::new(question.table.clone())) else {
        return vec![None; question.parts.len()];
    };
    let sql = |expr: &Expr| expr.sql.clone();
    let spelled = question.parts.iter().enumerate().map(|(part, asked)| {
        let name = part_name(part);
        match asked {
            TablePart::Type(_) => table.column(&name)?.sql_type.clone().map(TablePart::Type),
            TablePart::Default { sql_type, .. } => {
                let sql = sql(table.column(&name)?.default.as_ref()?);
                Some(TablePart::Default { sql_type: sql_type.clone(), sql })
            }
            TablePart::Generated { sql_type, .. } => {
                let sql = sql(&table.column(&name)?.generated.as_ref()?.expr);
                Some(TablePart::Generated { sql_type: sql_type.clone(), sql })
            }
            TablePart::Check(_) => {
                let check = table.rules.checks().find(|check| check.name.as_ref() == Some(&name))?;
                Some(TablePart::Check(sql(&check.expr)))
            }
            TablePart::Index(asked) => {
                let name = index_name(at, part);
                let index = table.rules.indexes().find(|index| index.name.as_ref() == Some(&name))?;
                let (name, hints) = (asked.name.clone(), asked.hints.clone());
                let (unique, nulls_not_distinct) = (asked.unique, asked.nulls_not_distinct);
                Some(TablePart::Index(Box::new(Index { name, unique, nulls_not_distinct, hints, ..index.clone() })))
            }
        }
    });
    spelled.collect()
}

/// Returns a name for a part that needs no quotes.
fn part_name(part: usize) -> String {
    format!("autogen_{part}")
}

/// Returns the name of a part's index. The indexes of all tables share one namespace.
fn index_name(at: usize, part: usize) -> String {
    format!("autogen_{at}_{part}")
}

fn facts() -> &'static Facts {
    Dialect::Postgres.facts()
}
