//! `autogen [generate]`: what it writes, where, and when it writes nothing.

use autogen_engine::dialect::Dialect;
use std::fs;
use std::process::Stdio;

use expect_test::expect;

use crate::support::Host;

#[test]
fn a_plugin_that_is_ahead_gets_its_next_revision_and_then_is_in_sync() {
    let host = Host::shopdb(Dialect::Sqlite);
    let before = host.files();
    host.says("--plugin usb", expect![[r#"
        usb: add usbdevices.hardwareid
          + usbdevices.hardwareid  Varchar(9)
          + index ix_usbdevices_hardwareid on usbdevices (hardwareid)
          at risk: nothing
          proven: on SQLite [VERSION] with [N] rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again
          proven: nothing is lost but what the change itself destroys; no view, trigger or key breaks
          wrote plugins/usb/migrations/2026-11-21-071100-usb_add_usbdevices_hardwareid/{up.sql,down.sql,metadata.toml}
        --- exit 0
    "#]]);
    let mut after = host.files();
    let folder = "plugins/usb/migrations/2026-11-21-071100-usb_add_usbdevices_hardwareid";
    for file in ["up.sql", "down.sql", "metadata.toml"] {
        assert!(after.remove(&format!("{folder}/{file}")).is_some(), "{file} is missing");
    }
    assert_eq!(after, before, "nothing else may change");

    let written = host.files();
    host.in_sync("--plugin usb");
    assert_eq!(host.files(), written, "the second run must write nothing");
}

#[test]
fn the_files_say_what_they_do() {
    let host = Host::shopdb(Dialect::Sqlite);
    host.done("--plugin usb");
    let folder = "plugins/usb/migrations/2026-11-21-071100-usb_add_usbdevices_hardwareid";
    let files = ["up.sql", "down.sql", "metadata.toml"];
    let text: String =
        files.iter().map(|file| format!("----- {file}\n{}", host.read(&format!("{folder}/{file}")))).collect();
    expect![[r#"
        ----- up.sql
        -- usb: add usbdevices.hardwareid
        --
        -- Changes:
        --   + usbdevices.hardwareid  Varchar(9)
        --   + index ix_usbdevices_hardwareid on usbdevices (hardwareid)
        -- At risk:
        --   nothing
        -- Locks: nobody else can write to the file while this runs.
        -- Proven: see metadata.toml.

        ALTER TABLE "usbdevices" ADD COLUMN "hardwareid" VARCHAR(9);
        CREATE INDEX "ix_usbdevices_hardwareid" ON "usbdevices" ("hardwareid");
        ----- down.sql
        -- usb: takes back "add usbdevices.hardwareid"
        --
        -- Changes:
        --   - index ix_usbdevices_hardwareid on usbdevices (hardwareid)
        --   - usbdevices.hardwareid  Varchar(9)
        -- Can't bring back:
        --   the values of usbdevices.hardwareid, which this drops
        -- Locks: nobody else can write to the file while this runs.

        DROP INDEX "ix_usbdevices_hardwareid";
        ALTER TABLE "usbdevices" DROP COLUMN "hardwareid";
        ----- metadata.toml
        run_in_transaction = true

        [autogen]
        plugin = "usb"
        revises = ["20261120083000usb"]
        depends_on = []
        tool = "[TOOL]"
        verified = ["on SQLite [VERSION] with [N] rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again", "nothing is lost but what the change itself destroys; no view, trigger or key breaks"]

        [certificate]
        rules = 1
        server = "SQLite [VERSION]"
        run_in_transaction = true
        up = "[SUM]"
        down = "[SUM]"
        below = "[SUM]"
    "#]]
    .assert_eq(&host.same_everywhere(&text));
}

#[test]
fn the_same_sources_give_the_same_bytes() {
    let [one, two] = [(); 2].map(|()| {
        let host = Host::small();
        host.done("");
        host.files()
    });
    assert_eq!(one, two);
}

#[test]
fn all_chains_begin_in_dependency_order() {
    let host = Host::small();
    host.says("", expect![[r#"
        core: baseline
          + table assets  (id)
              id   Integer not null auto increment
              tag  Text not null
          at risk: nothing
          proven: on SQLite [VERSION] with [N] rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again
          proven: no view, trigger or key breaks
          wrote migrations/2026-11-21-071100-core_baseline/{up.sql,down.sql,metadata.toml}
        net: baseline
          + table ports  (id)
              id     Integer not null
              speed  Integer
          at risk: nothing
          proven: on SQLite [VERSION] with [N] rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again
          proven: nothing is lost but what the change itself destroys; no view, trigger or key breaks
          wrote plugins/net/migrations/2026-11-21-071100-net_baseline/{up.sql,down.sql,metadata.toml}
        usb: baseline
          + table devices  (id)
              id        Integer not null auto increment
              asset_id  Integer not null
              serial    Text
              index ix_devices_serial on devices (serial)
              foreign key on devices (asset_id) -> assets (id) on delete cascade
          at risk: nothing
          proven: on SQLite [VERSION] with [N] rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again
          proven: nothing is lost but what the change itself destroys; no view, trigger or key breaks
          wrote plugins/usb/migrations/2026-11-21-071100-usb_baseline/{up.sql,down.sql,metadata.toml}
        --- exit 0
    "#]]);
    let metadata = host.read("plugins/usb/migrations/2026-11-21-071100-usb_baseline/metadata.toml");
    expect![[r#"
        run_in_transaction = true

        [autogen]
        plugin = "usb"
        revises = []
        depends_on = ["20261121071100core"]
        tool = "[TOOL]"
        verified = ["on SQLite [VERSION] with [N] rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again", "nothing is lost but what the change itself destroys; no view, trigger or key breaks"]

        [certificate]
        rules = 1
        server = "SQLite [VERSION]"
        run_in_transaction = true
        up = "[SUM]"
        down = "[SUM]"
        below = "[SUM]"
    "#]].assert_eq(&host.same_everywhere(&metadata));
    host.says(
        "",
        expect![[r#"
            core: in sync
            net: in sync
            usb: in sync
            --- exit 0
        "#]],
    );
}

#[test]
fn a_dry_run_shows_the_files_and_writes_none() {
    let host = Host::with_baselines();
    host.edit(
        "plugins/net/src/schema.rs",
        "speed -> Nullable<Integer>,",
        "speed -> Nullable<Integer>, duplex -> Nullable<Bool>,",
    );
    let before = host.files();
    host.says(
        "--plugin net --dry-run --no-verify",
        expect![[r#"
            net: add ports.duplex
              + ports.duplex  Bool
              at risk: nothing
              would write 2026-11-21-071101-net_add_ports_duplex

            ----- up.sql
            -- net: add ports.duplex
            --
            -- Changes:
            --   + ports.duplex  Bool
            -- At risk:
            --   nothing
            -- Locks: nobody else can write to the file while this runs.
            -- Proven: nothing; this was written without verification.

            ALTER TABLE "ports" ADD COLUMN "duplex" BOOLEAN;

            ----- down.sql
            -- net: takes back "add ports.duplex"
            --
            -- Changes:
            --   - ports.duplex  Bool
            -- Can't bring back:
            --   the values of ports.duplex, which this drops
            -- Locks: nobody else can write to the file while this runs.

            ALTER TABLE "ports" DROP COLUMN "duplex";

            ----- metadata.toml
            run_in_transaction = true

            [autogen]
            plugin = "net"
            revises = ["20261121071100net"]
            depends_on = []
            tool = "[TOOL]"
            verified = []
            --- exit 0
        "#]],
    );
    host.says(
        "--plugin net --dry-run --format sql --no-verify",
        expect![[r#"
            -- net: add ports.duplex
            --
            -- Changes:
            --   + ports.duplex  Bool
            -- At risk:
            --   nothing
            -- Locks: nobody else can write to the file while this runs.
            -- Proven: nothing; this was written without verification.

            ALTER TABLE "ports" ADD COLUMN "duplex" BOOLEAN;
            --- exit 0
        "#]],
    );
    host.says(
        "--plugin net --dry-run --format unified",
        expect![[r#"
            --- a/ports
            +++ b/ports
            @@ -1,4 +1,5 @@
             CREATE TABLE "ports" (
                 "id" INTEGER NOT NULL PRIMARY KEY,
            -    "speed" INTEGER
            +    "speed" INTEGER,
            +    "duplex" BOOLEAN
             );
            --- exit 0
        "#]],
    );
    assert_eq!(host.files(), before);
}

#[test]
fn without_proof_the_header_says_so() {
    let host = Host::small();
    host.done("--plugin net --no-verify");
    expect![[r#"
        -- net: baseline
        --
        -- Changes:
        --   + table ports  (id)
        -- At risk:
        --   nothing
        -- Locks: nobody else can write to the file while this runs.
        -- Proven: nothing; this was written without verification.

        CREATE TABLE "ports" (
            "id" INTEGER NOT NULL PRIMARY KEY,
            "speed" INTEGER
        );
    "#]]
    .assert_eq(&host.read("plugins/net/migrations/2026-11-21-071100-net_baseline/up.sql"));
}

#[test]
fn a_message_becomes_the_name_whatever_it_holds() {
    let long = "word ".repeat(40);
    let messages = ["Größe 'und' \"Maß\"", "日本語 🦀", "../../etc/passwd", "?!", "two\nlines -- x", long.as_str()];
    let mut names = Vec::new();
    for message in messages {
        let host = Host::small();
        let output = host.command("--plugin net --no-verify -m").arg(message).output().expect("runs");
        let run = host.output(output);
        assert_eq!(run.code, 0, "{}", run.stderr);
        let folders = host.folders("plugins/net/migrations");
        let [folder] = folders.as_slice() else { panic!("one revision, not {folders:?}") };
        let up = host.read(&format!("plugins/net/migrations/{folder}/up.sql"));
        names.push(format!("{folder}: {}", up.lines().next().unwrap_or_default()));
        host.done("upgrade --database-url app.db");
    }
    expect![[r#"
        2026-11-21-071100-net_größe_und_maß: -- net: Größe 'und' "Maß"
        2026-11-21-071100-net_日本語: -- net: 日本語 🦀
        2026-11-21-071100-net_etc_passwd: -- net: ../../etc/passwd
        2026-11-21-071100-net_change: -- net: ?!
        2026-11-21-071100-net_two_lines_x: -- net: two lines -- x
        2026-11-21-071100-net_word_word_word_word_word_word_word_word_word: -- net: word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word"#]].assert_eq(&names.join("\n"));
}

#[test]
fn one_message_may_name_revisions_of_several_plugins() {
    let host = Host::small();
    host.done("-m begin");
    assert_eq!(host.folders("migrations"), ["2026-11-21-071100-core_begin"]);
    assert_eq!(host.folders("plugins/net/migrations"), ["2026-11-21-071100-net_begin"]);
    assert_eq!(host.folders("plugins/usb/migrations"), ["2026-11-21-071100-usb_begin"]);
}

#[test]
fn other_plugins_need_not_be_there() {
    let host = Host::with_baselines();
    fs::remove_dir_all(host.path("plugins/net")).expect("removed");
    host.edit(
        "plugins/usb/src/schema.rs",
        "serial -> Nullable<Text>,",
        "serial -> Nullable<Text>, note -> Nullable<Text>,",
    );
    host.says("--plugin usb", expect![[r#"
        usb: add devices.note
          + devices.note  Text
          at risk: nothing
          proven: on SQLite [VERSION] with [N] rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again
          proven: nothing is lost but what the change itself destroys; no view, trigger or key breaks
          wrote plugins/usb/migrations/2026-11-21-071101-usb_add_devices_note/{up.sql,down.sql,metadata.toml}
        --- exit 0
    "#]]);
}

#[test]
fn names_that_are_hard_to_spell_go_through() {
    let source = r#"autogen::table! {
    #[sql_name = "Order \"group\" 🦀"]
    orders (id) {
        id -> Integer,
        #[sql_name = "se lect"]
        #[check("\"se lect\" > 0")]
        quantity -> Integer,
        #[sql_name = "it's"]
        r#type -> Nullable<Text>,
    }
}
"#;
    let host = Host::of(&[("src/schema.rs", &source.replace('\n', "\r\n"))]);
    host.says("", expect![[r#"
        core: baseline
          + table Order "group" 🦀  (id)
              id       Integer not null
              se lect  Integer not null
              it's     Text
              check on Order "group" 🦀 ("se lect" > 0)
          at risk: nothing
          proven: on SQLite [VERSION] with [N] rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again
          proven: no view, trigger or key breaks
          wrote migrations/2026-11-21-071100-core_baseline/{up.sql,down.sql,metadata.toml}
        --- exit 0
    "#]]);
    host.says(
        "",
        expect![[r#"
            core: in sync
            --- exit 0
        "#]],
    );
    host.done("upgrade --database-url app.db");
    host.in_sync("check --database-url app.db");
}

#[test]
fn a_revision_comes_after_its_parents_whatever_the_clock_says() {
    let host = Host::with_baselines();
    host.edit(
        "plugins/net/src/schema.rs",
        "speed -> Nullable<Integer>,",
        "speed -> Nullable<Integer>, duplex -> Nullable<Bool>,",
    );
    let mut command = host.command("--plugin net --no-verify");
    let run = host.output(command.env("SOURCE_DATE_EPOCH", "0").output().expect("runs"));
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(
        host.folders("plugins/net/migrations"),
        ["2026-11-21-071100-net_baseline", "2026-11-21-071101-net_add_ports_duplex"]
    );
}

#[test]
fn what_a_crash_left_half_written_is_nobodys_revision() {
    let host = Host::small();
    host.write("plugins/net/migrations/.autogen-x1/up.sql", "CREATE TABLE half (");
    host.done("");
    assert_eq!(host.folders("plugins/net/migrations"), [".autogen-x1", "2026-11-21-071100-net_baseline"]);
    host.in_sync("check");
    host.done("upgrade --database-url app.db");
}

#[test]
fn a_plugins_table_that_is_gone_from_source_is_that_plugins_to_drop() {
    let host = Host::with_baselines();
    host.write("plugins/net/src/schema.rs", "// All gone.\n");
    host.in_sync("--plugin usb");
    host.says(
        "--plugin core",
        expect![[r#"
            core: in sync
            --- exit 0
        "#]],
    );
    host.says(
        "--plugin net",
        expect![[r#"
            --- stderr
            error[hazard-not-allowed]: net's change has hazards that nobody has allowed
            note: drop-table: table ports and all its rows are lost
            help: if that is meant, add `--allow drop-table`
            --- exit 2
        "#]],
    );
    host.says("--plugin net --allow drop-table", expect![[r#"
        net: drop ports
          - table ports  (id)
              id     Integer not null
              speed  Integer
          at risk: drop-table: table ports and all its rows are lost
          proven: on SQLite [VERSION] with [N] rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again
          proven: nothing is lost but what the change itself destroys; no view, trigger or key breaks
          wrote plugins/net/migrations/2026-11-21-071101-net_drop_ports/{up.sql,down.sql,metadata.toml}
        --- exit 0
    "#]]);
    host.says(
        "",
        expect![[r#"
            core: in sync
            net: in sync
            usb: in sync
            --- exit 0
        "#]],
    );
}

#[test]
fn a_reader_that_goes_away_is_no_trouble() {
    let host = Host::small();
    let mut child = host.command("").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
    drop(child.stdout.take());
    let run = host.output(child.wait_with_output().expect("ends"));
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    assert_eq!(host.folders("migrations").len(), 1);
}

#[test]
fn what_is_foreseen_after_each_owner_is_what_a_proof_reads() {
    let [proven, foreseen] = [(), ()].map(|()| {
        let host = Host::small();
        host.write(
            "plugins/audit/src/schema.rs",
            "autogen::table! { #[index(asset_id)] audits (id) { id -> Integer, #[references(assets)] asset_id -> BigInt, \
             #[default(now)] at -> Timestamp, } }",
        );
        host
    });
    let scripts = |host: &Host| {
        let files = host.files().into_iter().filter(|(path, _)| path.ends_with(".sql"));
        let name = |path: String| {
            path.split('/')
                .map(|part| part.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-'))
                .collect::<String>()
        };
        let sql =
            |text: String| text.lines().filter(|line| !line.starts_with("--")).map(str::to_owned).collect::<Vec<_>>();
        files.map(|(path, text)| (name(path), sql(text))).collect::<Vec<_>>()
    };
    let compare = || {
        proven.done("");
        foreseen.done("--no-verify");
        assert_eq!(scripts(&proven), scripts(&foreseen));
        foreseen.in_sync("check");
    };
    compare();
    assert!(scripts(&foreseen).len() >= 8, "a script of each owner for each way");
    for host in [&proven, &foreseen] {
        host.edit(
            "src/schema.rs",
            "autogen::table! {",
            "autogen::table! { extras (id) { id -> Integer, } }\nautogen::table! {",
        );
        host.edit(
            "plugins/audit/src/schema.rs",
            "at -> Timestamp,",
            "at -> Timestamp, #[references(extras)] extra_id -> Nullable<Integer>,",
        );
    }
    compare();
}
