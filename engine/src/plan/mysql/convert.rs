//! Which values of a column have no equal in its new type. MySQL says so too, but only after other
//! statements have been committed; and some it rounds or cuts without a word.

use crate::dialect::Dialect;
use crate::dialect::mysql::values;
use crate::dialect::mysql_text::text_literal;
use crate::model::{Column, DataType, TableName, TableOptions};
use crate::plan::{Guard, guard, risk};

use super::facts;

/// Types that convert alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Whole,
    Real,
    Text,
    Bytes,
    Date,
    Time,
    Moment,
    Json,
    Listed,
    Unknown,
}

/// A value of its type that says "nothing is known", for a required column whose values are gone.
pub(in crate::plan) fn neutral(column: &Column) -> Option<&'static str> {
    match family(&column.data_type) {
        Family::Whole | Family::Real => Some("0"),
        Family::Text | Family::Bytes => Some("''"),
        Family::Date => Some("'1970-01-01'"),
        Family::Time => Some("'00:00:00'"),
        // The first moments of 1970 are none everywhere east of Greenwich.
        Family::Moment => Some("'1970-01-02 00:00:00'"),
        Family::Json => Some("'null'"),
        Family::Listed | Family::Unknown => None,
    }
}

/// Rows whose value would be lost, cut or rounded.
pub(super) fn in_the_way(table: &TableName, from: &Column, to: &Column) -> Option<Guard> {
    let column = facts().quoted(&from.name);
    let spelled = Dialect::Mysql.column_type(to, &TableOptions::default());
    let (from, to) = (&as_stated(from), &as_stated(to));
    let condition = match (family(&from.data_type), family(&to.data_type)) {
        (Family::Whole, Family::Whole) => out_of_range(&column, &from.data_type, &to.data_type),
        (Family::Real, Family::Whole) => fraction(&column, &to.data_type),
        // A moment is a number of fourteen digits.
        (Family::Date | Family::Time | Family::Moment, Family::Whole) => {
            fraction(&format!("({column} + 0)"), &to.data_type)
        }
        (Family::Whole | Family::Real, Family::Real) if is_wider(&from.data_type, &to.data_type) => None,
        (Family::Whole | Family::Real, Family::Real) => too_many_digits(&column, &to.data_type),
        (Family::Date | Family::Time | Family::Moment, Family::Real) => {
            too_many_digits(&format!("({column} + 0)"), &to.data_type)
        }
        (Family::Text | Family::Bytes, Family::Bytes) => too_many_bytes(&column, from, to),
        (Family::Bytes, _) => {
            // A statement that makes a table stops at what can't be read as a text.
            let text = format!("cast({column} AS char)");
            let is_no_text = format!("hex({column}) NOT REGEXP '{TEXT_IN_HEX}'");
            match of_text(&text, from, to) {
                Some(condition) => Some(format!("{is_no_text} OR {condition}")),
                None => Some(is_no_text),
            }
        }
        (Family::Text | Family::Json, _) => of_text(&column, from, to),
        (Family::Listed, Family::Whole | Family::Real) => of_text(&column, from, to),
        (Family::Whole | Family::Real, Family::Date) => Some(no_moment(&column, "date")),
        (Family::Whole | Family::Real, Family::Moment) => Some(no_moment(&column, "datetime")),
        (Family::Whole | Family::Real, Family::Time) => Some(no_moment(&column, "time")),
        // The day would be lost, or today's would be made up.
        (Family::Date | Family::Moment, Family::Time) | (Family::Time, Family::Date | Family::Moment) => {
            Some(format!("{column} IS NOT NULL"))
        }
        (Family::Date | Family::Time | Family::Moment | Family::Listed, Family::Json) => {
            Some(format!("NOT json_valid(cast({column} AS char))"))
        }
        (Family::Listed, Family::Listed) if is_listed_too(from, to) => None,
        (Family::Listed, Family::Listed) => not_listed(&column, &spelled),
        // A number counts values where it meets them.
        (_, Family::Listed) => not_listed(&format!("cast({column} AS char)"), &spelled),
        (Family::Moment, Family::Date) => Some(format!("{column} <> date({column})")),
        (_, Family::Text) => too_long(&format!("cast({column} AS char)"), from, to),
        (_, _) => None,
    };
    condition.map(|condition| guard::unconvertible(table, &from.name, &format!("({condition})"), &spelled, facts()))
}

/// Bytes that are a text in UTF-8, two digits each.
const TEXT_IN_HEX: &str = "^([0-7].|(C[2-9A-F]|D.)[89AB].|E.([89AB].){2}|F[0-4]([89AB].){3})*+$";

/// Whether a value of one type says nothing in the other.
pub(super) fn is_other_kind(from: &Column, to: &Column) -> bool {
    family(&as_stated(from).data_type) != family(&as_stated(to).data_type)
}

/// What a value becomes, as an expression; `None` where no cast says that.
pub(super) fn converted(from: &Column, to: &Column) -> Option<String> {
    let column = facts().quoted(&from.name);
    let (old, new) = (family(&as_stated(from).data_type), family(&as_stated(to).data_type));
    let cast = |word: &str| Some(format!("cast({column} AS {word})"));
    match (old, new) {
        (old, new) if old == new => Some(column),
        // A moment is a number of fourteen digits.
        (Family::Date | Family::Time | Family::Moment, Family::Whole | Family::Real) => Some(format!("({column} + 0)")),
        (Family::Real, Family::Whole) => Some(format!("round({column})")),
        (Family::Whole, Family::Real) => Some(column),
        (_, Family::Whole) => cast("decimal(65)"),
        (_, Family::Real) => cast("double"),
        (_, Family::Text) => cast("char"),
        (_, Family::Date) => cast("date"),
        (_, Family::Time) => cast("time(6)"),
        (_, Family::Moment) => cast("datetime(6)"),
        (_, Family::Bytes | Family::Json | Family::Listed | Family::Unknown) => None,
    }
}

/// Texts that say no value of a type, or one that it can't hold.
fn of_text(text: &str, from: &Column, to: &Column) -> Option<String> {
    match family(&to.data_type) {
        Family::Whole => {
            let is_none = format!(r"{text} NOT REGEXP '^[-+]?[0-9]+$'");
            match range(&to.data_type) {
                Some((least, most)) => {
                    Some(format!("{is_none} OR cast({text} AS decimal(65)) NOT BETWEEN {least} AND {most}"))
                }
                None => Some(is_none),
            }
        }
        Family::Real => Some(format!(r"{text} NOT REGEXP '^[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]+)?$'")),
        Family::Json => Some(format!("NOT json_valid({text})")),
        Family::Date => Some(no_moment(text, "date")),
        Family::Time => Some(no_moment(text, "time")),
        Family::Moment => Some(no_moment(text, "datetime")),
        Family::Listed => not_listed(text, &Dialect::Mysql.column_type(to, &TableOptions::default())),
        Family::Text => too_long(text, from, to),
        Family::Bytes | Family::Unknown => None,
    }
}

/// Rows for which a column's own type can't hold what it is computed from. As long as that is done on reading, such a
/// value is cut without a word.
pub(super) fn not_held(table: &TableName, column: &Column, expr: &str) -> Option<Guard> {
    let spelled = Dialect::Mysql.column_type(column, &TableOptions::default());
    let unbounded = Column { data_type: named("Longtext"), sql_type: None, ..column.clone() };
    let column = &as_stated(column);
    let condition = match family(&column.data_type) {
        Family::Whole => {
            range(&column.data_type).map(|(least, most)| format!("({expr}) NOT BETWEEN {least} AND {most}"))
        }
        Family::Text => too_long(&format!("({expr})"), &unbounded, column),
        Family::Real
        | Family::Bytes
        | Family::Date
        | Family::Time
        | Family::Moment
        | Family::Json
        | Family::Listed
        | Family::Unknown => None,
    };
    condition.map(|condition| guard::unconvertible(table, &column.name, &format!("({condition})"), &spelled, facts()))
}

/// What a column is in between, where its values list what it may hold: to a number, and to whatever is stored as
/// one, those count by their places and not by what they say.
pub(super) fn through_text(from: &Column, to: &Column) -> Option<Column> {
    let is_listed = |column: &Column| values(&Dialect::Mysql.column_type(column, &TableOptions::default())).is_some();
    let is_text = |column: &Column| family(&as_stated(column).data_type) == Family::Text;
    let between = match (is_listed(from), is_listed(to)) {
        (true, false) => !is_text(to),
        (false, true) => !is_text(from),
        (true, true) | (false, false) => false,
    };
    between.then(|| Column {
        sql_type: Some("varchar(255)".to_owned()),
        default: None,
        collation: from.collation.clone().or_else(|| to.collation.clone()),
        ..from.clone()
    })
}

fn no_moment(column: &str, kind: &str) -> String {
    // A day without a month is no NULL yet.
    let known =
        if kind == "time" { format!("cast({column} AS time)") } else { format!("to_days(cast({column} AS {kind}))") };
    format!("{known} IS NULL AND {column} IS NOT NULL")
}

/// A column whose type is stated in MySQL's words is of that type, whatever Diesel calls it.
fn as_stated(column: &Column) -> Column {
    let data_type = column.sql_type.as_deref().map(|stated| Dialect::Mysql.data_type(stated));
    Column { data_type: data_type.unwrap_or_else(|| column.data_type.clone()), ..column.clone() }
}

fn is_listed_too(from: &Column, to: &Column) -> bool {
    let spelled = |column: &Column| Dialect::Mysql.column_type(column, &TableOptions::default());
    risk::lists_more(&spelled(from), &spelled(to))
}

fn not_listed(column: &str, spelled: &str) -> Option<String> {
    let (_, listed) = values(spelled)?;
    let listed: Vec<String> = listed.iter().map(|value| text_literal(value)).collect();
    Some(format!("{column} NOT IN ({})", listed.join(", ")))
}

fn family(data_type: &DataType) -> Family {
    match data_type {
        DataType::Bool | DataType::TinyInt | DataType::SmallInt | DataType::Integer | DataType::BigInt => Family::Whole,
        DataType::Unsigned(inner) => family(inner),
        DataType::Float | DataType::Double | DataType::Numeric(_) => Family::Real,
        DataType::Text | DataType::Varchar(_) | DataType::Char(_) => Family::Text,
        DataType::Binary => Family::Bytes,
        DataType::Date => Family::Date,
        DataType::Time => Family::Time,
        DataType::Timestamp => Family::Moment,
        DataType::Json => Family::Json,
        DataType::Other(name) => match name.to_ascii_lowercase().split('(').next().unwrap_or_default() {
            "mediumint" | "year" => Family::Whole,
            "tinytext" | "mediumtext" | "longtext" => Family::Text,
            "tinyblob" | "mediumblob" | "longblob" | "varbinary" => Family::Bytes,
            "datetime" | "timestamp" => Family::Moment,
            "time" => Family::Time,
            "enum" => Family::Listed,
            _other => Family::Unknown,
        },
        DataType::Timestamptz | DataType::Jsonb | DataType::Uuid | DataType::Interval | DataType::Array(..) => {
            Family::Unknown
        }
    }
}

/// The least and the greatest whole number of a type.
fn range(data_type: &DataType) -> Option<(i128, i128)> {
    let bits = |data_type: &DataType| {
        let known = [
            (DataType::Bool, 8),
            (DataType::TinyInt, 8),
            (DataType::SmallInt, 16),
            (named("Mediumint"), 24),
            (DataType::Integer, 32),
            (DataType::BigInt, 64),
        ];
        known.into_iter().find(|(known, _)| known == data_type).map(|(_, bits)| bits)
    };
    match data_type {
        DataType::Unsigned(inner) => Some((0, (1 << bits(inner)?) - 1)),
        signed => {
            let half = 1_i128 << (bits(signed)? - 1);
            Some((-half, half - 1))
        }
    }
}

/// Numbers that a whole type cuts or can't hold.
fn fraction(number: &str, to: &DataType) -> Option<String> {
    let (least, most) = range(to)?;
    Some(format!("{number} <> truncate({number}, 0) OR {number} NOT BETWEEN {least} AND {most}"))
}

/// Numbers that have more digits than a type keeps, before the point or after it.
fn too_many_digits(number: &str, to: &DataType) -> Option<String> {
    let DataType::Numeric(Some((precision, scale))) = to else { return None };
    let digits = precision.saturating_sub(*scale);
    Some(format!("{number} <> round({number}, {scale}) OR abs({number}) >= 1e{digits}"))
}

/// Bytes that a type of a size can't hold.
fn too_many_bytes(column: &str, from: &Column, to: &Column) -> Option<String> {
    let most = |column: &Column| {
        if matches!(column.data_type, DataType::Binary | DataType::Text) {
            return Some(65_535_u64);
        }
        if let DataType::Varchar(Some(length)) | DataType::Char(Some(length)) = column.data_type {
            return Some(4 * u64::from(length));
        }
        let DataType::Other(name) = &column.data_type else { return None };
        match name.split_once('(') {
            Some((_, length)) => length.trim_end_matches(')').parse().ok(),
            None => ["Tinyblob", "Tinytext"].contains(&name.as_str()).then_some(255),
        }
    };
    let most_to = most(to)?;
    (most(from).is_none_or(|most| most > most_to)).then(|| format!("length({column}) > {most_to}"))
}

fn out_of_range(column: &str, from: &DataType, to: &DataType) -> Option<String> {
    let (from, to) = (range(from)?, range(to)?);
    (to.0 > from.0 || to.1 < from.1).then(|| format!("{column} NOT BETWEEN {} AND {}", to.0, to.1))
}

fn is_wider(from: &DataType, to: &DataType) -> bool {
    match (from, to) {
        (DataType::Numeric(Some((from, from_scale))), DataType::Numeric(Some((to, to_scale)))) => {
            from_scale <= to_scale && from.saturating_sub(*from_scale) <= to.saturating_sub(*to_scale)
        }
        (DataType::Float, DataType::Double) => true,
        (from, to) => from == to,
    }
}

/// Texts in characters, where the new type says how many; in bytes, where it has a size.
fn too_long(column: &str, from: &Column, to: &Column) -> Option<String> {
    let characters = |column: &Column| {
        if let DataType::Varchar(length) | DataType::Char(length) = &column.data_type { *length } else { None }
    };
    let bytes = |column: &Column| {
        let known = [(DataType::Text, 65_535_u64), (named("Tinytext"), 255), (named("Mediumtext"), 16_777_215)];
        known.into_iter().find(|(known, _)| *known == column.data_type).map(|(_, bytes)| bytes)
    };
    if let Some(most) = characters(to) {
        let fits = characters(from).is_some_and(|length| length <= most);
        return (!fits).then(|| format!("char_length({column}) > {most}"));
    }
    let most = bytes(to)?;
    let widest = characters(from).map(|length| 4 * u64::from(length)).or_else(|| bytes(from));
    let fits = widest.is_some_and(|widest| widest <= most);
    (!fits).then(|| format!("length({column}) > {most}"))
}

fn named(word: &str) -> DataType {
    DataType::Other(word.to_owned())
}
