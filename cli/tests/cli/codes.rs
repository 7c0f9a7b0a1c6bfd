//! Codes of errors, warnings and notes: every one stands in `docs/errors.md` with its cause and its
//! mend, every one there is one that the source has, and every one is shown by some test here.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Codes that no test here shows, and why.
const UNSEEN: &[(&str, &str)] = &[
    ("can't-mark", "needs a database that can be read and not written at the right moment"),
    ("can't-ask", "needs a PostgreSQL server; the engine's tests show it"),
    ("can't-count", "counts that can't be made are left out"),
    ("can't-introspect", "what can't be read is refused when the file is opened"),
    ("in-transaction", "only a program that uses the library can be in one; the engine's tests show it"),
    ("no-chain-for-dialect", "only a program that uses the library has such chains; the engine's tests show it"),
    ("enum-in-use", "needs a PostgreSQL server; the code generator's tests show it"),
    ("name-defined-twice", "the scanner says the same before anything is compared"),
    ("scratch-failed", "would be a fault of autogen"),
    ("too-many-files", "needs 20,000 files"),
    ("unknown-hazard", "the grammar says the same before anything is lowered"),
];

#[test]
fn every_code_is_documented_and_every_documented_code_is_there() {
    let source = codes_of_the_source();
    let documented = documented();
    let undocumented: Vec<_> = source.iter().filter(|(code, _)| !documented.contains(*code)).collect();
    assert!(undocumented.is_empty(), "add these to the table in docs/errors.md: {undocumented:?}");
    let gone: Vec<_> = documented.iter().filter(|code| !source.contains_key(*code)).collect();
    assert!(gone.is_empty(), "no source has these any more; take them out of docs/errors.md: {gone:?}");
}

#[test]
fn every_code_is_shown_by_a_test() {
    let mut tests = String::new();
    for file in rust_files(&here().join("tests/cli")) {
        tests.push_str(&fs::read_to_string(file).expect("readable"));
    }
    let unseen: BTreeMap<&str, &str> = UNSEEN.iter().copied().collect();
    let shown = |code: &str| tests.contains(&format!("[{code}]")) || tests.contains(&format!("\"code\": \"{code}\""));
    for code in documented() {
        match (shown(&code), unseen.contains_key(code.as_str())) {
            (true, false) | (false, true) => {}
            (false, false) => panic!("no test shows what `{code}` looks like: write one, or say in UNSEEN why not"),
            (true, true) => panic!("a test shows `{code}` now: take it out of UNSEEN"),
        }
    }
}

/// The rule is worth what its reading of sources is worth.
#[test]
fn codes_are_found_however_they_are_written() {
    let text = r#"
        /// Error::new("in-a-comment", ...)
        Error::new("plain", "sentence"); Diagnostic::note(
            "on-the-next-line", "x");
        let code = if busy { "one-way" } else { "or-another" };
        Finding { code: "of-a-finding", message: "not-this" }
        TomlFile::new(&path, &text, "of-a-file")
            ("in-a-tuple", format!("sentence"), help)
        #[cfg(test)]
        mod tests { fn f() { Error::new("of-a-test", "") } }
    "#;
    let found: Vec<_> = codes_of(text).into_iter().collect();
    assert_eq!(
        found,
        ["in-a-tuple", "of-a-file", "of-a-finding", "on-the-next-line", "one-way", "or-another", "plain"]
    );
}

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// The first column of the table.
fn documented() -> BTreeSet<String> {
    let text = fs::read_to_string(here().join("../docs/errors.md")).expect("docs/errors.md");
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    rows.map(|(code, _)| code.to_owned()).collect()
}

fn codes_of_the_source() -> BTreeMap<String, PathBuf> {
    let mut codes = BTreeMap::new();
    for folder in ["src", "workspace/src", "../engine/src", "../codegen/src"] {
        for file in rust_files(&here().join(folder)) {
            if file.ends_with("tests.rs") || file.parent().is_some_and(|folder| folder.ends_with("tests")) {
                continue;
            }
            for code in codes_of(&fs::read_to_string(&file).expect("readable")) {
                codes.insert(code, file.clone());
            }
        }
    }
    codes
}

fn codes_of(text: &str) -> BTreeSet<String> {
    let product = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let product = product.split("#[cfg(test)]\n        mod tests {").next().unwrap_or_default();
    let lines: Vec<_> = product.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let mut codes = BTreeSet::new();
    // Where a code is handed over as it is.
    let joined = lines.join("\n");
    for call in ["Error::new(", "Diagnostic::error(", "Diagnostic::warning(", "Diagnostic::note(", "refused("] {
        for (start, _) in joined.match_indices(call) {
            let argument = joined[start + call.len()..].trim_start();
            codes.extend(argument.starts_with('"').then(|| literals(argument)).and_then(|mut found| found.next()));
        }
    }
    // A sentence is none.
    codes.retain(|code| !code.contains(' '));
    // Where it takes a way round.
    for line in lines {
        let after = |word: &str| line.split_once(word).map(|(_, rest)| literals(rest));
        codes.extend(after("let code =").into_iter().flatten());
        codes.extend(after("TomlFile::new(").into_iter().flatten());
        // A tuple of code and sentence.
        let tuple = line.trim_start().strip_prefix("(\"").and_then(|rest| rest.split_once("\", format!("));
        codes.extend(tuple.map(|(code, _)| code.to_owned()).filter(|code| code.contains('-')));
        let said = line.trim_start().strip_prefix("(\"").and_then(|rest| rest.split_once("\", said, "));
        codes.extend(said.map(|(code, _)| code.to_owned()));
        for word in [" code: \"", "\"code\": \""] {
            codes.extend(line.split_once(word).and_then(|(_, rest)| rest.split('"').next()).map(str::to_owned));
        }
    }
    codes
}

/// What stands between quotes, in code that has no quotes in quotes there.
fn literals(code: &str) -> impl Iterator<Item = String> {
    code.split('"').skip(1).step_by(2).map(str::to_owned)
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
