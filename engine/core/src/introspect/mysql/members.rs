//! Values of `ENUM` and `SET` columns, as a row would hold them.
//!
//! The catalog and `SHOW CREATE TABLE` show one question mark for every four-byte letter in such a value. Where there
//! is a mark, the server is asked: something of the column's type that is given the value's number then holds the
//! value. On MariaDB that is a variable, which needs neither a row nor the right to write. MySQL has no variables of
//! such types, so there it is a column of a temporary table. Each answer names its column and its place.

use std::collections::BTreeMap;
use std::ops::Range;

use diesel::QueryResult;

use crate::database::MysqlConnection;
use crate::dialect::Dialect;
use crate::sql::Token;
use crate::sql::mysql::{text_literal, tokens};

use super::literals::unhexed;
use super::rows::{Rows, run, text};

/// A value in the type of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    /// The column.
    pub(crate) column: String,
    /// Its place among the values, from 0.
    pub(crate) at: usize,
    /// The number by which the server knows the value: its position, or its bit in a set.
    number: u64,
    /// Where the text that was read has it.
    pub(crate) span: Range<usize>,
}

impl Member {
    /// Returns the key under which [`values`] reports this value.
    pub(crate) fn key(&self) -> (String, u64) {
        (self.column.clone(), self.number)
    }
}

/// Returns the values with question marks in a type. `tokens` begin with the type's first token.
pub(crate) fn marked(column: &str, sql: &str, tokens: &[Token]) -> Vec<Member> {
    let text = |token: &Token| &sql[token.span.clone()];
    let word = tokens.first().map(text).unwrap_or_default();
    let is_set = word.eq_ignore_ascii_case("set");
    if !is_set && !word.eq_ignore_ascii_case("enum") {
        return Vec::new();
    }
    let inside = tokens.iter().skip(2).take_while(|token| text(token) != ")").filter(|token| text(token) != ",");
    let member = |(at, token): (usize, &Token)| Member {
        column: column.to_owned(),
        at,
        number: if is_set { (0..at).fold(1, |bit: u64, _| bit << 1) } else { at as u64 + 1 },
        span: token.span.clone(),
    };
    inside.enumerate().filter(|(_, token)| text(token).contains('?')).map(member).collect()
}

/// Reads the values with question marks again. Notes with the table those that the server doesn't tell.
pub(super) fn restore(rows: &mut Rows, connection: &mut MysqlConnection) {
    let mut unclear: BTreeMap<String, Vec<Member>> = BTreeMap::new();
    for column in rows.columns.iter().filter(|column| column.sql_type.contains('?')) {
        let tokens = tokens(&column.sql_type).unwrap_or_default();
        let marked = marked(&column.name, &column.sql_type, &tokens);
        unclear.entry(column.table_name.clone()).or_default().extend(marked);
    }
    for (table, members) in unclear.into_iter().filter(|(_, members)| !members.is_empty()) {
        // Users who may not read the table aren't told. Servers before 10.3 tell nobody.
        let told = values(connection, &Dialect::Mysql.facts().quoted(&table), &members).unwrap_or_default();
        // From the end, so that earlier positions stay valid.
        for member in members.into_iter().rev() {
            let is_it = |row: &&mut super::rows::ColumnRow| row.table_name == table && row.name == member.column;
            match (told.get(&member.key()), rows.columns.iter_mut().find(is_it)) {
                (Some(value), Some(row)) => row.sql_type.replace_range(member.span, value),
                (_, _) => rows.unclear.push((table.clone(), format!("a value of `{}`", member.column))),
            }
        }
    }
}

/// Reads values as literals, by their columns and numbers. `table` is the table's quoted name.
pub(crate) fn values(
    connection: &mut MysqlConnection,
    table: &str,
    members: &[Member],
) -> QueryResult<BTreeMap<(String, u64), String>> {
    if !is_mariadb(connection)? {
        return values_of_mysql(connection, table, members);
    }
    let facts = Dialect::Mysql.facts();
    let (mut variables, mut numbers, mut answers) = (String::new(), String::new(), Vec::new());
    for (at, member) in members.iter().enumerate() {
        variables.push_str(&format!("DECLARE v{at} TYPE OF {table}.{}; ", facts.quoted(&member.column)));
        numbers.push_str(&format!("SET v{at} = {}; ", member.number));
        answers.push(shown_bytes(&format!("v{at}")));
    }
    run(connection, "SET @autogen_values = NULL")?;
    let asked = answers.join(", ',', ");
    run(connection, &format!("BEGIN NOT ATOMIC {variables}{numbers}SET @autogen_values = CONCAT({asked}); END"))?;
    let told = text(connection, "SELECT COALESCE(@autogen_values, '') AS text")?;
    Ok(literals(members, &told))
}

/// Reads the values on MySQL, through a temporary table whose one row holds a value in each column.
fn values_of_mysql(
    connection: &mut MysqlConnection,
    table: &str,
    members: &[Member],
) -> QueryResult<BTreeMap<(String, u64), String>> {
    const MADE: &str = "`autogen_values`";
    let facts = Dialect::Mysql.facts();
    let (mut columns, mut numbers, mut answers) = (Vec::new(), Vec::new(), Vec::new());
    for (at, member) in members.iter().enumerate() {
        columns.push(format!("{} AS v{at}", facts.quoted(&member.column)));
        numbers.push(member.number.to_string());
        answers.push(shown_bytes(&format!("v{at}")));
    }
    let columns = columns.join(", ");
    run(connection, &format!("CREATE TEMPORARY TABLE {MADE} SELECT {columns} FROM {table} LIMIT 0"))?;
    let told = run(connection, &format!("INSERT INTO {MADE} VALUES ({})", numbers.join(", ")))
        .and_then(|()| text(connection, &format!("SELECT CONCAT_WS(',', {}) AS text FROM {MADE}", answers.join(", "))));
    run(connection, &format!("DROP TEMPORARY TABLE {MADE}"))?;
    Ok(literals(members, &told?))
}

/// Returns SQL that shows a value's bytes as hexadecimal digits, in UTF-8.
fn shown_bytes(value: &str) -> String {
    format!("HEX(IF(CHARSET({value}) = 'binary', {value}, CONVERT({value} USING utf8mb4)))")
}

/// Returns values as SQL literals, by their members' keys.
fn literals(members: &[Member], told: &str) -> BTreeMap<(String, u64), String> {
    let literal = |(member, digits): (&Member, &str)| {
        let value = String::from_utf8(unhexed(digits)?).ok()?;
        Some((member.key(), text_literal(&value)))
    };
    members.iter().zip(told.split(',')).filter_map(literal).collect()
}

/// Checks whether the server is MariaDB.
fn is_mariadb(connection: &mut MysqlConnection) -> QueryResult<bool> {
    text(connection, "SELECT VERSION() AS text").map(|version| version.to_ascii_lowercase().contains("mariadb"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_with_marks_are_known_by_number() {
        let numbers = |sql: &str| {
            let found = marked("c", sql, &tokens(sql).unwrap());
            found.into_iter().map(|member| (member.number, sql[member.span].to_owned())).collect::<Vec<_>>()
        };
        assert_eq!(numbers("enum('a','?','it''s ?',')')"), [(2, "'?'".to_owned()), (3, "'it''s ?'".to_owned())]);
        assert_eq!(numbers("set('a','b,?','?')"), [(2, "'b,?'".to_owned()), (4, "'?'".to_owned())]);
        assert_eq!(numbers("varchar(9) DEFAULT '?'"), []);
    }
}
