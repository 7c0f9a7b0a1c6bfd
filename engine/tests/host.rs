//! A host that applies the chains it was built with, over the connections that Diesel has for SQLite.

use std::sync::{Arc, Mutex};

use autogen::dialect::Dialect;
use autogen::embedded::{Chain, Migration};
use autogen::error::Code;
use autogen::history::Version;
use autogen::{Host, Plugin};
use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, Pool};

const CORE: Plugin = Plugin {
    name: "core",
    chains: &[Chain {
        dialect: None,
        migrations: &[Migration {
            name: "2026-11-20-083000-core_assets",
            up: "CREATE TABLE assets (id INTEGER PRIMARY KEY);",
            down: Some("DROP TABLE assets;"),
            metadata: None,
        }],
    }],
};

/// Its first revision is older than what it needs.
const USB: Plugin = Plugin {
    name: "usb",
    chains: &[
        Chain { dialect: Some("postgres"), migrations: &[] },
        Chain {
            dialect: Some("sqlite"),
            migrations: &[
                Migration {
                    name: "2026-11-20-083001-usb_rows",
                    up: "INSERT INTO devices VALUES (1, NULL);",
                    down: Some("DELETE FROM devices;"),
                    metadata: Some(
                        "run_in_transaction = true\n[autogen]\nplugin = 'usb'\nrevises = ['2026-11-19-083000-usb']\n",
                    ),
                },
                Migration {
                    name: "2026-11-19-083000-usb_devices",
                    up: "CREATE TABLE devices (id INTEGER PRIMARY KEY, asset INTEGER REFERENCES assets (id));",
                    down: Some("DROP TABLE devices;"),
                    metadata: Some(
                        "run_in_transaction = true\n[autogen]\nplugin = 'usb'\nrevises = []\n\
                         depends_on = ['2026-11-20-083000-core']\n",
                    ),
                },
            ],
        },
    ],
};

fn database() -> SqliteConnection {
    SqliteConnection::establish(":memory:").expect("opens")
}

fn versions(names: &[&str]) -> Vec<Version> {
    names.iter().map(|name| Version::of(name)).collect()
}

#[test]
fn what_is_pending_is_applied_in_the_graphs_order() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&told);
    let host = Host::new([USB, CORE]).progress(move |event| heard.lock().expect("whole").push(event.to_string()));
    let mut connection = database();
    let pending = host.pending(&mut connection).expect("reads");
    let names: Vec<_> = pending.iter().map(|revision| revision.name.as_str()).collect();
    assert_eq!(names, ["2026-11-20-083000-core_assets", "2026-11-19-083000-usb_devices", "2026-11-20-083001-usb_rows"]);
    let behind = host.check(&mut connection).expect_err("is behind");
    assert_eq!(
        format!("{behind:#}"),
        "the database lacks core's 2026-11-20-083000-core_assets [database-behind]\n\
         help: apply it by `Host::upgrade`, or by `autogen upgrade`\n\
         the database lacks usb's 2026-11-19-083000-usb_devices and 1 more [database-behind]\n\
         help: apply it by `Host::upgrade`, or by `autogen upgrade`"
    );

    let done = host.upgrade(&mut connection).expect("applies");
    assert_eq!(done, versions(&["2026-11-20-083000-core", "2026-11-19-083000-usb", "2026-11-20-083001-usb"]));
    assert_eq!(told.lock().expect("whole")[2], "applying usb's 2026-11-20-083001-usb_rows");
    assert!(host.upgrade(&mut connection).expect("in sync").is_empty());
    assert!(host.check(&mut connection).expect("in sync").is_empty());
}

#[test]
fn a_plugin_that_is_gone_is_known_and_in_nobodys_way() {
    let mut connection = database();
    Host::new([CORE, USB]).upgrade(&mut connection).expect("applies");
    let host = Host::new([CORE]);
    assert!(host.upgrade(&mut connection).expect("nothing to do").is_empty());
    let found = host.check(&mut connection).expect("may run");
    let told: Vec<_> = found.iter().map(|found| (found.code, found.message.as_str())).collect();
    assert_eq!(
        told,
        [
            (
                Code::UnknownRevision,
                "the database has applied `20261119083000usb` of `usb`, which isn't part of this program"
            ),
            (
                Code::UnknownRevision,
                "the database has applied `20261120083001usb` of `usb`, which isn't part of this program"
            ),
        ]
    );
    let rows: i64 = diesel::sql_query("SELECT count(*) AS rows FROM devices")
        .get_result::<Count>(&mut connection)
        .expect("is there")
        .rows;
    assert_eq!(rows, 1);
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    rows: i64,
}

#[test]
fn nothing_is_taken_back_from_under_another_plugin() {
    let (mut connection, host) = (database(), Host::new([CORE, USB]));
    host.upgrade(&mut connection).expect("applies");
    let error = host.downgrade(&mut connection, "core", "base").expect_err("usb needs it");
    assert_eq!(error.code(), Code::HasDependents);
    assert_eq!(host.downgrade(&mut connection, "usb", "-1").expect("reverts"), versions(&["2026-11-20-083001-usb"]));
    assert_eq!(host.downgrade(&mut connection, "ubs", "-1").expect_err("nobody").code(), Code::NoSuchPlugin);
    assert_eq!(host.downgrade(&mut connection, "usb", "base").expect("reverts").len(), 1);
    assert_eq!(host.downgrade(&mut connection, "core", "base").expect("reverts").len(), 1);
}

#[test]
fn a_plugin_needs_leave_to_change_the_cores_tables() {
    const NET: Plugin = Plugin {
        name: "net",
        chains: &[Chain {
            dialect: None,
            migrations: &[Migration {
                name: "2026-11-21-083000-net_asset",
                up: "CREATE TABLE ports (id INTEGER); INSERT INTO assets VALUES (7);",
                down: None,
                metadata: None,
            }],
        }],
    };
    let mut connection = database();
    let error = Host::new([CORE, NET]).upgrade(&mut connection).expect_err("not its own");
    assert_eq!(
        (error.code(), error.to_string().as_str()),
        (
            Code::ChangesAnothersTable,
            "net's 2026-11-21-083000-net_asset can't be run: it changes the table `assets`, which is core's"
        )
    );
    let host = Host::new([CORE, NET]);
    assert_eq!(host.pending(&mut connection).expect("reads").len(), 2, "nothing ran");
    assert_eq!(host.may_alter("net", ["assets"]).upgrade(&mut connection).expect("has leave").len(), 2);
}

#[test]
fn a_connection_out_of_a_pool_will_do() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let manager = ConnectionManager::<SqliteConnection>::new(folder.path().join("app.db").to_string_lossy());
    let pool = Pool::builder().max_size(4).build(manager).expect("a pool");
    let counts: Vec<_> = std::thread::scope(|scope| {
        let starters: Vec<_> = (0..4)
            .map(|_| {
                let mut connection = pool.get().expect("a connection");
                scope.spawn(move || Host::new([CORE, USB]).upgrade(&mut connection).expect("applies").len())
            })
            .collect();
        starters.into_iter().map(|starter| starter.join().expect("ends")).collect()
    });
    assert_eq!(counts.iter().sum::<usize>(), 3, "{counts:?}");
}

#[test]
fn a_host_that_cant_be_is_refused_before_anything_runs() {
    let code = |plugins: &[Plugin], dialect| Host::new(plugins.to_vec()).history(dialect).expect_err("no host").code();
    assert_eq!(code(&[USB, USB], Dialect::Sqlite), Code::PluginNamedTwice);
    assert_eq!(code(&[CORE, USB], Dialect::Mysql), Code::NoChainForDialect);
    const BROKEN: Plugin = Plugin {
        name: "net",
        chains: &[Chain {
            dialect: None,
            migrations: &[Migration { name: "1_a", up: "", down: None, metadata: Some("[autogen]\nplugin = 1") }],
        }],
    };
    let error = Host::new([BROKEN]).upgrade(&mut database()).expect_err("no metadata");
    assert_eq!(error.code(), Code::BadMetadata);
    assert_eq!(error.diagnostics[0].labels[0].place.to_string(), "net/migrations/1_a/metadata.toml:2:10");
}

#[test]
fn a_crate_without_migrations_is_a_plugin_too() {
    let plugin = autogen::plugin!();
    assert_eq!((plugin.name, plugin.chains.len()), ("engine", 0));
    assert!(Host::new([plugin]).upgrade(&mut database()).expect("nothing to do").is_empty());
}

/// Two people have gone on from one revision.
const BRANCHES: &[Migration] = &[
    Migration {
        name: "2026-11-20-000000-notes_base",
        up: "CREATE TABLE notes (id INTEGER PRIMARY KEY);",
        down: Some("DROP TABLE notes;"),
        metadata: Some("run_in_transaction = true\n[autogen]\nplugin = 'notes'\nrevises = []\n"),
    },
    Migration {
        name: "2026-11-21-000000-notes_left",
        up: "ALTER TABLE notes ADD COLUMN note TEXT;",
        down: Some("ALTER TABLE notes DROP COLUMN note;"),
        metadata: Some(
            "run_in_transaction = true\n[autogen]\nplugin = 'notes'\nrevises = ['2026-11-20-000000-notes']\n",
        ),
    },
    Migration {
        name: "2026-11-22-000000-notes_right",
        up: "CREATE TABLE other (id INTEGER PRIMARY KEY); DROP TABLE notes; ALTER TABLE other RENAME TO notes;",
        down: Some("-- nothing"),
        metadata: Some(
            "run_in_transaction = true\n[autogen]\nplugin = 'notes'\nrevises = ['2026-11-20-000000-notes']\n",
        ),
    },
];

const BRANCHED: Plugin = Plugin { name: "notes", chains: &[Chain { dialect: None, migrations: BRANCHES }] };

/// The same before the second branch came in.
const EARLIER: Plugin =
    Plugin { name: "notes", chains: &[Chain { dialect: None, migrations: BRANCHES.split_at(2).0 }] };

#[test]
fn two_heads_are_refused_before_anything_runs() {
    let mut connection = database();
    let host = Host::new([CORE, BRANCHED]);
    let refused = |error: autogen::error::Error| format!("{error:#}");
    let said = "notes' chain has 2 heads: `notes/migrations/2026-11-21-000000-notes_left` and \
                `notes/migrations/2026-11-22-000000-notes_right` [two-heads]\n\
                help: join them by `autogen merge --plugin notes`, or put one after the other by `autogen rebase`";
    assert_eq!(host.upgrade(&mut connection).map_err(refused), Err(said.to_owned()));
    assert_eq!(host.pending(&mut connection).map_err(refused), Err(said.to_owned()));
    let checked = host.check(&mut connection).map_err(refused).expect_err("has two heads");
    assert!(checked.starts_with(said) && checked.contains("the database lacks core's"), "{checked}");

    // An earlier program has applied one of the two, and a row is in it.
    Host::new([CORE, EARLIER]).upgrade(&mut connection).expect("applies");
    diesel::sql_query("INSERT INTO notes VALUES (1, 'precious')").execute(&mut connection).expect("a row");
    assert!(host.upgrade(&mut connection).is_err());
    let kept = diesel::sql_query("SELECT count(*) AS rows FROM notes WHERE note = 'precious'");
    assert_eq!(kept.get_result::<Count>(&mut connection).expect("is there").rows, 1);
    // The way back stays open.
    assert_eq!(
        host.downgrade(&mut connection, "notes", "-1").expect("reverts"),
        versions(&["2026-11-21-000000-notes"])
    );
}

#[test]
fn a_file_that_another_program_holds_is_busy() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("app.db");
    let path = path.to_str().expect("UTF-8");
    let host = Host::new([CORE]);
    let mut connection = SqliteConnection::establish(path).expect("opens");
    host.upgrade(&mut connection).expect("applies");
    let mut holder = SqliteConnection::establish(path).expect("opens");
    diesel::connection::SimpleConnection::batch_execute(&mut holder, "BEGIN EXCLUSIVE").expect("holds it");
    let busy = |error: autogen::error::Error| error.code();
    assert_eq!(host.check(&mut connection).map_err(busy), Err(Code::DatabaseBusy));
}

#[test]
fn errors_and_diagnostics_print_themselves_as_people_read_them() {
    let error = Host::new([CORE]).check(&mut database()).expect_err("nothing is applied");
    let whole = format!("{error:#}");
    assert_eq!(error.to_string(), "the database lacks core's 2026-11-20-083000-core_assets");
    assert_eq!(whole, format!("{error} [database-behind]\nhelp: apply it by `Host::upgrade`, or by `autogen upgrade`"));
    assert_eq!(format!("{error:?}"), whole, "a `main` that returns it prints this");
    assert_eq!(error.diagnostics[0].to_string(), whole);
    let caused = error.caused_by("the server went away");
    assert_eq!(format!("{caused:?}"), format!("{whole}\ncause: the server went away"));
}
