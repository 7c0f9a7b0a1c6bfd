//! Determines which tables a question about some owners concerns.

use std::collections::BTreeSet;

use autogen_engine::introspect::{CatalogSubset, Outline};
use autogen_engine::model::{Schema, TableName};

use crate::models::{Makers, Models};

/// The tables that a question about some owners concerns.
#[derive(Debug)]
pub struct Scope<'a> {
    owners: &'a [&'a str],
    models: &'a Models,
    makers: &'a Makers,
    /// Earlier names of tables and types, in lower case like all names here.
    old_names: BTreeSet<String>,
    /// Tables that keys reference.
    parents: BTreeSet<String>,
}

impl<'a> Scope<'a> {
    /// Determines the scope of some owners. `makers` says whose chain made a table that nobody defines any more.
    pub fn of(owners: &'a [&'a str], models: &'a Models, makers: &'a Makers) -> Self {
        let mut scope = Self { owners, models, makers, old_names: BTreeSet::new(), parents: BTreeSet::new() };
        let wanted = models.schema.restricted(|name| scope.owns(name));
        let hints = wanted.tables.values().map(|table| &table.hints);
        let hints = hints.chain(wanted.enums.values().map(|found| &found.hints));
        let old_names = hints.filter_map(|hints| hints.renamed_from.as_ref());
        scope.old_names = old_names.map(|name| name.to_lowercase()).collect();
        let keys = wanted.tables.values().flat_map(|table| table.rules.foreign_keys());
        scope.parents = keys.map(|key| key.references.to_string().to_lowercase()).collect();
        scope
    }

    /// Checks whether something belongs to these owners now, belonged to them, or is to belong to them.
    fn owns(&self, name: &TableName) -> bool {
        let owner = self.models.owner_of(name, self.makers);
        owner.is_some_and(|owner| self.owners.contains(&owner)) || self.old_names.contains(&name.name.to_lowercase())
    }

    fn points_at(&self, name: &TableName) -> bool {
        self.parents.contains(&name.to_string().to_lowercase())
    }

    /// Returns the part of a database that concerns these owners: what is theirs, what depends on that or
    /// references it, what their definitions reference, and everything that those parts need.
    pub fn part(&self, outline: &Outline) -> CatalogSubset {
        outline.part(|name| self.owns(name), |name| self.points_at(name))
    }

    /// Returns a table that concerns these owners and exists, but wasn't read.
    pub fn unread<'s>(&self, schema: &'s Schema) -> Option<&'s TableName> {
        schema.unread.iter().find(|name| self.owns(name) || self.points_at(name))
    }
}
