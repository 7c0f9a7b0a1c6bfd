//! Steps as SQL. One file per dialect with the same function names, and one dispatch, here.

mod mysql;
pub(crate) mod parts;
mod postgres;
mod sqlite;

use autogen_engine::dialect::Dialect;
use autogen_engine::model::{Table, TableName};
use autogen_engine::plan::{Measured, Operation, Plan, PostgresOperation, SqliteOperation, Step, Transaction};

use crate::printable::one_line;

pub(crate) use postgres::serial;

/// A statement, and the step of the plan that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The SQL, without the closing semicolon.
    pub sql: String,
    /// Position of the step in the plan; `None` for what frames the whole script.
    pub step: Option<usize>,
}

/// Returns all statements of a plan, in the order in which they run.
///
/// ```
/// use autogen_engine::dialect::Dialect;
/// use autogen_engine::model::{Change, Column, DataType, Edit, Schema, Table, TableName};
/// use autogen_engine::plan::round_trip;
/// use autogen_codegen::sql::statements;
///
/// let mut table = Table::new(TableName::new("users"));
/// table.columns.push(Column::new("name", DataType::Text));
/// let plans = round_trip(&Schema::default(), &[Change::Table(Edit::Add(table))], Dialect::Sqlite);
/// let sql = statements(&plans.up, Dialect::Sqlite);
/// assert_eq!(sql[0].sql, "CREATE TABLE \"users\" (\n    \"name\" TEXT\n)");
/// ```
pub fn statements(plan: &Plan, dialect: Dialect) -> Vec<Statement> {
    let steps = plan.steps.iter().enumerate().flat_map(|(position, step)| {
        let statements = operation(&step.operation, dialect);
        let statements = match (dialect, &plan.transaction) {
            (Dialect::Postgres, Transaction::None) => postgres::concurrently(&statements),
            (Dialect::Sqlite | Dialect::Mysql, Transaction::None)
            | (Dialect::Sqlite | Dialect::Postgres | Dialect::Mysql, Transaction::Runner | Transaction::Script(_)) => {
                statements
            }
        };
        statements.into_iter().map(move |sql| Statement { sql, step: Some(position) })
    });
    let frame = |sql: Vec<String>| sql.into_iter().map(|sql| Statement { sql, step: None });
    match &plan.transaction {
        Transaction::Runner | Transaction::None => steps.collect(),
        Transaction::Script(tables) => {
            let (opening, closing) = match dialect {
                Dialect::Sqlite => sqlite::frame(tables),
                Dialect::Postgres => postgres::frame(tables),
                Dialect::Mysql => mysql::frame(tables),
            };
            // Guards at the beginning only read, so a script that they stop leaves nothing open.
            let is_guard =
                |statement: &Statement| statement.step.is_some_and(|step| plan.steps[step].operation.is_look());
            let steps: Vec<Statement> = steps.collect();
            let guards = steps.iter().take_while(|statement| is_guard(statement)).count();
            let (guards, steps) = steps.split_at(guards);
            guards.iter().cloned().chain(frame(opening)).chain(steps.iter().cloned()).chain(frame(closing)).collect()
        }
    }
}

/// Writes the statements of one step.
fn operation(operation: &Operation, dialect: Dialect) -> Vec<String> {
    let facts = dialect.facts();
    let name = |table: &TableName| facts.quoted_table(table);
    match operation {
        Operation::Guard(guard) => match dialect {
            Dialect::Sqlite => sqlite::guarded(guard),
            Dialect::Postgres => postgres::guarded(guard),
            Dialect::Mysql => mysql::guarded(guard),
        },
        Operation::ExpectTables(tables) => match dialect {
            Dialect::Sqlite => sqlite::expected(tables),
            Dialect::Postgres => postgres::expected(tables),
            Dialect::Mysql => mysql::expected(tables),
        },
        Operation::CreateTable(table) => match dialect {
            Dialect::Sqlite => sqlite::create(table),
            Dialect::Postgres => postgres::create(table),
            Dialect::Mysql => mysql::create(table),
        },
        Operation::DropTable(table) => vec![format!("DROP TABLE {}", name(&table.name))],
        Operation::RenameTable(names) => vec![match dialect {
            Dialect::Sqlite | Dialect::Postgres => {
                format!("ALTER TABLE {} RENAME TO {}", name(&names.from), facts.quoted(&names.to.name))
            }
            Dialect::Mysql => format!("RENAME TABLE {} TO {}", name(&names.from), name(&names.to)),
        }],
        Operation::RenameColumn(table, names) => {
            let (from, to) = (facts.quoted(&names.from), facts.quoted(&names.to));
            vec![format!("ALTER TABLE {} RENAME COLUMN {from} TO {to}", name(table))]
        }
        Operation::Backfill { table, values, rows } => vec![parts::backfill(&name(table), values, rows, facts)],
        Operation::Restore(object) => vec![object.sql.trim_end_matches(';').to_owned()],
        Operation::Sqlite(own) => sqlite::statements(own),
        Operation::Postgres(own) => postgres::statements(own),
        Operation::Mysql(own) => mysql::statements(own),
    }
}

/// Writes a table's whole definition, including its indexes, as one script.
pub fn definition(table: &Table, dialect: Dialect) -> String {
    let beside = table.separate_indexes().filter_map(|rule| {
        let (table, rule) = (table.name.clone(), rule.clone());
        match dialect {
            Dialect::Sqlite => Some(SqliteOperation::CreateIndex(table, rule).into()),
            Dialect::Postgres => Some(PostgresOperation::AddRule(table, rule).into()),
            // The table's statement contains them.
            Dialect::Mysql => None,
        }
    });
    let operations = std::iter::once(Operation::CreateTable(table.clone())).chain(beside);
    let steps = operations.map(|operation| Step { operation, hazards: Vec::new() }).collect();
    script(&statements(&Plan { transaction: Transaction::Runner, steps }, dialect))
}

/// Joins statements into one script.
pub fn script(statements: &[Statement]) -> String {
    statements.iter().map(|statement| format!("{};\n", statement.sql)).collect()
}

/// Describes in plain words who waits for whom while a plan runs. A database that locks as a whole gets one
/// line, any other one line per table. Returns no lines if nothing that exists gets locked. A measured lock
/// counts if it is worse.
pub fn lock_lines(plan: &Plan, measured: &[Measured], dialect: Dialect) -> Vec<String> {
    match dialect {
        Dialect::Sqlite => sqlite::lock_lines(plan),
        Dialect::Postgres => postgres::lock_lines(plan, measured),
        Dialect::Mysql => mysql::lock_lines(plan),
    }
}

/// Writes the comment line above a guard that says what it is for.
fn stops(problem: &str) -> String {
    format!("-- stops if {}\n", one_line(&problem.split_whitespace().collect::<Vec<_>>().join(" ")))
}

/// Writes a string literal.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
