//! One branch renames or drops what another owner's branch makes a foreign key to: no database is left with a key
//! that leads nowhere, and there is a way out.

use autogen_test_servers::{MysqlKind, mysql_on, on_each_mysql, postgres};
use expect_test::expect;

use crate::support::{Host, Run};

const ORDERS: &str = "autogen::table! { orders (code) { #[max_length = 20] code -> Varchar } }\n";
const RENAMED: &str =
    "autogen::table! { #[renamed_from(orders)] purchases (code) { #[max_length = 20] code -> Varchar } }\n";
const COLUMN: &str =
    "autogen::table! { orders (number) { #[max_length = 20] #[renamed_from(code)] number -> Varchar } }\n";
const TO_ORDERS: &str = "autogen::table! { items (id) { id -> Integer, \
                         #[references(orders(code))] #[max_length = 20] of -> Nullable<Varchar> } }\n";

/// A host of two plugins; `seller` has orders.
fn based(dialect: &str, url: &str) -> Host {
    let host = Host::of(&[("plugins/buyer/src/lib.rs", ""), ("plugins/seller/src/lib.rs", ORDERS)]);
    let scratch =
        if url.contains("://") { format!("[database]\nscratch = {{ {dialect} = '{url}' }}\n") } else { String::new() };
    host.write("autogen.toml", &format!("dialects = ['{dialect}']\n{scratch}"));
    done(&host, url, "-m base");
    host
}

/// Writes one plugin's revision as a branch would that knows nothing of what comes meanwhile, and puts it away.
fn on_a_branch(host: &Host, url: &str, (plugin, models): (&str, &str), name: &str) -> String {
    let source = format!("plugins/{plugin}/src/lib.rs");
    let before = host.read(&source);
    host.write(&source, models);
    done(host, url, &format!("--plugin {plugin} --allow all -m {name}"));
    host.write(&source, &before);
    let folder = folder(host, plugin, name);
    std::fs::create_dir_all(host.path("away")).expect("a folder");
    std::fs::rename(host.path(&folder), host.path(&format!("away/{name}"))).expect("moved");
    folder
}

fn folder(host: &Host, plugin: &str, name: &str) -> String {
    let folders = host.folders(&format!("plugins/{plugin}/migrations"));
    let found = folders.into_iter().find(|folder| folder.ends_with(&format!("_{name}"))).expect("was written");
    format!("plugins/{plugin}/migrations/{found}")
}

fn brought_in(host: &Host, name: &str, folder: &str, second: u32) {
    let (chain, written) = folder.rsplit_once('/').expect("a path");
    let rest = written.split_at("2026-11-21-071100".len()).1;
    let to = format!("{chain}/2026-11-21-0711{second:02}{rest}");
    std::fs::rename(host.path(&format!("away/{name}")), host.path(&to)).expect("moved");
}

/// Two branches that were merged, as `[seller's, buyer's]`, with the seller's written first.
fn merged(dialect: &str, url: &str, models: [&str; 2]) -> Host {
    let host = based(dialect, url);
    let sellers = on_a_branch(&host, url, ("seller", models[0]), "changed");
    let buyers = on_a_branch(&host, url, ("buyer", models[1]), "items");
    brought_in(&host, "changed", &sellers, 10);
    brought_in(&host, "items", &buyers, 20);
    host.write("plugins/seller/src/lib.rs", models[0]);
    host
}

fn with(host: &Host, url: &str, arguments: &str) -> Run {
    host.output(host.command(arguments).env("DATABASE_URL", url).output().expect("runs"))
}

/// Writes revisions by the chains alone.
fn done(host: &Host, url: &str, arguments: &str) {
    let run = with(host, url, &format!("{arguments} --no-database"));
    assert_eq!(run.code, 0, "{arguments}\n{}", run.transcript());
}

const ANEW: &str = "autogen::table! { items (id) { id -> Integer, \
                    #[references(purchases(code))] #[max_length = 20] of -> Nullable<Varchar> } }\n";

#[test]
fn a_key_to_an_old_name_is_refused_with_two_ways_out() {
    let host = merged("sqlite", "app.db", [RENAMED, TO_ORDERS]);
    host.write("plugins/buyer/src/lib.rs", ANEW);
    let refused = expect![[r#"
        --- stderr
        error[stale-reference]: buyer's 2026-11-21-071120-buyer_items makes a foreign key to orders, which seller's 2026-11-21-071110-seller_changed renames to purchases
          --> plugins/buyer/migrations/2026-11-21-071120-buyer_items/up.sql:12:33
           |
        12 |     "of" VARCHAR(20) REFERENCES "orders" ("code")
           |                                 ^^^^^^^^ referenced here
        help: if no database has applied 2026-11-21-071120-buyer_items, remove its folder and run `autogen --plugin buyer`, which writes it anew; else let it come first by `after = ["20261121071120buyer"]` under `[autogen]` in the metadata.toml of 2026-11-21-071110-seller_changed
        --- exit 2
    "#]];
    for command in ["", "check", "upgrade --database-url app.db", "upgrade --sql --database-url app.db", "verify"] {
        refused.assert_eq(&host.run(command).transcript());
    }
    assert_eq!(host.schema("app.db"), [] as [&str; 0]);

    // A database that has the key: the rename comes after it, and takes it along.
    let key = folder(&host, "buyer", "items");
    let renaming = folder(&host, "seller", "changed");
    let metadata = host.read(&format!("{renaming}/metadata.toml"));
    let version = "20261121071120buyer";
    host.edit(&format!("{renaming}/metadata.toml"), "[autogen]\n", &format!("[autogen]\nafter = [\"{version}\"]\n"));
    host.in_sync("check");
    host.done("upgrade --database-url both.db");
    host.in_sync("check --database-url both.db");
    host.sql(
        "both.db",
        "PRAGMA foreign_keys = ON; INSERT INTO purchases VALUES ('a'); INSERT INTO items VALUES (1, 'a')",
    );

    // One that hasn't: it is written anew.
    host.write(&format!("{renaming}/metadata.toml"), &metadata);
    std::fs::remove_dir_all(host.path(&key)).expect("removed");
    host.done("--plugin buyer -m items");
    host.done("upgrade --database-url app.db");
    host.in_sync("check --database-url app.db");
    host.sql(
        "app.db",
        "PRAGMA foreign_keys = ON; INSERT INTO purchases VALUES ('a'); INSERT INTO items VALUES (1, 'a')",
    );
}

#[test]
fn a_database_that_has_the_new_name_is_left_as_it_is() {
    let host = merged("sqlite", "app.db", [RENAMED, TO_ORDERS]);
    host.write("plugins/buyer/src/lib.rs", ANEW);
    let key = folder(&host, "buyer", "items");
    std::fs::rename(host.path(&key), host.path("away/items")).expect("moved");
    host.done("upgrade --database-url app.db");
    std::fs::rename(host.path("away/items"), host.path(&key)).expect("moved");
    let before = host.schema("app.db");
    host.says("upgrade --database-url app.db", expect![[r#"
        --- stderr
        error[stale-reference]: buyer's 2026-11-21-071120-buyer_items makes a foreign key to orders, which seller's 2026-11-21-071110-seller_changed renames to purchases
          --> plugins/buyer/migrations/2026-11-21-071120-buyer_items/up.sql:12:33
           |
        12 |     "of" VARCHAR(20) REFERENCES "orders" ("code")
           |                                 ^^^^^^^^ referenced here
        help: if no database has applied 2026-11-21-071120-buyer_items, remove its folder and run `autogen --plugin buyer`, which writes it anew; else let it come first by `after = ["20261121071120buyer"]` under `[autogen]` in the metadata.toml of 2026-11-21-071110-seller_changed
        --- exit 2
    "#]]);
    assert_eq!(host.schema("app.db"), before);
}

#[test]
fn a_key_to_an_old_column_is_refused() {
    let host = merged("sqlite", "app.db", [COLUMN, TO_ORDERS]);
    host.says("upgrade --database-url app.db", expect![[r#"
        --- stderr
        error[stale-reference]: buyer's 2026-11-21-071120-buyer_items makes a foreign key to orders.code, which seller's 2026-11-21-071110-seller_changed renames to orders.number
          --> plugins/buyer/migrations/2026-11-21-071120-buyer_items/up.sql:12:33
           |
        12 |     "of" VARCHAR(20) REFERENCES "orders" ("code")
           |                                 ^^^^^^^^ referenced here
        help: if no database has applied 2026-11-21-071120-buyer_items, remove its folder and run `autogen --plugin buyer`, which writes it anew; else let it come first by `after = ["20261121071120buyer"]` under `[autogen]` in the metadata.toml of 2026-11-21-071110-seller_changed
        --- exit 2
    "#]]);
}

#[test]
fn a_key_to_a_table_that_went_is_refused() {
    let host = merged("sqlite", "app.db", ["", TO_ORDERS]);
    host.write("plugins/seller/src/lib.rs", "");
    host.says("upgrade --database-url app.db", expect![[r#"
        --- stderr
        error[stale-reference]: buyer's 2026-11-21-071120-buyer_items makes a foreign key to orders, which seller's 2026-11-21-071110-seller_changed drops
          --> plugins/buyer/migrations/2026-11-21-071120-buyer_items/up.sql:12:33
           |
        12 |     "of" VARCHAR(20) REFERENCES "orders" ("code")
           |                                 ^^^^^^^^ referenced here
        help: if no database has applied 2026-11-21-071120-buyer_items, remove its folder and run `autogen --plugin buyer`, which writes it anew; else take 2026-11-21-071110-seller_changed back, which no longer goes with it
        --- exit 2
    "#]]);
}

#[test]
fn a_column_goes_that_a_key_has_come_to_reference() {
    let two = "autogen::table! { #[unique(tag)] orders (code) { #[max_length = 20] code -> Varchar, #[max_length = 9] tag -> Varchar } }\n";
    let host = Host::of(&[("plugins/buyer/src/lib.rs", ""), ("plugins/seller/src/lib.rs", two)]);
    host.done("-m base");
    let sellers = on_a_branch(&host, "app.db", ("seller", ORDERS), "changed");
    host.write("plugins/buyer/src/lib.rs", &TO_ORDERS.replace("orders(code)", "orders(tag)"));
    host.done("--plugin buyer -m items --allow all");
    host.done("upgrade --database-url app.db");
    brought_in(&host, "changed", &sellers, 10);
    let before = host.schema("app.db");
    host.says("upgrade --database-url app.db", expect![[r#"
        --- stderr
        applying seller's 2026-11-21-071110-seller_changed
        error[stale-reference]: seller's 2026-11-21-071110-seller_changed failed: it takes away what foreign keys reference: items references orders.tag
        help: nothing of it was applied; drop these keys by a revision of their tables' owner first, or remove this revision's folder and run `autogen`, which writes it anew
        --- exit 2
    "#]]);
    assert_eq!(host.schema("app.db"), before);
}

#[test]
fn a_key_that_never_led_anywhere_loses_nothing() {
    let host = Host::of(&[("autogen.toml", "dialects = ['sqlite']\n")]);
    // Keys in a circle are closed by a rebuild, which drops a table.
    host.sql(
        "app.db",
        "CREATE TABLE a (id INTEGER PRIMARY KEY, b INTEGER REFERENCES b (id));
                        CREATE TABLE b (id INTEGER PRIMARY KEY, a INTEGER REFERENCES a (id));
                        CREATE TABLE c (id INTEGER PRIMARY KEY, d INTEGER REFERENCES nowhere (e))",
    );
    host.done("adopt --plugin core --database-url app.db");
    host.done("upgrade --database-url fresh.db");
    host.in_sync("check --database-url fresh.db");
    host.in_sync("check --database-url app.db");
}

#[test]
fn servers_say_the_same() {
    let refused = |dialect: &str, url: &str| {
        let host = merged(dialect, url, [RENAMED, TO_ORDERS]);
        for command in ["check", "upgrade"] {
            let run = with(&host, url, command);
            let said = run.transcript();
            assert_eq!(run.code, 2, "{said}");
            assert!(said.contains("error[stale-reference]") && said.contains("renames to purchases"), "{said}");
        }
    };
    refused("postgres", &postgres().url());
    on_each_mysql(|kind: MysqlKind| refused("mysql", &mysql_on(kind).url()));
}

#[test]
fn a_name_that_was_given_anew_is_meant() {
    let host = based("sqlite", "app.db");
    host.write("plugins/seller/src/lib.rs", RENAMED);
    host.done("--plugin seller -m renamed");
    host.write("plugins/seller/src/lib.rs", &format!("{}{ORDERS}", RENAMED.replace("#[renamed_from(orders)]", "")));
    host.done("--plugin seller -m again");
    host.write("plugins/buyer/src/lib.rs", TO_ORDERS);
    host.done("--plugin buyer -m items");
    host.done("upgrade --database-url app.db");
    host.in_sync("check --database-url app.db");
}
