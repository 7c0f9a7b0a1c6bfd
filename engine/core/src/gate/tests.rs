//! What the gate takes and refuses, by example.

use super::Grammar;
use crate::dialect::Dialect;

#[track_caller]
fn refused(grammar: Grammar, dialect: Dialect, texts: &[&str]) {
    for text in texts {
        assert!(grammar.judge(text, dialect).is_err(), "{dialect}: {text}");
    }
}

#[track_caller]
fn taken(grammar: Grammar, dialects: &[Dialect], texts: &[&str]) {
    for dialect in dialects {
        for text in texts {
            assert_eq!(grammar.judge(text, *dialect), Ok(()), "{dialect}: {text}");
        }
    }
}

#[test]
fn expressions_are_taken() {
    let everywhere = [
        "0",
        "-1.5e3",
        "'it''s; -- not a comment'",
        "now()",
        "length(a) > 0 and a is not null",
        "(a, b) = (1, 2)",
        "case when a > 0 then 'x' else 'y' end",
        "coalesce(a, (select max(b) from c where d = 1 limit 1))",
        "a in (1, 2, 3)",
        "a between 1 and 2",
        "x'00ff'",
    ];
    taken(Grammar::Expression, Dialect::ALL, &everywhere);
    taken(
        Grammar::Expression,
        &[Dialect::Postgres],
        &[
            "a IS DISTINCT FROM b",
            "'{1,2}'::int[]",
            "E'it\\'s'",
            "$$;$$",
            "ARRAY[1, 2]",
            "a COLLATE \"C\"",
            "extract(year from a)",
        ],
    );
    taken(Grammar::Expression, &[Dialect::Sqlite], &["[odd; name] || \"x\"", "a->>'$.b'", "a GLOB '*[^0-9]*'"]);
    taken(Grammar::Expression, &[Dialect::Mysql], &["`a;b` <=> 1", "'a\\\\'", "_utf8mb4'x' regexp '^a'"]);
}

#[test]
fn more_or_less_than_an_expression_is_refused() {
    let everywhere = [
        "",
        " ",
        "1; DELETE FROM assets",
        "n > 0); DELETE FROM assets; --",
        "1) , (2",
        "1, 2",
        "1, drop column a",
        "'open",
        "\"open",
        "(1",
        "1 -- comment",
        "1 /* comment */",
        "/* open",
        "1 FROM assets",
        "1 WHERE 1 = 1",
        "1 REFERENCES assets (id)",
        "1 UNION SELECT 2",
        "a\0b",
    ];
    for dialect in Dialect::ALL {
        refused(Grammar::Expression, *dialect, &everywhere);
    }
    refused(Grammar::Expression, Dialect::Mysql, &["/*! 1 */", "1 # comment", "'\\'; DROP TABLE a; -- '", "/*M! 1 */"]);
    refused(Grammar::Expression, Dialect::Postgres, &["$a$ open", "'\\'; COMMIT; -- '", "(1]", "E'\\'"]);
    refused(Grammar::Expression, Dialect::Sqlite, &["[open", "`open"]);
    let deep = format!("{}1{}", "(".repeat(500), ")".repeat(500));
    refused(Grammar::Expression, Dialect::Sqlite, &[&deep, &"1+".repeat(100_000)]);
}

#[test]
fn types_are_taken() {
    taken(
        Grammar::Type,
        Dialect::ALL,
        &["int", "varchar(40)", "DECIMAL(10, 2)", "double precision", "unsigned big int"],
    );
    taken(
        Grammar::Type,
        &[Dialect::Postgres],
        &[
            "timestamp(3) with time zone",
            "\"my schema\".\"my type\"",
            "text[]",
            "int[3][4]",
            "interval day to second(3)",
            "numeric(3, -2)",
            "geometry(Point, 4326)",
            "public.citext",
            "bit varying(5)",
            "national character varying(4)",
        ],
    );
    taken(
        Grammar::Type,
        &[Dialect::Mysql],
        &[
            "enum('a','it''s')",
            "set('a', 'b;c')",
            "int(10) unsigned zerofill",
            "varchar(4) character set latin1",
            "point SRID 4326",
        ],
    );
}

#[test]
fn more_or_less_than_a_type_is_refused() {
    let everywhere = [
        "",
        "int; COMMIT; DELETE FROM assets; --",
        "int, x int",
        "int) ; drop table a; --",
        "int default 5",
        "int not null",
        "int references assets (id)",
        "int check (1)",
        "int primary key",
        "(int)",
        "int -- so",
        "varchar((4))",
        "'int'",
        "int as (1)",
    ];
    for dialect in Dialect::ALL {
        refused(Grammar::Type, *dialect, &everywhere);
    }
    refused(Grammar::Type, Dialect::Mysql, &["int /*! , drop column a */", "int auto_increment", "enum('a\\')"]);
}

#[test]
fn words_names_and_operators() {
    taken(Grammar::Word, Dialect::ALL, &["InnoDB", "utf8mb4_bin", "1a"]);
    refused(Grammar::Word, Dialect::Mysql, &["", "a b", "x;", "é", "a=1", "a`"]);
    taken(Grammar::Name, Dialect::ALL, &["a", "we\"ird", "line\nbreak", "'; drop"]);
    refused(Grammar::Name, Dialect::Sqlite, &["", "a\0"]);
    taken(Grammar::Operator, &[Dialect::Postgres], &["&&", "=", "<->", "operator(public.&&)", "OPERATOR(=)"]);
    refused(Grammar::Operator, Dialect::Postgres, &["", "&& ) x", "and", "=;", "'='", "operator((=))"]);
    taken(Grammar::OperatorClass, &[Dialect::Postgres], &["gin_trgm_ops", "a.\"B\"", "gist_trgm_ops(siglen = 32)"]);
    refused(Grammar::OperatorClass, Dialect::Postgres, &["a)", "a; b", "a(1", "a, b"]);
}
