//! Types and values of enumerated types in expressions, and how to rename them.

use std::ops::Range;

use crate::model::{Expr, Pair, TableName};
use crate::sql::NamedType;
use crate::sql::postgres::{tokens, unquoted};
use crate::sql::{Kind, Token};

/// Renames one type wherever an expression casts to it.
pub(crate) fn rename_type(expr: &Expr, names: &Pair<TableName>) -> Expr {
    let renamed = |sql: &str| {
        let found = casts(sql).into_iter().filter(|cast| cast.name == names.from);
        let words = NamedType { name: names.to.clone(), is_array: false }.words();
        replaced(sql, found.map(|cast| (cast.span, words.clone())))
    };
    Expr { sql: renamed(&expr.sql), canonical: renamed(&expr.canonical) }
}

/// Renames one value of an enumerated type in an expression.
pub(crate) fn rename_enum_value(expr: &Expr, name: &TableName, values: &Pair<String>) -> Expr {
    let of_type = |sql: &str| {
        let casts = casts(sql).into_iter().filter(|cast| cast.name == *name);
        let found = casts
            .filter_map(|cast| renamed_literal(&sql[cast.literal.clone()?], values).map(|new| (cast.literal, new)));
        found.filter_map(|(span, new)| Some((span?, new))).collect::<Vec<_>>()
    };
    let found = of_type(&expr.sql);
    if found.is_empty() {
        return expr.clone();
    }
    // What is compared may have lost its casts.
    let canonical = literals(&expr.canonical)
        .into_iter()
        .filter_map(|span| renamed_literal(&expr.canonical[span.clone()], values).map(|new| (span, new)));
    Expr { canonical: replaced(&expr.canonical, canonical), sql: replaced(&expr.sql, found.into_iter()) }
}

/// Renames a value in every literal that is this value, or an array that contains it.
pub(crate) fn rename_literals(sql: &str, values: &Pair<String>) -> String {
    let found = literals(sql).into_iter().filter_map(|span| Some((span.clone(), renamed_literal(&sql[span], values)?)));
    replaced(sql, found)
}

/// Checks whether a text mentions a value as a literal, or as an element of an array literal.
pub(crate) fn mentions(sql: &str, value: &str) -> bool {
    let values = Pair::new(value.to_owned(), String::new());
    literals(sql).into_iter().any(|span| renamed_literal(&sql[span], &values).is_some())
}

/// Returns a literal with the new name, if it is this value or an array that contains it.
fn renamed_literal(literal: &str, values: &Pair<String>) -> Option<String> {
    let inner = literal.strip_prefix('\'')?.strip_suffix('\'')?.replace("''", "'");
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
    if inner == values.from {
        return Some(quoted(&values.to));
    }
    let elements = inner.strip_prefix('{')?.strip_suffix('}')?;
    let is_value = |element: &str| element.trim().trim_matches('"') == values.from;
    if !elements.split(',').any(is_value) {
        return None;
    }
    let named = |element: &str| if is_value(element) { values.to.clone() } else { element.to_owned() };
    Some(quoted(&format!("{{{}}}", elements.split(',').map(named).collect::<Vec<_>>().join(","))))
}

/// A cast to a named type.
struct Cast {
    /// The type.
    name: TableName,
    /// The bytes of its name.
    span: Range<usize>,
    /// The bytes of the literal that is cast, if it is one.
    literal: Option<Range<usize>>,
}

fn casts(sql: &str) -> Vec<Cast> {
    let tokens = tokens(sql).unwrap_or_default();
    let text = |at: usize| tokens.get(at).map(|token| &sql[token.span.clone()]).unwrap_or_default();
    let is_name = |at: usize| tokens.get(at).is_some_and(|token: &Token| token.kind.is_name());
    let mut found = Vec::new();
    for at in 1..tokens.len() {
        let (first, before) = (at + 1, at - 1);
        // In an expression only CAST has AS.
        if (text(at) != "::" && !text(at).eq_ignore_ascii_case("as")) || !is_name(first) {
            continue;
        }
        let literal = (tokens[before].kind == Kind::Text).then(|| tokens[before].span.clone());
        let (name, last) = if text(first + 1) == "." && is_name(first + 2) {
            (TableName::in_schema(unquoted(text(first)), unquoted(text(first + 2))), first + 2)
        } else {
            (TableName::new(unquoted(text(first))), first)
        };
        found.push(Cast { name, span: tokens[first].span.start..tokens[last].span.end, literal });
    }
    found
}

fn literals(sql: &str) -> Vec<Range<usize>> {
    let tokens = tokens(sql).unwrap_or_default();
    tokens.into_iter().filter(|token| token.kind == Kind::Text).map(|token| token.span).collect()
}

/// Returns the text with some of its parts replaced. The parts come in order.
fn replaced(sql: &str, parts: impl Iterator<Item = (Range<usize>, String)>) -> String {
    let mut text = String::with_capacity(sql.len());
    let mut done = 0;
    for (span, new) in parts {
        text.push_str(&sql[done..span.start]);
        text.push_str(&new);
        done = span.end;
    }
    text.push_str(&sql[done..]);
    text
}

/// Checks whether an expression may give one of its values the type of a column: by a cast to that type, a function's
/// parameter, a choice, a list, or an operator between two integers of one type.
pub(crate) fn gives_type(sql: &str, words: &[String; 2]) -> bool {
    const CHOICES: [&str; 6] = ["case", "array", "coalesce", "greatest", "least", "nullif"];
    const CONNECTIVES: [&str; 12] =
        ["and", "or", "not", "in", "any", "all", "is", "when", "then", "else", "between", "varying"];
    let Some(tokens) = tokens(sql) else { return true };
    let text = |at: usize| tokens.get(at).map_or("", |token| &sql[token.span.clone()]);
    let is_one_of = |at: usize, known: &[&str]| known.iter().any(|known| text(at).eq_ignore_ascii_case(known));
    // Functions of texts take any text for what it is.
    let are_texts = words.iter().all(|word| word == "text" || word == "character");
    tokens.iter().enumerate().any(|(at, token)| match token.kind {
        // PostgreSQL itself converts any text to `text` where it must, and leaves that out where it needn't.
        Kind::Operator | Kind::Mark if text(at) == "::" => {
            words.iter().any(|word| text(at + 1) == word && !(are_texts && word == "text"))
        }
        Kind::Operator | Kind::Mark => matches!(text(at), "%" | "&" | "|" | "#"),
        Kind::Word if is_one_of(at, &CHOICES) => true,
        Kind::Word => !are_texts && text(at + 1) == "(" && !is_one_of(at, &CONNECTIVES),
        Kind::Quoted | Kind::Text | Kind::Number => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(sql: &str) -> String {
        rename_enum_value(&Expr::new(sql), &TableName::new("mood"), &Pair::new("sad".into(), "it's".into())).sql
    }

    #[test]
    fn a_value_is_renamed_where_it_is_of_the_type() {
        assert_eq!(value("'sad'::mood"), "'it''s'::mood");
        assert_eq!(value("(a = 'sad'::\"mood\") OR (b = 'sad'::text)"), "(a = 'it''s'::\"mood\") OR (b = 'sad'::text)");
        assert_eq!(value("'{glad,sad}'::mood[]"), "'{glad,it''s}'::mood[]");
        assert_eq!(value("'sad'::other.mood"), "'sad'::other.mood");
    }

    #[test]
    fn a_type_is_renamed_wherever_something_is_cast_to_it() {
        let names = Pair::new(TableName::new("mood"), TableName::in_schema("x", "Mood"));
        let renamed = rename_type(&Expr::new("mood = 'mood'::mood AND m <@ '{}'::mood[]"), &names);
        assert_eq!(renamed.sql, "mood = 'mood'::x.\"Mood\" AND m <@ '{}'::x.\"Mood\"[]");
    }

    #[test]
    fn only_whole_values_are_mentioned() {
        assert!(mentions("mood IN ('sad', 'x')", "sad") && mentions("'{a, sad}'", "sad"));
        assert!(!mentions("note = 'sadly'", "sad") && !mentions("sad", "sad"));
    }
}
