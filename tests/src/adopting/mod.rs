//! Random databases, made by statements of our own, taken over and made anew.
//!
//! What a database is comes out of a row of numbers, so that proptest can shrink it. It is written as
//! source, read again and compared with the database: nothing may differ. Then the source makes a fresh
//! database, and a [`judge`] that shares no code with the engine compares the two.

mod mysql;
mod postgres;
mod sqlite;
mod words;

use std::collections::BTreeMap;

use autogen_codegen::{report, source};
use autogen_engine::database::{Database, DatabaseUrl, ScratchServer};
use autogen_engine::dialect::Dialect;
use autogen_engine::error::Error;
use autogen_engine::introspect::introspect;
use autogen_engine::model::{BystanderKind, Schema, TableName};
use autogen_test_servers::{mysql_url, postgres_url};
use similar::TextDiff;

use crate::host::Defined;
use crate::judge;
use crate::property::Draw;
use crate::server::Server;

/// What a database exercised.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// How many statements the database has taken.
    pub taken: usize,
    /// Those that it has refused, and why: what they would have made isn't there.
    pub refused: Vec<String>,
    /// How many objects of each kind it had.
    pub kinds: BTreeMap<&'static str, usize>,
    /// The definitions.
    pub text: String,
}

/// Makes the database that the numbers stand for, and takes it over.
///
/// # Errors
/// The first thing that isn't as it should be.
pub fn run(on: Server, numbers: &[u16]) -> Result<Outcome, String> {
    let draw = &mut Draw::new(numbers);
    let statements = match on.dialect() {
        Dialect::Sqlite => sqlite::database(draw),
        Dialect::Postgres => postgres::database(draw),
        Dialect::Mysql => mysql::database(on, draw),
    };
    let url = url(on);
    let mut original = Database::scratch_on(&scratch_server(url.as_deref())?).map_err(said)?;
    let mut outcome = Outcome::default();
    let mut script = String::new();
    for statement in &statements {
        match original.execute(statement) {
            Ok(()) => {
                outcome.taken += 1;
                script.push_str(&format!("{statement};\n"));
            }
            Err(error) => outcome.refused.push(format!("{error}: {statement}")),
        }
    }
    let with_script = |problem: String| format!("{problem}\n-- the database --\n{script}");
    take_over(&mut original, url, &mut outcome).map_err(with_script)?;
    Ok(outcome)
}

fn take_over(original: &mut Database, url: Option<String>, outcome: &mut Outcome) -> Result<(), String> {
    let dialect = original.dialect();
    let live = introspect(original).map_err(said)?;
    outcome.kinds = kinds(&live);
    let printed = source::tables(&live, dialect);
    // Renaming a table leaves its key its name; a baseline has it, and no definition judges it.
    let (key_names, unsaid): (Vec<&String>, Vec<_>) = (printed.unsaid.iter())
        .filter(|said| !said.starts_with("extension "))
        .partition(|said| said.contains(": the name ") && said.ends_with(" of its primary key"));
    if !unsaid.is_empty() {
        return Err(format!("it can't be said: {unsaid:?}\n{}", printed.text));
    }
    outcome.text.clone_from(&printed.text);
    let read = Defined::by_source(&printed.text, url)
        .map_err(|error| format!("the source can't be read: {error}\n{}", printed.text))?;
    let with_source = |problem: String| format!("{problem}\n-- the source --\n{}", printed.text);

    let judged = judge::schema(original).map_err(|error| error.to_string())?;
    let judged = match dialect {
        Dialect::Sqlite => judged,
        // PostgreSQL doesn't always print again what it has printed: not its own dump, put back, either.
        Dialect::Postgres => judged.replace(
            "(ARRAY['a'::character varying, 'b'::character varying])::text[]",
            "ARRAY[('a'::character varying)::text, ('b'::character varying)::text]",
        ),
        // How wide integers are shown is no property of them, and newer servers keep none. InnoDB defers
        // nothing, so an action that does nothing goes without saying.
        Dialect::Mysql => judged.replace(" int(5) ", " int(11) ").replace(" ON DELETE NO ACTION", ""),
    };
    let changes = read.draft(original).map_err(said)?.changes;
    if !changes.is_empty() {
        return Err(with_source(format!("the source differs:\n{}", report::lines(&changes).join("\n"))));
    }

    // A baseline is made of what is there, and is the same to the letter.
    let same = |from: &Schema, spelled: &dyn Fn(&str) -> String| -> Result<(), String> {
        let (up, mut fresh) = made(original.server(), from)?;
        let with_up = |problem: String| with_source(format!("{problem}\n-- up.sql --\n{up}"));
        let shown = judge::schema(&mut fresh).map_err(|error| error.to_string())?;
        let (old, new) = (spelled(&judged), spelled(&shown));
        if old != new {
            let difference = TextDiff::from_lines(&old, &new).unified_diff().context_radius(2).to_string();
            return Err(with_up(format!("a fresh database is another one:\n{difference}")));
        }
        let (old, new) = (orders(&live), orders(&introspect(&mut fresh).map_err(said)?));
        if old != new {
            return Err(with_up(format!("columns are in another order: {old:?}, {new:?}")));
        }
        Ok(())
    };
    // MySQL shows a letter's character set as of the column beside it, or as of the connection.
    let as_one = |text: &str| text.replace("_ascii'", "_utf8mb4'").replace("_latin1'", "_utf8mb4'");
    same(&live, &as_one).map_err(|problem| format!("of the live tables: {problem}"))?;
    let spelled = |text: &str| match dialect {
        // SQLite keeps a type's letters as they were written; they mean no more than others.
        Dialect::Sqlite => text.to_lowercase().replace(" ( ", "(").replace(" )", ")"),
        // A doc comment keeps no white space at its ends.
        Dialect::Postgres => text.replace("' padded '", "'padded'"),
        Dialect::Mysql => as_one(text).replace("' padded '", "'padded'"),
    };
    if key_names.is_empty() { same(&read.models.schema, &spelled) } else { Ok(()) }
}

/// A fresh database that holds what is wanted, and the script that made it.
fn made(server: ScratchServer, wanted: &Schema) -> Result<(String, Database), String> {
    let mut fresh = Database::scratch_on(&server).map_err(said)?;
    let dialect = fresh.dialect();
    if dialect == Dialect::Postgres {
        fresh.execute(postgres::SETUP).map_err(|error| error.to_string())?;
    }
    let defined = Defined::by_schema(wanted, dialect).map_err(said)?;
    let draft = defined.draft(&mut fresh).map_err(said)?;
    let up = draft.files(&defined.workspace).up;
    let done = if draft.changes.is_empty() { Ok(()) } else { fresh.execute(&up) };
    match done {
        Ok(()) => Ok((up, fresh)),
        Err(error) => Err(format!("no database is made: {error}\n-- up.sql --\n{up}")),
    }
}

fn scratch_server(url: Option<&str>) -> Result<ScratchServer, String> {
    match url {
        Some(url) => Ok(ScratchServer::of(&DatabaseUrl::parse(url).map_err(said)?)),
        None => Ok(ScratchServer::Memory),
    }
}

/// Where databases can be made that aren't SQLite's.
fn url(server: Server) -> Option<String> {
    match server.mysql() {
        Some(kind) => Some(mysql_url(kind, "mysql")),
        None if server == Server::Postgres => Some(postgres_url("postgres")),
        None => None,
    }
}

/// The names of all tables' columns as they stand.
fn orders(schema: &Schema) -> BTreeMap<TableName, Vec<String>> {
    let columns =
        |table: &autogen_engine::model::Table| table.columns.iter().map(|column| column.name.clone()).collect();
    schema.tables.values().map(|table| (table.name.clone(), columns(table))).collect()
}

/// How many objects of each kind there are.
fn kinds(schema: &Schema) -> BTreeMap<&'static str, usize> {
    let mut kinds: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut add = |kind, count: usize| *kinds.entry(kind).or_default() += count;
    add("table", schema.tables.len());
    add("enum", schema.enums.len());
    for table in schema.tables.values() {
        let columns = || table.columns.iter();
        add("table in a schema", usize::from(table.name.schema.is_some()));
        add("table comment", usize::from(table.comment.is_some()));
        add("column", table.columns.len());
        add("column comment", columns().filter(|column| column.comment.is_some()).count());
        add("default", columns().filter(|column| column.default.is_some()).count());
        add("collation", columns().filter(|column| column.collation.is_some()).count());
        add("generated", columns().filter(|column| column.generated.is_some()).count());
        add("numbered", columns().filter(|column| column.auto_increment).count());
        table.rules.iter().for_each(|rule| add(rule.kind(), 1));
        add("partial index", table.rules.indexes().filter(|index| index.predicate.is_some()).count());
        add("composite foreign key", table.rules.foreign_keys().filter(|key| key.columns.len() > 1).count());
        add(
            "options",
            usize::from(table.options.strict)
                + usize::from(table.options.without_rowid || table.options.engine.is_some()),
        );
        add("on update", columns().filter(|column| column.on_update.is_some()).count());
        add("no key", usize::from(table.primary_key.is_none()));
        add("composite key", usize::from(table.primary_key.as_ref().is_some_and(|key| key.columns.len() > 1)));
    }
    add("bystander", schema.bystanders.iter().filter(|object| object.kind != BystanderKind::Extension).count());
    kinds
}

fn said(error: Error) -> String {
    format!("{error:?}")
}
