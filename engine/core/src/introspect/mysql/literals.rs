//! Literal defaults of texts and bytes, as a row would get them.
//!
//! MariaDB's catalog and `SHOW CREATE TABLE` show one question mark for every four-byte letter in such a default, and
//! for every byte that isn't text. Where there is a mark, the server is asked for the value itself. Each answer names
//! its column, so that a default which the server doesn't tell can't be confused with another one.

use std::collections::BTreeMap;

use diesel::QueryResult;

use crate::database::MysqlConnection;
use crate::dialect::Dialect;
use crate::sql::mysql::text_literal;

use super::rows::{Rows, run, text};

/// Checks whether a default is a literal that may not be what it looks like. A statement shows a mark for each byte
/// that is no text. MySQL's catalog shows bytes only up to the first zero byte. MariaDB's catalog shows bytes as
/// digits from version 11 on.
pub(crate) fn is_unclear(default: &str) -> bool {
    let is_marked = default.starts_with('\'') && default.contains(['?', char::REPLACEMENT_CHARACTER]);
    is_marked || default.starts_with("0x") || default.starts_with("x'")
}

/// Reads the unclear defaults again. Notes with the table those that the server doesn't tell.
pub(super) fn restore(rows: &mut Rows, connection: &mut MysqlConnection) {
    let mut unclear: BTreeMap<String, Vec<String>> = BTreeMap::new();
    // MySQL marks expressions as such, and shows their letters.
    let is_literal =
        |column: &&super::rows::ColumnRow| !column.extra.to_ascii_lowercase().contains("default_generated");
    let literals = rows.columns.iter().filter(is_literal);
    for column in literals.filter(|column| column.default.as_deref().is_some_and(is_unclear)) {
        unclear.entry(column.table_name.clone()).or_default().push(column.name.clone());
    }
    for (table, columns) in unclear {
        let names: Vec<&str> = columns.iter().map(String::as_str).collect();
        // Users who may not read the table aren't told.
        let told = defaults(connection, &Dialect::Mysql.facts().quoted(&table), &names).unwrap_or_default();
        for column in columns {
            match told.get(&column) {
                Some(literal) => {
                    let is_it = |row: &&mut super::rows::ColumnRow| row.table_name == table && row.name == column;
                    rows.columns.iter_mut().filter(is_it).for_each(|row| row.default = Some(literal.clone()));
                }
                None => rows.unclear.push((table.clone(), format!("the default of `{column}`"))),
            }
        }
    }
}

/// Reads the literal defaults of columns, by column name. `table` is the table's quoted name.
pub(crate) fn defaults(
    connection: &mut MysqlConnection,
    table: &str,
    columns: &[&str],
) -> QueryResult<BTreeMap<String, String>> {
    let facts = Dialect::Mysql.facts();
    let of = |column: &&str| {
        let default = format!("DEFAULT({})", facts.quoted(column));
        // Bytes stay what they are; texts of all character sets become comparable.
        // In MariaDB 11.8 a choice between two constants has the character set of the chosen one.
        let bytes = format!("IF(CHARSET({default}) = 'binary', HEX({default}), HEX(CONVERT({default} USING utf8mb4)))");
        format!("CONCAT('{}=', CHARSET({default}), '=', {bytes})", hex(column.as_bytes()))
    };
    let answers: Vec<String> = columns.iter().map(of).collect();
    // A condition over defaults alone is evaluated once, whether or not the table has rows. In the list of columns, as
    // in a join, the default of a required column is NULL where there is no row.
    run(connection, "SET @autogen_defaults = NULL")?;
    run(
        connection,
        &format!(
            "DO (SELECT 1 FROM {table} WHERE (@autogen_defaults := CONCAT_WS(',', {})) IS NULL LIMIT 1)",
            answers.join(", ")
        ),
    )?;
    let told = text(connection, "SELECT COALESCE(@autogen_defaults, '') AS text")?;
    let literal = |answer: &str| {
        let mut parts = answer.split('=');
        let (name, charset, value) = (unhexed(parts.next()?)?, parts.next()?, unhexed(parts.next()?)?);
        Some((String::from_utf8(name).ok()?, literal(charset, value)))
    };
    Ok(told.split(',').filter_map(literal).collect())
}

/// Returns a value as an SQL literal.
fn literal(charset: &str, value: Vec<u8>) -> String {
    match String::from_utf8(value) {
        Ok(text) if charset != "binary" || !text.contains(char::is_control) => text_literal(&text),
        Ok(text) => format!("x'{}'", hex(text.as_bytes())),
        Err(bytes) => format!("x'{}'", hex(bytes.as_bytes())),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

pub(super) fn unhexed(digits: &str) -> Option<Vec<u8>> {
    let byte = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    (0..digits.len()).step_by(2).map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_bytes_again() {
        assert_eq!(unhexed(&hex("😀?".as_bytes())).as_deref(), Some("😀?".as_bytes()));
        assert_eq!(unhexed("").as_deref(), Some(&b""[..]));
        assert_eq!(unhexed("F09F9"), None);
    }

    #[test]
    fn bytes_that_are_no_text_stay_bytes() {
        assert_eq!(literal("latin1", "it's ?".into()), "'it''s ?'");
        assert_eq!(literal("binary", "é?".into()), "'é?'");
        assert_eq!(literal("binary", vec![0xff, b'?']), "x'FF3F'");
        assert_eq!(literal("binary", b"?\0".to_vec()), "x'3F00'");
    }
}
