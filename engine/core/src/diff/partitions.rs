//! The effect of a change to a partitioned table on what its partitions have of their own.

use crate::dialect::Dialect;
use crate::model::{
    Bystander, BystanderKind, Change, Column, Edit, Index, IndexColumn, IndexKey, Rule, TableName, Unique, UniqueForm,
};
use crate::sql::{canonical, names_in};

/// Removes from partitions what a change removes from them. An index of the whole table replaces those of partitions
/// that are like it, and whatever uses a column is dropped with it.
pub(super) fn apply_to(bystanders: &mut Vec<Bystander>, change: &Change, dialect: Dialect) {
    match change {
        Change::Rule(table, Edit::Add(Rule::Index(index))) => {
            retain(bystanders, table, |part| !is_like(part, index, dialect))
        }
        // A constraint takes over only the index of another constraint.
        Change::Rule(table, Edit::Add(Rule::Unique(unique))) if unique.form == UniqueForm::Index => {
            let index = of_unique(unique);
            retain(bystanders, table, |part| !is_like(part, &index, dialect));
        }
        Change::Column(table, Edit::Drop(column)) => retain(bystanders, table, |part| !mentions(part, column, dialect)),
        Change::Rename(_) | Change::Table(_) | Change::Column(..) | Change::Rule(..) | Change::Enum(_) => {}
    }
}

fn retain(bystanders: &mut Vec<Bystander>, table: &TableName, stays: impl Fn(&Bystander) -> bool) {
    bystanders.retain(|object| {
        object.kind != BystanderKind::PartitionPart || object.table.as_ref() != Some(table) || stays(object)
    });
}

fn of_unique(unique: &Unique) -> Index {
    let nulls_not_distinct = unique.nulls_not_distinct;
    Index { unique: true, nulls_not_distinct, ..Index::over(&unique.columns) }
}

/// Checks whether the database accepts a partition's index as its part of an index of the whole table. Sort
/// directions don't count. The proof catches a case that this function misses.
fn is_like(part: &Bystander, index: &Index, dialect: Dialect) -> bool {
    let is_unique = part.sql.starts_with("CREATE UNIQUE INDEX ");
    if is_unique != index.unique || !is_unique && !part.sql.starts_with("CREATE INDEX ") {
        return false;
    }
    let Some((_, rest)) = part.sql.split_once(" USING ") else { return false };
    let Some((method, rest)) = rest.split_once(" (") else { return false };
    let Some((keys, rest)) = rest.split_once(')') else { return false };
    let predicate = rest.split_once(" WHERE ").map(|(_, text)| canonical(dialect, text));
    let keys: Vec<&str> = keys.split(", ").collect();
    method == index.method.as_deref().unwrap_or("btree")
        && predicate == index.predicate.as_ref().map(|predicate| canonical(dialect, &predicate.sql))
        && keys.len() == index.columns.len()
        && keys.iter().zip(&index.columns).all(|(text, column)| is_key(text, column, dialect))
}

/// Checks whether an index key, as the database prints it, is this column.
fn is_key(text: &str, column: &IndexColumn, dialect: Dialect) -> bool {
    let IndexKey::Column(name) = &column.key else { return false };
    let mut words = dialect.unquoted_words(text).into_iter();
    let is_plain = column.collation.is_none() && column.opclass.is_none();
    let directs = |word: String| ["asc", "desc", "nulls", "first", "last"].contains(&word.to_lowercase().as_str());
    is_plain && words.next().as_ref() == Some(name) && words.all(directs)
}

fn mentions(part: &Bystander, column: &Column, dialect: Dialect) -> bool {
    // What follows the table's name.
    let inside = part.sql.split_once('(').map_or("", |(_, inside)| inside);
    names_in(dialect, inside).is_some_and(|names| names.contains(&column.name.to_lowercase()))
}
