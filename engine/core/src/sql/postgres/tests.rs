//! Expressions that are one and that aren't, in pairs, and what a rename does to them.

use super::*;
use crate::model::{Column, DataType};

#[test]
fn spellings_of_one_expression() {
    for (a, b) in [
        ("a>0", "((A >  0))"),
        ("\"a\" > 0 -- so", "a > 0"),
        ("(a) AND (b)", "( a )and( b )"),
        ("now()", "CURRENT_TIMESTAMP"),
        ("a != 1", "a<>1"),
        ("f (a , b)", "F(a,b)"),
        ("a :: int [ ]", "a::int[]"),
    ] {
        assert_eq!(canonical(a), canonical(b), "{a} and {b}");
    }
}

#[test]
fn expressions_that_differ() {
    for (a, b) in [
        ("\"A\" > 0", "a > 0"),
        ("\"user\" = 'x'", "user = 'x'"),
        ("a = 'X'", "a = 'x'"),
        ("(a OR b) AND c", "a OR b AND c"),
        ("(a) > (b)", "a) > (b"),
        ("(1, 2)", "1, 2"),
        ("mine.now()", "now()"),
        ("É > 0", "é > 0"),
    ] {
        assert_ne!(canonical(a), canonical(b), "{a} and {b}");
    }
}

#[test]
fn what_is_no_expression_keeps_its_words() {
    assert_eq!(canonical("'open \n string"), "'open string");
    assert_eq!(canonical(""), "");
}

#[test]
fn defaults_of_one_value() {
    let varchar = DataType::Varchar(Some(9));
    for (data_type, a, b) in [
        (varchar.clone(), "'x'", "'x'::character varying"),
        (varchar, "('x')", "'x'::text"),
        (DataType::BigInt, "0", "'0'::bigint"),
        (DataType::SmallInt, "-1", "'-1'::integer"),
        (DataType::Integer, "- 1", "(-1)"),
        (DataType::Bool, "FALSE", "'f'::boolean"),
        (DataType::Numeric(Some((9, 2))), "-0.5", "'-0.5'::numeric"),
        (DataType::Double, "0", "'0'::double precision"),
        (DataType::Jsonb, "'{}'", "'{}'::jsonb"),
        (DataType::Array(Box::new(DataType::Text), true), "'{}'", "'{}'::text[]"),
        (DataType::Timestamptz, "now()", "CURRENT_TIMESTAMP"),
    ] {
        let column = Column::new("c", data_type);
        assert_eq!(canonical_default(a, &column), canonical_default(b, &column), "{a} and {b}");
    }
    let mut own = Column::new("c", DataType::Other("Mood".into()));
    own.sql_type = Some("\"Mood\"".into());
    assert_eq!(canonical_default("'sad'::\"Mood\"", &own).as_deref(), Some("'sad'"));
}

#[test]
fn defaults_that_differ() {
    for (data_type, a, b) in [
        (DataType::Text, "'a'", "'A'"),
        (DataType::Text, "'1'", "'01'"),
        (DataType::Text, "''", "NULL"),
        (DataType::Integer, "1", "'1'::text || ''"),
        (DataType::Bool, "'t'::boolean AND false", "true"),
        (DataType::Timestamp, "'2020-01-01'", "'2020-01-01'::date"),
        (DataType::Jsonb, "'{\"a\": 1, \"a\": 2}'", "'{\"a\": 1, \"a\": 2}'::json"),
    ] {
        let column = Column::new("c", data_type);
        assert_ne!(canonical_default(a, &column), canonical_default(b, &column), "{a} and {b}");
    }
    assert_eq!(canonical_default("(NULL)::character varying", &Column::new("c", DataType::Text)), None);
}

#[test]
fn names_in_expressions() {
    for (sql, columns) in [
        (r#"length("the name") > Key AND "and" <> 'a'"#, &["and", "key", "the name"][..]),
        (r#"t.b = s.t.c COLLATE "C" AND CAST(e AS numeric(f, 1)) > 0"#, &["b", "c", "e"]),
        ("a::timestamp without time zone AT TIME ZONE zone", &["a", "zone"]),
        ("extract(year FROM made) > 2000 AND day >= date '2020-01-01'", &["day", "made"]),
        ("x::\"My Type\"[] && ARRAY[y] AND (pair).left_part IS NOT UNKNOWN", &["pair", "x", "y"]),
        ("a BETWEEN b AND c OR d LIKE 'x' ESCAPE '!' OR e IS NULL", &["a", "b", "c", "d", "e"]),
        ("CASE WHEN h THEN CURRENT_DATE ELSE i::double precision END -- j", &["h", "i"]),
        ("a OPERATOR(pg_catalog.=) b", &["a", "b"]),
        ("'open", &[]),
    ] {
        assert_eq!(columns_in(sql).iter().map(String::as_str).collect::<Vec<_>>(), columns, "{sql}");
    }
}

#[test]
fn renaming_touches_nothing_but_columns() {
    let renames = [("a", "b"), ("b", "a"), ("x y", "plain"), ("c", "The C"), ("d", "order")]
        .map(|(old, new)| (old.to_owned(), new.to_owned()))
        .into();
    for (before, after) in [
        ("A + b", "b + a"),
        ("a(a) || 'a' /* a */", "a(b) || 'a' /* a */"),
        ("a.a > \"x y\"", "a.b > plain"),
        ("c COLLATE \"c\"", "\"The C\" COLLATE \"c\""),
        ("CAST(a AS a)", "CAST(b AS a)"),
        ("a::a", "b::a"),
        ("ab  +\r\n d", "ab  +\r\n \"order\""),
        ("é || a", "é || b"),
    ] {
        assert_eq!(rename_in(before, &renames), after);
    }
}
