//! The check for foreign keys to tables that are dropped. A plan knows those of its start, but a table that somebody
//! created later may reference them as well.

use crate::dialect::Dialect;
use crate::model::{Schema, Table, TableName};

use super::{Operation, Referrers, Stage, Step};

/// Returns the check for foreign keys before a stage that drops tables, or `None` if the stage drops none.
pub(super) fn expected(stage: &Stage, dialect: Dialect) -> Option<Referrers> {
    let is_gone = |table: &&Table| !stage.after.tables.contains_key(&table.name);
    let tables: Vec<TableName> = stage.before.tables.values().filter(is_gone).map(|table| table.name.clone()).collect();
    let keys = known(&stage.before, &tables, dialect);
    (!tables.is_empty()).then_some(Referrers { tables, keys })
}

/// Returns the foreign keys to these tables from other tables.
fn known(before: &Schema, dropped: &[TableName], dialect: Dialect) -> Vec<(TableName, String)> {
    let facts = dialect.facts();
    let is_dropped = |name: &TableName| dropped.iter().any(|table| facts.same_name(&table.name, &name.name));
    let others = before.tables.values().filter(|table| !is_dropped(&table.name));
    let mut keys = Vec::new();
    for table in others {
        let into = table.rules.foreign_keys().filter(|key| is_dropped(&key.references));
        keys.extend(into.filter_map(|key| Some((table.name.clone(), key.columns.first()?.clone()))));
    }
    keys
}

/// Returns the check for foreign keys with the names from before the renames.
pub(super) fn under_old_names(referrers: &Referrers, renames: &[Step]) -> Referrers {
    let mut referrers = referrers.clone();
    for step in renames.iter().rev() {
        if let Some((table, names)) = step.operation.renamed_column() {
            let of_table = referrers.keys.iter_mut().filter(|(other, column)| other == table && *column == names.to);
            of_table.for_each(|(_, column)| column.clone_from(&names.from));
        }
        if let Operation::RenameTable(names) = &step.operation {
            let all = referrers.keys.iter_mut().map(|(table, _)| table).chain(&mut referrers.tables);
            all.filter(|table| **table == names.to).for_each(|table| table.clone_from(&names.from));
        }
    }
    referrers
}
