//! One column: its attributes, its name and its type.

use autogen_engine::dialect::Dialect;
use autogen_engine::model::{Column, DataType, Hints, Numbering, Sequence, Table, TableOptions};

use super::names::Names;
use super::table::ColumnParts;
use super::text::{byte_literal, literal};

/// Writes a column's definition.
#[expect(clippy::too_many_arguments, reason = "a column is written from all that its table knows of it")]
pub(super) fn definition(
    table: &Table,
    column: &Column,
    rules: &[String],
    names: &Names,
    dialect: Dialect,
    unsaid: &mut Vec<String>,
) -> ColumnParts {
    let mut parts = ColumnParts {
        name: column.name.clone(),
        comment: column.comment.clone(),
        data_type: column.data_type.clone(),
        lines: Vec::new(),
    };
    let Some(name) = names.column(&table.name, &column.name) else { return parts };
    let mut lines: Vec<String> = Vec::new();
    lines.extend(name.attribute());
    let written = match names.enumerated(column, dialect) {
        Some((word, false)) => Written { word: word.to_owned(), attributes: Vec::new() },
        Some((word, true)) => Written { word: format!("Array<Nullable<{word}>>"), attributes: Vec::new() },
        None => data_type(table, column, dialect, unsaid),
    };
    if column.auto_increment {
        lines.extend(numbering(table, column));
    }
    lines.extend(rules.iter().cloned());
    lines.extend(written.attributes);
    lines.extend(column.collation.as_ref().map(|collation| format!("#[collate = {}]", literal(collation))));
    if let Some(default) = &column.default {
        lines.push(self::default(&default.sql, &column.data_type, dialect));
    }
    // It always is the current time, in as many digits as the column keeps.
    lines.extend(column.on_update.iter().map(|_| "#[on_update(now)]".to_owned()));
    if let Some(generated) = &column.generated {
        let kind = if generated.stored { "stored" } else { "virtual" };
        lines.push(format!("#[generated({}, {kind})]", literal(&generated.expr.sql)));
    }
    lines.extend(column.invisible.then(|| "#[invisible]".to_owned()));
    unsaid.extend(column.attributes.iter().map(|word| format!("{}.{}: {word}", table.name, column.name)));
    lines.extend(hints(&column.hints, &allowed(&table.hints)));
    let word = if column.nullable { format!("Nullable<{}>", written.word) } else { written.word };
    lines.push(format!("{} -> {word},", name.rust));
    parts.lines = lines;
    parts
}

/// Writes the attributes that number a column's rows. For a key, they are in words that suit every database.
fn numbering(table: &Table, column: &Column) -> Vec<String> {
    let said = |text: &str| vec![text.to_owned()];
    match (column.numbering, is_key(table, column)) {
        (Some(form), _) if column.sequence != Sequence::default() => {
            let word = match form {
                Numbering::Always => "always",
                Numbering::ByDefault => "by_default",
                Numbering::Serial => "serial",
            };
            let options: String = column.sequence.stated().map(|(name, value)| format!(", {name} = {value}")).collect();
            let cycle = if column.sequence.cycle { ", cycle" } else { "" };
            vec![format!("#[identity({word}{options}{cycle})]")]
        }
        (None, _) | (Some(Numbering::ByDefault), true) => said("#[auto_increment]"),
        (Some(Numbering::Serial), true) => said("#[auto_increment]").into_iter().chain(serial(column)).collect(),
        (Some(Numbering::Serial), false) => serial(column).into_iter().collect(),
        (Some(Numbering::ByDefault), false) => said("#[identity(by_default)]"),
        (Some(Numbering::Always), _) => said("#[identity(always)]"),
    }
}

/// Writes PostgreSQL's type for a number with a sequence of its own, if the column is one.
fn serial(column: &Column) -> Option<String> {
    crate::sql::serial(column).map(|word| format!("#[sql_type(postgres = \"{word}\")]"))
}

fn is_key(table: &Table, column: &Column) -> bool {
    table.primary_key.as_ref().is_some_and(|key| key.columns == [column.name.clone()])
}

/// Writes the hints that only definitions state. Permissions that already apply around the column aren't
/// repeated.
pub(super) fn hints(hints: &Hints, around: &[&str]) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend(hints.renamed_from.as_ref().map(|old| format!("#[renamed_from({})]", literal(old))));
    lines.extend(hints.backfill.as_ref().map(|sql| format!("#[backfill({})]", literal(sql))));
    for allow in hints.allow.iter().filter(|allow| !around.contains(&allow.hazard.as_str())) {
        let reason = allow.reason.as_ref().map(|reason| format!(", reason = {}", literal(reason))).unwrap_or_default();
        lines.push(format!("#[allow({}{reason})]", allow.hazard.replace('-', "_")));
    }
    lines
}

fn allowed(hints: &Hints) -> Vec<&str> {
    hints.allow.iter().map(|allow| allow.hazard.as_str()).collect()
}

/// A type as Diesel writes it, and the attributes that complete it.
struct Written {
    word: String,
    attributes: Vec<String>,
}

fn data_type(table: &Table, column: &Column, dialect: Dialect, unsaid: &mut Vec<String>) -> Written {
    let said = sayable(&column.data_type, dialect);
    let mut written = plain_type(&said, dialect);
    let word = (said != column.data_type).then(|| column.data_type.to_string());
    let Some(stated) = column.sql_type.as_ref().or(word.as_ref()) else { return written };
    if dialect == Dialect::Mysql
        && let Some(sized) = sized(stated)
    {
        return sized;
    }
    let is_number_of_rows = match dialect {
        // SQLite's own word for a row's number, whatever size Diesel reads.
        Dialect::Sqlite => column.auto_increment && stated.eq_ignore_ascii_case("integer"),
        Dialect::Postgres | Dialect::Mysql => false,
    };
    // SQLite numbers a key that is declared as `BigInt` by itself: it becomes an `INTEGER`.
    let becomes_row_number = dialect == Dialect::Sqlite
        && column.data_type == DataType::BigInt
        && is_key(table, column)
        && !table.options.without_rowid;
    let spelling = dialect.spelling(&said, &table.options);
    let reads_back = is_number_of_rows || !becomes_row_number && same_words(spelling.as_deref(), stated);
    if stated.trim().is_empty() {
        unsaid.push(format!("{}.{}: it has no type, but is defined with one", table.name, column.name));
    } else if !reads_back {
        // The type is this database's. The host may state another one for another database.
        written.attributes.push(format!("#[sql_type({dialect} = {})]", literal(stated)));
    }
    written
}

/// PostgreSQL's types that definitions may name but Diesel has no word for. Other crates bring them.
const OTHERS_WORDS: [&str; 3] = ["Tsvector", "Tsquery", "Timetz"];

/// Returns the type nearest to another one that definitions have words for.
fn sayable(data_type: &DataType, dialect: Dialect) -> DataType {
    match data_type {
        // Diesel's own words for PostgreSQL.
        DataType::Other(name)
            if dialect == Dialect::Postgres
                && !OTHERS_WORDS.contains(&name.as_str())
                && dialect.spelling(data_type, &TableOptions::default()).is_some() =>
        {
            data_type.clone()
        }
        // A word that Diesel doesn't know is the database's, and goes into `#[sql_type]`.
        DataType::Other(_) => kin(data_type, dialect).unwrap_or(DataType::Text),
        // Diesel reads no other number without a sign.
        DataType::Unsigned(inner) => match sayable(inner, dialect) {
            integer @ (DataType::TinyInt | DataType::SmallInt | DataType::Integer | DataType::BigInt) => {
                DataType::Unsigned(Box::new(integer))
            }
            other => other,
        },
        DataType::Array(inner, nullable) => DataType::Array(Box::new(sayable(inner, dialect)), *nullable),
        // No attribute states these sizes.
        DataType::Varchar(Some(0)) => DataType::Varchar(None),
        DataType::Char(Some(0)) => DataType::Char(None),
        DataType::Numeric(Some((digits, after))) if *digits == 0 || after > digits => DataType::Numeric(None),
        DataType::Bool
        | DataType::TinyInt
        | DataType::SmallInt
        | DataType::Integer
        | DataType::BigInt
        | DataType::Float
        | DataType::Double
        | DataType::Numeric(_)
        | DataType::Text
        | DataType::Varchar(_)
        | DataType::Char(_)
        | DataType::Binary
        | DataType::Date
        | DataType::Time
        | DataType::Timestamp
        | DataType::Timestamptz
        | DataType::Json
        | DataType::Jsonb
        | DataType::Uuid
        | DataType::Interval => data_type.clone(),
    }
}

/// Writes a MySQL type that Diesel has a word for although the model has none.
fn sized(stated: &str) -> Option<Written> {
    let words = ["Tinytext", "Mediumtext", "Longtext", "Tinyblob", "Mediumblob", "Longblob", "Datetime"];
    if let Some(word) = words.iter().find(|word| word.eq_ignore_ascii_case(stated)) {
        return Some(Written { word: (*word).to_owned(), attributes: Vec::new() });
    }
    let (word, length) = stated.strip_suffix(')')?.split_once('(')?;
    let word = ["Varbinary", "Bit"].into_iter().find(|known| known.eq_ignore_ascii_case(word))?;
    let length: u32 = length.parse().ok().filter(|length| *length > 0)?;
    Some(Written { word: word.to_owned(), attributes: vec![format!("#[max_length = {length}]")] })
}

/// Checks whether two spellings are the same type apart from case and white space.
fn same_words(a: Option<&str>, b: &str) -> bool {
    let folded = |text: &str| {
        let spaced = text.to_ascii_lowercase().replace('(', " ( ").replace(')', " ) ").replace(',', " , ");
        spaced.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    a.is_some_and(|a| folded(a) == folded(b))
}

/// Returns the type that Diesel uses for one that it has no word for. For example, `timestamp(3)` is a moment
/// to it.
fn kin(data_type: &DataType, dialect: Dialect) -> Option<DataType> {
    let numbers = [DataType::TinyInt, DataType::SmallInt, DataType::Integer, DataType::BigInt];
    let unsigned = numbers.iter().cloned().map(|number| DataType::Unsigned(Box::new(number)));
    let others = [
        DataType::Timestamp,
        DataType::Timestamptz,
        DataType::Time,
        DataType::Binary,
        DataType::Numeric(None),
        DataType::Float,
        DataType::Double,
        DataType::Interval,
    ];
    let all = numbers.iter().cloned().chain(unsigned).chain(others);
    let is_written = |kin: &DataType| dialect.spelling(kin, &TableOptions::default()).is_some();
    all.filter(is_written).find(|kin| dialect.same_type(data_type, kin, &TableOptions::default(), false))
}

fn plain_type(data_type: &DataType, dialect: Dialect) -> Written {
    let plain = |word: &str| Written { word: word.to_owned(), attributes: Vec::new() };
    let with = |word: &str, attribute: String| Written { word: word.to_owned(), attributes: vec![attribute] };
    let around = |before: &str, inner: &DataType, after: &str| {
        let inner = plain_type(inner, dialect);
        Written { word: format!("{before}{}{after}", inner.word), attributes: inner.attributes }
    };
    match data_type {
        DataType::Varchar(Some(length)) => with("Varchar", format!("#[max_length = {length}]")),
        DataType::Char(Some(length)) => with("Char", format!("#[max_length = {length}]")),
        DataType::Varchar(None) => plain("Varchar"),
        DataType::Char(None) => plain("Char"),
        DataType::Numeric(Some((digits, after))) => with("Numeric", format!("#[precision({digits}, {after})]")),
        DataType::Numeric(None) => plain("Numeric"),
        DataType::Timestamptz => match dialect {
            Dialect::Sqlite => plain("TimestamptzSqlite"),
            Dialect::Postgres | Dialect::Mysql => plain("Timestamptz"),
        },
        DataType::Unsigned(inner) => around("Unsigned<", inner, ">"),
        // A length or precision that is stated on the column is that of its elements.
        DataType::Array(inner, true) => around("Array<Nullable<", inner, ">>"),
        DataType::Array(inner, false) => around("Array<", inner, ">"),
        DataType::Other(word) => plain(word),
        DataType::Bool
        | DataType::TinyInt
        | DataType::SmallInt
        | DataType::Integer
        | DataType::BigInt
        | DataType::Float
        | DataType::Double
        | DataType::Text
        | DataType::Binary
        | DataType::Date
        | DataType::Time
        | DataType::Timestamp
        | DataType::Json
        | DataType::Jsonb
        | DataType::Uuid
        | DataType::Interval => plain(&data_type.to_string()),
    }
}

/// Writes a default as a literal if there is one that reads back the same, else as SQL.
fn default(sql: &str, data_type: &DataType, dialect: Dialect) -> String {
    let value = match dialect {
        Dialect::Sqlite => sqlite_default(sql, data_type),
        // The SQL text means the same. A nicer literal would only please the eye.
        Dialect::Postgres | Dialect::Mysql => None,
    };
    value.unwrap_or_else(|| format!("#[default(sql = {})]", literal(sql)))
}

fn sqlite_default(sql: &str, data_type: &DataType) -> Option<String> {
    let now = if *data_type == DataType::Date {
        "CURRENT_DATE"
    } else if *data_type == DataType::Time {
        "CURRENT_TIME"
    } else {
        "CURRENT_TIMESTAMP"
    };
    let is_moment = matches!(data_type, DataType::Date | DataType::Time | DataType::Timestamp | DataType::Timestamptz);
    if is_moment && sql == now {
        return Some("#[default(now)]".to_owned());
    }
    let value = match (data_type, sql) {
        (DataType::Bool, "0") => "false".to_owned(),
        (DataType::Bool, "1") => "true".to_owned(),
        (_, number) if is_number(number) => number.to_owned(),
        (_, text) => match text.strip_prefix("X'").and_then(|rest| rest.strip_suffix('\'')) {
            Some(digits) => byte_literal(&bytes(digits)?),
            None => {
                let inside = sql.strip_prefix('\'')?.strip_suffix('\'')?;
                Dialect::Sqlite.is_literal(sql).then(|| literal(&inside.replace("''", "'")))?
            }
        },
    };
    Some(format!("#[default = {value}]"))
}

/// Checks whether a text is a decimal number that Rust and SQL write with the same digits.
fn is_number(sql: &str) -> bool {
    let unsigned = sql.strip_prefix('-').unwrap_or(sql);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    are_digits(whole) && are_digits(fraction) && (whole == "0" || !whole.starts_with('0'))
}

/// Parses upper-case hexadecimal digits, the form in which a byte string is written again.
fn bytes(digits: &str) -> Option<Vec<u8>> {
    let is_upper = digits.bytes().all(|digit| digit.is_ascii_digit() || (b'A'..=b'F').contains(&digit));
    let pairs = (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok());
    pairs.collect::<Option<Vec<_>>>().filter(|_| is_upper)
}

#[cfg(test)]
mod tests {
    use autogen_engine::model::TableName;

    use super::*;

    #[test]
    fn defaults_are_literals_where_they_read_back_the_same() {
        let written = |sql| default(sql, &DataType::Text, Dialect::Sqlite);
        for (sql, expected) in [
            ("0", "#[default = 0]"),
            ("-2.50", "#[default = -2.50]"),
            ("'it''s'", "#[default = \"it's\"]"),
            ("X'00FF'", "#[default = b\"\\x00\\xff\"]"),
            ("007", "#[default(sql = \"007\")]"),
            ("x'0f'", "#[default(sql = \"x'0f'\")]"),
            ("1e3", "#[default(sql = \"1e3\")]"),
            ("'a' || 'b'", "#[default(sql = \"'a' || 'b'\")]"),
            ("CURRENT_TIMESTAMP", "#[default(sql = \"CURRENT_TIMESTAMP\")]"),
        ] {
            assert_eq!(written(sql), expected);
        }
        assert_eq!(default("0", &DataType::Bool, Dialect::Sqlite), "#[default = false]");
        assert_eq!(default("CURRENT_DATE", &DataType::Date, Dialect::Sqlite), "#[default(now)]");
        assert_eq!(
            default("CURRENT_DATE", &DataType::Timestamp, Dialect::Sqlite),
            "#[default(sql = \"CURRENT_DATE\")]"
        );
    }

    #[test]
    fn types_that_diesel_has_no_word_for_are_the_databases() {
        let table = Table::new(TableName::new("t"));
        for (name, spelled) in
            [("Tsvector", "tsvector"), ("Tsquery", "tsquery"), ("Timetz", "time with time zone"), ("Inet", "")]
        {
            let mut column = Column::new("c", DataType::Other(name.to_owned()));
            column.sql_type = Some(spelled.to_owned()).filter(|spelled| !spelled.is_empty());
            let Written { word, attributes } = data_type(&table, &column, Dialect::Postgres, &mut Vec::new());
            let stated = format!("#[sql_type(postgres = \"{spelled}\")]");
            let expected = if spelled.is_empty() { (name, Vec::new()) } else { ("Text", vec![stated]) };
            assert_eq!((word.as_str(), attributes), expected);
        }
    }
}
