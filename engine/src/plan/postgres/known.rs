//! What is known of columns and types that are dropped and made again: whatever else stands on them would be lost.

use crate::dialect::Dialect;
use crate::diff::index_columns;
use crate::model::{Change, Column, Pair, Table};
use crate::normalize::columns_in;
use crate::plan::{Expected, Known, Operation, Stage};

use super::enums::Swaps;
use super::remake::Planned;

/// The looks at what these changes make again.
pub(super) fn expected(planned: &[Planned], stage: &Stage, swaps: &Swaps) -> Vec<Operation> {
    let tables = stage.before.tables.values();
    let columns = tables.filter_map(|table| {
        let remade: Vec<&Column> = table.columns.iter().filter(|column| is_remade(planned, table, column)).collect();
        (!remade.is_empty()).then(|| known(table, &remade))
    });
    let columns: Vec<Known> = columns.collect();
    let types = swaps.values(stage).map(|(name, Pair { from, .. })| Expected::Values(name.clone(), from.clone()));
    let columns = (!columns.is_empty()).then_some(Expected::Tables(columns));
    columns.into_iter().chain(types).map(Operation::Expect).collect()
}

fn is_remade(planned: &[Planned], table: &Table, column: &Column) -> bool {
    let is_dropped = |change: &Change| matches!(change, Change::DropColumn(name, gone) if *name == table.name && gone.name == column.name);
    let is_added = |change: &Change| matches!(change, Change::AddColumn(name, new) if *name == table.name && new.name == column.name);
    planned.iter().any(|planned| is_dropped(&planned.change)) && planned.iter().any(|planned| is_added(&planned.change))
}

/// The names of all that stands on columns, and their comments.
fn known(table: &Table, remade: &[&Column]) -> Known {
    let is_one = |name: &String| remade.iter().any(|column| column.name == *name);
    let key = table.primary_key.iter().map(|key| (&key.name, key.columns.clone()));
    let uniques = table.uniques.iter().map(|unique| (&unique.name, unique.columns.clone()));
    let keys = table.foreign_keys.iter().map(|key| (&key.name, key.columns.clone()));
    let checks = table.checks.iter().map(|check| {
        let columns = columns_in(Dialect::Postgres, &check.expr).into_iter().collect();
        (&check.name, columns)
    });
    let indexes = table.indexes.iter().chain(table.exclusions.iter().map(|rule| &rule.index));
    let indexes = indexes.map(|index| {
        let columns = index_columns(index, Dialect::Postgres).into_iter().chain(index.include.iter().cloned());
        (&index.name, columns.collect())
    });
    let all = key.chain(uniques).chain(keys).chain(checks).chain(indexes);
    let standing = all.filter(|(_, columns): &(_, Vec<String>)| columns.iter().any(is_one));
    let mut lines: Vec<String> = standing.filter_map(|(name, _)| name.clone()).collect();
    lines.extend(remade.iter().filter_map(|column| Some(format!("comment {}", column.comment.as_ref()?))));
    Known {
        table: table.name.clone(),
        columns: remade.iter().map(|column| column.name.clone()).collect(),
        lines,
        rules: Vec::new(),
    }
}
