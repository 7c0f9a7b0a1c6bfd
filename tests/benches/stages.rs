//! What the stages take for 100 and for 1,000 tables: `cargo bench -p autogen-tests`.
//!
//! SQLite needs nothing; PostgreSQL is measured where `AUTOGEN_TEST_POSTGRES_URL` names a server on which
//! databases may be made (`cargo xtask servers` starts one).

use std::fs;
use std::hint::black_box;

use autogen_codegen::sql;
use autogen_engine::database::{Database, DatabaseUrl, ScratchServer};
use autogen_engine::diff::diff;
use autogen_engine::history::{History, Revision, Version};
use autogen_engine::introspect::introspect;
use autogen_engine::model::{Pair, Schema};
use autogen_engine::normalize::comparable;
use autogen_engine::plan::{RoundTrip, round_trip};
use autogen_engine::scan::{Definitions, lower, read};
use autogen_engine::scratch::replay;
use autogen_tests::tables::table;
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use tempfile::TempDir;

/// Numbers of tables.
const SIZES: [usize; 2] = [100, 1_000];
/// How many files the definitions are in.
const FILES: usize = 10;

criterion_group!(benches, stages);
criterion_main!(benches);

fn stages(criterion: &mut Criterion) {
    for server in servers() {
        let dialect = server.dialect();
        let mut group = criterion.benchmark_group(dialect.name());
        group.sample_size(10);
        for tables in SIZES {
            let folder = sources(tables);
            let definitions = || scan(&folder);
            let models = models(&definitions(), &server);
            let plan = plan(&Schema::default(), &models, &server);
            let history = History::from_revisions(vec![baseline(&plan, &server)]).expect("one revision");
            let mut start = replay(&history, &server).expect("replays").database;

            group.bench_function(BenchmarkId::new("scan", tables), |bencher| bencher.iter(definitions));
            group.bench_function(BenchmarkId::new("introspect", tables), |bencher| {
                bencher.iter(|| introspect(&mut start).expect("a schema"));
            });
            let both = comparable(Pair::new(introspect(&mut start).expect("a schema"), models.clone()), &mut start);
            let both = both.expect("comparable");
            group.bench_function(BenchmarkId::new("diff", tables), |bencher| {
                bencher.iter(|| assert!(diff(&both, dialect).is_empty(), "nothing differs"));
            });
            group.bench_function(BenchmarkId::new("plan", tables), |bencher| {
                bencher.iter(|| self::plan(&Schema::default(), &models, &server));
            });
            group.bench_function(BenchmarkId::new("no-op check", tables), |bencher| {
                bencher.iter(|| check(&folder, &history, &server));
            });
        }
        group.finish();
    }
}

/// Where databases can be made.
fn servers() -> Vec<ScratchServer> {
    let url = std::env::var("AUTOGEN_TEST_POSTGRES_URL").ok();
    let postgres = url.map(|url| ScratchServer::of(&DatabaseUrl::parse(&url).expect("a server's URL")));
    std::iter::once(ScratchServer::Memory).chain(postgres).collect()
}

/// What `autogen check` does without a live database.
fn check(folder: &TempDir, history: &History, server: &ScratchServer) {
    let models = models(&scan(folder), server);
    let mut database: Database = replay(history, server).expect("replays").database;
    let live = introspect(&mut database).expect("a schema");
    let both = comparable(Pair::new(live, models), &mut database).expect("comparable");
    assert!(diff(&both, server.dialect()).is_empty(), "nothing differs");
}

fn scan(folder: &TempDir) -> Definitions {
    read("core", &[folder.path().to_path_buf()], folder.path())
}

fn models(definitions: &Definitions, server: &ScratchServer) -> Schema {
    let lowered = lower(std::slice::from_ref(definitions), server.dialect());
    assert!(lowered.diagnostics.is_empty(), "{:?}", lowered.diagnostics);
    lowered.schemas.into_values().next().expect("one owner")
}

fn plan(start: &Schema, models: &Schema, server: &ScratchServer) -> RoundTrip {
    let changes = diff(&Pair::new(start.clone(), models.clone()), server.dialect());
    black_box(round_trip(start, &changes, server.dialect()))
}

fn baseline(plan: &RoundTrip, server: &ScratchServer) -> Revision {
    let name = "2026-11-21-071100-core_baseline";
    Revision {
        owner: "core".to_owned(),
        version: Version::of(name),
        name: name.to_owned(),
        dir: name.into(),
        revises: Vec::new(),
        depends_on: Vec::new(),
        after: Vec::new(),
        takes: Vec::new(),
        gives: std::collections::BTreeMap::new(),
        renamed_values: Vec::new(),
        run_in_transaction: true,
        by_autogen: true,
        verified: Vec::new(),
        measured: std::collections::BTreeMap::new(),
        certificate: None,
        up: sql::script(&sql::statements(&plan.up, server.dialect())),
        down: None,
    }
}

/// Definitions of tables with ten columns, two indexes and a foreign key each.
fn sources(tables: usize) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for file in 0..FILES {
        let numbers = (0..tables).skip(file).step_by(FILES);
        let text: String = numbers.map(|number| table(number, number.saturating_sub(1))).collect();
        fs::write(folder.path().join(format!("tables{file}.rs")), text).expect("a file");
    }
    folder
}
