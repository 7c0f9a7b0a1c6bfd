//! Chains on disk.

use std::path::Path;

use crate::error::Code;

use super::*;

/// A host with these files.
fn host(files: &[(&str, &str)]) -> (tempfile::TempDir, Host) {
    let root = tempfile::tempdir().expect("temporary folder");
    for (name, text) in files {
        let path = root.path().join(name);
        std::fs::create_dir_all(path.parent().expect("has one")).expect("create");
        std::fs::write(path, text).expect("write");
    }
    let host = Host::load(root.path()).expect("loads");
    (root, host)
}

fn refused(files: &[(&str, &str)]) -> crate::error::Error {
    let (_root, host) = host(files);
    load(&host, Dialect::Sqlite).expect_err("is refused")
}

#[test]
fn directories_become_revisions_of_their_owners() {
    let metadata = "run_in_transaction = false\n[autogen]\nplugin = 'usb'\nrevises = []\n\
                    depends_on = ['2020-01-01-000000_init']\nverified = ['sqlite']\n";
    let (_root, host) = host(&[
        ("migrations/2020-01-01-000000_init/up.sql", "CREATE TABLE a (b);\r\n"),
        ("migrations/2020-01-01-000000_init/down.sql", "DROP TABLE a;"),
        ("migrations/README.md", "stray files don't count"),
        ("migrations/.autogen-x1/half", "nor do hidden folders"),
        ("plugins/usb/migrations/2026-11-21-071100-usb_größe/up.sql", "SELECT 1;"),
        ("plugins/usb/migrations/2026-11-21-071100-usb_größe/metadata.toml", metadata),
        ("plugins/net/src/lib.rs", ""),
    ]);
    let history = load(&host, Dialect::Sqlite).expect("loads");
    assert_eq!(history.owners().collect::<Vec<_>>(), ["core", "net", "usb"]);
    let [init, usb] = history.revisions() else { panic!("{:?}", history.revisions()) };
    assert_eq!(
        (init.version.as_str(), init.run_in_transaction, init.by_autogen, init.up.as_str(), init.down.as_deref()),
        ("20200101000000", true, false, "CREATE TABLE a (b);\r\n", Some("DROP TABLE a;"))
    );
    assert_eq!(
        (usb.version.as_str(), usb.run_in_transaction, usb.by_autogen, usb.down.as_deref()),
        ("20261121071100usb", false, true, None)
    );
    assert_eq!((&usb.depends_on[..], &usb.verified[..]), (&[init.version.clone()][..], &["sqlite".to_owned()][..]));
    assert_eq!(usb.to_string(), "usb's 2026-11-21-071100-usb_größe");
}

#[test]
fn all_mistakes_of_all_owners_are_listed() {
    let error = refused(&[
        ("migrations/1_a/notes.txt", ""),
        ("migrations/2_b/up.sql", ""),
        ("migrations/2_b/metadata.toml", "run_in_transaction = maybe"),
        ("plugins/usb/migrations/3_c/down.sql", ""),
    ]);
    let codes: Vec<_> = error.diagnostics.iter().map(|found| found.code).collect();
    assert_eq!(codes, [Code::NoUpSql, Code::BadMetadata, Code::NoUpSql]);
}

#[test]
fn a_missing_parent_is_shown_where_it_is_named() {
    let metadata = "run_in_transaction = true\n\n[autogen]\nplugin = \"usb\"\nrevises = [\"1\", \"2020-01-01\"]\n";
    let error = refused(&[
        ("plugins/usb/migrations/1_a/up.sql", ""),
        ("plugins/usb/migrations/2_b/up.sql", ""),
        ("plugins/usb/migrations/2_b/metadata.toml", metadata),
    ]);
    assert_eq!(error.code(), Code::UnknownParent);
    let place = &error.diagnostics[0].labels[0].place;
    assert_eq!((place.line, place.column), (5, 18));
    assert_eq!(&metadata[place.span.clone()], "2020-01-01");
}

#[test]
fn what_isnt_utf8_is_said_so() {
    let (root, host) = host(&[("migrations/1_a/down.sql", "")]);
    std::fs::write(root.path().join("migrations/1_a/up.sql"), b"SELECT '\xff'").expect("write");
    assert_eq!(load(&host, Dialect::Sqlite).expect_err("is refused").code(), Code::CantRead);
}

#[test]
fn a_folder_per_dialect_needs_several_dialects() {
    let error = refused(&[("migrations/sqlite/1_a/up.sql", "")]);
    assert_eq!(error.code(), Code::NoUpSql);
    assert!(error.diagnostics[0].help.as_ref().is_some_and(|help| help.contains("autogen.toml")));
}

#[test]
fn what_is_written_is_read_back() {
    let (root, host) = host(&[("plugins/usb/src/lib.rs", "")]);
    let autogen = Autogen {
        plugin: "usb".into(),
        revises: vec![],
        depends_on: vec![Version::of("1")],
        after: vec![],
        takes: vec![],
        gives: std::collections::BTreeMap::new(),
        renamed_values: vec![],
        tool: "0.1.0".into(),
        verified: vec!["sqlite".into()],
    };
    let metadata = Metadata { run_in_transaction: false, autogen: Some(autogen), certificate: None };
    let files = RevisionFiles { up: "SELECT 1;\n".into(), down: "SELECT 2;\n".into(), metadata };
    let migrations = host.owner("usb").expect("is there").migrations_for(Dialect::Sqlite, false);
    let name = format!("{}_{}", next_version(jiff::Timestamp::UNIX_EPOCH, "usb", &[]).expect("a time"), slug("Begin!"));
    let within = host.owner("usb").expect("is there").scope.clone();
    let new = NewRevision { migrations, within, name, files };
    let dir = new.dir();
    write(&[new]).expect("writes");
    assert!(dir.starts_with(root.path()) && dir.ends_with(Path::new("1970-01-01-000000-usb_begin")));
    let history = load(&host, Dialect::Sqlite).expect("loads");
    let [revision] = history.revisions() else { panic!("one revision") };
    assert_eq!((revision.up.as_str(), revision.down.as_deref()), ("SELECT 1;\n", Some("SELECT 2;\n")));
    assert!(revision.by_autogen && !revision.run_in_transaction);
}
