//! Writes what goes beside a stock `diesel::table!`: its foreign keys as `joinable!`s, and a list of what it
//! leaves out.

use autogen_engine::model::{ForeignKey, Rule, Table};

use super::Source;
use super::names::Names;
use super::rules::shown;

/// Adds a `joinable!` for every foreign key that one can state, and lists the rest.
pub(super) fn rest(table: &Table, names: &Names, source: &mut Source) {
    let name = &table.name;
    let mut parents: Vec<&ForeignKey> = Vec::new();
    for key in table.rules.foreign_keys() {
        let is_plain = key.columns.len() == 1 && key.references != *name && key.referenced_columns.len() <= 1;
        let is_second = parents.iter().any(|other| other.references == key.references);
        let child = names.table(name);
        let parent = names.table(&key.references);
        let column = key.columns.first().and_then(|column| names.column(name, column));
        if let (Some(child), Some(parent), Some(column)) = (child, parent, column)
            && is_plain
            && !is_second
        {
            source
                .text
                .push_str(&format!("\ndiesel::joinable!({} -> {} ({}));\n", child.rust, parent.rust, column.rust));
            parents.push(key);
            if key.on_delete.is_some() || key.on_update.is_some() {
                source
                    .unsaid
                    .push(format!("{name}: what its foreign key to {} does on delete or update", key.references));
            }
        } else {
            source.unsaid.push(format!("{name}: its foreign key ({}) to {}", key.columns.join(", "), key.references));
        }
    }
    for column in &table.columns {
        let parts = [
            ("default", column.default.is_some()),
            ("generated value", column.generated.is_some()),
            ("collation", column.collation.is_some()),
            ("numbering", column.auto_increment),
        ];
        for (part, _) in parts.iter().filter(|(_, is_there)| *is_there) {
            source.unsaid.push(format!("{name}.{}: its {part}", column.name));
        }
    }
    // Foreign keys are written as joins.
    let rules = table.rules.iter().filter(|rule| !matches!(rule, Rule::ForeignKey(_)));
    source.unsaid.extend(rules.map(|rule| format!("{name}: its {}", shown(rule))));
}
