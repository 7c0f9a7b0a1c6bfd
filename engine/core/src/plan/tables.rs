//! What planning has in common for all dialects: changes by table, and new tables.

use std::collections::BTreeMap;

use crate::model::{Bystander, BystanderKind, Change, Rule, Table, TableName};

use super::Operation;
use super::order::Reasons;

/// Groups items by the table that their change is about. Each group keeps the given order.
pub(super) fn by_table<T>(all: &[T], change: impl Fn(&T) -> &Change) -> BTreeMap<TableName, Vec<&T>> {
    let mut tables: BTreeMap<TableName, Vec<&T>> = BTreeMap::new();
    for one in all {
        tables.entry(change(one).subject().table).or_default().push(one);
    }
    tables
}

/// Creates a new table with the indexes that aren't part of its own statement, each made by `index`. If the table is
/// restored, also restores its partitions and triggers.
pub(super) fn creation(
    table: &Table,
    bystanders: &[Bystander],
    index: impl Fn(TableName, Rule) -> Operation,
) -> Vec<Operation> {
    let indexes = table.separate_indexes().map(|rule| index(table.name.clone(), rule.clone()));
    let is_of_partition = |object: &&Bystander| object.kind.is_of_partition();
    let partitions =
        bystanders.iter().filter(is_of_partition).filter(|object| object.table.as_ref() == Some(&table.name));
    let restored = partitions.cloned().chain(triggers(table, bystanders)).map(Operation::Restore);
    std::iter::once(Operation::CreateTable(table.clone())).chain(indexes).chain(restored).collect()
}

/// Returns the triggers on a table, which are dropped with it.
pub(super) fn triggers(table: &Table, bystanders: &[Bystander]) -> Vec<Bystander> {
    let is_own = |bystander: &&Bystander| {
        bystander.kind == BystanderKind::Trigger && bystander.table.as_ref() == Some(&table.name)
    };
    bystanders.iter().filter(is_own).cloned().collect()
}

/// Returns the positions of tables, each after those that it inherits from or references wherever possible.
pub(super) fn parents_first(tables: &[&Table]) -> Vec<usize> {
    let mut reasons = Reasons::between(tables.len());
    for (child, table) in tables.iter().enumerate() {
        let referenced = table.rules.foreign_keys().map(|key| &key.references);
        for name in referenced.chain(&table.lineage.parents) {
            for (parent, _) in tables.iter().enumerate().filter(|(_, parent)| parent.name == *name) {
                reasons.had_better_run(parent).before(child);
            }
        }
    }
    reasons.order()
}
