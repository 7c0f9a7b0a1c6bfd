//! Respells MySQL's rows as MariaDB's.
//!
//! MySQL writes literal defaults bare and marks others as expressions. In expressions it escapes quotes, names the
//! character set of each literal, puts brackets around the whole, and shows every byte of a non-ASCII letter as a
//! letter of its own.

use crate::dialect::Dialect;
use crate::model::DataType;
use crate::sql::Kind;
use crate::sql::mysql::{text_literal, text_of, tokens};

use super::rows::{ColumnRow, Rows};

/// Spells defaults, checks, computed columns and keys of indexes as MariaDB does.
pub(super) fn respell(rows: &mut Rows) {
    for column in &mut rows.columns {
        column.default = column.default.take().map(|default| self::default(&default, column));
        column.generated = column.generated.take().map(|expr| without_brackets(expression(&expr)));
        column.extra = moment(&column.extra);
    }
    for check in &mut rows.checks {
        check.expression = without_brackets(expression(&check.expression));
    }
    for index in &mut rows.indexes {
        index.expression = index.expression.take().map(|expr| without_brackets(expression(&expr)));
    }
}

fn default(text: &str, column: &ColumnRow) -> String {
    let is_number = matches!(
        Dialect::Mysql.data_type(&column.sql_type),
        DataType::Bool
            | DataType::TinyInt
            | DataType::SmallInt
            | DataType::Integer
            | DataType::BigInt
            | DataType::Unsigned(_)
            | DataType::Float
            | DataType::Double
            | DataType::Numeric(_)
    );
    let is_of = |word: &str| column.sql_type.split('(').next() == Some(word);
    let is_bits = is_of("bit") && text.starts_with("b'");
    let is_bytes = (is_of("binary") || is_of("varbinary")) && text.starts_with("0x");
    if column.extra.to_ascii_lowercase().contains("default_generated") {
        without_inner_brackets(moment(&expression(text)))
    } else if is_number || is_bits || is_bytes {
        text.to_owned()
    } else {
        text_literal(text)
    }
}

fn expression(text: &str) -> String {
    let decoded = decoded(text).unwrap_or_else(|| text.to_owned());
    without_introducers(text_of(&format!("'{decoded}'")).unwrap_or(decoded))
}

/// Removes the brackets after the sign of a negative number.
fn without_inner_brackets(sql: String) -> String {
    let inside = sql.strip_prefix("-(").and_then(|rest| rest.strip_suffix(')'));
    match inside.filter(|number| number.parse::<f64>().is_ok()) {
        Some(number) => format!("-{number}"),
        None => sql,
    }
}

/// Removes the brackets around a whole expression.
pub(crate) fn without_brackets(sql: String) -> String {
    match unbracketed(&sql) {
        Some(inside) => inside.to_owned(),
        None => sql,
    }
}

/// Returns the text between the brackets around a whole expression, or `None` where there are none.
fn unbracketed(sql: &str) -> Option<&str> {
    let tokens = tokens(sql)?;
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        match &sql[token.span.clone()] {
            "(" => depth += 1,
            ")" => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 && at + 1 < tokens.len() {
            return None;
        }
    }
    sql.trim().strip_prefix('(')?.strip_suffix(')')
}

/// Spells `CURRENT_TIMESTAMP` as MariaDB does: `current_timestamp(3)`, `current_timestamp()`.
pub(crate) fn moment(text: &str) -> String {
    const WORD: &str = "CURRENT_TIMESTAMP";
    let Some((before, after)) = text.split_once(WORD) else { return text.to_owned() };
    let brackets = if after.starts_with('(') { "" } else { "()" };
    format!("{before}{}{brackets}{after}", WORD.to_lowercase())
}

/// Removes the character sets of an expression's literals. They only tell which connection made the expression.
pub(crate) fn without_introducers(mut sql: String) -> String {
    let tokens = tokens(&sql).unwrap_or_default();
    for pair in tokens.windows(2).rev() {
        let [word, literal] = pair else { continue };
        let is_introducer = ["_utf8mb4", "_utf8mb3", "_utf8", "_latin1", "_ascii"].contains(&&sql[word.span.clone()]);
        if is_introducer && literal.kind == Kind::Text {
            sql.replace_range(word.span.start..literal.span.start, "");
        }
    }
    sql
}

/// Returns the text whose bytes are shown as letters, or `None` where the letters really are letters.
fn decoded(text: &str) -> Option<String> {
    if text.is_ascii() {
        return None;
    }
    let bytes: Option<Vec<u8>> = text.chars().map(|letter| u8::try_from(u32::from(letter)).ok()).collect();
    String::from_utf8(bytes?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_that_are_shown_by_their_bytes_are_letters_again() {
        let shown: String = "ж😀é".bytes().map(char::from).collect();
        assert_eq!(expression(&format!("(`k` <> _utf8mb4\\'{shown}\\')")), "(`k` <> 'ж😀é')");
        assert_eq!(expression("(`k` <> _utf8mb4\\'ж\\')"), "(`k` <> 'ж')");
        assert_eq!(expression("(`k` <> _utf8mb4\\'é\\')"), "(`k` <> 'é')");
    }
}
