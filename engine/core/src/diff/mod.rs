//! What differs between two comparable schemas, as a sequence of [`Change`]s.
//!
//! Applying the changes one after the other to the `from` side gives the wanted schema, and
//! applying the reversed changes in reverse order gives `from` back; [`apply`] is that function.
//! Renames come first, so that everything after them uses new names.
//!
//! Both sides must have been through [`normalize`](crate::normalize) and must hold only tables
//! that the asker owns: this stage knows nothing of ownership, files or databases.

mod apply;
mod column;
mod enums;
mod matching;
mod names;
mod partitions;
mod rename;
mod retyped;
mod rules;
mod table;
mod values;

pub use apply::{apply, apply_all};
pub(crate) use column::same;
pub use rename::{LikelyRename, likely_renames};

pub(crate) use enums::renames as enum_renames;

use std::borrow::Cow;

use crate::dialect::Dialect;
use crate::model::{Change, Edit, Pair, Schema, Table};

/// Returns the changes that turn `pair.from` into `pair.to`.
///
/// ```
/// use autogen_engine::dialect::Dialect;
/// use autogen_engine::diff::diff;
/// use autogen_engine::model::{Change, Edit, Pair, Schema, Table, TableName};
///
/// let mut wanted = Schema::default();
/// wanted.insert(Table::new(TableName::new("users")));
/// let changes = diff(&Pair::new(Schema::default(), wanted), Dialect::Sqlite);
/// assert!(matches!(&changes[..], [Change::Table(Edit::Add(table))] if table.name.name == "users"));
/// ```
pub fn diff(pair: &Pair<Schema>, dialect: Dialect) -> Vec<Change> {
    let mut state = pair.from.clone();
    let mut changes = rename::renames(&mut state, &pair.to, dialect);
    let of_enums = enums::changes(&state, &pair.to, dialect);
    let mut taken = names::Taken::of(&state, dialect);

    let mut of_tables = Vec::new();
    for wanted in pair.to.tables.values() {
        if let Some(live) = state.tables.get(&wanted.name) {
            let wanted = with_renames(live, wanted, &pair.from, dialect);
            of_tables.extend(table::changes(live, &wanted, &mut taken, dialect));
        }
    }
    for wanted in pair.to.tables.values().filter(|table| !state.tables.contains_key(&table.name)) {
        of_tables.push(Change::Table(Edit::Add(names::complete(wanted.clone(), &mut taken))));
    }
    for live in state.tables.values().filter(|table| !pair.to.tables.contains_key(&table.name)) {
        of_tables.push(Change::Table(Edit::Drop(live.clone())));
    }
    let drops = enums::drops(&state, &pair.to, &of_tables, dialect);
    changes.extend(of_enums.into_iter().chain(of_tables).chain(drops));
    changes
}

/// Returns the definition with only those renames of values that are still to be done.
fn with_renames<'a>(live: &Table, wanted: &'a Table, from: &Schema, dialect: Dialect) -> Cow<'a, Table> {
    let mut wanted = Cow::Borrowed(wanted);
    if wanted.columns.iter().all(|column| column.hints.renamed_values.is_none()) {
        return wanted;
    }
    for column in &mut wanted.to_mut().columns {
        let due = live.column(&column.name).and_then(|live| values::of_column(live, column, from, dialect));
        column.hints.renamed_values = due.map(Box::new);
    }
    wanted
}
