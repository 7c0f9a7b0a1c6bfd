//! Parts of statements that all dialects write alike, except for the quotes.

use std::collections::BTreeMap;

use autogen_engine::dialect::{Dialect, Facts};
use autogen_engine::model::{
    Action, Check, Deferrable, Exclusion, ForeignKey, Index, IndexColumn, IndexKey, Nulls, Rule, Table, TableName,
    Unique,
};
use autogen_engine::plan::FilledRows;
use autogen_engine::sql::columns_in;

/// Writes names, separated by commas.
pub(super) fn list(columns: &[String], facts: &Facts) -> String {
    columns.iter().map(|column| facts.quoted(column)).collect::<Vec<_>>().join(", ")
}

/// Writes the statement that fills columns of a table's rows, or only of some rows.
pub(super) fn backfill(table: &str, values: &[(String, String)], rows: &FilledRows, facts: &Facts) -> String {
    let settings: Vec<_> = values.iter().map(|(column, expr)| format!("{} = {expr}", facts.quoted(column))).collect();
    let condition = match (rows, values.first()) {
        (FilledRows::Where(condition), _) => format!(" WHERE {condition}"),
        (FilledRows::Missing, Some((column, _))) => format!(" WHERE {} IS NULL", facts.quoted(column)),
        (FilledRows::Missing, None) | (FilledRows::All, _) => String::new(),
    };
    format!("UPDATE {table} SET {}{condition}", settings.join(", "))
}

/// Writes what gives a constraint its name, or nothing if it has none.
pub(super) fn named(name: Option<&str>, facts: &Facts) -> String {
    name.map(|name| format!("CONSTRAINT {} ", facts.quoted(name))).unwrap_or_default()
}

/// Writes a rule with its name, as it stands beside columns. `spelled` is a table's name as the dialect takes it here.
pub(super) fn constraint(rule: &Rule, spelled: impl Fn(&TableName) -> String, facts: &Facts) -> String {
    match rule {
        Rule::PrimaryKey(key) => {
            format!("{}PRIMARY KEY ({})", named(key.name.as_deref(), facts), list(&key.columns, facts))
        }
        Rule::Unique(found) => unique(found, facts),
        Rule::Exclusion(found) => exclusion(found, facts),
        Rule::ForeignKey(key) => foreign_key(key, &spelled(&key.references), facts),
        Rule::Check(check) => checked(check, facts),
        Rule::Index(index) => named(index.name.as_deref(), facts),
    }
}

/// Writes a check with its name.
pub(super) fn checked(check: &Check, facts: &Facts) -> String {
    let no_inherit = if check.no_inherit { " NO INHERIT" } else { "" };
    let not_valid = if check.validated { "" } else { " NOT VALID" };
    format!("{}CHECK ({}){no_inherit}{not_valid}", named(check.name.as_deref(), facts), check.expr.sql)
}

/// Writes a foreign key with its name, as it stands beside columns. `parent` is the referenced table's name
/// as the dialect takes it here.
pub(super) fn foreign_key(key: &ForeignKey, parent: &str, facts: &Facts) -> String {
    let columns = list(&key.columns, facts);
    format!("{}FOREIGN KEY ({columns}) {}", named(key.name.as_deref(), facts), references(key, parent, facts))
}

/// Writes what a foreign key references, and what happens when that goes.
pub(super) fn references(key: &ForeignKey, parent: &str, facts: &Facts) -> String {
    let mut text = format!("REFERENCES {parent}");
    if !key.referenced_columns.is_empty() {
        text.push_str(&format!(" ({})", list(&key.referenced_columns, facts)));
    }
    if key.match_full {
        text.push_str(" MATCH FULL");
    }
    for (event, action) in [("DELETE", key.on_delete), ("UPDATE", key.on_update)] {
        if let Some(action) = action.filter(|action| *action != Action::NoAction) {
            text.push_str(&format!(" ON {event} {}", action.to_string().to_uppercase()));
        }
    }
    text.push_str(deferrable(key.deferrable));
    if !key.validated {
        text.push_str(" NOT VALID");
    }
    text
}

/// Writes when a rule is checked, or nothing for the default.
pub(super) fn deferrable(deferrable: Deferrable) -> &'static str {
    match deferrable {
        Deferrable::No => "",
        Deferrable::InitiallyImmediate => " DEFERRABLE INITIALLY IMMEDIATE",
        Deferrable::InitiallyDeferred => " DEFERRABLE INITIALLY DEFERRED",
    }
}

/// Writes a unique constraint with its name.
pub(super) fn unique(unique: &Unique, facts: &Facts) -> String {
    let named = named(unique.name.as_deref(), facts);
    let columns = list(&unique.columns, facts);
    let nulls = nulls(unique.nulls_not_distinct);
    format!("{named}UNIQUE{nulls} ({columns}){}{}", with(&unique.parameters), deferrable(unique.deferrable))
}

/// Writes the storage parameters of an index.
fn with(parameters: &BTreeMap<String, String>) -> String {
    let parameters: Vec<_> = parameters.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    if parameters.is_empty() { String::new() } else { format!(" WITH ({})", parameters.join(", ")) }
}

/// Writes the columns of an index that aren't keys.
fn include(columns: &[String], facts: &Facts) -> String {
    if columns.is_empty() { String::new() } else { format!(" INCLUDE ({})", list(columns, facts)) }
}

fn nulls(not_distinct: bool) -> &'static str {
    if not_distinct { " NULLS NOT DISTINCT" } else { "" }
}

/// Writes an exclusion with its name.
pub(super) fn exclusion(exclusion: &Exclusion, facts: &Facts) -> String {
    let index = &exclusion.index;
    let named = named(index.name.as_deref(), facts);
    let method = index.method.as_ref().map(|method| format!("USING {} ", facts.quoted(method))).unwrap_or_default();
    let elements = index.columns.iter().zip(&exclusion.operators);
    let elements: Vec<_> =
        elements.map(|(column, operator)| format!("{} WITH {operator}", index_key(column, facts))).collect();
    let condition = index.predicate.as_ref().map(|expr| format!(" WHERE ({})", expr.sql)).unwrap_or_default();
    let include = include(&index.include, facts);
    let with = with(&index.parameters);
    let elements = elements.join(", ");
    format!("{named}EXCLUDE {method}({elements}){include}{with}{condition}{}", deferrable(exclusion.deferrable))
}

fn index_key(column: &IndexColumn, facts: &Facts) -> String {
    let mut text = match &column.key {
        IndexKey::Column(column) => facts.quoted(column),
        IndexKey::Expr(expr) => format!("({})", expr.sql),
    };
    if let Some(collation) = &column.collation {
        text.push_str(&format!(" COLLATE {}", facts.quoted_collation(collation)));
    }
    if let Some(opclass) = &column.opclass {
        text.push_str(&format!(" {opclass}"));
    }
    if column.descending {
        text.push_str(" DESC");
    }
    match column.nulls {
        Some(Nulls::First) => text.push_str(" NULLS FIRST"),
        Some(Nulls::Last) => text.push_str(" NULLS LAST"),
        None => {}
    }
    text
}

/// Returns the statement that makes a rule, if it is an index of its own.
pub(super) fn separate_index(table: &str, rule: &Rule, facts: &Facts) -> Option<String> {
    match rule {
        Rule::Index(found) => Some(index(table, found, facts)),
        Rule::Unique(unique) if rule.is_index() => Some(unique_index(table, unique, facts)),
        Rule::PrimaryKey(_) | Rule::Unique(_) | Rule::Exclusion(_) | Rule::ForeignKey(_) | Rule::Check(_) => None,
    }
}

/// Writes the statement that makes an index. `table` is the table's name as the dialect takes it here.
fn index(table: &str, index: &Index, facts: &Facts) -> String {
    let columns: Vec<_> = index.columns.iter().map(|column| index_key(column, facts)).collect();
    let unique = if index.unique { "UNIQUE " } else { "" };
    let condition = index.predicate.as_ref().map(|expr| format!(" WHERE {}", expr.sql)).unwrap_or_default();
    let name = facts.quoted(index.name.as_deref().unwrap_or_default());
    let method = index.method.as_ref().map(|method| format!("USING {} ", facts.quoted(method))).unwrap_or_default();
    let include = include(&index.include, facts);
    let nulls = nulls(index.nulls_not_distinct);
    let keys = columns.join(", ");
    let with = with(&index.parameters);
    format!("CREATE {unique}INDEX {name} ON {table} {method}({keys}){include}{nulls}{with}{condition}")
}

/// Writes the statement that makes the index of a unique rule.
pub(super) fn unique_index(table: &str, unique: &Unique, facts: &Facts) -> String {
    let name = facts.quoted(unique.name.as_deref().unwrap_or_default());
    let nulls = nulls(unique.nulls_not_distinct);
    format!(
        "CREATE UNIQUE INDEX {name} ON {table} ({}){nulls}{}",
        list(&unique.columns, facts),
        with(&unique.parameters)
    )
}

/// Returns the column in whose definition a check is written: the only one that it names. Returns `None` if
/// the check isn't written in a column.
pub(crate) fn column_of_check<'t>(table: &'t Table, check: &Check, dialect: Dialect) -> Option<&'t String> {
    let columns = columns_in(dialect, &check.expr);
    let mut named = table.columns.iter().map(|column| &column.name).filter(|name| columns.contains(*name));
    let only = named.next().filter(|_| named.next().is_none());
    only.filter(|_| check.inline)
}
