//! Hosts on disk: what is found, and what is refused.

use std::collections::BTreeMap;

use super::*;
use crate::model::{Place, Schema, Table, TableName};

/// Creates a host from files. A name that ends in `/` is a folder.
fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
    let root = tempfile::tempdir().expect("temporary folder");
    for (name, text) in files {
        let path = root.path().join(name);
        if name.ends_with('/') {
            std::fs::create_dir_all(path).expect("create");
        } else {
            std::fs::create_dir_all(path.parent().expect("has one")).expect("create");
            std::fs::write(path, text).expect("write");
        }
    }
    root
}

fn refused(files: &[(&str, &str)]) -> Vec<String> {
    let root = tree(files);
    let error = Host::load(root.path()).expect_err("must be refused");
    error.diagnostics.iter().map(|found| format!("{}: {}", found.code, found.message)).collect()
}

fn names(host: &Host) -> Vec<&str> {
    host.owners.iter().map(|owner| owner.name.as_str()).collect()
}

#[test]
fn a_bare_folder_is_a_host() {
    let root = tree(&[]);
    let host = Host::load(root.path()).expect("loads");
    assert_eq!(names(&host), ["core"]);
    assert!(host.core().sources.is_empty());
    assert_eq!(host.core().migrations, root.path().join("migrations"));
    assert!(host.core().is_core() && host.plugins().is_empty());
}

#[test]
fn plugins_are_folders_that_look_like_one() {
    let root = tree(&[
        ("src/", ""),
        ("plugins/usb/src/", ""),
        ("plugins/asset_tags/migrations/", ""),
        ("plugins/only docs/README.md", ""),
        ("plugins/.hidden/src/", ""),
        ("plugins/notes.txt", ""),
        ("elsewhere/net work/src/", ""),
        ("autogen.toml", "[plugin.network]\npath = 'elsewhere/net work'\n[plugin.usb]\nmigrations = 'chain'"),
    ]);
    let host = Host::load(root.path()).expect("loads");
    assert_eq!(names(&host), ["core", "asset_tags", "network", "usb"]);
    assert_eq!(host.owner("usb").expect("there").migrations, root.path().join("plugins/usb/chain"));
    assert_eq!(host.owner("network").expect("there").sources, [root.path().join("elsewhere/net work/src")]);
}

#[test]
fn a_bad_folder_name_is_mended_in_the_config() {
    let bad = [("plugins/net work/src/", "")];
    let message = "only ASCII letters, digits, `-` and `_` go into file names";
    assert_eq!(refused(&bad), [format!("bad-plugin-name: a plugin can't be called `net work`: {message}")]);
    let mended = [bad[0], ("autogen.toml", "[plugin.network]\npath = 'plugins/net work'")];
    assert_eq!(names(&Host::load(tree(&mended).path()).expect("loads")), ["core", "network"]);
    assert_eq!(refused(&[("plugins/Core/src/", "")]).len(), 1);
}

#[test]
fn what_is_stated_must_be_there() {
    assert_eq!(refused(&[("autogen.toml", "plugins = ['addons/*']")]).len(), 1);
    assert_eq!(refused(&[("autogen.toml", "[core]\nsources = ['app', 'lib']")]).len(), 2);
    assert_eq!(refused(&[("autogen.toml", "[plugin.usb]\npath = 'usb'")]).len(), 1);
    let unknown = refused(&[("autogen.toml", "[plugin.usb]\ntables = []")]);
    assert_eq!(unknown, ["no-such-plugin: there is no folder of a plugin `usb`"]);
    let root = tree(&[("autogen.toml", "plugins = ['addons/*']\n[core]\nmigrations = 'db'"), ("addons/", "")]);
    assert_eq!(names(&Host::load(root.path()).expect("a pattern may match nothing")), ["core"]);
}

#[test]
fn owners_are_told_apart() {
    let twice = [("a/usb/src/", ""), ("b/USB/src/", ""), ("autogen.toml", "plugins = ['a/*', 'b/*']")];
    assert!(refused(&twice)[0].starts_with("plugin-named-twice: "));
    let shared = [("plugins/usb/src/", ""), ("migrations/", "")];
    let config = ("autogen.toml", "[plugin.usb]\nmigrations = '../../migrations'");
    assert!(refused(&[shared[0], shared[1], config])[0].starts_with("migrations-shared: `core` and `usb` both"));
}

#[test]
fn the_core_does_not_read_its_plugins_sources() {
    let root = tree(&[
        ("autogen.toml", "[core]\nsources = ['.', 'src']"),
        ("src/schema.rs", ""),
        ("main.rs", ""),
        ("plugins/usb/src/", ""),
        ("plugins/shared/lib.rs", ""),
    ]);
    let host = Host::load(root.path()).expect("loads");
    let relative = |path: &PathBuf| path.strip_prefix(root.path()).expect("below").to_string_lossy().into_owned();
    let sources: Vec<_> = host.core().sources.iter().map(relative).collect();
    assert_eq!(sources, ["main.rs", "plugins/shared", "src"]);
}

#[test]
fn the_root_is_the_nearest_one_upwards() {
    let root = tree(&[("autogen.toml", ""), ("plugins/usb/src/", "")]);
    assert_eq!(Host::find_root(&root.path().join("plugins/usb")), root.path());
    assert_eq!(Host::find_root(root.path()), root.path());
    // A stock application has Diesel's file alone; the other one counts wherever it is.
    let stock = tree(&[("diesel.toml", ""), ("src/", "")]);
    assert_eq!(Host::find_root(&stock.path().join("src")), stock.path());
    let both = tree(&[("autogen.toml", ""), ("app/diesel.toml", ""), ("app/src/", "")]);
    assert_eq!(Host::find_root(&both.path().join("app/src")), both.path());
    let bare = tree(&[("deep/", "")]);
    assert_eq!(Host::find_root(&bare.path().join("deep")), bare.path().join("deep"));
}

#[test]
fn a_misspelled_plugin_gets_a_suggestion() {
    let host = Host::load(tree(&[("plugins/usb/src/", ""), ("plugins/printers/src/", "")]).path()).expect("loads");
    let help = |name: &str| host.owner(name).expect_err("unknown").diagnostics[0].help.clone();
    assert_eq!(help("printer").as_deref(), Some("did you mean `printers`?"));
    assert_eq!(help("USB").as_deref(), Some("did you mean `usb`?"));
    assert_eq!(help("zzz").as_deref(), Some("there are: core, printers, usb"));
}

/// Owners `core`, `net` and `usb` with these manifests, and who defines what.
fn resolve(manifests: [&str; 2], defined: &[(&str, &str)]) -> (Ownership, Vec<String>) {
    let [net, usb] = manifests;
    let root = tree(&[("plugins/net/plugin.toml", net), ("plugins/usb/plugin.toml", usb)]);
    let host = Host::load(root.path()).expect("loads");
    let mut schemas: BTreeMap<String, Schema> = BTreeMap::new();
    for (owner, name) in defined {
        let mut table = Table::new(TableName::new(*name));
        table.hints.place = Some(Place { file: Path::new("src/lib.rs").into(), line: 7, column: 1, span: 0..1 });
        schemas.entry((*owner).to_owned()).or_default().insert(table);
    }
    let (ownership, diagnostics) = Ownership::resolve(&host, &schemas, crate::dialect::Dialect::Sqlite);
    let shown = |found: &Diagnostic| {
        let places = found.labels.iter().map(|label| {
            let file = label.place.file.file_name().unwrap_or_default().to_string_lossy();
            format!("{file}:{}", label.place.line)
        });
        format!("{}: {} @ {}", found.code, found.message, places.collect::<Vec<_>>().join(", "))
    };
    (ownership, diagnostics.iter().map(shown).collect())
}

#[test]
fn a_table_belongs_to_whoever_defines_it() {
    let (ownership, diagnostics) = resolve(["", ""], &[("core", "assets"), ("usb", "UsbDevices"), ("usb", "order")]);
    assert!(diagnostics.is_empty());
    assert_eq!(ownership.owner_of(&TableName::new("usbdevices")), Some("usb"));
    assert_eq!(ownership.owner_of(&TableName::new("Assets")), Some("core"));
    assert_eq!(ownership.owner_of(&TableName::new("other")), None);
    let tables: Vec<_> = ownership.tables_of("usb").map(ToString::to_string).collect();
    assert_eq!(tables, ["order", "UsbDevices"]);
}

#[test]
fn pins_and_sources_must_agree() {
    let (ownership, diagnostics) =
        resolve(["", "tables = [\n'usbdevices',\n'lost']"], &[("usb", "USBdevices"), ("usb", "extra")]);
    assert_eq!(
        diagnostics,
        [
            "definition-not-pinned: `usb` defines table `extra` but doesn't pin it @ lib.rs:7, plugin.toml:3",
            "pin-without-definition: `usb` pins table `lost` but doesn't define it @ plugin.toml:3",
        ]
    );
    assert_eq!(
        ownership.tables_of("usb").map(ToString::to_string).collect::<Vec<_>>(),
        ["extra", "lost", "USBdevices"]
    );
}

#[test]
fn a_pinned_table_is_nobody_elses() {
    let (ownership, diagnostics) =
        resolve(["tables = ['links']", "\ntables = ['Links', 'ports']"], &[("usb", "links"), ("core", "ports")]);
    assert_eq!(
        diagnostics,
        [
            "table-owned-twice: table `Links` is pinned twice @ plugin.toml:2, plugin.toml:1",
            "definition-of-anothers-table: `core` defines table `ports`, which belongs to `usb` @ lib.rs:7, plugin.toml:2",
            "definition-of-anothers-table: `usb` defines table `links`, which belongs to `net` @ lib.rs:7, plugin.toml:1",
        ]
    );
    assert_eq!(ownership.owner_of(&TableName::new("links")), Some("net"));
}

#[test]
fn prefixes_hold_but_for_named_exceptions() {
    let manifest = "prefix = 'usb_'\nprefix_exceptions = ['Hubs']";
    let (_, diagnostics) = resolve(["", manifest], &[("usb", "USB_ports"), ("usb", "hubs"), ("usb", "links")]);
    assert_eq!(diagnostics, ["prefix: table `links` of `usb` doesn't begin with `usb_` @ lib.rs:7, plugin.toml:1"]);
}
