//! Combines what the sources define, and compares it with what exists.

use std::collections::{BTreeMap, BTreeSet};

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
            schema.tables.extend(own.tables);
            schema.enums.extend(own.enums);
        }
        (Self { schema, ownership }, complaints)
    }

    /// Returns the owner of a table or type: the one that defines it, or else the one whose chain made it.
    pub fn owner_of<'a>(&'a self, name: &TableName, makers: &'a Makers) -> Option<&'a str> {
        self.ownership.owner_of(name).or_else(|| makers.get(name).map(String::as_str))
    }
}

impl Workspace {
    /// Compares what exists with what one owner's source defines. `makers` says whose chain made a table that
    /// nobody defines any more.
    pub fn compare(&self, owner: &str, both: &Pair<Schema>, models: &Models, makers: &Makers) -> Comparison {
        let _span = debug_span!("diff", plugin = owner).entered();
        let owns = |table: &TableName| models.owner_of(table, makers) == Some(owner);
        let wanted = both.to.restricted(owns);
        let tables = wanted.tables.values().map(|table| &table.hints);
        let hints = tables.chain(wanted.enums.values().map(|found| &found.hints));
        let old_names: BTreeSet<String> = hints.filter_map(|hints| hints.renamed_from.clone()).collect();
        let existing = both.from.restricted(|table| {
            owns(table) || (old_names.contains(&table.name) && models.ownership.owner_of(table).is_none())
        });
        let mut pair = Pair::new(existing, wanted);
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
