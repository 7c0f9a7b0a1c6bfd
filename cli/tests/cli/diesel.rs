//! What is written runs with Diesel's own runner, foreign keys on, and keeps every row.

use autogen_engine::dialect::Dialect;
use diesel::connection::{Connection, SimpleConnection};
use diesel::migration::{self, Migration, MigrationSource};
use diesel::sqlite::Sqlite;
use diesel_migrations::{FileBasedMigrations, MigrationHarness};

use crate::support::Host;

/// Runs one chain as `diesel migration run --migration-dir` does.
fn run(host: &Host, folder: &str) {
    let mut database = host.database("app.db");
    database.batch_execute("PRAGMA foreign_keys = ON").expect("a setting");
    let chain = FileBasedMigrations::from_path(host.path(folder)).expect("a folder that Diesel takes");
    database.run_pending_migrations(chain).unwrap_or_else(|error| panic!("{folder}: {error}"));
}

fn revert(host: &Host, folder: &str) {
    let mut database = host.database("app.db");
    database.batch_execute("PRAGMA foreign_keys = ON").expect("a setting");
    let chain = FileBasedMigrations::from_path(host.path(folder)).expect("a folder that Diesel takes");
    database.revert_last_migration(chain).unwrap_or_else(|error| panic!("{folder}: {error}"));
}

#[test]
fn the_fixtures_chains_run() {
    let host = Host::shopdb(Dialect::Sqlite);
    host.done("--plugin usb");
    run(&host, "migrations");
    for plugin in ["equipment", "network", "computers", "notifications", "printers", "usb"] {
        run(&host, &format!("plugins/{plugin}/migrations"));
    }
    assert_eq!(host.done("check --database-url app.db"), "in sync: models, chains and sqlite:app.db\n");
    assert_eq!(host.done("upgrade --database-url app.db"), "nothing to apply\n");
}

/// Several folders as one source whose migrations are ordered by version. The Diesel after 2.3 has it as
/// `CombinedMigrationSource`.
struct Combined(Vec<FileBasedMigrations>);

impl MigrationSource<Sqlite> for Combined {
    fn migrations(&self) -> migration::Result<Vec<Box<dyn Migration<Sqlite>>>> {
        let mut all = Vec::new();
        for source in &self.0 {
            all.extend(MigrationSource::<Sqlite>::migrations(source)?);
        }
        all.sort_by_key(|migration| migration.name().version().as_owned());
        Ok(all)
    }
}

#[test]
fn all_chains_run_as_one_source() {
    let host = Host::shopdb(Dialect::Sqlite);
    host.done("--plugin usb");
    let plugins = ["equipment", "network", "computers", "notifications", "printers", "usb"];
    let folders = plugins.map(|plugin| format!("plugins/{plugin}/migrations"));
    // The order of the folders doesn't matter.
    let folders: Vec<&str> = folders.iter().rev().map(String::as_str).chain(["migrations"]).collect();
    let source = || {
        let of = |folder: &&str| FileBasedMigrations::from_path(host.path(folder)).expect("a folder that Diesel takes");
        Combined(folders.iter().map(of).collect())
    };
    let mut database = host.database("app.db");
    database.batch_execute("PRAGMA foreign_keys = ON").expect("a setting");
    assert!(database.run_pending_migrations(source()).expect("all run").len() > folders.len());
    assert!(!database.has_pending_migration(source()).expect("is read"));
    assert_eq!(host.done("check --database-url app.db"), "in sync: models, chains and sqlite:app.db\n");
    assert_eq!(host.done("upgrade --database-url app.db"), "nothing to apply\n");
    let tables = "SELECT name AS value FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB '__*'
                  AND name NOT GLOB 'sqlite_*'";
    assert!(!host.values("app.db", tables).is_empty());
    database.revert_all_migrations(source()).expect("all are reverted");
    assert_eq!(host.values("app.db", tables), Vec::<String>::new());
}

#[test]
fn a_parent_is_rebuilt_under_its_children() {
    let host = Host::with_baselines();
    // A key into assets that would be cleared, beside one that would go with its row.
    host.write(
        "plugins/usb/src/loans.rs",
        "autogen::table! { loans (id) { id -> Integer, #[references(assets(id), on_delete = set_null)] asset_id -> Nullable<Integer>, } }",
    );
    host.done("--plugin usb");
    run(&host, "migrations");
    run(&host, "plugins/usb/migrations");
    host.sql(
        "app.db",
        "INSERT INTO assets (tag) VALUES ('a'), ('b');
         INSERT INTO devices (asset_id, serial) VALUES (1, 'x'), (2, 'y'), (2, NULL);
         INSERT INTO loans VALUES (1, 2), (2, NULL);
         DELETE FROM assets WHERE id = 3",
    );
    let before = host.schema("app.db");
    let rows = || {
        host.values(
            "app.db",
            "SELECT 'asset ' || id || ' ' || tag AS value FROM assets
             UNION ALL SELECT 'device ' || id || ' ' || asset_id || ' ' || coalesce(serial, '-') FROM devices
             UNION ALL SELECT 'loan ' || id || ' ' || coalesce(asset_id, '-') FROM loans",
        )
    };
    let all = ["asset 1 a", "asset 2 b", "device 1 1 x", "device 2 2 y", "device 3 2 -", "loan 1 2", "loan 2 -"];
    assert_eq!(rows(), all);

    host.edit("src/schema.rs", "tag -> Text", "#[check(\"length(tag) > 0\")]\n        tag -> Text");
    // Later than the plugin's, for Diesel reverts the latest whatever folder it is given.
    let mut command = host.command("--plugin core --allow rebuild,new-check");
    let generated = host.output(command.env("SOURCE_DATE_EPOCH", "1795250000").output().expect("runs"));
    assert_eq!(generated.code, 0, "{}", generated.stderr);
    run(&host, "migrations");
    assert_ne!(host.schema("app.db"), before);
    assert_eq!(rows(), all);
    assert_eq!(host.done("check --database-url app.db --plugin core"), "in sync: models, chains and sqlite:app.db\n");
    revert(&host, "migrations");
    assert_eq!(host.schema("app.db"), before);
    assert_eq!(rows(), all);
}

#[test]
fn a_rebuild_in_a_programs_own_transaction_stops() {
    let host = Host::with_baselines();
    run(&host, "migrations");
    run(&host, "plugins/usb/migrations");
    host.sql("app.db", "INSERT INTO assets (tag) VALUES ('a'); INSERT INTO devices (asset_id) VALUES (1)");
    host.edit("src/schema.rs", "tag -> Text", "#[check(\"length(tag) > 0\")]\n        tag -> Text");
    host.done("--plugin core --allow rebuild,new-check");

    let mut database = host.database("app.db");
    database.batch_execute("PRAGMA foreign_keys = ON").expect("a setting");
    let chain = FileBasedMigrations::from_path(host.path("migrations")).expect("a folder that Diesel takes");
    let told = database.transaction(|database| database.run_pending_migrations(chain).map(drop));
    let told = told.expect_err("foreign keys can't be switched off").to_string();
    assert!(told.contains("stopped: foreign keys can''t be switched off within a transaction"), "{told}");
    assert_eq!(host.values("app.db", "SELECT count(*) AS value FROM devices"), ["1"]);
}
