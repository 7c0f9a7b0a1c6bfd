//! Renames: those that definitions state, and those that a drop and an add look like.

use crate::dialect::Dialect;
use crate::model::{Change, Column, Edit, Pair, Rename, Schema, Table, TableName};

use super::apply;

/// Returns the renames that definitions state and that aren't done yet. Applies them to `state`.
///
/// A hint is inert once nothing has the old name, or something has the new one. It can therefore stay in source for
/// ever and never renames twice.
pub(super) fn renames(state: &mut Schema, wanted: &Schema, dialect: Dialect) -> Vec<Change> {
    let mut changes = super::enums::renames(state, wanted, dialect);
    for table in wanted.tables.values() {
        let Some(old) = &table.hints.renamed_from else { continue };
        let old = same_table(state, &TableName { schema: table.name.schema.clone(), name: old.clone() }, dialect);
        if let Some(old) = old
            && !state.tables.contains_key(&table.name)
            && !wanted.tables.contains_key(&old)
        {
            push(state, &mut changes, Change::Rename(Rename::Table(Pair::new(old, table.name.clone()))), dialect);
        }
    }
    for table in wanted.tables.values() {
        for column in &table.columns {
            let (Some(old), Some(live)) = (&column.hints.renamed_from, state.tables.get(&table.name)) else { continue };
            let old = live.columns.iter().find(|live| dialect.facts().same_name(&live.name, old));
            if let Some(old) = old
                && live.column(&column.name).is_none()
                && table.column(&old.name).is_none()
            {
                let names = Pair::new(old.name.clone(), column.name.clone());
                push(state, &mut changes, Change::Rename(Rename::Column(table.name.clone(), names)), dialect);
            }
        }
    }
    changes
}

fn same_table(state: &Schema, name: &TableName, dialect: Dialect) -> Option<TableName> {
    let facts = dialect.facts();
    state.tables.keys().find(|live| live.schema == name.schema && facts.same_name(&live.name, &name.name)).cloned()
}

fn push(state: &mut Schema, changes: &mut Vec<Change>, change: Change, dialect: Dialect) {
    apply(state, &change, dialect);
    changes.push(change);
}

/// A drop and an add that look like one rename.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LikelyRename {
    /// The table in which a column seems renamed; `None` when it is the table itself, or an enumerated type.
    pub table: Option<TableName>,
    /// The old and the new name.
    pub names: Pair<String>,
}

/// Finds drops that look like renames: a column is gone and one of the same type is new in one table, a table is gone
/// and one with the same columns is new, or an enumerated type is gone and one with the same values is new.
pub fn likely_renames(changes: &[Change]) -> Vec<LikelyRename> {
    let enums = super::enums::likely_renames(changes).into_iter();
    let mut found: Vec<LikelyRename> = enums.map(|names| LikelyRename { table: None, names }).collect();
    for gone in changes {
        let new = match gone {
            Change::Column(table, Edit::Drop(old)) => {
                let new = added_columns(changes, table).find(|new| new.data_type == old.data_type);
                new.map(|new| (Some(table.clone()), Pair::new(old.name.clone(), new.name.clone())))
            }
            Change::Table(Edit::Drop(old)) => {
                let new = added_tables(changes).find(|new| column_names(new) == column_names(old));
                new.map(|new| (None, Pair::new(old.name.to_string(), new.name.to_string())))
            }
            Change::Column(_, Edit::Add(_) | Edit::Alter(_))
            | Change::Table(Edit::Add(_) | Edit::Alter(_))
            | Change::Rename(_)
            | Change::Rule(..)
            | Change::Enum(_) => None,
        };
        let new = new.map(|(table, names)| LikelyRename { table, names });
        found.extend(new.filter(|new| {
            !found.iter().any(|known: &LikelyRename| known.table == new.table && known.names.to == new.names.to)
        }));
    }
    found
}

fn added_columns<'c>(changes: &'c [Change], table: &TableName) -> impl Iterator<Item = &'c Column> {
    changes.iter().filter_map(move |change| match change {
        Change::Column(of, Edit::Add(column)) if of == table => Some(column),
        Change::Column(..) | Change::Table(_) | Change::Rename(_) | Change::Rule(..) | Change::Enum(_) => None,
    })
}

fn added_tables(changes: &[Change]) -> impl Iterator<Item = &Table> {
    changes.iter().filter_map(|change| match change {
        Change::Table(Edit::Add(table)) => Some(table),
        Change::Column(..) | Change::Table(_) | Change::Rename(_) | Change::Rule(..) | Change::Enum(_) => None,
    })
}

fn column_names(table: &Table) -> std::collections::BTreeSet<&str> {
    table.columns.iter().map(|column| column.name.as_str()).collect()
}
