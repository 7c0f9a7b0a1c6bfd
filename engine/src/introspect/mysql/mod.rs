//! MariaDB and MySQL: `information_schema`, read in a fixed number of queries, and one for a table whose letters it lacks.

mod letters;
#[cfg(test)]
mod mysql8;
mod rows;
mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use diesel::QueryResult;

use crate::database::MysqlDatabase;
use crate::database::refused;
use crate::dialect::Dialect;
use crate::error::Result;
use crate::model::{Bystander, BystanderKind, Schema, TableName};

use super::{Part, STATE_TABLES};
use rows::Rows;
pub(crate) use rows::definition;
use table::Parts;

pub(super) fn introspect(database: &mut MysqlDatabase, part: Option<&Part>) -> Result<Schema> {
    let is_mariadb = database.is_mariadb();
    let read = |database: &mut MysqlDatabase| {
        let mut rows = rows::read(database, part)?;
        if is_mariadb {
            letters::restore(&mut rows, |table| rows::definition(database, &Dialect::Mysql.facts().quoted(table)))?;
            letters::restore_short(&mut rows, |query| rows::text(database, query));
        }
        Ok(rows)
    };
    let rows = read(database).map_err(|cause: diesel::result::Error| {
        let help = "check that the user may use the database, and that no time limit is too short";
        refused("can't-introspect", format!("the database's schema can't be read: {cause}"), help, cause)
    })?;
    Ok(schema(rows, is_mariadb))
}

pub(super) fn count_rows(database: &mut MysqlDatabase, query: &str) -> QueryResult<u64> {
    // No count is negative.
    rows::count(database, query).map(i64::unsigned_abs)
}

fn schema(rows: Rows, is_mariadb: bool) -> Schema {
    let mut columns = by_table(rows.columns, |row| &row.table_name);
    let mut indexes = by_table(rows.indexes, |row| &row.table_name);
    let mut keys = by_table(rows.keys, |row| &row.table_name);
    let mut actions = by_table(rows.actions, |row| &row.table_name);
    let mut checks = by_table(rows.checks, |row| &row.table_name);

    let mut schema = Schema::default();
    for row in rows.tables {
        if STATE_TABLES.contains(&row.name.as_str()) || row.kind == "VIEW" {
            continue;
        }
        if row.kind == "SEQUENCE" {
            let sql = format!("CREATE SEQUENCE {}", Dialect::Mysql.facts().quoted(&row.name));
            schema.bystanders.push(Bystander { kind: BystanderKind::Sequence, name: row.name, table: None, sql });
            continue;
        }
        let parts = Parts {
            columns: columns.remove(&row.name).unwrap_or_default(),
            indexes: indexes.remove(&row.name).unwrap_or_default(),
            keys: keys.remove(&row.name).unwrap_or_default(),
            actions: actions.remove(&row.name).unwrap_or_default(),
            checks: checks.remove(&row.name).unwrap_or_default(),
        };
        schema.insert(table::table(row, parts, is_mariadb));
    }
    for row in rows.others {
        let table = row.table_name.map(TableName::new);
        let kind = match row.kind.as_str() {
            "view" => BystanderKind::View,
            "trigger" => BystanderKind::Trigger,
            _ => BystanderKind::Function,
        };
        if table.as_ref().is_none_or(|table| !STATE_TABLES.contains(&table.name.as_str())) {
            schema.bystanders.push(Bystander { kind, name: row.name, table, sql: row.definition });
        }
    }
    schema
}

fn by_table<T>(rows: Vec<T>, table: impl Fn(&T) -> &String) -> BTreeMap<String, Vec<T>> {
    let mut grouped: BTreeMap<String, Vec<T>> = BTreeMap::new();
    for row in rows {
        grouped.entry(table(&row).clone()).or_default().push(row);
    }
    grouped
}
