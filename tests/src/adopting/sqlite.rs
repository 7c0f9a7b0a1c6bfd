//! What SQLite can hold.

use super::words::{Class, Comments, Kind, Words, Writer, kind, loose};
use crate::property::Draw;

/// The statements of a random database.
pub(super) fn database(draw: &mut Draw<'_>) -> Vec<String> {
    let tables = 1 + draw.below(4);
    let mut writer = Writer::new(&WORDS, draw);
    for _ in 0..tables {
        writer.add_table();
    }
    writer.statements
}

const NUMBERS: &[&str] = &["0", "-7", "1.5", "(1 + 1)", "0x10", "1e3", "(abs(-3))", "NULL", "TRUE", "+4"];
const TEXTS: &[&str] =
    &["'x'", "'it''s'", "''", "(lower('ABC'))", "('a' || 'b')", "'line\nbreak \\ 😀'", "CURRENT_TIMESTAMP"];
const MOMENTS: &[&str] =
    &["CURRENT_TIMESTAMP", "CURRENT_DATE", "'2024-02-29 12:00:00'", "(datetime('now', '+1 day'))", "0"];

const KINDS: &[Kind] = &[
    kind("INTEGER", Class::Number, NUMBERS),
    kind("INT", Class::Number, NUMBERS),
    kind("BIGINT", Class::Number, NUMBERS),
    kind("TINYINT(1)", Class::Number, NUMBERS),
    kind("UNSIGNED BIG INT", Class::Number, NUMBERS),
    kind("boolean", Class::Number, &["0", "1", "true", "FALSE"]),
    kind("TEXT", Class::Text, TEXTS),
    kind("VARCHAR(20)", Class::Text, TEXTS),
    kind("varchar", Class::Text, TEXTS),
    kind("NVARCHAR(10)", Class::Text, TEXTS),
    kind("CHAR ( 8 )", Class::Text, TEXTS),
    kind("REAL", Class::Number, NUMBERS),
    kind("DOUBLE PRECISION", Class::Number, NUMBERS),
    kind("DECIMAL(10, 2)", Class::Number, NUMBERS),
    kind("NUMERIC", Class::Number, NUMBERS),
    kind("BLOB", Class::Other, &["X''", "X'00ff'", "x'AB'", "(zeroblob(2))"]),
    kind("DATE", Class::Moment, MOMENTS),
    kind("DATETIME", Class::Moment, MOMENTS),
    kind("TIMESTAMP", Class::Moment, MOMENTS),
    kind("TIMESTAMPTZ", Class::Moment, MOMENTS),
    kind("TIME", Class::Moment, &["CURRENT_TIME", "'08:00'"]),
    kind("JSON", Class::Other, &["'{}'"]),
    kind("JSONB", Class::Other, &[]),
    kind("UUID", Class::Text, TEXTS),
    kind("GEOMETRY", Class::Other, &[]),
    kind("my own type", Class::Other, &["'x'"]),
];

const STRICT: &[Kind] = &[
    kind("INTEGER", Class::Number, &["0", "(1 + 1)"]),
    kind("INT", Class::Number, &["1"]),
    kind("REAL", Class::Number, &["1.5"]),
    kind("TEXT", Class::Text, TEXTS),
    kind("BLOB", Class::Other, &["X'00'"]),
    loose("ANY", Class::Other, &["'x'", "1"]),
];

const WORDS: Words = Words {
    quote: '"',
    options: &[
        ("", KINDS),
        ("", KINDS),
        ("", KINDS),
        (" STRICT", STRICT),
        (" WITHOUT ROWID", KINDS),
        (" STRICT, WITHOUT ROWID", STRICT),
    ],
    keys: &[
        ("INTEGER PRIMARY KEY", "INTEGER"),
        ("INTEGER NOT NULL PRIMARY KEY", "INTEGER"),
        ("INTEGER PRIMARY KEY AUTOINCREMENT", "INTEGER"),
        ("TEXT NOT NULL PRIMARY KEY", "TEXT"),
        ("TEXT PRIMARY KEY", "TEXT"),
        ("INT NOT NULL PRIMARY KEY", "INT"),
        ("TEXT NOT NULL PRIMARY KEY COLLATE NOCASE", "TEXT"),
        ("BLOB NOT NULL PRIMARY KEY", "BLOB"),
    ],
    key_rules: &["PRIMARY KEY (#)"],
    keys_take_null: true,
    collations: &["NOCASE", "rtrim", "BINARY"],
    numbered: &[],
    generated: &[
        (Class::Text, "INTEGER GENERATED ALWAYS AS (length(#)) STORED", Class::Number),
        (Class::Text, "TEXT AS (upper(#) || '!')", Class::Text),
        (Class::Number, "INTEGER GENERATED ALWAYS AS (# * 2) VIRTUAL", Class::Number),
        (Class::Number, "TEXT NOT NULL AS (coalesce(#, 'none')) STORED", Class::Text),
    ],
    column_rules: &[
        (Class::Any, "UNIQUE"),
        (Class::Number, "CHECK (# > 0)"),
        (Class::Number, "CONSTRAINT % CHECK (# BETWEEN 0 AND 99)"),
        (Class::Text, "CHECK (length(#) > 2 OR # IN ('a', 'b'))"),
        (Class::Text, "CONSTRAINT % UNIQUE"),
    ],
    rules: &[
        (Class::Any, "UNIQUE (#, @)"),
        (Class::Any, "CHECK (# IS NOT NULL OR @ IS NULL)"),
        (Class::Number, "CONSTRAINT % CHECK (# <> 13)"),
        (Class::Text, "CHECK (# NOT LIKE 'x_' AND # <> 'it''s')"),
        (Class::Text, "CHECK (CASE WHEN # IS NULL THEN 1 ELSE length(#) END > 0)"),
    ],
    statements: &[
        (Class::Any, "CREATE INDEX % ON ~ (#)"),
        (Class::Any, "CREATE UNIQUE INDEX % ON ~ (#)"),
        (Class::Any, "CREATE INDEX % ON ~ (# DESC, @)"),
        (Class::Any, "CREATE UNIQUE INDEX % ON ~ (#, @)"),
        (Class::Any, "CREATE UNIQUE INDEX % ON ~ (# DESC) WHERE @ IS NOT NULL"),
        (Class::Text, "CREATE INDEX % ON ~ (lower(#))"),
        (Class::Text, "CREATE UNIQUE INDEX % ON ~ (# COLLATE NOCASE)"),
        (Class::Text, "CREATE INDEX % ON ~ (substr(#, 1, 3) COLLATE rtrim DESC, @) WHERE # <> 'a' AND @ > 3"),
        (Class::Number, "CREATE INDEX % ON ~ (# + 1, @) WHERE # > 0"),
    ],
    references: &["FOREIGN KEY (#) REFERENCES @", "CONSTRAINT % FOREIGN KEY (#) REFERENCES @"],
    actions: &[
        "",
        " ON DELETE CASCADE",
        " ON DELETE SET NULL ON UPDATE CASCADE",
        " ON DELETE RESTRICT",
        " ON UPDATE SET DEFAULT",
        " DEFERRABLE INITIALLY DEFERRED",
        " ON DELETE NO ACTION DEFERRABLE",
    ],
    comments: Comments::None,
    schemas: &[],
};
