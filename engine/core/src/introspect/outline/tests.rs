//! Which part of a database a question is about, on all three.

use autogen_test_servers::{mysql, postgres};

use super::*;
use crate::database::{DatabaseUrl, ScratchServer};
use crate::introspect::{introspect, introspect_part};
use crate::model::Schema;
use crate::scratch::{copy, copy_part};

fn server_of(url: &str) -> (Database, ScratchServer) {
    let url = DatabaseUrl::parse(url).expect("a URL");
    (Database::open(&url, false).expect("a connection"), ScratchServer::of(&url))
}

/// Returns the part about the tables whose names begin with `usb`, next to many other tables.
fn usb(database: &mut Database, also: &str) -> CatalogSubset {
    let unrelated: String =
        (0..30).map(|n| format!("CREATE TABLE other{n} (id integer PRIMARY KEY, note varchar(9) NOT NULL);")).collect();
    database.execute(&unrelated).expect("makes tables");
    outline(database).expect("an outline").part(|name| name.name.starts_with("usb"), |name| name.name == also)
}

fn names<'a>(names: impl IntoIterator<Item = &'a TableName>) -> String {
    let mut names: Vec<String> = names.into_iter().map(TableName::to_string).collect();
    names.retain(|name| !name.starts_with("other"));
    names.join(" ")
}

/// Checks that reading a part agrees with reading the whole database, and that a copy of the part contains nothing
/// else.
fn agree(database: &mut Database, server: &ScratchServer, part: &CatalogSubset) -> (Schema, Schema) {
    let whole = introspect(database).expect("reads all");
    let read = introspect_part(database, part).expect("reads a part");
    assert!(read.tables.iter().all(|(name, table)| whole.tables[name] == *table));
    assert!(read.tables.keys().all(|name| !name.name.starts_with("other")), "{:?}", read.tables.keys());
    assert_eq!(part.unread.tables.iter().filter(|name| name.name.starts_with("other")).count(), 30);
    assert_eq!(*read.unread, part.unread.tables);
    let is_told = |name: &TableName| read.tables.contains_key(name) || read.unread.contains(name);
    assert!(whole.tables.keys().all(is_told), "nothing is simply gone");
    let mut copied = copy_part(database, server, part).unwrap_or_else(|error| panic!("{error:?}"));
    let copied = introspect(&mut copied).expect("reads the copy");
    assert_eq!(copied.tables, read.tables);
    // With nothing left out, a part is all there is.
    let all = outline(database).expect("an outline").part(|_| true, |_| false);
    assert_eq!(introspect_part(database, &all).expect("reads all"), whole);
    let mut again = copy_part(database, server, &all).expect("copies all");
    assert_eq!(introspect(&mut again).unwrap(), introspect(&mut copy(database, server).unwrap()).unwrap());
    (read, copied)
}

const TABLES: &str = "
    CREATE TABLE makers (id integer PRIMARY KEY);
    CREATE TABLE types (id integer PRIMARY KEY, maker integer, FOREIGN KEY (maker) REFERENCES makers (id));
    CREATE TABLE usbdevices (id integer PRIMARY KEY, type integer, FOREIGN KEY (type) REFERENCES types (id));
    CREATE TABLE rooms (id integer PRIMARY KEY);
    CREATE TABLE loans (id integer PRIMARY KEY, device integer, room integer,
      FOREIGN KEY (device) REFERENCES usbdevices (id), FOREIGN KEY (room) REFERENCES rooms (id));
    CREATE TABLE fines (id integer PRIMARY KEY, loan integer, FOREIGN KEY (loan) REFERENCES loans (id));
    CREATE TABLE prices (id integer PRIMARY KEY, amount integer);
    CREATE TABLE quotas (id integer PRIMARY KEY);
    CREATE VIEW priced AS SELECT usbdevices.id, prices.amount FROM usbdevices JOIN prices ON prices.id = usbdevices.id;
    CREATE VIEW cheap AS SELECT id FROM priced WHERE amount < 9;
    CREATE INDEX ix_fines ON fines (loan);";

#[test]
fn sqlite_reads_views_and_triggers_whatever_is_changed() {
    let mut database = Database::scratch(Dialect::Sqlite).expect("a database");
    database.execute(TABLES).expect("makes tables");
    database
        .execute(
            "CREATE TABLE logged (id INTEGER PRIMARY KEY); CREATE TABLE log (id INTEGER);
             CREATE TRIGGER tr AFTER INSERT ON logged BEGIN INSERT INTO log VALUES (new.id); END;
             CREATE TABLE \"odd name\" (id INTEGER); CREATE VIEW odd AS SELECT id FROM \"odd name\";
             CREATE TABLE Lower (Id INTEGER PRIMARY KEY, d INTEGER REFERENCES USBDEVICES); CREATE VIRTUAL TABLE words USING fts5(t)",
        )
        .expect("makes more");
    let part = usb(&mut database, "quotas");
    let (read, _) = agree(&mut database, &ScratchServer::Memory, &part);
    assert_eq!(
        names(read.tables.keys()),
        "Lower loans log logged makers odd name prices quotas rooms types usbdevices"
    );
    assert_eq!(names(&part.unread.tables), "fines");
    assert!(
        part.unread.names.contains("ix_fines") && part.unread.names.contains("words_data"),
        "{:?}",
        part.unread.names
    );
}

#[test]
fn mariadb_knows_keys_and_keeps_texts() {
    let kept = mysql();
    kept.execute(TABLES);
    kept.execute(
        "CREATE TABLE log (id integer); CREATE TABLE logged (id integer PRIMARY KEY);
         CREATE TRIGGER tr AFTER INSERT ON usbdevices FOR EACH ROW INSERT INTO log VALUES (new.id);
         CREATE TRIGGER tr2 AFTER INSERT ON logged FOR EACH ROW UPDATE usbdevices SET type = NULL;
         CREATE FUNCTION outside() RETURNS integer RETURN (SELECT count(*) FROM fines);
         CREATE FUNCTION plain() RETURNS integer RETURN 1;",
    );
    let (mut database, server) = server_of(&kept.url());
    let part = usb(&mut database, "");
    let (read, _) = agree(&mut database, &server, &part);
    assert_eq!(names(read.tables.keys()), "loans log logged makers prices rooms types usbdevices");
    assert_eq!(names(&part.unread.tables), "fines quotas");
    assert!(part.unread.names.contains("fines_ibfk_1"), "{:?}", part.unread.names);
}

#[test]
fn postgresql_knows_what_stands_on_what() {
    let kept = postgres();
    kept.execute(TABLES);
    kept.execute(
        "CREATE SCHEMA audit; CREATE TABLE audit.log (id integer); CREATE TABLE audit.usb_log (id serial);
         CREATE TYPE usbmood AS ENUM ('a', 'b'); CREATE TYPE mood AS ENUM ('c');
         CREATE TABLE moods (id integer PRIMARY KEY, mood usbmood[] DEFAULT '{a}');
         CREATE VIEW moody AS SELECT mood FROM moods; CREATE TABLE feelings (mood integer REFERENCES moods, f mood);
         CREATE FUNCTION logs() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO audit.log VALUES (new.id); RETURN new; END';
         CREATE TRIGGER tr BEFORE INSERT ON usbdevices FOR EACH ROW EXECUTE FUNCTION logs();
         CREATE FUNCTION of_row(x fines) RETURNS integer LANGUAGE sql AS 'SELECT x.id';
         CREATE FUNCTION even(x integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT x % 2 = 0';
         CREATE TABLE usbparts (k integer REFERENCES makers) PARTITION BY RANGE (k);
         CREATE TABLE usbpart1 PARTITION OF usbparts FOR VALUES FROM (1) TO (10);
         CREATE TABLE heirs (more integer) INHERITS (usbdevices); CREATE SEQUENCE lonely;
         CREATE TABLE split (k integer PRIMARY KEY) PARTITION BY RANGE (k);
         CREATE TABLE split1 PARTITION OF split FOR VALUES FROM (1) TO (10);
         CREATE TABLE usbsplit (k integer REFERENCES split);
         CREATE DOMAIN evens AS integer CHECK (even(VALUE));
         CREATE MATERIALIZED VIEW seldom AS SELECT id FROM quotas; CREATE UNIQUE INDEX ix_seldom ON seldom (id);
         CREATE POLICY po ON usbdevices USING (id IN (SELECT id FROM quotas WHERE even(id)));",
    );
    let (mut database, server) = server_of(&kept.url());
    let part = usb(&mut database, "");
    let (read, copied) = agree(&mut database, &server, &part);
    assert_eq!(
        names(read.tables.keys()),
        "feelings heirs loans makers moods prices quotas rooms split types usbdevices usbparts usbsplit audit.log \
         audit.usb_log"
    );
    assert_eq!(names(&part.unread.tables), "fines");
    assert!(
        part.unread.names.contains("ix_seldom") && part.unread.names.contains("fines_pkey"),
        "{:?}",
        part.unread.names
    );
    // What uses a type is told even where it wasn't read.
    let mood = &read.enums[&TableName::new("mood")];
    assert_eq!(mood.users, introspect(&mut database).expect("reads all").enums[&TableName::new("mood")].users);
    assert_eq!(copied.enums.len(), 2);
    let standing: Vec<&str> = copied.bystanders.iter().map(|found| found.name.as_str()).collect();
    for name in ["moody", "cheap", "tr", "po", "evens", "even(x integer)", "logs()"] {
        assert!(standing.contains(&name), "{name} of {standing:?}");
    }
}
