//! Which table a Rust name means, across owners.

use autogen_syntax::plain;
use std::collections::BTreeMap;

use autogen_syntax::TableRef;
use syn::Ident;

use super::{Definition, Diagnostic, TableName};
use crate::error::Code;
use crate::scan::SourceFile;

/// A definition that counts, and whose it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct OwnedDefinition<'d> {
    pub(super) owner: &'d str,
    pub(super) definition: &'d Definition,
}

/// What a name turned out to mean.
pub(super) enum Resolved<'d> {
    One(OwnedDefinition<'d>),
    Several(Vec<OwnedDefinition<'d>>),
    /// No definition; the database's name is taken from the reference.
    None(TableName),
}

/// All tables, to be found by the names that references use.
pub(super) struct Names<'d> {
    by_rust_name: BTreeMap<String, Vec<OwnedDefinition<'d>>>,
    by_database_name: BTreeMap<TableName, OwnedDefinition<'d>>,
}

impl<'d> Names<'d> {
    pub(super) fn new(known: &[OwnedDefinition<'d>]) -> Self {
        let mut names = Self { by_rust_name: BTreeMap::new(), by_database_name: BTreeMap::new() };
        for known in known {
            let rust_name = plain(&known.definition.table.name);
            names.by_rust_name.entry(rust_name).or_default().push(*known);
            names.by_database_name.insert(known.definition.name(), *known);
        }
        names
    }

    /// Finds the table that a reference means where `owner` writes it. A stated schema, `public` too, is meant
    /// literally. Otherwise nearer wins: the owner whose name is in the path, the schema or the module that the path
    /// ends with, the same owner, the same folder, the same file, the same module.
    pub(super) fn resolve(&self, reference: &TableRef, owner: &str, from: &Scope<'_>) -> Resolved<'d> {
        let name = plain(reference.name());
        let schema = reference.schema.as_ref().map(plain);
        let is_stated = schema.is_some();
        let wanted = TableName::stated(schema, name);
        // With a schema, a reference has the table's name in the database, otherwise its name in Rust.
        if is_stated && let Some(known) = self.by_database_name.get(&wanted) {
            return Resolved::One(*known);
        }
        let mut found = self.by_rust_name.get(&wanted.name).cloned().unwrap_or_default();
        found.retain(|known| !is_stated || known.definition.name().schema == wanted.schema);
        let narrow = |found: &mut Vec<OwnedDefinition<'d>>, nearer: &dyn Fn(&OwnedDefinition<'d>) -> bool| {
            if found.iter().any(nearer) {
                found.retain(nearer);
            }
        };
        let outer = &reference.path[..reference.path.len() - 1];
        narrow(&mut found, &|known| {
            let krate = known.owner.replace('-', "_");
            outer.iter().any(|segment| plain(segment) == krate)
        });
        let module = outer.last().filter(|segment| !is_relative(segment)).map(plain);
        if let Some(module) = &module {
            let is_in = |known: &OwnedDefinition<'d>| {
                let definition = known.definition;
                definition.name().schema.as_ref() == Some(module) || definition.module().as_ref() == Some(module)
            };
            narrow(&mut found, &is_in);
        }
        let beside = |known: &OwnedDefinition<'d>| known.definition.file.0.parent() == from.file.0.parent();
        let is_own = |known: &OwnedDefinition<'d>| known.owner == owner;
        narrow(&mut found, &is_own);
        narrow(&mut found, &|known| is_own(known) && beside(known));
        narrow(&mut found, &|known| is_own(known) && known.definition.file == *from.file);
        if module.is_none() {
            let upwards = outer.iter().filter(|segment| *segment == "super").count();
            let kept = from.modules.len().saturating_sub(upwards);
            let modules = if outer.iter().any(|segment| segment == "crate") { &[] } else { &from.modules[..kept] };
            narrow(&mut found, &|known| {
                is_own(known) && known.definition.file == *from.file && known.definition.modules == modules
            });
        }
        match found.as_slice() {
            [one] => Resolved::One(*one),
            [] => Resolved::None(wanted),
            _ => Resolved::Several(found),
        }
    }
}

/// Where a reference is written.
pub(super) struct Scope<'a> {
    pub(super) file: &'a SourceFile,
    pub(super) modules: &'a [String],
}

fn is_relative(segment: &Ident) -> bool {
    ["crate", "self", "super"].iter().any(|word| segment == word)
}

pub(super) fn ambiguous(reference: &TableRef, several: &[OwnedDefinition<'_>], file: &SourceFile) -> Diagnostic {
    let name = reference.name();
    let mut diagnostic = Diagnostic::error(Code::AmbiguousTable, format!("`{name}` may mean several tables"))
        .at(file.place(name.span()), "")
        .help("name the owner or the module in the path (`owner::table`), or the schema: `schema.table`");
    for known in several {
        diagnostic =
            diagnostic.at(known.definition.place(), format!("`{}` of {}", known.definition.name(), known.owner));
    }
    diagnostic
}

pub(super) fn unknown_column(definition: &Definition, column: &Ident, file: &SourceFile) -> Diagnostic {
    let table = definition.name();
    Diagnostic::error(Code::UnknownColumn, format!("table `{table}` has no column `{column}`"))
        .at(file.place(column.span()), "")
        .at(definition.place(), "the table")
        .help("columns are named as in Rust, not by their `sql_name`")
}
