//! MariaDB and MySQL: `information_schema`, read in a fixed number of queries, and one query for each table whose
//! letters it lacks. MySQL's rows are respelled as MariaDB's, because everything after them expects these.

mod actions;
mod letters;
mod literals;
mod members;
#[cfg(test)]
mod mysql8;
mod periods;
mod respell;
mod rows;
mod table;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use diesel::QueryResult;

use crate::database::MysqlDatabase;
use crate::database::refused;
use crate::dialect::{Dialect, Facts};
use crate::error::{Code, Result};
use crate::link::retried_for;
use crate::model::{Bystander, BystanderKind, ForeignKey, MysqlServer, Schema, TableName};

use super::{CatalogSubset, STATE_TABLES};
pub(crate) use literals::{defaults, is_unclear};
pub(crate) use members::{Member, marked, values};
pub(crate) use respell::{moment, without_brackets, without_introducers};
use rows::Rows;
pub(crate) use rows::definition;
use table::Parts;

pub(super) fn introspect(database: &mut MysqlDatabase, part: Option<&CatalogSubset>) -> Result<Schema> {
    let read = |database: &mut MysqlDatabase| -> QueryResult<Rows> {
        let mut rows = rows::read(database, part)?;
        if database.is_mariadb() {
            let mut show = |table: &str| rows::definition(database, &Dialect::Mysql.facts().quoted(table));
            actions::restore(&mut rows, &mut show)?;
            letters::restore(&mut rows, &mut show)?;
            periods::restore(&mut rows, &mut show)?;
        } else {
            respell::respell(&mut rows);
        }
        literals::restore(&mut rows, database);
        members::restore(&mut rows, database);
        Ok(rows)
    };
    let limit = database.limits().lock;
    // Another program may rename or drop a table between the catalog and a look at the table itself.
    let mut looks = 0;
    let rows = loop {
        looks += 1;
        match retried_for(limit, || read(&mut *database)) {
            Err(cause) if looks < 5 && cause.to_string().contains("doesn't exist") => {}
            done => break done,
        }
    };
    let rows = rows.map_err(|cause: diesel::result::Error| {
        let help = "check that the user may use the database, and that no time limit is too short";
        refused(Code::CantIntrospect, format!("the database's schema can't be read: {cause}"), help, cause)
    })?;
    let server = if database.is_mariadb() { MysqlServer::Mariadb } else { MysqlServer::Mysql };
    Ok(schema(rows, server))
}

pub(super) fn estimate(table: &TableName, facts: &Facts) -> String {
    let literal = table.name.replace('\\', "\\\\").replace('\'', "''");
    // For small tables the estimate is often wrong by half.
    format!(
        "SELECT CAST(CASE WHEN table_rows > 100000 THEN table_rows ELSE (SELECT count(*) FROM {}) END AS SIGNED) \
         FROM information_schema.tables WHERE table_schema = database() AND table_name = '{literal}'",
        facts.quoted_table(table)
    )
}

pub(super) fn count_rows(database: &mut MysqlDatabase, query: &str) -> QueryResult<u64> {
    // No count is negative.
    rows::count(database, query).map(i64::unsigned_abs)
}

fn schema(rows: Rows, server: MysqlServer) -> Schema {
    let mut columns = by_table(rows.columns, |row| &row.table_name);
    let mut indexes = by_table(rows.indexes, |row| &row.table_name);
    let mut keys = by_table(rows.keys, |row| &row.table_name);
    let mut actions = by_table(rows.actions, |row| &row.table_name);
    let mut checks = by_table(rows.checks, |row| &row.table_name);

    let mut schema = Schema { server: Some(server), ..Schema::default() };
    for row in rows.tables {
        if STATE_TABLES.contains(&row.name.as_str()) || row.kind == "VIEW" {
            continue;
        }
        if row.kind == "SEQUENCE" {
            let sql = format!("CREATE SEQUENCE {}", Dialect::Mysql.facts().quoted(&row.name));
            schema.add_bystander(Bystander { kind: BystanderKind::Sequence, name: row.name, table: None, sql });
            continue;
        }
        let parts = Parts {
            columns: columns.remove(&row.name).unwrap_or_default(),
            indexes: indexes.remove(&row.name).unwrap_or_default(),
            keys: keys.remove(&row.name).unwrap_or_default(),
            actions: actions.remove(&row.name).unwrap_or_default(),
            checks: checks.remove(&row.name).unwrap_or_default(),
        };
        schema.insert(table::table(row, parts, server));
    }
    move_dangling_keys(&mut schema);
    for (table, feature) in rows.features {
        let table = schema.tables.get_mut(&TableName::new(table));
        table.into_iter().for_each(|table| table.unmodelled.push(feature.clone()));
    }
    for (table, what) in rows.unclear {
        let Some(table) = schema.tables.get_mut(&TableName::new(table)) else { continue };
        table
            .unmodelled
            .push(format!("{what} can't be read: SELECT on the table would tell a question mark from other letters"));
    }
    for row in rows.others {
        let table = row.table_name.map(TableName::new);
        let kind = match row.kind.as_str() {
            "view" => BystanderKind::View,
            "trigger" => BystanderKind::Trigger,
            _ => BystanderKind::Function,
        };
        if table.as_ref().is_none_or(|table| !STATE_TABLES.contains(&table.name.as_str())) {
            schema.add_bystander(Bystander { kind, name: row.name, table, sql: row.definition });
        }
    }
    schema
}

/// Notes foreign keys to missing tables. A server accepts those while `foreign_key_checks` is off. No definition can
/// state such a key, and it blocks nothing until its parent is created.
fn move_dangling_keys(schema: &mut Schema) {
    let names: BTreeSet<String> = schema.tables.keys().map(|table| table.name.to_lowercase()).collect();
    for table in schema.tables.values_mut() {
        let is_there =
            |key: &ForeignKey| key.references.schema.is_some() || names.contains(&key.references.name.to_lowercase());
        let (kept, dangling): (Vec<_>, Vec<_>) = table.rules.take::<ForeignKey>().into_iter().partition(is_there);
        table.rules.extend(kept);
        table.unmodelled.extend(dangling.into_iter().map(|key: ForeignKey| {
            let name = key.name.unwrap_or_default();
            format!("foreign key `{name}` points at {}, which isn't there", key.references)
        }));
    }
}

fn by_table<T>(rows: Vec<T>, table: impl Fn(&T) -> &String) -> BTreeMap<String, Vec<T>> {
    let mut grouped: BTreeMap<String, Vec<T>> = BTreeMap::new();
    for row in rows {
        grouped.entry(table(&row).clone()).or_default().push(row);
    }
    grouped
}
