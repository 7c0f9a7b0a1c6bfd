//! What MariaDB and MySQL can hold.

use super::words::{Class, Comments, Kind, Words, Writer, kind, loose};
use crate::property::Draw;
use crate::server::Server;

/// What MySQL doesn't take, and what stands there instead.
const INSTEAD: [(&str, &str); 4] =
    [(" PERSISTENT", " STORED"), (" ENGINE=Aria", ""), ("` inet6", "` varbinary(16)"), ("` uuid", "` char(36)")];

/// The statements of a random database.
pub(super) fn database(server: Server, draw: &mut Draw<'_>) -> Vec<String> {
    let tables = 1 + draw.below(4);
    let mut writer = Writer::new(&WORDS, draw);
    for _ in 0..tables {
        writer.add_table();
    }
    if server == Server::Mysql {
        for statement in &mut writer.statements {
            INSTEAD.iter().for_each(|(old, new)| *statement = statement.replace(old, new));
        }
    }
    writer.statements
}

const NUMBERS: &[&str] = &["0", "-7", "(1 + 1)", "(abs(-3))", "NULL"];
const COUNTS: &[&str] = &["0", "7", "(1 + 1)"];
const TEXTS: &[&str] = &["'x'", "'it''s'", "''", "(lower('ABC'))", "(concat('a', 'b'))", "'line\\nbreak \\\\ é'"];

const KINDS: &[Kind] = &[
    kind("int", Class::Number, NUMBERS),
    kind("int(5)", Class::Number, NUMBERS),
    kind("bigint", Class::Number, NUMBERS),
    kind("smallint", Class::Number, NUMBERS),
    kind("mediumint", Class::Number, NUMBERS),
    kind("tinyint", Class::Number, NUMBERS),
    kind("tinyint(1)", Class::Number, &["0", "1", "true"]),
    kind("boolean", Class::Number, &["false"]),
    kind("int unsigned", Class::Number, COUNTS),
    kind("bigint unsigned", Class::Number, COUNTS),
    kind("tinyint unsigned", Class::Number, COUNTS),
    kind("int(8) unsigned zerofill", Class::Number, COUNTS),
    kind("decimal(10,2)", Class::Number, &["1.50", "0"]),
    kind("decimal", Class::Number, &["1"]),
    kind("float", Class::Number, &["0.5"]),
    kind("double", Class::Number, &["1.5"]),
    kind("float unsigned", Class::Number, &["0.5"]),
    kind("double unsigned", Class::Number, &["0.5"]),
    kind("mediumint unsigned", Class::Number, COUNTS),
    kind("decimal(10,2) unsigned", Class::Number, &["1.50"]),
    kind("varchar(20)", Class::Text, TEXTS),
    kind("char(8)", Class::Text, &["'y'"]),
    kind("char(36)", Class::Text, &["(uuid())"]),
    loose("text", Class::Text, TEXTS),
    loose("tinytext", Class::Text, &["'a'"]),
    loose("mediumtext", Class::Text, &[]),
    loose("longtext", Class::Text, &["'a'"]),
    loose("blob", Class::Other, &[]),
    loose("longblob", Class::Other, &[]),
    kind("binary(16)", Class::Other, &[]),
    kind("varbinary(20)", Class::Other, &["'a'"]),
    kind("bit(4)", Class::Other, &["b'101'"]),
    kind("date", Class::Moment, &["'2024-02-29'", "(curdate())"]),
    kind("datetime", Class::Moment, &["CURRENT_TIMESTAMP", "'2024-02-29 12:00:00'"]),
    kind("datetime(6)", Class::Moment, &["CURRENT_TIMESTAMP(6)"]),
    kind("timestamp", Class::Moment, &["CURRENT_TIMESTAMP", "'2024-02-29 12:00:00'"]),
    kind("time", Class::Moment, &["'08:00:00'"]),
    loose("timestamp NULL ON UPDATE current_timestamp()", Class::Other, &["current_timestamp()"]),
    loose("datetime(3) ON UPDATE current_timestamp(3)", Class::Other, &[]),
    kind("year", Class::Other, &["2024"]),
    loose("json", Class::Other, &["'{}'"]),
    kind("enum('a','b c','it''s')", Class::Other, &["'a'"]),
    kind("set('x','y')", Class::Other, &["'x,y'"]),
    loose("point", Class::Other, &[]),
    kind("inet6", Class::Other, &[]),
    kind("uuid", Class::Other, &["(uuid())"]),
];

const WORDS: Words = Words {
    quote: '`',
    options: &[
        ("", KINDS),
        ("", KINDS),
        (" ENGINE=InnoDB", KINDS),
        (" ENGINE=Aria", KINDS),
        (" ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=4", KINDS),
        (" ENGINE=InnoDB ROW_FORMAT=DYNAMIC", KINDS),
        (" COLLATE=latin1_bin", KINDS),
        (" ENGINE=MyISAM DEFAULT CHARSET=utf8mb3", KINDS),
    ],
    keys: &[
        ("int AUTO_INCREMENT PRIMARY KEY", "int"),
        ("bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY", "bigint unsigned"),
        ("int PRIMARY KEY", "int"),
        ("varchar(40) PRIMARY KEY", "varchar(40)"),
        ("char(36) NOT NULL PRIMARY KEY", "char(36)"),
        ("binary(16) PRIMARY KEY", "binary(16)"),
    ],
    key_rules: &["PRIMARY KEY (#)", "CONSTRAINT `whatever` PRIMARY KEY (#)"],
    keys_take_null: false,
    collations: &["utf8mb4_bin", "utf8mb4_unicode_ci", "ascii_general_ci", "latin1_swedish_ci"],
    numbered: &[],
    generated: &[
        (Class::Text, "int GENERATED ALWAYS AS (char_length(#)) STORED", Class::Number),
        (Class::Text, "varchar(40) AS (upper(left(#, 10))) VIRTUAL", Class::Text),
        (Class::Number, "bigint AS (# * 2) PERSISTENT", Class::Number),
        (Class::Number, "varchar(40) AS (concat(#, '!'))", Class::Text),
    ],
    column_rules: &[
        (Class::Any, "UNIQUE"),
        (Class::Number, "CHECK (# > 0)"),
        (Class::Text, "CHECK (char_length(#) > 2 OR # IN ('a', 'b'))"),
        (Class::Text, "CHECK (# REGEXP '^[a-z]+$')"),
        (Class::Number, "CHECK (# BETWEEN 0 AND 99 AND # MOD 2 = 0)"),
    ],
    rules: &[
        (Class::Any, "UNIQUE (#, @)"),
        (Class::Any, "UNIQUE KEY % (#)"),
        (Class::Any, "KEY % (#, @)"),
        (Class::Any, "INDEX (#)"),
        (Class::Any, "CHECK (# IS NOT NULL OR @ IS NULL)"),
        (Class::Number, "CONSTRAINT % CHECK (# <> 13)"),
        (Class::Text, "CHECK (# NOT LIKE 'x_' AND # <> 'it''s')"),
        (Class::Text, "KEY % (#(5))"),
        (Class::Text, "UNIQUE KEY % (#(3), @)"),
        (Class::Text, "FULLTEXT KEY % (#)"),
    ],
    statements: &[
        (Class::Any, "CREATE INDEX % ON ~ (#)"),
        (Class::Any, "CREATE UNIQUE INDEX % ON ~ (#)"),
        (Class::Any, "CREATE INDEX % ON ~ (# DESC, @)"),
        (Class::Any, "CREATE UNIQUE INDEX % ON ~ (# DESC)"),
    ],
    references: &["FOREIGN KEY (#) REFERENCES @", "CONSTRAINT % FOREIGN KEY (#) REFERENCES @"],
    actions: &[
        "",
        " ON DELETE CASCADE",
        " ON DELETE SET NULL ON UPDATE CASCADE",
        " ON DELETE RESTRICT",
        " ON DELETE NO ACTION",
    ],
    comments: Comments::Inline,
    schemas: &[],
};
