//! The tables that changes touch, with the keys to and from them: small enough for a comment.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use autogen_engine::model::{Change, Edit, Rename, Schema, TableName};

use super::mermaid::{CLASSES, escaped};
use crate::printable::one_line;

/// Draws the tables that changes touch, for Mermaid: new, gone and changed ones, and the tables that
/// reference them or that they reference. `start` and `goal` are the whole schema before and after.
pub fn touched(changes: &[Change], start: &Schema, goal: &Schema) -> String {
    let touched = marks(changes);
    let mut keys: Vec<(&TableName, &TableName)> = Vec::new();
    let schemas = [goal, start].into_iter().flat_map(|schema| schema.tables.values());
    for table in schemas {
        for key in table.rules.foreign_keys() {
            let is_told = touched.contains_key(&table.name) || touched.contains_key(&key.references);
            let is_there = goal.tables.contains_key(&table.name) || touched.contains_key(&table.name);
            if is_told && is_there && !keys.contains(&(&table.name, &key.references)) {
                keys.push((&table.name, &key.references));
            }
        }
    }
    let mut nodes: BTreeMap<&TableName, &str> = touched.iter().map(|(name, kind)| (name, *kind)).collect();
    for name in keys.iter().flat_map(|(from, to)| [*from, *to]) {
        nodes.entry(name).or_insert("same");
    }
    // Names of nodes are numbers: a name may hold what the language has a use for.
    let node = |name: &TableName| format!("t{}", nodes.keys().position(|known| *known == name).unwrap_or_default());
    let mut text = "flowchart LR\n".to_owned();
    for (name, kind) in &nodes {
        let _ = writeln!(text, "  {}[\"{}\"]:::{kind}", node(name), escaped(&one_line(&name.to_string())));
    }
    for (from, to) in &keys {
        let _ = writeln!(text, "  {} --> {}", node(from), node(to));
    }
    text.push_str(CLASSES);
    text.push_str("  classDef same stroke:#888888\n");
    text
}

/// Returns the kind of change of each table that the changes touch, under the table's name afterwards.
fn marks(changes: &[Change]) -> BTreeMap<TableName, &'static str> {
    let mut touched = BTreeMap::new();
    for change in changes {
        let (name, kind) = match change {
            Change::Table(Edit::Add(table)) => (table.name.clone(), "new"),
            Change::Table(Edit::Drop(table)) => (table.name.clone(), "gone"),
            Change::Rename(Rename::Table(names)) => (names.to.clone(), "changed"),
            Change::Rename(Rename::Enum(_) | Rename::EnumValue(..)) | Change::Enum(_) => continue,
            Change::Rename(Rename::Column(..))
            | Change::Table(Edit::Alter(_))
            | Change::Column(..)
            | Change::Rule(..) => (change.subject().table, "changed"),
        };
        touched.entry(name).or_insert(kind);
    }
    touched
}
