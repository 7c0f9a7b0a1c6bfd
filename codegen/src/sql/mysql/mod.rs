//! MySQL's SQL, one function per operation.

mod known;
mod table;

use autogen_engine::dialect::{Dialect, Facts};
use autogen_engine::model::{Pair, Table, TableName};
use autogen_engine::plan::{Algorithm, Algorithms, Guard, Known, MysqlOperation, Plan, algorithms};

use super::parts;

/// Returns the statements of an operation that only MariaDB and MySQL have.
pub(super) fn statements(operation: &MysqlOperation) -> Vec<String> {
    match operation {
        MysqlOperation::ExpectReferrers(referrers) => known::referrers(referrers),
        MysqlOperation::RenameColumn(table, names, dependants, algorithms) => {
            let clauses = table::rename_column(names, dependants);
            vec![table::altered(table, clauses, promise(*algorithms))]
        }
        MysqlOperation::AlterTable(table, clauses, algorithms) => {
            vec![table::altered(table, table::clauses(clauses), promise(*algorithms))]
        }
        MysqlOperation::AlterHistory(true) => vec![
            "SET @autogen_history = @@SESSION.system_versioning_alter_history, SESSION system_versioning_alter_history = KEEP"
                .to_owned(),
        ],
        MysqlOperation::AlterHistory(false) => {
            vec!["SET SESSION system_versioning_alter_history = @autogen_history".to_owned()]
        }
    }
}

/// Writes the checks of columns that are stated anew, table by table.
pub(super) fn expected(tables: &[Known]) -> Vec<String> {
    tables.iter().flat_map(known::expected).collect()
}

/// Writes the statement that makes a table.
pub(super) fn create(table: &Table) -> Vec<String> {
    vec![table::create(table)]
}

/// Returns what surrounds the steps of a script that opens its own transaction: nothing, because no script
/// does here.
pub(super) fn frame(_: &Pair<Vec<TableName>>) -> (Vec<String>, Vec<String>) {
    (Vec::new(), Vec::new())
}

/// Describes who waits for whom while a plan runs, one line per table.
pub(super) fn lock_lines(plan: &Plan) -> Vec<String> {
    let line = |(table, of): (TableName, Algorithms)| {
        let Algorithms { mariadb, mysql } = of;
        if mariadb == mysql {
            return format!("{table}: {mysql} ({})", mysql.meaning());
        }
        // Only the weaker promise is named by its keyword, so that nobody takes the other one for what holds.
        let ((slow, on_slow), (fast, on_fast)) = match of.everywhere() == mysql {
            true => ((mysql, "MySQL"), (mariadb, "MariaDB")),
            false => ((mariadb, "MariaDB"), (mysql, "MySQL")),
        };
        format!("{table}: on {on_slow} {slow} ({}); on {on_fast} {}", slow.meaning(), fast.meaning())
    };
    algorithms(plan).into_iter().map(line).collect()
}

/// Returns the algorithm that a statement asks for, so that a server which can't use it stops instead. A copy
/// isn't asked for, because a server that can do better may.
fn promise(algorithms: Algorithms) -> Option<String> {
    match algorithms.everywhere() {
        algorithm @ (Algorithm::Catalog | Algorithm::InPlace | Algorithm::InPlaceReading) => {
            Some(format!("ALGORITHM={algorithm}"))
        }
        Algorithm::Rows | Algorithm::Copy => None,
    }
}

/// Writes the statements that stop if the guard's query counts any rows. Two equal rows in a key are the one
/// error that carries a computed text in every `sql_mode`. If no rows are in the way, nothing is inserted
/// into the table, which nobody else sees and whose creation commits nothing.
///
/// A statement that makes a table fails at the first value that can't be converted, so a variable holds the
/// count. If the variable holds none, the guard stops as well.
pub(super) fn guarded(guard: &Guard) -> Vec<String> {
    let problem = literal(&format!("stopped: {}; rows: ", guard.problem));
    vec![
        format!("{}SET @autogen_rows = ({})", super::stops(&guard.problem), guard.count),
        format!(
            "CREATE TEMPORARY TABLE `autogen_guard` (`stopped` varchar(500) PRIMARY KEY)\n\
             SELECT CONCAT({problem}, COALESCE(@autogen_rows, 'not counted')) AS `stopped`\n\
             FROM (SELECT 1 UNION ALL SELECT 2) AS `twice` WHERE COALESCE(@autogen_rows, 1) > 0"
        ),
        "DROP TEMPORARY TABLE `autogen_guard`".to_owned(),
    ]
}

/// Writes a string literal, with backslashes escaped.
fn literal(text: &str) -> String {
    super::literal(&text.replace('\\', "\\\\"))
}

fn name(table: &TableName) -> String {
    facts().quoted_table(table)
}

fn quoted(name: &str) -> String {
    facts().quoted(name)
}

fn facts() -> &'static Facts {
    Dialect::Mysql.facts()
}
