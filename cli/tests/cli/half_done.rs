//! What stops before it has changed anything, and what leads out of half a revision, on MariaDB.

use autogen_test_servers::on_each_mysql;

use crate::mysql::Served;

const BEFORE: &str = "autogen::table! { t (id) { id -> Integer, n -> Nullable<Integer> } }\n";
const AFTER: &str = "autogen::table! { t (id) { id -> Integer, n -> Integer } }\n";

/// A host whose second revision stops at its guard.
fn stopped() -> Served {
    let served = Served::of(&[("src/schema.rs", BEFORE)]);
    served.done("-m base");
    served.done("upgrade");
    served.server.execute("INSERT INTO t VALUES (1, NULL)");
    served.host.write("src/schema.rs", AFTER);
    served.done("-m required --allow all");
    let run = served.run("upgrade");
    assert_eq!(run.code, 2, "{}", run.transcript());
    assert!(
        run.stderr.contains("rows-in-the-way") && run.stderr.contains("nothing of it was applied"),
        "{}",
        run.stderr
    );
    served
}

fn newest(served: &Served) -> String {
    let folder = served.host.folders("migrations").pop().expect("a revision");
    format!("migrations/{folder}")
}

#[test]
fn a_guard_that_stops_a_revision_leaves_nothing_half_done() {
    on_each_mysql(|_| {
        let served = stopped();
        assert_eq!(served.stage(), "applied\t0");
        let folder = newest(&served);
        std::fs::remove_dir_all(served.host.path(&folder)).expect("is there");
        served.host.write("src/schema.rs", BEFORE);
        served.done("check");

        // Edited, it just runs anew.
        let served = stopped();
        let up = format!("{}/up.sql", newest(&served));
        served.host.write(&up, &format!("UPDATE t SET n = 0 WHERE n IS NULL;\n{}", served.host.read(&up)));
        served.done("upgrade");
        served.done("verify --record");
        served.done("check");
        served.server.execute("UPDATE t SET n = 7");

        // The way back as well: what stops it at once leaves it applied.
        let down = format!("{}/down.sql", newest(&served));
        let text = served.host.read(&down);
        served.host.write(&down, "SELECT * FROM nothing;\n");
        assert_eq!(served.run("downgrade --allow all --plugin core -1").code, 2);
        assert_eq!(served.stage(), "applied\t0 applied\t0");
        served.host.write(&down, &text);
        served.done("downgrade --allow all --plugin core -1");
    });
}

#[test]
fn a_program_that_is_killed_before_anything_changed_is_forgotten() {
    on_each_mysql(|_| {
        let served = stopped();
        served.server.execute(
        "INSERT INTO __autogen_ledger (version, plugin, name, revises, checksum, made, tool, state, statement, statements, ran, \
         holder, turn) VALUES ('20261201000000core', 'core', '2026-12-01-000000-core_gone', '', '', '', '', 'applying', 0, 3, '', \
         'elsewhere', 9)",
    );
        let run = served.run("status");
        assert!(run.stdout.contains("run it again, or forget it by `autogen status --repair`"), "{}", run.stdout);
        served.run("status --repair");
        assert_eq!(served.stage(), "applied\t0");
    });
}

#[test]
fn half_a_revision_without_its_folder_has_a_way_out() {
    on_each_mysql(|_| {
        let served = Served::of(&[("src/schema.rs", BEFORE)]);
        served.done("-m base");
        served.done("upgrade");
        served.host.revision(
            "",
            "2099-11-21-071100-core_more",
            "ALTER TABLE t ADD COLUMN m INT;\nCREATE TABLE u (id INT PRIMARY KEY);\nNONSENSE;\n",
            "DROP TABLE u;\nALTER TABLE t DROP COLUMN m;\n",
        );
        assert_eq!(served.run("upgrade").code, 2);
        std::fs::remove_dir_all(served.host.path("migrations/2099-11-21-071100-core_more")).expect("is there");
        let run = served.run("check");
        assert!(run.stdout.contains("[half-done]"), "{}", run.transcript());
        assert!(run.stdout.contains("`autogen stamp head --plugin core`"), "{}", run.transcript());
        // A chain goes neither on nor back from there, and nothing has run.
        served.host.revision(
            "",
            "2099-12-21-071100-core_next",
            "CREATE TABLE v (id INT PRIMARY KEY);\n",
            "DROP TABLE v;\n",
        );
        for command in
            ["upgrade", "upgrade --sql", "downgrade --allow all --plugin core -1", "downgrade --plugin core -1 --sql"]
        {
            let run = served.run(command);
            assert_eq!(run.code, 2, "{}", run.transcript());
            assert!(
                run.stderr.contains("stopped on its way, applied up to statement 2 of 3, and its folder is gone"),
                "{}",
                run.stderr
            );
        }
        // The place that is named is the one that has been reached.
        let stderr = served.run("upgrade").stderr;
        let stamp = stderr.split('`').find(|words| words.starts_with("autogen stamp ")).expect("a way out").to_owned();
        let run = served.run(stamp.trim_start_matches("autogen "));
        assert!(run.stderr.contains("not-as-marked"), "{stamp}: {}", run.transcript());
        std::fs::remove_dir_all(served.host.path("migrations/2099-12-21-071100-core_next")).expect("is there");
        let run = served.run("stamp head --plugin core");
        assert_eq!(run.code, 2, "{}", run.transcript());
        assert!(run.stderr.contains("not-as-marked"), "{}", run.stderr);
        served.server.execute("ALTER TABLE t DROP COLUMN m");
        let run = served.run("stamp head --plugin core");
        assert_eq!(run.code, 2, "a table that it made is left: {}", run.transcript());
        served.server.execute("DROP TABLE u");
        served.done("stamp head --plugin core");
        served.done("check");
    });
}

#[test]
fn what_is_half_done_is_not_called_anything_else() {
    on_each_mysql(|_| {
        let served = Served::of(&[("src/schema.rs", BEFORE)]);
        served.done("-m base");
        served.done("upgrade");
        served.server.execute("INSERT INTO t VALUES (1, NULL)");
        let up = "ALTER TABLE t ADD COLUMN m INT;\nINSERT INTO t (id) VALUES (1);\n";
        served.host.revision("", "2099-11-21-071100-core_more", up, "ALTER TABLE t DROP COLUMN m;\n");
        assert_eq!(served.run("upgrade").code, 2);
        // The schema is as it would be, and statements about rows are still to come.
        let run = served.run("check");
        assert!(run.stdout.contains("[half-done]") && !run.stdout.contains("stamp"), "{}", run.transcript());
        let more = "CREATE TABLE u (id INT PRIMARY KEY);\n";
        served.host.write("migrations/2099-11-21-071100-core_more/up.sql", &format!("{up}{more}"));
        let run = served.run("check");
        assert!(run.stdout.contains("finish or undo what is half done first"), "{}", run.transcript());
        assert!(!run.stdout.contains("make the models say so"), "{}", run.transcript());
    });
}
