//! What the names in definitions mean, for editors. Unlike the rest of lowering, it judges nothing.

use autogen_syntax::same_name;
use autogen_syntax::{Rules, TableRef};
use syn::Ident;

use super::choose;
use super::names::{Names, OwnedDefinition, Resolved, Scope};
use crate::dialect::Dialect;
use crate::model::Place;
use crate::scan::symbols::{Reference, place_of_path};
use crate::scan::{Definition, Definitions, Join, SourceFile, cfg};

/// Returns the references of all owners' definitions in one dialect.
pub(in crate::scan) fn references(definitions: &[Definitions], dialect: Dialect) -> Vec<Reference> {
    let known = choose(definitions, dialect, &mut Vec::new());
    let mut finder = Finder { names: Names::new(&known), found: Vec::new() };
    for known in &known {
        finder.table(known);
    }
    for own in definitions {
        for join in own.joins.iter().filter(|join| cfg::under(&join.cfgs, dialect) != Some(false)) {
            finder.join(join, &own.owner);
        }
    }
    finder.found
}

struct Finder<'d> {
    names: Names<'d>,
    found: Vec<Reference>,
}

impl<'d> Finder<'d> {
    fn table(&mut self, known: &OwnedDefinition<'d>) {
        let (definition, table) = (known.definition, &known.definition.table);
        let key = table.primary_key.iter().flatten();
        self.columns(key, definition, &definition.file);
        let of_columns = table.columns.iter().map(|column| &column.rules);
        for rules in std::iter::once(&table.rules).chain(of_columns) {
            self.rules(rules, known);
        }
    }

    fn rules(&mut self, rules: &Rules, known: &OwnedDefinition<'d>) {
        let definition = known.definition;
        let scope = Scope { file: &definition.file, modules: &definition.modules };
        self.columns(rules.uniques.iter().flat_map(|unique| &unique.columns), definition, &definition.file);
        for index in &rules.indexes {
            self.columns(index.columns().iter(), definition, &definition.file);
        }
        for key in &rules.foreign_keys {
            self.columns(key.columns.iter(), definition, &definition.file);
            for target in self.named(&key.table, known.owner, &scope) {
                self.columns(key.referenced.iter(), target, &definition.file);
            }
        }
    }

    fn join(&mut self, join: &Join, owner: &str) {
        let scope = Scope { file: &join.file, modules: &join.modules };
        for child in self.named(&join.join.child, owner, &scope) {
            self.columns([&join.join.column].into_iter(), child, &join.file);
        }
        self.named(&join.join.parent, owner, &scope);
    }

    /// Notes what a table's name means, and returns the definitions.
    fn named(&mut self, reference: &TableRef, owner: &str, scope: &Scope<'_>) -> Vec<&'d Definition> {
        let meant: Vec<&'d Definition> = match self.names.resolve(reference, owner, scope) {
            Resolved::One(known) => vec![known.definition],
            Resolved::Several(several) => several.iter().map(|known| known.definition).collect(),
            Resolved::None(_) => Vec::new(),
        };
        let targets: Vec<Place> = meant.iter().map(|definition| definition.place()).collect();
        if let Some(place) = place_of_path(scope.file, &reference.path).filter(|_| !targets.is_empty()) {
            self.found.push(Reference { place, targets });
        }
        meant
    }

    /// Notes what the names of a table's columns mean.
    fn columns<'i>(&mut self, names: impl Iterator<Item = &'i Ident>, of: &Definition, file: &SourceFile) {
        for name in names {
            // Under conditions, a column may be there several times.
            let columns = of.table.columns.iter().filter(|column| same_name(&column.name, name));
            let place = file.place(name.span());
            let targets: Vec<Place> = columns.map(|column| of.file.place(column.name.span())).collect();
            // A rule that stands on a column has the column's own name.
            if !targets.is_empty() && !targets.contains(&place) {
                self.found.push(Reference { place, targets });
            }
        }
    }
}
