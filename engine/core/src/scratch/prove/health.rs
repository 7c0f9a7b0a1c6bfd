//! Whether a database works: views can be read, tables can be written to, rows point at rows.

use std::collections::BTreeMap;

use crate::database::Database;
use crate::model::{BystanderKind, Column, Numbering, Schema, Table, TableName};
use crate::scratch::ask;

use super::row_expectation::RowExpectation;

/// What is wrong with a database: nothing, in most.
#[derive(Debug)]
pub(super) struct Health {
    /// What was compiled, by table or view: why it is refused, if it is.
    compiled: BTreeMap<(TableName, &'static str), Option<String>>,
    /// Kinds of what isn't a table.
    kinds: BTreeMap<TableName, BystanderKind>,
    /// Of tables from which keys lead to one that has a key into a table that isn't there: all of them.
    dangling: BTreeMap<TableName, Vec<TableName>>,
    /// How many rows point at no row, by the pointing and the missing table; or why it can't be told.
    orphans: Result<BTreeMap<(String, String), i64>, String>,
    /// What the database says of its own rows; or why it can't be told.
    faults: Vec<String>,
}

impl Health {
    pub(super) fn of(database: &mut Database, schema: &Schema) -> Self {
        let mut compiled = BTreeMap::new();
        let mut kinds = BTreeMap::new();
        let mut dangling = BTreeMap::new();
        for table in schema.tables.values() {
            // Columns that the database computes or numbers by itself can't be written.
            let is_open = |column: &&Column| column.generated.is_none() && column.numbering != Some(Numbering::Always);
            let columns = table.columns.iter().filter(is_open);
            let columns: Vec<&str> = columns.map(|column| column.name.as_str()).collect();
            let (needed, dangles) = pointing_at(table, schema);
            if dangles {
                dangling.insert(table.name.clone(), needed);
            }
            for (doing, refusal) in ask::compiles(database, &table.name, &columns) {
                compiled.insert((table.name.clone(), doing), refusal);
            }
        }
        for object in schema.bystanders.iter() {
            let name = TableName::new(object.name.clone());
            match object.kind {
                BystanderKind::View
                | BystanderKind::VirtualTable
                | BystanderKind::MaterializedView
                | BystanderKind::ForeignTable => {
                    // A view's triggers handle what is written to it, and they are fired elsewhere.
                    let reads =
                        ask::compiles(database, &name, &[]).into_iter().filter(|(doing, _)| *doing == "reading");
                    compiled.extend(reads.map(|(doing, refusal)| ((name.clone(), doing), refusal)));
                    kinds.insert(name, object.kind);
                }
                // The table that these belong to was tried together with them.
                BystanderKind::Trigger
                | BystanderKind::Rule
                | BystanderKind::Policy
                | BystanderKind::Partition
                | BystanderKind::PartitionPart => {}
                // Nothing reads or writes these by name.
                BystanderKind::Function
                | BystanderKind::Extension
                | BystanderKind::Domain
                | BystanderKind::Type
                | BystanderKind::Sequence => {}
            }
        }
        let orphans = ask::orphans(database)
            .map(|orphans| orphans.into_iter().map(|(child, parent, rows)| ((child, parent), rows)).collect())
            .map_err(|cause| cause.to_string());
        let mut faults = ask::faults(database).unwrap_or_else(|cause| vec![cause.to_string()]);
        // One line is enough, however many rows it is about.
        faults.dedup();
        Self { compiled, kinds, dangling, orphans, faults }
    }

    /// Returns what is wrong here that wasn't wrong `before`, when the schema was `schema` and tables had their old
    /// names. A foreign key to a missing table breaks nothing that worked if all tables that it concerns are new.
    pub(super) fn worse_than(&self, before: &Self, schema: &Schema, expectations: &[RowExpectation]) -> Vec<String> {
        let mut lines = Vec::new();
        for ((relation, doing), refusal) in &self.compiled {
            let Some(why) = refusal else { continue };
            let needed = self.dangling.get(relation);
            if needed.is_some_and(|all| !all.iter().any(|table| schema.tables.contains_key(table))) {
                continue;
            }
            let expectation = expectations.iter().find(|expectation| expectation.table.to == *relation);
            let old = expectation.map_or(relation, |expectation| &expectation.table.from).clone();
            if before.compiled.get(&(old, doing)).is_none_or(Option::is_none) {
                let kind = self.kinds.get(relation).map(|kind| format!("{} ", kind.name())).unwrap_or_default();
                lines.push(format!("{doing} {kind}{relation} fails: {why}"));
            }
        }
        match (&before.orphans, &self.orphans) {
            (Ok(before), Ok(after)) => {
                for ((child, parent), rows) in after {
                    let more = rows - before.get(&(child.clone(), parent.clone())).copied().unwrap_or_default();
                    if more > 0 {
                        lines.push(format!("{more} rows of {child} point at no row of {parent}"));
                    }
                }
            }
            (Ok(_), Err(why)) => lines.push(format!("foreign keys can no longer be checked: {why}")),
            (Err(_), Ok(_) | Err(_)) => {}
        }
        lines.extend(self.faults.iter().filter(|fault| !before.faults.contains(fault)).cloned());
        lines
    }
}

/// Returns a table with the tables that reference it, directly or through others, and the missing tables that any of
/// these reference. Also returns whether a table is missing. SQLite compiles the effects of a change on all of them.
fn pointing_at(table: &Table, schema: &Schema) -> (Vec<TableName>, bool) {
    let mut found = vec![table.name.clone()];
    let mut at = 0;
    while let Some(parent) = found.get(at).cloned() {
        let points = |child: &&Table| child.rules.foreign_keys().any(|key| key.references == parent);
        for child in schema.tables.values().filter(points) {
            if !found.contains(&child.name) {
                found.push(child.name.clone());
            }
        }
        at += 1;
    }
    let keys = found.iter().filter_map(|name| schema.tables.get(name)).flat_map(|table| table.rules.foreign_keys());
    let nowhere: Vec<TableName> = keys.filter(|key| key.dangling).map(|key| key.references.clone()).collect();
    let dangles = !nowhere.is_empty();
    found.extend(nowhere);
    (found, dangles)
}
