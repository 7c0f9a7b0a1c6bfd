//! shopdb: a core and six plugins that pin their tables, told from a fresh site on.

use autogen_engine::dialect::Dialect;

use super::Site;
use crate::support::Host;

const USB: &str = "plugins/usb/src/schema.rs";

/// The fixture's chains are there for every dialect; a site needs one of them.
fn site(dialect: Dialect) -> Site {
    Site::with(Host::shopdb(dialect), dialect)
}

/// The tables of a plugin that the database has.
fn tables(site: &Site, plugin: &[&str]) -> usize {
    plugin.iter().filter(|table| site.database().execute(&format!("SELECT 1 FROM {table}")).is_ok()).count()
}

const USBS: [&str; 3] = ["usbdevicetypes", "usbdevices", "usbcheckouts"];
const PRINTERS: [&str; 3] = ["printertypes", "printers", "printerdata"];

fn from_a_fresh_site_on(dialect: Dialect) {
    let site = site(dialect);
    // One plugin alone: the core comes with it, for its keys point there.
    site.done("upgrade --plugin usb");
    assert_eq!((tables(&site, &USBS), tables(&site, &PRINTERS)), (3, 0));
    site.done("upgrade");
    assert_eq!(tables(&site, &PRINTERS), 3);
    site.execute("INSERT INTO usbdevicetypes (usbdevicetypeid, typename) VALUES (1, 'stick')");

    // Its author adds a column and an index; the fixture's source is ahead of its chain already.
    let said = site.done("--plugin usb");
    assert!(said.contains("+ usbdevices.hardwareid") && said.contains("+ index"), "{said}");
    assert_eq!(site.host.folders("plugins/usb/migrations").len(), 2);
    site.done("upgrade");
    assert_eq!(site.done("--plugin usb"), "usb: in sync\n");
    site.done("check");

    // The baseline is frozen: what the model is today changes nothing about it.
    let baseline = site.host.folders("plugins/usb/migrations").remove(0);
    let up = site.host.read(&format!("plugins/usb/migrations/{baseline}/up.sql"));
    assert!(up.contains("ix_usbdevices_type") && !up.contains("hardwareid"), "{up}");

    // Whoever takes the plugin out leaves the rest alone.
    site.done("downgrade --allow all --plugin usb base");
    assert_eq!((tables(&site, &USBS), tables(&site, &PRINTERS)), (0, 3));
    site.done("upgrade");
    site.done("check");

    // A pin and the source disagree.
    site.host.edit(USB, "    usbcheckouts (", "    usbloans (");
    let run = site.run("check");
    assert_eq!(run.code, 2, "{}", run.transcript());
    assert!(run.stderr.contains("usbcheckouts") && run.stderr.contains("usbloans"), "{}", run.transcript());
}

/// A site that was made by creating all tables: compared one by one, and marked when all are equal.
fn from_a_site_without_history_on(dialect: Dialect) {
    let site = site(dialect);
    // One of them points at another's tables, and comes after it.
    let owners = ["core", "equipment", "network", "notifications", "printers", "computers"];
    for owner in owners {
        let chain = if owner == "core" { "migrations".to_owned() } else { format!("plugins/{owner}/migrations") };
        site.execute(&site.host.read(&format!("{chain}/{}/up.sql", site.host.folders(&chain)[0])));
    }
    for owner in owners {
        site.done(&format!("adopt --existing --plugin {owner}"));
    }
    let applied = site.rows("SELECT version FROM __diesel_schema_migrations ORDER BY version");
    assert_eq!(applied.len(), 6, "{applied:?}");
    site.done("upgrade");
    assert_eq!(tables(&site, &USBS), 3);
    // usb's source is ahead of its chain.
    let named: String = owners.iter().map(|owner| format!(" --plugin {owner}")).collect();
    site.done(&format!("check{named}"));
}

#[test]
fn from_a_fresh_site_on_sqlite() {
    from_a_fresh_site_on(Dialect::Sqlite);
}

#[test]
fn from_a_fresh_site_on_postgresql() {
    from_a_fresh_site_on(Dialect::Postgres);
}

#[test]
fn from_a_fresh_site_on_mariadb() {
    from_a_fresh_site_on(Dialect::Mysql);
}

#[test]
fn from_a_site_without_history_on_sqlite() {
    from_a_site_without_history_on(Dialect::Sqlite);
}

#[test]
fn from_a_site_without_history_on_postgresql() {
    from_a_site_without_history_on(Dialect::Postgres);
}

#[test]
fn from_a_site_without_history_on_mariadb() {
    from_a_site_without_history_on(Dialect::Mysql);
}
