//! One spelling for expressions that are known to be the same without asking the database. The result is still SQL,
//! because the database may be asked about it.

use crate::dialect::Dialect;
use crate::model::{Column, DataType, TableOptions};
use crate::sql::Kind;
use crate::sql::brackets;
use crate::sql::postgres::{tokens, unquoted};

use crate::sql::postgres::identifier;

/// Returns an expression with words in lower case, names quoted only where they need it, single spaces, and without
/// brackets around the whole.
pub(crate) fn canonical(sql: &str) -> String {
    match pieces(sql) {
        Some(pieces) => joined(brackets::without_outer(&pieces)),
        None => sql.split_whitespace().collect::<Vec<_>>().join(" "),
    }
}

/// Returns a default in the form that comparisons use. A literal loses the cast to the column's own type, which
/// PostgreSQL adds or not as it likes. Returns `None` for NULL, which every column has anyway.
pub(crate) fn canonical_default(sql: &str, column: &Column) -> Option<String> {
    let Some(pieces) = pieces(sql) else { return Some(canonical(sql)) };
    let pieces = brackets::without_outer(&pieces);
    let Some((literal, cast)) = literal(pieces) else { return Some(joined(pieces)) };
    if literal.eq_ignore_ascii_case("null") {
        return None;
    }
    let own_type = column.sql_type.clone();
    let own_type = own_type.or_else(|| Dialect::Postgres.spelling(&column.data_type, &TableOptions::default()));
    // The column's Rust type says nothing about a type that the definition states in words.
    let own_meaning = match &column.sql_type {
        Some(word) => Dialect::Postgres.data_type(word),
        None => column.data_type.clone(),
    };
    let is_own = |cast: &[String]| {
        let cast = joined(cast);
        let same = |a, b| Dialect::Postgres.same_type(a, b, &TableOptions::default(), false);
        own_type.as_deref() == Some(cast.as_str()) || same(&own_meaning, &Dialect::Postgres.data_type(&cast))
    };
    let fits = cast.is_none_or(&is_own);
    let value = match own_meaning {
        DataType::TinyInt | DataType::SmallInt | DataType::Integer | DataType::BigInt | DataType::Unsigned(_) => {
            let is_whole = |data_type| matches!(data_type, DataType::SmallInt | DataType::Integer | DataType::BigInt);
            let bare = inside_quotes(&literal).trim();
            let number = bare.parse::<i64>().ok().map(|number| number.to_string());
            number.filter(|_| cast.is_none_or(|cast| is_whole(Dialect::Postgres.data_type(&joined(cast)))))
        }
        DataType::Bool if fits => match inside_quotes(&literal).to_ascii_lowercase().as_str() {
            "t" | "true" => Some("true".to_owned()),
            "f" | "false" => Some("false".to_owned()),
            _ => None,
        },
        DataType::Numeric(_) | DataType::Float | DataType::Double if fits => {
            // Digits after the point are kept as they are: `1.50` shows as such.
            let bare = inside_quotes(&literal).trim();
            bare.parse::<f64>().is_ok_and(f64::is_finite).then(|| bare.to_owned())
        }
        DataType::Bool
        | DataType::Numeric(_)
        | DataType::Float
        | DataType::Double
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
        | DataType::Interval
        | DataType::Array(..)
        | DataType::Other(_) => (literal.starts_with('\'') && fits).then_some(literal),
    };
    Some(value.unwrap_or_else(|| joined(pieces)))
}

/// Returns a literal and the type that it is cast to, if an expression is nothing else. A negative number is a
/// literal.
fn literal(pieces: &[String]) -> Option<(String, Option<&[String]>)> {
    let is_number = |piece: &str| piece.starts_with(|first: char| first.is_ascii_digit() || first == '.');
    let (value, rest) = match pieces {
        [sign, number, rest @ ..] if sign == "-" && is_number(number) => (format!("-{number}"), rest),
        [open, sign, number, close, rest @ ..] if open == "(" && sign == "-" && is_number(number) && close == ")" => {
            (format!("-{number}"), rest)
        }
        [open, value, close, rest @ ..] if open == "(" && close == ")" => (value.clone(), rest),
        [value, rest @ ..] => (value.clone(), rest),
        [] => return None,
    };
    let is_word = matches!(value.as_str(), "true" | "false" | "null");
    if !(is_word || value.starts_with('\'') || is_number(value.trim_start_matches('-'))) {
        return None;
    }
    match rest {
        [] => Some((value, None)),
        // `-1::smallint` is minus (1::smallint), which is the same number.
        [cast, of_type @ ..] if cast == "::" && !of_type.is_empty() => {
            let is_type = |piece: &String| {
                piece.starts_with(|first: char| first.is_alphanumeric() || "_\"().,[]".contains(first))
            };
            of_type.iter().all(is_type).then_some((value, Some(of_type)))
        }
        _ => None,
    }
}

fn inside_quotes(literal: &str) -> &str {
    literal.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')).unwrap_or(literal)
}

/// Returns the tokens, each in one spelling.
fn pieces(sql: &str) -> Option<Vec<String>> {
    let tokens = tokens(sql)?;
    let mut pieces: Vec<String> = Vec::with_capacity(tokens.len());
    for token in tokens {
        let text = &sql[token.span];
        let piece = match token.kind {
            Kind::Word => text.to_ascii_lowercase(),
            Kind::Quoted if text.starts_with('"') => identifier(&unquoted(text)),
            Kind::Operator if text == "!=" => "<>".to_owned(),
            Kind::Quoted | Kind::Text | Kind::Number | Kind::Mark | Kind::Operator => text.to_owned(),
        };
        pieces.push(piece);
        take_now(&mut pieces);
    }
    Some(pieces)
}

/// Replaces `now()` with the standard's CURRENT_TIMESTAMP.
fn take_now(pieces: &mut Vec<String>) {
    let Some(start) = pieces.len().checked_sub(3) else { return };
    let [name, open, close] = &pieces[start..] else { return };
    let is_now = matches!(name.as_str(), "now" | "transaction_timestamp") && open == "(" && close == ")";
    let is_qualified = start.checked_sub(1).is_some_and(|before| pieces[before] == ".");
    if is_now && !is_qualified {
        pieces.truncate(start);
        pieces.push("current_timestamp".to_owned());
    }
}

fn joined(pieces: &[String]) -> String {
    let mut text = String::new();
    for (at, piece) in pieces.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| pieces[before].as_str());
        if before.is_some_and(|before| is_spaced(before, piece)) {
            text.push(' ');
        }
        text.push_str(piece);
    }
    text
}

fn is_spaced(before: &str, piece: &str) -> bool {
    let is_name = |piece: &str| {
        piece.starts_with(|first: char| first.is_alphabetic() || first == '_' || first == '"')
            && !matches!(piece, "and" | "or" | "not" | "in" | "case" | "when" | "then" | "else" | "is" | "between")
    };
    match (before, piece) {
        ("(" | "[" | "." | "::", _) | (_, ")" | "]" | "," | "." | "::" | "[") => false,
        (before, "(") => !is_name(before),
        _ => true,
    }
}
