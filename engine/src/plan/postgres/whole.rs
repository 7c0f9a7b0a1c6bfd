//! Whole tables that come and go, and the keys between them.

use std::collections::BTreeMap;

use crate::dialect::Dialect;
use crate::model::{Change, ForeignKey, Table, TableName, UniqueForm};
use crate::plan::tables::{creation, parents_first};
use crate::plan::{Constraint, Operation, Stage, Step, risk};

/// New tables, parents first. A key to a table that comes later, which happens where keys form a
/// cycle, is added once both are there.
pub(super) fn creations(stage: &Stage) -> Vec<Step> {
    let new: Vec<&Table> =
        stage.after.tables.values().filter(|table| !stage.before.tables.contains_key(&table.name)).collect();
    let order = parents_first(&new);
    let position: BTreeMap<&TableName, usize> =
        order.iter().enumerate().map(|(position, table)| (&new[*table].name, position)).collect();

    let mut operations = Vec::new();
    let mut later = Vec::new();
    for table in order.iter().map(|table| new[*table]) {
        let own = position[&table.name];
        let is_there = |key: &&ForeignKey| match position.get(&key.references) {
            None => true,
            Some(parent) if *parent == own => !stands_on_separate_index(table, key),
            Some(parent) => *parent < own,
        };
        let (inline, deferred): (Vec<_>, Vec<_>) = table.foreign_keys.iter().partition(is_there);
        let made = Table { foreign_keys: inline.into_iter().cloned().collect(), ..table.clone() };
        operations.extend(creation(&made, &stage.after.bystanders));
        let constraint = |key: &ForeignKey| Constraint::ForeignKey(key.clone());
        later.extend(deferred.into_iter().map(|key| Operation::AddConstraint(table.name.clone(), constraint(key))));
    }
    operations.extend(later);
    operations.into_iter().map(|operation| Step { operation, hazards: Vec::new() }).collect()
}

/// Tables that go, children first. Where keys form a cycle, those that would be in the way are
/// dropped before.
pub(super) fn drops(stage: &Stage) -> Vec<Step> {
    let gone: Vec<&Table> =
        stage.before.tables.values().filter(|table| !stage.after.tables.contains_key(&table.name)).collect();
    let mut order = parents_first(&gone);
    order.reverse();

    let mut steps = Vec::new();
    for (own, table) in order.iter().map(|table| gone[*table]).enumerate() {
        let is_earlier = |name: &TableName| order[..own].iter().any(|earlier| gone[*earlier].name == *name);
        for key in table.foreign_keys.iter().filter(|key| is_earlier(&key.references)) {
            let constraint = Constraint::ForeignKey(key.clone());
            let operation = Operation::DropConstraint(table.name.clone(), constraint);
            steps.push(Step { operation, hazards: Vec::new() });
        }
    }
    for table in order.iter().map(|table| gone[*table]) {
        let hazards = risk::hazards(&[&Change::DropTable(table.clone())], table, table, Dialect::Postgres);
        steps.push(Step { operation: Operation::DropTable(table.clone()), hazards });
    }
    steps
}

/// Whether a table's key into itself needs an index that stands beside the table's own statement.
fn stands_on_separate_index(table: &Table, key: &ForeignKey) -> bool {
    table
        .uniques
        .iter()
        .any(|unique| unique.form == UniqueForm::Index && same_set(&unique.columns, &key.referenced_columns))
}

/// Whether two lists name the same columns: a foreign key finds its key in any order.
pub(super) fn same_set(a: &[String], b: &[String]) -> bool {
    a.len() == b.len() && a.iter().all(|column| b.contains(column))
}
