//! What has to become of every table, column and row: what may be lost, and what has to stay.
//!
//! For a generated revision the changes tell. For one that is read from disk, everything has to stay that has the
//! same name and type before and after, unless the author's own statements write to it.

use crate::dialect::Dialect;
use crate::model::{Change, Column, DataType, Edit, Pair, Rename, Schema, Table, TableName};
use crate::plan::{HazardKind, hazards, renames_values};
use crate::scratch::script::Statement;
use crate::sql::NamedType;

use super::written_rows::Written;

/// A table whose rows have to stay.
#[derive(Debug, Clone)]
pub(super) struct RowExpectation {
    /// Its name before and after.
    pub(super) table: Pair<TableName>,
    /// Columns whose values have to stay, with their names before and after.
    pub(super) columns: Vec<(Pair<String>, Kept)>,
    pub(super) count: Count,
    /// Whether it goes on numbering where it was.
    pub(super) numbered: bool,
}

/// How a value stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    Exactly,
    /// In another type: 1 may become '1'.
    InOtherWords,
    /// As a number of single precision: a wider type shows digits that it never had.
    AsSingle,
    /// All but NULLs, which are filled where the column becomes required.
    UnlessNull,
    /// Under another name once the way up has run: a value of an enumerated type.
    Renamed,
}

impl Kept {
    fn there_and_back(self) -> Self {
        match self {
            Self::Renamed => Self::Exactly,
            Self::Exactly | Self::InOtherWords | Self::AsSingle | Self::UnlessNull => self,
        }
    }
}

/// How many rows there have to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Count {
    Same,
    AtLeast,
}

impl RowExpectation {
    /// Returns the same expectation for when everything has its old name again.
    pub(super) fn there_and_back(&self) -> Self {
        let back = |names: &Pair<String>| Pair::new(names.from.clone(), names.from.clone());
        Self {
            table: Pair::new(self.table.from.clone(), self.table.from.clone()),
            columns: self.columns.iter().map(|(names, kept)| (back(names), kept.there_and_back())).collect(),
            ..self.clone()
        }
    }
}

/// Returns what changes leave of every table, column and row.
pub(super) fn of_changes(start: &Schema, changes: &[Change], dialect: Dialect) -> Vec<RowExpectation> {
    let mut expectations: Vec<RowExpectation> = start.tables.values().map(untouched).collect();
    for change in changes {
        if let Change::Table(Edit::Drop(table)) = change {
            expectations.retain(|expectation| expectation.table.to != table.name);
            continue;
        }
        if let Change::Rename(Rename::EnumValue(name, _)) = change {
            rename_values(&mut expectations, start, name, changes, dialect);
        }
        let subject = change.subject().table;
        let Some(expectation) = expectations.iter_mut().find(|expectation| expectation.table.to == subject) else {
            continue;
        };
        follow(expectation, change, &start.tables[&expectation.table.from], dialect);
    }
    expectations
}

/// Renames one value in the columns of a type, which may have had another name at the start.
fn rename_values(
    expectations: &mut [RowExpectation],
    start: &Schema,
    name: &TableName,
    changes: &[Change],
    dialect: Dialect,
) {
    let renamed = changes.iter().filter_map(|change| change.renamed_enum()).find(|names| names.to == *name);
    let old = renamed.map_or(name, |names| &names.from);
    for expectation in expectations {
        let Some(table) = start.tables.get(&expectation.table.from) else { continue };
        for (names, kept) in &mut expectation.columns {
            let named = table.column(&names.from).and_then(|column| NamedType::of_column(column, dialect));
            if named.is_some_and(|named| named.name == *old) {
                *kept = Kept::Renamed;
            }
        }
    }
}

fn untouched(table: &Table) -> RowExpectation {
    let kept = table.columns.iter().filter(|column| column.generated.is_none());
    RowExpectation {
        table: Pair::new(table.name.clone(), table.name.clone()),
        columns: kept.map(|column| (Pair::new(column.name.clone(), column.name.clone()), Kept::Exactly)).collect(),
        count: Count::Same,
        numbered: table.columns.iter().any(|column| column.auto_increment),
    }
}

fn follow(expectation: &mut RowExpectation, change: &Change, start: &Table, dialect: Dialect) {
    match change {
        Change::Rename(Rename::Table(names)) => expectation.table.to = names.to.clone(),
        Change::Rename(Rename::Column(_, names)) => {
            if let Some((own, _)) = expectation.columns.iter_mut().find(|(own, _)| own.to == names.from) {
                own.to.clone_from(&names.to);
            }
        }
        Change::Column(_, Edit::Drop(column)) => {
            expectation.columns.retain(|(own, _)| own.to != column.name);
            expectation.numbered &= !column.auto_increment;
        }
        Change::Column(_, Edit::Alter(columns)) => {
            let Pair { from, to } = columns.as_ref();
            // A number outside the new bounds is followed by the nearest one within.
            expectation.numbered &= from.auto_increment == to.auto_increment && to.sequence.covers(&from.sequence);
            let hazards = hazards(&[change], start, start, dialect);
            let has = |kind| hazards.iter().any(|hazard| hazard.kind == kind);
            if renames_values(columns) {
                let own = expectation.columns.iter_mut().find(|(own, _)| own.to == from.name);
                own.into_iter().for_each(|(_, kept)| *kept = Kept::Renamed);
            }
            let becomes = match (&from.data_type, &to.data_type) {
                _ if same_type(from, to) => Kept::UnlessNull,
                (DataType::Float, DataType::Double) => Kept::AsSingle,
                (_, _) => Kept::InOtherWords,
            };
            // What was NULL is filled; in another type as well, nothing is left to compare. A column that
            // becomes generated loses its values too, but only a hazard may say so.
            let is_other = !same_type(from, to) || to.generated.is_some();
            let lossy = has(HazardKind::NarrowType)
                || (is_other && (has(HazardKind::Irreversible) || has(HazardKind::DropColumn)));
            // The author's own expression may make anything of a value.
            let converted = !same_type(from, to) && to.hints.backfill.is_some();
            if lossy || converted {
                expectation.columns.retain(|(own, _)| own.to != from.name);
            } else if !same_type(from, to) || has(HazardKind::Irreversible) {
                // A renamed value differs from the old one in any spelling.
                let is_own = |(own, kept): &&mut (Pair<String>, Kept)| own.to == from.name && *kept != Kept::Renamed;
                for (_, kept) in expectation.columns.iter_mut().filter(is_own) {
                    *kept = becomes;
                }
            }
        }
        // A strict table stores numbers in another form.
        Change::Table(Edit::Alter(tables)) if tables.from.options != tables.to.options => {
            // A column that is filled as well keeps its expectation, because the two changes come in either order.
            for (_, kept) in expectation.columns.iter_mut().filter(|(_, kept)| *kept == Kept::Exactly) {
                *kept = Kept::InOtherWords;
            }
        }
        Change::Rename(Rename::Enum(_) | Rename::EnumValue(..))
        | Change::Table(_)
        | Change::Column(_, Edit::Add(_))
        | Change::Rule(..)
        | Change::Enum(_) => {}
    }
}

fn same_type(a: &Column, b: &Column) -> bool {
    let folded = |column: &Column| column.sql_type.as_ref().map(|words| words.to_ascii_lowercase());
    a.data_type == b.data_type && folded(a) == folded(b)
}

/// Returns what scripts leave, judging by the schemas before and after. Also returns notes on what couldn't be
/// judged.
pub(super) fn of_scripts(
    tables: &Pair<&Schema>,
    statements: &[Statement<'_>],
    dialect: Dialect,
) -> (Vec<RowExpectation>, Vec<String>) {
    let written = Written::by(statements, tables.from, dialect);
    let facts = dialect.facts();
    let mut expectations = Vec::new();
    let mut notes = Vec::new();
    for (name, before) in &tables.from.tables {
        let Some(after) = tables.to.tables.get(name) else { continue };
        let touch = written.tables.get(&name.name.to_ascii_lowercase());
        let is_free = written.unreadable || touch.is_some_and(|touch| touch.rows_go);
        if is_free {
            notes.push(format!("the script itself writes to rows of {name}: they were not compared"));
            continue;
        }
        let mut expectation = untouched(before);
        expectation.columns.retain(|(names, _)| {
            let same = |column: &Column| before.column(&names.from).is_some_and(|own| same_type(own, column));
            let stays = after.column(&names.to).is_some_and(|column| column.generated.is_none() && same(column));
            let set = touch.is_some_and(|touch| touch.columns.iter().any(|set| facts.same_name(set, &names.from)));
            stays && !set
        });
        for (names, kept) in &mut expectation.columns {
            let nullable = |table: &Table, name: &str| table.column(name).is_some_and(|column| column.nullable);
            if nullable(before, &names.from) && !nullable(after, &names.to) {
                *kept = Kept::UnlessNull;
            }
        }
        expectation.numbered &= after.columns.iter().any(|column| column.auto_increment);
        if touch.is_some_and(|touch| touch.rows_come) {
            expectation.count = Count::AtLeast;
        }
        let set = touch.into_iter().flat_map(|touch| &touch.columns);
        let columns: Vec<&str> = set.filter(|set| before.column(set).is_some()).map(String::as_str).collect();
        if !columns.is_empty() {
            notes.push(format!("the script itself sets {name} ({}): not compared", columns.join(", ")));
        }
        expectations.push(expectation);
    }
    (expectations, notes)
}
