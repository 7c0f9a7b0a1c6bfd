//! Which table a Rust name means, across owners.

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

/// All tables, to be found by their Rust names.
pub(super) struct Names<'d>(Vec<Known<'d>>);

impl<'d> Names<'d> {
    pub(super) fn new(known: &[Known<'d>]) -> Self {
        Self(known.to_vec())
    }

    /// Finds the table that `reference` means where `owner` writes it in `file`. Nearer wins: the
    /// owner whose name is in the path, the same owner, the same file.
    pub(super) fn resolve(&self, reference: &TableRef, owner: &str, file: &SourceFile) -> Resolved<'d> {
        let name = reference.name().unraw().to_string();
        let schema = reference.schema.as_ref().map(|schema| schema.unraw().to_string());
        let fits = |known: &&Known<'d>| {
            let full = known.definition.name();
            let by_name = known.definition.table.name.unraw() == name || (schema.is_some() && full.name == name);
            by_name && (schema.is_none() || full.schema == schema)
        };
        let mut found: Vec<Known<'d>> = self.0.iter().filter(fits).copied().collect();
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
        narrow(&mut found, &|known| known.owner == owner && known.definition.file == *file);
        match found.as_slice() {
            [one] => Resolved::One(*one),
            [] => Resolved::None(TableName { schema, name }),
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
