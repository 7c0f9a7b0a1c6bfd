//! MySQL's SQL, one function per operation.

mod known;
mod table;

use autogen::dialect::{Dialect, Facts};
use autogen::model::{Pair, TableName};
use autogen::plan::{Algorithm, Expected, Guard, Operation, Plan, algorithms};

use super::parts;

/// The statements of one step.
pub(super) fn statements(operation: &Operation) -> Vec<String> {
    match operation {
        Operation::Guard(guard) => guarded(guard),
        Operation::Expect(Expected::Tables(tables)) => tables.iter().flat_map(known::expected).collect(),
        Operation::Expect(Expected::Values(..)) => unreachable!("MySQL has no types of its own"),
        Operation::Expect(Expected::Restored(_)) => unreachable!("MySQL puts nothing back that nobody asked for"),
        Operation::Expect(Expected::Views(..)) => unreachable!("MySQL alters tables whatever their views say"),
        Operation::Expect(Expected::Referrers(referrers)) => known::referrers(referrers),
        Operation::CreateTable(table) => vec![table::create(table)],
        Operation::DropTable(table) => vec![format!("DROP TABLE {}", name(&table.name))],
        Operation::RenameTable(names) => vec![format!("RENAME TABLE {} TO {}", name(&names.from), name(&names.to))],
        Operation::RenameColumn(table, names, dependants) => vec![table::rename_column(table, names, dependants)],
        Operation::AlterTable(table, clauses, _) => vec![table::alter(table, clauses)],
        Operation::Backfill { table, values, rows } => {
            vec![parts::backfill(&name(table), values, rows, facts())]
        }
        Operation::Restore(trigger) => vec![trigger.sql.trim_end_matches(';').to_owned()],
        Operation::AlterHistory(true) => vec![
            "SET @autogen_history = @@SESSION.system_versioning_alter_history, SESSION system_versioning_alter_history = KEEP"
                .to_owned(),
        ],
        Operation::AlterHistory(false) => {
            vec!["SET SESSION system_versioning_alter_history = @autogen_history".to_owned()]
        }
        Operation::RebuildTable(_)
        | Operation::AddColumn { .. }
        | Operation::CheckDeferred(_)
        | Operation::AlterColumns(..)
        | Operation::StartNumbering(..)
        | Operation::SetLogged { .. }
        | Operation::StopNumbering(..)
        | Operation::AddRule(..)
        | Operation::DropRule(..)
        | Operation::SetComment { .. }
        | Operation::DropColumn(..) => unreachable!("MySQL's tables are altered as a whole"),
        Operation::AlterRule(..) | Operation::Enum(_) => unreachable!("MySQL has nothing of the kind"),
    }
}

/// What stands around the steps of a script that opens its own transaction: here no script does.
pub(super) fn frame(_: &Pair<Vec<TableName>>) -> (Vec<String>, Vec<String>) {
    (Vec::new(), Vec::new())
}

/// Who waits for whom while a plan runs, one line per table.
pub(super) fn lock_lines(plan: &Plan) -> Vec<String> {
    let line = |(table, algorithm): (TableName, Algorithm)| format!("{table}: {algorithm} ({})", algorithm.meaning());
    algorithms(plan).into_iter().map(line).collect()
}

/// Two rows that are alike in a key are the one error that carries a computed text in every `sql_mode`.
/// Without rows in the way there is nothing to put into the table, which nobody else sees and whose
/// making commits nothing. A statement that makes a table fails at the first value that can't be converted, so a
/// variable holds the count; where it holds none, the guard stops as well.
fn guarded(guard: &Guard) -> Vec<String> {
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

/// A string literal, in which a backslash would escape.
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
