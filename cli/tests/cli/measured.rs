//! What a proof measures on PostgreSQL, where that is kept, and a revision that was made to lock more.

use autogen_test_servers::postgres;

use crate::support::Host;

const USERS: &str = "autogen::table! { users (id) { id -> Integer, name -> Text, } }";

#[test]
fn a_revision_that_locks_more_than_it_did_is_not_proven() {
    let server = postgres();
    let host = Host::of(&[("autogen.toml", "dialects = ['postgres']\n"), ("src/schema.rs", USERS)]);
    let run = |arguments: &str| {
        let mut command = host.command(arguments);
        host.output(command.env("DATABASE_URL", server.url()).output().expect("runs"))
    };
    let done = |arguments: &str| {
        let run = run(arguments);
        assert_eq!(run.code, 0, "autogen {arguments}\n{}", run.transcript());
    };
    done("");
    done("upgrade");
    host.edit("src/schema.rs", "name -> Text", "#[index] name -> Text");
    done("");
    let folder = format!("migrations/{}", host.folders("migrations").pop().expect("a revision"));
    let metadata = host.read(&format!("{folder}/metadata.toml"));
    assert!(metadata.contains("\n[autogen.measured.\"PostgreSQL "), "{metadata}");
    assert!(metadata.contains("\nusers = \"SHARE\"\n"), "{metadata}");
    done("verify");

    let up = format!("{folder}/up.sql");
    host.edit(&up, "CREATE INDEX", "LOCK TABLE users IN ACCESS EXCLUSIVE MODE;\nCREATE INDEX");
    let run = run("verify");
    assert_eq!(run.code, 1, "{}", run.transcript());
    let said = run.transcript();
    assert!(said.contains("up.sql locks tables more strongly than metadata.toml states"), "{said}");
    assert!(said.contains("users: ACCESS EXCLUSIVE, all rows read, where SHARE is stated"), "{said}");
}

#[test]
fn a_header_says_that_rows_are_read_while_others_wait() {
    let server = postgres();
    let host = Host::of(&[("autogen.toml", "dialects = ['postgres']\n"), ("src/schema.rs", USERS)]);
    let done = |arguments: &str| {
        let mut command = host.command(arguments);
        let run = host.output(command.env("DATABASE_URL", server.url()).output().expect("runs"));
        assert_eq!(run.code, 0, "autogen {arguments}\n{}", run.transcript());
    };
    done("");
    done("upgrade");
    // The new column locks the table before the index is built.
    host.edit("src/schema.rs", "name -> Text,", "name -> Text, #[index] mail -> Nullable<Text>,");
    done("");
    let folder = host.folders("migrations").pop().expect("a revision");
    let up = host.read(&format!("migrations/{folder}/up.sql"));
    let line = "-- Locks: users: ACCESS EXCLUSIVE (nobody else can read or write it while all rows are read).";
    assert!(up.contains(line), "{up}");
    let down = host.read(&format!("migrations/{folder}/down.sql"));
    assert!(down.contains("-- Locks: users: ACCESS EXCLUSIVE (nobody else can read or write it)."), "{down}");
}
