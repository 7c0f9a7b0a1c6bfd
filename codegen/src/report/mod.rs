//! Changes as one line each, for people.

mod enums;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use autogen_engine::dialect::Dialect;
use autogen_engine::model::{
    Action, Change, Check, Column, Deferrable, Edit, Exclusion, Expr, ForeignKey, Index, IndexColumn, IndexKey, Nulls,
    Pair, Rename, RenamedValues, Rule, Schema, Table, TableName, Unique, UniqueForm,
};

/// One line per change: `+` new, `-` gone, `~` different, `>` renamed.
///
/// ```
/// use autogen_engine::model::{Change, Column, DataType, Edit, TableName};
/// let change = Change::Column(TableName::new("users"), Edit::Add(Column::new("email", DataType::Varchar(Some(64)))));
/// assert_eq!(autogen_codegen::report::lines(&[change]), ["+ users.email  Varchar(64)"]);
/// ```
pub fn lines(changes: &[Change]) -> Vec<String> {
    changes.iter().flat_map(change_lines).collect()
}

/// A few words for a whole revision: the first change, and how many more there are.
///
/// ```
/// use autogen_engine::model::{Change, Column, DataType, Edit, TableName};
/// let change = Change::Column(TableName::new("users"), Edit::Add(Column::new("email", DataType::Text)));
/// assert_eq!(autogen_codegen::report::title(&[change], false), "add users.email");
/// assert_eq!(autogen_codegen::report::title(&[], true), "baseline");
/// ```
pub fn title(changes: &[Change], is_first: bool) -> String {
    if is_first {
        return "baseline".to_owned();
    }
    // Rules of tables and columns tell less than tables and columns do, and mostly come with them.
    let is_main = |change: &&Change| match change {
        Change::Rename(_) | Change::Table(Edit::Add(_) | Edit::Drop(_)) | Change::Column(..) | Change::Enum(_) => true,
        Change::Table(Edit::Alter(_)) | Change::Rule(..) => false,
    };
    let mut main: Vec<&Change> = changes.iter().filter(is_main).collect();
    if main.is_empty() {
        main = changes.iter().collect();
    }
    let Some(first) = main.first() else { return "nothing".to_owned() };
    let words = words(first);
    match main.len() {
        1 => words,
        more => format!("{words} and {} more", more - 1),
    }
}

/// A few words for one change.
fn words(change: &Change) -> String {
    let table = change.subject().table;
    match change {
        Change::Table(Edit::Add(_)) => format!("create {table}"),
        Change::Table(Edit::Drop(_)) => format!("drop {table}"),
        Change::Table(Edit::Alter(tables)) if tables.from.options == tables.to.options => {
            format!("say what {table} is for")
        }
        Change::Table(Edit::Alter(_)) => format!("change the options of {table}"),
        Change::Rename(Rename::Table(names) | Rename::Enum(names)) => format!("rename {} to {}", names.from, names.to),
        Change::Rename(Rename::Column(_, names)) => format!("rename {table}.{} to {}", names.from, names.to),
        Change::Rename(Rename::EnumValue(name, values)) => {
            format!("rename {} of {name} to {}", values.from, values.to)
        }
        Change::Column(_, Edit::Add(column)) => format!("add {table}.{}", column.name),
        Change::Column(_, Edit::Drop(column)) => format!("drop {table}.{}", column.name),
        Change::Column(_, Edit::Alter(columns)) => format!("alter {table}.{}", columns.from.name),
        Change::Rule(_, edit) => words_of_rule(&table, edit),
        Change::Enum(edit) => enums::words(edit),
    }
}

fn words_of_rule(table: &TableName, edit: &Edit<Rule>) -> String {
    match edit {
        Edit::Add(Rule::PrimaryKey(_)) | Edit::Drop(Rule::PrimaryKey(_)) => format!("change the key of {table}"),
        Edit::Add(Rule::Unique(unique)) => format!("make {table} unique by {}", unique.columns.join(", ")),
        Edit::Drop(Rule::Unique(unique)) => format!("let {table} repeat {}", unique.columns.join(", ")),
        Edit::Add(Rule::Index(_)) => format!("index {table}"),
        Edit::Drop(Rule::Index(_)) => format!("drop an index of {table}"),
        Edit::Add(Rule::ForeignKey(key)) => format!("point {table} at {}", key.references),
        Edit::Drop(Rule::ForeignKey(key)) => format!("point {table} no longer at {}", key.references),
        Edit::Add(Rule::Check(_)) => format!("check {table}"),
        Edit::Drop(Rule::Check(_)) => format!("drop a check of {table}"),
        Edit::Add(Rule::Exclusion(_)) => format!("let rows of {table} exclude one another"),
        Edit::Drop(Rule::Exclusion(_)) => format!("drop an exclusion of {table}"),
        Edit::Alter(rules) if matches!(rules.to, Rule::PrimaryKey(_)) => format!("change the key of {table}"),
        Edit::Alter(rules) => {
            let name = rules.to.name().unwrap_or_default();
            if rules.from.comment() == rules.to.comment() {
                format!("settle {name}")
            } else {
                format!("say what {name} is for")
            }
        }
    }
}

/// The definitions of all tables that differ, before and after, as one unified diff.
pub fn unified(from: &Schema, to: &Schema, dialect: Dialect) -> String {
    let mut text = String::new();
    let names: BTreeSet<&TableName> = from.tables.keys().chain(to.tables.keys()).collect();
    for name in names {
        let definition = |schema: &Schema| {
            schema.tables.get(name).map(|table| crate::sql::definition(table, dialect)).unwrap_or_default()
        };
        let (before, after) = (definition(from), definition(to));
        if before != after {
            let diff = similar::TextDiff::from_lines(&before, &after);
            let header = (format!("a/{name}"), format!("b/{name}"));
            text.push_str(&diff.unified_diff().header(&header.0, &header.1).to_string());
        }
    }
    text
}

fn change_lines(change: &Change) -> Vec<String> {
    match change {
        Change::Rename(rename) => vec![rename_line(rename)],
        Change::Table(Edit::Add(table)) => table_lines('+', table),
        Change::Table(Edit::Drop(table)) => table_lines('-', table),
        Change::Table(Edit::Alter(tables)) => altered_table_lines(tables),
        Change::Column(table, Edit::Add(column)) => vec![format!("+ {table}.{}  {}", column.name, described(column))],
        Change::Column(table, Edit::Drop(column)) => vec![format!("- {table}.{}  {}", column.name, described(column))],
        Change::Column(table, Edit::Alter(columns)) => {
            let differences = differences(&columns.from, &columns.to).join("; ");
            vec![format!("~ {table}.{}  {differences}", columns.from.name)]
        }
        Change::Rule(table, edit) => vec![rule_change_line(table, edit)],
        Change::Enum(edit) => enums::lines(edit),
    }
}

fn rename_line(rename: &Rename) -> String {
    match rename {
        Rename::Table(names) => format!("> {} -> {}", names.from, names.to),
        Rename::Column(table, names) => format!("> {table}.{} -> {}", names.from, names.to),
        Rename::Enum(names) => format!("> enum {} -> {}", names.from, names.to),
        Rename::EnumValue(name, values) => format!("> enum {name}  {} -> {}", values.from, values.to),
    }
}

fn altered_table_lines(tables: &Pair<Table>) -> Vec<String> {
    let table = &tables.from.name;
    let mut lines = Vec::new();
    let mut shown = tables.as_ref().map(|table| table.options.clone());
    if shown.differs() {
        if shown.from.collation == shown.to.collation {
            (shown.from.collation, shown.to.collation) = (None, None);
        }
        lines.push(format!("~ {table}  options {} -> {}", shown.from, shown.to));
    }
    if tables.from.comment != tables.to.comment {
        lines.push(format!("~ {table}  comment"));
    }
    lines
}

fn rule_change_line(table: &TableName, edit: &Edit<Rule>) -> String {
    let sides = edit.sides();
    if let Some(Rule::PrimaryKey(_)) = edit.sides().from.or(sides.to) {
        let shown = sides.map(|rule| match rule {
            Some(Rule::PrimaryKey(key)) => format!("({})", key.columns.join(", ")),
            Some(Rule::Unique(_) | Rule::Index(_) | Rule::ForeignKey(_) | Rule::Check(_) | Rule::Exclusion(_))
            | None => "none".to_owned(),
        });
        return format!("~ {table}  primary key {} -> {}", shown.from, shown.to);
    }
    match edit {
        Edit::Add(rule) => format!("+ {}", rule_line(table, rule)),
        Edit::Drop(rule) => format!("- {}", rule_line(table, rule)),
        Edit::Alter(rules) => {
            let name = rules.to.name().unwrap_or_default();
            if rules.from.comment() != rules.to.comment() {
                return format!("~ {table}  {name}: comment");
            }
            format!("~ {table}  {name}: {} -> {}", held(&rules.from), held(&rules.to))
        }
    }
}

fn rule_line(table: &TableName, rule: &Rule) -> String {
    match rule {
        Rule::PrimaryKey(key) => format!("primary key {table} ({})", key.columns.join(", ")),
        Rule::Unique(unique) => unique_line(table, unique),
        Rule::Index(index) => index_line(table, index),
        Rule::ForeignKey(key) => foreign_key_line(table, key),
        Rule::Check(check) => check_line(table, check),
        Rule::Exclusion(exclusion) => exclusion_line(table, exclusion),
    }
}

fn table_lines(sign: char, table: &Table) -> Vec<String> {
    let key = table.primary_key.as_ref().map(|key| format!("  ({})", key.columns.join(", "))).unwrap_or_default();
    let mut lines = vec![format!("{sign} table {}{key}", table.name)];
    let width = table.columns.iter().map(|column| column.name.chars().count()).max().unwrap_or_default();
    for column in &table.columns {
        lines.push(format!("    {:width$}  {}", column.name, described(column)));
    }
    lines.extend(table.rules.iter().map(|rule| format!("    {}", rule_line(&table.name, rule))));
    lines
}

/// A column's type and what else there is to it.
fn described(column: &Column) -> String {
    let mut text = column.shown_type();
    if !column.nullable {
        text.push_str(" not null");
    }
    if column.auto_increment {
        text.push(' ');
        text.push_str(&numbered(column));
    }
    if let Some(default) = &column.default {
        let _ = write!(text, " default {}", default.sql);
    }
    if let Some(moment) = &column.on_update {
        let _ = write!(text, " on update {}", moment.sql);
    }
    if let Some(generated) = &column.generated {
        let kind = if generated.stored { "stored" } else { "virtual" };
        let _ = write!(text, " generated as ({}) {kind}", generated.expr.sql);
    }
    if let Some(collation) = &column.collation {
        let _ = write!(text, " collate {collation}");
    }
    text
}

/// What differs between two columns of one name, one phrase each.
fn differences(from: &Column, to: &Column) -> Vec<String> {
    let mut differences = Vec::new();
    let (from_type, to_type) = match (&from.sql_type, &to.sql_type) {
        // Where both sides state the database's words, those tell more than what Diesel reads them as.
        (Some(from), Some(to)) => (from.clone(), to.clone()),
        (Some(_) | None, None) | (None, Some(_)) => (from.shown_type(), to.shown_type()),
    };
    if from_type != to_type {
        differences.push(format!("{from_type} -> {to_type}"));
    }
    let columns = Pair::new(from.clone(), to.clone());
    differences
        .extend(RenamedValues::between(&columns).iter().map(|names| format!("value {} -> {}", names.from, names.to)));
    if from.nullable != to.nullable {
        let word = |nullable| if nullable { "null" } else { "not null" };
        differences.push(format!("{} -> {}", word(from.nullable), word(to.nullable)));
    }
    let sql = |expr: &Option<Expr>| expr.as_ref().map_or("none".to_owned(), |expr| expr.sql.clone());
    if from.default != to.default {
        differences.push(format!("default {} -> {}", sql(&from.default), sql(&to.default)));
    }
    if from.on_update != to.on_update {
        differences.push(format!("on update {} -> {}", sql(&from.on_update), sql(&to.on_update)));
    }
    let generated = |column: &Column| {
        column.generated.as_ref().map_or("none".to_owned(), |generated| {
            format!("({}) {}", generated.expr.sql, if generated.stored { "stored" } else { "virtual" })
        })
    };
    if from.generated != to.generated {
        differences.push(format!("generated {} -> {}", generated(from), generated(to)));
    }
    let collation = |column: &Column| column.collation.clone().unwrap_or_else(|| "none".to_owned());
    if from.collation != to.collation {
        differences.push(format!("collate {} -> {}", collation(from), collation(to)));
    }
    if (from.auto_increment, from.numbering, from.sequence) != (to.auto_increment, to.numbering, to.sequence) {
        differences.push(format!("{} -> {}", numbered(from), numbered(to)));
    }
    if from.comment != to.comment {
        differences.push("comment".to_owned());
    }
    differences
}

fn numbered(column: &Column) -> String {
    match (column.auto_increment, column.numbering) {
        (false, _) => "no auto increment".to_owned(),
        (true, None) => "auto increment".to_owned(),
        (true, Some(numbering)) => format!("{numbering}{}", column.sequence),
    }
}

fn unique_line(table: &TableName, unique: &Unique) -> String {
    let nulls = if unique.nulls_not_distinct { " nulls not distinct" } else { "" };
    let deferrable = deferrable(unique.deferrable);
    format!("unique {}{table} ({}){nulls}{deferrable}", named(unique.name.as_deref()), unique.columns.join(", "))
}

fn exclusion_line(table: &TableName, rule: &Exclusion) -> String {
    let index = &rule.index;
    let keys = index.columns.iter().zip(&rule.operators);
    let keys: Vec<_> = keys.map(|(column, operator)| format!("{} with {operator}", index_key(column))).collect();
    let condition = index.predicate.as_ref().map(|expr| format!(" where {}", expr.sql)).unwrap_or_default();
    let (method, deferrable) = (method(index), deferrable(rule.deferrable));
    format!("exclude {}{table}{method} ({}){condition}{deferrable}", named(index.name.as_deref()), keys.join(", "))
}

/// How a database holds a rule, in a word or two.
fn held(rule: &Rule) -> &'static str {
    let validated = match rule {
        Rule::ForeignKey(key) => key.validated,
        Rule::Check(check) => check.validated,
        Rule::Unique(unique) => {
            return match unique.form {
                UniqueForm::Index => "an index",
                UniqueForm::Constraint => "a constraint",
            };
        }
        Rule::PrimaryKey(_) | Rule::Index(_) | Rule::Exclusion(_) => true,
    };
    if validated { "for all rows" } else { "for new rows only" }
}

fn method(index: &Index) -> String {
    index.method.as_ref().map(|method| format!(" using {method}")).unwrap_or_default()
}

fn deferrable(deferrable: Deferrable) -> &'static str {
    match deferrable {
        Deferrable::No => "",
        Deferrable::InitiallyImmediate => " deferrable",
        Deferrable::InitiallyDeferred => " deferrable initially deferred",
    }
}

fn index_line(table: &TableName, index: &Index) -> String {
    let columns: Vec<_> = index.columns.iter().map(index_key).collect();
    let unique = if index.unique { "unique " } else { "" };
    let method = method(index);
    let include = match index.include.as_slice() {
        [] => String::new(),
        columns => format!(" include ({})", columns.join(", ")),
    };
    let nulls = if index.nulls_not_distinct { " nulls not distinct" } else { "" };
    let condition = index.predicate.as_ref().map(|expr| format!(" where {}", expr.sql)).unwrap_or_default();
    let name = named(index.name.as_deref());
    format!("{unique}index {name}{table}{method} ({}){include}{nulls}{condition}", columns.join(", "))
}

fn index_key(column: &IndexColumn) -> String {
    let mut text = match &column.key {
        IndexKey::Column(name) => name.clone(),
        IndexKey::Expr(expr) => format!("({})", expr.sql),
    };
    if let Some(collation) = &column.collation {
        let _ = write!(text, " collate {collation}");
    }
    if let Some(opclass) = &column.opclass {
        let _ = write!(text, " {opclass}");
    }
    if column.descending {
        text.push_str(" desc");
    }
    match column.nulls {
        Some(Nulls::First) => text.push_str(" nulls first"),
        Some(Nulls::Last) => text.push_str(" nulls last"),
        None => {}
    }
    text
}

fn foreign_key_line(table: &TableName, key: &ForeignKey) -> String {
    let referenced = if key.referenced_columns.is_empty() {
        String::new()
    } else {
        format!(" ({})", key.referenced_columns.join(", "))
    };
    let columns = key.columns.join(", ");
    let mut text =
        format!("foreign key {}{table} ({columns}) -> {}{referenced}", named(key.name.as_deref()), key.references);
    for (event, action) in [("delete", key.on_delete), ("update", key.on_update)] {
        if let Some(action) = action.filter(|action| *action != Action::NoAction) {
            let _ = write!(text, " on {event} {action}");
        }
    }
    if key.match_full {
        text.push_str(" match full");
    }
    text.push_str(deferrable(key.deferrable));
    if !key.validated {
        text.push_str(" for new rows only");
    }
    text
}

fn check_line(table: &TableName, check: &Check) -> String {
    let no_inherit = if check.no_inherit { " no inherit" } else { "" };
    let not_valid = if check.validated { "" } else { " for new rows only" };
    format!("check {}{table} ({}){no_inherit}{not_valid}", named(check.name.as_deref()), check.expr.sql)
}

fn named(name: Option<&str>) -> String {
    name.map(|name| format!("{name} on ")).unwrap_or_else(|| "on ".to_owned())
}
