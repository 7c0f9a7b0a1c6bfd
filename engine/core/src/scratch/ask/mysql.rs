//! The questions for which MySQL needs more than a query.

use diesel::connection::{DefaultLoadingMode, LoadConnection};
use diesel::deserialize::FromSql;
use diesel::mysql::data_types::MysqlTime;
use diesel::mysql::{Mysql, MysqlType, MysqlValue};
use diesel::row::{Field as _, Row as _};
use diesel::sql_types::{Datetime, Double, Float};
use diesel::{QueryResult, sql_query};

use super::{TextRow, text_literal, value};
use crate::database::{Database, MysqlConnection};
use crate::dialect::Dialect;
use crate::model::TableName;

/// Returns the rows of any query, as text. The driver receives binary values.
pub(super) fn rows(connection: &mut MysqlConnection, sql: &str) -> QueryResult<Vec<TextRow>> {
    let mut found = Vec::new();
    for row in LoadConnection::<DefaultLoadingMode>::load(connection, sql_query(sql))? {
        let row = row?;
        let mut values = TextRow::with_capacity(row.field_count());
        for at in 0..row.field_count() {
            let field = row.get(at).ok_or(diesel::result::Error::NotFound)?;
            let text = field.value().map(text).transpose();
            values.push(text.map_err(diesel::result::Error::DeserializationError)?);
        }
        found.push(values);
    }
    Ok(found)
}

fn text(value: MysqlValue<'_>) -> diesel::deserialize::Result<String> {
    let bytes = value.as_bytes();
    Ok(match value.value_type() {
        MysqlType::Tiny | MysqlType::Short | MysqlType::Long | MysqlType::LongLong => signed(bytes).to_string(),
        MysqlType::UnsignedTiny | MysqlType::UnsignedShort | MysqlType::UnsignedLong | MysqlType::UnsignedLongLong => {
            unsigned(bytes).to_string()
        }
        MysqlType::Float => <f32 as FromSql<Float, Mysql>>::from_sql(value)?.to_string(),
        MysqlType::Double => <f64 as FromSql<Double, Mysql>>::from_sql(value)?.to_string(),
        MysqlType::Date | MysqlType::Time | MysqlType::DateTime | MysqlType::Timestamp => {
            let time = <MysqlTime as FromSql<Datetime, Mysql>>::from_sql(value)?;
            format!(
                "{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:06}",
                time.year, time.month, time.day, time.hour, time.minute, time.second, time.second_part
            )
        }
        // Bytes that aren't text are shown with replacement characters.
        _ => String::from_utf8_lossy(bytes).into_owned(),
    })
}

/// Returns the number in these bytes, the lowest byte first.
fn unsigned(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn signed(bytes: &[u8]) -> i64 {
    let unused = 64 - 8 * u32::try_from(bytes.len().clamp(1, 8)).unwrap_or(8);
    (unsigned(bytes) << unused).cast_signed() >> unused
}

/// Makes a table believe that it once gave higher numbers than its rows show.
pub(super) fn skip_numbers(database: &mut Database, table: &TableName) -> QueryResult<()> {
    let next = value(
        database,
        &format!(
            "SELECT CAST(coalesce(AUTO_INCREMENT, 1) + 7 AS CHAR) FROM information_schema.TABLES \
             WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = {}",
            text_literal(&table.name)
        ),
    )?;
    let table = Dialect::Mysql.facts().quoted_table(table);
    database.execute(&format!("ALTER TABLE {table} AUTO_INCREMENT = {}", next.as_deref().unwrap_or("8")))
}

/// Counts the rows that reference a missing row. A script that switches `foreign_key_checks` off can leave such rows.
pub(super) fn orphans(database: &mut Database) -> QueryResult<Vec<(String, String, i64)>> {
    let facts = Dialect::Mysql.facts();
    let keys = super::rows(
        database,
        "SELECT TABLE_NAME, REFERENCED_TABLE_NAME, CONSTRAINT_NAME, COLUMN_NAME, REFERENCED_COLUMN_NAME \
         FROM information_schema.KEY_COLUMN_USAGE WHERE TABLE_SCHEMA = DATABASE() \
         AND REFERENCED_TABLE_SCHEMA = DATABASE() ORDER BY 1, 3, ORDINAL_POSITION",
    )?;
    let columns: Vec<[String; 5]> =
        keys.into_iter().filter_map(|row| row.into_iter().collect::<Option<Vec<_>>>()?.try_into().ok()).collect();
    let mut counts = Vec::new();
    for key in columns.chunk_by(|a, b| a[0] == b[0] && a[2] == b[2]) {
        let (child, parent) = (&key[0][0], &key[0][1]);
        let known: Vec<_> = key.iter().map(|column| format!("c.{} IS NOT NULL", facts.quoted(&column[3]))).collect();
        let joined: Vec<_> = key
            .iter()
            .map(|column| format!("p.{} = c.{}", facts.quoted(&column[4]), facts.quoted(&column[3])))
            .collect();
        counts.push(format!(
            "SELECT {} AS child, {} AS parent, CAST(count(*) AS CHAR) AS number FROM {} c WHERE {} \
             AND NOT EXISTS (SELECT 1 FROM {} p WHERE {})",
            text_literal(child),
            text_literal(parent),
            facts.quoted(child),
            known.join(" AND "),
            facts.quoted(parent),
            joined.join(" AND ")
        ));
    }
    if counts.is_empty() {
        return Ok(Vec::new());
    }
    let counted = super::rows(database, &counts.join(" UNION ALL "))?;
    let orphans = counted.into_iter().filter_map(|row| match row.as_slice() {
        [Some(child), Some(parent), Some(rows)] => Some((child.clone(), parent.clone(), rows.parse().ok()?)),
        _ => None,
    });
    Ok(orphans.filter(|(.., rows)| *rows > 0).collect())
}
