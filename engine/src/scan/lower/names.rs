//! Which table a Rust name means, across owners.

use std::collections::BTreeMap;

use autogen_syntax::TableRef;
use syn::Ident;
use syn::ext::IdentExt;

use super::{Definition, Diagnostic, TableName};
use crate::scan::SourceFile;

/// A definition that counts, and whose it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known<'d> {
    pub(super) owner: &'d str,
    pub(super) definition: &'d Definition,
}

/// What a name turned out to mean.
pub(super) enum Resolved<'d> {
    One(Known<'d>),
    Several(Vec<Known<'d>>),
    /// No definition; the database's name is taken from the reference.
    None(TableName),
}

/// All tables, to be found by the names that references use.
pub(super) struct Names<'d> {
    by_rust_name: BTreeMap<String, Vec<Known<'d>>>,
    by_database_name: BTreeMap<TableName, Known<'d>>,
}

impl<'d> Names<'d> {
    pub(super) fn new(known: &[Known<'d>]) -> Self {
        let mut names = Self { by_rust_name: BTreeMap::new(), by_database_name: BTreeMap::new() };
        for known in known {
            let rust_name = known.definition.table.name.unraw().to_string();
            names.by_rust_name.entry(rust_name).or_default().push(*known);
            names.by_database_name.insert(known.definition.name(), *known);
        }
        names
    }

    /// Finds the table that `reference` means where `owner` writes it in `file`. Nearer wins: the
    /// owner whose name is in the path, the same owner, the same folder, the same file.
    pub(super) fn resolve(&self, reference: &TableRef, owner: &str, file: &SourceFile) -> Resolved<'d> {
        let name = reference.name().unraw().to_string();
        let schema = reference.schema.as_ref().map(|schema| schema.unraw().to_string());
        let wanted = TableName { schema, name };
        // With its schema a table is named as the database knows it, otherwise as Rust does.
        if wanted.schema.is_some()
            && let Some(known) = self.by_database_name.get(&wanted)
        {
            return Resolved::One(*known);
        }
        let mut found = self.by_rust_name.get(&wanted.name).cloned().unwrap_or_default();
        found.retain(|known| wanted.schema.is_none() || known.definition.name().schema == wanted.schema);
        let narrow = |found: &mut Vec<Known<'d>>, nearer: &dyn Fn(&Known<'d>) -> bool| {
            if found.iter().any(nearer) {
                found.retain(nearer);
            }
        };
        let outer = &reference.path[..reference.path.len() - 1];
        narrow(&mut found, &|known| {
            let krate = known.owner.replace('-', "_");
            outer.iter().any(|segment| segment.unraw() == krate)
        });
        narrow(&mut found, &|known| known.owner == owner);
        let beside = |known: &Known<'d>| known.definition.file.0.parent() == file.0.parent();
        narrow(&mut found, &|known| known.owner == owner && beside(known));
        narrow(&mut found, &|known| known.owner == owner && known.definition.file == *file);
        match found.as_slice() {
            [one] => Resolved::One(*one),
            [] => Resolved::None(wanted),
            _ => Resolved::Several(found),
        }
    }
}

pub(super) fn ambiguous(reference: &TableRef, several: &[Known<'_>], file: &SourceFile) -> Diagnostic {
    let name = reference.name();
    let mut diagnostic = Diagnostic::error("ambiguous-table", format!("`{name}` may mean several tables"))
        .at(file.place(name.span()), "")
        .help("name the owner in the path: `owner::schema::table`");
    for known in several {
        diagnostic =
            diagnostic.at(known.definition.place(), format!("`{}` of {}", known.definition.name(), known.owner));
    }
    diagnostic
}

pub(super) fn unknown_column(definition: &Definition, column: &Ident, file: &SourceFile) -> Diagnostic {
    let table = definition.name();
    Diagnostic::error("unknown-column", format!("table `{table}` has no column `{column}`"))
        .at(file.place(column.span()), "")
        .at(definition.place(), "the table")
        .help("columns are named as in Rust, not by their `sql_name`")
}
