//! MediaGoblin: many plugins, a rule about names with real exceptions, operators who know one command, and sites that
//! are older than the chains.

use std::fs;

use autogen_engine::dialect::Dialect;
use expect_test::expect;

use super::Site;
use crate::support::Host;

const PLUGINS: [&str; 9] = ["archivalook", "ascii", "audio", "blog", "image", "openid", "pdf", "stl", "video"];

const SUBTITLES: &str = "autogen::table! {
    #[index(media_entry)]
    subtitles__lines (id) {
        #[auto_increment] id -> Integer,
        #[references(core__media_entries(id), on_delete = cascade)] media_entry -> Integer,
        text -> Text,
    }
}
";

fn operators_run_one_command(dialect: Dialect) {
    let site = Site::of("mediagoblin", dialect);
    // Every baseline lands in its own plugin's folder, and all are applied at once.
    site.done("");
    assert_eq!(site.host.folders("migrations").len(), 1);
    for plugin in PLUGINS {
        assert_eq!(site.host.folders(&format!("plugins/{plugin}/migrations")).len(), 1, "{plugin}");
    }
    site.done("upgrade");
    site.done("check");

    // A plugin that is new: no flag says where its first revision belongs, or what it comes after.
    site.host.write("plugins/subtitles/plugin.toml", "prefix = 'subtitles__'\n");
    site.host.write("plugins/subtitles/src/schema.rs", &SUBTITLES.replace("subtitles__lines", "lines"));
    let run = site.run("--plugin subtitles");
    assert!(run.stderr.contains("error[prefix]: table `lines` of `subtitles` doesn't begin"), "{}", run.transcript());
    site.host.write("plugins/subtitles/src/schema.rs", SUBTITLES);
    site.done("--plugin subtitles");
    assert_eq!(site.host.folders("plugins/subtitles/migrations").len(), 1);
    assert_eq!(site.host.folders("migrations").len(), 1, "nothing lands in the core's");
    site.done("upgrade");

    // A plugin that reaches into the core is refused, whatever else is pending.
    let meddles = "CREATE TABLE audio__extra (id INTEGER);\nALTER TABLE core__users ADD COLUMN audio INTEGER;\n";
    site.host.revision("audio", "2026-11-22-000000-audio_meddles", meddles, "DROP TABLE audio__extra;\n");
    site.host
        .write("plugins/audio/migrations/2026-11-22-000000-audio_meddles/metadata.toml", "run_in_transaction = true\n");
    let run = site.run("upgrade");
    assert_eq!(run.code, 2, "{}", run.transcript());
    assert!(run.stderr.contains("it changes the table `core__users`, which is core's"), "{}", run.transcript());
    assert!(site.database().execute("SELECT * FROM audio__extra").is_err(), "it was rolled back");
    fs::remove_dir_all(site.host.path("plugins/audio/migrations/2026-11-22-000000-audio_meddles")).expect("removed");

    // A plugin that is gone is named, and blocks nobody.
    let gone = site.host.folders("plugins/ascii/migrations").remove(0);
    fs::remove_dir_all(site.host.path("plugins/ascii")).expect("removed");
    let status = site.run("status").stdout;
    assert!(status.contains(&gone) && status.contains("ascii"), "{status}");
    site.host.edit("plugins/image/src/schema.rs", "width ->", "#[default = 0] stars -> Integer,\n        width ->");
    site.done("--plugin image");
    site.done("upgrade");
    site.execute("SELECT stars FROM image__mediadata");
    site.execute("SELECT media_entry FROM ascii__mediadata");
    site.done("check --plugin image");
}

#[test]
fn operators_run_one_command_on_sqlite() {
    operators_run_one_command(Dialect::Sqlite);
}

#[test]
fn operators_run_one_command_on_postgresql() {
    operators_run_one_command(Dialect::Postgres);
}

/// A site that was made by creating all tables, and has no history.
fn old_sites_are_taken_over_table_by_table(dialect: Dialect) {
    let site = Site::of("mediagoblin", dialect);
    site.done("");
    let folder =
        |owner: &str| if owner == "core" { "migrations".to_owned() } else { format!("plugins/{owner}/migrations") };
    for owner in ["core"].iter().chain(&PLUGINS) {
        let folder = folder(owner);
        site.execute(&site.host.read(&format!("{folder}/{}/up.sql", site.host.folders(&folder)[0])));
    }
    site.execute("INSERT INTO blogpost__mediadata (media_entry) SELECT id FROM core__media_entries");
    // One of openid's three tables isn't what the baseline makes: a single marker table would have passed for all.
    site.execute("DROP TABLE openid__nonce");
    for owner in ["core"].iter().chain(&PLUGINS).filter(|owner| **owner != "openid") {
        site.done(&format!("adopt --existing --plugin {owner}"));
    }
    let run = site.run("adopt --existing --plugin openid");
    assert_eq!(run.code, 1, "{}", run.transcript());
    assert!(run.stdout.contains("openid__nonce"), "{}", run.transcript());
    let status = site.run("status").stdout;
    assert!(status.lines().any(|line| line.starts_with("openid") && line.contains("0 applied, 1 pending")), "{status}");
    assert!(status.lines().any(|line| line.starts_with("blog") && line.contains("1 applied, 0 pending")), "{status}");
    site.execute("DROP TABLE openid__association; DROP TABLE openid__user_urls");
    site.done("upgrade");
    site.done("check");
}

#[test]
fn old_sites_are_taken_over_table_by_table_on_sqlite() {
    old_sites_are_taken_over_table_by_table(Dialect::Sqlite);
}

#[test]
fn old_sites_are_taken_over_table_by_table_on_postgresql() {
    old_sites_are_taken_over_table_by_table(Dialect::Postgres);
}

#[test]
fn one_change_is_proven_on_both_databases() {
    let host = Host::fixture("mediagoblin");
    let site = Site::with(host, Dialect::Postgres);
    let stated = site.host.read("autogen.toml");
    let scratch = "[database]\nscratch = { postgres = 'env:SCRATCH_URL' }\n";
    site.host.write("autogen.toml", &format!("{stated}\n{scratch}"));
    let autogen = |arguments: &str| {
        let run = site.host.output(site.host.command(arguments).env("SCRATCH_URL", &site.url).output().expect("runs"));
        assert_eq!(run.code, 0, "{}", run.transcript());
        run.stdout
    };
    autogen("--plugin core --plugin video");
    site.host.edit(
        "plugins/video/src/schema.rs",
        "width ->",
        "#[check(\"rating >= 0\")] rating -> Nullable<Integer>,\n        width ->",
    );
    let said = autogen("--plugin video --allow all");
    let proven: Vec<_> = said.lines().map(str::trim).filter(|line| line.starts_with("proven: on ")).collect();
    expect![[r#"
          proven: on SQLite [VERSION] with [N] rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again
          proven: on PostgreSQL [VERSION] with [N] rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again"#]].assert_eq(&proven.join("\n"));
    let [sqlite, postgres] =
        ["sqlite", "postgres"].map(|name| site.host.folders(&format!("plugins/video/migrations/{name}")));
    assert_eq!(sqlite, postgres);
    autogen("verify --plugin video");
}
