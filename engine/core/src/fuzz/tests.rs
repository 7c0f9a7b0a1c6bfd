//! The targets, each for a number of texts or for a time.

use std::env;
use std::time::{Duration, Instant};

use proptest::test_runner::{Config, TestRunner};

use super::*;

#[test]
fn the_corpus_is_read_or_refused() {
    scripts().into_iter().for_each(|text| {
        cut(text);
        judge(text);
        review(text);
    });
    sources().into_iter().for_each(scan);
    settings().into_iter().for_each(set);
}

/// Tries texts: as many as proptest is told, or for as long as `AUTOGEN_FUZZ_SECONDS` says.
fn try_texts(texts: &impl Strategy<Value = String>, reads: fn(&str)) {
    let seconds = env::var("AUTOGEN_FUZZ_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    let (started, limit) = (Instant::now(), Duration::from_secs(seconds.unwrap_or(0)));
    let mut tried = 0_u64;
    while tried == 0 || started.elapsed() < limit {
        let config = Config { source_file: Some(file!()), ..Config::default() };
        tried += u64::from(config.cases);
        let ran = TestRunner::new(config).run(texts, |text| {
            reads(&text);
            Ok(())
        });
        ran.unwrap_or_else(|failed| panic!("{failed}"));
    }
    println!("{tried} texts in {} s", started.elapsed().as_secs());
}

#[test]
fn scripts_are_cut_into_what_they_are_made_of() {
    try_texts(&of(&SQL, scripts()), cut);
}

#[test]
fn what_passes_the_gate_stays_in_its_statement() {
    try_texts(&of(&SQL, scripts()), judge);
}

#[test]
fn what_a_plugin_may_do_is_read_or_refused() {
    try_texts(&of(&SQL, scripts()), review);
}

#[test]
fn sources_are_read_or_refused() {
    try_texts(&of(&RUST, sources()), scan);
}

#[test]
fn settings_are_read_or_refused() {
    try_texts(&of(&TOML, settings()), set);
}
