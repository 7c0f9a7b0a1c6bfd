//! Combines what the sources define, and compares it with what exists.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use autogen_engine::dialect::Dialect;
use autogen_engine::diff::diff;
use autogen_engine::error::Diagnostic;
use autogen_engine::host::{Host, Ownership};
use autogen_engine::model::{Change, Edit, Pair, RenamedValues, Schema, Table, TableName};
use autogen_engine::scan::{Definitions, lower};
use tracing::debug_span;

use crate::workspace::Workspace;

/// What the sources define, and who owns it.
#[derive(Debug, Clone)]
pub struct Models {
    /// All owners' tables.
    pub schema: Schema,
    /// The owner of each of them.
    pub ownership: Ownership,
}

/// The owner whose chain made each table.
pub type Makers = BTreeMap<TableName, String>;

/// One owner's tables on both sides, and what differs.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// The owner of the tables.
    pub owner: String,
    /// The whole schema that exists, other owners' tables included.
    pub start: Schema,
    /// What the owner's source defines.
    pub models: Schema,
    /// The changes from the first to the second.
    pub changes: Vec<Change>,
}

impl Comparison {
    /// Removes the collation of dropped tables if it is the `usual` one and their chain hasn't stated it. The way
    /// back then makes the tables as the chain did, whatever collation is usual in the database.
    pub(crate) fn leave_collations_unsaid(&mut self, usual: &str, unsaid: &BTreeSet<TableName>) {
        let leave = |table: &mut Table| {
            if unsaid.contains(&table.name) && table.options.collation.as_deref() == Some(usual) {
                table.options.collation = None;
            }
        };
        for change in &mut self.changes {
            let Change::Table(Edit::Drop(dropped)) = change else { continue };
            leave(dropped);
            self.start.tables.get_mut(&dropped.name).into_iter().for_each(leave);
        }
    }
}

impl Models {
    /// Reads definitions in a workspace's dialect, and reports what is wrong with them there.
    pub(crate) fn lowered(workspace: &Workspace, definitions: &[Definitions]) -> (Self, Vec<Diagnostic>) {
        let lowered = lower(definitions, workspace.dialect);
        let mut diagnostics = lowered.diagnostics;
        let (models, complaints) = Self::of(&workspace.host, lowered.schemas, workspace.dialect);
        diagnostics.extend(complaints);
        (models, diagnostics)
    }

    /// Combines what owners define in a dialect, by their names, and reports where they disagree about owners.
    pub fn of(host: &Host, schemas: BTreeMap<String, Schema>, dialect: Dialect) -> (Self, Vec<Diagnostic>) {
        let (ownership, complaints) = Ownership::resolve(host, &schemas, dialect);
        let mut schema = Schema::default();
        for own in schemas.into_values() {
            schema.tables.append(own.tables);
            schema.enums.extend(own.enums);
        }
        (Self { schema, ownership }, complaints)
    }

    /// Returns the owner of a table or type: the one that defines it, or else the one whose chain made it.
    pub fn owner_of<'a>(&'a self, name: &TableName, makers: &'a Makers) -> Option<&'a str> {
        self.ownership.owner_of(name).or_else(|| makers.get(name).map(String::as_str))
    }
}

/// Existing and defined tables, by owner. Each of the two schemas is walked once, however many owners there are.
#[derive(Debug)]
pub struct Parts<'a> {
    both: &'a Pair<Schema>,
    /// The names of each owner's tables and enumerated types.
    names: HashMap<&'a str, Pair<Vec<&'a TableName>>>,
    /// Existing tables and types that nobody defines, by their bare names.
    undefined: HashMap<&'a str, Vec<&'a TableName>>,
}

impl<'a> Parts<'a> {
    /// Divides both schemas among their owners. `makers` says whose chain made a table that nobody defines any more.
    pub fn new(both: &'a Pair<Schema>, models: &'a Models, makers: &'a Makers) -> Self {
        let mut parts = Self { both, names: HashMap::new(), undefined: HashMap::new() };
        for name in both.from.tables.keys().chain(both.from.enums.keys()) {
            let owner = models.ownership.owner_of(name);
            if owner.is_none() {
                parts.undefined.entry(&name.name).or_default().push(name);
            }
            if let Some(owner) = owner.or_else(|| makers.get(name).map(String::as_str)) {
                parts.names.entry(owner).or_default().from.push(name);
            }
        }
        for name in both.to.tables.keys().chain(both.to.enums.keys()) {
            if let Some(owner) = models.owner_of(name, makers) {
                parts.names.entry(owner).or_default().to.push(name);
            }
        }
        parts
    }

    /// Returns an owner's tables and types on both sides.
    pub(crate) fn owned(&self, owner: &str) -> Pair<Schema> {
        let Pair { from, to } = self.names.get(owner).cloned().unwrap_or_default();
        Pair::new(self.both.from.part(from), self.both.to.part(to))
    }

    /// Returns an owner's existing tables and types, with those that its source still renames, and the defined ones.
    fn of(&self, owner: &str) -> Pair<Schema> {
        let Pair { from, to } = self.names.get(owner).cloned().unwrap_or_default();
        let wanted = self.both.to.part(to);
        let tables = wanted.tables.values().map(|table| &table.hints);
        let hints = tables.chain(wanted.enums.values().map(|found| &found.hints));
        let old_names = hints.filter_map(|hints| hints.renamed_from.as_deref());
        let old: Vec<&TableName> = old_names.filter_map(|old| self.undefined.get(old)).flatten().copied().collect();
        Pair::new(self.both.from.part(from.into_iter().chain(old)), wanted)
    }
}

impl Workspace {
    /// Compares what exists with what one owner's source defines.
    pub fn compare(&self, owner: &str, parts: &Parts<'_>) -> Comparison {
        let _span = debug_span!("diff", plugin = owner).entered();
        let both = parts.both;
        let mut pair = parts.of(owner);
        pair.from.renamed_values = Some(self.renamed_values(owner));
        for owner in self.host.owners.iter().filter(|other| other.name == owner) {
            owner.ignored.take_out(&mut pair, self.dialect);
        }
        let changes = diff(&pair, self.dialect);
        Comparison { owner: owner.to_owned(), start: both.from.clone(), models: pair.to, changes }
    }

    /// Returns the enum values that an owner's chain has renamed, the latest last.
    pub(crate) fn renamed_values(&self, owner: &str) -> Vec<RenamedValues> {
        let mut renamed = Vec::new();
        for revision in self.history.of(owner) {
            let mut names: BTreeMap<String, Vec<Pair<String>>> = BTreeMap::new();
            for [of, from, to] in &revision.renamed_values {
                names.entry(of.clone()).or_default().push(Pair::new(from.clone(), to.clone()));
            }
            renamed.extend(names.into_iter().map(|(of, names)| RenamedValues { of, names }));
        }
        renamed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes a schema of tables by their names. A name behind `<` is the table's old name.
    fn schema(names: &[&str]) -> Schema {
        let mut schema = Schema::default();
        for name in names {
            let (name, old) = name.split_once('<').map_or((*name, None), |(name, old)| (name, Some(old.to_owned())));
            let mut table = Table::new(TableName::new(name));
            table.hints.renamed_from = old;
            schema.insert(table);
        }
        schema
    }

    #[test]
    fn an_owners_part_is_shared_with_the_whole_and_holds_what_it_renames() {
        let both = Pair::new(schema(&["a", "b", "gone", "old", "other"]), schema(&["a", "b", "new<old"]));
        let models = Models { schema: both.to.clone(), ownership: Ownership::default() };
        let makers: Makers = [("gone", "one"), ("a", "one"), ("b", "two"), ("new", "one")]
            .map(|(table, owner)| (TableName::new(table), owner.to_owned()))
            .into();
        let parts = Parts::new(&both, &models, &makers);
        let names = |schema: &Schema| schema.tables.keys().map(|name| name.name.clone()).collect::<Vec<_>>();
        let one = parts.of("one");
        assert_eq!(names(&one.from), ["a", "gone", "old"]);
        assert_eq!(names(&one.to), ["a", "new"]);
        assert_eq!(names(&parts.of("two").from), ["b"]);
        assert_eq!(names(&parts.of("nobody").from), [""; 0]);
        let a = TableName::new("a");
        assert!(std::ptr::eq(&one.from.tables[&a], &both.from.tables[&a]), "nothing is copied");
        assert!(one.from.reserved.names().is_superset(&["b", "other"].into()), "names of others are taken");
    }
}
