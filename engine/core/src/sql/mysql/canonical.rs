//! One spelling for expressions that are known to be the same without asking the database. The result is still SQL,
//! because the database may be asked about it.

use crate::model::{Column, DataType};
use crate::sql::Kind;
use crate::sql::brackets;
use crate::sql::mysql::{text_literal, text_of, tokens, unquoted};

use super::columns::identifier;

/// Returns an expression with words in lower case, names quoted only where they need it, single spaces, and without
/// brackets around the whole.
pub(crate) fn canonical(sql: &str) -> String {
    match pieces(sql) {
        Some(pieces) => joined(brackets::without_outer(&pieces)),
        None => sql.split_whitespace().collect::<Vec<_>>().join(" "),
    }
}

/// Returns a default in the form that comparisons use, or `None` for NULL, which every column has anyway.
pub(crate) fn canonical_default(sql: &str, column: &Column) -> Option<String> {
    let Some(pieces) = pieces(sql) else { return Some(canonical(sql)) };
    let pieces = brackets::without_outer(&pieces);
    let literal = match pieces {
        [value] => value.clone(),
        [sign, number] if sign == "-" || sign == "+" => format!("{}{number}", sign.trim_start_matches('+')),
        _ => return Some(joined(pieces)),
    };
    let is_whole = match &column.data_type {
        DataType::Bool | DataType::TinyInt | DataType::SmallInt | DataType::Integer | DataType::BigInt => true,
        DataType::Unsigned(_) => true,
        // `mediumint`, `int(8) unsigned zerofill`. To a year, the text '0' is another value than the number, and '1970' isn't.
        DataType::Other(name) => {
            let word = name.split(['(', ' ']).next().unwrap_or_default().to_ascii_lowercase();
            ["tinyint", "smallint", "mediumint", "int", "bigint"].contains(&word.as_str())
                || (word == "year" && text_of(&literal).is_none_or(|text| text.len() == 4))
        }
        _ => false,
    };
    match literal.as_str() {
        "null" => return None,
        "true" => return Some("1".to_owned()),
        "false" => return Some("0".to_owned()),
        _ => {}
    }
    let bare = text_of(&literal).unwrap_or_else(|| literal.clone());
    match bare.trim().parse::<i128>() {
        Ok(number) if is_whole => Some(number.to_string()),
        Ok(_) | Err(_) => Some(literal),
    }
}

/// Returns the tokens, each in one spelling.
fn pieces(sql: &str) -> Option<Vec<String>> {
    let tokens = tokens(sql)?;
    let mut pieces: Vec<String> = Vec::with_capacity(tokens.len());
    for token in tokens {
        let text = &sql[token.span];
        pieces.push(match token.kind {
            Kind::Word => text.to_lowercase(),
            Kind::Quoted => identifier(&unquoted(text).to_lowercase()),
            Kind::Text => text_of(text).map_or_else(|| text.to_owned(), |text| text_literal(&text)),
            Kind::Operator if text == "!=" => "<>".to_owned(),
            Kind::Operator | Kind::Number | Kind::Mark => text.to_owned(),
        });
        take_now(&mut pieces);
    }
    Some(pieces)
}

/// Replaces all words for the current moment with one of them, and removes its empty brackets.
fn take_now(pieces: &mut Vec<String>) {
    if let [.., name, open, close] = pieces.as_mut_slice()
        && open == "("
        && close == ")"
        && matches!(name.as_str(), "now" | "current_timestamp" | "localtimestamp" | "localtime")
    {
        *name = "current_timestamp".to_owned();
        pieces.truncate(pieces.len() - 2);
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
    let is_function = |piece: &str| {
        let is_name = piece.starts_with(|first: char| first.is_alphabetic() || first == '_');
        // The server takes no space there either.
        is_name && (piece == "cast" || !super::columns::is_keyword(piece))
    };
    match (before, piece) {
        ("(" | "." | "@" | "@@", _) | (_, ")" | "," | "." | ";") => false,
        // A name directly before a bracket is a function in every `sql_mode`.
        (before, "(") => !is_function(before),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_that_are_one_become_one() {
        for (a, b) in [
            ("(`a` > 0)", "A>0"),
            ("`s` <> 'it\\'s' and `b` > 0", "s != 'it''s' AND b > 0"),
            ("COALESCE( a , `b` )", "coalesce(a,b)"),
            ("((a) in (1,2))", "(a) IN (1, 2)"),
        ] {
            assert_eq!(canonical(a), canonical(b));
        }
        assert_eq!(canonical("CAST( a AS char(9) )"), "cast(a as char (9))");
        assert_ne!(canonical("(a or b) and c"), canonical("a or b and c"));
        assert_eq!(canonical("`order` = 1"), "`order` = 1");
    }

    #[test]
    fn defaults_that_are_one_become_one() {
        let of = |sql: &str, data_type: DataType| canonical_default(sql, &Column::new("c", data_type));
        assert_eq!(of("TRUE", DataType::Bool).as_deref(), Some("1"));
        assert_eq!(of("'7'", DataType::Integer).as_deref(), Some("7"));
        assert_eq!(of("(-1)", DataType::Integer).as_deref(), Some("-1"));
        let filled = DataType::Other("int(8) unsigned zerofill".to_owned());
        assert_eq!(of("00000007", filled).as_deref(), Some("7"));
        assert_eq!(of("NULL", DataType::Text), None);
        assert_eq!(of("'NULL'", DataType::Text).as_deref(), Some("'NULL'"));
        assert_eq!(of("NOW()", DataType::Timestamp), of("current_timestamp()", DataType::Timestamp));
        assert_ne!(of("now(3)", DataType::Timestamp), of("now()", DataType::Timestamp));
    }
}
