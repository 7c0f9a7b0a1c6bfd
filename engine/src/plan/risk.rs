//! Which hazards a change carries. One place for all dialects: what is at risk is in the change,
//! not in the database.

use crate::dialect::Dialect;
use crate::model::{Change, Column, DataType, Table};

use super::{Guard, Hazard, HazardKind, guard};

/// The hazards of one change to `table`, the table as it is before.
pub(crate) fn hazards(change: &Change, table: &Table, dialect: Dialect) -> Vec<Hazard> {
    let facts = dialect.facts();
    let name = &table.name;
    let rows = || format!("SELECT count(*) FROM {}", facts.quoted_table(name));
    let hazard = |kind, detail: String, count| Hazard { kind, detail, count: Some(count) };
    let guarded = |kind, detail: String, guard: Guard| Hazard { kind, detail, count: Some(guard.count) };
    match change {
        Change::DropTable(table) => {
            vec![hazard(HazardKind::DropTable, format!("table {} and all its rows are lost", table.name), rows())]
        }
        Change::DropColumn(_, column) if column.generated.is_none() => {
            let count = format!("{} WHERE {} IS NOT NULL", rows(), facts.quoted(&column.name));
            let detail = format!("column {name}.{} and its values are lost", column.name);
            vec![hazard(HazardKind::DropColumn, detail, count)]
        }
        Change::AddColumn(_, column) if is_required_without_value(column) => {
            let detail = format!("{name}.{} is required and has no default: the table must be empty", column.name);
            vec![hazard(HazardKind::NotNull, detail, rows())]
        }
        Change::AlterColumn(_, columns) => altered(&columns.from, &columns.to, table, dialect),
        Change::AddUnique(_, unique) if exists(table, &unique.columns) => {
            let detail = format!("rows of {name} that share ({}) stop the migration", unique.columns.join(", "));
            vec![guarded(HazardKind::NewUnique, detail, guard::duplicates(name, &unique.columns, facts))]
        }
        Change::AddIndex(_, index) if index.unique => {
            let detail = format!(
                "rows of {name} that are alike in index {} stop the migration",
                index.name.as_deref().unwrap_or_default()
            );
            vec![Hazard { kind: HazardKind::NewUnique, detail, count: None }]
        }
        Change::AddCheck(_, check) => {
            let columns: Vec<_> = crate::normalize::columns_in(dialect, &check.expr).into_iter().collect();
            if !exists(table, &columns) {
                return Vec::new();
            }
            let detail = format!("rows of {name} for which {} is false stop the migration", check.expr.sql);
            vec![guarded(HazardKind::NewCheck, detail, guard::violations(name, check, facts))]
        }
        Change::AddForeignKey(_, key) if exists(table, &key.columns) => {
            let columns = key.columns.join(", ");
            let detail =
                format!("rows of {name} whose ({columns}) points at no row of {} stop the migration", key.references);
            vec![guarded(HazardKind::NewForeignKey, detail, guard::orphans(table, key, facts))]
        }
        Change::AlterPrimaryKey(_, keys) => {
            let columns = keys.to.as_ref().map(|key| key.columns.clone()).unwrap_or_default();
            if !exists(table, &columns) {
                return Vec::new();
            }
            let detail = format!("rows of {name} that share ({}) stop the migration", columns.join(", "));
            vec![guarded(HazardKind::NewUnique, detail, guard::duplicates(name, &columns, facts))]
        }
        Change::CreateTable(_)
        | Change::RenameTable(_)
        | Change::RenameColumn(..)
        | Change::AlterOptions(..)
        | Change::AddColumn(..)
        | Change::DropColumn(..)
        | Change::AddUnique(..)
        | Change::DropUnique(..)
        | Change::AddIndex(..)
        | Change::DropIndex(..)
        | Change::AddForeignKey(..)
        | Change::DropForeignKey(..)
        | Change::DropCheck(..) => Vec::new(),
    }
}

/// Whether all columns are there already, so that rows can be in the way.
fn exists(table: &Table, columns: &[String]) -> bool {
    !columns.is_empty() && columns.iter().all(|column| table.column(column).is_some())
}

fn is_required_without_value(column: &Column) -> bool {
    !column.nullable
        && column.default.is_none()
        && column.generated.is_none()
        && column.hints.backfill.is_none()
        && !column.auto_increment
}

fn altered(from: &Column, to: &Column, table: &Table, dialect: Dialect) -> Vec<Hazard> {
    let facts = dialect.facts();
    let (name, column) = (&table.name, &from.name);
    let mut hazards = Vec::new();
    if from.data_type != to.data_type && !widens(&from.data_type, &to.data_type) {
        hazards.push(Hazard {
            kind: HazardKind::NarrowType,
            detail: format!("values of {name}.{column} may not fit {} (it was {})", to.data_type, from.data_type),
            count: Some(format!(
                "SELECT count(*) FROM {} WHERE {} IS NOT NULL",
                facts.quoted_table(name),
                facts.quoted(column)
            )),
        });
    }
    if from.nullable && !to.nullable {
        let count = Some(guard::nulls(name, column, facts).count);
        if to.default.is_some() || to.hints.backfill.is_some() {
            let detail =
                format!("{name}.{column}: which rows were NULL before they were filled can't be told afterwards");
            hazards.push(Hazard { kind: HazardKind::Irreversible, detail, count });
        } else {
            let detail = format!("rows in which {name}.{column} is NULL stop the migration");
            hazards.push(Hazard { kind: HazardKind::NotNull, detail, count });
        }
    }
    hazards
}

/// Whether every value of one type has an equal in the other.
fn widens(from: &DataType, to: &DataType) -> bool {
    const WHOLE: [DataType; 5] =
        [DataType::Bool, DataType::TinyInt, DataType::SmallInt, DataType::Integer, DataType::BigInt];
    let whole = |data_type: &DataType| WHOLE.iter().position(|whole| whole == data_type);
    let length = |data_type: &DataType| {
        if let DataType::Varchar(length) | DataType::Char(length) = data_type {
            return Some(length.unwrap_or(u32::MAX));
        }
        (*data_type == DataType::Text).then_some(u32::MAX)
    };
    if let (Some(from), Some(to)) = (whole(from), whole(to)) {
        return from <= to;
    }
    match (length(from), length(to)) {
        (Some(from), Some(to)) => from <= to,
        // Everything that isn't text has a text form.
        (None, Some(u32::MAX)) => !matches!(from, DataType::Binary | DataType::Jsonb),
        (None | Some(_), None | Some(_)) => matches!((from, to), (DataType::Float, DataType::Double)),
    }
}
