//! A table made anew: create under another name, copy, drop, rename, and put back what went
//! with the old one.

use autogen_engine::plan::{Rebuild, Source};

use super::{facts, list, literal, name, parts, quoted, table};

pub(super) fn statements(rebuild: &Rebuild) -> Vec<String> {
    let old = &rebuild.tables.from;
    let new = &rebuild.tables.to;
    let under = &rebuild.interim;

    let mut statements = vec![table::create(new, under)];
    let (columns, values): (Vec<String>, Vec<String>) = rebuild
        .columns
        .iter()
        .map(|(column, source)| {
            let value = match source {
                Source::Column(column) => quoted(column),
                Source::Expr(expr) => expr.clone(),
            };
            (column.clone(), value)
        })
        .unzip();
    if !columns.is_empty() {
        let (mut into, mut values) = (list(&columns), values.join(", "));
        if let Some(numbers) = &rebuild.row_numbers {
            (into, values) = (format!("{}, {into}", numbers.to), format!("{}, {values}", numbers.from));
        }
        statements.push(format!("INSERT INTO {} ({into}) SELECT {values} FROM {}", name(under), name(&old.name)));
    }
    if is_numbered(old) && is_numbered(new) {
        statements.extend(keep_high_water_mark(&old.name.name, &under.name));
    }
    statements.push(format!("DROP TABLE {}", name(&old.name)));
    // With legacy names, the rename leaves alone what refers to the table by its name: views, triggers and keys
    // of other tables. All of them mean the new table from here on.
    statements.push("PRAGMA legacy_alter_table = ON".to_owned());
    statements.push(format!("ALTER TABLE {} RENAME TO {}", name(under), quoted(&new.name.name)));
    statements.push("PRAGMA legacy_alter_table = OFF".to_owned());
    statements
        .extend(new.rules.iter().filter_map(|rule| parts::separate_index(&quoted(&new.name.name), rule, facts())));
    statements.extend(rebuild.triggers.iter().map(|trigger| trigger.sql.trim_end_matches(';').to_owned()));
    statements
}

fn is_numbered(table: &autogen_engine::model::Table) -> bool {
    table.columns.iter().any(|column| column.auto_increment)
}

/// Writes the statements that keep the last number used. AUTOINCREMENT promises that a number is never used
/// again. SQLite keeps the last one by the table's name, so it would go with the old table.
fn keep_high_water_mark(old: &str, new: &str) -> [String; 2] {
    let (old, new) = (literal(old), literal(new));
    [
        format!("DELETE FROM sqlite_sequence WHERE name = {new}"),
        format!("INSERT INTO sqlite_sequence (name, seq) SELECT {new}, seq FROM sqlite_sequence WHERE name = {old}"),
    ]
}
