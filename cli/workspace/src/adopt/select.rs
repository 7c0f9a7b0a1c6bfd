//! Selects the tables that each owner takes over.

use std::collections::BTreeMap;
use std::fs;

use autogen_codegen::source::{self, Form};
use autogen_engine::dialect::Dialect;
use autogen_engine::error::{Code, Error, Result};
use autogen_engine::host::Owner;
use autogen_engine::model::{Bystander, Column, MysqlServer, Schema, Table, TableName};
use autogen_engine::sql::NamedType;
use globset::{Glob, GlobSet, GlobSetBuilder};

use super::AdoptOptions;
use crate::models::Models;
use crate::workspace::Workspace;

/// Tables of the live database that one owner takes over or has.
pub(super) struct Selection<'a> {
    pub(super) owner: &'a Owner,
    pub(super) tables: Vec<TableName>,
    /// Tables that no definition can describe, and why. They are left alone.
    pub(super) undefinable: Vec<(TableName, String)>,
}

/// Returns what the command line or the mapping file selects. A table that another owner has can't be
/// adopted, nor can one that its own owner leaves alone. `refused` are tables whose definitions are known to be
/// refused, and why.
pub(super) fn selections<'a>(
    workspace: &'a Workspace,
    options: &AdoptOptions,
    schema: &Schema,
    models: &Models,
    refused: &BTreeMap<TableName, String>,
) -> Result<Vec<Selection<'a>>> {
    let wanted = match &options.mapping {
        Some(file) => mapped(file)?,
        None => vec![(workspace.one_selected("adopt")?.name.clone(), options.tables.clone())],
    };
    let form = if options.stock { Form::Stock } else { Form::Autogen };
    let left = undefinable(schema, models, refused, (workspace.dialect, form));
    let mut taken: BTreeMap<TableName, String> = BTreeMap::new();
    let mut selections = Vec::new();
    for (name, globs) in wanted {
        let owner = workspace.host.owner(&name)?;
        let owned = |table: &&TableName| {
            models.ownership.owner_of(table).is_none_or(|found| found == name) && !owner.ignored.leaves_alone(table)
        };
        let by_glob = patterns(&globs)?;
        let is_meant = |table: &&TableName| match globs.is_empty() {
            false => by_glob.is_match(table.to_string()),
            true => meant(owner, table, models),
        };
        let found = schema.tables.values().filter(|table| owned(&&table.name)).filter(|table| is_meant(&&table.name));
        let (mut tables, mut undefinable) = (Vec::new(), Vec::new());
        for table in found {
            match left.get(&table.name) {
                Some(why) => undefinable.push((table.name.clone(), why.clone())),
                None => tables.push(table.name.clone()),
            }
        }
        if tables.is_empty() {
            return Err(nothing(&name, &globs, &undefinable));
        }
        for table in &tables {
            if let Some(other) = taken.insert(table.clone(), name.clone()) {
                return Err(Error::new(
                    Code::TableMappedTwice,
                    format!("table {table} would go to {other} and to {name}"),
                )
                .help("make the patterns of one of them narrower: a table has one owner"));
            }
        }
        selections.push(Selection { owner, tables, undefinable });
    }
    Ok(selections)
}

/// Checks whether a table is an owner's if no patterns are given. An owner gets its pins, what it defines and
/// what has its prefix. The core gets whatever is nobody's.
fn meant(owner: &Owner, table: &TableName, models: &Models) -> bool {
    let is_owned = models.ownership.owner_of(table).is_some();
    let has_prefix = owner.prefix.as_ref().is_some_and(|rule| table.name.starts_with(&rule.prefix.text));
    is_owned || has_prefix || (owner.is_core() && owner.pins.is_none() && owner.prefix.is_none())
}

/// Reads owners and their patterns from a file.
fn mapped(file: &std::path::Path) -> Result<Vec<(String, Vec<String>)>> {
    let bad = |problem: String| {
        Error::new(Code::BadMapping, format!("`{}` is no mapping: {problem}", file.display()))
            .help("write a line for every plugin: `usb = [\"usb*\", \"devices\"]`")
    };
    let text = fs::read_to_string(file).map_err(|error| bad(error.to_string()))?;
    let owners: BTreeMap<String, Vec<String>> =
        toml::from_str(&text).map_err(|error| bad(error.to_string().trim_end().replace('\n', "; ")))?;
    match owners.iter().find(|(_, globs)| globs.is_empty()) {
        Some((owner, _)) => Err(bad(format!("{owner} has no patterns"))),
        None => Ok(owners.into_iter().collect()),
    }
}

fn patterns(globs: &[String]) -> Result<GlobSet> {
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        let parsed = Glob::new(glob).map_err(|error| {
            Error::new(Code::BadPattern, format!("`{glob}` is not a pattern: {}", error.kind()))
                .help("wildcards are `*`, `?`, `[abc]` and `{a,b}`")
        })?;
        set.add(parsed);
    }
    set.build().map_err(|error| Error::new(Code::BadPattern, format!("the patterns can't be used: {error}")))
}

/// Returns the tables that no definition can describe and none describes, and why, with those whose foreign keys
/// refer to them.
fn undefinable(
    schema: &Schema,
    models: &Models,
    refused: &BTreeMap<TableName, String>,
    (dialect, form): (Dialect, Form),
) -> BTreeMap<TableName, String> {
    let is_defined = |name: &TableName| models.schema.tables.contains_key(name);
    let mut left = refused.clone();
    let twins = twins(schema, dialect);
    for table in schema.tables.values() {
        let as_twin = || twins.get(&table.name).cloned();
        let why = source::undefinable(table, form).map(str::to_owned);
        let why = why.or_else(as_twin).or_else(|| odd_part(table, schema, dialect));
        left.extend(why.map(|why| (table.name.clone(), why)));
    }
    left.retain(|name, _| !is_defined(name));
    loop {
        let known = left.len();
        for table in schema.tables.values().filter(|table| !is_defined(&table.name)) {
            let parents = table.rules.foreign_keys().map(|key| &key.references);
            if let Some(parent) = parents.into_iter().find(|parent| left.contains_key(parent) && **parent != table.name)
            {
                let why = || format!("whose foreign key refers to {parent}, which no definition can describe");
                left.entry(table.name.clone()).or_insert_with(why);
            }
        }
        if left.len() == known {
            return left;
        }
    }
}

/// Returns the tables that only MySQL and MariaDB on some systems tell from others, and why, as half a sentence.
fn twins(schema: &Schema, dialect: Dialect) -> BTreeMap<TableName, String> {
    if dialect != Dialect::Mysql {
        return BTreeMap::new();
    }
    let mut found = BTreeMap::new();
    let mut known: BTreeMap<String, &TableName> = BTreeMap::new();
    for name in schema.tables.keys() {
        if let Some(twin) = known.insert(name.name.to_lowercase(), name) {
            for (one, other) in [(name, twin), (twin, name)] {
                let why = format!(
                    "whose name differs from that of {other} in letter case alone, which other servers don't tell apart"
                );
                found.insert(one.clone(), why);
            }
        }
    }
    found
}

/// Returns which part of a table no definition can describe, as half a sentence, if there is one.
fn odd_part(table: &Table, schema: &Schema, dialect: Dialect) -> Option<String> {
    for column in &table.columns {
        let named = NamedType::of_column(column, dialect);
        let found = named.and_then(|named| schema.enums.get(&named.name));
        if let Some((found, why)) = found.and_then(|found| Some((found, source::undefinable_type(found)?))) {
            return Some(format!("which has a column of the type {}, {why}", found.name));
        }
    }
    let is_no_day =
        |column: &&Column| column.default.as_ref().is_some_and(|default| default.sql.contains("0000-00-00"));
    if let (Some(column), Some(MysqlServer::Mysql)) = (table.columns.iter().find(is_no_day), schema.server) {
        return Some(format!("whose column {} has a default that MySQL takes in no strict mode", column.name));
    }
    let is_table = |name: &TableName| schema.tables.keys().any(|table| table.name.eq_ignore_ascii_case(&name.name));
    for key in table.rules.foreign_keys() {
        let parent = &key.references;
        let is_other = |found: &Bystander| found.table.is_none() && found.name.eq_ignore_ascii_case(&parent.name);
        match dialect {
            Dialect::Mysql if parent.schema.is_some() => {
                return Some(format!("whose foreign key refers to another database, {parent}"));
            }
            Dialect::Sqlite if key.dangling && is_table(parent) => {
                return Some(format!("whose foreign key refers to a column that {parent} doesn't have"));
            }
            Dialect::Sqlite if key.dangling => {
                let other = schema.bystanders.iter().find(|found| is_other(found))?;
                return Some(format!("whose foreign key refers to the {} {parent}", other.kind.name()));
            }
            Dialect::Sqlite | Dialect::Postgres | Dialect::Mysql => {}
        }
    }
    None
}

fn nothing(owner: &str, globs: &[String], undefinable: &[(TableName, String)]) -> Error {
    let message = match globs {
        [] => format!("{owner} has no tables in this database"),
        [..] => format!("no table of the database that {owner} could adopt matches {}", globs.join(", ")),
    };
    let left: Vec<String> =
        undefinable.iter().map(|(table, why)| format!("; no definition can say {table}, {why}")).collect();
    Error::new(Code::NothingToAdopt, format!("{message}{}", left.concat()))
        .help("say which by `--tables GLOB`; `autogen plugins` lists the tables that nobody owns")
}
