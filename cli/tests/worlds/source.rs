//! Definitions as Rust source.

use std::fmt::Write as _;

use super::models::{Column, Enumeration, Id, Key, Kind, Models, Table};

/// The source of one owner.
pub fn text(models: &Models, owner: usize) -> String {
    let mut text = String::new();
    models.enums.iter().filter(|found| found.owner == owner).for_each(|found| enumeration(&mut text, found));
    models.tables.iter().filter(|table| table.owner == owner).for_each(|one| table(&mut text, models, one));
    text
}

fn enumeration(text: &mut String, found: &Enumeration) {
    let values: Vec<String> = found
        .values
        .iter()
        .map(|value| {
            let old = value.old.as_ref().map_or_else(String::new, |old| format!("#[renamed_from(\"{old}\")] "));
            format!("{old}#[sql_name = \"{}\"] V{}", value.name, value.id)
        })
        .collect();
    let _written = writeln!(text, "autogen::sql_enum! {{ enum Mood{} {{ {} }} }}", found.id, values.join(", "));
}

fn table(text: &mut String, models: &Models, table: &Table) {
    let mut lines = Vec::new();
    if let Some(comment) = &table.comment {
        lines.push(format!("/// {comment}"));
    }
    if let Some(old) = &table.old {
        lines.push(format!("#[renamed_from(\"{old}\")]"));
    }
    for pair in &table.pairs {
        let [a, b] = pair.columns.map(|id| table.column(id).map_or_else(String::new, field));
        lines.push(format!("#[{}({a}, {b})]", if pair.unique { "unique" } else { "index" }));
    }
    let name = identifier(&table.name, table.id);
    if name.trim_start_matches("r#") != table.name {
        lines.push(format!("#[sql_name = \"{}\"]", table.name));
    }
    let key = table.key.name();
    lines.push(format!("{name} ({key}) {{"));
    lines.push(match table.key {
        Key::Number { auto: true } => "    #[auto_increment] id -> Integer,".to_owned(),
        Key::Number { auto: false } => "    id -> Integer,".to_owned(),
        Key::Code => "    #[max_length = 20] code -> Varchar,".to_owned(),
    });
    lines.extend(table.columns.iter().map(|one| column(models, table, one)));
    lines.push("}".to_owned());
    let _written = writeln!(text, "autogen::table! {{\n    {}\n}}", lines.join("\n    "));
}

fn column(models: &Models, table: &Table, column: &Column) -> String {
    let mut words = Vec::new();
    if let Some(old) = &column.old {
        words.push(format!("#[renamed_from(\"{old}\")]"));
    }
    if let Some(default) = &column.default {
        words.push(match default.as_str() {
            "now" => "#[default(now)]".to_owned(),
            literal => format!("#[default = {literal}]"),
        });
    }
    words.extend(column.unique.then(|| "#[unique]".to_owned()));
    words.extend(column.index.then(|| "#[index]".to_owned()));
    words.extend(column.check.then(|| format!("#[check(\"{} >= 0\")]", column.name)));
    if let Some(parent) = &column.parent {
        let to = if parent.table == table.id { Some(table) } else { models.table(parent.table) };
        let action = parent.on_delete.map_or_else(String::new, |action| format!(", on_delete = {action}"));
        let (name, key) = to.map_or_else(Default::default, |to| (identifier(&to.name, to.id), to.key.name()));
        words.push(format!("#[references({name}({key}){action})]"));
    }
    let field = field(column);
    if field.trim_start_matches("r#") != column.name {
        words.push(format!("#[sql_name = \"{}\"]", column.name));
    }
    let data_type = match column.kind {
        Kind::Small => "SmallInt".to_owned(),
        Kind::Int => "Integer".to_owned(),
        Kind::Big => "BigInt".to_owned(),
        Kind::Double => "Double".to_owned(),
        Kind::Decimal(precision, scale) => {
            words.push(format!("#[precision({precision}, {scale})]"));
            "Numeric".to_owned()
        }
        Kind::Bool => "Bool".to_owned(),
        Kind::Text => "Text".to_owned(),
        Kind::Varchar(length) => {
            words.push(format!("#[max_length = {length}]"));
            "Varchar".to_owned()
        }
        Kind::Stamp => "Timestamp".to_owned(),
        Kind::Enum(id) => format!("Mood{id}Mapping"),
    };
    let data_type = if column.nullable { format!("Nullable<{data_type}>") } else { data_type };
    words.push(format!("{field} -> {data_type},"));
    let comment = column.comment.as_ref().map_or_else(String::new, |comment| format!("    /// {comment}\n    "));
    format!("{comment}    {}", words.join(" "))
}

/// A column's name in Rust.
fn field(column: &Column) -> String {
    identifier(&column.name, column.id)
}

/// The name itself where Rust takes it, in raw form if it is a word of Rust's, else one made of its number.
fn identifier(name: &str, id: Id) -> String {
    let is_plain = name.chars().all(|letter| letter.is_alphanumeric() && !letter.is_uppercase() || letter == '_');
    match name {
        "type" | "match" => format!("r#{name}"),
        name if is_plain => name.to_owned(),
        _ => format!("x{id}"),
    }
}
