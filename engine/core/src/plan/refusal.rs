//! What no plan can solve, reported before anything is written.

use crate::dialect::Dialect;
use crate::diff::{apply, likely_renames};
use crate::error::{Code, Diagnostic, Error, Result};
use crate::model::{
    Bystander, BystanderKind, Change, Column, DataType, Deferrable, Edit, ForeignKey, Hints, Index, IndexColumn,
    IndexKey, MysqlServer, Pair, Rename, Rule, Schema, Table, TableName,
};

use super::{EnumOperation, Operation, PostgresOperation, RoundTrip, SqliteOperation, mysql};

/// Refuses changes of `asker` that can't be carried out as they are. `owner` says whose a table is.
///
/// # Errors
/// * `cannot-rebuild`: a table would have to be made anew that has features the model has no word for;
/// * `typed-table`: a column comes, goes or changes in a table that has its columns from a composite type;
/// * `inherited-column`: a column changes or goes in one of two tables of which one inherits it from the other;
/// * `missing-parent`: a new key points at a table that is not there;
/// * `enum-in-use`: an enumerated type would have to be made anew while something stands on it that
///   columns can't take along;
/// * `still-referenced`: a table goes that another one points at;
/// * `type-not-in-dialect`: a new column has Diesel's type for rows without a name, which no table can hold.
pub fn refuse(
    asker: &str,
    start: &Schema,
    changes: &[Change],
    plans: &RoundTrip,
    owner: &dyn Fn(&TableName) -> Option<String>,
) -> Result<()> {
    refuse_lossy_rebuilds(plans)?;
    refuse_swaps_under_users(start, plans)?;
    refuse_apart_from_types(start, changes)?;
    refuse_apart_from_parents(start, changes, &plans.goal)?;
    let lacks_parent = |key: &&ForeignKey| {
        let parent = &key.references;
        let is_partition =
            |object: &Bystander| object.kind == BystanderKind::Partition && object.name == parent.to_string();
        let is_there = start.tables.contains_key(parent) || plans.goal.tables.contains_key(parent);
        !key.dangling && !is_there && !start.bystanders.iter().any(is_partition)
    };
    for change in changes {
        match change {
            Change::Table(Edit::Add(table)) => {
                for column in &table.columns {
                    refuse_record(&table.name, column)?;
                }
                for key in table.rules.foreign_keys().filter(lacks_parent) {
                    refuse_missing_parent(asker, &table.name, key, owner)?;
                }
            }
            Change::Column(table, Edit::Add(column)) => refuse_record(table, column)?,
            Change::Rule(table, Edit::Add(Rule::ForeignKey(key))) if lacks_parent(&key) => {
                refuse_missing_parent(asker, table, key, owner)?
            }
            Change::Table(Edit::Drop(table)) => refuse_orphans(asker, (table, changes), &plans.goal, owner)?,
            Change::Rename(_) | Change::Table(_) | Change::Column(..) | Change::Rule(..) | Change::Enum(_) => {}
        }
    }
    Ok(())
}

/// Refuses to rename what MariaDB or MySQL can't rename in any way. MySQL alters a computed column by copying the table,
/// and copies no table while a column of a foreign key is renamed. Rules that a server has named after their table get
/// a new name with it, which may be too long.
///
/// # Errors
/// `rename-not-taken`.
pub fn refuse_renames(start: &Schema, changes: &[Change], wanted: &Schema) -> Result<()> {
    let Some(server) = start.server else { return Ok(()) };
    if !changes.iter().any(|change| matches!(change, Change::Rename(_))) {
        return Ok(());
    }
    // Renames come first.
    let mut schema = start.clone();
    for change in changes {
        let Change::Rename(rename) = change else { continue };
        if let (Rename::Column(table, names), MysqlServer::Mysql) = (rename, server)
            && mysql::is_stuck(&schema, table, &names.from)
        {
            return Err(stuck_column(table, names, wanted));
        }
        apply(&mut schema, change, Dialect::Mysql);
        if let Rename::Table(names) = rename
            && let Some(table) = schema.tables.get(&names.to)
        {
            refuse_long_names(table, names, wanted)?;
        }
    }
    Ok(())
}

fn refuse_long_names(table: &Table, names: &Pair<TableName>, wanted: &Schema) -> Result<()> {
    let most = Dialect::Mysql.facts().max_identifier;
    let is_too_long = |rule: &&Rule| rule.name().is_some_and(|name| name.chars().count() > most);
    let Some(rule) = table.rules.iter().find(is_too_long) else { return Ok(()) };
    let message = format!(
        "table `{}` can't be renamed to `{}`: the server has named a {} after the table, and its new name would have more \
         than {most} letters",
        names.from,
        names.to,
        rule.kind()
    );
    let error = Diagnostic::error(Code::RenameNotTaken, message);
    let error = match wanted.tables.get(&names.to).and_then(|table| table.hints.place.clone()) {
        Some(place) => error.at(place, ""),
        None => error,
    };
    Err(Error::from(error.help("choose a shorter name, or give the rule a name of its own in a revision before")))
}

fn stuck_column(table: &TableName, names: &Pair<String>, wanted: &Schema) -> Error {
    let message = format!(
        "MySQL doesn't rename column `{table}.{}`: it is in a foreign key, and a computed column reads it",
        names.from
    );
    let error = Diagnostic::error(Code::RenameNotTaken, message);
    let column = wanted.tables.get(table).and_then(|table| table.column(&names.to));
    let error = match column.and_then(|column| column.hints.place.clone()) {
        Some(place) => error.at(place, ""),
        None => error,
    };
    Error::from(
        error.help("leave out the computed column, write that revision, rename in the next one, and declare it again"),
    )
}

/// Refuses a column of type `Record`. The type that it stands for has no name, and a column's type needs one.
fn refuse_record(table: &TableName, column: &Column) -> Result<()> {
    let is_record =
        matches!(&column.data_type, DataType::Other(word) if word == "Record" || word.starts_with("Record<"));
    if !is_record || column.sql_type.is_some() {
        return Ok(());
    }
    let message = format!("no table can hold the type `Record`, which column `{table}.{}` has", column.name);
    let error = Diagnostic::error(Code::TypeNotInDialect, message);
    let error = match &column.hints.place {
        Some(place) => error.at(place.clone(), ""),
        None => error,
    };
    Err(Error::from(error.help(
        "make the composite type in a migration by hand, and name it: `#[sql_type(postgres = \"...\")]`, or \
         `#[derive(SqlType)]` with `#[diesel(postgres_type(name = \"...\"))]`",
    )))
}

fn refuse_lossy_rebuilds(plans: &RoundTrip) -> Result<()> {
    for step in plans.up.steps.iter().chain(&plans.down.steps) {
        if let Operation::Sqlite(SqliteOperation::RebuildTable(rebuild)) = &step.operation
            && !rebuild.tables.from.unmodelled.is_empty()
        {
            let table = &rebuild.tables.from;
            let lost = table.unmodelled.join("; ");
            return Err(Error::new(
                Code::CannotRebuild,
                format!(
                    "{} would have to be made anew, which would lose what no definition can say: {lost}",
                    table.name
                ),
            )
            .help("write this migration by hand, or make the table plainer first"));
        }
    }
    Ok(())
}

fn refuse_swaps_under_users(start: &Schema, plans: &RoundTrip) -> Result<()> {
    let ways = [("", &plans.up.steps), (" on the way back", &plans.down.steps)];
    for (when, step) in ways.into_iter().flat_map(|(when, steps)| steps.iter().map(move |step| (when, step))) {
        let Operation::Postgres(PostgresOperation::Enum(EnumOperation::SetAside(names))) = &step.operation else {
            continue;
        };
        // Which may have another name before the change.
        let found = [start, &plans.goal].into_iter().find_map(|schema| schema.enums.get(&names.from));
        let users = found.iter().flat_map(|found| &found.users).filter(|user| user.table.is_none());
        let users: Vec<&str> = users.map(|user| user.what.as_str()).collect();
        if !users.is_empty() {
            return Err(Error::new(
                Code::EnumInUse,
                format!("{} would have to be made anew{when}, and these stand on it: {}", names.from, users.join(", ")),
            )
            .help("write this migration by hand: drop them, change the type, and make them again"));
        }
    }
    Ok(())
}

/// Refuses changes to columns of a table `OF` a type. PostgreSQL alters them only together with the type, which no
/// definition does.
fn refuse_apart_from_types(start: &Schema, changes: &[Change]) -> Result<()> {
    for change in changes {
        let (column, place) = match change {
            Change::Column(_, Edit::Add(column) | Edit::Drop(column)) => (&column.name, column.hints.place.as_ref()),
            Change::Column(_, Edit::Alter(columns)) if columns.from.data_type != columns.to.data_type => {
                (&columns.to.name, columns.to.hints.place.as_ref())
            }
            Change::Rename(Rename::Column(_, names)) => (&names.to, None),
            Change::Rename(Rename::Table(_) | Rename::Enum(_) | Rename::EnumValue(..))
            | Change::Table(_)
            | Change::Column(..)
            | Change::Rule(..)
            | Change::Enum(_) => continue,
        };
        let table = change.subject().table;
        let Some(of_type) = start.tables.get(&table).and_then(|table| table.lineage.of_type.as_ref()) else { continue };
        let message =
            format!("{table} has its columns from the type {of_type}: `{column}` can't change in the table alone");
        let error = Diagnostic::error(Code::TypedTable, message);
        let error = match place {
            Some(place) => error.at(place.clone(), ""),
            None => error,
        };
        return Err(Error::from(error.help(format!(
            "alter the type in a migration by hand (ALTER TYPE {of_type} ... CASCADE), or give the table columns of its own \
             first: ALTER TABLE {table} NOT OF"
        ))));
    }
    Ok(())
}

/// Refuses to change inherited columns without the parent. A table's heirs have its columns, with their types,
/// whatever their own definitions say.
fn refuse_apart_from_parents(start: &Schema, changes: &[Change], goal: &Schema) -> Result<()> {
    let inherits = |heir: &TableName, parent: &TableName| {
        start.tables.get(heir).is_some_and(|table| table.lineage.parents.contains(parent))
    };
    let becomes = |table: &TableName, name: &str| goal.tables.get(table)?.column(name);
    for change in changes {
        let (heir, column, parent, what) = match change {
            Change::Column(heir, Edit::Alter(columns)) if columns.from.inherited => {
                let Pair { from, to } = columns.as_ref();
                let parents = start.tables.get(heir).into_iter().flat_map(|table| &table.lineage.parents);
                let is_left_behind = |parent: &&TableName| {
                    let of_parent = becomes(parent, &to.name);
                    from.data_type != to.data_type && of_parent.is_some_and(|given| given.data_type != to.data_type)
                };
                let Some(parent) = parents.into_iter().find(is_left_behind) else { continue };
                (heir, to, parent, "has its type from there")
            }
            Change::Column(parent, Edit::Drop(column)) => {
                let keeps = |table: &&Table| table.column(&column.name).is_some_and(|own| own.inherited);
                let heir = goal.tables.values().filter(|table| inherits(&table.name, parent)).find(keeps);
                let Some(heir) = heir else { continue };
                (&heir.name, column, parent, "would go with it")
            }
            Change::Rename(_) | Change::Table(_) | Change::Column(..) | Change::Rule(..) | Change::Enum(_) => continue,
        };
        let name = &column.name;
        let message = format!("{heir} inherits {name} from {parent}: the column {what}");
        let error = Diagnostic::error(Code::InheritedColumn, message);
        let error = match &column.hints.place {
            Some(place) => error.at(place.clone(), ""),
            None => error,
        };
        let help = format!(
            "change it in both definitions, or undo the inheritance first: ALTER TABLE {heir} NO INHERIT {parent}"
        );
        return Err(Error::from(error.help(help)));
    }
    Ok(())
}

fn refuse_missing_parent(
    asker: &str,
    table: &TableName,
    key: &ForeignKey,
    owner: &dyn Fn(&TableName) -> Option<String>,
) -> Result<()> {
    let parent = &key.references;
    let mut diagnostic = Diagnostic::error(
        Code::MissingParent,
        format!("{table} of {asker} references {parent}, which is not there yet"),
    );
    if let Some(place) = &key.hints.place {
        diagnostic = diagnostic.at(place.clone(), "referenced here");
    }
    Err(diagnostic
        .help(match owner(parent) {
            Some(owner) => format!("it belongs to {owner}: run `autogen --plugin {owner}` first"),
            None => "no plugin defines it; define it, or correct the name".to_owned(),
        })
        .into())
}

/// Refuses what is dropped under a name that a definition says it had before, where the new name is taken by something
/// that stays: nobody can tell whether the rename was done long ago or is wanted now, and either guess may lose values.
///
/// # Errors
/// `ambiguous-rename`.
pub fn refuse_ambiguous_renames(changes: &[Change], wanted: &Schema, dialect: Dialect) -> Result<()> {
    let names = |hints: &Hints, old: &str| {
        hints.renamed_from.as_ref().is_some_and(|stated| dialect.facts().same_name(stated, old))
    };
    for change in changes {
        let found = match change {
            Change::Column(table, Edit::Drop(old)) => wanted.tables.get(table).and_then(|found| {
                let mut columns = found.columns.iter();
                let new = columns.find(|column| names(&column.hints, &old.name))?;
                let of = |column: &str| format!("column {table}.{column}");
                Some((of(&old.name), of(&new.name), &new.hints))
            }),
            Change::Table(Edit::Drop(old)) => wanted.tables.values().find_map(|new| {
                let is_it = new.name.schema == old.name.schema && names(&new.hints, &old.name.name);
                is_it.then(|| (format!("table {}", old.name), format!("table {}", new.name), &new.hints))
            }),
            Change::Column(_, Edit::Add(_) | Edit::Alter(_))
            | Change::Table(Edit::Add(_) | Edit::Alter(_))
            | Change::Rename(_)
            | Change::Rule(..)
            | Change::Enum(_) => None,
        };
        let Some((old, new, hints)) = found else { continue };
        let message = format!("{old} goes, and {new}, which is there too, says that it was renamed from it");
        let error = Diagnostic::error(Code::AmbiguousRename, message);
        let error = match &hints.place {
            Some(place) => error.at(place.clone(), ""),
            None => error,
        };
        return Err(Error::from(error.help(format!(
            "if the rename was done long ago, take `renamed_from` away; if it is wanted now, leave out {new} first, write \
             that revision, and rename in the next",
        ))));
    }
    Ok(())
}

/// Refuses foreign keys whose columns over there hold no key: new ones, and those that a change takes the key from.
///
/// # Errors
/// `no-key-there`.
pub fn refuse_keyless(changes: &[Change], goal: &Schema, dialect: Dialect) -> Result<()> {
    let tables = goal.tables.values();
    let keys = tables.flat_map(|table| table.rules.foreign_keys().map(move |key| (table, key)));
    for (table, key) in keys.filter(|(_, key)| !key.dangling) {
        let parent = &key.references;
        let concerns = |change: &Change| match change {
            Change::Table(Edit::Add(new)) => new.name == table.name,
            Change::Rule(of, Edit::Add(Rule::ForeignKey(new))) => *of == table.name && new == key,
            Change::Rule(of, Edit::Drop(Rule::PrimaryKey(_) | Rule::Unique(_) | Rule::Index(_)) | Edit::Alter(_)) => {
                of == parent
            }
            Change::Rename(_) | Change::Table(_) | Change::Column(..) | Change::Rule(..) | Change::Enum(_) => false,
        };
        let Some(found) = goal.tables.get(parent).filter(|_| changes.iter().any(concerns)) else { continue };
        if key.referenced_columns.is_empty() || holds_key(found, &key.referenced_columns, dialect) {
            continue;
        }
        let (own, theirs) = (key.columns.join(", "), key.referenced_columns.join(", "));
        let message = format!("{} ({own}) references {parent} ({theirs}), which no key holds", table.name);
        let error = Diagnostic::error(Code::NoKeyThere, message);
        let error = match &key.hints.place {
            Some(place) => error.at(place.clone(), ""),
            None => error,
        };
        let rule = match found.rules.uniques().find(|unique| same_columns(&unique.columns, &key.referenced_columns)) {
            Some(_) => "a key that others reference can't be deferrable".to_owned(),
            None => format!("give {parent} a primary key or a `#[unique]` over ({theirs})"),
        };
        return Err(Error::from(error.help(rule)));
    }
    Ok(())
}

/// Checks whether foreign keys can reference these columns.
fn holds_key(table: &Table, columns: &[String], dialect: Dialect) -> bool {
    if !dialect.facts().references_unique {
        return table.is_indexed(columns);
    }
    let key = table.primary_key.iter().map(|key| &key.columns);
    let uniques = table.rules.uniques().filter(|unique| unique.deferrable == Deferrable::No);
    let mut keys = key.chain(uniques.map(|unique| &unique.columns));
    let column = |indexed: &IndexColumn| match &indexed.key {
        IndexKey::Column(name) => Some(name.clone()),
        IndexKey::Expr(_) => None,
    };
    let is_plain = |index: &Index| {
        let of_index: Option<Vec<String>> = index.columns.iter().map(column).collect();
        index.unique && index.predicate.is_none() && of_index.is_some_and(|own| same_columns(&own, columns))
    };
    keys.any(|key| same_columns(key, columns)) || table.rules.indexes().any(is_plain)
}

fn same_columns(a: &[String], b: &[String]) -> bool {
    a.len() == b.len() && a.iter().all(|column| b.contains(column))
}

/// Refuses to drop a table that another one references. Says so at the table that may be the same under a new name.
fn refuse_orphans(
    asker: &str,
    (dropped, changes): (&Table, &[Change]),
    goal: &Schema,
    owner: &dyn Fn(&TableName) -> Option<String>,
) -> Result<()> {
    let points = |table: &&Table| table.rules.foreign_keys().any(|key| key.references == dropped.name);
    let Some(child) = goal.tables.values().find(points) else { return Ok(()) };
    let whose = owner(&child.name).map(|owner| format!(" of {owner}")).unwrap_or_default();
    let message = format!("{asker} drops {}, but {}{whose} references it", dropped.name, child.name);
    let error = Diagnostic::error(Code::StillReferenced, message);
    let first = format!("drop the foreign key of {} first, in a revision of its owner", child.name);
    let old = dropped.name.to_string();
    let renamed = likely_renames(changes).into_iter().find(|found| found.table.is_none() && found.names.from == old);
    let Some(renamed) = renamed else { return Err(error.help(first).into()) };
    let new = renamed.names.to;
    let error =
        error.help(format!("if {new} is {old} under a new name, write `#[renamed_from({old})]` on it; else {first}"));
    let place = changes.iter().find_map(|change| match change {
        Change::Table(Edit::Add(table)) if table.name.to_string() == new => table.hints.place.clone(),
        Change::Table(_) | Change::Rename(_) | Change::Column(..) | Change::Rule(..) | Change::Enum(_) => None,
    });
    Err(match place {
        Some(place) => error.at(place, "").into(),
        None => error.into(),
    })
}
