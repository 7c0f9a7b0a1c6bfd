//! One `autogen::table!`.

use autogen::dialect::Dialect;
use autogen::model::Table;

use super::names::Names;
use super::{column, rules, text};

/// A table's definition; what it can't say goes to `unsaid`.
pub(super) fn definition(table: &Table, names: &Names, dialect: Dialect, unsaid: &mut Vec<String>) -> String {
    let name = &table.name;
    unsaid.extend(table.unmodelled.iter().map(|feature| format!("{name}: {feature}")));
    let Some(rust) = names.table(name).filter(|_| !name.name.trim().is_empty()) else {
        unsaid.push(format!("table {name:?}, whose name is blank"));
        return String::new();
    };
    if table.columns.is_empty() {
        unsaid.push(format!("table {name}, which has no column that can be defined"));
        return String::new();
    }

    let rules = rules::Rules::of(table, names, dialect, unsaid);
    let mut lines: Vec<String> = table.comment.iter().flat_map(|comment| text::doc(comment)).collect();
    lines.extend(rust.attribute());
    lines.extend(table.options.strict.then(|| "#[strict]".to_owned()));
    lines.extend(table.options.without_rowid.then(|| "#[without_rowid]".to_owned()));
    lines.extend(rules.of_table);
    lines.extend(column::hints(&table.hints, &[]));

    let schema = name.schema.as_ref().map(|schema| format!("{schema}.")).unwrap_or_default();
    lines.push(format!("{schema}{} ({}) {{", rust.rust, primary_key(table, names, unsaid)));
    for found in &table.columns {
        let of_column = rules.of_columns.get(&found.name).map(Vec::as_slice).unwrap_or_default();
        let lines_of_column = column::definition(table, found, of_column, names, dialect, unsaid);
        lines.extend(lines_of_column.into_iter().map(|line| format!("    {line}")));
    }
    lines.push("}".to_owned());
    let body: String = lines.iter().map(|line| format!("    {line}\n")).collect();
    format!("autogen::table! {{\n{body}}}\n")
}

/// The key's columns. Diesel has no tables without a key: one that has none is given all its
/// required columns.
fn primary_key(table: &Table, names: &Names, unsaid: &mut Vec<String>) -> String {
    let name = &table.name;
    let key = table.primary_key.as_ref();
    if let Some(constraint) = key.and_then(|key| key.name.as_ref()) {
        unsaid.push(format!("{name}: the name {constraint} of its primary key"));
    }
    let columns = key.and_then(|key| names.columns(name, &key.columns)).unwrap_or_else(|| {
        unsaid.push(format!("{name}: it has no primary key, but is defined with one"));
        let required: Vec<String> =
            table.columns.iter().filter(|column| !column.nullable).map(|column| column.name.clone()).collect();
        let all = || table.columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>();
        let columns = if required.is_empty() { all() } else { required };
        names.columns(name, &columns).unwrap_or_default()
    });
    columns.join(", ")
}
