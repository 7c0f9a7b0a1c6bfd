//! Guards before renames.
//!
//! Renames come first, and a guard that is planned after them uses new names. But a rename is committed at once, and
//! a guard that stops afterwards would leave it behind. So guards run before the renames, with the names of that
//! time.

use crate::model::{Schema, TableName};
use crate::plan::{Guard, MysqlOperation, Operation, Step, referrers};
use crate::sql::mysql::{names_in_query, renamed_back};

use super::{facts, known};

/// Moves guards before the renames with which steps begin. `renamed` is the schema after those. A guard in which a
/// name may mean two things stays where it is. What ran before it then stays, and the next run continues there.
pub(in crate::plan) fn guards_first(steps: Vec<Step>, renamed: &Schema) -> Vec<Step> {
    let is_rename =
        |step: &Step| matches!(step.operation, Operation::RenameTable(_)) || step.operation.renamed_column().is_some();
    let count = steps.iter().take_while(|step| is_rename(step)).count();
    let (renames, rest) = steps.split_at(count);
    let mut early = Vec::new();
    let mut late = Vec::new();
    for step in rest {
        let before = if let Operation::Guard(guard) = &step.operation {
            under_old_names(guard, renames, renamed).map(Operation::Guard)
        } else if let Operation::ExpectTables(tables) = &step.operation {
            let tables = tables.iter().map(|known| known::under_old_names(known, renames)).collect();
            Some(Operation::ExpectTables(tables))
        } else if let Operation::Mysql(MysqlOperation::ExpectReferrers(found)) = &step.operation {
            Some(MysqlOperation::ExpectReferrers(referrers::under_old_names(found, renames)).into())
        } else {
            None
        };
        match before {
            Some(operation) => early.push(Step { operation, hazards: step.hazards.clone() }),
            None => late.push(step.clone()),
        }
    }
    early.into_iter().chain(renames.iter().cloned()).chain(late).collect()
}

fn under_old_names(guard: &Guard, renames: &[Step], renamed: &Schema) -> Option<Guard> {
    let mut count = guard.count.clone();
    let mentioned: Vec<&TableName> = {
        let names = names_in_query(&count)?;
        renamed.tables.keys().filter(|table| names.contains(&table.name.to_lowercase())).collect()
    };
    let has = |table: &TableName, column: &str| {
        let columns = renamed.tables.get(table).map(|table| table.columns.as_slice()).unwrap_or_default();
        columns.iter().any(|found| facts().same_name(&found.name, column))
    };
    for step in renames.iter().rev() {
        let (from, to) = if let Some((table, names)) = step.operation.renamed_column() {
            if !mentioned.contains(&table) {
                continue;
            }
            // A table of that name, or another one with such a column.
            let is_table = mentioned.iter().any(|other| facts().same_name(&other.name, &names.to));
            if is_table || mentioned.iter().any(|other| *other != table && has(other, &names.to)) {
                return None;
            }
            (&names.from, &names.to)
        } else if let Operation::RenameTable(names) = &step.operation {
            if !mentioned.contains(&&names.to) {
                continue;
            }
            if mentioned.iter().any(|other| has(other, &names.to.name)) {
                return None;
            }
            (&names.from.name, &names.to.name)
        } else {
            continue;
        };
        count = renamed_back(&count, from, to)?;
    }
    Some(Guard { problem: guard.problem.clone(), count })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Column, DataType, Pair, Table};

    fn early(count: &str, renames: &[Operation]) -> Option<String> {
        let mut schema = Schema::default();
        for (table, columns) in [("new", ["id", "b"]), ("other", ["id", "b"])] {
            let mut table = Table::new(TableName::new(table));
            table.columns = columns.map(|name| Column::new(name, DataType::Integer)).into();
            schema.insert(table);
        }
        let renames: Vec<Step> =
            renames.iter().cloned().map(|operation| Step { operation, hazards: Vec::new() }).collect();
        let guard = Guard { problem: "p".to_owned(), count: count.to_owned() };
        under_old_names(&guard, &renames, &schema).map(|guard| guard.count)
    }

    #[test]
    fn guards_use_the_names_that_there_are_before_renames() {
        let table = Operation::RenameTable(Pair::new(TableName::new("old"), TableName::new("new")));
        let column = Operation::RenameColumn(TableName::new("new"), Pair::new("a".to_owned(), "b".to_owned()));
        let both = [table.clone(), column];
        assert_eq!(
            early("SELECT count(*) FROM `new` WHERE NOT (b > b(1) OR B = 'b')", &both).as_deref(),
            Some("SELECT count(*) FROM `old` WHERE NOT (`a` > b(1) OR `a` = 'b')")
        );
        assert_eq!(
            early("SELECT 1 FROM `other` WHERE `b` IS NULL", &both).as_deref(),
            Some("SELECT 1 FROM `other` WHERE `b` IS NULL")
        );
        assert_eq!(early("SELECT 1 FROM `new`, `other` WHERE `b`", &both), None, "two tables have one");
        assert_eq!(early("SELECT a AS `a` FROM `new` WHERE `b`", &both), None, "the old name means something else");
        let keyword = Operation::RenameTable(Pair::new(TableName::new("group"), TableName::new("new")));
        assert_eq!(
            early("SELECT count(*) FROM `new` GROUP BY `id`", &[keyword]).as_deref(),
            Some("SELECT count(*) FROM `group` GROUP BY `id`")
        );
        assert_eq!(early("SELECT 1 FROM `new`, `other`", &[table]).as_deref(), Some("SELECT 1 FROM `old`, `other`"));
    }
}
