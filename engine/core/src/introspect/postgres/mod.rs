//! PostgreSQL: its own catalog says everything, expressions included; `information_schema` doesn't.

mod rows;
mod table;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use diesel::QueryResult;

use crate::database::refused;
use crate::database::{PostgresConnection, PostgresDatabase};
use crate::dialect::Facts;
use crate::error::{Code, Result};
use crate::model::{Bystander, BystanderKind, EnumType, EnumUser, Schema, TableName};

use super::{CatalogSubset, STATE_TABLES};
use rows::{OtherRow, RelationRow, Rows, Scope};
use table::{ColumnNames, Parts};

pub(super) fn introspect(database: &mut PostgresDatabase, part: Option<&CatalogSubset>) -> Result<Schema> {
    let scope = match part {
        _ if database.is_schema() => Scope::ScratchSchema,
        Some(part) => Scope::Part(part),
        None => Scope::Everything,
    };
    let rows = database.looking_around(|connection| rows::read(connection, scope)).map_err(|cause| {
        let help = "check that the role may read the system catalog, and that no statement timeout is too short";
        refused(Code::CantIntrospect, format!("the database's schema can't be read: {cause}"), help, cause)
    })?;
    Ok(schema(rows))
}

/// Reads the connection's own temporary tables, as if they were in the default schema.
pub(super) fn temporary(connection: &mut PostgresConnection) -> QueryResult<Schema> {
    rows::read(connection, Scope::Temporary).map(schema)
}

pub(super) fn estimate(table: &TableName, facts: &Facts) -> String {
    let name = facts.quoted_table(table);
    let literal = name.replace('\'', "''");
    // Negative where the table was never analyzed.
    format!(
        "SELECT CASE WHEN reltuples < 0 THEN (SELECT count(*) FROM {name}) ELSE reltuples::bigint END \
         FROM pg_catalog.pg_class WHERE oid = '{literal}'::pg_catalog.regclass"
    )
}

pub(super) fn count_rows(database: &mut PostgresDatabase, query: &str) -> QueryResult<u64> {
    // No count is negative.
    database.asking(|connection| rows::count(connection, query)).map(i64::unsigned_abs)
}

fn schema(rows: Rows) -> Schema {
    let names = ColumnNames::of(&rows.columns);
    let mut columns = by_table(rows.columns, |row| row.table_oid);
    let mut constraints = by_table(rows.constraints, |row| row.table_oid);
    let mut indexes = by_table(rows.indexes, |row| row.table_oid);

    let mut schema = Schema { namespaces: Some(Arc::default()), ..Schema::default() };
    let mut tables: HashMap<u32, TableName> = HashMap::new();
    for row in rows.relations {
        if STATE_TABLES.contains(&row.name.as_str()) {
            continue;
        }
        let name = TableName { schema: row.schema_name.clone(), name: row.name.clone() };
        tables.insert(row.oid, name.clone());
        match beside(&row) {
            Some(bystander) => schema.add_bystander(bystander),
            None => {
                let parts = Parts {
                    columns: columns.remove(&row.oid).unwrap_or_default(),
                    constraints: constraints.remove(&row.oid).unwrap_or_default(),
                    indexes: indexes.remove(&row.oid).unwrap_or_default(),
                };
                schema.insert(table::table(name, row, parts, &names));
            }
        }
    }
    for row in rows.belongings {
        // What belongs to a table that was left out is left out with it.
        let Some(table) = tables.get(&row.table_oid) else { continue };
        let kind = match row.kind.as_str() {
            "rule" => BystanderKind::Rule,
            "policy" => BystanderKind::Policy,
            "partition" => BystanderKind::Partition,
            "partition part" => BystanderKind::PartitionPart,
            _ => BystanderKind::Trigger,
        };
        schema.add_bystander(Bystander { kind, name: row.name, table: Some(table.clone()), sql: row.definition });
    }
    for row in rows.others {
        add_other(&mut schema, row);
    }
    schema
}

/// Returns a relation that isn't a table as a bystander.
fn beside(row: &RelationRow) -> Option<Bystander> {
    let name = shown(&row.schema_name, &row.name);
    let (kind, word) = match row.kind.as_str() {
        "v" => (BystanderKind::View, "VIEW"),
        "m" => (BystanderKind::MaterializedView, "MATERIALIZED VIEW"),
        "f" => (BystanderKind::ForeignTable, "FOREIGN TABLE"),
        _ => return None,
    };
    let facts = crate::dialect::Dialect::Postgres.facts();
    let quoted = facts.quoted_table(&TableName { schema: row.schema_name.clone(), name: row.name.clone() });
    let sql = match &row.definition {
        Some(definition) => format!("CREATE {word} {quoted} AS\n{definition}"),
        None => String::new(),
    };
    Some(Bystander { kind, name, table: None, sql })
}

fn add_other(schema: &mut Schema, row: OtherRow) {
    let kind = match row.kind.as_str() {
        "enum" => {
            let name = TableName { schema: row.schema_name, name: row.name };
            let values = row.labels.unwrap_or_default();
            let users = users(row.user_schemas, row.user_tables, row.users);
            let found = EnumType { comment: row.comment, users, ..EnumType::new(name.clone(), values) };
            schema.enums.insert(name, found);
            return;
        }
        "schema" => {
            let namespaces = schema.namespaces.get_or_insert_default();
            _ = Arc::make_mut(namespaces).insert(row.name);
            return;
        }
        "extension" => BystanderKind::Extension,
        "function" => BystanderKind::Function,
        "domain" => BystanderKind::Domain,
        "sequence" => BystanderKind::Sequence,
        _ => BystanderKind::Type,
    };
    let name = shown(&row.schema_name, &row.name);
    schema.add_bystander(Bystander { kind, name, table: None, sql: row.definition });
}

/// Returns what uses an enumerated type: parts of tables, and objects that belong to no table.
fn users(schemas: Names, tables: Names, words: Option<Vec<String>>) -> Vec<EnumUser> {
    let places = schemas.unwrap_or_default().into_iter().zip(tables.unwrap_or_default());
    let user = |((schema, table), what): ((Option<String>, Option<String>), String)| EnumUser {
        table: table.map(|name| TableName { schema, name }),
        what,
    };
    places.zip(words.unwrap_or_default()).map(user).collect()
}

type Names = Option<Vec<Option<String>>>;

fn shown(schema: &Option<String>, name: &str) -> String {
    TableName { schema: schema.clone(), name: name.to_owned() }.to_string()
}

fn by_table<T>(rows: Vec<T>, table: impl Fn(&T) -> u32) -> BTreeMap<u32, Vec<T>> {
    let mut grouped: BTreeMap<u32, Vec<T>> = BTreeMap::new();
    for row in rows {
        grouped.entry(table(&row)).or_default().push(row);
    }
    grouped
}
