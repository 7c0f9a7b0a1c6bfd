//! One table out of its rows.

use std::collections::{BTreeMap, HashMap};

use crate::dialect::Dialect;
use crate::introspect::is_schema_name;
use crate::model::{
    Action, Check, Column, Deferrable, Exclusion, Expr, ForeignKey, Generated, Hints, Index, IndexColumn, IndexKey,
    Lineage, Nulls, Numbering, PrimaryKey, Sequence, Table, TableName, Unique, parameter_value,
};

use super::rows::{ColumnRow, ConstraintRow, IndexRow, RelationRow};

/// Columns by the numbers that the catalog calls them by.
pub(super) struct ColumnNames(HashMap<(u32, i16), String>);

impl ColumnNames {
    pub(super) fn of(columns: &[ColumnRow]) -> Self {
        Self(columns.iter().map(|row| ((row.table_oid, row.position), row.name.clone())).collect())
    }

    fn list(&self, table: u32, numbers: &[i16]) -> Vec<String> {
        numbers.iter().filter_map(|number| self.0.get(&(table, *number)).cloned()).collect()
    }
}

/// The rows of one table.
pub(super) struct Parts {
    pub(super) columns: Vec<ColumnRow>,
    pub(super) constraints: Vec<ConstraintRow>,
    pub(super) indexes: Vec<IndexRow>,
}

pub(super) fn table(name: TableName, row: RelationRow, parts: Parts, names: &ColumnNames) -> Table {
    let mut table = Table::new(name);
    table.unmodelled = unmodelled(&row);
    table.options.unlogged = row.is_unlogged;
    let parents = row.parent_schemas.unwrap_or_default().into_iter().zip(row.parent_names.unwrap_or_default());
    table.lineage = Lineage {
        parents: parents.map(|(schema, name)| TableName { schema, name }).collect(),
        partition_by: row.partitioned_by,
        of_type: row.of_type,
    };
    table.comment = row.comment;
    for row in parts.columns {
        table.unmodelled.extend(unmodelled_of_column(&table.name, &row));
        table.columns.push(column(row));
    }
    for constraint in parts.constraints {
        table.unmodelled.extend(unmodelled_of_constraint(&constraint));
        add_constraint(&mut table, constraint, names);
    }
    for index in parts.indexes {
        if !index.is_valid {
            table.unmodelled.push(format!(
                "index `{}` is INVALID, left over from CREATE INDEX CONCURRENTLY: drop it or REINDEX it",
                index.name
            ));
            continue;
        }
        if index.has_opclass_options {
            table.unmodelled.push(format!("index `{}` gives its operator classes options", index.name));
        }
        add_index(&mut table, index, names);
    }
    table
}

fn unmodelled(row: &RelationRow) -> Vec<String> {
    let mut said = Vec::new();
    if let Some(key) = &row.partitioned_by {
        said.push(format!("it is partitioned by {key}"));
    }
    if let Some(parents) = row.inherits.as_ref().filter(|parents| !parents.is_empty()) {
        said.push(format!("it inherits from {}", parents.join(", ")));
    }
    if let Some(of_type) = &row.of_type {
        said.push(format!("it is of the type {of_type}"));
    }
    if row.has_row_security {
        said.push("row level security is on".to_owned());
    }
    if row.forces_row_security {
        said.push("row level security holds for its owner too".to_owned());
    }
    if row.has_replica_identity {
        said.push("its replica identity isn't the primary key".to_owned());
    }
    if let Some(options) = &row.options {
        said.push(format!("it has the options {}", options.join(", ")));
    }
    if let Some(tablespace) = &row.tablespace {
        said.push(format!("it is in the tablespace {tablespace}"));
    }
    said
}

fn unmodelled_of_column(table: &TableName, row: &ColumnRow) -> Vec<String> {
    let column = &row.name;
    let storage = row.storage.iter().map(|storage| format!("column `{column}` is stored as {storage}"));
    // PostgreSQL shortens names of more than 63 bytes in a way of its own.
    let usual = format!("{}_{column}_seq", table.name);
    let is_usual = |sequence: &&String| **sequence == usual || usual.len() > 63;
    let sequence = row.sequence_name.iter().filter(|sequence| row.is_serial && !is_usual(sequence));
    let sequence = sequence.map(|name| format!("the sequence of column `{column}` has a name of its own, `{name}`"));
    storage.chain(sequence).collect()
}

fn column(row: ColumnRow) -> Column {
    let mut column = Column::new(row.name, Dialect::Postgres.data_type(&row.sql_type));
    column.sql_type = Some(row.sql_type);
    column.nullable = !row.not_null;
    column.inherited = row.inherited;
    column.collation = row.collation;
    column.comment = row.comment;
    column.numbering = match row.identity.as_str() {
        "a" => Some(Numbering::Always),
        "d" => Some(Numbering::ByDefault),
        _ => row.is_serial.then_some(Numbering::Serial),
    };
    column.auto_increment = column.numbering.is_some();
    if column.auto_increment {
        column.sequence = sequence(row.sequence.as_deref());
    }
    match (row.expression, row.generated.as_str()) {
        (Some(default), "") if !column.auto_increment => column.default = Some(Expr::new(default)),
        (Some(_), "") | (None, _) => {}
        (Some(expr), kind) => {
            column.generated = Some(Generated { expr: Expr::new(expr), stored: kind == "s" });
        }
    }
    column
}

/// Returns a sequence's options, without those that are defaults.
fn sequence(options: Option<&[i64]>) -> Sequence {
    let Some([start, increment, min, max, cache, cycle, largest]) = options else { return Sequence::default() };
    let whole = Sequence {
        start: Some(*start),
        increment: Some(*increment),
        // A descending sequence ends with its type's range, as an ascending one does.
        min: Some(*min).filter(|min| *min >= -*largest || *increment > 0),
        max: Some(*max).filter(|max| max < largest || *increment < 0),
        cache: Some(*cache),
        cycle: *cycle != 0,
    };
    whole.plain()
}

fn unmodelled_of_constraint(row: &ConstraintRow) -> Vec<String> {
    let name = &row.name;
    [
        (!row.is_validated, format!("constraint `{name}` is NOT VALID: rows of before may break it")),
        (row.sets_some_columns, format!("foreign key `{name}` sets only some of its columns on delete")),
        (row.kind == "p" && row.comment.is_some(), format!("constraint `{name}` has a comment")),
        (row.kind == "p" && row.index_options.is_some(), format!("constraint `{name}` has storage parameters")),
        (row.kind == "p" && row.is_deferrable, format!("constraint `{name}` is deferrable")),
        (row.has_include, format!("constraint `{name}` has columns that only ride along (INCLUDE)")),
    ]
    .into_iter()
    .filter_map(|(is_so, sentence)| is_so.then_some(sentence))
    .collect()
}

fn add_constraint(table: &mut Table, row: ConstraintRow, names: &ColumnNames) {
    let columns = names.list(row.table_oid, row.columns.as_deref().unwrap_or_default());
    let deferrable = deferrable(row.is_deferrable, row.is_deferred);
    match row.kind.as_str() {
        "p" => table.primary_key = Some(PrimaryKey { name: Some(row.name), columns }),
        "u" => table.rules.push(Unique {
            name: Some(row.name),
            nulls_not_distinct: row.nulls_not_distinct,
            parameters: parameters(row.index_options),
            comment: row.comment,
            deferrable,
            ..Unique::new(columns)
        }),
        "c" => table.rules.push(Check {
            name: Some(row.name),
            no_inherit: row.is_no_inherit,
            validated: row.is_validated,
            comment: row.comment,
            ..Check::new(Expr::new(row.definition.unwrap_or_default()))
        }),
        "f" if row.referenced_schema.as_ref().is_some_and(|schema| !is_schema_name(schema)) => {
            table
                .unmodelled
                .push(format!("foreign key `{}` points into a schema that no definition can name", row.name));
        }
        "f" => {
            let parent = TableName { schema: row.referenced_schema, name: row.referenced_table.unwrap_or_default() };
            let referenced = names.list(row.referenced_oid, row.referenced_columns.as_deref().unwrap_or_default());
            table.rules.push(ForeignKey {
                name: Some(row.name),
                on_delete: Some(action(&row.on_delete)),
                on_update: Some(action(&row.on_update)),
                deferrable,
                match_full: row.is_match_full,
                validated: row.is_validated,
                comment: row.comment,
                ..ForeignKey::new(columns, parent, referenced)
            });
        }
        // Exclusions are read with their indexes.
        _ => {}
    }
}

fn deferrable(is_deferrable: bool, is_deferred: bool) -> Deferrable {
    match (is_deferrable, is_deferred) {
        (false, _) => Deferrable::No,
        (true, false) => Deferrable::InitiallyImmediate,
        (true, true) => Deferrable::InitiallyDeferred,
    }
}

fn action(letter: &str) -> Action {
    match letter {
        "r" => Action::Restrict,
        "c" => Action::Cascade,
        "n" => Action::SetNull,
        "d" => Action::SetDefault,
        _ => Action::NoAction,
    }
}

fn add_index(table: &mut Table, mut row: IndexRow, names: &ColumnNames) {
    let deferrable = deferrable(row.is_deferrable, row.is_deferred);
    let operators = row.operators.take();
    let index = index(row, names);
    match (operators, index.plain_unique()) {
        (Some(operators), _) => table.rules.push(Exclusion { index, operators, deferrable }),
        (None, Some(unique)) => table.rules.push(unique),
        (None, None) => table.rules.push(index),
    }
}

fn index(row: IndexRow, names: &ColumnNames) -> Index {
    const DESCENDING: i16 = 1;
    const NULLS_FIRST: i16 = 2;
    let (keys, rest) = row.columns.split_at(usize::try_from(row.keys).unwrap_or_default().min(row.columns.len()));
    let nth = |list: &Option<Vec<Option<String>>>, at: usize| list.as_ref().and_then(|list| list.get(at).cloned()?);
    let key = |(at, number): (usize, &i16)| {
        let order = row.orders.get(at).copied().unwrap_or_default();
        let (descending, nulls_first) = (order & DESCENDING != 0, order & NULLS_FIRST != 0);
        IndexColumn {
            key: match names.list(row.table_oid, &[*number]).pop() {
                Some(column) => IndexKey::Column(column),
                None => IndexKey::Expr(Expr::new(nth(&row.expressions, at).unwrap_or_default())),
            },
            descending,
            prefix: None,
            collation: nth(&row.collations, at),
            opclass: nth(&row.opclasses, at),
            // By default, NULLs count as greater than everything.
            nulls: match (descending, nulls_first) {
                (false, true) => Some(Nulls::First),
                (true, false) => Some(Nulls::Last),
                (false, false) | (true, true) => None,
            },
        }
    };
    Index {
        columns: keys.iter().enumerate().map(key).collect(),
        name: Some(row.name),
        unique: row.is_unique,
        predicate: row.predicate.map(Expr::new),
        method: Some(row.method).filter(|method| method != "btree"),
        include: names.list(row.table_oid, rest),
        nulls_not_distinct: row.nulls_not_distinct,
        parameters: parameters(row.options),
        hidden: None,
        comment: row.comment,
        hints: Hints::default(),
    }
}

/// Returns storage parameters, which the catalog keeps as `name=value`.
fn parameters(options: Option<Vec<String>>) -> BTreeMap<String, String> {
    let pair = |option: String| option.split_once('=').map(|(name, value)| (name.to_owned(), parameter_value(value)));
    options.into_iter().flatten().filter_map(pair).collect()
}
