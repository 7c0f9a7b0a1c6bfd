//! Values of enums that get other names on SQLite, where an enum is a text and only the chain can tell what is done.

use crate::support::Host;

const TABLES: &str =
    "autogen::table! { orders { id -> Integer, state -> StateMapping, was -> Nullable<StateMapping> } }\n";

fn source(values: &str) -> String {
    format!("autogen::sql_enum! {{ enum State {{ {values} }} }}\n{TABLES}")
}

/// A host whose orders are new, sent or paid, with rows.
fn with_orders() -> Host {
    let host = Host::of(&[("src/schema.rs", &source("New, Sent, Paid"))]);
    host.done("");
    host.done("upgrade --database-url app.db");
    host.sql("app.db", "INSERT INTO orders VALUES (1, 'sent', NULL), (2, 'paid', 'sent'), (3, 'new', 'new')");
    host
}

fn states(host: &Host) -> Vec<String> {
    host.values("app.db", "SELECT state || ' ' || coalesce(was, '-') AS value FROM orders ORDER BY id")
}

fn generate(host: &Host) {
    std::thread::sleep(std::time::Duration::from_millis(1100));
    host.done("");
    host.done("upgrade --database-url app.db");
}

#[test]
fn a_value_is_renamed_once_and_back() {
    let host = with_orders();
    host.write("src/schema.rs", &source("New, #[renamed_from(sent)] Shipped, Paid"));
    assert_eq!(host.run("check").code, 1, "it is still to be done");
    generate(&host);
    assert_eq!(states(&host), ["shipped -", "paid shipped", "new new"]);
    let revision = host.folders("migrations").pop().expect("a revision");
    let metadata = host.read(&format!("migrations/{revision}/metadata.toml"));
    assert!(
        metadata.contains("\"State\",\n    \"sent\",\n    \"shipped\",")
            || metadata.contains("[\"State\", \"sent\", \"shipped\"]"),
        "{metadata}"
    );
    // The hint stays where it is, and does nothing.
    assert_eq!(host.run("check --database-url app.db").code, 0);
    host.sql("app.db", "INSERT INTO orders VALUES (4, 'sent', NULL)");
    assert!(host.done("").contains("in sync"));
    host.sql("app.db", "DELETE FROM orders WHERE id = 4");

    host.done("downgrade --allow all --plugin core -1 --database-url app.db");
    assert_eq!(states(&host), ["sent -", "paid sent", "new new"]);
}

#[test]
fn names_that_change_places_keep_their_rows() {
    let host = with_orders();
    host.write("src/schema.rs", &source("New, #[renamed_from(paid)] Sent, #[renamed_from(sent)] Paid"));
    generate(&host);
    assert_eq!(states(&host), ["paid -", "sent paid", "new new"]);
    assert!(host.done("").contains("in sync"));

    // And back again, by other hints.
    host.write("src/schema.rs", &source("New, Sent, #[renamed_from(paid)] Closed"));
    generate(&host);
    assert_eq!(states(&host), ["closed -", "sent closed", "new new"]);
    host.write("src/schema.rs", &source("New, Sent, #[renamed_from(closed)] Paid"));
    generate(&host);
    assert_eq!(states(&host), ["paid -", "sent paid", "new new"]);
    assert!(host.done("").contains("in sync"));
}

#[test]
fn a_table_that_is_new_has_no_rows_to_rename() {
    let host = Host::of(&[("src/schema.rs", &source("New, #[renamed_from(sent)] Shipped, Paid"))]);
    host.done("");
    assert!(host.done("").contains("in sync"));
}
