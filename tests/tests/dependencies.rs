//! What other people's code is built in: under which licences, and from where.
//!
//! Nothing here knows advisories: those live in a database that a build without a network can't ask. `cargo deny` asks it in CI.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

/// Licences under which code may be built in.
const ALLOWED: [&str; 12] = [
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Programs that tests alone run, under licences that what is handed out isn't.
const OF_TESTS: [&str; 2] = ["mdbook-", "font-awesome-as-a-crate"];

/// Returns what a program prints.
fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().expect("a tool of Rust's starts");
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn cargo() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}

/// The packages that are built for this machine.
fn packages() -> Vec<Value> {
    let version = output("rustc", &["-vV"]);
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).expect("rustc knows its host");
    let arguments =
        ["metadata", "--format-version=1", "--locked", "--offline", "--all-features", "--filter-platform", host];
    let metadata: Value = serde_json::from_str(&output(&cargo(), &arguments)).expect("a document");
    metadata["packages"].as_array().expect("packages").clone()
}

/// Whether a licence expression can be met by what is allowed.
fn is_allowed(expression: &str) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    any_of(&words, &mut at) && at == words.len()
}

fn any_of(words: &[&str], at: &mut usize) -> bool {
    let mut is_met = all_of(words, at);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        is_met |= all_of(words, at);
    }
    is_met
}

fn all_of(words: &[&str], at: &mut usize) -> bool {
    let mut is_met = one(words, at);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        is_met &= one(words, at);
    }
    is_met
}

fn one(words: &[&str], at: &mut usize) -> bool {
    let word = words.get(*at).copied().unwrap_or_default();
    *at += 1;
    if word == "(" {
        let is_met = any_of(words, at);
        *at += 1;
        return is_met;
    }
    // An exception only adds leave.
    if words.get(*at) == Some(&"WITH") {
        *at += 2;
    }
    ALLOWED.contains(&word)
}

#[test]
fn what_is_built_in_may_be() {
    let packages = packages();
    assert!(packages.len() > 100, "there are {} packages only", packages.len());
    let refused: BTreeSet<String> = packages
        .iter()
        .filter(|package| {
            !OF_TESTS.iter().any(|of_tests| package["name"].as_str().unwrap_or_default().starts_with(of_tests))
        })
        .filter(|package| !package["license"].as_str().is_some_and(is_allowed))
        .map(|package| format!("{} {}: {}", package["name"], package["version"], package["license"]))
        .collect();
    assert!(refused.is_empty(), "use other packages, or allow the licence where a lawyer would: {refused:?}");
}

#[test]
fn everything_comes_from_one_registry() {
    let lock = include_str!("../../Cargo.lock");
    let sources: BTreeSet<&str> = lock.lines().filter_map(|line| line.strip_prefix("source = ")).collect();
    assert!(sources.len() == 1 && sources.iter().all(|source| source.starts_with("\"registry+")), "{sources:?}");
}

#[test]
fn expressions_of_licences_are_read() {
    for allowed in ["MIT", "MIT/Apache-2.0", "GPL-3.0 OR MIT", "(MIT OR X) AND Unicode-3.0", "Apache-2.0 WITH x OR Y"] {
        assert!(is_allowed(allowed), "{allowed}");
    }
    for refused in ["GPL-3.0", "MIT AND GPL-3.0", "(MIT OR X) AND GPL-3.0", "", "MIT X", "(X OR Y) AND MIT"] {
        assert!(!is_allowed(refused), "{refused}");
    }
}

/// Returns the names of all packages that are compiled into whoever depends on this one.
fn compiled(package: &[&str]) -> BTreeSet<String> {
    let arguments = [&["tree", "--locked", "--offline", "--edges=normal", "--prefix=none", "-p"], package].concat();
    let name = |line: &str| line.split(' ').next().map(str::to_owned);
    output(&cargo(), &arguments).lines().filter_map(name).collect()
}

// Each host pays for what is added here.
#[test]
fn a_host_compiles_little_more_than_for_diesels_migrations() {
    let diesels = compiled(&["diesel_migrations"]);
    assert!(diesels.contains("diesel") && diesels.contains("toml"), "{diesels:?}");
    for database in ["sqlite", "postgres", "mysql"] {
        let ours = compiled(&["diesel-autogen", "--features", database]);
        let more: Vec<_> = ours.difference(&diesels).map(String::as_str).collect();
        let own = ["diesel-autogen", "diesel-autogen-macros", "diesel-autogen-syntax"];
        assert_eq!(more, [&own[..], &["hmac-sha256", "toml_writer"]].concat(), "with the feature {database}");
    }
}
