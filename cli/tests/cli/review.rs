//! Reviews of branches, in repositories that the tests make: what is new against the base, and what stands against
//! merging it.

use std::process::{Command, Stdio};

use expect_test::expect;

use crate::formats::{is_valid, validator};
use crate::support::{Host, PORTS};

const USB: &str = "plugins/usb/src/schema.rs";

/// Runs git in a host's folder, or below it, without any setting of this machine's.
fn git(host: &Host, arguments: &str) {
    let mut command = Command::new("git");
    command.args(arguments.split_whitespace()).current_dir(host.root()).stdin(Stdio::null());
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    for who in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{who}_NAME"), "A").env(format!("GIT_{who}_EMAIL"), "a@example.org");
        command.env(format!("GIT_{who}_DATE"), "2026-11-21T07:11:00Z");
    }
    let output = command.output().expect("git starts; these tests need it");
    assert!(output.status.success(), "git {arguments}: {}", String::from_utf8_lossy(&output.stderr));
}

fn commit(host: &Host) {
    git(host, "add --all");
    git(host, "commit --quiet --allow-empty --message x");
}

/// The small host with its baselines on `main`, which is `origin/main` too, and a branch of it.
fn branch() -> Host {
    let host = Host::with_baselines();
    git(&host, "init --quiet --initial-branch main");
    commit(&host);
    git(&host, "update-ref refs/remotes/origin/main HEAD");
    git(&host, "switch --quiet --create work");
    host
}

/// Lets something happen on `origin/main` and comes back to the branch.
fn meanwhile(host: &Host, change: impl Fn(&Host)) {
    commit(host);
    git(host, "switch --quiet main");
    change(host);
    commit(host);
    git(host, "update-ref refs/remotes/origin/main HEAD");
    git(host, "switch --quiet work");
}

/// Writes the revision of one more column of devices, with a name of its own.
fn with_column(host: &Host, column: &str, name: &str) {
    host.edit(USB, "        serial ->", &format!("        {column},\n        serial ->"));
    host.done(&format!("--plugin usb -m {name}"));
}

/// Writes a revision of one more column of devices on `origin/main`, a little later than the branch's.
fn theirs(host: &Host, column: &str) {
    meanwhile(host, |host| {
        with_column(host, column, "theirs");
        let folder = |name: &str| host.path(&format!("plugins/usb/migrations/{name}"));
        std::fs::rename(folder("2026-11-21-071101-usb_theirs"), folder("2026-11-21-071105-usb_theirs")).expect("moved");
    });
}

#[test]
fn what_a_branch_adds_is_shown() {
    let host = branch();
    host.says(
        "review",
        expect![[r#"
        compared with origin/main: nothing new
        --- exit 0
    "#]],
    );
    with_column(&host, "color -> Nullable<Text>", "color");
    host.edit(USB, "serial ->", "#[allow(drop_column)]\n        serial2 -> Nullable<Text>,\n        serial ->");
    host.edit(USB, "        serial -> Nullable<Text>,\n", "");
    host.edit(USB, "    #[index(serial)]\n", "");
    host.done("--plugin usb --allow all -m more");
    // What isn't committed counts as well.
    host.says(
        "review",
        expect![[r#"
        usb: 2 new revisions
          2026-11-21-071101-usb_color: proven
            on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
            nothing is lost but what the change itself destroys; no view, trigger or key breaks
          2026-11-21-071102-usb_more: proven
            on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
            nothing is lost but what the change itself destroys; no view, trigger or key breaks
          - index ix_devices_serial on devices (serial)
          - devices.serial  Text
          + devices.color  Text
          + devices.serial2  Text
          at risk: drop-column: column devices.serial and its values are lost
        compared with origin/main: nothing stands against it
        --- exit 0
    "#]],
    );
    commit(&host);
    git(&host, "switch --quiet --detach");
    host.says(
        "review --plugin net",
        expect![[r#"
        compared with origin/main: nothing new
        --- exit 0
    "#]],
    );
    host.says(
        "review --format json --base main",
        expect![[r#"
            {
              "version": 1,
              "command": "review",
              "base": "main",
              "landed": 0,
              "plugins": [
                {
                  "plugin": "usb",
                  "dialect": "sqlite",
                  "revisions": [
                    {
                      "revision": "2026-11-21-071101-usb_color",
                      "folder": "plugins/usb/migrations/2026-11-21-071101-usb_color",
                      "proven": [
                        "on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again",
                        "nothing is lost but what the change itself destroys; no view, trigger or key breaks"
                      ]
                    },
                    {
                      "revision": "2026-11-21-071102-usb_more",
                      "folder": "plugins/usb/migrations/2026-11-21-071102-usb_more",
                      "proven": [
                        "on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again",
                        "nothing is lost but what the change itself destroys; no view, trigger or key breaks"
                      ]
                    }
                  ],
                  "changes": [
                    {
                      "kind": "drop-index",
                      "table": "devices",
                      "column": null,
                      "text": "- index ix_devices_serial on devices (serial)"
                    },
                    {
                      "kind": "drop-column",
                      "table": "devices",
                      "column": "serial",
                      "text": "- devices.serial  Text"
                    },
                    {
                      "kind": "add-column",
                      "table": "devices",
                      "column": "color",
                      "text": "+ devices.color  Text"
                    },
                    {
                      "kind": "add-column",
                      "table": "devices",
                      "column": "serial2",
                      "text": "+ devices.serial2  Text"
                    }
                  ],
                  "hazards": [
                    {
                      "name": "drop-column",
                      "detail": "column devices.serial and its values are lost",
                      "rows": null,
                      "allowed": null
                    }
                  ]
                }
              ],
              "left_out": [],
              "findings": [],
              "warnings": []
            }
            --- exit 0
        "#]],
    );
}

#[test]
fn a_review_is_a_report_like_others() {
    let host = branch();
    with_column(&host, "color -> Nullable<Text>", "color");
    host.edit("plugins/net/migrations/2026-11-21-071100-net_baseline/up.sql", "\"speed\" INTEGER", "\"speed\" TEXT");
    let schema = validator(include_str!("../../../docs/report.schema.json"));
    for command in ["review", "review --base nope", "verify --certificates", "verify --record"] {
        is_valid(&schema, &host.run(&format!("{command} --format json")).document(), command);
    }
    host.edit("plugins/net/migrations/2026-11-21-071100-net_baseline/up.sql", "\"speed\" TEXT", "\"speed\" BIGINT");
    host.says("review --format github", expect![[r#"
        ::error file=plugins/net/migrations/2026-11-21-071100-net_baseline/up.sql,line=1,col=1,title=net%3A merged-revision-edited::2026-11-21-071100-net_baseline isn't what `origin/main` has: up.sql differs%0Ahelp: databases may have applied it: put it back as `origin/main` has it, and write a new revision
        --- exit 1
    "#]]);
    assert_eq!(host.run("review --format github,markdown=review.md").code, 1);
    assert!(host.read("review.md").starts_with("<!-- autogen review -->"));
    host.says("review --format markdown", expect![[r#"
        <!-- autogen review -->
        ### autogen review: 1 finding

        | what | result |
        |---|---|
        | usb | 1 change |
        | net | merged-revision-edited |

        #### usb

        ```diff
        + devices.color  Text
        ```

        Locks:

        * nobody else can write to the file while this runs

        ```mermaid
        flowchart LR
          t0["assets"]:::same
          t1["devices"]:::changed
          t1 --> t0
          classDef new stroke:#1a7f37,stroke-width:3px
          classDef gone stroke:#cf222e,stroke-dasharray:5
          classDef changed stroke:#9a6700,stroke-width:3px
          classDef same stroke:#888888
        ```

        <details><summary>Tables before and after</summary>

        ```diff
        --- a/devices
        +++ b/devices
        @@ -1,6 +1,7 @@
         CREATE TABLE "devices" (
             "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
             "asset_id" INTEGER NOT NULL REFERENCES "assets" ("id") ON DELETE CASCADE,
        -    "serial" TEXT
        +    "serial" TEXT,
        +    "color" TEXT
         );
         CREATE INDEX "ix_devices_serial" ON "devices" ("serial");
        ```

        </details>

        <details><summary>SQL</summary>

        ```sql
        -- usb: color
        --
        -- Changes:
        --   + devices.color  Text
        -- At risk:
        --   nothing
        -- Locks: nobody else can write to the file while this runs.
        -- Proven: see metadata.toml.

        ALTER TABLE "devices" ADD COLUMN "color" TEXT;
        ```

        </details>

        #### net

        **error** `merged-revision-edited` in `plugins/net/migrations/2026-11-21-071100-net_baseline/up.sql:1:1`: 2026-11-21-071100-net\_baseline isn't what `origin/main` has: up.sql differs

        Next: databases may have applied it: put it back as `origin/main` has it, and write a new revision
        --- exit 1
    "#]]);
}

#[test]
fn what_the_policy_is_against_is_told() {
    let host = branch();
    host.edit(USB, "    #[index(serial)]\n", "");
    host.edit(USB, "        serial -> Nullable<Text>,\n", "");
    host.done("--plugin usb --allow all -m less");
    assert_eq!(host.run("review").code, 0);
    host.says(
        "review --deny",
        expect![[r#"
        usb: 1 new revision
          2026-11-21-071101-usb_less: proven
            on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
            nothing is lost but what the change itself destroys; no view, trigger or key breaks
          - index ix_devices_serial on devices (serial)
          - devices.serial  Text
          at risk: drop-column: column devices.serial and its values are lost
        error[hazard-not-allowed]: nobody has allowed drop-column: column devices.serial and its values are lost
        help: if that is meant, allow it by `drop-column = { rows = N }` under `[policy] allow` in autogen.toml
        --- exit 1
    "#]],
    );
    host.write("autogen.toml", "[policy.plugin.usb]\nallow = { drop-column = true }\n");
    assert_eq!(host.run("review --deny --format github,sarif=out.sarif").code, 0);
    assert!(host.read("out.sarif").contains("\"results\""));
}

#[test]
fn branches_of_one_chain_that_do_not_go_together_are_told() {
    let host = branch();
    with_column(&host, "color -> Nullable<Text>", "mine");
    theirs(&host, "color -> Nullable<Integer>");
    host.says("review", expect![[r#"
        usb: 1 new revision
          2026-11-21-071101-usb_mine: proven
            on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
            nothing is lost but what the change itself destroys; no view, trigger or key breaks
          + devices.color  Text
          at risk: nothing
        error[two-heads]: once merged, usb's chain has 2 heads: 2026-11-21-071101-usb_mine and `origin/main`'s 2026-11-21-071105-usb_theirs
        note: usb's 2026-11-21-071101-usb_mine and usb's 2026-11-21-071105-usb_theirs can't be applied in either order: after usb's 2026-11-21-071101-usb_mine, usb's 2026-11-21-071105-usb_theirs failed at `ALTER TABLE "devices" ADD COLUMN "color" INTEGER`: duplicate column name: color
        note: both change devices.color
        help: neither merge nor rebase works: remove the folder of the one that no database has applied, and run `autogen --plugin usb`, which writes on top of the other whatever is still missing
        --- exit 1
    "#]]);
}

#[test]
fn branches_of_one_chain_that_go_together_are_told() {
    let host = branch();
    with_column(&host, "color -> Nullable<Text>", "mine");
    theirs(&host, "weight -> Nullable<Integer>");
    host.says("review", expect![[r#"
        usb: 1 new revision
          2026-11-21-071101-usb_mine: proven
            on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
            nothing is lost but what the change itself destroys; no view, trigger or key breaks
          + devices.color  Text
          at risk: nothing
        error[two-heads]: once merged, usb's chain has 2 heads: 2026-11-21-071101-usb_mine and `origin/main`'s 2026-11-21-071105-usb_theirs
        help: they may be applied in either order: merge `origin/main` into the branch, and run `autogen merge --plugin usb` or `autogen rebase 2026-11-21-071101-usb_mine`
        --- exit 1
    "#]]);
    // Both under one version: whoever comes second needs another.
    let host = branch();
    with_column(&host, "color -> Nullable<Text>", "mine");
    meanwhile(&host, |host| with_column(host, "weight -> Nullable<Integer>", "theirs"));
    host.says(
        "review",
        expect![[r#"
            usb: 1 new revision
              2026-11-21-071101-usb_mine: proven
                on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
                nothing is lost but what the change itself destroys; no view, trigger or key breaks
              + devices.color  Text
              at risk: nothing
            error[version-taken]: `origin/main` has another revision under the version of 2026-11-21-071101-usb_mine
            help: give it a later name; nothing else tells the two apart
            --- exit 1
        "#]],
    );
}

#[test]
fn chains_of_several_owners_are_tried_together() {
    let notes = |host: &Host, plugin: &str, name: &str, sql: &str| {
        host.revision(plugin, name, sql, "DROP TABLE notes;");
    };
    let host = branch();
    notes(&host, "net", "2026-12-01-000000_net_notes", "CREATE TABLE notes (id INTEGER PRIMARY KEY);");
    meanwhile(&host, |host| {
        notes(host, "", "2026-12-01-000001_core_notes", "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT);");
    });
    host.says("review", expect![[r#"
        net: 1 new revision
          2026-12-01-000000_net_notes: proven
            on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
            nothing is lost but what the change itself destroys; no view, trigger or key breaks
          + table notes  (id)
              id  Integer not null
          at risk: nothing
        error[base-conflict]: after what is new here, core's 2026-12-01-000001_core_notes failed at `CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)`: table notes already exists
        note: both change notes
        help: merge `origin/main` into the branch; then remove the new revision that stands in the way, and let `autogen` write what is still missing
        --- exit 1
    "#]]);

    let host = branch();
    with_column(&host, "color -> Nullable<Text>", "color");
    meanwhile(&host, |host| {
        host.edit("plugins/net/src/schema.rs", "speed ->", "duplex -> Nullable<Bool>,\n        speed ->");
        host.done("--plugin net");
    });
    host.says(
        "review",
        expect![[r#"
        usb: 1 new revision
          2026-11-21-071101-usb_color: proven
            on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
            nothing is lost but what the change itself destroys; no view, trigger or key breaks
          + devices.color  Text
          at risk: nothing
        compared with origin/main: nothing stands against it; it goes together with 1 revision merged meanwhile
        --- exit 0
    "#]],
    );
}

#[test]
fn what_the_base_has_stays_as_it_is() {
    let host = branch();
    host.edit("plugins/net/migrations/2026-11-21-071100-net_baseline/up.sql", "\"speed\" INTEGER", "\"speed\" TEXT");
    // Comments and certificates don't count.
    host.edit("migrations/2026-11-21-071100-core_baseline/up.sql", ");\n", "); -- as it was\n");
    host.done("verify --record core@baseline");
    let usb = host.path("plugins/usb/migrations/2026-11-21-071100-usb_baseline");
    std::fs::rename(&usb, usb.with_file_name("2026-11-21-071155-usb_baseline")).expect("renamed");
    host.says(
        "review",
        expect![[r#"
        usb: 1 new revision
          2026-11-21-071155-usb_baseline: proven
            on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
            nothing is lost but what the change itself destroys; no view, trigger or key breaks
          + table devices  (id)
              id        Integer not null auto increment
              asset_id  Integer not null
              serial    Text
              index ix_devices_serial on devices (serial)
              foreign key on devices (asset_id) -> assets (id) on delete cascade
          at risk: nothing
        error[merged-revision-removed]: 2026-11-21-071100-usb_baseline is gone, and `origin/main` has it
        help: databases may have applied it: put it back as `origin/main` has it, and write a new revision
        net: 2026-11-21-071100-net_baseline isn't what `origin/main` has: up.sql differs [merged-revision-edited]
          help: databases may have applied it: put it back as `origin/main` has it, and write a new revision
        --- exit 1
    "#]],
    );
}

#[test]
fn a_header_must_say_what_its_sql_does() {
    let host = branch();
    host.edit(USB, "        serial -> Nullable<Text>,\n", "");
    host.edit(USB, "    #[index(serial)]\n", "");
    host.done("--plugin usb --allow all -m less");
    let up = "plugins/usb/migrations/2026-11-21-071101-usb_less/up.sql";
    assert_eq!(host.run("review").code, 0);
    let lines = |host: &Host| -> Vec<String> {
        let text = host.read(up);
        text.lines().take_while(|line| line.starts_with("--")).map(str::to_owned).collect()
    };
    for line in lines(&host).iter().filter(|line| line.contains("serial")) {
        host.edit(up, &format!("{line}\n"), "");
    }
    host.edit(up, "-- At risk:\n", "--   + devices.color  Text\n-- At risk:\n");
    host.says("review", expect![[r#"
        usb: 1 new revision
          2026-11-21-071101-usb_less: proven
            on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
            nothing is lost but what the change itself destroys; no view, trigger or key breaks
          - index ix_devices_serial on devices (serial)
          - devices.serial  Text
          at risk: drop-column: column devices.serial and its values are lost
        error[lint]: drop-column: column devices.serial and its values are lost
          --> plugins/usb/migrations/2026-11-21-071101-usb_less/up.sql:10:23
           |
        10 | ALTER TABLE "devices" DROP COLUMN "serial";
           |                       ^^^^^^^^^^^^^^^^^^^^
        help: take it out of the program first, and drop it in a later release
        error[header-differs]: 2026-11-21-071101-usb_less: the header doesn't say what up.sql does: `- devices.serial  Text`
        help: write the revision anew by `autogen`, or correct the header
        error[header-differs]: 2026-11-21-071101-usb_less: the header says what up.sql doesn't do: `+ devices.color  Text`
        help: write the revision anew by `autogen`, or correct the header
        error[header-differs]: 2026-11-21-071101-usb_less: the header doesn't say what is at risk: drop-column
        help: write the revision anew by `autogen`, or correct the header
        --- exit 1
    "#]]);
}

#[test]
fn what_is_called_renamed_must_keep_its_values() {
    let host = branch();
    host.edit("plugins/net/src/schema.rs", "speed ->", "#[renamed_from(speed)] rate ->");
    host.done("--plugin net -m rate");
    host.says(
        "review",
        expect![[r#"
            net: 1 new revision
              2026-11-21-071101-net_rate: proven
                on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
                nothing is lost but what the change itself destroys; no view, trigger or key breaks
              > ports.speed -> rate
              at risk: nothing
            compared with origin/main: nothing stands against it
            --- exit 0
        "#]],
    );
    let folder = "plugins/net/migrations/2026-11-21-071101-net_rate";
    for (file, from, to) in [("up.sql", "speed", "rate"), ("down.sql", "rate", "speed")] {
        let file = format!("{folder}/{file}");
        let rename = format!("RENAME COLUMN \"{from}\" TO \"{to}\"");
        host.edit(
            &file,
            &rename,
            &format!("ADD COLUMN \"{to}\" INTEGER;\nALTER TABLE \"ports\" DROP COLUMN \"{from}\""),
        );
    }
    host.says("review", expect![[r#"
        net: 1 new revision
          2026-11-21-071101-net_rate: proven
            on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
            nothing is lost but what the change itself destroys; no view, trigger or key breaks
          > ports.speed -> rate
          at risk: nothing
        error[lint]: drop-column: column ports.speed and its values are lost
          --> plugins/net/migrations/2026-11-21-071101-net_rate/up.sql:11:21
           |
        11 | ALTER TABLE "ports" DROP COLUMN "speed";
           |                     ^^^^^^^^^^^^^^^^^^^
        help: take it out of the program first, and drop it in a later release
        error[header-differs]: 2026-11-21-071101-net_rate: the header calls renamed what isn't: up.sql loses or changes rows that it should keep; ports.speed holds other values: 1 became NULL
        help: write the revision anew by `autogen`, or correct the header
        --- exit 1
    "#]]);
}

#[test]
fn a_revision_that_does_not_run_is_no_more_than_said() {
    let host = branch();
    host.revision("net", "2026-12-01-000000_more", "ALTER TABLE ports ADD COLUMN duplex INTEGER;", "SELECT 1;");
    host.says(
        "review",
        expect![[r#"
            net: 1 new revision
              2026-12-01-000000_more: not proven
            warning[lint]: irreversible: down.sql doesn't take column ports.duplex back
             --> plugins/net/migrations/2026-12-01-000000_more/up.sql:1:19
              |
            1 | ALTER TABLE ports ADD COLUMN duplex INTEGER;
              |                   ^^^^^^^^^^^^^^^^^^^^^^^^^
            help: take back in down.sql, in reverse order, all that up.sql makes
            error[proof-failed]: down.sql doesn't give back the schema that up.sql started from
            note: column ports.duplex should not be there
            help: make down.sql take back every change of up.sql
            --- exit 1
        "#]],
    );
}

#[test]
fn an_old_program_must_not_meet_new_rules() {
    let host = branch();
    git(&host, "tag v1");
    host.edit(
        USB,
        "        serial -> Nullable<Text>,\n",
        "        #[unique]\n        serial -> Nullable<Text>,\n        #[unique]\n        color -> Nullable<Text>,\n",
    );
    host.edit("plugins/net/src/schema.rs", "ports (id)", "#[check(\"speed > 0\")]\n    ports (id)");
    host.done("--allow all");
    let said = host.run("review --compatible-with v1").stdout;
    let found: Vec<&str> = said.lines().filter(|line| line.contains("[incompatible-change]")).collect();
    expect![[r#"
        error[incompatible-change]: the definitions of `v1` don't work on the new schema: rows of ports that they write may break what is new: check on ports (speed > 0)
        error[incompatible-change]: the definitions of `v1` don't work on the new schema: rows of devices that they write may break what is new: unique uq_devices_serial on devices (serial)"#]].assert_eq(&found.join("\n"));
}

#[test]
fn an_old_program_must_go_on_to_work() {
    let host = branch();
    git(&host, "tag v1");
    with_column(&host, "color -> Nullable<Text>", "color");
    host.says(
        "review --compatible-with v1",
        expect![[r#"
        usb: 1 new revision
          2026-11-21-071101-usb_color: proven
            on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
            nothing is lost but what the change itself destroys; no view, trigger or key breaks
          + devices.color  Text
          at risk: nothing
        compared with origin/main: nothing stands against it
        --- exit 0
    "#]],
    );
    commit(&host);
    let net = PORTS.replace(
        "speed -> Nullable<Integer>",
        "speed -> BigInt,\n        duplex -> Bool,\n        #[default = 1]\n        lanes -> Integer",
    );
    host.write("plugins/net/src/schema.rs", &net);
    host.edit(USB, "        serial -> Nullable<Text>,\n", "");
    host.edit(USB, "    #[index(serial)]\n", "");
    host.edit("src/schema.rs", "tag -> Text", "tag -> Nullable<Text>");
    host.done("--allow all");
    host.says("review --compatible-with v1", expect![[r#"
        core: 1 new revision
          2026-11-21-071101-core_alter_assets_tag: proven
            on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
            nothing is lost but what the change itself destroys; no view, trigger or key breaks
          ~ assets.tag  not null -> null
          at risk: rebuild: every row of assets is copied while nobody else can write
        error[incompatible-change]: the definitions of `v1` don't work on the new schema: assets.tag may be NULL now, and is read as if it never were
        help: keep what they read and write until nothing of `v1` runs any more; change it in a later release
        net: 1 new revision
          2026-11-21-071101-net_add_ports_duplex: proven
            on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
            nothing is lost but what the change itself destroys; no view, trigger or key breaks
            with empty table ports: no seeded row meets what up.sql asks for: ports.duplex is required and has no default; rows: 1
          + ports.duplex  Bool not null
          + ports.lanes  Integer not null default 1
          ~ ports.speed  INTEGER -> BIGINT; null -> not null
          at risk: not-null: ports.duplex is required and has no default: the table must be empty
          at risk: not-null: rows in which ports.speed is NULL stop the migration
          at risk: rebuild: every row of ports is copied while nobody else can write
        error[incompatible-change]: the definitions of `v1` don't work on the new schema: ports.speed is BigInt now, and is read as Integer
        help: keep what they read and write until nothing of `v1` runs any more; change it in a later release
        error[incompatible-change]: the definitions of `v1` don't work on the new schema: ports.speed must have a value now, and NULL is written to it
        help: keep what they read and write until nothing of `v1` runs any more; change it in a later release
        error[incompatible-change]: the definitions of `v1` don't work on the new schema: ports.duplex is required and has no default: rows are inserted without it
        help: keep what they read and write until nothing of `v1` runs any more; change it in a later release
        usb: 2 new revisions
          2026-11-21-071101-usb_color: proven
            on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
            nothing is lost but what the change itself destroys; no view, trigger or key breaks
          2026-11-21-071102-usb_drop_devices_serial: proven
            on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
            nothing is lost but what the change itself destroys; no view, trigger or key breaks
          - index ix_devices_serial on devices (serial)
          - devices.serial  Text
          + devices.color  Text
          at risk: drop-column: column devices.serial and its values are lost
        error[incompatible-change]: the definitions of `v1` don't work on the new schema: devices.serial is gone, or has another name
        help: keep what they read and write until nothing of `v1` runs any more; change it in a later release
        --- exit 1
    "#]]);
}

#[test]
fn a_host_may_be_anywhere_in_the_repository() {
    let outer = Host::of(&[("README.md", ""), ("app/src/schema.rs", PORTS), ("app/plugins/.gitkeep", "")]);
    git(&outer, "init --quiet --initial-branch main");
    // The host is new.
    commit(&outer);
    outer.done("--root app");
    commit(&outer);
    outer.edit("app/src/schema.rs", "speed ->", "duplex -> Nullable<Bool>,\n        speed ->");
    outer.done("--root app");
    outer.says(
        "review --root app --base HEAD",
        expect![[r#"
        core: 1 new revision
          2026-11-21-071101-core_add_ports_duplex: proven
            on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
            nothing is lost but what the change itself destroys; no view, trigger or key breaks
          + ports.duplex  Bool
          at risk: nothing
        compared with HEAD: nothing stands against it
        --- exit 0
    "#]],
    );
    outer.says(
        "review --root app --base HEAD~1",
        expect![[r#"
        core: 2 new revisions
          2026-11-21-071100-core_baseline: proven
            on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
            no view, trigger or key breaks
          2026-11-21-071101-core_add_ports_duplex: proven
            on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
            nothing is lost but what the change itself destroys; no view, trigger or key breaks
          + table ports  (id)
              id      Integer not null
              speed   Integer
              duplex  Bool
          at risk: nothing
        compared with HEAD~1: nothing stands against it
        --- exit 0
    "#]],
    );
}

#[test]
fn there_must_be_something_to_compare_with() {
    let host = Host::with_baselines();
    host.says("review", expect![[r#"
        --- stderr
        error[no-repository]: `.` lies in no git repository that can be read: Could not find a git repository in "[HOST]" or in any of its parents
        help: run it in a clone, not in an archive of the files
        --- exit 2
    "#]]);
    let host = branch();
    host.says(
        "review --base origin/next",
        expect![[r#"
        --- stderr
        error[no-such-commit]: this clone has no commit `origin/next`
        help: bring it here by `git fetch origin next` (in GitHub's checkout, by `fetch-depth: 0`), or name another
        --- exit 2
    "#]],
    );
    git(&host, "branch --delete --remotes origin/main");
    git(&host, "branch --delete main");
    host.says("review", expect![[r#"
        --- stderr
        error[no-such-commit]: this clone has no commit `origin/HEAD` or `origin/main` or `origin/master` or `main` or `master`
        help: bring it here by `git fetch` (in GitHub's checkout, by `fetch-depth: 0`), or name another
        --- exit 2
    "#]]);
    git(&host, "switch --quiet --orphan other");
    commit(&host);
    git(&host, "switch --quiet work");
    host.says(
        "review --base other",
        expect![[r#"
        --- stderr
        error[no-common-commit]: the branch and `other` have no commit in common
        help: name the branch that this one was made from
        --- exit 2
    "#]],
    );
    let clone = Host::of(&[]);
    git(&host, "switch --quiet other");
    commit(&host);
    git(&clone, &format!("clone --quiet --depth 1 --no-single-branch file://{} .", host.root().display()));
    git(&clone, "fetch --quiet --depth 1 origin work:work");
    git(&clone, "switch --quiet work");
    clone.says("review --base origin/other", expect![[r#"
        --- stderr
        error[no-common-commit]: the branch and `origin/other` have no commit in common
        help: this clone is shallow: bring the rest by `git fetch --unshallow` (in GitHub's checkout, by `fetch-depth: 0`)
        --- exit 2
    "#]]);
}

#[cfg(unix)]
#[test]
fn files_of_a_commit_stay_in_their_folder() {
    use std::os::unix::fs::symlink;

    let host = branch();
    let elsewhere = tempfile::tempdir().expect("a temporary folder");
    let revision = elsewhere.path().join("2026-12-01-000000_secret");
    std::fs::create_dir(&revision).expect("a folder");
    std::fs::write(revision.join("up.sql"), "CREATE TABLE secret (id INTEGER);").expect("a file");
    meanwhile(&host, |host| {
        symlink(revision.join("up.sql"), host.path("autogen.toml")).expect("a link");
        symlink(elsewhere.path(), host.path("plugins/linked")).expect("a link");
        symlink("net", host.path("plugins/alias")).expect("a link");
        host.write("plugins/net/migrations/2026-12-02-000000_odd \u{1b}[31m; --name/up.sql", "SELECT 1;");
    });
    with_column(&host, "color -> Nullable<Text>", "color");
    host.says(
        "review",
        expect![[r#"
        usb: 1 new revision
          2026-11-21-071101-usb_color: proven
            on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
            nothing is lost but what the change itself destroys; no view, trigger or key breaks
          + devices.color  Text
          at risk: nothing
        compared with origin/main: nothing stands against it; it goes together with 1 revision merged meanwhile
        --- exit 0
    "#]],
    );
}
