//! Chains that can't be read or run: what is wrong in the folders of migrations.

use expect_test::{Expect, expect};

use crate::support::Host;

const NOTHING: &str = "-- nothing\n";

#[track_caller]
fn refused(host: &Host, expected: Expect) {
    host.says("check", expected);
}

fn metadata(revises: &str, depends_on: &str) -> String {
    format!(
        "run_in_transaction = true\n\n[autogen]\nplugin = \"core\"\nrevises = [{revises}]\ndepends_on = [{depends_on}]\n"
    )
}

#[test]
fn a_folder_without_up_sql() {
    let host = Host::of(&[("migrations/2026-01-01-000000_a/down.sql", NOTHING)]);
    refused(
        &host,
        expect![[r#"
            --- stderr
            error[no-up-sql]: `migrations/2026-01-01-000000_a` holds no up.sql
            help: add the file, or remove the folder; Diesel refuses to run any migration beside it
            --- exit 2
        "#]],
    );
    let host = Host::of(&[("migrations/sqlite/2026-01-01-000000_a/up.sql", NOTHING)]);
    refused(
        &host,
        expect![[r#"
            --- stderr
            error[no-up-sql]: `migrations/sqlite` holds no up.sql
            help: folders per dialect need `dialects` in autogen.toml to name several
            --- exit 2
        "#]],
    );
}

#[test]
fn metadata_with_mistakes() {
    let host = Host::of(&[]);
    host.revision("", "2026-01-01-000000_a", NOTHING, NOTHING);
    host.write("migrations/2026-01-01-000000_a/metadata.toml", "run_in_transaction = true\n<<<<<<< ours\n");
    host.revision("", "2026-01-01-000001_b", NOTHING, NOTHING);
    host.write("migrations/2026-01-01-000001_b/metadata.toml", "[autogen]\nplugin = 'core'\nrevise = []\n");
    refused(
        &host,
        expect![[r#"
            --- stderr
            error[bad-metadata]: key with no value, expected `=`
             --> migrations/2026-01-01-000000_a/metadata.toml:2:9
              |
            2 | <<<<<<< ours
              |         ^
            help: fix the file; Diesel would ignore it and run the migration

            error[bad-metadata]: missing field `revises`
             --> migrations/2026-01-01-000001_b/metadata.toml:1:1
              |
            1 | [autogen]
              | ^^^^^^^^^
            help: fix the file; Diesel would ignore it and run the migration
            --- exit 2
        "#]],
    );
}

#[test]
fn one_version_in_two_folders() {
    let host = Host::of(&[("plugins/usb/src/lib.rs", "")]);
    host.revision("", "2026-01-01-000000_a", NOTHING, NOTHING);
    host.revision("usb", "20260101000000_b", NOTHING, NOTHING);
    refused(
        &host,
        expect![[r#"
            --- stderr
            error[version-taken]: `migrations/2026-01-01-000000_a` and `plugins/usb/migrations/20260101000000_b` have the same version `20260101000000`
            help: rename the one that no database has applied yet: the name up to the first `_`, without `-`, must differ
            --- exit 2
        "#]],
    );
}

#[test]
fn a_parent_that_is_not_there_or_another_owners() {
    let host = Host::of(&[("plugins/usb/src/lib.rs", "")]);
    host.revision("", "2026-01-01-000000-core_a", NOTHING, NOTHING);
    host.write("migrations/2026-01-01-000000-core_a/metadata.toml", &metadata("\"20250101000000core\"", ""));
    host.revision("usb", "2026-01-01-000001-usb_b", NOTHING, NOTHING);
    host.write("plugins/usb/migrations/2026-01-01-000001-usb_b/metadata.toml", &metadata("\"20260101000000core\"", ""));
    refused(
        &host,
        expect![[r#"
            --- stderr
            error[unknown-parent]: core's 2026-01-01-000000-core_a builds on `20250101000000core`, which isn't there
             --> migrations/2026-01-01-000000-core_a/metadata.toml:5:13
              |
            5 | revises = ["20250101000000core"]
              |             ^^^^^^^^^^^^^^^^^^ stated here
            help: bring the missing directory back, or correct `revises` if it was renamed

            error[unknown-parent]: usb's 2026-01-01-000001-usb_b builds on `20260101000000core`, which is a revision of `core`
             --> plugins/usb/migrations/2026-01-01-000001-usb_b/metadata.toml:5:13
              |
            5 | revises = ["20260101000000core"]
              |             ^^^^^^^^^^^^^^^^^^ stated here
            help: name revisions of other owners in `depends_on`
            --- exit 2
        "#]],
    );
}

#[test]
fn revisions_that_wait_for_each_other() {
    let host = Host::of(&[]);
    for (name, parent) in [("2026-01-01-000000_a", "\"20260101000001\""), ("2026-01-01-000001_b", "\"20260101000000\"")]
    {
        host.revision("", name, NOTHING, NOTHING);
        host.write(&format!("migrations/{name}/metadata.toml"), &metadata(parent, ""));
    }
    refused(
        &host,
        expect![[r#"
            --- stderr
            error[revision-cycle]: these revisions depend on each other: core's 2026-01-01-000000_a, core's 2026-01-01-000001_b
            help: take one of the references out of `revises`, `depends_on` or `after` in their metadata.toml
            --- exit 2
        "#]],
    );
}

#[test]
fn a_dependency_that_no_chain_holds() {
    let host = Host::of(&[]);
    host.revision("", "2026-01-01-000000_a", NOTHING, NOTHING);
    host.write("migrations/2026-01-01-000000_a/metadata.toml", &metadata("", "\"20250101000000printers\""));
    refused(
        &host,
        expect![[r#"
            --- stderr
            error[unknown-dependency]: core's 2026-01-01-000000_a depends on `20250101000000printers` of `printers`, which no chain holds
             --> migrations/2026-01-01-000000_a/metadata.toml:6:16
              |
            6 | depends_on = ["20250101000000printers"]
              |                ^^^^^^^^^^^^^^^^^^^^^^ stated here
            help: bring back the plugin that it belongs to, or a newer state of it; if that revision was removed on purpose, remove this one too, and run `autogen`
            --- exit 2
        "#]],
    );
    host.says("upgrade --database-url app.db", expect![[r#"
        --- stderr
        error[unknown-dependency]: core's 2026-01-01-000000_a depends on `20250101000000printers` of `printers`, which no chain holds
         --> migrations/2026-01-01-000000_a/metadata.toml:6:16
          |
        6 | depends_on = ["20250101000000printers"]
          |                ^^^^^^^^^^^^^^^^^^^^^^ stated here
        help: bring back the plugin that it belongs to, or a newer state of it; if that revision was removed on purpose, remove this one too, and run `autogen`
        --- exit 2
    "#]]);
}

#[test]
fn a_migration_that_does_not_run_or_is_empty() {
    let host = Host::of(&[]);
    host.revision(
        "",
        "2026-01-01-000000_a",
        "CREATE TABLE a (id INTEGER);\r\n\r\nINSERT INTO é VALUES (1);\r\n",
        NOTHING,
    );
    refused(
        &host,
        expect![[r#"
            --- stderr
            error[migration-failed]: core's 2026-01-01-000000_a failed at `INSERT INTO é VALUES (1)`: no such table: é
             --> migrations/2026-01-01-000000_a/up.sql:3:1
              |
            3 | INSERT INTO é VALUES (1);
              | ^^^^^^^^^^^^^^^^^^^^^^^^^ the database stopped at this statement
            help: nothing of it was applied; fix the file or the rows, and run it again
            --- exit 2
        "#]],
    );
    host.write("migrations/2026-01-01-000000_a/up.sql", "");
    refused(
        &host,
        expect![[r#"
            --- stderr
            error[empty-migration]: core's 2026-01-01-000000_a can't be run: `migrations/2026-01-01-000000_a/up.sql` is empty
            help: write the migration, or a comment if nothing needs doing
            --- exit 2
        "#]],
    );
}

#[test]
fn a_dialect_that_is_stated_twice_is_one() {
    // Several would each have a folder of their own.
    let host = Host::of(&[("autogen.toml", "dialects = ['sqlite', 'sqlite']\n")]);
    host.revision("", "2026-01-01-000000_a", NOTHING, NOTHING);
    refused(
        &host,
        expect![[r#"
            in sync: models and chains
            --- exit 0
        "#]],
    );
}
