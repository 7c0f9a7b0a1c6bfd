//! The rows of a database at one moment, and which of them are gone at a later one.

use std::collections::{BTreeMap, BTreeSet};

use diesel::QueryResult;

use crate::database::Database;
use crate::dialect::Dialect;
use crate::model::{Pair, Schema, TableName};
use crate::scratch::ask::{self, LastNumber};
use crate::scratch::seed::{Row, one_line};
use crate::sql::mysql::text_of;

use super::row_expectation::{Count, Kept, RowExpectation};

/// Every row of every table.
#[derive(Debug)]
pub(super) struct Rows {
    tables: BTreeMap<TableName, TableRows>,
    /// The last number that numbered tables gave.
    numbers: BTreeMap<TableName, LastNumber>,
}

#[derive(Debug)]
struct TableRows {
    columns: Vec<String>,
    /// Literals, in the order of the columns.
    rows: Vec<Vec<String>>,
    /// Whose literals they are.
    dialect: Dialect,
}

impl Rows {
    pub(super) fn of(database: &mut Database, schema: &Schema) -> QueryResult<Self> {
        let dialect = database.dialect();
        let mut tables = BTreeMap::new();
        for table in schema.tables.values() {
            let columns: Vec<&str> = table
                .columns
                .iter()
                .filter(|column| column.generated.is_none())
                .map(|column| column.name.as_str())
                .collect();
            let rows = ask::literals(database, table, &columns)?;
            let rows = rows.into_iter().map(|row| row.into_iter().map(Option::unwrap_or_default).collect()).collect();
            let columns = columns.into_iter().map(str::to_owned).collect();
            tables.insert(table.name.clone(), TableRows { columns, rows, dialect });
        }
        let is_numbered = schema.tables.values().flat_map(|table| &table.columns).any(|column| column.auto_increment);
        let mut numbers: BTreeMap<TableName, LastNumber> = BTreeMap::new();
        for (table, number) in if is_numbered { ask::numbers(database)? } else { Vec::new() } {
            // Several columns of a table may be numbered.
            let most = numbers.entry(table).or_insert(number);
            if number.last > most.last {
                *most = number;
            }
        }
        Ok(Self { tables, numbers })
    }

    /// Returns the rows of a table as literals by column.
    pub(super) fn of_table(&self, table: &TableName) -> Vec<Row> {
        let Some(found) = self.tables.get(table) else { return Vec::new() };
        found.rows.iter().map(|row| found.columns.iter().cloned().zip(row.iter().cloned()).collect()).collect()
    }

    /// Counts the rows.
    pub(super) fn count(&self) -> usize {
        self.tables.values().map(|table| table.rows.len()).sum()
    }

    /// Checks whether a table has any rows.
    pub(super) fn has(&self, table: &TableName) -> bool {
        self.tables.get(table).is_some_and(|table| !table.rows.is_empty())
    }
}

/// Describes what is lost although it had to stay.
pub(super) fn lost(rows: &Pair<&Rows>, expectations: &[RowExpectation]) -> Vec<String> {
    let mut lines = Vec::new();
    for expectation in expectations {
        let (from, to) = (&expectation.table.from, &expectation.table.to);
        let (Some(before), Some(after)) = (rows.from.tables.get(from), rows.to.tables.get(to)) else { continue };
        let (was, is) = (before.rows.len(), after.rows.len());
        let is_as_it_should = match expectation.count {
            Count::Same => was == is,
            Count::AtLeast => was <= is,
        };
        if !is_as_it_should {
            lines.push(format!("{from}: {was} rows before, {is} after"));
        } else if let Some(line) = filled(before, after, expectation) {
            lines.push(line);
        } else if !missing(
            &projected(before, expectation, |pair| &pair.from),
            &projected(after, expectation, |pair| &pair.to),
        )
        .is_empty()
        {
            lines.extend(changed_values(before, after, expectation));
        }
        if let (true, Some(was)) = (expectation.numbered, rows.from.numbers.get(from)) {
            let is = rows.to.numbers.get(to).copied().unwrap_or(LastNumber { last: 0, step: was.step });
            let is_behind = if was.step < 0 { is.last > was.last } else { is.last < was.last };
            if is_behind || (is.last != was.last && expectation.count == Count::Same) {
                let next = |number: LastNumber| number.last.saturating_add(number.step);
                lines.push(format!("{from}: new rows were numbered from {}, now from {}", next(*was), next(is)));
            }
        }
    }
    lines
}

/// Returns the rows of the columns that stay, ready to be compared.
fn projected(
    table: &TableRows,
    expectation: &RowExpectation,
    side: impl Fn(&Pair<String>) -> &String,
) -> Vec<Vec<String>> {
    let places: Vec<Option<(usize, Kept)>> = expectation
        .columns
        .iter()
        .map(|(names, kept)| Some((table.columns.iter().position(|column| column == side(names))?, *kept)))
        .collect();
    let value = |row: &Vec<String>, place: &Option<(usize, Kept)>| match place {
        Some((at, Kept::Exactly)) => row[*at].clone(),
        Some((at, Kept::InOtherWords)) => plain_words(&row[*at], table.dialect),
        Some((at, Kept::AsSingle)) => single(&row[*at], table.dialect),
        // These are compared separately, because nobody can tell which row has a filled value.
        Some((_, Kept::UnlessNull)) => String::new(),
        // The restored value is compared.
        Some((_, Kept::Renamed)) => String::new(),
        None => String::new(),
    };
    table.rows.iter().map(|row| places.iter().map(|place| value(row, place)).collect()).collect()
}

/// Describes a column whose NULLs may be filled but that lost other values.
fn filled(before: &TableRows, after: &TableRows, expectation: &RowExpectation) -> Option<String> {
    expectation.columns.iter().filter(|(_, kept)| *kept == Kept::UnlessNull).find_map(|(names, _)| {
        let exactly = RowExpectation { columns: vec![(names.clone(), Kept::Exactly)], ..expectation.clone() };
        let mut was = projected(before, &exactly, |pair| &pair.from);
        was.retain(|row| row != &["NULL"]);
        let gone = missing(&was, &projected(after, &exactly, |pair| &pair.to));
        let gone = gone.first()?.join("");
        Some(one_line(&format!("{}.{} holds other values: {gone} is gone", expectation.table.from, names.from)))
    })
}

/// Returns what the first list has more often than the second.
fn missing<T: Ord + Clone>(before: &[T], after: &[T]) -> Vec<T> {
    let mut left: BTreeMap<&T, usize> = BTreeMap::new();
    for row in after {
        *left.entry(row).or_default() += 1;
    }
    let mut missing = Vec::new();
    for row in before {
        match left.get_mut(row) {
            Some(count) if *count > 0 => *count -= 1,
            Some(_) | None => missing.push(row.clone()),
        }
    }
    missing
}

/// Describes which columns hold other values. Names the table where the same values are in other rows.
fn changed_values(before: &TableRows, after: &TableRows, expectation: &RowExpectation) -> Vec<String> {
    let table = &expectation.table.from;
    let mut lines = Vec::new();
    let mut seen = BTreeSet::new();
    for column in &expectation.columns {
        let alone = RowExpectation { columns: vec![column.clone()], ..expectation.clone() };
        let (was, is) = (projected(before, &alone, |pair| &pair.from), projected(after, &alone, |pair| &pair.to));
        if let Some(gone) = missing(&was, &is).first() {
            let gone = gone.join("");
            let new = missing(&is, &was).first().map(|new| new.join("")).filter(|new| !new.is_empty());
            let new = new.map_or(" is gone".to_owned(), |new| format!(" became {new}"));
            if seen.insert(&column.0.from) {
                lines.push(one_line(&format!("{table}.{} holds other values: {gone}{new}", column.0.from)));
            }
        }
    }
    if lines.is_empty() {
        lines.push(format!("{table}: values are in other rows than before"));
    }
    lines
}

/// Returns a literal in a form that is the same for values of different types with the same meaning: 1, 1.0, '1' and
/// true.
fn plain_words(literal: &str, dialect: Dialect) -> String {
    let inside = match dialect {
        Dialect::Sqlite | Dialect::Postgres => {
            let inner = literal.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
            inner.map(|inner| inner.replace("''", "'"))
        }
        // Backslashes mean something there.
        Dialect::Mysql => text_of(literal),
    };
    let text = match inside {
        Some(text) => text,
        None => blob_text(literal).unwrap_or_else(|| literal.to_owned()),
    };
    if text == "NULL" {
        // Not the same as the word.
        return literal.to_owned();
    }
    match text.as_str() {
        "true" => return "1".to_owned(),
        "false" => return "0".to_owned(),
        _ => {}
    }
    if let Some(number) = decimal(&text) {
        return number;
    }
    match text.parse::<f64>() {
        Ok(number) => format!("{number:?}"),
        // A date as a moment.
        Err(_) => {
            let text = without_empty_fraction(&text);
            text.strip_suffix(" 00:00:00").unwrap_or(text).to_owned()
        }
    }
}

/// Removes zeros from the end of a moment's fractional seconds. Their number depends only on the type.
fn without_empty_fraction(text: &str) -> &str {
    let Some((before, fraction)) = text.rsplit_once('.') else { return text };
    let is_moment = before.len() >= 3 && before.as_bytes()[before.len() - 3] == b':';
    match is_moment && fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => text,
    }
}

/// Spells a number in one way, with all of its digits. Floating point would round a number with more than 15. Returns
/// `None` for a text that isn't a number, or has more zeros than anybody writes out.
fn decimal(text: &str) -> Option<String> {
    const MOST_ZEROS: i64 = 400;
    let (number, exponent) = match text.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, exponent.parse::<i64>().ok()?),
        None => (text, 0),
    };
    let digits = number.trim_start_matches(['-', '+']);
    if number.len() - digits.len() > 1 {
        return None;
    }
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all = format!("{whole}{fraction}");
    let is_number = !all.is_empty() && all.bytes().all(|byte| byte.is_ascii_digit());
    // The number of digits before the point.
    let point = exponent.checked_add(whole.len() as i64)?;
    if !is_number || point.abs() > MOST_ZEROS {
        return None;
    }
    let padded = format!(
        "{}{all}{}",
        "0".repeat((-point).max(0) as usize),
        "0".repeat((point - all.len() as i64).max(0) as usize)
    );
    let (whole, fraction) = padded.split_at(point.max(0) as usize);
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    let whole = if whole.is_empty() { "0" } else { whole };
    let sign = if number.starts_with('-') && (whole, fraction) != ("0", "") { "-" } else { "" };
    Some(if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") })
}

/// Returns a number without the digits that exceed single precision.
fn single(literal: &str, dialect: Dialect) -> String {
    let words = plain_words(literal, dialect);
    words.parse::<f32>().map_or(words, |number| format!("{number:?}"))
}

/// Returns the text in a blob literal, if it is one.
fn blob_text(literal: &str) -> Option<String> {
    let digits = literal.strip_prefix(['x', 'X'])?.strip_prefix('\'')?.strip_suffix('\'')?;
    let byte = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    String::from_utf8((0..digits.len()).step_by(2).map(byte).collect::<Option<Vec<u8>>>()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wider_type_shows_digits_that_single_precision_never_had() {
        assert_eq!(single("-1234.5677", Dialect::Sqlite), single("-1234.5677490234375", Dialect::Sqlite));
        assert_ne!(single("-1234.5677", Dialect::Sqlite), single("-1234.568", Dialect::Sqlite));
    }

    #[test]
    fn zeros_after_a_second_are_no_part_of_the_moment() {
        let words = |literal| plain_words(literal, Dialect::Mysql);
        assert_eq!(words("'2024-02-29 12:34:50.100'"), words("'2024-02-29 12:34:50.100000'"));
        assert_eq!(words("'2024-02-29 12:34:50.000'"), words("'2024-02-29 12:34:50'"));
        assert_eq!(words("'2024-02-29 00:00:00.000'"), words("'2024-02-29'"));
        assert_ne!(words("'v1.100'"), words("'v1.1'"));
        assert_ne!(words("'12:34:50.001'"), words("'12:34:50.01'"));
    }

    #[test]
    fn a_value_means_the_same_in_another_type() {
        for alike in ["1", "1.0", "'1'", "X'31'", "'1.0'"] {
            assert_eq!(plain_words(alike, Dialect::Sqlite), "1", "{alike}");
        }
        assert_eq!(plain_words("'it''s'", Dialect::Sqlite), "it's");
        assert_eq!(plain_words(r"'it\'s \\'", Dialect::Mysql), r"it's \");
        assert_ne!(plain_words("NULL", Dialect::Sqlite), plain_words("'NULL'", Dialect::Sqlite));
        assert_eq!(plain_words("-1234.5678", Dialect::Sqlite), plain_words("'-1234.5678'", Dialect::Sqlite));
        assert_eq!(plain_words("'-9007199254740993'", Dialect::Sqlite), "-9007199254740993");
        assert_ne!(plain_words("1", Dialect::Sqlite), plain_words("1.5", Dialect::Sqlite));
    }

    #[test]
    fn a_number_is_spelled_in_one_way() {
        for (spellings, wanted) in [
            (["-9007199254740993.00", "-9007199254740993", "-9007199254740993e0"], "-9007199254740993"),
            (["1e3", "1000.0", "+01000"], "1000"),
            (["1.5e-3", ".0015", "0.00150"], "0.0015"),
            (["-0.0", "0", "0e5"], "0"),
        ] {
            for spelling in spellings {
                assert_eq!(decimal(spelling).as_deref(), Some(wanted), "{spelling}");
            }
        }
        for text in ["", ".", "-", "--1", "1.2.3", "1e", "inf", "1e9999999", "0x10", "1999-12-31"] {
            assert_eq!(decimal(text), None, "{text}");
        }
    }

    #[test]
    fn rows_count_as_often_as_they_occur() {
        assert_eq!(missing(&[1, 1, 2], &[1, 2, 3]), [1]);
        assert_eq!(missing(&[1, 2], &[2, 1, 1]), Vec::<i32>::new());
    }
}
