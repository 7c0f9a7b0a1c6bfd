//! Columns that a script adds or fills, so that it says itself what rows have in them.

use std::collections::BTreeMap;

use crate::model::TableName;
use crate::sql::ddl::{Action, Alteration, AlteredTable, NewColumn, key};

/// Where the values of a column come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::lint) enum Source {
    /// The script adds the column, and it is NULL in every row.
    Empty,
    /// The script adds the column, and rows get a default or what the script writes.
    Given,
    /// The column was there before, and the script writes or retypes it.
    Written,
}

impl Source {
    /// Returns `true` if the script adds the column.
    pub(in crate::lint) fn is_added(self) -> bool {
        match self {
            Self::Empty | Self::Given => true,
            Self::Written => false,
        }
    }

    /// Returns `true` if rows have what the script gives them.
    pub(in crate::lint) fn is_filled(self) -> bool {
        match self {
            Self::Given | Self::Written => true,
            Self::Empty => false,
        }
    }

    /// Returns where the values come from once the column is defined anew. MariaDB and MySQL may fill one that becomes
    /// required.
    fn redefined(self, is_required: bool) -> Self {
        match self {
            Self::Empty if is_required => Self::Given,
            Self::Empty => Self::Empty,
            Self::Given => Self::Given,
            Self::Written => Self::Written,
        }
    }
}

/// The columns that a script adds or fills, by table and name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::lint) struct OwnColumns {
    columns: BTreeMap<(String, String), Source>,
}

impl OwnColumns {
    /// Returns where a column's values come from, if the script says so.
    pub(super) fn source(&self, table: &TableName, column: &str) -> Option<Source> {
        self.columns.get(&(key(table), column.to_lowercase())).copied()
    }

    /// Takes note of what a statement adds and fills.
    pub(super) fn learn(&mut self, action: &Action) {
        match action {
            Action::AlterTable(table) => {
                table.alterations.iter().for_each(|(_, alteration)| self.learn_alteration(table, alteration));
            }
            Action::Update { table, columns, .. } => {
                for column in columns {
                    let place = (key(table), column.to_lowercase());
                    let source = match self.columns.get(&place) {
                        Some(Source::Empty | Source::Given) => Source::Given,
                        Some(Source::Written) | None => Source::Written,
                    };
                    self.columns.insert(place, source);
                }
            }
            Action::Insert { table, .. } => self.fill(|name| *name == key(table)),
            Action::RenameTables(pairs) => pairs.iter().for_each(|(old, new)| self.rename(old, new)),
            // Nobody knows what it writes.
            Action::Unread => self.fill(|_| true),
            _ => {}
        }
    }

    fn learn_alteration(&mut self, table: &AlteredTable, alteration: &Alteration) {
        let place = |column: &str| (key(&table.name), column.to_lowercase());
        match alteration {
            Alteration::AddColumn { column, .. } => {
                let source = if is_empty(column) { Source::Empty } else { Source::Given };
                self.columns.insert(place(&column.name), source);
            }
            Alteration::DropColumn { name, .. } => {
                self.columns.remove(&place(name));
            }
            Alteration::RenameColumn { from, to } => {
                let source = self.columns.remove(&place(from));
                self.columns.extend(source.map(|source| (place(to), source)));
            }
            Alteration::Redefine { old, column } => {
                let source = self.columns.remove(&place(old));
                let source = source.map_or(Source::Written, |source| source.redefined(column.not_null));
                self.columns.insert(place(&column.name), source);
            }
            Alteration::SetType { column, .. } => {
                if let Some(source @ Source::Empty) = self.columns.get_mut(&place(column)) {
                    *source = Source::Given;
                }
            }
            Alteration::RenameTable(new) => {
                let schema = new.schema.clone().or_else(|| table.name.schema.clone());
                self.rename(&table.name, &TableName { schema, ..new.clone() });
            }
            _ => {}
        }
    }

    fn fill(&mut self, is_it: impl Fn(&String) -> bool) {
        for ((table, _), source) in &mut self.columns {
            if *source == Source::Empty && is_it(table) {
                *source = Source::Given;
            }
        }
    }

    fn rename(&mut self, old: &TableName, new: &TableName) {
        let columns = std::mem::take(&mut self.columns);
        let renamed = |table: String| if table == key(old) { key(new) } else { table };
        self.columns =
            columns.into_iter().map(|((table, column), source)| ((renamed(table), column), source)).collect();
    }
}

/// Checks whether a new column is NULL in rows that are there.
fn is_empty(column: &NewColumn) -> bool {
    !column.has_value() && !column.not_null
}

impl NewColumn {
    /// Checks whether rows that are there get a value when the column is added.
    pub(super) fn has_value(&self) -> bool {
        // PostgreSQL's default may have a type: `NULL::int`.
        let is_null = |default: &str| default == "null" || default.starts_with("null::");
        let has_default = self.default.as_deref().is_some_and(|default| !is_null(default));
        has_default || self.generated.is_some() || self.is_identity || self.auto_increment
    }
}
