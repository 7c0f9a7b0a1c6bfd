//! Finds the texts that MariaDB and MySQL wouldn't read as the whole of a value of another type.

use crate::plan::stricter::Fit;
use crate::sql::mysql::text_literal;

use super::fit::{LONG, known, no_moment, of_number, too_long, too_many_bytes};
use super::held::Held;

/// Refuses texts that aren't a value of a type, or are a value that it can't hold.
pub(super) fn of_text(text: &str, old: &Held, new: &Held) -> Fit {
    let none = |pattern: &str| format!("{text} NOT REGEXP '{pattern}'");
    let number = format!("cast({text} AS decimal(65,30))");
    let own = if let Held::Text(own) = old { own } else { &LONG };
    match new {
        Held::Whole(least, most) => Fit::Unless(format!(
            "{} OR cast({text} AS decimal(65)) NOT BETWEEN {least} AND {}",
            none("^[-+]?[0-9]+$"),
            most.min(&MOST_READ)
        )),
        Held::Year => Fit::Unless(format!(
            "{} OR ({text} <> '0000' AND cast({text} AS decimal(65)) NOT BETWEEN 1901 AND 2155)",
            none("^[0-9]{4}$")
        )),
        Held::Decimal(..) => {
            let digits = of_number(&number, &Held::Decimal(65, 30, false), new);
            Fit::Unless(none(NUMBER)).and(digits)
        }
        Held::Real { double, .. } => {
            // Beyond these, a decimal has no room for all of its digits.
            let (most, great) = (if *double { "1.7e308" } else { "3.4e38" }, format!("abs(cast({text} AS double))"));
            let digits = of_number(&number, &Held::Decimal(65, 30, false), new);
            let digits = digits.condition().unwrap_or("false");
            Fit::Unless(none(NUMBER)).and(Fit::Unless(format!("if({great} < 1e34, {digits}, {great} > {most})")))
        }
        Held::Json => Fit::Unless(format!("NOT json_valid({text})")),
        Held::Date | Held::Time(_) | Held::Datetime(_) | Held::Timestamp(_) => of_moment(text, new),
        // A text is what is shown: another case of letters is another text.
        Held::Enum(listed) => Fit::Unless(format!("{} NOT IN ({})", as_bytes(text), literals(listed))),
        Held::Set(listed) => {
            let found: Vec<String> = listed
                .iter()
                .map(|value| format!("if(find_in_set({0}, {text}), {0}, NULL)", text_literal(value)))
                .collect();
            Fit::Unless(format!("{} <> concat_ws(',', {})", as_bytes(text), found.join(", ")))
        }
        Held::Text(limit) => too_long(text, own, limit),
        Held::Bytes { .. } => too_many_bytes(text, old, new),
        Held::Named(word) => Fit::Unless(format!("cast({text} AS {word}) IS NULL AND {text} IS NOT NULL")),
        Held::Bits(_) | Held::Geometry(_) | Held::Other(_) => known(text),
    }
}

/// Refuses texts that aren't the whole of a moment or of a time of day, which the servers find in nearly any text.
fn of_moment(text: &str, new: &Held) -> Fit {
    let none = |pattern: &str| Fit::Unless(format!("{text} NOT REGEXP '{pattern}'"));
    // In a condition MariaDB takes the casts of one text to two types for the same.
    let cut = |kind: &str, digits: u32| {
        let whole = format!("cast({text} AS {kind}(6))");
        Fit::unless((digits < 6).then(|| format!("NOT ({whole} <=> cast({whole} AS {kind}({digits})))")))
    };
    let hour = format!("cast(cast({text} AS datetime(6)) AS date) <> cast({text} AS datetime(6))");
    match new {
        Held::Date => none(MOMENT).and(Fit::Unless(no_moment(text, "date"))).and(Fit::Unless(hour)),
        Held::Time(digits) => {
            let most = format!("substring_index(trim(LEADING '-' FROM {text}), ':', 1) > 838");
            let read = none(TIME).and(Fit::Unless(no_moment(text, "time")));
            read.and(cut("time", *digits)).and(Fit::Unless(most))
        }
        Held::Datetime(digits) => {
            none(MOMENT).and(Fit::Unless(no_moment(text, "datetime"))).and(cut("datetime", *digits))
        }
        Held::Timestamp(digits) => {
            let reach = format!("NOT (from_unixtime(unix_timestamp({text})) <=> cast({text} AS datetime(6)))");
            let read = none(MOMENT).and(Fit::Unless(no_moment(text, "datetime")));
            read.and(cut("datetime", *digits)).and(Fit::Unless(reach))
        }
        Held::Whole(..)
        | Held::Year
        | Held::Bits(_)
        | Held::Decimal(..)
        | Held::Real { .. }
        | Held::Text(_)
        | Held::Bytes { .. }
        | Held::Json
        | Held::Enum(_)
        | Held::Set(_)
        | Held::Named(_)
        | Held::Geometry(_)
        | Held::Other(_) => Fit::Always,
    }
}

/// A text that is a day, perhaps with an hour. A zone would be left out.
const MOMENT: &str = "^([0-9]{8}|[0-9]{14}|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}\
                      ([ T][0-9]{1,2}:[0-9]{1,2}(:[0-9]{1,2}([.][0-9]{0,6}0*)?)?)?)$";

/// A text that is a time of day, without a day.
const TIME: &str = "^-?[0-9]{1,3}:[0-9]{1,2}(:[0-9]{1,2}([.][0-9]{0,6}0*)?)?$";

/// The end of the numbers with a sign. MariaDB reads texts no further.
pub(super) const MOST_READ: i128 = i64::MAX as i128;

/// A text that is a number.
const NUMBER: &str = "^[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]+)?$";

fn as_bytes(text: &str) -> String {
    format!("cast(convert({text} USING utf8mb4) AS binary)")
}

pub(super) fn literals(values: &[String]) -> String {
    values.iter().map(|value| text_literal(value)).collect::<Vec<_>>().join(", ")
}
