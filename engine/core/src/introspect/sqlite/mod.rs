//! SQLite: pragmas as tables say what there is, the kept CREATE statements say the rest.

mod rows;
mod statement;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use diesel::{QueryResult, SqliteConnection};

use crate::database::refused;
use crate::dialect::{Dialect, Facts};
use crate::error::{Code, Result};
use crate::model::{
    Action, Bystander, BystanderKind, Check, Column, DataType, Deferrable, Expr, ForeignKey, Generated, Hints, Index,
    IndexColumn, IndexKey, PrimaryKey, Schema, Table, TableName, TableOptions, Unique, UniqueForm,
};
use crate::sql::sqlite::tree::{unquoted, with_expression, without_comments};

use super::{CatalogSubset, STATE_TABLES};
use rows::{ColumnRow, ForeignKeyRow, IndexRow, Rows, TableRow};
use statement::{IndexText, TableText};

pub(super) fn introspect(connection: &mut SqliteConnection, part: Option<&CatalogSubset>) -> Result<Schema> {
    let rows = rows::read(connection, part).map_err(|cause| {
        let help = "check the file with `PRAGMA integrity_check`";
        refused(Code::CantIntrospect, format!("the database's schema can't be read: {cause}"), help, cause)
    })?;
    let mut schema = schema(rows);
    // What isn't in a part may exist all the same.
    if part.is_none() {
        mark_dangling_keys(&mut schema);
    }
    Ok(schema)
}

pub(super) fn estimate(table: &TableName, facts: &Facts) -> String {
    format!("SELECT count(*) FROM {}", facts.quoted_table(table))
}

pub(super) fn count_rows(connection: &mut SqliteConnection, query: &str) -> QueryResult<u64> {
    // No count is negative.
    rows::count(connection, query).map(i64::unsigned_abs)
}

/// Checks whether a table belongs to the database itself or holds the state of migrations.
fn left_out(table: &str) -> bool {
    let reserved = table.get(..7).is_some_and(|prefix| prefix.eq_ignore_ascii_case("sqlite_"));
    reserved || STATE_TABLES.iter().any(|name| table.eq_ignore_ascii_case(name))
}

fn schema(rows: Rows) -> Schema {
    let mut columns = by_table(rows.columns, |row| &row.tbl);
    let mut foreign_keys = by_table(rows.foreign_keys, |row| &row.tbl);
    let mut indexes = by_table(rows.indexes, |row| &row.tbl);

    let mut schema = Schema::default();
    for row in rows.tables {
        if left_out(&row.name) {
            continue;
        }
        match row.kind.as_str() {
            "virtual" => schema.add_bystander(Bystander {
                kind: BystanderKind::VirtualTable,
                name: row.name,
                table: None,
                sql: row.sql,
            }),
            _ => {
                let columns = columns.remove(&row.name).unwrap_or_default();
                let foreign_keys = foreign_keys.remove(&row.name).unwrap_or_default();
                let indexes = indexes.remove(&row.name).unwrap_or_default();
                schema.insert(table(row, columns, foreign_keys, indexes));
            }
        }
    }
    for row in rows.bystanders {
        let (kind, table) = match row.kind.as_str() {
            "view" => (BystanderKind::View, None),
            _ => (BystanderKind::Trigger, Some(TableName::new(row.tbl_name))),
        };
        schema.add_bystander(Bystander { kind, name: row.name, table, sql: row.sql });
    }
    schema
}

/// Marks foreign keys into tables or columns that aren't there.
fn mark_dangling_keys(schema: &mut Schema) {
    let names: BTreeMap<String, BTreeSet<String>> = schema
        .tables
        .values()
        .map(|table| {
            let columns = table.columns.iter().map(|column| column.name.to_ascii_lowercase());
            (table.name.name.to_ascii_lowercase(), columns.collect())
        })
        .collect();
    for key in schema.tables.values_mut().flat_map(|table| table.rules.foreign_keys_mut()) {
        let columns = names.get(&key.references.name.to_ascii_lowercase());
        let is_there = |column: &String| columns.is_some_and(|known| known.contains(&column.to_ascii_lowercase()));
        key.dangling = columns.is_none() || !key.referenced_columns.iter().all(is_there);
    }
}

fn by_table<T>(rows: Vec<T>, table: impl Fn(&T) -> &String) -> BTreeMap<String, Vec<T>> {
    let mut grouped: BTreeMap<String, Vec<T>> = BTreeMap::new();
    for row in rows {
        grouped.entry(table(&row).clone()).or_default().push(row);
    }
    grouped
}

fn table(row: TableRow, columns: Vec<ColumnRow>, foreign_keys: Vec<ForeignKeyRow>, indexes: Vec<IndexRow>) -> Table {
    let mut table = Table::new(TableName::new(row.name));
    table.options = TableOptions { strict: row.strict, without_rowid: row.without_rowid, ..TableOptions::default() };

    let mut text = statement::table(&row.sql).unwrap_or_else(|why| TableText {
        unmodelled: vec![format!(
            "its CREATE TABLE statement can't be read ({why}), so its checks, collations and constraint names are unknown"
        )],
        ..TableText::default()
    });
    table.unmodelled = std::mem::take(&mut text.unmodelled);
    table.primary_key = primary_key(&columns, text.primary_key_name);

    let mut column_texts = text.columns.into_iter();
    let is_single = columns.iter().filter(|column| column.pk > 0).count() == 1;
    for column in columns {
        let is_row_number = is_single
            && column.pk > 0
            && !table.options.without_rowid
            && column.declared.eq_ignore_ascii_case("integer");
        table.columns.push(self::column(column, column_texts.next().unwrap_or_default(), is_row_number));
    }
    table.rules.extend(self::foreign_keys(foreign_keys, text.foreign_keys));
    let checks = text.checks.into_iter();
    table.rules.extend(checks.map(|check| Check {
        name: check.name,
        inline: check.inline,
        ..Check::new(Expr::new(check.sql))
    }));
    self::indexes(&mut table, indexes, &text.uniques);
    table
}

fn primary_key(columns: &[ColumnRow], name: Option<String>) -> Option<PrimaryKey> {
    let mut key: Vec<_> = columns.iter().filter(|column| column.pk > 0).collect();
    key.sort_by_key(|column| column.pk);
    (!key.is_empty()).then(|| PrimaryKey { name, columns: key.into_iter().map(|column| column.name.clone()).collect() })
}

fn column(row: ColumnRow, text: statement::ColumnText, is_row_number: bool) -> Column {
    let data_type = match row.declared.as_str() {
        // A column without a type holds what it is given; Diesel reads it as bytes.
        "" => DataType::Binary,
        declared => Dialect::Sqlite.data_type(declared),
    };
    let mut column = Column::new(row.name, data_type);
    column.sql_type = Some(row.declared);
    // The columns of a primary key may be nullable in SQLite. Comparisons ignore that, but a rebuilt table must not
    // become stricter than it was. A row's number is never NULL.
    column.nullable = !row.not_null && !is_row_number;
    column.default = row.default_value.map(|sql| Expr::new(default_text(sql)));
    column.generated = match row.hidden {
        2 | 3 => text.generated.map(|sql| Generated { expr: Expr::new(sql), stored: row.hidden == 3 }),
        _ => None,
    };
    column.collation = text.collation.filter(|collation| !collation.eq_ignore_ascii_case("binary"));
    column.auto_increment = text.auto_increment;
    column
}

/// Returns a default's text such that it can be written in parentheses. SQLite reads a lone name after DEFAULT as a
/// string. In parentheses it reads it as a column, which no default may mention.
fn default_text(sql: String) -> String {
    let lone_name = with_expression(&sql, |expr| match expr {
        sqlite3_parser::ast::Expr::Id(id) => {
            let is_truth = ["true", "false"].iter().any(|word| id.0.eq_ignore_ascii_case(word));
            (!is_truth).then(|| unquoted(id.0))
        }
        _ => None,
    });
    match lone_name.flatten() {
        Some(name) => format!("'{}'", name.replace('\'', "''")),
        None => without_comments(&sql).into_owned(),
    }
}

fn foreign_keys(rows: Vec<ForeignKeyRow>, texts: Vec<statement::ForeignKeyText>) -> Vec<ForeignKey> {
    let mut keys: Vec<(i64, ForeignKey)> = Vec::new();
    for row in rows {
        let at = match keys.last() {
            Some((id, _)) if *id == row.id => keys.len() - 1,
            _ => {
                let key = ForeignKey {
                    name: None,
                    columns: Vec::new(),
                    references: TableName::new(row.target),
                    referenced_columns: Vec::new(),
                    on_delete: Some(action(&row.on_delete)),
                    on_update: Some(action(&row.on_update)),
                    deferrable: Deferrable::No,
                    match_full: false,
                    dangling: false,
                    validated: true,
                    inline: false,
                    comment: None,
                    hints: Hints::default(),
                };
                keys.push((row.id, key));
                keys.len() - 1
            }
        };
        keys[at].1.columns.push(row.from_column);
        keys[at].1.referenced_columns.extend(row.to_column);
    }
    // The pragma and the text list the same keys in the same order, or the text wasn't readable.
    let mut texts = texts.into_iter();
    let named = |(_, mut key): (i64, ForeignKey)| {
        if let Some(text) = texts.next() {
            key.name = text.name;
            key.deferrable = text.deferrable;
            key.inline = text.inline;
        }
        key
    };
    keys.into_iter().map(named).collect()
}

fn action(word: &str) -> Action {
    match word {
        "RESTRICT" => Action::Restrict,
        "CASCADE" => Action::Cascade,
        "SET NULL" => Action::SetNull,
        "SET DEFAULT" => Action::SetDefault,
        _ => Action::NoAction,
    }
}

fn indexes(table: &mut Table, rows: Vec<IndexRow>, texts: &[statement::UniqueText]) {
    for keys in rows.chunk_by(|a, b| a.name == b.name) {
        let plain_columns = || keys.iter().map(|key| key.column_name.clone()).collect::<Option<Vec<_>>>();
        let index = &keys[0];
        if index.origin == "u" {
            // A constraint over anything but columns doesn't exist.
            let columns = plain_columns().unwrap_or_default();
            let name =
                texts.iter().find(|text| same_columns(&text.columns, &columns)).and_then(|text| text.name.clone());
            table.rules.push(Unique { name, ..Unique::new(columns) });
            continue;
        }
        let is_plain = !index.partial && keys.iter().all(|key| !key.descending && collation(table, key).is_none());
        match plain_columns() {
            Some(columns) if index.is_unique && is_plain => table.rules.push(Unique {
                name: Some(index.name.clone()),
                form: UniqueForm::Index,
                ..Unique::new(columns)
            }),
            _ => {
                let text = index.sql.as_deref().and_then(statement::index);
                if text.is_none() {
                    let unread = format!("the CREATE INDEX statement of `{}` can't be read", index.name);
                    table.unmodelled.push(unread);
                }
                table.rules.push(general_index(table, keys, text.unwrap_or_default()));
            }
        }
    }
}

fn same_columns(a: &[String], b: &[String]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.eq_ignore_ascii_case(b))
}

fn general_index(table: &Table, keys: &[IndexRow], text: IndexText) -> Index {
    let mut key_texts = text.keys.into_iter();
    let columns = keys.iter().map(|key| {
        let text = key_texts.next().unwrap_or_default();
        let of = match &key.column_name {
            Some(column) => IndexKey::Column(column.clone()),
            None => IndexKey::Expr(Expr::new(text)),
        };
        IndexColumn { descending: key.descending, collation: collation(table, key), ..IndexColumn::new(of) }
    });
    Index {
        name: Some(keys[0].name.clone()),
        unique: keys[0].is_unique,
        predicate: text.predicate.map(Expr::new),
        ..Index::new(columns.collect())
    }
}

/// Returns an index key's collation, unless the key would have it by default.
fn collation(table: &Table, key: &IndexRow) -> Option<String> {
    let column = key.column_name.as_ref().and_then(|name| table.column(name));
    let unasked = column.and_then(|column| column.collation.as_deref()).unwrap_or("BINARY");
    (!key.collation.eq_ignore_ascii_case(unasked)).then(|| key.collation.clone())
}
