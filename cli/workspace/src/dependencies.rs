//! How the owners of a host depend on each other through their tables' foreign keys.

use std::collections::{BTreeSet, HashMap};
use std::mem::discriminant;

use autogen_engine::dialect::Dialect;
use autogen_engine::diff::apply_all;
use autogen_engine::error::{Code, Diagnostic, Error, Result};
use autogen_engine::host::{Host, Owner};
use autogen_engine::model::{Change, Column, DataType, Edit, ForeignKey, Pair, Rule, Schema, Table, TableName};

use crate::models::{Makers, Models};

/// Sorts the owners so that those whose tables are referenced come before those that reference them. Otherwise
/// the host's order is kept. Of owners that reference each other, the first in the host's order comes first.
pub(crate) fn in_dependency_order<'a>(host: &'a Host, models: &Models) -> Vec<&'a Owner> {
    let graph = Graph::of(models);
    let below: HashMap<&str, BTreeSet<&str>> =
        host.owners.iter().map(|owner| (owner.name.as_str(), graph.below(&owner.name))).collect();
    let mut waiting: Vec<&Owner> = host.owners.iter().collect();
    let mut left: BTreeSet<&str> = below.keys().copied().collect();
    let mut order: Vec<&Owner> = Vec::new();
    while !waiting.is_empty() {
        let is_next = |owner: &&Owner| {
            // Every owner that it still waits for also waits for it.
            let mut others = below[owner.name.as_str()].intersection(&left);
            others.all(|other| below[other].contains(owner.name.as_str()))
        };
        let next = waiting.iter().position(is_next).unwrap_or_default();
        let next = waiting.remove(next);
        left.remove(next.name.as_str());
        order.push(next);
    }
    order
}

/// The other owners whose tables each owner's tables reference.
struct Graph<'m>(HashMap<&'m str, BTreeSet<&'m str>>);

impl<'m> Graph<'m> {
    fn of(models: &'m Models) -> Self {
        let mut graph = Self(HashMap::new());
        for table in models.schema.tables.values() {
            let Some(child) = models.ownership.owner_of(&table.name) else { continue };
            let parents = table.rules.foreign_keys().filter_map(|key| models.ownership.owner_of(&key.references));
            for parent in parents.filter(|parent| *parent != child) {
                graph.0.entry(child).or_default().insert(parent);
            }
        }
        graph
    }

    /// Returns the owners that an owner's tables reference, also indirectly through others' tables.
    fn below(&self, owner: &str) -> BTreeSet<&'m str> {
        let parents = |owner| self.0.get(owner).into_iter().flatten().copied();
        let mut found = BTreeSet::new();
        let mut left: Vec<&str> = parents(owner).collect();
        while let Some(next) = left.pop() {
            if found.insert(next) {
                left.extend(parents(next));
            }
        }
        found
    }
}

/// Returns the other owners whose tables an owner's tables reference.
pub(crate) fn parents(owner: &str, models: &Models) -> BTreeSet<String> {
    let owners = keys(owner, models).into_iter().filter_map(|(_, key)| models.ownership.owner_of(&key.references));
    owners.filter(|parent| *parent != owner).map(str::to_owned).collect()
}

/// Returns an owner's foreign keys, with the tables that have them.
fn keys<'m>(owner: &str, models: &'m Models) -> Vec<(&'m TableName, &'m ForeignKey)> {
    let tables = models.ownership.tables_of(owner).filter_map(|table| models.schema.tables.get(table));
    tables.flat_map(|table| table.rules.foreign_keys().map(move |key| (&table.name, key))).collect()
}

/// Explains in an error about a missing parent that two owners reference each other, if that is the cause.
pub(crate) fn explained(mut error: Error, owner: &str, models: &Models) -> Error {
    let graph = Graph::of(models);
    let circle: BTreeSet<&str> =
        graph.below(owner).into_iter().filter(|other| graph.below(other).contains(owner)).collect();
    if error.code() != Code::MissingParent || circle.is_empty() {
        return error;
    }
    for from in &circle {
        for (table, key) in keys(from, models) {
            let to = models.ownership.owner_of(&key.references).filter(|to| to != from && circle.contains(*to));
            if let Some(to) = to {
                let message = format!("{table} of {from} references {} of {to}", key.references);
                error.diagnostics.push(Diagnostic::note(Code::MissingParent, message));
            }
        }
    }
    let names: Vec<&str> = circle.into_iter().collect();
    error.help(format!(
        "they point at each other, so write them together, which takes a second revision for the keys that close the \
         circle: `autogen --plugin {}`",
        names.join(" --plugin ")
    ))
}

/// Returns the foreign keys between tables of two of these owners where both ends change their type and must
/// have the same one. Neither owner alone can change its end while the key exists.
pub(crate) fn keys_in_the_way(
    both: &Pair<Schema>,
    owners: &[&str],
    models: &Models,
    dialect: Dialect,
) -> Vec<(TableName, ForeignKey)> {
    if !dialect.facts().keys_share_types {
        return Vec::new();
    }
    let changes_type = |table: &TableName, columns: &[String]| {
        // The meaning of the words counts, because the two sides may spell one type in two ways.
        let column = |schema: &Schema, name: &String| {
            let table = schema.tables.get(table)?;
            let column = table.column(name)?;
            let spelled = dialect.column_type(column, &table.options);
            Some((dialect.data_type(&spelled), column.collation.clone(), table.options.clone()))
        };
        let ends = |name: &String| column(&both.from, name).zip(column(&both.to, name));
        columns.iter().filter_map(ends).any(|((old, was, _), (new, is, options))| {
            !dialect.same_type(&old, &new, &options, true) || was.zip(is).is_some_and(|(was, is)| was != is)
        })
    };
    let is_in_the_way = |table: &TableName, key: &ForeignKey| {
        let [child, parent] = [table, &key.references].map(|table| models.ownership.owner_of(table));
        child != parent
            && [child, parent].iter().all(|owner| owner.is_some_and(|owner| owners.contains(&owner)))
            && both
                .from
                .tables
                .get(table)
                .is_some_and(|table| table.rules.foreign_keys().any(|other| is_same(other, key)))
            && changes_type(table, &key.columns)
            && changes_type(&key.references, &key.referenced_columns)
    };
    let keys = both.to.tables.values().flat_map(|table| table.rules.foreign_keys().map(move |key| (&table.name, key)));
    keys.filter(|(table, key)| is_in_the_way(table, key)).map(|(table, key)| (table.clone(), key.clone())).collect()
}

/// Refuses changes of one owner's end of a key that would leave the other end, which is another owner's, with a
/// different type.
pub(crate) fn refuse_one_end(
    owner: &str,
    changes: &[Change],
    start: &Schema,
    models: &Models,
    dialect: Dialect,
) -> Result<()> {
    let kind = |data_type: &DataType| match data_type {
        DataType::Unsigned(inner) => (true, discriminant(&**inner)),
        other => (false, discriminant(other)),
    };
    let is_owned = |table: &TableName| models.ownership.owner_of(table) == Some(owner);
    let goes = |child: &TableName, key: &ForeignKey| {
        let is_it = |(table, gone): (&TableName, &ForeignKey)| table == child && is_same(gone, key);
        changes.iter().any(|change| change.dropped_keys().into_iter().any(is_it))
    };
    let gets_kind =
        |(_, columns): &(&TableName, &Pair<Column>)| kind(&columns.from.data_type) != kind(&columns.to.data_type);
    let altered: Vec<_> = changes.iter().filter_map(Change::altered_column).filter(gets_kind).collect();
    if altered.is_empty() || !dialect.facts().keys_share_types {
        return Ok(());
    }
    // Changes of columns speak of new names.
    let renames: Vec<Change> = changes.iter().filter(|change| matches!(change, Change::Rename(_))).cloned().collect();
    let start = apply_all(start.clone(), &renames, dialect);
    for (table, columns) in altered {
        for (child, key) in
            start.tables.values().flat_map(|child| child.rules.foreign_keys().map(move |key| (child, key)))
        {
            if is_owned(&child.name) == is_owned(&key.references) || goes(&child.name, key) {
                continue;
            }
            let ends = key.columns.iter().zip(&key.referenced_columns);
            let other = ends.filter_map(|(own, referenced)| {
                let name = &columns.from.name;
                match (child.name == *table && own == name, key.references == *table && referenced == name) {
                    (true, _) => Some((&key.references, referenced)),
                    (false, true) => Some((&child.name, own)),
                    (false, false) => None,
                }
            });
            if let Some((other, column)) = other.into_iter().next() {
                let message = format!(
                    "column `{table}.{}` becomes {}, and `{other}.{column}` at the other end of a foreign key doesn't along \
                     with it: {dialect} wants both to be alike",
                    columns.to.name, columns.to.data_type
                );
                let whose = models.ownership.owner_of(other).unwrap_or("its owner");
                return Err(Error::new(Code::KeyTypes, message).help(format!(
                    "declare both alike, and write them in one run: `autogen --plugin {owner} --plugin {whose}`"
                )));
            }
        }
    }
    Ok(())
}

/// Checks whether two keys have the same columns and reference the same columns.
fn is_same(key: &ForeignKey, other: &ForeignKey) -> bool {
    key.columns == other.columns
        && key.references == other.references
        && key.referenced_columns == other.referenced_columns
}

/// Sorts the owners so that those whose keys are in the way of others' changes come first. They drop the keys
/// until the end.
pub(crate) fn making_way<'a>(owners: &[&'a str], keys: &[(TableName, ForeignKey)], models: &Models) -> Vec<&'a str> {
    let is_involved = |owner: &str| {
        let is_it = |table: &TableName| models.ownership.owner_of(table) == Some(owner);
        keys.iter().any(|(table, key)| is_it(table) || is_it(&key.references))
    };
    // An owner comes after those that its keys reference, so the order is reversed.
    let mut turned = owners.iter().rev().filter(|owner| is_involved(owner));
    let turned = |owner: &&'a str| if is_involved(owner) { turned.next().copied() } else { Some(*owner) };
    owners.iter().filter_map(turned).collect()
}

/// Sorts the owners so that those whose keys are to go come before those that drop what the keys reference.
/// If they stand in each other's way, the order stays, and the plan of the first one refuses.
pub(crate) fn before_drops<'a>(
    owners: &[&'a str],
    both: &Pair<Schema>,
    models: &Models,
    makers: &Makers,
) -> Vec<&'a str> {
    let of = |table: &TableName| models.owner_of(table, makers);
    let is_renamed = |table: &Table| {
        let mut old_names = both.to.tables.values().filter(|new| of(&new.name) == of(&table.name));
        old_names.any(|new| new.hints.renamed_from.as_ref() == Some(&table.name.name))
    };
    let goes = |name: &TableName| {
        !both.to.tables.contains_key(name) && both.from.tables.get(name).is_some_and(|table| !is_renamed(table))
    };
    let lets_go = |child: &Table, key: &ForeignKey| {
        let kept = both.to.tables.get(&child.name);
        goes(&key.references)
            && !kept.is_some_and(|kept| kept.rules.foreign_keys().any(|other| other.references == key.references))
    };
    let keys = both.from.tables.values().flat_map(|child| child.rules.foreign_keys().map(move |key| (child, key)));
    let pairs: BTreeSet<_> = keys
        .filter(|(child, key)| lets_go(child, key))
        .filter_map(|(child, key)| of(&child.name).zip(of(&key.references)))
        .filter(|(child, parent)| child != parent)
        .collect();
    let mut waiting = owners.to_vec();
    let mut order = Vec::new();
    while !waiting.is_empty() {
        let is_next = |owner: &&str| !waiting.iter().any(|other| pairs.contains(&(*other, *owner)));
        let next = waiting.iter().position(is_next).unwrap_or_default();
        order.push(waiting.remove(next));
    }
    order
}

/// Removes from some changes the foreign keys to tables that don't exist yet but will, once the `later` owners
/// have theirs. Returns whether there were any.
pub(crate) fn postpone(
    changes: &mut Vec<Change>,
    wanted: &mut Schema,
    start: &Schema,
    later: &BTreeSet<&str>,
    models: &Models,
) -> bool {
    let own: BTreeSet<TableName> = wanted.tables.keys().cloned().collect();
    let is_early = |key: &ForeignKey| {
        let is_there = start.tables.contains_key(&key.references) || own.contains(&key.references);
        !is_there && models.ownership.owner_of(&key.references).is_some_and(|owner| later.contains(owner))
    };
    let mut found = false;
    for change in changes.iter_mut() {
        if let Change::Table(Edit::Add(table)) = change {
            found |= table.rules.foreign_keys().any(is_early);
            table.rules.retain_of::<ForeignKey>(|key| !is_early(key));
        }
    }
    changes.retain(|change| {
        let is_closing = matches!(change, Change::Rule(_, Edit::Add(Rule::ForeignKey(key))) if is_early(key));
        found |= is_closing;
        !is_closing
    });
    for table in wanted.tables.values_mut() {
        table.rules.retain_of::<ForeignKey>(|key| !is_early(key));
    }
    found
}
