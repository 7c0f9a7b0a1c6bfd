//! What chains make is remembered from run to run, and replayed again as soon as anything about it has changed.

use std::fs;

use autogen_test_servers::{MysqlKind, mysql_on, postgres};
use tempfile::TempDir;

use crate::support::{Host, Run};

/// Checks, defaults and a predicate that a server prints in words of its own.
const SHOP: &str = "autogen::table! {
    #[check(\"price >= 0 and price < 10 * 100\", name = \"ck_price\")]
    wares (id) {
        id -> Integer,
        #[max_length = 40]
        name -> Varchar,
        #[default = 0]
        price -> Integer,
        #[generated(\"price * 2\", stored)]
        twice -> Integer,
    }
}
";

/// A host, and a folder in which its runs remember.
struct Remembering {
    host: Host,
    scratch: String,
    cache: TempDir,
}

impl Remembering {
    fn of(dialect: &str, scratch: String) -> Self {
        let settings = format!("dialects = ['{dialect}']\n[database]\nscratch = {{ {dialect} = 'env:SCRATCH_URL' }}\n");
        let settings = if scratch.is_empty() { "dialects = ['sqlite']\n".to_owned() } else { settings };
        let host = Host::of(&[("autogen.toml", &settings), ("src/schema.rs", SHOP)]);
        let found = Self { host, scratch, cache: tempfile::tempdir().expect("a folder") };
        assert_eq!(found.run("generate", "").code, 0);
        found
    }

    fn run(&self, arguments: &str, cache: &str) -> Run {
        let mut command = self.host.command(arguments);
        let output = command.env("SCRATCH_URL", &self.scratch).env("AUTOGEN_CACHE_DIR", cache).output();
        self.host.output(output.expect("runs"))
    }

    /// Checks, and returns whether chains were replayed.
    #[track_caller]
    fn checks(&self, code: i32, says: &str) -> bool {
        self.checks_in(self.cache.path().to_str().expect("UTF-8"), code, says)
    }

    #[track_caller]
    fn checks_in(&self, cache: &str, code: i32, says: &str) -> bool {
        let run = self.run("check -vv", cache);
        assert_eq!(run.code, code, "{}", run.transcript());
        assert!(run.stdout.contains(says), "{}", run.transcript());
        run.stderr.lines().any(|line| line.trim_start().starts_with("replay"))
    }

    fn goes_on(&self) {
        assert!(self.checks(0, "in sync"), "nothing is known at first");
        assert!(!self.checks(0, "in sync"), "nothing has changed");
        assert!(self.checks_in("", 0, "in sync"), "nothing is remembered");

        // The models may change as they like.
        self.host.edit("src/schema.rs", "10 * 100", "20 * 100");
        self.checks(1, "+ check ck_price on wares");
        assert!(!self.checks(1, "+ check ck_price on wares"), "the database has said how it prints the new check");
        self.host.edit("src/schema.rs", "20 * 100", "10 * 100");
        assert!(!self.checks(0, "in sync"));

        // The chain may not.
        let folder = &self.host.folders("migrations")[0];
        let up = format!("migrations/{folder}/up.sql");
        let before = self.host.read(&up);
        self.host.write(&up, &format!("{before}\nCREATE TABLE by_hand (id INTEGER NOT NULL PRIMARY KEY);\n"));
        assert!(self.checks(1, "by_hand"), "the chain has changed");
        assert!(!self.checks(1, "by_hand"));
        self.host.write(&up, &before);
        assert!(!self.checks(0, "in sync"), "it is as it was");

        // Nobody depends on the folder.
        for entry in fs::read_dir(self.cache.path()).expect("a folder") {
            fs::write(entry.expect("an entry").path(), "garbage").expect("a file");
        }
        assert!(self.checks(0, "in sync"));
        assert!(!self.checks(0, "in sync"));
        fs::remove_dir_all(self.cache.path()).expect("a folder");
        assert!(self.checks(0, "in sync"));
        assert!(!self.checks(0, "in sync"));
    }
}

#[test]
fn chains_on_sqlite() {
    Remembering::of("sqlite", String::new()).goes_on();
}

#[test]
fn chains_on_postgres_as_long_as_the_server_is_as_it_was() {
    let database = postgres();
    let shop = Remembering::of("postgres", database.url());
    shop.goes_on();
    database.execute(&format!("ALTER DATABASE \"{}\" SET bytea_output = 'escape'", database.name()));
    assert!(shop.checks(0, "in sync"));
    assert!(!shop.checks(0, "in sync"));
}

#[test]
fn chains_on_mariadb_and_mysql() {
    for kind in MysqlKind::of_this_run() {
        let database = mysql_on(kind);
        Remembering::of("mysql", database.url()).goes_on();
    }
}

#[test]
fn a_trespass_is_found_however_often_there_was_none() {
    let host = Host::with_baselines();
    host.in_sync("check");
    host.in_sync("check");
    let folder = &host.folders("plugins/usb/migrations")[0];
    let up = format!("plugins/usb/migrations/{folder}/up.sql");
    let text = host.read(&up);
    host.write(&up, &format!("{text}\nCREATE INDEX ix_hers ON assets (tag);\n"));
    for _ in 0..2 {
        let run = host.run("check");
        assert!(run.code == 1 && run.stdout.contains("it changes the table `assets`"), "{}", run.transcript());
    }
    host.write(&up, &text);
    host.in_sync("check");
}
