//! Which hazards a change carries. One place for all dialects: what is at risk is in the change,
//! not in the database.

use crate::dialect::mysql::values;
use crate::dialect::{Dialect, Facts};
use crate::model::{Change, Column, Constraint, DataType, Pair, Table, TableName};

use super::{Hazard, HazardKind, guard, not_null};

/// The hazards of all changes to a table, as it is before and after them.
pub(crate) fn hazards(changes: &[&Change], before: &Table, after: &Table, dialect: Dialect) -> Vec<Hazard> {
    changes.iter().flat_map(|change| hazards_of(change, changes, before, after, dialect)).collect()
}

/// The hazards of one of a table's changes.
pub(super) fn hazards_of(
    change: &Change,
    changes: &[&Change],
    before: &Table,
    after: &Table,
    dialect: Dialect,
) -> Vec<Hazard> {
    if holds_already(change, changes) {
        return Vec::new();
    }
    let facts = dialect.facts();
    let name = &before.name;
    let rows = || format!("SELECT count(*) FROM {}", facts.quoted_table(name));
    let hazard = |kind, detail: String, count| vec![Hazard { kind, detail, count: Some(count) }];
    match change {
        Change::DropTable(table) => {
            hazard(HazardKind::DropTable, format!("table {} and all its rows are lost", table.name), rows())
        }
        Change::DropColumn(_, column) if column.generated.is_none() => {
            let detail = format!("column {name}.{} and its values are lost", column.name);
            hazard(HazardKind::DropColumn, detail, known(name, &column.name, facts))
        }
        Change::AddColumn(_, column) if is_required_without_value(column, after, dialect) => {
            let detail = format!("{name}.{} is required and has no default: the table must be empty", column.name);
            hazard(HazardKind::NotNull, detail, rows())
        }
        Change::AlterColumn(_, columns) => altered(&columns.from, &columns.to, before, dialect),
        Change::AddUnique(_, unique) => {
            let columns = unique.columns.join(", ");
            if exists(before, &unique.columns) {
                let detail = format!("rows of {name} that share ({columns}) stop the migration");
                hazard(HazardKind::NewUnique, detail, guard::duplicates(name, &unique.columns, facts).count)
            } else if let Some(column) = repeated(&unique.columns, before, after) {
                let detail =
                    format!("{name}.{column} gets one value in all rows, which stops the migration if there are two");
                hazard(HazardKind::NewUnique, detail, guard::several(name, facts))
            } else {
                Vec::new()
            }
        }
        Change::AddIndex(_, index) if index.unique => {
            let shown = index.name.as_deref().unwrap_or_default();
            let detail = format!("rows of {name} that are alike in index {shown} stop the migration");
            hazard(HazardKind::NewUnique, detail, guard::alike_in_index(name, index, facts).count)
        }
        Change::AddExclusion(_, rule) => {
            let shown = rule.index.name.as_deref().unwrap_or_default();
            let detail = format!("rows of {name} that exclude one another by {shown} stop the migration");
            hazard(HazardKind::NewUnique, detail, rows())
        }
        // Only rows of later have to obey it; those of before are looked at when it is settled.
        Change::AddCheck(_, check) if !check.validated => Vec::new(),
        Change::AddForeignKey(_, key) if !key.validated => Vec::new(),
        Change::SettleRule(_, rules) => settled(rules, before, dialect),
        Change::AddCheck(_, check) => {
            let columns: Vec<_> = crate::normalize::columns_in(dialect, &check.expr).into_iter().collect();
            if !exists(before, &columns) {
                return Vec::new();
            }
            let detail = format!("rows of {name} for which {} is false stop the migration", check.expr.sql);
            hazard(HazardKind::NewCheck, detail, guard::violations(name, check, facts).count)
        }
        Change::AddForeignKey(_, key) if exists(before, &key.columns) => {
            let (columns, parent) = (key.columns.join(", "), &key.references);
            let detail = format!("rows of {name} whose ({columns}) points at no row of {parent} stop the migration");
            hazard(HazardKind::NewForeignKey, detail, guard::orphans(before, key, facts).count)
        }
        Change::AlterPrimaryKey(_, Pair { to: Some(key), .. }) if exists(before, &key.columns) => {
            let detail = format!("rows of {name} that share ({}) stop the migration", key.columns.join(", "));
            hazard(HazardKind::NewUnique, detail, guard::duplicates(name, &key.columns, facts).count)
        }
        Change::CreateTable(_)
        | Change::RenameTable(_)
        | Change::RenameColumn(..)
        | Change::AlterOptions(..)
        | Change::AlterPrimaryKey(..)
        | Change::AddColumn(..)
        | Change::DropColumn(..)
        | Change::DropUnique(..)
        | Change::AddIndex(..)
        | Change::DropIndex(..)
        | Change::AddForeignKey(..)
        | Change::DropForeignKey(..)
        | Change::DropCheck(..)
        | Change::CommentTable(..)
        | Change::Enum(_)
        | Change::DropExclusion(..) => Vec::new(),
    }
}

/// The hazards of a rule that rows of before have to obey from now on.
fn settled(rules: &Pair<Constraint>, table: &Table, dialect: Dialect) -> Vec<Hazard> {
    let name = &table.name;
    let add = match (&rules.from, &rules.to) {
        (Constraint::Check(from), Constraint::Check(to)) if !from.validated && to.validated => {
            if let Some(column) = not_null::column(to) {
                let detail = format!("rows in which {name}.{column} is NULL stop the migration");
                let count = guard::nulls(name, &column, dialect.facts()).count;
                return vec![Hazard { kind: HazardKind::NotNull, detail, count: Some(count) }];
            }
            Change::AddCheck(name.clone(), to.clone())
        }
        (Constraint::ForeignKey(from), Constraint::ForeignKey(to)) if !from.validated && to.validated => {
            Change::AddForeignKey(name.clone(), to.clone())
        }
        (Constraint::Check(_), _)
        | (Constraint::ForeignKey(_), _)
        | (Constraint::PrimaryKey(_), _)
        | (Constraint::Unique(_), _)
        | (Constraint::Exclusion(_), _) => return Vec::new(),
    };
    hazards_of(&add, &[], table, table, dialect)
}

/// Whether a rule that is new was there before under another name, or with another action: rows
/// obey it already.
pub(super) fn holds_already(change: &Change, changes: &[&Change]) -> bool {
    changes.iter().any(|gone| match (gone, change) {
        (Change::DropUnique(_, gone), Change::AddUnique(_, new)) => gone.columns == new.columns,
        (Change::DropCheck(_, gone), Change::AddCheck(_, new)) => gone.expr.same_as(&new.expr),
        (Change::DropForeignKey(_, gone), Change::AddForeignKey(_, new)) => {
            gone.columns == new.columns
                && gone.references == new.references
                && gone.referenced_columns == new.referenced_columns
        }
        (_, _) => false,
    })
}

/// Whether new rows get a number in this column by themselves.
pub(super) fn numbers_itself(column: &Column, table: &Table, dialect: Dialect) -> bool {
    let is_key = table.primary_key.as_ref().is_some_and(|key| key.columns == [column.name.clone()]);
    let is_row_number = dialect.facts().numbers_integer_keys
        && is_key
        && !table.options.without_rowid
        && matches!(column.data_type, DataType::Integer | DataType::BigInt);
    column.auto_increment || is_row_number
}

/// The new column of a unique rule that would be the same in all existing rows.
pub(super) fn repeated<'a>(columns: &'a [String], before: &Table, after: &Table) -> Option<&'a String> {
    let [column] = columns else { return None };
    let default = after.column(column)?.default.as_ref()?;
    (before.column(column).is_none() && !default.sql.eq_ignore_ascii_case("null")).then_some(column)
}

/// Counts rows that have a value in a column.
fn known(table: &TableName, column: &str, facts: &Facts) -> String {
    format!("SELECT count(*) FROM {} WHERE {} IS NOT NULL", facts.quoted_table(table), facts.quoted(column))
}

/// Whether all columns are there already, so that rows can be in the way.
fn exists(table: &Table, columns: &[String]) -> bool {
    !columns.is_empty() && columns.iter().all(|column| table.column(column).is_some())
}

fn is_required_without_value(column: &Column, table: &Table, dialect: Dialect) -> bool {
    !column.nullable
        && column.default.is_none()
        && column.generated.is_none()
        && column.hints.backfill.is_none()
        && !numbers_itself(column, table, dialect)
}

fn altered(from: &Column, to: &Column, table: &Table, dialect: Dialect) -> Vec<Hazard> {
    let facts = dialect.facts();
    let (name, column) = (&table.name, &from.name);
    let mut hazards = Vec::new();
    let mut add = |kind, detail: String, count: String| hazards.push(Hazard { kind, detail, count: Some(count) });
    if from.generated.is_none() && to.generated.is_some() {
        let detail = format!("the values of {name}.{column} are lost: it is computed from now on");
        add(HazardKind::DropColumn, detail, known(name, column, facts));
    }
    if from.data_type != to.data_type && !widens(&from.data_type, &to.data_type) {
        let detail =
            format!("values of {name}.{column} may not fit {} (it was {})", to.shown_type(), from.shown_type());
        add(HazardKind::NarrowType, detail, known(name, column, facts));
    }
    if from.auto_increment && !to.auto_increment {
        let detail = format!("the last number given in {name}.{column} is forgotten, and can't be told afterwards");
        add(HazardKind::Irreversible, detail, format!("SELECT count(*) FROM {}", facts.quoted_table(name)));
    }
    if from.nullable && !to.nullable && !not_null::is_known(table, column) {
        let count = guard::nulls(name, column, facts).count;
        if to.default.is_some() || to.hints.backfill.is_some() {
            let detail =
                format!("{name}.{column}: which rows were NULL before they were filled can't be told afterwards");
            add(HazardKind::Irreversible, detail, count);
        } else {
            let detail = format!("rows in which {name}.{column} is NULL stop the migration");
            add(HazardKind::NotNull, detail, count);
        }
    }
    hazards
}

/// Whether every value of one type has an equal in the other.
fn widens(from: &DataType, to: &DataType) -> bool {
    let length = |data_type: &DataType| {
        if let DataType::Varchar(length) | DataType::Char(length) = data_type {
            return Some(length.unwrap_or(u32::MAX));
        }
        (*data_type == DataType::Text).then_some(u32::MAX)
    };
    if let (Some(from), Some(to)) = (width(from), width(to)) {
        return from <= to;
    }
    match (from, to) {
        (DataType::Unsigned(from), DataType::Unsigned(to)) => width(from) <= width(to),
        (DataType::Unsigned(from), to) if width(to).is_some() => width(from) < width(to),
        (DataType::Other(from), DataType::Other(to)) => lists_more(from, to),
        (DataType::Float, DataType::Double) | (DataType::Date, DataType::Timestamp) => true,
        (DataType::Numeric(Some(_)), DataType::Numeric(None)) => true,
        (DataType::Numeric(Some((digits, scale))), DataType::Numeric(Some((more_digits, more_scale)))) => {
            scale <= more_scale && digits - scale.min(digits) <= more_digits - more_scale.min(more_digits)
        }
        (from, to) => match (length(from), length(to)) {
            (Some(from), Some(to)) => from <= to,
            // Everything that isn't bytes has a text form.
            (None, Some(u32::MAX)) => !matches!(from, DataType::Binary | DataType::Jsonb),
            (None | Some(_), None | Some(_)) => false,
        },
    }
}

/// Whether both types list their values, and the other one lists the first one's too.
pub(super) fn lists_more(from: &str, to: &str) -> bool {
    match (values(from), values(to)) {
        (Some((kind, from)), Some((other, to))) => kind == other && from.iter().all(|value| to.contains(value)),
        (None | Some(_), None | Some(_)) => false,
    }
}

/// Whole numbers by how much they hold.
pub(super) fn width(data_type: &DataType) -> Option<usize> {
    const WHOLE: [DataType; 5] =
        [DataType::Bool, DataType::TinyInt, DataType::SmallInt, DataType::Integer, DataType::BigInt];
    WHOLE.iter().position(|whole| whole == data_type)
}
