//! What a revision asks of MariaDB and MySQL, and a live table by which they can't keep to it.

use autogen_test_servers::MysqlKind;

use crate::mysql::Served;

const NOTES: &str = "autogen::table! { notes (id) { id -> Integer, #[max_length = 20] title -> Varchar, } }";

#[test]
fn a_table_that_would_be_copied_stops_the_revision() {
    MysqlKind::of_this_run().for_each(stops);
}

fn stops(kind: MysqlKind) {
    let served = Served::on(kind, &[("src/schema.rs", NOTES)]);
    served.done("");
    served.done("upgrade");
    served.host.edit("src/schema.rs", "title -> Varchar,", "title -> Varchar, done -> Nullable<Bool>,");
    served.done("");
    let folder = served.host.folders("migrations").pop().expect("a revision");
    let file = format!("migrations/{folder}/up.sql");
    assert!(served.host.read(&file).contains("ADD COLUMN `done` tinyint(1), ALGORITHM=INSTANT;"), "{kind:?}");

    let metadata = served.host.read(&format!("migrations/{folder}/metadata.toml"));
    assert!(metadata.contains("\nnotes = \"INSTANT\"\n"), "{metadata}");

    // Somebody lays the live table out so that no column comes at once.
    served.server.execute("ALTER TABLE notes ROW_FORMAT = COMPRESSED");
    let run = served.run("upgrade");
    assert_eq!(run.code, 2, "{}", run.transcript());
    let said = run.transcript();
    assert!(said.contains("[algorithm-refused]") && said.contains("ALGORITHM=INSTANT is not supported"), "{said}");
    assert!(said.contains("leave `ALGORITHM` and `LOCK` out of this statement and run it again"), "{said}");
    assert!(!served.schema().contains("`done`"), "nothing was altered");

    served.host.edit(&file, ", ALGORITHM=INSTANT", "");
    served.done("upgrade");
    served.done("verify --record");
    served.done("check");
}
