//! Codes of errors, warnings and notes: `docs/errors.md` lists each with its cause and its mend, the product uses
//! each, and a test here shows each.

use std::fs;
use std::path::{Path, PathBuf};

use autogen_engine::error::Code;

/// Codes that no test here shows, and why.
const UNSEEN: &[(Code, &str)] = &[
    (Code::CantMark, "needs a database that can be read and not written at the right moment"),
    (Code::CantAsk, "needs a PostgreSQL server; the engine's tests show it"),
    (Code::CantCount, "counts that can't be made are left out"),
    (Code::CantIntrospect, "what can't be read is refused when the file is opened"),
    (Code::InTransaction, "only a program that uses the library can be in one; the engine's tests show it"),
    (Code::NoChainForDialect, "only a program that uses the library has such chains; the engine's tests show it"),
    (Code::EnumInUse, "needs a PostgreSQL server; the code generator's tests show it"),
    (Code::NameDefinedTwice, "the scanner says the same before anything is compared"),
    (Code::ScratchFailed, "would be a fault of autogen"),
    (Code::TooManyFiles, "needs 20,000 files"),
    (Code::UnknownHazard, "the grammar says the same before anything is lowered"),
];

#[test]
fn the_documentation_lists_every_code_as_the_enum_does() {
    let file = here().join("../docs/errors.md");
    let text = fs::read_to_string(&file).expect("docs/errors.md");
    let row = |code: &Code| format!("| `{code}` | {} | {} |\n", code.meaning(), code.next_step());
    let mut expected = String::new();
    for (position, section) in text.split("\n## ").enumerate() {
        let title = section.lines().next().unwrap_or_default();
        let rows: String = Code::ALL.iter().filter(|code| code.section() == title).map(row).collect();
        let is_row = |line: &&str| line.starts_with("| `");
        let (before, after) = match section.split_inclusive('\n').position(|line| is_row(&line)) {
            None => (section.to_owned(), String::new()),
            Some(first) => (
                section.split_inclusive('\n').take(first).collect(),
                section.split_inclusive('\n').skip(first).skip_while(is_row).collect(),
            ),
        };
        let heading = if position == 0 { "" } else { "\n## " };
        expected.push_str(&format!("{heading}{before}{rows}{after}"));
    }
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&file, &expected).expect("docs/errors.md can be written");
        return;
    }
    assert_eq!(text, expected, "`UPDATE_EXPECT=1` brings docs/errors.md up to date");
    let listed = Code::ALL.iter().filter(|code| text.contains(&row(code))).count();
    assert_eq!(listed, Code::ALL.len(), "a code's section has no heading and table in docs/errors.md");
}

#[test]
fn the_product_uses_every_code() {
    let mut product = String::new();
    for folder in ["src", "workspace/src", "../engine/src", "../engine/core/src", "../codegen/src"] {
        for file in rust_files(&here().join(folder)).iter().filter(|file| !file.ends_with("error/code.rs")) {
            product.push_str(&fs::read_to_string(file).expect("readable"));
        }
    }
    for code in Code::ALL {
        let name = format!("Code::{code:?}");
        let is_whole = |rest: &str| !rest.starts_with(|next: char| next.is_alphanumeric());
        let used = product.split(&name).skip(1).any(is_whole);
        assert!(used, "nothing says `{code}`: take {name} out");
    }
}

#[test]
fn every_code_is_shown_by_a_test() {
    let mut tests = String::new();
    for file in rust_files(&here().join("tests/cli")) {
        tests.push_str(&fs::read_to_string(file).expect("readable"));
    }
    for code in Code::ALL {
        let is_unseen = UNSEEN.iter().any(|(unseen, _)| unseen == code);
        let is_shown = tests.contains(&format!("[{code}]")) || tests.contains(&format!("\"code\": \"{code}\""));
        match (is_shown, is_unseen) {
            (true, false) | (false, true) => {}
            (false, false) => panic!("no test shows what `{code}` looks like: write one, or say in UNSEEN why not"),
            (true, true) => panic!("a test shows `{code}` now: take it out of UNSEEN"),
        }
    }
}

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}
