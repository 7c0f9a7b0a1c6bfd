//! One plugin asked for: no more of a database is read, copied and replayed than it is about.

use autogen_engine::database::{Database, DatabaseUrl};
use autogen_test_servers::{mysql, postgres};

use crate::support::{Host, Run};

const ASSETS: &str = "autogen::table! { assets (id) { id -> Integer, #[max_length = 20] tag -> Varchar, } }\n";
const DEVICES: &str = "autogen::table! {
    devices (id) {
        id -> Integer,
        #[references(assets(id))] asset_id -> Integer,
        #[max_length = 20] serial -> Nullable<Varchar>,
    }
}
";
const PORTS: &str = "autogen::table! { ports (id) { id -> Integer, speed -> Nullable<Integer>, } }\n";

/// A host with a database to which all its chains are applied, beside 20 tables of nobody's.
struct Beside {
    host: Host,
    url: String,
    /// Goes with the value.
    _server: Option<Box<dyn std::any::Any>>,
}

impl Beside {
    fn of(dialect: &str, url: Option<String>, server: Option<Box<dyn std::any::Any>>) -> Self {
        let host = Host::of(&[
            ("autogen.toml", &format!("dialects = ['{dialect}']\n")),
            ("src/schema.rs", ASSETS),
            ("plugins/net/src/schema.rs", PORTS),
            ("plugins/usb/src/schema.rs", DEVICES),
        ]);
        let url = url.unwrap_or_else(|| {
            host.sql("app.db", "VACUUM");
            format!("sqlite:{}", host.path("app.db").display())
        });
        let made = Self { host, url, _server: server };
        for arguments in ["", "upgrade"] {
            let run = made.run(arguments);
            assert_eq!(run.code, 0, "{}", run.transcript());
        }
        let others = (0..20).map(|n| format!("CREATE TABLE other{n} (id integer PRIMARY KEY, note varchar(9))"));
        others.for_each(|sql| made.sql(&sql));
        made
    }

    /// The same on SQLite, PostgreSQL and MariaDB.
    fn each() -> [Self; 3] {
        let (postgres, mysql) = (postgres(), mysql());
        [
            Self::of("sqlite", None, None),
            Self::of("postgres", Some(postgres.url()), Some(Box::new(postgres))),
            Self::of("mysql", Some(mysql.url()), Some(Box::new(mysql))),
        ]
    }

    fn run(&self, arguments: &str) -> Run {
        self.host.output(self.host.command(arguments).env("DATABASE_URL", &self.url).output().expect("runs"))
    }

    fn sql(&self, sql: &str) {
        let url = DatabaseUrl::parse(&self.url).expect("a URL");
        let mut database = Database::open(&url, false).expect("a connection");
        database.execute(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// Adds an index over serial numbers to the models.
    fn wants_index(&self, attribute: &str) {
        self.host.edit(
            "plugins/usb/src/schema.rs",
            "    devices (id)",
            &format!("    #[{attribute}]\n    devices (id)"),
        );
    }
}

/// The numbers that a stage tells, such as `3 tables`, each time that it ran.
fn told(run: &Run, stage: &str, fact: &str) -> Vec<usize> {
    let lines = run.stderr.lines().filter(|line| line.trim_start().starts_with(&format!("{stage}: ")));
    let facts = lines.flat_map(|line| line.split(", ")).filter_map(|part| part.strip_suffix(&format!(" {fact}")));
    facts.map(|number| number.parse().expect("a number")).collect()
}

#[test]
fn a_plugins_part_is_read_copied_and_replayed() {
    for beside in Beside::each() {
        beside.wants_index("index(serial)");
        let run = beside.run("--plugin usb -vv --dry-run");
        assert_eq!(run.code, 0, "{}", run.transcript());
        assert_eq!(told(&run, "outline", "queries"), [1, 1, 1], "the database, its copy, and that after the change");
        let tables = told(&run, "introspect", "tables");
        let (all, parts) = tables.split_first().expect("is read");
        assert_eq!(*all, 23, "whether somebody has changed the database, a look at all tells fastest");
        assert!(!parts.is_empty() && parts.iter().all(|read| *read == 2), "{tables:?}: assets and devices");
        assert!(told(&run, "replay", "revisions").is_empty(), "whose tables are, the ledger knows");
        assert!(run.stderr.contains("that no plugin owns") && run.stderr.contains("other19"), "{}", run.stderr);
        assert!(!run.stderr.contains("ports"), "{}", run.stderr);

        // Nobody asks for a plugin: all is looked at, and the same is written.
        let whole = beside.run("-vv --dry-run");
        assert!(told(&whole, "introspect", "tables").contains(&23), "{}", whole.transcript());
        let written = |run: &Run| {
            run.stdout
                .split("-----")
                .nth(1)
                .map(|up| up.lines().skip(1).filter(|line| !line.starts_with("--")).collect::<String>())
        };
        assert_eq!(written(&run), written(&whole), "{}", whole.transcript());

        // Without a database the chains that have nothing to do with it aren't run either.
        let mut command = beside.host.command("--plugin usb -vv --dry-run");
        if !beside.url.starts_with("sqlite") {
            let scratch = beside.url.split("://").next().map(|_| &beside.url);
            beside.host.write(
                "autogen.toml",
                &format!(
                    "{}[database]\nscratch = {{ {} = \"env:SCRATCH_URL\" }}\n",
                    beside.host.read("autogen.toml"),
                    if beside.url.starts_with("postgres") { "postgres" } else { "mysql" }
                ),
            );
            command.env("SCRATCH_URL", scratch.expect("a URL"));
        }
        let alone = beside.host.output(command.output().expect("runs"));
        assert_eq!(told(&alone, "replay", "revisions"), [2], "{}", alone.transcript());
        assert_eq!(written(&alone), written(&run));
    }
}

#[test]
fn names_that_others_have_are_taken() {
    for beside in Beside::each() {
        // Names of indexes are shared by all tables, but on MariaDB.
        let is_shared = !beside.url.starts_with("mysql");
        beside.sql("CREATE INDEX ix_devices_serial ON other3 (note)");
        beside.wants_index("index(serial)");
        let run = beside.run("--plugin usb --dry-run");
        assert_eq!(run.code, 0, "{}", run.transcript());
        assert_eq!(run.stdout.contains("ix_devices_serial_2"), is_shared, "{}", run.stdout);

        beside.host.edit("plugins/usb/src/schema.rs", "index(serial)", "index(serial, name = \"mine\")");
        beside.sql("CREATE INDEX mine ON other4 (note)");
        let run = beside.run("--plugin usb -v");
        assert_eq!(run.code, if is_shared { 2 } else { 0 }, "{}", run.transcript());
        let says = |text: &str| run.stderr.contains(text) == is_shared;
        assert!(says("the database has something else named `mine`") && says("[proof-failed]"), "{}", run.transcript());

        let folder = "plugins/usb/migrations";
        let before = beside.host.folders(folder);
        beside.sql("CREATE VIEW hubs AS SELECT id FROM other5");
        beside.host.edit("plugins/usb/src/schema.rs", "name = \"mine\"", "name = \"yours\"");
        let hubs = "autogen::table! { hubs (id) { id -> Integer, } }\n";
        beside.host.write("plugins/usb/src/hubs.rs", hubs);
        assert_eq!(beside.run("upgrade").code, 0);
        let run = beside.run("--plugin usb --allow all");
        assert_eq!(run.code, 2, "{}", run.transcript());
        assert_eq!(beside.host.folders(folder), before, "nothing is written");
    }
}

#[test]
fn checking_and_explaining_a_plugin_read_its_part() {
    for beside in Beside::each() {
        // The ledger's fingerprint is of everything; once it doesn't agree, the plugin's part tells.
        beside.sql("CREATE VIEW standing AS SELECT id FROM devices");
        let run = beside.run("check --plugin usb -vv");
        assert_eq!(run.code, 0, "{}", run.transcript());
        assert_eq!(told(&run, "introspect", "tables"), [23, 2, 2, 2], "{}", run.transcript());
        assert_eq!(told(&run, "replay", "revisions"), [2], "{}", run.transcript());
        assert!(run.stderr.contains("other19") && !run.stderr.contains("ports"), "{}", run.transcript());

        let run = beside.run("explain usb.devices.serial -vv");
        assert_eq!(run.code, 0, "{}", run.transcript());
        assert_eq!(told(&run, "introspect", "tables"), [2], "{}", run.transcript());
        let run = beside.run("explain usb.ports");
        assert!(run.stderr.contains("it is net's"), "{}", run.transcript());

        // What is found on a part is found on the whole.
        beside.sql("ALTER TABLE devices ADD COLUMN more integer");
        let run = beside.run("check --plugin usb");
        assert!(run.code == 1 && run.stdout.contains("database-drifted"), "{}", run.transcript());
        beside.sql("ALTER TABLE ports ADD COLUMN more integer");
        let run = beside.run("check --plugin net");
        assert!(run.code == 1 && run.stdout.contains("database-drifted"), "{}", run.transcript());
        assert_eq!(beside.run("check --plugin core").code, 0, "whose tables are as they were");
    }
}
