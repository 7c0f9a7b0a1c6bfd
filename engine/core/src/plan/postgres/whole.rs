//! Tables that are created and dropped, and the foreign keys between them.

use std::collections::BTreeMap;

use crate::dialect::Dialect;
use crate::model::{Bystander, BystanderKind, Change, Edit, ForeignKey, Rule, Schema, Table, TableName, UniqueForm};
use crate::plan::tables::{creation, parents_first};
use crate::plan::{Alteration, ColumnAction, Operation, PostgresOperation, Stage, Step, risk};

/// Returns the schemas that exist after a stage and not before it.
pub(super) fn schemas(before: &Schema, after: &Schema) -> Vec<String> {
    let (Some(before), Some(after)) = (&before.namespaces, &after.namespaces) else { return Vec::new() };
    after.difference(before).cloned().collect()
}

/// Creates new tables, parents first. Where foreign keys form a cycle, a key to a table that is created later is
/// added once both tables exist.
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
        let (inline, deferred): (Vec<_>, Vec<_>) = table.rules.foreign_keys().partition(is_there);
        let mut made = table.clone();
        made.rules.retain_of::<ForeignKey>(|key| inline.contains(&key));
        operations.extend(creation(&made, &stage.after.bystanders, |table, rule| {
            PostgresOperation::AddRule(table, rule).into()
        }));
        operations.extend(own_of_inherited(table, &stage.after));
        let constraint = |key: &ForeignKey| Rule::ForeignKey(key.clone());
        later.extend(
            deferred
                .into_iter()
                .map(|key| Operation::Postgres(PostgresOperation::AddRule(table.name.clone(), constraint(key)))),
        );
    }
    operations.extend(later);
    operations.into_iter().map(|operation| Step { operation, hazards: Vec::new() }).collect()
}

/// Returns what a table defines differently for columns that it inherits, because its own statement doesn't name
/// them.
fn own_of_inherited(table: &Table, schema: &Schema) -> Option<Operation> {
    let parents: Vec<&Table> = table.lineage.parents.iter().filter_map(|name| schema.tables.get(name)).collect();
    let mut actions = Vec::new();
    for column in table.columns.iter().filter(|column| column.inherited) {
        let Some(given) = parents.iter().find_map(|parent| parent.column(&column.name)) else { continue };
        let mut add = |alteration| actions.push(ColumnAction { column: column.name.clone(), alteration });
        if given.nullable && !column.nullable {
            add(Alteration::SetNotNull);
        }
        match (&given.default, &column.default) {
            (_, Some(own)) if given.default.as_ref() != Some(own) => add(Alteration::SetDefault(own.clone())),
            (Some(_), None) => add(Alteration::DropDefault),
            (_, Some(_)) | (None, None) => {}
        }
    }
    (!actions.is_empty()).then(|| Operation::Postgres(PostgresOperation::AlterColumns(table.name.clone(), actions)))
}

/// Drops tables, children first. Where foreign keys form a cycle, first drops those that would block this.
pub(super) fn drops(stage: &Stage) -> Vec<Step> {
    let gone: Vec<&Table> =
        stage.before.tables.values().filter(|table| !stage.after.tables.contains_key(&table.name)).collect();
    let mut order = parents_first(&gone);
    order.reverse();

    let mut steps = Vec::new();
    for (own, table) in order.iter().map(|table| gone[*table]).enumerate() {
        let is_earlier = |name: &TableName| order[..own].iter().any(|earlier| gone[*earlier].name == *name);
        for key in table.rules.foreign_keys().filter(|key| is_earlier(&key.references)) {
            let constraint = Rule::ForeignKey(key.clone());
            let operation = Operation::Postgres(PostgresOperation::DropRule(table.name.clone(), constraint));
            steps.push(Step { operation, hazards: Vec::new() });
        }
    }
    for table in order.iter().map(|table| gone[*table]) {
        let hazards = risk::hazards(&[&Change::Table(Edit::Drop(table.clone()))], table, table, Dialect::Postgres);
        steps.push(Step { operation: Operation::DropTable(table.clone()), hazards });
    }
    steps
}

/// Restores the indexes and rules that partitions had of their own, after the whole table's one that had taken them
/// over is dropped.
pub(super) fn partition_parts(stage: &Stage) -> Vec<Step> {
    let stays = |object: &&Bystander| {
        let is_kept = |table| stage.before.tables.contains_key(table) && stage.after.tables.contains_key(table);
        object.kind == BystanderKind::PartitionPart && object.table.as_ref().is_some_and(is_kept)
    };
    let is_gone = |object: &&Bystander| !stage.before.bystanders.contains(object);
    let restored = stage.after.bystanders.iter().filter(stays).filter(is_gone).cloned();
    restored.map(|object| Step { operation: Operation::Restore(object), hazards: Vec::new() }).collect()
}

/// Checks whether a table's foreign key to itself needs an index that isn't part of the table's own statement.
fn stands_on_separate_index(table: &Table, key: &ForeignKey) -> bool {
    table
        .rules
        .uniques()
        .any(|unique| unique.form == UniqueForm::Index && same_set(&unique.columns, &key.referenced_columns))
}

/// Checks whether two lists name the same columns. A foreign key finds its key in any order.
pub(super) fn same_set(a: &[String], b: &[String]) -> bool {
    a.len() == b.len() && a.iter().all(|column| b.contains(column))
}
