//! How often the stages of a check that finds nothing ask for memory, and how much they hold at once. Both are the same
//! on every machine, so that a change that costs more must raise a bound here, on purpose.

use std::fs;

use allocation_counter::{AllocationInfo, measure};
use autogen_codegen::sql;
use autogen_engine::database::Database;
use autogen_engine::dialect::Dialect;
use autogen_engine::diff::diff;
use autogen_engine::introspect::introspect;
use autogen_engine::model::{Pair, Schema};
use autogen_engine::normalize::comparable;
use autogen_engine::plan::round_trip;
use autogen_engine::scan::{lower, read};
use autogen_tests::tables::table;

/// What a stage may take for each table.
struct Bound {
    stage: &'static str,
    allocations: u64,
    bytes_at_once: u64,
}

/// A table has ten columns, two indexes and a foreign key. The bounds are a tenth above what was measured.
const BOUNDS: [Bound; 3] = [
    Bound { stage: "definitions", allocations: 1_060, bytes_at_once: 26_800 },
    Bound { stage: "catalog", allocations: 270, bytes_at_once: 13_250 },
    Bound { stage: "comparison", allocations: 163, bytes_at_once: 380 },
];

#[test]
fn each_table_takes_as_much_as_any_other() {
    let (few, many) = (stages(100), stages(300));
    for ((bound, few), many) in BOUNDS.iter().zip(few).zip(many) {
        let taken = [few.count_total / 100, many.count_total / 300];
        let held = [few.bytes_max / 100, many.bytes_max / 300];
        println!("{}: {taken:?} allocations and {held:?} bytes at once per table", bound.stage);
        assert!(taken.into_iter().all(|count| count <= bound.allocations), "{}: {taken:?}", bound.stage);
        assert!(held.into_iter().all(|bytes| bytes <= bound.bytes_at_once), "{}: {held:?}", bound.stage);
    }
}

/// Measures the stages of a check of so many tables.
fn stages(tables: usize) -> [AllocationInfo; 3] {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("schema.rs"), definitions(tables)).expect("a file");
    let mut models = Schema::default();
    let definitions = measure(|| {
        let found = read("core", &[folder.path().to_path_buf()], folder.path());
        let lowered = lower(std::slice::from_ref(&found), Dialect::Sqlite);
        assert!(lowered.diagnostics.is_empty(), "{:?}", lowered.diagnostics);
        models = lowered.schemas.into_values().next().expect("one owner");
    });
    let changes = diff(&Pair::new(Schema::default(), models.clone()), Dialect::Sqlite);
    let plan = round_trip(&Schema::default(), &changes, Dialect::Sqlite).up;
    let mut database = Database::scratch(Dialect::Sqlite).expect("a database");
    database.execute(&sql::script(&sql::statements(&plan, Dialect::Sqlite))).expect("runs");
    let mut there = Schema::default();
    let catalog = measure(|| there = introspect(&mut database).expect("a schema"));
    let comparison = measure(|| {
        let both = comparable(Pair::new(there, models), &mut database).expect("comparable");
        assert!(diff(&both, Dialect::Sqlite).is_empty(), "nothing differs");
    });
    [definitions, catalog, comparison]
}

fn definitions(tables: usize) -> String {
    (0..tables).map(|number| table(number, number.saturating_sub(1))).collect()
}
