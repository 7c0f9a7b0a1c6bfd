//! Texts that nobody would write: whatever reads what an author wrote ends, without a panic, in an answer or an error.
//!
//! `PROPTEST_CASES=1000000 cargo test -p autogen --all-features --lib fuzz` looks for longer.

use std::fs;
use std::path::Path;

use proptest::prelude::*;

use crate::dialect::Dialect;
use crate::gate::Grammar;
use crate::history::Metadata;
use crate::scan;

/// What SQL's readers tell apart, and what hides it from them.
const SQL: [&str; 64] = [
    "'",
    "''",
    "\"",
    "`",
    "[",
    "]",
    "\\",
    "\\'",
    "$$",
    "$a$",
    "$1",
    "$",
    "E'",
    "U&'",
    "U&\"",
    "x'",
    "N'",
    "_utf8mb4'",
    "--",
    "-- ",
    "#",
    "/*",
    "*/",
    "/*!",
    "/*M!50000",
    "\n",
    "\r\n",
    "\r",
    "\t",
    "\u{b}",
    "\u{feff}",
    "\0",
    "é",
    "🦀",
    "\u{202e}",
    ";",
    ";;",
    "//",
    "\nDELIMITER //\n",
    "\ndelimiter ;\n",
    "\nDELIMITER",
    "(",
    ")",
    ",",
    ".",
    "..",
    "::",
    ":=",
    "->>",
    "@@",
    "0x",
    "1.5e-",
    "CREATE TRIGGER t BEFORE INSERT ON a BEGIN ",
    "CREATE OR REPLACE FUNCTION f() ",
    "BEGIN ATOMIC ",
    " END",
    "CASE ",
    "IF ",
    "LOOP ",
    " a ",
    " SELECT ",
    " OR ",
    " AND ",
    "a'b",
];

const RUST: [&str; 30] = [
    "autogen::table! {",
    "diesel::table! {",
    "}",
    "{",
    "(",
    ")",
    "t (id)",
    "#[default(sql = \"",
    "\")]",
    "#[sql_type = ",
    "\"x\"",
    "id -> ",
    "Integer",
    ",",
    "Nullable<",
    ">",
    "#[",
    "]",
    "/*",
    "*/",
    "//",
    "\n",
    "'",
    "r#\"",
    "\"#",
    "b\"",
    "é",
    "🦀",
    "#[cfg(feature = \"postgres\")]",
    "mod m;",
];

const TOML: [&str; 24] = [
    "run_in_transaction",
    " = ",
    "true",
    "false",
    "\n",
    "[autogen]",
    "plugin",
    "revises",
    "[",
    "]",
    "\"",
    "\"\"\"",
    "'",
    ",",
    "depends_on",
    "2026-11-21",
    "{",
    "}",
    ".",
    "#",
    "é",
    "\0",
    "renamed_values",
    "1",
];

fn of(fragments: &'static [&'static str]) -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select(fragments), 0..24).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn scripts_are_cut_into_what_they_are_made_of(sql in of(&SQL)) {
        for dialect in Dialect::ALL {
            let mut end = 0;
            for statement in dialect.statements(&sql) {
                prop_assert!(statement.span.start >= end && statement.span.end >= statement.span.start, "{dialect}");
                prop_assert!(sql.get(statement.span.clone()).is_some(), "{dialect}");
                end = statement.span.end;
            }
            let mut end = 0;
            for token in dialect.tokens(&sql).unwrap_or_default() {
                prop_assert!(token.span.start >= end && token.span.end > token.span.start, "{dialect}");
                prop_assert!(sql.get(token.span.clone()).is_some(), "{dialect}");
                end = token.span.end;
            }
        }
    }

    #[test]
    fn what_passes_the_gate_stays_in_its_statement(text in of(&SQL)) {
        for dialect in Dialect::ALL {
            if Grammar::Expression.judge(&text, *dialect).is_ok() {
                let within = format!("SELECT ({text})");
                prop_assert_eq!(dialect.statements(&within).len(), 1, "{}: {}", dialect, within);
                prop_assert!(dialect.tokens(&within).is_some(), "{}: {}", dialect, within);
            }
        }
    }

    #[test]
    fn metadata_is_read_or_refused(text in of(&TOML)) {
        let _read = Metadata::parse(Path::new("chain/1_a"), &text);
    }

    #[test]
    fn sources_are_read_or_refused(text in of(&RUST)) {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("lib.rs"), &text).expect("a file");
        let definitions = scan::read("p", &[folder.path().to_owned()], folder.path());
        for dialect in Dialect::ALL {
            scan::lower(std::slice::from_ref(&definitions), *dialect);
        }
    }
}
