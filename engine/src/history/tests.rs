//! What is told of a run while another program works on the same database.

use std::path::Path;

use diesel::Connection as _;
use diesel::sqlite::SqliteConnection;

use super::apply::keep_to_their_own;
use super::direction::Direction;
use super::fence::Owners;
use super::*;
use crate::dialect::Dialect;
use crate::error::Code;

fn revision(name: &str, revises: &[&str], up: &str) -> Revision {
    let revises = revises.iter().map(|parent| Version::of(parent)).collect();
    let stated = Autogen { plugin: "usb".to_owned(), revises, ..Autogen::nothing() };
    let metadata = Metadata { run_in_transaction: true, autogen: Some(stated), certificate: None };
    Revision::new("usb".to_owned(), Path::new("usb/migrations").join(name), metadata, up.to_owned(), None)
}

#[test]
fn what_another_program_makes_meanwhile_is_nobodys_trespass() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let file = folder.path().join("app.db");
    let open = || SqliteConnection::establish(&file.to_string_lossy()).expect("opens");
    let mut database = open();
    let chain = History::from_revisions(vec![
        revision("2026-11-21-071100-usb_a", &[], "CREATE TABLE devices (id INTEGER PRIMARY KEY);"),
        revision("2026-11-21-071101-usb_b", &["20261121071100usb"], "ALTER TABLE devices ADD COLUMN n INTEGER;"),
    ])
    .expect("is sound");
    let (applied, ledger) = (applied(&mut database).expect("reads"), ledger(&mut database).expect("reads"));
    let owners = Owners::new(&chain, Dialect::Sqlite, &applied, &ledger);
    let later: Vec<&Revision> = chain.revisions().iter().skip(1).collect();
    let look = |database: &mut SqliteConnection| {
        keep_to_their_own(database, &owners, (&applied, &ledger), (&later, Direction::Up)).map_err(|error| error.code())
    };
    database.execute("CREATE TABLE devices (id INTEGER PRIMARY KEY)").expect("runs");
    assert_eq!(look(&mut database), Err(Code::ChangesAnothersTable), "a table by hand is nobody's");
    database.execute("DROP TABLE devices").expect("runs");
    let all: Vec<_> = chain.revisions().iter().collect();
    upgrade(&mut open(), &chain, &all, &mut |_| {}).expect("applies");
    assert_eq!(look(&mut database), Ok(()));
}
