//! Histories in memory and on disk, and databases that they are applied to.

mod apply;
mod certificate;
mod fence;
mod fence_mysql;
mod fence_postgres;
mod fence_sqlite;
mod graph;
mod ledger;
mod load;
mod postgres;
mod rebuild;
mod shuffle;

use super::*;
use crate::database::{Database, DatabaseUrl};
use crate::dialect::Dialect;
use crate::host::Host;

/// A directory that somebody made by hand, with SQL that does nothing.
fn plain(owner: &str, name: &str) -> Revision {
    Revision {
        owner: owner.to_owned(),
        version: Version::of(name),
        name: name.to_owned(),
        dir: format!("{owner}/migrations/{name}").into(),
        revises: vec![],
        depends_on: vec![],
        after: vec![],
        takes: vec![],
        gives: std::collections::BTreeMap::new(),
        renamed_values: vec![],
        run_in_transaction: true,
        by_autogen: false,
        verified: vec![],
        measured: std::collections::BTreeMap::new(),
        certificate: None,
        up: "-- nothing".to_owned(),
        down: Some("-- nothing".to_owned()),
    }
}

/// A revision that this program wrote.
fn ours(owner: &str, name: &str, revises: &[&str]) -> Revision {
    let revises = revises.iter().map(|parent| Version::of(parent)).collect();
    Revision { by_autogen: true, revises, ..plain(owner, name) }
}

/// A revision, told in a line.
trait Told: Sized {
    fn up(self, sql: &str) -> Self;
    fn down(self, sql: &str) -> Self;
    fn needs(self, versions: &[&str]) -> Self;
    fn without_transaction(self) -> Self;
}

impl Told for Revision {
    fn up(self, sql: &str) -> Self {
        Self { up: sql.to_owned(), ..self }
    }

    fn down(self, sql: &str) -> Self {
        Self { down: Some(sql.to_owned()), ..self }
    }

    fn needs(self, versions: &[&str]) -> Self {
        Self { depends_on: versions.iter().map(|version| Version::of(version)).collect(), ..self }
    }

    fn without_transaction(self) -> Self {
        Self { run_in_transaction: false, ..self }
    }
}

fn history(revisions: impl IntoIterator<Item = Revision>) -> History {
    History::from_revisions(revisions.into_iter().collect()).expect("is sound")
}

fn names<'a>(revisions: impl IntoIterator<Item = &'a Revision>) -> Vec<&'a str> {
    revisions.into_iter().map(|revision| revision.name.as_str()).collect()
}

/// A database file, which a second connection can open too.
struct File(tempfile::TempDir);

impl File {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("temporary folder"))
    }

    fn open(&self) -> Database {
        let url = DatabaseUrl::parse(&self.0.path().join("app.db").to_string_lossy()).expect("is a path");
        Database::open(&url, true).expect("opens")
    }
}

/// The attacks of a list.
fn attacks(list: &'static str) -> impl Iterator<Item = &'static str> {
    kinds(list).into_iter().flat_map(|(_, attacks)| attacks)
}

/// The attacks of a list by their kinds, in the order of the list.
fn kinds(list: &'static str) -> Vec<(&'static str, Vec<&'static str>)> {
    let mut kinds: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in list.lines().skip(1) {
        match (line.strip_prefix("-- "), kinds.last_mut()) {
            (Some(kind), _) => kinds.push((kind.trim_end_matches('.'), Vec::new())),
            (None, Some((_, attacks))) => attacks.push(line),
            (None, None) => panic!("{line} has no kind"),
        }
    }
    kinds
}

fn upgrade_all(database: &mut Database, history: &History) -> crate::error::Result<Vec<Version>> {
    let all: Vec<_> = history.revisions().iter().collect();
    upgrade(database, history, &all, &mut |_| {})
}

/// One text out of a database.
fn text(database: &mut Database, query: &str) -> String {
    use diesel::prelude::*;
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Text)]
        text: String,
    }
    let query = format!("SELECT coalesce(CAST(({query}) AS TEXT), 'NULL') AS text");
    let row = match database {
        Database::Sqlite(connection) => diesel::sql_query(&query).get_result::<Row>(connection),
        Database::Postgres(connection) => diesel::sql_query(&query).get_result::<Row>(&mut ***connection),
        Database::Mysql(_) => panic!("no test asks MySQL this"),
    };
    row.unwrap_or_else(|error| panic!("{query}: {error}")).text
}

/// Everything that `.schema` would show.
fn schema(database: &mut Database) -> String {
    text(database, "SELECT group_concat(sql, char(10)) FROM (SELECT sql FROM sqlite_schema ORDER BY type, name)")
}
