//! Random databases of every kind become source that says all of them, the same ones every time; more and
//! others on request:
//!
//! ```text
//! AUTOGEN_PROPERTY_PAIRS=5000 cargo test -p autogen-tests --test adopting
//! ```
//!
//! takes that many databases from a seed that it prints; `AUTOGEN_PROPERTY_SEED` gives it back.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::process::Command;
use std::thread;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use autogen_test_servers::is_without_mysql;
use autogen_tests::adopting::{self, Outcome};
use autogen_tests::server::Server;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

/// The seed of the form that every change is checked with.
const SEED: u64 = 20_261_121;
/// Parts that run side by side; a fixed number, so that the databases don't depend on the machine.
const PARTS: u32 = 4;

#[test]
fn sqlite_databases_are_said_whole() {
    explore(Server::Sqlite, 400, &["options", "composite key", "composite foreign key", "partial index"]);
}

#[test]
fn postgres_databases_are_said_whole() {
    let kinds = ["enum", "table in a schema", "table comment", "column comment", "exclusion", "composite foreign key"];
    explore(Server::Postgres, 80, &kinds);
}

const MYSQL_KINDS: [&str; 6] =
    ["options", "on update", "table comment", "column comment", "composite key", "composite foreign key"];

#[test]
fn mariadb_databases_are_said_whole() {
    explore(Server::Mariadb, 60, &MYSQL_KINDS);
}

#[test]
fn mysql_databases_are_said_whole() {
    if !is_without_mysql() {
        explore(Server::Mysql, 40, &MYSQL_KINDS);
    }
}

/// What any database is to show.
const KINDS: [&str; 10] =
    ["table", "no key", "column", "default", "collation", "generated", "unique", "index", "foreign key", "check"];

/// Takes over databases, in parts that run side by side, and tells what came of it.
fn explore(server: Server, usual: u32, kinds: &[&str]) {
    let asked = number("AUTOGEN_PROPERTY_PAIRS");
    let count = asked.and_then(|count| u32::try_from(count).ok()).unwrap_or(usual);
    let seed = number("AUTOGEN_PROPERTY_SEED").unwrap_or_else(|| if asked.is_some() { now() } else { SEED });
    let started = Instant::now();
    let parts: Vec<Part> = thread::scope(|scope| {
        let parts: Vec<_> =
            (0..PARTS).map(|part| scope.spawn(move || run(server, count.div_ceil(PARTS), seed, part))).collect();
        parts.into_iter().map(|part| part.join().expect("a part never panics")).collect()
    });

    let sum = |of: &dyn Fn(&Part) -> usize| parts.iter().map(of).sum::<usize>();
    let (taken, refused) = (sum(&|part| part.taken), sum(&|part| part.refused.len()));
    println!(
        "{server}: {} databases (seed {seed}), {taken} statements taken, {refused} refused, {:.1} s",
        sum(&|part| part.databases),
        started.elapsed().as_secs_f64()
    );
    if std::env::var_os("AUTOGEN_PROPERTY_REFUSED").is_some() {
        parts.iter().flat_map(|part| &part.refused).for_each(|refused| println!("refused: {refused}"));
    }
    let mut all: BTreeMap<&str, usize> = BTreeMap::new();
    parts.iter().flat_map(|part| &part.kinds).for_each(|(kind, count)| *all.entry(kind).or_default() += count);
    all.iter().for_each(|(kind, count)| println!("{count:>7} {kind}"));
    let failures = sum(&|part| part.failures);
    assert_eq!(failures, 0, "{failures} of {PARTS} parts found a failure; see above");
    for kind in KINDS.iter().chain(kinds) {
        assert!(all.get(kind).is_some_and(|count| *count > 2), "hardly any {kind}");
    }
    assert!(refused * 4 < taken, "the database refuses too much of what is asked of it");
    let texts: Vec<&String> = parts.iter().flat_map(|part| &part.texts).filter(|text| !text.is_empty()).collect();
    is_formatted(&texts);
}

/// What came out of some of the databases.
#[derive(Default)]
struct Part {
    databases: usize,
    taken: usize,
    refused: Vec<String>,
    kinds: BTreeMap<&'static str, usize>,
    texts: Vec<String>,
    failures: usize,
}

fn run(server: Server, count: u32, seed: u64, part: u32) -> Part {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8..12].copy_from_slice(&part.to_le_bytes());
    let config = Config {
        cases: count,
        failure_persistence: None,
        max_shrink_iters: number("AUTOGEN_PROPERTY_SHRINK").map_or(300, |most| most as u32),
        ..Config::default()
    };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let numbers = proptest::collection::vec(proptest::num::u16::ANY, 40..400);

    let sum = RefCell::new(Part::default());
    let result = runner.run(&numbers, |numbers| {
        let Outcome { taken, refused, kinds, text } = adopting::run(server, &numbers).map_err(TestCaseError::fail)?;
        let mut sum = sum.borrow_mut();
        sum.databases += 1;
        sum.taken += taken;
        sum.refused.extend(refused);
        sum.texts.push(text);
        kinds.into_iter().for_each(|(kind, count)| *sum.kinds.entry(kind).or_default() += count);
        Ok(())
    });
    let mut sum = sum.into_inner();
    match result {
        Ok(()) => {}
        Err(TestError::Abort(reason)) => {
            println!("given up: {reason}");
            sum.failures = 1;
        }
        Err(TestError::Fail(reason, _)) => {
            println!("==== {reason}");
            sum.failures = 1;
        }
    }
    sum
}

/// Whether `rustfmt` leaves the texts as they are.
fn is_formatted(texts: &[&String]) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut paths = Vec::new();
    for (number, text) in texts.iter().enumerate() {
        let path = folder.path().join(format!("t{number}.rs"));
        std::fs::write(&path, text).expect("a file");
        paths.push(path);
    }
    for some in paths.chunks(100) {
        let output = Command::new("rustfmt").args(["--check", "--edition", "2024"]).args(some).output();
        let output = output.expect("rustfmt is there");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(SEED, |since| since.as_secs())
}
