//! The hazards of a change, in one place for all dialects. What is lost follows from the change itself, and
//! [`stricter`] tells what becomes stricter.

use crate::dialect::Dialect;
use crate::model::{Change, Column, DataType, Edit, Schema, Table};

use super::stricter::{self, Tables};
use super::{Guard, Hazard, HazardKind, guard};

/// Returns the hazards of all changes to a table, as it is before and after them.
pub fn hazards(changes: &[&Change], before: &Table, after: &Table, dialect: Dialect) -> Vec<Hazard> {
    changes.iter().flat_map(|change| hazards_of(change, before, after, dialect)).collect()
}

/// Returns the hazards of one of a table's changes.
pub(super) fn hazards_of(change: &Change, before: &Table, after: &Table, dialect: Dialect) -> Vec<Hazard> {
    let facts = dialect.facts();
    let name = &before.name;
    let hazard = |kind, detail: String, count| vec![Hazard { kind, detail, count: Some(count) }];
    match change {
        Change::Table(Edit::Drop(table)) => {
            let detail = format!("table {} and all its rows are lost", table.name);
            hazard(HazardKind::DropTable, detail, guard::all(name, facts))
        }
        Change::Column(_, Edit::Drop(column)) if column.generated.is_none() => {
            let detail = format!("column {name}.{} and its values are lost", column.name);
            hazard(HazardKind::DropColumn, detail, guard::known(name, &column.name, facts))
        }
        Change::Column(_, Edit::Add(column)) if is_required_without_value(column, after, dialect) => {
            let detail = format!("{name}.{} is required and has no default: the table must be empty", column.name);
            hazard(HazardKind::NotNull, detail, guard::all(name, facts))
        }
        Change::Column(..) | Change::Rule(..) => {
            let tables = Tables { before, after, schema: None, dialect };
            stricter::of(change, &tables).into_iter().map(|stricter| stricter.hazard).collect()
        }
        Change::Rename(_) | Change::Table(Edit::Add(_) | Edit::Alter(_)) | Change::Enum(_) => Vec::new(),
    }
}

/// Returns the guards against rows that the new rules among `changes` would forbid, as far as the columns that the
/// table has before can tell. `schema` is the whole schema before.
pub(super) fn guards(
    changes: &[&Change],
    schema: &Schema,
    before: &Table,
    after: &Table,
    dialect: Dialect,
) -> Vec<Guard> {
    let tables = Tables { before, after, schema: Some(schema), dialect };
    changes.iter().flat_map(|change| stricter::of(change, &tables)).filter_map(|stricter| stricter.guard).collect()
}

/// Checks whether new rows get a number in this column by default.
pub(super) fn numbers_itself(column: &Column, table: &Table, dialect: Dialect) -> bool {
    let is_key = table.primary_key.as_ref().is_some_and(|key| key.columns == [column.name.clone()]);
    let is_row_number = dialect.facts().numbers_integer_keys
        && is_key
        && !table.options.without_rowid
        && matches!(column.data_type, DataType::Integer | DataType::BigInt);
    column.auto_increment || is_row_number
}

fn is_required_without_value(column: &Column, table: &Table, dialect: Dialect) -> bool {
    !column.nullable
        && column.default.is_none()
        && column.generated.is_none()
        && column.hints.backfill.is_none()
        && !numbers_itself(column, table, dialect)
}
