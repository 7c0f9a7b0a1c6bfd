//! Texts that nobody would write. Whatever reads an author's text must end in an answer or an error, without a panic.
//!
//! `AUTOGEN_FUZZ_SECONDS=3600 cargo test --workspace --all-features --lib fuzz` tries texts for an hour each. A text that
//! went wrong is added to the corpus next to this file.

mod tests;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use autogen::sql::mysql::Catalog;
use autogen::sql::triggers::OwnTriggers;
use autogen::sql::{effects, postgres};
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::dialect::Dialect;
use crate::gate::Grammar;
use crate::history::Metadata;
use crate::host::Host;
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

/// Returns texts that once were attacks or went wrong. Lines of `====` separate them in the file.
fn corpus(file: &'static str) -> Vec<&'static str> {
    file.split("\n====\n").collect()
}

fn scripts() -> Vec<&'static str> {
    let attacks = [
        include_str!("../../../tests/attacks/sqlite.sql"),
        include_str!("../../../tests/attacks/postgres.sql"),
        include_str!("../../../tests/attacks/mysql.sql"),
    ];
    attacks.iter().flat_map(|file| file.lines()).chain(corpus(include_str!("scripts.txt"))).collect()
}

fn sources() -> Vec<&'static str> {
    corpus(include_str!("sources.txt"))
}

fn settings() -> Vec<&'static str> {
    corpus(include_str!("settings.txt"))
}

/// Generates fragments one after the other, by themselves or in place of a part of a text of the corpus.
fn of(fragments: &'static [&'static str], corpus: Vec<&'static str>) -> impl Strategy<Value = String> {
    let odd = proptest::collection::vec(select(fragments), 0..24).prop_map(|parts| parts.concat());
    let part = (select(corpus), any::<[Index; 2]>());
    let spliced = (part, proptest::collection::vec(select(fragments), 0..3)).prop_map(|((text, cuts), parts)| {
        let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let mut cuts = cuts.map(|cut| places[cut.index(places.len())]);
        cuts.sort_unstable();
        [&text[..cuts[0]], &parts.concat(), &text[cuts[1]..]].concat()
    });
    prop_oneof![odd, spliced]
}

fn cut(sql: &str) {
    for dialect in Dialect::ALL {
        let mut end = 0;
        for statement in dialect.statements(sql) {
            assert!(statement.span.start >= end && statement.span.end >= statement.span.start, "{dialect}");
            assert!(sql.get(statement.span.clone()).is_some(), "{dialect}");
            end = statement.span.end;
        }
        let mut end = 0;
        for token in dialect.tokens(sql).unwrap_or_default() {
            assert!(token.span.start >= end && token.span.end > token.span.start, "{dialect}");
            assert!(sql.get(token.span.clone()).is_some(), "{dialect}");
            end = token.span.end;
        }
    }
}

fn judge(text: &str) {
    for dialect in Dialect::ALL {
        if Grammar::Expression.judge(text, *dialect).is_ok() {
            let within = format!("SELECT ({text})");
            assert_eq!(dialect.statements(&within).len(), 1, "{dialect}: {within}");
            assert!(dialect.tokens(&within).is_some(), "{dialect}: {within}");
        }
    }
}

/// Reads a text as what a plugin's migration does, in each way that knows statements by their text.
fn review(text: &str) {
    let own = || BTreeSet::from(["notes".to_owned()]);
    let _refused =
        Catalog::default().review(text, own(), BTreeSet::from(["assets".to_owned()]), OwnTriggers::default());
    for statement in Dialect::Postgres.statements(text) {
        let _refused = postgres::beyond(&text[statement.span], true);
    }
    let _objects = postgres::objects(text);
    for dialect in Dialect::ALL {
        let _tables =
            (effects::makes(*dialect, text), effects::drops(*dialect, text), effects::touches(*dialect, text));
    }
}

fn scan(text: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("lib.rs"), text).expect("a file");
    let definitions = scan::read("p", &[folder.path().to_owned()], folder.path());
    for dialect in Dialect::ALL {
        scan::lower(std::slice::from_ref(&definitions), *dialect);
    }
}

/// Reads a text as each kind of settings file.
fn set(text: &str) {
    let _read = Metadata::parse(Path::new("chain/1_a"), text);
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir_all(folder.path().join("plugins/p")).expect("a folder");
    for file in ["plugins/p/plugin.toml", "plugins/p/Cargo.toml", "diesel.toml", "autogen.toml"] {
        fs::write(folder.path().join(file), text).expect("a file");
        let _read = Host::load(folder.path());
        fs::write(folder.path().join(file), "").expect("a file");
    }
}
