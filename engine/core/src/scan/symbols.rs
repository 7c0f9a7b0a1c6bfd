//! What an editor shows of definitions: where each table, column and enum stands, and what the names in them mean.

use autogen_syntax::Macro;
use autogen_syntax::plain;
use proc_macro2::Span;
use syn::Ident;

use super::lower::references;
use super::{Definition, Definitions, SourceFile};
use crate::dialect::Dialect;
use crate::model::{Place, TableName};

/// A table or an enum in source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symbol {
    /// The plugin, or `core`.
    pub owner: String,
    /// Which of the two it is.
    pub kind: SymbolKind,
    /// The name in Rust.
    pub rust_name: String,
    /// The name in the database.
    pub name: TableName,
    /// Where the name stands.
    pub place: Place,
    /// Where the whole definition stands.
    pub whole: Place,
    /// Columns or values, in the order stated.
    pub members: Vec<Member>,
}

/// Kinds of symbols.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SymbolKind {
    /// A `table!`. `is_stock` says that autogen's attributes only count inside `cfg_attr` there.
    Table {
        /// Whether it is taken for Diesel's own macro.
        is_stock: bool,
    },
    /// An enum whose values a database knows.
    Enum,
}

/// A column of a table, or a value of an enum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The name in Rust.
    pub rust_name: String,
    /// The column's name in the database, or the value.
    pub name: String,
    /// The column's type as it is written; empty for a value.
    pub detail: String,
    /// Where the name stands.
    pub place: Place,
}

/// A name in source that means a table or a column which stands elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Where the name stands.
    pub place: Place,
    /// Where what it means is defined; several places if it isn't clear.
    pub targets: Vec<Place>,
}

/// Returns the tables and enums of all owners, in the order of owners, files and lines.
pub fn symbols(definitions: &[Definitions]) -> Vec<Symbol> {
    let mut found = Vec::new();
    for own in definitions {
        found.extend(own.tables.iter().map(|definition| table(&own.owner, definition)));
        found.extend(own.enums.iter().map(|definition| {
            let item = &definition.item;
            let members = item.values.iter().map(|value| Member {
                rust_name: plain(&value.name),
                name: value.value.clone(),
                detail: String::new(),
                place: definition.file.place(value.name.span()),
            });
            let place = definition.place();
            let members: Vec<Member> = members.collect();
            let last = members.last().map_or(&place, |member| &member.place);
            Symbol {
                owner: own.owner.clone(),
                kind: SymbolKind::Enum,
                rust_name: plain(&item.name),
                name: TableName::new(plain(&item.name)),
                whole: Place { span: place.span.start..last.span.end.max(place.span.end), ..place.clone() },
                place,
                members,
            }
        }));
    }
    found
}

/// Returns what the names in definitions mean, in any of some dialects: referenced tables and columns, and the columns
/// that rules are about.
pub fn references_of(definitions: &[Definitions], dialects: &[Dialect]) -> Vec<Reference> {
    let mut found: Vec<Reference> = Vec::new();
    for dialect in dialects {
        for reference in references::references(definitions, *dialect) {
            // Most names mean the same in every dialect.
            match found.iter_mut().find(|known| known.place == reference.place) {
                Some(known) => {
                    let new = reference.targets.into_iter().filter(|target| !known.targets.contains(target));
                    known.targets.extend(new.collect::<Vec<_>>());
                }
                None => found.push(reference),
            }
        }
    }
    found
}

fn table(owner: &str, definition: &Definition) -> Symbol {
    let members = definition.table.columns.iter().map(|column| Member {
        rust_name: plain(&column.name),
        name: column.database_name(),
        detail: column_type(column),
        place: definition.file.place(column.name.span()),
    });
    Symbol {
        owner: owner.to_owned(),
        kind: SymbolKind::Table { is_stock: definition.whose == Macro::Diesel },
        rust_name: plain(&definition.table.name),
        name: definition.name(),
        place: definition.place(),
        whole: definition.file.place(definition.span),
        members: members.collect(),
    }
}

/// Returns a column's type as it is written.
fn column_type(column: &autogen_syntax::Column) -> String {
    column.ty.span.source_text().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns the place from the first of some names to the last.
pub(super) fn place_of_path(file: &SourceFile, path: &[Ident]) -> Option<Place> {
    let (first, last) = (path.first()?, path.last()?);
    let end = |span: Span| span.byte_range().end;
    let place = file.place(first.span());
    Some(Place { span: place.span.start..end(last.span()), ..place })
}
