//! Tables that change hands: by their owner's consent, or by the host's word.

use expect_test::expect;

use crate::support::Host;

/// Writes a revision that only says something about tables.
fn saying(host: &Host, (plugin, name): (&str, &str), depends_on: &str, said: &str) {
    let sql = if said.starts_with("takes") { "UPDATE assets SET tag = 'x';\n" } else { "-- nothing\n" };
    host.revision(if plugin == "core" { "" } else { plugin }, name, sql, "-- nothing\n");
    let folder = if plugin == "core" { String::new() } else { format!("plugins/{plugin}/") };
    let revises: Vec<_> =
        host.folders(&format!("{folder}migrations")).into_iter().filter(|other| other != name).collect();
    let metadata = format!(
        "run_in_transaction = true\n\n[autogen]\nplugin = \"{plugin}\"\nrevises = {:?}\ndepends_on = [{depends_on}]\n{said}\n",
        revises.last().into_iter().collect::<Vec<_>>(),
    );
    host.write(&format!("{folder}migrations/{name}/metadata.toml"), &metadata);
}

const TAKE: (&str, &str) = ("net", "2026-11-22-000000-net_take");
const CORES: &str = "\"20261121071100core\"";

/// A host with rows, of which a plugin's revision says that it takes the core's table.
fn taking() -> Host {
    let host = Host::with_database();
    host.sql("app.db", "INSERT INTO assets (tag) VALUES ('kept')");
    saying(&host, TAKE, CORES, "takes = [\"assets\"]");
    host
}

#[track_caller]
fn is_refused(host: &Host) {
    for command in ["check", "verify net@head", "upgrade --sql --database-url app.db", "upgrade --database-url app.db"]
    {
        let run = host.run(command);
        assert!(
            run.code != 0 && format!("{}{}", run.stdout, run.stderr).contains("table-not-given"),
            "{command}: {}",
            run.stderr
        );
    }
    assert!(!host.values("app.db", "SELECT tag AS value FROM assets").contains(&"x".to_owned()));
}

#[test]
fn a_table_that_nobody_gives_is_not_taken() {
    let host = taking();
    host.says("upgrade --database-url app.db", expect![[r#"
        --- stderr
        error[table-not-given]: net's 2026-11-22-000000-net_take can't be run: it takes over the table `assets`, which core hasn't given away
         --> plugins/net/migrations/2026-11-22-000000-net_take/metadata.toml:7:11
          |
        7 | takes = ["assets"]
          |           ^^^^^^ stated here
        help: let a revision of its owner's, or of the core's, give it by `gives = { TABLE = "PLUGIN" }` under `[autogen]` in its metadata.toml, as `autogen --plugin OWNER --plugin PLUGIN` does where the definition has `#[moved_from(OWNER)]`; or let the host say so by `may_alter = ["TABLE"]` under the plugin's `[plugin.NAME]` in autogen.toml, or by `Host::may_alter`
        --- exit 2
    "#]]);
    is_refused(&host);
    // That no source defines it says nothing: it may never have been defined.
    host.write("src/schema.rs", "");
    host.write("plugins/usb/src/schema.rs", "");
    is_refused(&host);
    host.write("autogen.toml", "[plugin.net]\nmay_alter = ['assets']\n");
    host.done("upgrade --database-url app.db");
}

#[test]
fn a_table_is_given_by_a_revision_of_its_owners() {
    let host = taking();
    saying(&host, ("core", "2026-11-21-080000-core_give"), "", "gives = { assets = \"net\" }");
    host.says(
        "show core@head",
        expect![[r#"
            core's 2026-11-21-080000-core_give
              folder: migrations/2026-11-21-080000-core_give
              revises: 2026-11-21-071100-core_baseline
              gives assets to net
              certificate: none
              run: in one transaction

            ----- up.sql
            -- nothing

            ----- down.sql
            -- nothing
            --- exit 0
        "#]],
    );
    host.done("check");
    host.done("upgrade --database-url app.db");
    assert_eq!(host.values("app.db", "SELECT tag AS value FROM assets"), ["x"]);
}

#[test]
fn only_its_owner_gives_a_table_and_only_to_whom_it_names() {
    let host = taking();
    saying(&host, ("usb", "2026-11-21-080000-usb_give"), CORES, "gives = { assets = \"net\" }");
    is_refused(&host);
    saying(&host, ("core", "2026-11-21-080000-core_give"), "", "gives = { assets = \"usb\" }");
    is_refused(&host);
}

#[test]
fn a_table_that_was_given_once_is_not_given_for_ever() {
    let host = Host::with_database();
    let said = [
        (("core", "2026-11-22-000000-core_a"), "gives = { assets = \"usb\" }"),
        (("usb", "2026-11-22-000001-usb_b"), "takes = [\"assets\"]"),
        (("usb", "2026-11-22-000002-usb_c"), "gives = { assets = \"net\" }"),
        (("net", "2026-11-22-000003-net_d"), "takes = [\"assets\"]"),
    ];
    for (revision, what) in said {
        saying(&host, revision, CORES, what);
    }
    host.done("upgrade --database-url app.db");
    host.sql("app.db", "DELETE FROM assets; INSERT INTO assets (tag) VALUES ('kept')");
    saying(&host, ("usb", "2026-11-22-000004-usb_e"), CORES, "takes = [\"assets\"]");
    let run = host.run("upgrade --database-url app.db");
    assert!(run.stderr.contains("error[table-not-given]"), "{}", run.stderr);
    assert_eq!(host.values("app.db", "SELECT tag AS value FROM assets"), ["kept"]);
}

#[test]
fn what_is_nobodys_is_given_by_the_core_alone() {
    let host = Host::with_baselines();
    host.sql("app.db", "CREATE TABLE legacy (n); INSERT INTO legacy VALUES ('kept')");
    host.done("upgrade --database-url app.db");
    let take = "2026-11-22-000000-net_take";
    let metadata = "run_in_transaction = true\n[autogen]\nplugin = \"net\"\nrevises = [\"20261121071100net\"]\ntakes = [\"legacy\"]\n";
    for sql in ["CREATE TABLE IF NOT EXISTS legacy (n);\nUPDATE legacy SET n = 1;\n", "UPDATE legacy SET n = 1;\n"] {
        host.revision("net", take, sql, "-- nothing\n");
        host.write(&format!("plugins/net/migrations/{take}/metadata.toml"), metadata);
        let run = host.run("upgrade --database-url app.db");
        assert!(run.stderr.contains("it takes over the table `legacy`, which no chain has made"), "{}", run.stderr);
        assert_eq!(host.values("app.db", "SELECT n AS value FROM legacy"), ["kept"]);
    }
    saying(&host, ("core", "2026-11-21-080000-core_give"), "", "gives = { legacy = \"net\" }");
    host.done("upgrade --database-url app.db");
    assert_eq!(host.values("app.db", "SELECT n AS value FROM legacy"), ["1"]);
}

#[test]
fn what_a_plugin_that_is_gone_has_made_is_given_by_the_core() {
    let host = Host::with_database();
    std::fs::remove_dir_all(host.path("plugins/net")).expect("removed");
    let take = "2026-11-22-000000-usb_take";
    host.revision("usb", take, "DELETE FROM ports;\n", "-- nothing\n");
    let metadata = "run_in_transaction = true\n[autogen]\nplugin = \"usb\"\nrevises = [\"20261121071100usb\"]\ntakes = [\"ports\"]\n";
    host.write(&format!("plugins/usb/migrations/{take}/metadata.toml"), metadata);
    let run = host.run("upgrade --database-url app.db");
    assert!(run.stderr.contains("it takes over the table `ports`, which net hasn't given away"), "{}", run.stderr);
    saying(&host, ("core", "2026-11-21-080000-core_give"), "", "gives = { ports = \"usb\" }");
    host.done("upgrade --database-url app.db");
}

#[test]
fn a_definition_that_moved_is_given_and_taken_in_one_run() {
    let host = Host::with_database();
    let ports = host.read("plugins/net/src/schema.rs");
    host.write("plugins/net/src/schema.rs", "");
    host.write("plugins/usb/src/ports.rs", &ports.replace("    ports (", "    #[moved_from(net)]\n    ports ("));
    host.says("", expect![[r#"
        --- stderr
        error[table-not-given]: `usb` takes over the table `ports`, which `net` hasn't given away
         --> plugins/usb/src/ports.rs:3:5
          |
        3 |     ports (id) {
          |     ^^^^^ defined here
        help: write the revisions of both, so that `net` gives it: `autogen --plugin net --plugin usb`; or let the host say so by `may_alter = ["ports"]` under `[plugin.usb]` in autogen.toml
        --- exit 2
    "#]]);
    host.says(
        "diff --plugin net --plugin usb",
        expect![[r#"
        net: 1 change
          > ports goes to usb
        usb: 1 change
          > ports comes from net
        --- exit 1
    "#]],
    );
    host.says(
        "--plugin net --plugin usb",
        expect![[r#"
        net: give away ports
          > ports goes to usb
          wrote plugins/net/migrations/2026-11-21-071101-net_give_away_ports/{up.sql,down.sql,metadata.toml}
        usb: take over ports
          > ports comes from net
          wrote plugins/usb/migrations/2026-11-21-071102-usb_take_over_ports/{up.sql,down.sql,metadata.toml}
        --- exit 0
    "#]],
    );
    let given = &host.folders("plugins/net/migrations")[1];
    expect![[r#"
        -- net: give away ports
        --
        -- Changes:
        --   > ports goes to usb
    "#]]
    .assert_eq(&host.read(&format!("plugins/net/migrations/{given}/up.sql")));
    expect![[r#"
        run_in_transaction = true

        [autogen]
        plugin = "net"
        revises = ["20261121071100net"]
        depends_on = []
        tool = "[TOOL]"
        verified = ["on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again", "nothing is lost but what the change itself destroys; no view, trigger or key breaks"]

        [autogen.gives]
        ports = "usb"

        [certificate]
        rules = 1
        server = "SQLite [VERSION]"
        run_in_transaction = true
        up = "[SUM]"
        down = "[SUM]"
        below = "[SUM]"
    "#]].assert_eq(&host.same_everywhere(&host.read(&format!("plugins/net/migrations/{given}/metadata.toml"))));
    host.done("check");
    host.done("upgrade --database-url app.db");
    host.done("check --database-url app.db");
    // What has been taken isn't given back without a plan for it.
    host.says("downgrade --allow all --plugin net -1 --database-url app.db", expect![[r#"
        --- stderr
        error[has-dependents]: applied revisions need what would be reverted: usb's 2026-11-21-071102-usb_take_over_ports
        help: revert those first; `autogen downgrade --cascade` takes them along
        --- exit 2
    "#]]);
    host.done("downgrade --allow all --plugin usb -1 --database-url app.db");
    host.done("downgrade --allow all --plugin net -1 --database-url app.db");
    host.done("upgrade --database-url app.db");
}

#[test]
fn a_table_takes_another_owner_and_another_name_one_after_the_other() {
    let host = Host::with_database();
    let ports = host.read("plugins/net/src/schema.rs");
    host.write("plugins/net/src/schema.rs", "");
    let moved = ports.replace("    ports (", "    #[moved_from(net)] #[renamed_from(ports)]\n    sockets (");
    host.write("plugins/usb/src/ports.rs", &moved);
    for owners in ["", "--plugin net", "--plugin usb", "--plugin net --plugin usb"] {
        let run = host.run(&format!("{owners} --allow all"));
        assert!(
            run.code == 2 && run.stderr.contains("can't become `sockets` of `usb` in one revision"),
            "{}",
            run.transcript()
        );
    }
    host.write("plugins/usb/src/ports.rs", &ports.replace("    ports (", "    #[moved_from(net)]\n    ports ("));
    host.done("--plugin net --plugin usb");
    host.write("plugins/usb/src/ports.rs", &moved);
    host.done("--plugin usb");
    host.done("upgrade --database-url app.db");
}

#[test]
fn whoever_gives_may_be_written_first_and_alone() {
    let host = Host::with_database();
    let ports = host.read("plugins/net/src/schema.rs");
    host.write("plugins/net/src/schema.rs", "");
    host.write("plugins/usb/src/ports.rs", &ports.replace("    ports (", "    #[moved_from(net)]\n    ports ("));
    host.done("--plugin net");
    assert_eq!(host.done("--plugin net"), "net: in sync\n");
    host.done("--plugin usb");
    host.done("upgrade --database-url app.db");
    assert_eq!(host.done(""), "core: in sync\nnet: in sync\nusb: in sync\n");
}
