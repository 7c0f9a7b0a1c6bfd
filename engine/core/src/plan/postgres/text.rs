//! Which texts PostgreSQL reads as values of another type, and what it leaves out of them without a word.
//!
//! A value without a cast of its own passes through its text too. A cast then cuts, fills or rounds what an assignment
//! would refuse: `'abcdef'::bit(4)`, and a domain over `varchar(3)`.

use crate::plan::stricter::Fit;

use super::convert::{of_real, range};
use super::held::{DIGITS, Held};

/// A text that is a number.
const NUMBER: &str = r"^\s*[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]+)?\s*$";

/// A text that is a time of day, without a day or a zone, which would be left out.
const TIME: &str = r"^\s*[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.][0-9]{0,6}0*)?)?\s*([aApP][mM])?\s*$";

/// A text that stands for whatever moment it is read at, or that has more digits than a moment.
const NO_MOMENT: &str = r"(now|today|tomorrow|yesterday|[.][0-9]{6}[0-9]*[1-9])";

/// Refuses texts that aren't what a type wants, or are more than it holds.
pub(super) fn of_text(text: &str, old: &Held, new: &Held) -> Fit {
    match new {
        Held::Text(None) | Held::Citext | Held::Bytes => Fit::Always,
        Held::Text(Some(most)) | Held::Padded(Some(most)) => {
            let fits = length(old).is_some_and(|length| length <= *most);
            let cut = Fit::unless((!fits).then(|| format!("char_length({text}) > {most}")));
            cut.and(blanks(text, old, new))
        }
        Held::Padded(None) => blanks(text, old, new),
        Held::Whole(bytes) => {
            let (min, max) = range(*bytes);
            unless_read(text, r"^\s*[-+]?[0-9]+\s*$", &format!("{text}::numeric NOT BETWEEN {min} AND {max}"))
        }
        Held::Numeric(None) => Fit::Unless(format!("{text} !~ '{NUMBER}'")),
        Held::Numeric(_) | Held::Float | Held::Double => {
            let number = of_real(&format!("{text}::numeric"), &Held::Numeric(None), new);
            unless_read(text, NUMBER, number.condition().unwrap_or("false"))
        }
        Held::Bool => {
            let words = "'t', 'true', 'y', 'yes', 'on', '1', 'f', 'false', 'n', 'no', 'off', '0'";
            Fit::Unless(format!("lower(btrim({text})) NOT IN ({words})"))
        }
        Held::Uuid => Fit::Unless(format!("replace(btrim({text}, '{{}}'), '-', '') !~ '^[0-9a-fA-F]{{32}}$'")),
        Held::Date | Held::Timestamp(_) | Held::Timestamptz(_) | Held::Time(_) | Held::Interval(_) => {
            of_moment(text, new)
        }
        Held::Bits { length: Some(most), varies } => {
            let least = if *varies { "0," } else { "" };
            Fit::Unless(format!("rtrim({text}) !~ '^[01]{{{least}{most}}}$'"))
        }
        Held::Array(element) => match of_text("\"v\"", &Held::Text(None), element) {
            Fit::Unless(condition) => {
                Fit::Unless(format!("EXISTS (SELECT 1 FROM unnest({text}::text[]) AS \"v\" WHERE {condition})"))
            }
            Fit::Always | Fit::Untold => Fit::Untold,
        },
        Held::Other(words) => of_other(text, words),
        Held::Json | Held::Jsonb | Held::Bits { length: None, .. } => Fit::Untold,
    }
}

/// Refuses texts of which a moment, a time of day or an interval would hold only a part.
fn of_moment(text: &str, new: &Held) -> Fit {
    let cut = |word: &str, digits: u32| {
        Fit::unless((digits < DIGITS).then(|| format!("{text}::{word} <> {text}::{word}({digits})")))
    };
    let read = Fit::Unless(format!("{text} ~* '{NO_MOMENT}'"));
    match new {
        Held::Date => read.and(Fit::Unless(format!("{text}::timestamp <> {text}::date"))),
        Held::Timestamp(digits) => {
            // A zone would be left out.
            let zone =
                r":[0-9.]+\s*([-+](?!00(:?00)?\s*$)[0-9:]+|(?!([ap]m|z|utc|gmt|bc|ad)\s*$)[a-z][a-z0-9/_+-]*)\s*$";
            read.and(Fit::Unless(format!("{text} ~* '{zone}'"))).and(cut("timestamp", *digits))
        }
        Held::Timestamptz(digits) => read.and(cut("timestamptz", *digits)),
        Held::Time(digits) => unless_read(text, TIME, cut("time", *digits).condition().unwrap_or("false")),
        Held::Interval(words) if !words.is_empty() => {
            Fit::Unless(format!("{text}::interval::text <> {text}::{words}::text"))
        }
        Held::Bool
        | Held::Whole(_)
        | Held::Float
        | Held::Double
        | Held::Numeric(_)
        | Held::Text(_)
        | Held::Padded(_)
        | Held::Citext
        | Held::Bytes
        | Held::Interval(_)
        | Held::Json
        | Held::Jsonb
        | Held::Uuid
        | Held::Bits { .. }
        | Held::Array(_)
        | Held::Other(_) => Fit::Untold,
    }
}

/// Refuses texts that a type with a name of its own would cut off, and numbers that it would change. Other texts it
/// may spell in its own way.
fn of_other(text: &str, words: &str) -> Fit {
    let there = format!("{text}::{words}::text");
    Fit::Unless(format!(
        "CASE WHEN {text} ~ '{NUMBER}' AND {there} ~ '{NUMBER}' THEN {text}::numeric <> {there}::numeric \
         ELSE {text} <> {there} AND starts_with({text}, {there}) END"
    ))
}

/// Returns how many characters a text has at most, where its type says so.
fn length(held: &Held) -> Option<u32> {
    match held {
        Held::Text(length) | Held::Padded(length) => *length,
        Held::Bool
        | Held::Whole(_)
        | Held::Float
        | Held::Double
        | Held::Numeric(_)
        | Held::Citext
        | Held::Bytes
        | Held::Date
        | Held::Time(_)
        | Held::Timestamp(_)
        | Held::Timestamptz(_)
        | Held::Interval(_)
        | Held::Json
        | Held::Jsonb
        | Held::Uuid
        | Held::Bits { .. }
        | Held::Array(_)
        | Held::Other(_) => None,
    }
}

/// Refuses texts that don't match the pattern, because they can't be read. Converts only texts that match, to test
/// the condition.
fn unless_read(text: &str, pattern: &str, condition: &str) -> Fit {
    Fit::Unless(format!("CASE WHEN {text} !~ '{pattern}' THEN true ELSE {condition} END"))
}

/// Refuses blanks at the end, which a padded text doesn't keep.
fn blanks(text: &str, old: &Held, new: &Held) -> Fit {
    let loses = matches!(new, Held::Padded(_)) && !matches!(old, Held::Padded(_));
    Fit::unless(loses.then(|| format!("{text} LIKE '% '")))
}
