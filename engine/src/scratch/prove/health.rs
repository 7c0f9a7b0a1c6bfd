//! Whether a database works: views can be read, tables can be written to, rows point at rows.

use std::collections::BTreeMap;

use crate::database::Database;
use crate::model::{Bystander, BystanderKind, Column, Numbering, Schema, TableName};
use crate::scratch::ask;

/// What is wrong with a database: nothing, in most.
#[derive(Debug)]
pub(super) struct Health {
    /// Why something can't be done, by what.
    refused: BTreeMap<String, String>,
    /// Foreign keys into tables that aren't there: by what can't be done for them, all the tables that this needs.
    dangling: BTreeMap<String, Vec<TableName>>,
    /// How many rows point at no row, by the pointing and the missing table; or why it can't be told.
    orphans: Result<BTreeMap<(String, String), i64>, String>,
    /// What the database says of its own rows; or why it can't be told.
    faults: Vec<String>,
}

impl Health {
    pub(super) fn of(database: &mut Database, schema: &Schema) -> Self {
        let mut refused = BTreeMap::new();
        let mut dangling = BTreeMap::new();
        for table in schema.tables.values() {
            let nowhere = table.foreign_keys.iter().filter(|key| key.dangling).map(|key| key.references.clone());
            let needed: Vec<TableName> = std::iter::once(table.name.clone()).chain(nowhere).collect();
            // What the database computes or numbers by itself can't be written.
            let is_open = |column: &&Column| column.generated.is_none() && column.numbering != Some(Numbering::Always);
            let columns = table.columns.iter().filter(is_open);
            let columns: Vec<&str> = columns.map(|column| column.name.as_str()).collect();
            for (doing, why) in ask::compiles(database, &table.name, &columns) {
                let doing = format!("{doing} {}", table.name);
                dangling.extend(Some((doing.clone(), needed.clone())).filter(|_| needed.len() > 1));
                refused.insert(doing, why);
            }
            let is_trigger = |object: &&Bystander| object.kind == BystanderKind::Trigger;
            let mut triggers = schema.bystanders.iter().filter(is_trigger);
            let has_triggers = triggers.any(|trigger| trigger.table.as_ref() == Some(&table.name));
            if has_triggers && let Some(why) = ask::sets_off(database, &table.name, &columns) {
                refused.insert(format!("putting a row into {}", table.name), why);
            }
        }
        for object in &schema.bystanders {
            let name = TableName::new(object.name.clone());
            match object.kind {
                BystanderKind::View => {
                    let has_triggers = schema.bystanders.iter().any(|trigger| trigger.table.as_ref() == Some(&name));
                    let columns = ask::columns(database, &name);
                    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
                    for (doing, why) in ask::compiles(database, &name, &columns) {
                        // Only what INSTEAD OF triggers take can be written to a view.
                        if doing == "reading" || has_triggers {
                            refused.insert(format!("{doing} view {name}"), why);
                        }
                    }
                }
                // The table that these belong to was tried with them.
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
                BystanderKind::VirtualTable | BystanderKind::MaterializedView | BystanderKind::ForeignTable => {
                    for (doing, why) in ask::compiles(database, &name, &[]) {
                        if doing == "reading" {
                            refused.insert(format!("{doing} {} {name}", object.kind.name()), why);
                        }
                    }
                }
            }
        }
        let orphans = ask::orphans(database)
            .map(|orphans| orphans.into_iter().map(|(child, parent, rows)| ((child, parent), rows)).collect())
            .map_err(|cause| cause.to_string());
        let mut faults = ask::faults(database).unwrap_or_else(|cause| vec![cause.to_string()]);
        // One line says it, however many rows it is said of.
        faults.dedup();
        Self { refused, dangling, orphans, faults }
    }

    /// What is wrong here that wasn't `before`, with the schema that was there then. A new table's key
    /// into one that wasn't there either breaks nothing that worked.
    pub(super) fn worse_than(&self, before: &Self, schema: &Schema) -> Vec<String> {
        let mut lines = Vec::new();
        for (doing, why) in &self.refused {
            let needed = self.dangling.get(doing);
            let never_worked = needed.is_some_and(|all| !all.iter().any(|table| schema.tables.contains_key(table)));
            if !never_worked && !before.refused.contains_key(doing) {
                lines.push(format!("{doing} fails: {why}"));
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
