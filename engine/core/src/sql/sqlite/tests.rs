//! Expressions that are one and that aren't, in pairs, and what a rename does to them.

use std::collections::BTreeMap;

use super::tree::with_expression;
use super::*;
use crate::database::Database;
use crate::dialect::Dialect;
use crate::model::Expr;
use crate::sql::rename_columns;

#[test]
fn spellings_of_one_expression() {
    for (a, b) in [
        ("a > 0", "((A) >\n 0) -- so"),
        ("a > 0 AND b > 0", "(a > 0) and /* both */ (\"B\" > 0)"),
        ("a AND b AND c", "a AND (b AND c)"),
        ("a <> 1 AND b = 2", "a != 1 AND b == 2"),
        ("a IS NULL", "a ISNULL"),
        ("a IS NULL", "a IS NOT DISTINCT FROM NULL"),
        ("a IS NOT NULL", "NOT a IS NULL"),
        ("a IS NOT NULL", "a NOT NULL"),
        ("a NOT LIKE 'x%'", "NOT (a LIKE 'x%')"),
        ("a NOT IN (1, 2)", "not A in (1,2)"),
        ("a NOT BETWEEN 1 AND 2", "NOT (a BETWEEN (1) AND (2))"),
        ("length(a) > 0", "LENGTH ( [a] ) > 0"),
        ("t.a > 0", "main.\"T\".a > 0"),
        ("flag = 1", "flag = TRUE"),
        ("a * b + c", "(a * b) + c"),
        ("- a", "-(a)"),
        ("-1", "- 1"),
        ("+1", "1"),
        ("0x10", "16"),
        ("1_000", "1000"),
        ("1.50", "1.5"),
        ("x'AB'", "X'ab'"),
        ("CAST(a AS varchar (9))", "cast(A as VARCHAR(9))"),
        ("a COLLATE nocase = 'x'", "(a COLLATE \"NOCASE\") = 'x'"),
        ("CASE WHEN a THEN 1 END", "case when (a) then 1 else NULL end"),
        ("current_timestamp", "datetime('NOW')"),
        ("CURRENT_DATE", "date()"),
        ("a -> '$.b'", "a->'$.b'"),
        ("replace(a, 'x', 'y')", "REPLACE(a,'x','y')"),
    ] {
        assert_eq!(canonical(a), canonical(b));
    }
}

#[test]
fn expressions_that_differ() {
    for (a, b) in [
        ("(a OR b) AND c", "a OR b AND c"),
        ("a - (b - c)", "a - b - c"),
        ("(a + b) * c", "a + b * c"),
        ("NOT (a = b)", "(NOT a) = b"),
        ("a = (b = c)", "a = b = c"),
        ("-(a COLLATE nocase)", "-a + 0"),
        ("'A'", "'a'"),
        ("'a'", "a"),
        ("'a b'", "'a  b'"),
        ("1", "1.0"),
        ("1", "'1'"),
        ("a IS TRUE", "a IS 1"),
        ("a IN (1, 2)", "a IN (1)"),
        ("a LIKE 'x'", "a GLOB 'x'"),
        ("a LIKE 'x'", "a LIKE 'x' ESCAPE '!'"),
        ("datetime('now')", "datetime('now', 'localtime')"),
        ("a || b || c", "a || (b || c)"),
        ("+a = 'x'", "a = 'x'"),
        ("\"É\"", "\"é\""),
        ("a IS NULL", "a IS NOT NULL"),
        ("CASE a WHEN 1 THEN 2 END", "CASE WHEN 1 THEN 2 END"),
    ] {
        assert_ne!(canonical(a), canonical(b));
    }
}

#[test]
fn a_canonical_expression_is_its_own_canonical_form() {
    for sql in [
        "((a OR b) AND NOT c) = (NOT a) IS NOT NULL",
        "- (-a) || ~b COLLATE nocase",
        "a = NOT b",
        "(a, b) = (1, 2)",
        "NOT NOT a",
        "(a BETWEEN 1 AND 2) BETWEEN (b AND c) AND NOT 1",
        "a LIKE (b = c) ESCAPE (d || '')",
        "CASE (a) WHEN b = 1 THEN (1) ELSE (2 + 3) * 4 END",
        "\"we\"\"ird name\" > 0",
        "a - (b + c) - (d % 2)",
        "(a IS NULL) IS NULL",
    ] {
        let once = canonical(sql);
        assert_eq!(canonical(&once), once, "{sql}");
    }
    assert_eq!(canonical("a - (b + c) - (d % 2)"), r#""a" - ("b" + "c") - "d" % 2"#);
    assert_eq!(canonical("- (-a) || ~b COLLATE nocase"), r#"-(-"a") || ~"b" COLLATE nocase"#);
}

/// Random expressions, the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }

    fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }

    fn expression(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self
                .pick(&["a", "B", "\"c\"", "0", "1", "2.5", "-3", "'x'", "'2'", "NULL", "TRUE", "false"])
                .to_owned();
        }
        let kind = self.below(10);
        let mut part = || self.expression(depth - 1);
        let (x, y, z) = (part(), part(), part());
        match kind {
            0 => format!("({x})"),
            1 => format!("{} {x}", self.pick(&["NOT", "-", "+", "~"])),
            2 => format!("{x} {}", self.pick(&["IS NULL", "NOTNULL", "COLLATE nocase"])),
            3 => format!("{x} {} BETWEEN {y} AND {z}", self.pick(&["", "NOT"])),
            4 => format!("{x} {} IN ({y}, {z})", self.pick(&["", "NOT"])),
            5 => format!("{x} {} ({y})", self.pick(&["LIKE", "NOT LIKE", "GLOB", "IS", "IS NOT", "IS DISTINCT FROM"])),
            6 => format!("CASE {x} WHEN {y} THEN {z} END"),
            _ => {
                let operator = self.pick(&[
                    "AND", "OR", "=", "<>", "<", ">=", "+", "-", "*", "/", "%", "||", "&", "<<", "IS", "IS NOT",
                ]);
                format!("{x} {operator} {y}")
            }
        }
    }
}

#[test]
fn a_canonical_expression_means_what_its_text_meant() {
    let mut database = Database::scratch(Dialect::Sqlite).expect("a scratch database");
    database
        .execute(
            "CREATE TABLE t (a INT, b TEXT COLLATE nocase, c REAL);
             INSERT INTO t VALUES (1, 'X', 2.5), (NULL, '2', 0.0), (-3, NULL, NULL);
             CREATE TABLE differs (found CHECK (NOT found))",
        )
        .expect("rows");
    let mut random = Random(7);
    let mut accepted = 0;
    for depth in (0..3_000).map(|round| round % 5) {
        let sql = random.expression(depth);
        // Not everything that can be put together is SQL.
        if database.execute(&format!("SELECT {sql} FROM t")).is_err() {
            continue;
        }
        accepted += 1;
        assert!(with_expression(&sql, |_| ()).is_some(), "{sql} was not understood");
        let canonical = canonical(&sql);
        // The check stops a pair of values that differ.
        let compare = format!("INSERT INTO differs SELECT quote({sql}) IS NOT quote({canonical}) FROM t");
        database.execute(&compare).unwrap_or_else(|error| panic!("{sql}\n{canonical}\n{error}"));
    }
    assert!(accepted > 2_000, "{accepted}");
}

#[test]
fn what_is_no_expression_keeps_its_words() {
    assert_eq!(canonical("a  >\n --so\n ? :b"), "a > ? :b");
    assert_eq!(canonical("a IN  (SELECT 1)"), "a IN ( SELECT 1 )");
    assert_eq!(canonical("'open \n string"), "'open string");
    assert_eq!(canonical(""), "");
}

#[test]
fn names_in_expressions() {
    let sql = r#"length("the name") > key AND "and" <> 'a' AND t.B = [c d] COLLATE nocase AND CAST(e AS decimal(f, 1))
        AND like(g, 1) LIKE true AND CASE WHEN h THEN CURRENT_DATE END -- i"#;
    let columns = columns_in(sql);
    assert_eq!(
        columns.iter().map(String::as_str).collect::<Vec<_>>(),
        ["B", "and", "c d", "e", "g", "h", "key", "the name"]
    );
    assert!(columns_in("'open").is_empty());
}

#[test]
fn renaming_touches_nothing_but_columns() {
    let renames: BTreeMap<String, String> =
        [("a", "b"), ("b", "a"), ("key", "the key"), ("x y", "plain"), ("nocase", "n")]
            .map(|(old, new)| (old.to_owned(), new.to_owned()))
            .into();
    for (before, after) in [
        ("A + b", "b + a"),
        ("a(a) || 'a' /* a */", "a(b) || 'a' /* a */"),
        ("a.a > [x y]", "a.b > \"plain\""),
        ("key COLLATE nocase", "\"the key\" COLLATE nocase"),
        ("`a`", "\"b\""),
        ("CAST(a AS a)", "CAST(b AS a)"),
        ("ab  +\r\n c", "ab  +\r\n c"),
        ("é || a", "é || b"),
    ] {
        assert_eq!(rename_in(before, &renames), after);
    }
    let to_keyword = [("a".to_owned(), "order".to_owned())].into();
    assert_eq!(rename_in("a", &to_keyword), "\"order\"");
}

#[test]
fn a_renamed_expression_compares_with_its_new_text() {
    let renames = [("a".to_owned(), "New One".to_owned())].into();
    let mut expr = Expr::new("(A > 0)");
    expr.canonical = canonical(&expr.sql);
    let renamed = rename_columns(Dialect::Sqlite, &expr, &renames);
    assert_eq!(renamed.sql, "(\"New One\" > 0)");
    assert_eq!(renamed.canonical, canonical(&renamed.sql));
}
