//! MariaDB and MySQL: the schema is what `SHOW CREATE` says; rows and damage are asked for.

mod session;

use std::collections::BTreeMap;

use autogen_engine::database::MysqlDatabase;
use autogen_test_servers::{MysqlKind, mysql_url};
use diesel::QueryResult;

use session::Session;

/// Tables, without those of migrations' bookkeeping.
const TABLES: &str = "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() \
     AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') AND TABLE_NAME NOT IN ('__diesel_schema_migrations', '__autogen_ledger', '__autogen_lock') ORDER BY 1";

const VIEWS: &str = "SELECT TABLE_NAME FROM information_schema.VIEWS WHERE TABLE_SCHEMA = DATABASE() ORDER BY 1";

/// Without who made them, and the quotes around names.
const TRIGGERS: &str = "SELECT TRIGGER_NAME, ACTION_TIMING, EVENT_MANIPULATION, EVENT_OBJECT_TABLE, ACTION_ORDER, \
     ACTION_STATEMENT FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE() ORDER BY 1";

pub(super) fn schema(database: &MysqlDatabase) -> QueryResult<String> {
    let mut session = open(database)?;
    let mut objects = Vec::new();
    for table in names(&mut session, TABLES)? {
        let shown = session.made(&format!("SHOW CREATE TABLE {}", quoted(&table)), "Create Table")?;
        let lines: Vec<&str> = shown.lines().map(|line| line.strip_suffix(',').unwrap_or(line)).collect();
        let [head, body @ .., tail] = lines.as_slice() else { continue };
        // Columns that came back stand at the end; nobody minds.
        let mut body: Vec<String> =
            body.iter().map(|line| without_said_words(&without_given_name(line, body))).collect();
        body.sort_unstable();
        objects.push(format!("{head}\n{}\n{}", body.join("\n"), without_next_number(tail)));
    }
    for view in names(&mut session, VIEWS)? {
        objects.push(session.made(&format!("SHOW CREATE VIEW {}", quoted(&view)), "Create View")?);
    }
    objects.extend(session.texts(TRIGGERS)?.into_iter().map(|trigger| format!("TRIGGER {}", trigger.join(" "))));
    Ok(objects.into_iter().map(|object| object + "\n").collect())
}

pub(super) fn rows(database: &MysqlDatabase) -> QueryResult<BTreeMap<String, Vec<String>>> {
    let mut session = open(database)?;
    let mut found = BTreeMap::new();
    for table in names(&mut session, TABLES)? {
        // In order of their names: where a column stands is no difference.
        let columns = session.texts(&format!(
            "SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() \
             AND BINARY TABLE_NAME = BINARY {} ORDER BY BINARY COLUMN_NAME",
            literal(&table)
        ))?;
        let columns: Vec<_> = columns.into_iter().flatten().map(|column| quoted(&column)).collect();
        let mut rows = session.query(&format!("SELECT {} FROM {}", columns.join(", "), quoted(&table)))?;
        rows.sort();
        found.insert(table, rows);
    }
    Ok(found)
}

pub(super) fn damage(database: &MysqlDatabase) -> QueryResult<Vec<String>> {
    let mut session = open(database)?;
    let mut found = Vec::new();
    // Rows that a key doesn't cover: the server itself never looks again.
    let keys = session.texts(
        "SELECT TABLE_NAME, REFERENCED_TABLE_NAME, \
         GROUP_CONCAT('c.`', REPLACE(COLUMN_NAME, '`', '``'), '` IS NOT NULL' SEPARATOR ' AND '), \
         GROUP_CONCAT('c.`', REPLACE(COLUMN_NAME, '`', '``'), '` = p.`', REPLACE(REFERENCED_COLUMN_NAME, '`', '``'), \
         '`' SEPARATOR ' AND ') FROM information_schema.KEY_COLUMN_USAGE WHERE TABLE_SCHEMA = DATABASE() \
         AND REFERENCED_TABLE_NAME IS NOT NULL GROUP BY TABLE_NAME, CONSTRAINT_NAME, REFERENCED_TABLE_NAME ORDER BY 1, 2",
    )?;
    for key in keys {
        let [child, parent, known, joined] = key.as_slice() else { continue };
        let orphans = format!(
            "SELECT count(*) FROM {} c WHERE {known} AND NOT EXISTS (SELECT 1 FROM {} p WHERE {joined})",
            quoted(child),
            quoted(parent)
        );
        let count = session.texts(&orphans)?.concat().concat();
        if count != "0" {
            found.push(format!("{count} rows of {child} point at no row of {parent}"));
        }
    }
    for table in names(&mut session, TABLES)? {
        for said in session.texts(&format!("CHECK TABLE {} EXTENDED", quoted(&table)))? {
            if said.last().is_some_and(|text| text != "OK") {
                found.push(format!("table {table}: {}", said.join(" ")));
            }
        }
    }
    for view in names(&mut session, VIEWS)? {
        if let Err(error) = session.query(&format!("SELECT * FROM {}", quoted(&view))) {
            found.push(format!("view {view}: {error}"));
        }
    }
    Ok(found)
}

pub(super) fn answers(database: &MysqlDatabase, queries: &[&str]) -> QueryResult<Vec<QueryResult<Vec<String>>>> {
    let mut session = open(database)?;
    session.query("START TRANSACTION")?;
    Ok(queries.iter().map(|sql| session.query(sql)).collect())
}

fn open(database: &MysqlDatabase) -> QueryResult<Session> {
    let shown = database.url().to_string();
    let kind = if database.is_mariadb() { MysqlKind::Mariadb } else { MysqlKind::Mysql };
    Session::open(&mysql_url(kind, shown.rsplit('/').next().unwrap_or_default()))
}

fn names(session: &mut Session, sql: &str) -> QueryResult<Vec<String>> {
    Ok(session.texts(sql)?.into_iter().flatten().collect())
}

fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

/// The index that a foreign key has made for itself is called what the server likes: after the last key
/// that needed it.
fn without_given_name(line: &str, lines: &[&str]) -> String {
    let Some((_, columns)) = line.strip_prefix("  KEY ").and_then(|rest| rest.split_once(" (")) else {
        return line.to_owned();
    };
    let is_of_key = |other: &&str| other.contains(&format!(" FOREIGN KEY ({columns} REFERENCES "));
    if lines.iter().any(is_of_key) { format!("  KEY ({columns}") } else { line.to_owned() }
}

/// MySQL remembers what was said: an action that is none, and a column's character set, which its collation tells anyway.
/// A number below zero that was read from its own words has brackets.
fn without_said_words(line: &str) -> String {
    let mut parts = line.split("-(");
    let mut line = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once(')') {
            Some((number, rest)) if number.bytes().all(|letter| letter.is_ascii_digit()) => {
                line.push_str(&format!("-{number}{rest}"));
            }
            Some(_) | None => line.push_str(&format!("-({part}")),
        }
    }
    let line = &line.replace(" ON DELETE RESTRICT", "").replace(" ON UPDATE RESTRICT", "");
    let Some((before, rest)) = line.split_once(" CHARACTER SET ") else { return line.to_owned() };
    let Some((set, after)) = rest.split_once(" COLLATE ") else { return line.to_owned() };
    if after.starts_with(&format!("{set}_")) { format!("{before} COLLATE {after}") } else { line.to_owned() }
}

/// The number that comes next is the rows' business.
fn without_next_number(options: &str) -> String {
    let words: Vec<&str> = options.split(' ').filter(|word| !word.starts_with("AUTO_INCREMENT=")).collect();
    words.join(" ")
}
