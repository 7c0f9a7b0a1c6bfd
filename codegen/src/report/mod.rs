//! Changes as one line each, for people.

mod enums;

use std::collections::BTreeSet;

use autogen_engine::dialect::Dialect;
use autogen_engine::model::{
    Aspect, Change, Column, Differing, Edit, Facet, Pair, Rename, RenamedValues, Rule, Schema, Table, TableName,
    UniqueForm, differing, line,
};

use crate::printable::one_line;

/// Lists changes in lines: `+` new, `-` gone, `~` different, `>` renamed.
///
/// ```
/// use autogen_engine::model::{Change, Column, DataType, Edit, TableName};
/// let change = Change::Column(TableName::new("users"), Edit::Add(Column::new("email", DataType::Varchar(Some(64)))));
/// assert_eq!(autogen_codegen::report::lines(&[change]), ["+ users.email  Varchar(64)"]);
/// ```
pub fn lines(changes: &[Change]) -> Vec<String> {
    changes.iter().flat_map(change_lines).collect()
}

/// Titles a whole revision in a few words: by its first change, since the header lists all of them.
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
    // Rules of tables and columns say less than tables and columns do, and mostly come with them.
    let is_main = |change: &&Change| match change {
        Change::Rename(_) | Change::Table(Edit::Add(_) | Edit::Drop(_)) | Change::Column(..) | Change::Enum(_) => true,
        Change::Table(Edit::Alter(_)) | Change::Rule(..) => false,
    };
    let main = changes.iter().find(is_main).or(changes.first());
    main.map_or_else(|| "nothing".to_owned(), words)
}

/// Describes one change in a few words.
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
        Change::Rename(Rename::Column(_, names)) => {
            format!("rename {} to {}", named(&table, &names.from), one_line(&names.to))
        }
        Change::Rename(Rename::EnumValue(name, values)) => {
            format!("rename {} of {name} to {}", values.from, values.to)
        }
        Change::Column(_, Edit::Add(column)) => format!("add {}", named(&table, &column.name)),
        Change::Column(_, Edit::Drop(column)) => format!("drop {}", named(&table, &column.name)),
        Change::Column(_, Edit::Alter(columns)) => format!("alter {}", named(&table, &columns.from.name)),
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

/// Writes the definitions of all tables that differ, before and after, as one unified diff.
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
        Change::Column(table, Edit::Add(column)) => {
            vec![format!("+ {}  {}", named(table, &column.name), described(column))]
        }
        Change::Column(table, Edit::Drop(column)) => {
            vec![format!("- {}  {}", named(table, &column.name), described(column))]
        }
        Change::Column(table, Edit::Alter(columns)) => {
            let differences = differences(columns).join("; ");
            vec![format!("~ {}  {differences}", named(table, &columns.from.name))]
        }
        Change::Rule(table, edit) => vec![rule_change_line(table, edit)],
        Change::Enum(edit) => enums::lines(edit),
    }
}

/// Writes the name of a column with its table's, on one line.
fn named(table: &TableName, column: &str) -> String {
    one_line(&format!("{table}.{column}"))
}

fn rename_line(rename: &Rename) -> String {
    match rename {
        Rename::Table(names) => format!("> {} -> {}", names.from, names.to),
        Rename::Column(table, names) => format!("> {} -> {}", named(table, &names.from), one_line(&names.to)),
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
            if rules.from.hidden() != rules.to.hidden() {
                let shown = |rule: &Rule| if rule.hidden().is_some() { "invisible" } else { "visible" };
                return format!("~ {table}  {name}: {} -> {}", shown(&rules.from), shown(&rules.to));
            }
            format!("~ {table}  {name}: {} -> {}", held(&rules.from), held(&rules.to))
        }
    }
}

fn rule_line(table: &TableName, rule: &Rule) -> String {
    let kind = match rule {
        Rule::PrimaryKey(_) => return format!("primary key {table} {}", line(&rule.facets())),
        Rule::Index(index) if index.unique => "unique index",
        Rule::Exclusion(_) => "exclude",
        Rule::Unique(_) | Rule::Index(_) | Rule::ForeignKey(_) | Rule::Check(_) => rule.kind(),
    };
    let named = rule.name().map_or_else(|| "on".to_owned(), |name| format!("{} on", one_line(name)));
    format!("{kind} {named} {table} {}", line(&rule.facets()))
}

fn table_lines(sign: char, table: &Table) -> Vec<String> {
    let key = table.primary_key.as_ref().map(|key| format!("  ({})", key.columns.join(", "))).unwrap_or_default();
    let mut lines = vec![format!("{sign} table {}{key}", one_line(&table.name.to_string()))];
    let width = table.columns.iter().map(|column| one_line(&column.name).chars().count()).max().unwrap_or_default();
    for column in &table.columns {
        lines.push(format!("    {:width$}  {}", one_line(&column.name), described(column)));
    }
    lines.extend(table.rules.iter().map(|rule| format!("    {}", rule_line(&table.name, rule))));
    lines
}

/// Describes a column's type and its other facets.
pub(crate) fn described(column: &Column) -> String {
    line(&shown(column, column.shown_type()))
}

/// Returns a column's facets, with its type in the given words.
fn shown(column: &Column, shown_type: String) -> Vec<Facet> {
    let mut facets = column.facets();
    for facet in facets.iter_mut().filter(|facet| facet.aspect == Aspect::Type) {
        facet.stated.clone_from(&shown_type);
        facet.canonical.clone_from(&shown_type);
    }
    facets
}

/// Describes what differs between two columns of the same name, one phrase each.
fn differences(columns: &Pair<Column>) -> Vec<String> {
    let (from_type, to_type) = match (&columns.from.sql_type, &columns.to.sql_type) {
        // If both sides state the database's words, those say more than the types that Diesel reads them as.
        (Some(from), Some(to)) => (from.clone(), to.clone()),
        (Some(_) | None, None) | (None, Some(_)) => (columns.from.shown_type(), columns.to.shown_type()),
    };
    let facets = Pair::new(shown(&columns.from, from_type), shown(&columns.to, to_type));
    let change = |(aspect, from, to): Differing<'_>| Facet::change(aspect, from, to);
    let mut differences: Vec<String> = differing(&facets.from, &facets.to).into_iter().map(change).collect();
    let values = RenamedValues::between(columns);
    differences.extend(values.iter().map(|names| format!("value {} -> {}", names.from, names.to)));
    differences
}

/// Describes in a word or two how a database holds a rule.
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
