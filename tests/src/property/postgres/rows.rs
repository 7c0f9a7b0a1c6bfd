//! Rows for a start. One that some rule refuses is left out.

use super::models::{Kind, Models, PLAIN, TableModel};
use super::text::quoted;

const ROWS: usize = 5;

/// A statement a line, each of which may fail for itself; rules that look later look at once.
pub(super) fn planted(models: &Models) -> String {
    let mut text = String::new();
    for table in &models.tables {
        for number in 1..=ROWS {
            text.push_str(&format!(
                "DO $autogen$ BEGIN {} SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED; \
                 EXCEPTION WHEN OTHERS THEN NULL; END $autogen$;\n",
                insert(models, table, number)
            ));
        }
    }
    text
}

fn insert(models: &Models, table: &TableModel, number: usize) -> String {
    let mut names = Vec::new();
    let mut values = Vec::new();
    for (position, column) in table.columns.iter().enumerate() {
        if models.doubled(table, column).is_some() || models.numbers(column).is_some() {
            continue;
        }
        names.push(quoted(&column.name.sql));
        let left_out = number % 3 == 2 && !column.required && position > 1;
        values.push(if left_out { "NULL".to_owned() } else { value(models, &column.kind, number) });
    }
    let name = quoted(&table.name.sql);
    if names.is_empty() {
        return format!("INSERT INTO {name} DEFAULT VALUES;");
    }
    format!("INSERT INTO {name} ({}) VALUES ({});", names.join(", "), values.join(", "))
}

fn value(models: &Models, kind: &Kind, number: usize) -> String {
    let literal = |name: &String| {
        let values = models.values(name);
        values[number % values.len()].clone()
    };
    match kind {
        Kind::Plain(at) => PLAIN[*at].value.replace('#', &number.to_string()),
        Kind::Enum(name) => format!("'{}'", literal(name).replace('\'', "''")),
        Kind::Enums(name) => {
            let element = literal(name).replace('\\', "\\\\").replace('"', "\\\"").replace('\'', "''");
            format!("'{{\"{element}\",NULL}}'")
        }
    }
}
