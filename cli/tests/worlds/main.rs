//! Worlds: random sequences of what people do with a host. They write definitions and generate, upgrade in whole
//! and in part, branch and merge, change the database by hand, and adopt it. The same few ones every time; more and
//! others on request:
//!
//! ```text
//! AUTOGEN_WORLDS=1000 cargo test -p diesel-autogen-cli --test worlds -- --nocapture
//! ```
//!
//! takes that many worlds per database, from `AUTOGEN_WORLDS_SEED` on where it is set. A world that fails is made
//! smaller and printed as a script.
//!
//! Judged are the rows, which the world itself keeps an account of; what was made by hand; `check`, which finds
//! something exactly where there is something; and the schema, which the neutral judge compares with a new
//! database's that the chains alone have made.

mod changes;
mod draw;
mod edits;
mod flow;
mod hand;
mod live;
mod models;
mod rows;
mod source;
mod steps;
mod tree;
mod world;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use autogen_test_servers::{MysqlKind, is_without_mysql};

use draw::Draw;
use live::System;
use steps::{Step, steps};
use world::{Fault, World};

/// The worlds that every change is checked with.
const SQLITE: &[u64] = &[1, 2, 3, 4, 5, 6, 7, 8];
const POSTGRES: &[u64] = &[1, 2, 3];
const MYSQL: &[u64] = &[1, 2, 3];
/// Worlds that run side by side.
const PARTS: usize = 2;
/// How long a world that fails is made smaller.
const SHRINKING: Duration = Duration::from_secs(60);

#[test]
fn nothing_is_lost_on_sqlite() {
    explore(System::Sqlite, SQLITE);
}

#[test]
fn nothing_is_lost_on_postgres() {
    explore(System::Postgres, POSTGRES);
}

#[test]
fn nothing_is_lost_on_mariadb() {
    explore(System::Mysql(MysqlKind::Mariadb), MYSQL);
}

#[test]
fn nothing_is_lost_on_mysql() {
    if !is_without_mysql() {
        explore(System::Mysql(MysqlKind::Mysql), MYSQL);
    }
}

/// What came out of some worlds.
#[derive(Debug, Default)]
struct Sum {
    worlds: usize,
    rows: usize,
    refused_rows: usize,
    runs: usize,
    told: BTreeMap<String, usize>,
    /// Seeds by the kind of failure.
    failures: BTreeMap<String, Vec<u64>>,
}

fn explore(system: System, usual: &[u64]) {
    let seeds: Vec<u64> = match (number("AUTOGEN_WORLDS"), number("AUTOGEN_WORLDS_SEED")) {
        (Some(count), first) => (0..count).map(|seed| first.unwrap_or(1) + seed).collect(),
        (None, Some(seed)) => vec![seed],
        (None, None) => usual.to_vec(),
    };
    let (started, next, sum) = (Instant::now(), AtomicU64::new(0), Mutex::new(Sum::default()));
    thread::scope(|scope| {
        for _ in 0..PARTS {
            scope.spawn(|| {
                while let Some(seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed) as usize) {
                    let outcome = run(system, *seed, &world_steps(*seed));
                    note(&sum, system, *seed, outcome);
                }
            });
        }
    });
    let sum = sum.into_inner().expect("no part panics");
    println!(
        "{system}: {} worlds, {} runs of the program, {} rows ({} refused), {:.1} s",
        sum.worlds,
        sum.runs,
        sum.rows,
        sum.refused_rows,
        started.elapsed().as_secs_f64()
    );
    sum.told.iter().for_each(|(said, count)| println!("{count:>7} {said}"));
    let failures: usize = sum.failures.values().map(Vec::len).sum();
    sum.failures.iter().for_each(|(kind, seeds)| println!("{:>7} {kind}: seeds {seeds:?}", seeds.len()));
    assert_eq!(failures, 0, "{failures} of {} worlds failed; see above", sum.worlds);
    // In a single world there may be nothing to do.
    let is_busy = sum.rows > 0 && sum.told.get("upgrade: 0").is_some_and(|count| *count >= sum.worlds);
    assert!(is_busy || sum.worlds < usual.len(), "nothing happens");
}

/// What became of a world that ran.
struct Outcome {
    fault: Option<Fault>,
    script: String,
    rows: usize,
    refused_rows: usize,
    runs: usize,
    told: BTreeMap<String, usize>,
}

fn world_steps(seed: u64) -> Vec<Step> {
    steps(&mut Draw::new(seed ^ 0x5eed))
}

fn run(system: System, seed: u64, steps: &[Step]) -> Outcome {
    let mut draw = Draw::new(seed);
    let mut world = World::new(system, &mut draw);
    let mut go = || {
        for step in steps {
            world.diary.note(format!("# {:?}", step.what));
            world.take(*step)?;
        }
        world.diary.note("# the end");
        world.finish(&mut draw)
    };
    // Two branches that are both applied and don't go together are nobody's fault but their people's.
    let fault = go().err().filter(|fault| fault.kind != "dead end");
    Outcome {
        fault,
        script: world.diary.lines.join("\n"),
        rows: world.rows.count(),
        refused_rows: world.rows.refused,
        runs: world.diary.runs,
        told: world.told,
    }
}

fn note(sum: &Mutex<Sum>, system: System, seed: u64, outcome: Outcome) {
    let fault = outcome.fault.clone();
    {
        let mut sum = sum.lock().expect("no part panics");
        sum.worlds += 1;
        sum.rows += outcome.rows;
        sum.refused_rows += outcome.refused_rows;
        sum.runs += outcome.runs;
        for (said, count) in &outcome.told {
            *sum.told.entry(said.clone()).or_default() += count;
        }
        let Some(fault) = &fault else { return };
        let seeds = sum.failures.entry(fault.kind.clone()).or_default();
        seeds.push(seed);
        // One of a kind is told.
        if seeds.len() > 1 {
            return;
        }
    }
    let Some(fault) = fault else { return };
    let (script, fault) = smaller(system, seed, &fault).unwrap_or((outcome.script, fault));
    println!("==== {system}, seed {seed}: {}\n{script}\n==== {}\n{}", fault.kind, fault.kind, fault.text);
}

/// Leaves out steps while the world fails likewise.
fn smaller(system: System, seed: u64, fault: &Fault) -> Option<(String, Fault)> {
    let started = Instant::now();
    let mut best = world_steps(seed);
    let mut told = None;
    let mut size = best.len() / 2;
    while size > 0 {
        let mut at = 0;
        while at < best.len() && started.elapsed() < SHRINKING {
            let mut fewer = best.clone();
            fewer.drain(at..(at + size).min(best.len()));
            let outcome = run(system, seed, &fewer);
            match outcome.fault.filter(|other| other.kind == fault.kind) {
                Some(fault) => {
                    best = fewer;
                    told = Some((outcome.script, fault));
                }
                None => at += size,
            }
        }
        size /= 2;
    }
    told
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}
