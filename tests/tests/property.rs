//! Hundreds of random pairs of schemas, the same ones every time; more and others on request:
//!
//! ```text
//! AUTOGEN_PROPERTY_PAIRS=5000 cargo test -p autogen-tests --test property
//! ```
//!
//! takes that many pairs from a seed that it prints; `AUTOGEN_PROPERTY_SEED` gives it back.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::thread;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use autogen_test_servers::is_without_mysql;
use autogen_tests::property::{build, mysql, postgres, recipe, trial};
use autogen_tests::server::Server;
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

/// Pairs in the form that every change is checked with.
const PAIRS: u32 = 300;
/// The seed of that form.
const SEED: u64 = 20_261_121;
/// Parts that run side by side; a fixed number, so that the pairs don't depend on the machine.
const PARTS: u32 = 4;

/// Every kind of change must come up this often, or the test has gone blind.
const OFTEN: usize = 5;
const KINDS: [&str; 17] = [
    "create-table",
    "drop-table",
    "rename-table",
    "alter-options",
    "add-column",
    "drop-column",
    "rename-column",
    "alter-column",
    "alter-primary-key",
    "add-unique",
    "drop-unique",
    "add-index",
    "drop-index",
    "add-foreign-key",
    "drop-foreign-key",
    "add-check",
    "drop-check",
];

/// On a server every pair takes a second or two; as many as it takes for every kind of change to come up.
const POSTGRES_PAIRS: u32 = 72;
const POSTGRES_KINDS: [&str; 22] = [
    "create-table",
    "drop-table",
    "rename-table",
    "add-column",
    "drop-column",
    "rename-column",
    "alter-column",
    "alter-primary-key",
    "add-unique",
    "drop-unique",
    "add-index",
    "drop-index",
    "add-check",
    "drop-check",
    "add-exclusion",
    "drop-exclusion",
    "comment-table",
    "create-enum",
    "alter-enum",
    "rename-enum",
    "rename-enum-value",
    "comment-enum",
];

const MYSQL_PAIRS: u32 = 32;
const MYSQL_KINDS: [&str; 16] = [
    "create-table",
    "drop-table",
    "rename-table",
    "add-column",
    "drop-column",
    "rename-column",
    "alter-column",
    "alter-primary-key",
    "add-unique",
    "drop-unique",
    "add-index",
    "drop-index",
    "drop-foreign-key",
    "add-check",
    "drop-check",
    "comment-table",
];

#[test]
fn there_and_back_again() {
    explore(PAIRS, &KINDS, OFTEN, &|pairs, seed, part| {
        run(config(pairs), seed, part, &recipe::recipes(), &|recipe| trial::run(&build::pair(recipe)))
    });
}

/// On PostgreSQL, judged by `pg_dump`.
#[test]
fn there_and_back_again_on_postgres() {
    let numbers = |most| proptest::collection::vec(proptest::num::u16::ANY, 0..most);
    explore(POSTGRES_PAIRS, &POSTGRES_KINDS, 1, &|pairs, seed, part| {
        let config = Config { max_shrink_iters: 40, ..config(pairs) };
        run(config, seed, part, &(numbers(400), numbers(400)), &|(start, goal)| postgres::run(start, goal))
    });
}

#[test]
fn there_and_back_again_on_mariadb() {
    explore_mysql(Server::Mariadb);
}

#[test]
fn there_and_back_again_on_mysql() {
    if !is_without_mysql() {
        explore_mysql(Server::Mysql);
    }
}

/// Judged by `SHOW CREATE TABLE`.
fn explore_mysql(server: Server) {
    let numbers = |most| proptest::collection::vec(proptest::num::u16::ANY, 0..most);
    explore(MYSQL_PAIRS, &MYSQL_KINDS, 1, &|pairs, seed, part| {
        let config = Config { max_shrink_iters: 40, ..config(pairs) };
        run(config, seed, part, &(numbers(400), numbers(800)), &|(start, goal)| mysql::run(server, start, goal))
    });
}

/// Takes pairs through everything, in parts that run side by side, and tells what came of it.
fn explore(usual: u32, kinds: &[&str], often: usize, run: &(dyn Fn(u32, u64, u32) -> Part + Sync)) {
    let asked = number("AUTOGEN_PROPERTY_PAIRS");
    let pairs = asked.and_then(|pairs| u32::try_from(pairs).ok()).unwrap_or(usual);
    let seed = number("AUTOGEN_PROPERTY_SEED").unwrap_or_else(|| if asked.is_some() { today() } else { SEED });
    let started = Instant::now();
    let parts: Vec<Part> = thread::scope(|scope| {
        let parts: Vec<_> =
            (0..PARTS).map(|part| scope.spawn(move || run(pairs.div_ceil(PARTS), seed, part))).collect();
        parts.into_iter().map(|part| part.join().expect("a part never panics")).collect()
    });

    let mut sum = Part::default();
    for part in parts {
        sum.add(part);
    }
    println!(
        "{} pairs (seed {seed}), {} failures, {:.1} s",
        sum.pairs,
        sum.failures.len(),
        started.elapsed().as_secs_f64()
    );
    println!("{} rows; stopped by rows: {} on the way up, {} on the way down", sum.rows, sum.stopped, sum.stopped_back);
    for kind in kinds {
        println!("{:>7} {kind}", sum.changes.get(kind).copied().unwrap_or_default());
    }
    assert!(sum.failures.is_empty(), "{} of {} parts found a failure; see above", sum.failures.len(), PARTS);
    for kind in kinds {
        let count = sum.changes.get(kind).copied().unwrap_or_default();
        assert!(count >= often, "only {count} changes of kind {kind}");
    }
}

/// What came out of some of the pairs.
#[derive(Default)]
struct Part {
    pairs: usize,
    rows: usize,
    stopped: usize,
    stopped_back: usize,
    changes: BTreeMap<&'static str, usize>,
    failures: Vec<String>,
}

impl Part {
    fn add(&mut self, other: Self) {
        self.pairs += other.pairs;
        self.rows += other.rows;
        self.stopped += other.stopped;
        self.stopped_back += other.stopped_back;
        for (kind, count) in other.changes {
            *self.changes.entry(kind).or_default() += count;
        }
        self.failures.extend(other.failures);
    }
}

fn run<S: Strategy>(
    config: Config,
    seed: u64,
    part: u32,
    recipes: &S,
    tell: &dyn Fn(&S::Value) -> Result<trial::Outcome, trial::Failure>,
) -> Part {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8..12].copy_from_slice(&part.to_le_bytes());
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));

    let sum = RefCell::new(Part::default());
    let result = runner.run(recipes, |recipe| {
        let outcome = tell(&recipe).map_err(|failure| TestCaseError::fail(failure.message))?;
        let mut sum = sum.borrow_mut();
        sum.pairs += 1;
        sum.rows += outcome.rows;
        sum.stopped += usize::from(outcome.stopped.is_some());
        sum.stopped_back += usize::from(outcome.stopped_back.is_some());
        for (kind, count) in outcome.changes {
            *sum.changes.entry(kind).or_default() += count;
        }
        Ok(())
    });
    let mut sum = sum.into_inner();
    match result {
        Ok(()) => {}
        Err(TestError::Abort(reason)) => sum.failures.push(format!("given up: {reason}")),
        Err(TestError::Fail(reason, recipe)) => {
            let told = std::panic::catch_unwind(AssertUnwindSafe(|| tell(&recipe).err())).ok().flatten();
            let story = told.map(|failure| failure.story).unwrap_or_else(|| format!("{recipe:#?}"));
            // At once: whoever runs it for hours doesn't wait for the other parts.
            println!("==== {reason}\n==== save as tests/cases/<object>/<what_happens>.txt:\n{story}");
            sum.failures.push(reason.to_string());
        }
    }
    sum
}

fn config(pairs: u32) -> Config {
    Config { cases: pairs, failure_persistence: None, max_shrink_iters: 4000, ..Config::default() }
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

fn today() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(SEED, |since| since.as_secs())
}
