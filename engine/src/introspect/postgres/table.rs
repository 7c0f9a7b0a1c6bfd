//! One table out of its rows.

use std::collections::HashMap;

use crate::dialect::Dialect;
use crate::model::{
    Action, Check, Column, Deferrable, Expr, ForeignKey, Generated, Hints, Index, IndexColumn, IndexKey, Nulls,
    PrimaryKey, Table, TableName, Unique, UniqueForm,
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
    table.comment = row.comment;
    for column in parts.columns {
        table.unmodelled.extend(unmodelled_of_column(&column));
        table.columns.push(self::column(column));
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
        if let Some(options) = &index.options {
            table.unmodelled.push(format!("index `{}` has the options {}", index.name, options.join(", ")));
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
    if row.is_unlogged {
        said.push("it is unlogged".to_owned());
    }
    if row.has_row_security {
        said.push("row level security is on".to_owned());
    }
    if let Some(options) = &row.options {
        said.push(format!("it has the options {}", options.join(", ")));
    }
    if let Some(tablespace) = &row.tablespace {
        said.push(format!("it is in the tablespace {tablespace}"));
    }
    said
}

fn unmodelled_of_column(row: &ColumnRow) -> Option<String> {
    match row.identity.as_str() {
        "a" => Some(format!("column `{}` is GENERATED ALWAYS AS IDENTITY", row.name)),
        _ if row.has_sequence_options && (row.is_serial || row.identity == "d") => {
            Some(format!("the sequence of column `{}` has options of its own", row.name))
        }
        _ => None,
    }
}

fn column(row: ColumnRow) -> Column {
    let mut column = Column::new(row.name, Dialect::Postgres.data_type(&row.sql_type));
    column.sql_type = Some(row.sql_type);
    column.nullable = !row.not_null;
    column.collation = row.collation;
    column.comment = row.comment;
    column.auto_increment = row.is_serial || matches!(row.identity.as_str(), "a" | "d");
    match (row.expression, row.generated.as_str()) {
        (Some(default), "") if !column.auto_increment => column.default = Some(Expr::new(default)),
        (Some(_), "") | (None, _) => {}
        (Some(expr), kind) => {
            column.generated = Some(Generated { expr: Expr::new(expr), stored: kind == "s" });
        }
    }
    column
}

fn unmodelled_of_constraint(row: &ConstraintRow) -> Vec<String> {
    let name = &row.name;
    let is_unique = row.kind == "u" || row.kind == "p";
    let definition = row.definition.as_deref().unwrap_or_default();
    [
        (row.kind == "x", format!("constraint `{name}` is {definition}")),
        (!row.is_validated, format!("constraint `{name}` is NOT VALID: rows of before may break it")),
        (row.is_no_inherit, format!("check `{name}` is NO INHERIT")),
        (row.is_match_full, format!("foreign key `{name}` is MATCH FULL")),
        (row.sets_some_columns, format!("foreign key `{name}` sets only some of its columns on delete")),
        (is_unique && row.is_deferrable, format!("constraint `{name}` is deferrable")),
        (row.has_include, format!("constraint `{name}` has columns that only ride along (INCLUDE)")),
        (row.nulls_not_distinct, format!("constraint `{name}` has NULLS NOT DISTINCT")),
    ]
    .into_iter()
    .filter_map(|(is_so, sentence)| is_so.then_some(sentence))
    .collect()
}

fn add_constraint(table: &mut Table, row: ConstraintRow, names: &ColumnNames) {
    let columns = names.list(row.table_oid, row.columns.as_deref().unwrap_or_default());
    match row.kind.as_str() {
        "p" => table.primary_key = Some(PrimaryKey { name: Some(row.name), columns }),
        "u" => {
            let (form, hints) = (UniqueForm::Constraint, Hints::default());
            table.uniques.push(Unique { name: Some(row.name), columns, form, hints });
        }
        "c" => {
            let expr = Expr::new(row.definition.unwrap_or_default());
            table.checks.push(Check { name: Some(row.name), expr, inline: false, hints: Hints::default() });
        }
        "f" => table.foreign_keys.push(ForeignKey {
            name: Some(row.name),
            columns,
            references: TableName { schema: row.referenced_schema, name: row.referenced_table.unwrap_or_default() },
            referenced_columns: names.list(row.referenced_oid, row.referenced_columns.as_deref().unwrap_or_default()),
            on_delete: Some(action(&row.on_delete)),
            on_update: Some(action(&row.on_update)),
            deferrable: match (row.is_deferrable, row.is_deferred) {
                (false, _) => Deferrable::No,
                (true, false) => Deferrable::InitiallyImmediate,
                (true, true) => Deferrable::InitiallyDeferred,
            },
            inline: false,
            hints: Hints::default(),
        }),
        // Exclusions are said in words.
        _ => {}
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

fn add_index(table: &mut Table, row: IndexRow, names: &ColumnNames) {
    let index = index(row, names);
    match index.plain_unique_columns() {
        Some(columns) => {
            let (form, hints) = (UniqueForm::Index, Hints::default());
            table.uniques.push(Unique { name: index.name, columns, form, hints });
        }
        None => table.indexes.push(index),
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
            // Unasked, NULLs count as greater than everything.
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
        hints: Hints::default(),
    }
}
