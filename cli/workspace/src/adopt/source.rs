//! Writes definitions for existing tables: new ones, and changes of those that somebody wrote.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

use autogen_codegen::source::{Defined, Form, Names, definitions, merge};
use autogen_engine::database::Database;
use autogen_engine::dialect::Dialect;
use autogen_engine::diff::{apply_all, diff};
use autogen_engine::error::{Code, Diagnostic, Error, Result, Severity};
use autogen_engine::host::{FileScope, Owner};
use autogen_engine::model::{
    Change, Column, DataType, EnumType, ForeignKey, Pair, Schema, Table, TableName, TableOptions,
};
use autogen_engine::normalize::comparable;
use autogen_engine::scan::{Definition, Definitions, Macro, lower, read};
use autogen_engine::sql::NamedType;

use super::Selection;
use crate::workspace::Workspace;

/// The new contents of source files.
#[derive(Debug, Clone, Default)]
pub struct Edits {
    /// The texts by path, only of files that change.
    pub texts: BTreeMap<PathBuf, String>,
    /// Where each of these must lie.
    scopes: BTreeMap<PathBuf, FileScope>,
    /// Enumerated types that get a definition.
    pub types: Vec<TableName>,
    /// Tables that get a definition.
    pub new: Vec<TableName>,
    /// Tables whose definition changes.
    pub changed: Vec<TableName>,
    /// What no definition can state.
    pub unsaid: Vec<String>,
    /// Where each new definition stands in its file, in bytes.
    places: BTreeMap<PathBuf, Vec<(TableName, Range<usize>)>>,
}

/// Returns the edits that define the selected tables of the live schema.
pub(super) fn edits(
    workspace: &Workspace,
    selected: &[Selection<'_>],
    live: &Schema,
    database: &mut Database,
    form: Form,
) -> Result<Edits> {
    let is_selected = |table: &TableName| selected.iter().any(|selection| selection.tables.contains(table));
    let mut read: Vec<Definitions> =
        workspace.host.owners.iter().map(|owner| read(&owner.name, &owner.sources, &workspace.host.root)).collect();
    if form == Form::Autogen {
        let all = read.iter_mut().flat_map(|definitions| &mut definitions.tables);
        all.filter(|definition| is_selected(&definition.name()))
            .for_each(|definition| definition.whose = Macro::Autogen);
    }
    let mut declared = Schema::default();
    for schema in lower(&read, workspace.dialect).schemas.into_values() {
        declared.tables.append(schema.tables);
        declared.enums.extend(schema.enums);
    }
    // Types that nothing defines yet are written with the first table that has them.
    let mut types: BTreeMap<&TableName, &EnumType> =
        live.enums.iter().filter(|(name, _)| !declared.enums.contains_key(*name)).collect();
    let names = names(live, &declared, &read);
    let goal = goal(declared, live, &is_selected, database, workspace)?;
    let Pair { from: declared, to: goal } = without_the_usual_collation(goal, live);

    let mut edits = Edits::default();
    for Selection { owner, tables, undefinable } in selected {
        edits.unsaid.extend(undefinable.iter().map(|(table, why)| format!("table {table}, {why}, and is left alone")));
        let of_owner = read.iter().filter(|definitions| definitions.owner == owner.name);
        let of_owner: Vec<&Definition> = of_owner.flat_map(|definitions| &definitions.tables).collect();
        let found: Vec<(&Definition, &Table, &Table)> = of_owner
            .iter()
            .filter_map(|definition| {
                let name = definition.name();
                Some((*definition, declared.tables.get(&name)?, goal.tables.get(&name)?))
            })
            .filter(|(_, from, to)| tables.contains(&from.name) && (from != to || form == Form::Autogen))
            .collect();
        edits.merge(workspace, &owner.scope, (&names, form), &found)?;
        let new: Vec<&Table> = tables
            .iter()
            .filter(|table| !declared.tables.contains_key(table))
            .filter_map(|table| goal.tables.get(table))
            .collect();
        if !new.is_empty() {
            let columns = new.iter().flat_map(|table| &table.columns);
            let named = columns.filter_map(|column| NamedType::of_column(column, workspace.dialect));
            let types: BTreeMap<_, _> = named.filter_map(|named| types.remove_entry(&named.name)).collect();
            edits.add(workspace, owner, &of_owner, (&types, &new), &names, form)?;
        }
    }
    // What belongs to no table is the core's to keep, or nobody's.
    let is_of_core = selected.iter().any(|selection| selection.owner.is_core());
    for bystander in live.bystanders.iter() {
        if bystander.table.as_ref().map_or(is_of_core, is_selected) {
            edits.unsaid.push(format!("{} {}", bystander.kind.name(), bystander.name));
        }
    }
    Ok(edits)
}

/// Removes the collation that most tables have. In a fresh database, all tables have the database's own.
fn without_the_usual_collation(mut goal: Pair<Schema>, live: &Schema) -> Pair<Schema> {
    let mut counts: BTreeMap<&String, usize> = BTreeMap::new();
    let all = live.tables.values().filter_map(|table| table.options.collation.as_ref());
    all.for_each(|collation| *counts.entry(collation).or_default() += 1);
    let usual = counts.into_iter().max_by_key(|(_, tables)| *tables).map(|(collation, _)| collation);
    for table in goal.from.tables.values_mut().chain(goal.to.tables.values_mut()) {
        table.options.collation.take_if(|own| Some(&*own) == usual);
    }
    goal
}

impl Edits {
    fn merge(
        &mut self,
        workspace: &Workspace,
        scope: &FileScope,
        (names, form): (&Names, Form),
        found: &[(&Definition, &Table, &Table)],
    ) -> Result<()> {
        let files: BTreeSet<&Path> = found.iter().map(|(definition, ..)| &*definition.file.0).collect();
        for file in files {
            let path = workspace.host.root.join(file);
            let old = self.text(&path, scope)?;
            let of_file = found.iter().filter(|(definition, ..)| &*definition.file.0 == file);
            let of_file: Vec<Defined<'_>> =
                of_file.map(|(definition, from, to)| Defined { name: definition.place().span, from, to }).collect();
            let merged = merge(&old, &of_file, names, workspace.dialect, form);
            self.unsaid.extend(merged.unsaid);
            if merged.text != old {
                self.changed.extend(
                    of_file.iter().filter(|defined| defined.from != defined.to).map(|defined| defined.to.name.clone()),
                );
                self.scopes.insert(path.clone(), scope.clone());
                self.texts.insert(path, merged.text);
            }
        }
        Ok(())
    }

    /// Adds new definitions where the owner's others are if they are all in one file, else to `schema.rs`.
    #[expect(clippy::too_many_arguments, reason = "one definition is made of all of them")]
    fn add(
        &mut self,
        workspace: &Workspace,
        owner: &Owner,
        there: &[&Definition],
        (types, tables): (&BTreeMap<&TableName, &EnumType>, &[&Table]),
        names: &Names,
        form: Form,
    ) -> Result<()> {
        let files: BTreeSet<&Path> = there.iter().map(|definition| &*definition.file.0).collect();
        let path = match (files.len(), files.first(), owner.sources.first()) {
            (1, Some(file), _) => workspace.host.root.join(file),
            (_, _, Some(source)) if source.is_file() => source.clone(),
            (_, _, Some(folder)) => folder.join("schema.rs"),
            (_, _, None) => owner.root.join("src").join("schema.rs"),
        };
        let mut text = self.text(&path, &owner.scope)?;
        if text.is_empty() {
            text = format!("//! Tables of {}.\n", owner.name);
        }
        let types = types.values().copied();
        let source =
            definitions(types.clone(), tables.iter().copied(), &names.defining(types.clone()), workspace.dialect, form);
        text.truncate(text.trim_end().len());
        text.push_str("\n\n");
        let places = source.places.into_iter();
        let places = places.map(|(table, place)| (table, place.start + text.len()..place.end + text.len()));
        self.places.entry(path.clone()).or_default().extend(places);
        text.push_str(&source.text);
        self.scopes.insert(path.clone(), owner.scope.clone());
        self.texts.insert(path, text);
        self.types.extend(types.map(|found| found.name.clone()));
        self.new.extend(tables.iter().map(|table| table.name.clone()));
        self.unsaid.extend(source.unsaid);
        Ok(())
    }

    /// Returns the tables whose new definitions are refused, and why. There are none if something else is refused too.
    pub(super) fn refused(&self, told: &[Diagnostic], root: &Path) -> BTreeMap<TableName, String> {
        let mut refused = BTreeMap::new();
        for error in told.iter().filter(|found| found.severity == Severity::Error) {
            let table = error.labels.first().and_then(|label| {
                let is_here = |(_, place): &&(TableName, Range<usize>)| place.contains(&label.place.span.start);
                self.places.get(&root.join(&label.place.file))?.iter().find(is_here)
            });
            let Some((table, _)) = table else { return BTreeMap::new() };
            let why = || format!("whose definition would be refused ({})", error.message);
            refused.entry(table.clone()).or_insert_with(why);
        }
        refused
    }

    /// Puts the files in place, each as a whole or not at all.
    pub(super) fn write(&self) -> Result<()> {
        for (path, text) in &self.texts {
            self.scopes[path].replace(path, text).map_err(|cause| {
                Error::new(Code::CantWrite, format!("can't write `{}`: {cause}", path.display()))
                    .help("make the folder writable and run it again; files named before are written")
                    .caused_by(cause)
            })?;
        }
        Ok(())
    }

    /// Returns what a file holds by now, or an empty text if it doesn't exist.
    fn text(&self, path: &Path, scope: &FileScope) -> Result<String> {
        match self.texts.get(path) {
            Some(text) => Ok(text.clone()),
            None => Ok(scope.read_source(path)?.unwrap_or_default()),
        }
    }
}

/// Returns what the definitions say, and what they are to say: the same, changed only where it really differs
/// from the live tables. Both are spelled as the comparison spells them, so what only looks different stays.
fn goal(
    declared: Schema,
    live: &Schema,
    is_selected: &impl Fn(&TableName) -> bool,
    database: &mut Database,
    workspace: &Workspace,
) -> Result<Pair<Schema>> {
    let pair = comparable(Pair::new(live.clone(), declared), database)?;
    let mut changes = diff(&pair.as_ref().map(|schema| schema.restricted(is_selected)), workspace.dialect);
    changes.reverse();
    let changes: Vec<Change> = changes.into_iter().map(Change::reverse).collect();
    let mut goal = apply_all(pair.to.clone(), &changes, workspace.dialect);
    for table in goal.tables.values_mut() {
        if let (Some(written), Some(there)) = (pair.to.tables.get(&table.name), pair.from.tables.get(&table.name)) {
            settle(table, written, there, workspace.dialect);
        }
        // New columns are in the order of the database, after the existing ones.
        let written = pair.to.tables.get(&table.name);
        let there = pair.from.tables.get(&table.name);
        let position = |column: &Column, all: Option<&Table>| {
            all.and_then(|table| table.columns.iter().position(|other| other.name == column.name))
        };
        table.columns.sort_by_key(|column| match position(column, written) {
            Some(place) => (0, place),
            None => (1, position(column, there).unwrap_or_default()),
        });
    }
    Ok(Pair::new(pair.to, goal))
}

/// Settles in a table's goal what a comparison of definition and live table leaves open. For a key that only a
/// `joinable!` states, its actions are the live key's. The host's own word for a type is kept beside the
/// database's.
fn settle(goal: &mut Table, written: &Table, there: &Table, dialect: Dialect) {
    for key in goal.rules.foreign_keys_mut().filter(|key| key.is_of_join()) {
        let is_it = |other: &&ForeignKey| other.columns == key.columns && other.references == key.references;
        if let Some(live) = there.rules.foreign_keys().find(is_it) {
            *key = ForeignKey { hints: std::mem::take(&mut key.hints), ..live.clone() };
        }
    }
    if !dialect.facts().comments {
        goal.comment.clone_from(&written.comment);
    }
    for column in &mut goal.columns {
        let Some(written) = written.column(&column.name) else { continue };
        column.hints.clone_from(&written.hints);
        if !dialect.facts().comments {
            column.comment.clone_from(&written.comment);
        }
        let live_type = there.column(&column.name).and_then(|live| live.sql_type.as_ref());
        if written.sql_type.is_none() && is_hosts_own(&written.data_type, dialect) {
            column.data_type = written.data_type.clone();
            column.sql_type = live_type.cloned();
        }
    }
}

/// Checks whether a type, or that of an array's elements, is the host's own, so that nothing in sight says
/// what it is in the database.
fn is_hosts_own(data_type: &DataType, dialect: Dialect) -> bool {
    match data_type {
        DataType::Other(_) => dialect.spelling(data_type, &TableOptions::default()).is_none(),
        DataType::Array(inner, _) => is_hosts_own(inner, dialect),
        _ => false,
    }
}

/// Returns the names of existing definitions, and new names for everything else.
fn names(live: &Schema, declared: &Schema, read: &[Definitions]) -> Names {
    let mut all = live.clone();
    for table in declared.tables.values() {
        if !all.tables.contains_key(&table.name) {
            all.insert(Table::new(table.name.clone()));
        }
        let Some(both) = all.tables.get_mut(&table.name) else { continue };
        let gone: Vec<_> = table.columns.iter().filter(|column| both.column(&column.name).is_none()).cloned().collect();
        both.columns.extend(gone);
    }
    let mut names = Names::of(&all);
    for definition in read.iter().flat_map(|definitions| &definitions.tables) {
        let columns: Vec<(String, String)> =
            definition.table.columns.iter().map(|column| (column.database_name(), column.name.to_string())).collect();
        let columns = columns.iter().map(|(sql, rust)| (sql.as_str(), rust.as_str()));
        names.keep(&definition.name(), &definition.table.name.to_string(), columns);
    }
    names
}
