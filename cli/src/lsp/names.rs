//! Names in source: what stands at a place, where it is defined, and what a file defines.

use autogen_engine::model::{Place, TableName};
use autogen_engine::scan::{Member, Symbol, SymbolKind};
use lsp_types::{DocumentSymbol, Location, Position, Range, Url};

use super::show::Files;

use super::work::Read;

/// A table or a column of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    /// The owner of the table.
    pub(super) owner: String,
    /// The table's name in the database.
    pub(super) table: TableName,
    /// The column's name in the database.
    pub(super) column: Option<String>,
}

/// A position in an open file.
#[derive(Debug, Clone, Copy)]
pub(super) struct At<'a> {
    pub(super) files: Files<'a>,
    pub(super) uri: &'a Url,
    pub(super) position: Position,
}

impl At<'_> {
    /// Checks whether a place of source is the one where the position is.
    fn is_at(&self, place: &Place) -> bool {
        self.files.is_in(place, self.uri)
            && self.files.location(place).is_some_and(|found| holds(found.range, self.position))
    }
}

/// Returns the table or column whose name stands at a position, in its definition or in a reference to it.
pub(super) fn named(read: &Read, at: &At<'_>) -> Option<Named> {
    let survey = read.survey.as_ref()?;
    let of_place = |is_it: &dyn Fn(&Place) -> bool| {
        survey.symbols.iter().filter(|symbol| symbol.kind != SymbolKind::Enum).find_map(|symbol| {
            let column = symbol.members.iter().find(|member| is_it(&member.place));
            let named = || Named {
                owner: symbol.owner.clone(),
                table: symbol.name.clone(),
                column: column.map(|column| column.name.clone()),
            };
            (column.is_some() || is_it(&symbol.place)).then(named)
        })
    };
    of_place(&|place| at.is_at(place)).or_else(|| {
        let reference = survey.references.iter().find(|reference| at.is_at(&reference.place))?;
        of_place(&|place| reference.targets.first() == Some(place))
    })
}

/// Returns where the name at a position is defined.
pub(super) fn definitions(read: &Read, at: &At<'_>) -> Vec<Location> {
    let references = read.survey.iter().flat_map(|survey| &survey.references);
    let meant = references.filter(|reference| at.is_at(&reference.place)).flat_map(|reference| &reference.targets);
    meant.filter_map(|target| at.files.location(target)).collect()
}

/// Returns what a file defines.
pub(super) fn symbols(read: &Read, files: &Files<'_>, uri: &Url) -> Vec<DocumentSymbol> {
    let all = read.survey.iter().flat_map(|survey| &survey.symbols);
    let own = all.filter(|symbol| files.is_in(&symbol.place, uri)).filter_map(|symbol| {
        let (name, whole) = (files.location(&symbol.place)?, files.location(&symbol.whole)?);
        Some(of_symbol(symbol, name.range, around(whole.range, name.range), files))
    });
    own.collect()
}

fn of_symbol(symbol: &Symbol, name: Range, whole: Range, files: &Files<'_>) -> DocumentSymbol {
    let (kind, of_members, detail) = match symbol.kind {
        SymbolKind::Table { .. } => {
            (lsp_types::SymbolKind::STRUCT, lsp_types::SymbolKind::FIELD, format!("table of {}", symbol.owner))
        }
        SymbolKind::Enum => {
            (lsp_types::SymbolKind::ENUM, lsp_types::SymbolKind::ENUM_MEMBER, format!("enum of {}", symbol.owner))
        }
    };
    let member = |member: &Member| {
        let range = files.location(&member.place)?.range;
        Some(entry(&member.rust_name, &member.detail, of_members, (range, range)))
    };
    let members: Vec<DocumentSymbol> = symbol.members.iter().filter_map(member).collect();
    let whole = members.iter().fold(whole, |whole, member| around(whole, member.range));
    DocumentSymbol { children: Some(members), ..entry(&symbol.rust_name, &detail, kind, (whole, name)) }
}

fn entry(name: &str, detail: &str, kind: lsp_types::SymbolKind, (range, own): (Range, Range)) -> DocumentSymbol {
    #[expect(deprecated, reason = "the protocol's type has the field")]
    DocumentSymbol {
        name: name.to_owned(),
        detail: Some(detail.to_owned()).filter(|detail| !detail.is_empty()),
        kind,
        tags: None,
        deprecated: None,
        range,
        selection_range: own,
        children: None,
    }
}

/// Checks whether a range holds a position. Its end counts, because a cursor behind a word is still at it.
pub(super) fn holds(range: Range, position: Position) -> bool {
    range.start <= position && position <= range.end
}

/// Returns the range that holds both.
fn around(whole: Range, own: Range) -> Range {
    Range { start: whole.start.min(own.start), end: whole.end.max(own.end) }
}
