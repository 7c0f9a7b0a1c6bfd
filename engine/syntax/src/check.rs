//! Checks that the parts of a table fit together.

use crate::column_type::ColumnType;
use crate::name::{plain, same_name};
use std::collections::BTreeSet;

use syn::Ident;

use crate::Macro;
use crate::errors::Errors;
use crate::rules::Rules;
use crate::table::{Column, Table};

/// Integer types of Diesel, under all their names.
const INTEGERS: &[&str] = &[
    "Integer",
    "Int4",
    "Serial",
    "BigInt",
    "Bigint",
    "Int8",
    "BigSerial",
    "SmallInt",
    "Smallint",
    "Int2",
    "SmallSerial",
    "TinyInt",
    "Tinyint",
    "Unsigned",
];

pub(crate) fn table(table: &Table, whose: Macro, errors: &mut Errors) {
    columns(table, whose, errors);
    primary_key(table, whose, errors);
    rules(table, &table.rules, errors);
    for each in &table.columns {
        rules(table, &each.rules, errors);
        column(each, errors);
    }
}

/// Checks that there is a column and that no two columns have the same name in Rust or in the database.
/// Diesel lets a column go by two names.
fn columns(table: &Table, whose: Macro, errors: &mut Errors) {
    if table.columns.is_empty() {
        errors.push(syn::Error::new(table.name.span(), format!("table `{}` has no column", table.name)));
    }
    let (mut names, mut database_names) = (BTreeSet::new(), BTreeSet::new());
    // A cfg may choose between two columns of the same name.
    for column in table.columns.iter().filter(|column| !column.attributes.iter().any(|a| a.path().is_ident("cfg"))) {
        let name = plain(&column.name);
        let database_name = column.database_name();
        if !names.insert(name.clone()) {
            errors.push(syn::Error::new(column.name.span(), format!("column `{name}` is defined twice")));
        } else if whose == Macro::Autogen && database_names.contains(&database_name) {
            let span = column.sql_name.as_ref().map_or(column.name.span(), |text| text.span());
            errors.push(syn::Error::new(span, format!("two columns are called `{database_name}` in the database")));
        }
        database_names.insert(database_name);
    }
}

fn primary_key(table: &Table, whose: Macro, errors: &mut Errors) {
    if let (Some(span), Some(_)) = (table.no_primary_key, table.options.without_rowid) {
        errors.push(syn::Error::new(span, "a table `without_rowid` is stored by its primary key and needs one"));
    }
    match &table.primary_key {
        // Diesel takes a key that names a column twice.
        Some(keys) if whose == Macro::Diesel => keys.iter().for_each(|name| exists(table, name, errors)),
        Some(keys) => known(table, keys, errors),
        None if table.columns.iter().any(|column| plain(&column.name) == "id") => {}
        None => {
            let Some(first) = table.columns.first() else { return };
            let (name, example) = (&table.name, &first.name);
            let message = format!(
                "table `{name}` has no column `id`, so its primary key must be stated: `{name} ({example}) {{ ... }}`"
            );
            errors.push(syn::Error::new(name.span(), message));
        }
    }
}

fn rules(table: &Table, rules: &Rules, errors: &mut Errors) {
    for unique in &rules.uniques {
        known(table, &unique.columns, errors);
    }
    for key in &rules.foreign_keys {
        known(table, &key.columns, errors);
        different(&key.referenced, errors);
    }
    for index in &rules.indexes {
        known(table, &index.include, errors);
        let mut seen: Vec<(String, Option<String>, Option<String>)> = Vec::new();
        for key in &index.keys {
            let Some(name) = key.column() else { continue };
            exists(table, name, errors);
            // One column under two collations, or two classes of operators, is a sensible index.
            let value = |text: &Option<syn::LitStr>| text.as_ref().map(syn::LitStr::value);
            let shape = (plain(name), value(&key.collate), value(&key.opclass));
            if seen.contains(&shape) {
                errors.push(twice(name));
            }
            seen.push(shape);
        }
        if index.nulls_not_distinct && !index.unique {
            errors.push(syn::Error::new(index.span, "only a unique index tells whether NULLs are distinct"));
        }
    }
    for rule in &rules.exclusions {
        known(table, &rule.include, errors);
        for name in rule.elements.iter().filter_map(|(key, _)| key.column()) {
            exists(table, name, errors);
        }
    }
}

fn column(column: &Column, errors: &mut Errors) {
    if let (Some(default), Some(_)) = (&column.default, &column.generated) {
        errors.push(syn::Error::new(default.span, "a generated column can't have a default"));
    }
    if let (Some(backfill), Some(_)) = (&column.backfill, &column.generated) {
        errors.push(syn::Error::new(backfill.span(), "a generated column can't be filled; leave out the backfill"));
    }
    // Written openly in a stock table, it is Diesel's attribute, and Diesel has its own rules for it.
    let diesels = column.attributes.iter().any(|attribute| attribute.path().is_ident("auto_increment"));
    if let Some(span) = column.auto_increment.as_ref().filter(|_| !diesels).map(|attribute| attribute.span) {
        let refused = if column.generated.is_some() {
            Some("a generated column can't number rows")
        } else if !INTEGERS.contains(&type_name(column).as_str()) {
            Some("only an integer column can number rows")
        } else {
            None
        };
        if let Some(message) = refused {
            errors.push(syn::Error::new(span, message));
        }
    }
    if let Some(identity) = &column.identity {
        let refused = if column.default.is_some() || column.generated.is_some() {
            Some("a numbered column can have no default and no expression")
        } else if !INTEGERS.contains(&type_name(column).as_str()) {
            Some("only an integer column can number rows")
        } else {
            None
        };
        if let Some(message) = refused {
            errors.push(syn::Error::new(identity.span, message));
        }
    }
    if let Some(on_update) = &column.on_update {
        let is_moment = matches!(type_name(column).as_str(), "Timestamp" | "Datetime") || column.sql_types.is_some();
        let refused = if column.generated.is_some() {
            Some("a computed column is what its expression is")
        } else {
            (!is_moment).then_some("only a `Timestamp` or a `Datetime` can take the time")
        };
        if let Some(message) = refused {
            errors.push(syn::Error::new(on_update.span, message));
        }
    }
    if let Some((digits, _)) = &column.precision
        && !matches!(element_name(&column.ty).as_str(), "Numeric" | "Decimal")
    {
        errors.push(syn::Error::new(digits.span(), "only a `Numeric` column has a precision"));
    }
}

/// Returns the last word of the type, inside `Nullable`.
fn type_name(column: &Column) -> String {
    column.ty.not_null().name.to_string()
}

/// Returns the last word of the type, inside `Nullable` and `Array`.
fn element_name(ty: &ColumnType) -> String {
    ty.inside(&["Nullable", "Array"]).name.to_string()
}

fn known(table: &Table, names: &[Ident], errors: &mut Errors) {
    for name in names {
        exists(table, name, errors);
    }
    different(names, errors);
}

fn exists(table: &Table, name: &Ident, errors: &mut Errors) {
    if table.column(name).is_some() {
        return;
    }
    let wanted = plain(name);
    if let Some(column) = table.columns.iter().find(|column| column.database_name() == wanted) {
        let message = format!("columns are named as in Rust here: `{}`, not `{wanted}`", column.name);
        errors.push(syn::Error::new(name.span(), message));
        return;
    }
    // All names of a wide table would bury the message.
    const SHOWN: usize = 12;
    let mut names: Vec<_> = table.columns.iter().take(SHOWN).map(|column| column.name.to_string()).collect();
    if table.columns.len() > SHOWN {
        names.push(format!("and {} more", table.columns.len() - SHOWN));
    }
    let message = format!("table `{}` has no column `{wanted}`; it has: {}", table.name, names.join(", "));
    errors.push(syn::Error::new(name.span(), message));
}

fn different(names: &[Ident], errors: &mut Errors) {
    for (position, name) in names.iter().enumerate() {
        if names[..position].iter().any(|earlier| same_name(earlier, name)) {
            errors.push(twice(name));
        }
    }
}

fn twice(name: &Ident) -> syn::Error {
    syn::Error::new(name.span(), format!("column `{name}` is named twice"))
}
