//! Pictures of the chains of a host, with a box for an owner's revisions and arrows from what must come first;
//! and of tables with the keys between them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use autogen_engine::history::{History, Revision};
use autogen_engine::model::{Change, Edit, Rename, Schema, TableName};

use crate::printable::one_line;

/// Draws the revisions for Graphviz.
pub fn dot(history: &History, owners: &[&str]) -> String {
    let mut text = "digraph revisions {\n  rankdir=BT;\n  node [shape=box];\n".to_owned();
    for (number, owner) in owners.iter().enumerate() {
        let _ = writeln!(text, "  subgraph cluster_{number} {{\n    label={};", quoted(owner));
        for revision in history.of(owner) {
            let _ = writeln!(text, "    {} [label={}];", quoted(revision.version.as_str()), quoted(&revision.name));
        }
        text.push_str("  }\n");
    }
    for Arrow { from, to, kind } in arrows(history, owners) {
        let style = match kind {
            Kind::Revises => "",
            Kind::DependsOn => " [style=dashed]",
            Kind::After => " [style=dotted]",
        };
        let _ = writeln!(text, "  {} -> {}{style};", quoted(from), quoted(to));
    }
    text + "}\n"
}

/// Draws the revisions for Mermaid, which code forges render in their pages.
pub fn mermaid(history: &History, owners: &[&str]) -> String {
    let mut text = "flowchart BT\n".to_owned();
    let shown = |revision: &&Revision| owners.contains(&revision.owner.as_str());
    let nodes: Vec<&Revision> = history.revisions().iter().filter(shown).collect();
    // Names of nodes are numbers, because a version may contain characters with a meaning in the language.
    let node = |version: &str| {
        format!("r{}", nodes.iter().position(|found| found.version.as_str() == version).unwrap_or_default())
    };
    for (number, owner) in owners.iter().enumerate() {
        let _ = writeln!(text, "  subgraph o{number} [\"{}\"]", escaped(owner));
        for revision in history.of(owner) {
            let _ = writeln!(text, "    {}[\"{}\"]", node(revision.version.as_str()), escaped(&revision.name));
        }
        text.push_str("  end\n");
    }
    for Arrow { from, to, kind } in arrows(history, owners) {
        let line = match kind {
            Kind::Revises => "-->",
            Kind::DependsOn => "-.->",
            Kind::After => "-. after .->",
        };
        let _ = writeln!(text, "  {} {line} {}", node(from), node(to));
    }
    text
}

/// Draws the tables that changes touch, for Mermaid: new, gone and changed ones, and the tables that
/// reference them or that they reference. `start` and `goal` are the whole schema before and after.
pub fn tables(changes: &[Change], start: &Schema, goal: &Schema) -> String {
    let touched = touched(changes);
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
    // Names of nodes are numbers, because a name may contain characters with a meaning in the language.
    let node = |name: &TableName| format!("t{}", nodes.keys().position(|known| *known == name).unwrap_or_default());
    let mut text = "flowchart LR\n".to_owned();
    for (name, kind) in &nodes {
        let _ = writeln!(text, "  {}[\"{}\"]:::{kind}", node(name), escaped(&one_line(&name.to_string())));
    }
    for (from, to) in &keys {
        let _ = writeln!(text, "  {} --> {}", node(from), node(to));
    }
    text.push_str(
        "  classDef new stroke:#1a7f37,stroke-width:3px\n  classDef gone stroke:#cf222e,stroke-dasharray:5\n",
    );
    text.push_str("  classDef changed stroke:#9a6700,stroke-width:3px\n  classDef same stroke:#888888\n");
    text
}

/// Returns the kind of change of each table that the changes touch, under the table's name afterwards.
fn touched(changes: &[Change]) -> BTreeMap<TableName, &'static str> {
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

struct Arrow<'a> {
    from: &'a str,
    to: &'a str,
    kind: Kind,
}

enum Kind {
    Revises,
    DependsOn,
    After,
}

/// Returns the arrows between the revisions shown.
fn arrows<'a>(history: &'a History, owners: &[&str]) -> Vec<Arrow<'a>> {
    let shown = |revision: &&Revision| owners.contains(&revision.owner.as_str());
    let mut arrows = Vec::new();
    for revision in history.revisions().iter().filter(shown) {
        let parents = revision.revises.iter().map(|version| (version, Kind::Revises));
        let needed = revision.depends_on.iter().map(|version| (version, Kind::DependsOn));
        let earlier = revision.after.iter().map(|version| (version, Kind::After));
        for (version, kind) in parents.chain(needed).chain(earlier) {
            if let Some(from) = history.get(version).filter(shown) {
                arrows.push(Arrow { from: from.version.as_str(), to: revision.version.as_str(), kind });
            }
        }
    }
    arrows
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn escaped(text: &str) -> String {
    text.replace('&', "#amp;").replace('"', "#quot;").replace('<', "#lt;").replace('>', "#gt;")
}
