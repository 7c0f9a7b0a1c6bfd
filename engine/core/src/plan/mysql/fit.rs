//! Finds the values of a column that have no equal in its new type. The servers report some of them too, but only
//! after other statements have been committed. Others they round, cut or change without a word, and where a session's
//! `sql_mode` isn't strict they do that to all. So whatever isn't known to fit is looked for.

use crate::model::{Column, Pair, RenamedValues, Table};
use crate::plan::stricter::Fit;
use crate::sql::mysql::text_literal;

use super::facts;
use super::held::{Held, Text, charset, collated, held};
use super::text::{MOST_READ, literals, of_text};

/// Checks whether every value of an altered column has an equal in its new type and character set.
pub(in crate::plan) fn fit(columns: &Pair<Column>, tables: Pair<&Table>) -> Fit {
    let Pair { from, to } = columns;
    let column = facts().quoted(&from.name);
    let sets = Pair::new(charset(from, tables.from), charset(to, tables.to));
    of_type(&column, from, to).and(of_charset(&column, columns, &sets))
}

/// Checks whether an expression gives only values that a column can hold.
pub(super) fn fit_of(expr: &str, to: &Column) -> Fit {
    let text = || Text { characters: None, bytes: None, padded: false };
    match held(to) {
        Held::Whole(least, most) => Fit::Unless(format!("({expr}) NOT BETWEEN {least} AND {most}")),
        Held::Text(limit) => too_long(&format!("({expr})"), &text(), &limit),
        Held::Year
        | Held::Bits(_)
        | Held::Decimal(..)
        | Held::Real { .. }
        | Held::Bytes { .. }
        | Held::Date
        | Held::Time(_)
        | Held::Datetime(_)
        | Held::Timestamp(_)
        | Held::Json
        | Held::Enum(_)
        | Held::Set(_)
        | Held::Named(_)
        | Held::Geometry(_)
        | Held::Other(_) => Fit::Always,
    }
}

/// Checks whether texts can be written in another character set.
fn of_charset(column: &str, columns: &Pair<Column>, sets: &Pair<Option<String>>) -> Fit {
    let has_letters =
        |column: &Column| matches!(held(column), Held::Text(_) | Held::Enum(_) | Held::Set(_) | Held::Json);
    if !has_letters(&columns.from) || !has_letters(&columns.to) {
        return Fit::Always;
    }
    let (Some(old), Some(new)) = (&sets.from, &sets.to) else { return Fit::Always };
    if old == new || old == "binary" || new == "binary" {
        return Fit::Always;
    }
    letters(column, old, new).and(more_bytes(column, columns, (old, new)))
}

/// Character sets that have every letter.
const WHOLE: [&str; 5] = ["utf8mb4", "utf16", "utf32", "utf16le", "gb18030"];

/// Character sets with two bytes or more for each letter.
const WIDE: [&str; 4] = ["utf16", "utf16le", "ucs2", "utf32"];

/// Other character sets with more than one byte for some letters.
const SEVERAL_BYTES: [&str; 11] =
    ["utf8mb4", "utf8mb3", "gb18030", "big5", "cp932", "eucjpms", "euckr", "gb2312", "gbk", "sjis", "ujis"];

/// Refuses letters that a character set lacks.
fn letters(column: &str, old: &str, new: &str) -> Fit {
    let is_within = match new {
        "utf8mb3" | "ucs2" => !WHOLE.contains(&old),
        _rest => WHOLE.contains(&new) || old == "ascii",
    };
    if is_within {
        return Fit::Always;
    }
    let (there, whole) = (format!("convert({column} USING {new})"), format!("convert({column} USING utf8mb4)"));
    Fit::Unless(format!("cast(convert({there} USING utf8mb4) AS binary) <> cast({whole} AS binary)"))
}

/// Refuses texts that take more bytes in another character set than the type can hold.
fn more_bytes(column: &str, columns: &Pair<Column>, (old, new): (&str, &str)) -> Fit {
    let Held::Text(Text { characters: None, bytes: Some(most), .. }) = held(&columns.to) else { return Fit::Always };
    let from = held(&columns.from).text();
    // UTF-8 writes the letters of these in the same way.
    let is_same = (old == "ascii" && !WIDE.contains(&new)) || (old == "utf8mb3" && new == "utf8mb4");
    let is_no_longer = is_same || !(WIDE.contains(&new) || SEVERAL_BYTES.contains(&new));
    let fits = from.characters.is_some_and(|characters| 4 * characters <= most)
        || from.bytes.is_some_and(|bytes| is_no_longer && bytes <= most);
    Fit::unless((!fits).then(|| format!("length(convert({column} USING {new})) > {most}")))
}

fn of_type(column: &str, from: &Column, to: &Column) -> Fit {
    let (old, new) = (held(from), held(to));
    if old == new {
        return Fit::Always;
    }
    let text = format!("cast({column} AS char)");
    match (&old, &new) {
        (Held::Whole(..) | Held::Year | Held::Decimal(..) | Held::Real { .. }, _) => of_number(column, &old, &new),
        (Held::Bits(from), Held::Bits(to)) if from <= to => Fit::Always,
        (Held::Bits(_), Held::Whole(..) | Held::Decimal(..) | Held::Bits(_)) => {
            of_number(&format!("({column} + 0)"), &Held::Whole(0, (1 << 64) - 1), &new)
        }
        (Held::Date | Held::Time(_) | Held::Datetime(_) | Held::Timestamp(_), _) => of_moment(column, &old, &new),
        (Held::Text(_) | Held::Json, _) => of_text(column, &old, &new),
        (Held::Bytes { .. }, Held::Bytes { .. }) => too_many_bytes(column, &old, &new),
        (Held::Bytes { .. }, Held::Bits(_) | Held::Named(_) | Held::Geometry(_) | Held::Other(_)) => known(column),
        (Held::Bytes { .. }, _) => {
            // A statement that creates a table stops at values that can't be read as text.
            let is_no_text = Fit::Unless(format!("hex({column}) NOT REGEXP '{TEXT_IN_HEX}'"));
            is_no_text.and(of_text(&text, &Held::Text(LONG), &new))
        }
        (Held::Enum(old), Held::Enum(new)) => {
            let names = RenamedValues::between(&Pair::new(from.clone(), to.clone()));
            let renamed: Vec<String> = names.iter().map(|names| names.from.clone()).collect();
            let stays = |value: &&String| !renamed.contains(value);
            if old.iter().filter(stays).all(|value| new.contains(value)) {
                return Fit::Always;
            }
            // A text that its collation takes for the value becomes that value, however it is written.
            let kept: Vec<String> = new.iter().chain(&renamed).cloned().collect();
            Fit::Unless(format!("{column} NOT IN ({})", literals(&kept)))
        }
        (Held::Set(old), Held::Set(new)) => members(column, old, new, from),
        (Held::Enum(_) | Held::Set(_) | Held::Named(_), _) => of_text(&text, &Held::Text(old.text()), &new),
        (Held::Geometry(_), Held::Geometry(any)) if any == "geometry" => Fit::Always,
        (Held::Geometry(_), Held::Geometry(kind)) => {
            Fit::Unless(format!("st_geometrytype({column}) <> '{}'", kind.to_ascii_uppercase()))
        }
        (Held::Bits(_) | Held::Geometry(_) | Held::Other(_), _) => known(column),
    }
}

/// A text of any length.
pub(super) const LONG: Text = Text { characters: None, bytes: None, padded: false };

/// Bytes that are a text in UTF-8, two digits each.
const TEXT_IN_HEX: &str = "^([0-7].|(C[2-9A-F]|D.)[89AB].|E.([89AB].){2}|F[0-4]([89AB].){3})*+$";

/// Requires that there is no value, where nobody knows what one would become.
pub(super) fn known(column: &str) -> Fit {
    Fit::Unless(format!("{column} IS NOT NULL"))
}

/// Refuses numbers that another type can't hold, or holds with fewer digits.
pub(super) fn of_number(number: &str, old: &Held, new: &Held) -> Fit {
    let own = Number::new(number, old);
    match new {
        Held::Whole(least, most) => all(vec![own.fraction(0), own.outside(*least, *most.min(&own.most_read()))]),
        Held::Year if *old == Held::Year => Fit::Always,
        // One or two digits are a year of this century or the last.
        Held::Year => {
            let no_year = format!("{number} <> 0 AND {number} NOT BETWEEN 1901 AND 2155");
            all(vec![Some(no_year), own.fraction(0)])
        }
        Held::Bits(bits) => all(vec![own.fraction(0), own.outside(0, (1 << bits.min(&64)) - 1)]),
        Held::Decimal(digits, scale, unsigned) => {
            all(vec![own.fraction(*scale), own.too_great(digits.saturating_sub(*scale)), own.below_zero(*unsigned)])
        }
        Held::Real { double, digits, unsigned } => {
            let word = if *double { "double" } else { "float" };
            let rounded = digits.map(|(digits, scale)| {
                let limit = digits.saturating_sub(scale);
                format!("cast(round({number}, {scale}) AS {word}) <> {number} OR abs({number}) >= 1e{limit}")
            });
            all(vec![own.inexact(*double), rounded, own.below_zero(*unsigned)])
        }
        // Six digits would be a year of this century or the last.
        Held::Date => Fit::Unless(format!("{} OR {number} < 10000101", no_moment(number, "date"))),
        Held::Datetime(_) | Held::Timestamp(_) => {
            Fit::Unless(format!("{} OR {number} < 10000101", no_moment(number, "datetime")))
        }
        // MariaDB takes any number for an hour, or for none.
        Held::Time(_) => all(vec![
            Some(format!("{number} NOT BETWEEN -8385959 AND 8385959")),
            Some(format!("mod({number}, 100) NOT BETWEEN -59 AND 59")),
            Some(format!("mod(truncate({number} / 100, 0), 100) NOT BETWEEN -59 AND 59")),
            own.fraction(0),
        ]),
        Held::Text(_) | Held::Bytes { .. } | Held::Json | Held::Enum(_) | Held::Set(_) => {
            // As a text, a number of single precision shows six digits.
            let shown = own.is_single().then(|| format!("cast(cast({number} AS char) AS float) <> {number}"));
            Fit::unless(shown).and(of_text(&format!("cast({number} AS char)"), &Held::Text(old.text()), new))
        }
        Held::Named(_) | Held::Geometry(_) | Held::Other(_) => known(number),
    }
}

fn all(conditions: Vec<Option<String>>) -> Fit {
    let found: Vec<String> = conditions.into_iter().flatten().collect();
    Fit::unless((!found.is_empty()).then(|| found.join(" OR ")))
}

/// A number and what it can be.
struct Number<'a> {
    number: &'a str,
    old: &'a Held,
    /// The least and the greatest, as far as they are known.
    reach: Option<(i128, i128)>,
}

impl<'a> Number<'a> {
    fn new(number: &'a str, old: &'a Held) -> Self {
        let reach = match old {
            Held::Whole(least, most) => Some((*least, *most)),
            Held::Year => Some((0, 2155)),
            Held::Decimal(digits, scale, unsigned) => {
                let most = 10_i128.checked_pow(digits.saturating_sub(*scale)).map(|limit| limit - 1);
                most.map(|most| (if *unsigned { 0 } else { -most }, most))
            }
            Held::Bits(_)
            | Held::Real { .. }
            | Held::Text(_)
            | Held::Bytes { .. }
            | Held::Date
            | Held::Time(_)
            | Held::Datetime(_)
            | Held::Timestamp(_)
            | Held::Json
            | Held::Enum(_)
            | Held::Set(_)
            | Held::Named(_)
            | Held::Geometry(_)
            | Held::Other(_) => None,
        };
        Self { number, old, reach }
    }

    fn is_single(&self) -> bool {
        matches!(self.old, Held::Real { double: false, .. })
    }

    fn outside(&self, least: i128, most: i128) -> Option<String> {
        let fits = self.reach.is_some_and(|(from, to)| least <= from && to <= most);
        (!fits).then(|| format!("{} NOT BETWEEN {least} AND {most}", self.number))
    }

    fn below_zero(&self, unsigned: bool) -> Option<String> {
        let fits = !unsigned || self.reach.is_some_and(|(least, _)| least >= 0);
        (!fits).then(|| format!("{} < 0", self.number))
    }

    /// Returns the greatest whole number that the servers read: without strict mode, MySQL cuts decimals at the end of
    /// the numbers with a sign, and both servers do so to floating point numbers.
    fn most_read(&self) -> i128 {
        if matches!(self.old, Held::Whole(..) | Held::Year) { i128::MAX } else { MOST_READ }
    }

    /// Returns the condition that a number has more digits before the point than there is room for, or `None` if none
    /// can.
    fn too_great(&self, digits: u32) -> Option<String> {
        let most = 10_i128.checked_pow(digits).map(|limit| limit - 1);
        let fits = most.zip(self.reach).is_some_and(|(most, (from, to))| -most <= from && to <= most);
        // The least whole number has no opposite.
        let is_whole = matches!(self.old, Held::Whole(..));
        let beyond = |number: &str| match is_whole {
            true => format!("({number} >= 1e{digits} OR {number} <= -1e{digits})"),
            false => format!("abs({number}) >= 1e{digits}"),
        };
        (!fits).then(|| beyond(self.number))
    }

    /// Returns the condition that a number has more digits after the point than are kept, or `None` if none can.
    fn fraction(&self, scale: u32) -> Option<String> {
        let number = self.number;
        match self.old {
            Held::Whole(..) | Held::Year => None,
            Held::Decimal(_, own, _) if *own <= scale => None,
            // It shows fewer digits than it has.
            _ if self.is_single() => Some(format!("cast(round({number}, {scale}) AS float) <> {number}")),
            Held::Bits(_)
            | Held::Decimal(..)
            | Held::Real { .. }
            | Held::Text(_)
            | Held::Bytes { .. }
            | Held::Date
            | Held::Time(_)
            | Held::Datetime(_)
            | Held::Timestamp(_)
            | Held::Json
            | Held::Enum(_)
            | Held::Set(_)
            | Held::Named(_)
            | Held::Geometry(_)
            | Held::Other(_) => Some(format!("{number} <> round({number}, {scale})")),
        }
    }

    /// Returns the condition that a number has more digits than a floating point number can tell apart, or `None` if
    /// none can.
    fn inexact(&self, double: bool) -> Option<String> {
        let number = self.number;
        let (exact, word, shown) = if double { (1_i128 << 53, "double", 15) } else { (1 << 24, "float", 6) };
        match self.old {
            Held::Whole(..) | Held::Year => self.outside(-exact, exact),
            Held::Decimal(digits, ..) if *digits <= shown => None,
            // What is shown of one has only the digits that it can tell apart.
            Held::Decimal(..) => {
                Some(format!("cast(cast(cast({number} AS {word}) AS char) AS decimal(65,30)) <> {number}"))
            }
            _ if double || self.is_single() => None,
            Held::Bits(_)
            | Held::Real { .. }
            | Held::Text(_)
            | Held::Bytes { .. }
            | Held::Date
            | Held::Time(_)
            | Held::Datetime(_)
            | Held::Timestamp(_)
            | Held::Json
            | Held::Enum(_)
            | Held::Set(_)
            | Held::Named(_)
            | Held::Geometry(_)
            | Held::Other(_) => Some(format!("cast({number} AS {word}) <> {number}")),
        }
    }
}

/// Refuses days and hours that another type can't hold.
fn of_moment(column: &str, old: &Held, new: &Held) -> Fit {
    let digits = |held: &Held| match held {
        Held::Time(digits) | Held::Datetime(digits) | Held::Timestamp(digits) => *digits,
        Held::Whole(..)
        | Held::Year
        | Held::Bits(_)
        | Held::Decimal(..)
        | Held::Real { .. }
        | Held::Text(_)
        | Held::Bytes { .. }
        | Held::Date
        | Held::Json
        | Held::Enum(_)
        | Held::Set(_)
        | Held::Named(_)
        | Held::Geometry(_)
        | Held::Other(_) => 0,
    };
    let cut = |word: &str| {
        let (old, new) = (digits(old), digits(new));
        // MySQL has no value for the last moment of all, rounded.
        Fit::unless((old > new).then(|| format!("NOT ({column} <=> cast({column} AS {word}({new})))")))
    };
    match (old, new) {
        // As a number, a moment has fourteen digits, and a floating point number no room for more.
        (Held::Datetime(1..) | Held::Timestamp(1..), Held::Real { .. }) => {
            let number = format!("({column} + 0)");
            let whole = Fit::Unless(format!("{number} <> floor({number})"));
            whole.and(of_number(&number, &Held::Real { double: true, digits: None, unsigned: false }, new))
        }
        (_, Held::Whole(..) | Held::Year | Held::Decimal(..) | Held::Real { .. }) => {
            of_number(&format!("({column} + 0)"), &Held::Real { double: true, digits: None, unsigned: false }, new)
        }
        (Held::Time(_), Held::Time(_)) => cut("time"),
        // The day would be lost, or today's would be made up.
        (Held::Time(_), Held::Date | Held::Datetime(_) | Held::Timestamp(_)) | (_, Held::Time(_)) => known(column),
        (Held::Datetime(_) | Held::Timestamp(_), Held::Date) => Fit::Unless(format!("{column} <> date({column})")),
        (Held::Date, Held::Datetime(_)) => Fit::Always,
        (_, Held::Datetime(_)) => cut("datetime"),
        (Held::Timestamp(_), Held::Timestamp(_)) => cut("datetime"),
        // The moment must be in the years that the type covers, and not in an hour that was skipped.
        (_, Held::Timestamp(_)) => {
            cut("datetime").and(Fit::Unless(format!("NOT (from_unixtime(unix_timestamp({column})) <=> {column})")))
        }
        (_, Held::Text(_) | Held::Bytes { .. } | Held::Json | Held::Enum(_) | Held::Set(_)) => {
            of_text(&format!("cast({column} AS char)"), &Held::Text(old.text()), new)
        }
        (_, _) => known(column),
    }
}

/// Refuses sets with a dropped member, compared as their collation does.
fn members(column: &str, old: &[String], new: &[String], from: &Column) -> Fit {
    let compared = |value: &String| match &from.collation {
        Some(collation) => collated(&text_literal(value), collation),
        None => text_literal(value),
    };
    let lost: Vec<String> = old
        .iter()
        .filter(|value| !new.contains(value))
        .map(|value| {
            let holds = format!("find_in_set({}, {column})", text_literal(value));
            // Another case of letters may be the same.
            let is_like = |other: &String| other.to_lowercase() == value.to_lowercase();
            match new.iter().any(is_like) {
                true => format!("({holds} AND {} NOT IN ({}))", compared(value), literals(new)),
                false => holds,
            }
        })
        .collect();
    Fit::unless((!lost.is_empty()).then(|| lost.join(" OR ")))
}

pub(super) fn no_moment(column: &str, kind: &str) -> String {
    // A day without a month is no NULL yet.
    let known =
        if kind == "time" { format!("cast({column} AS time)") } else { format!("to_days(cast({column} AS {kind}))") };
    format!("{known} IS NULL AND {column} IS NOT NULL")
}

/// Refuses bytes that a type of a limited size can't hold, or fills up.
pub(super) fn too_many_bytes(column: &str, from: &Held, to: &Held) -> Fit {
    let Held::Bytes { most, padded } = to else { return Fit::Always };
    if *padded {
        return Fit::Unless(format!("length({column}) <> {most}"));
    }
    let widest = match from {
        Held::Bytes { most, .. } => Some(*most),
        Held::Text(Text { characters: Some(characters), .. }) => Some(4 * characters),
        Held::Text(text) => text.bytes,
        Held::Whole(..)
        | Held::Year
        | Held::Bits(_)
        | Held::Decimal(..)
        | Held::Real { .. }
        | Held::Date
        | Held::Time(_)
        | Held::Datetime(_)
        | Held::Timestamp(_)
        | Held::Json
        | Held::Enum(_)
        | Held::Set(_)
        | Held::Named(_)
        | Held::Geometry(_)
        | Held::Other(_) => None,
    };
    let fits = widest.is_some_and(|widest| widest <= *most);
    Fit::unless((!fits).then(|| format!("length({column}) > {most}")))
}

/// Refuses texts that are too long: in characters where the new type states a length, in bytes where it has a size.
pub(super) fn too_long(column: &str, from: &Text, to: &Text) -> Fit {
    let blanks = Fit::unless((to.padded && !from.padded).then(|| format!("{column} LIKE '% '")));
    let cut = if let Some(most) = to.characters {
        let fits = from.characters.is_some_and(|length| length <= most);
        Fit::unless((!fits).then(|| format!("char_length({column}) > {most}")))
    } else if let Some(most) = to.bytes {
        let widest = from.characters.map(|length| 4 * length).or(from.bytes);
        let fits = widest.is_some_and(|widest| widest <= most);
        Fit::unless((!fits).then(|| format!("length({column}) > {most}")))
    } else {
        Fit::Always
    };
    cut.and(blanks)
}
