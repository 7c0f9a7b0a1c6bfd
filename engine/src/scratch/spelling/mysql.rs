//! MySQL: temporary tables, which are made and dropped without a commit.

use diesel::QueryResult;
use diesel::connection::SimpleConnection as _;

use crate::database::{MysqlConnection, MysqlDatabase};
use crate::dialect::{Dialect, Facts};
use crate::introspect::definition;

use super::{Answer, Part, Question};

pub(super) fn spelled(database: &mut MysqlDatabase, questions: &[Question]) -> QueryResult<Vec<Answer>> {
    questions.iter().map(|question| answer(database, question)).collect()
}

/// All parts in one table, or each in one of its own where the server refuses one of them.
fn answer(connection: &mut MysqlConnection, question: &Question) -> QueryResult<Answer> {
    let all: Vec<usize> = (0..question.parts.len()).collect();
    let mut answer = vec![None; question.parts.len()];
    let asked = match ask(connection, question, &all)? {
        Some(text) => vec![(all, text)],
        None => {
            let mut one_by_one = Vec::new();
            for at in all {
                if let Some(text) = ask(connection, question, &[at])? {
                    one_by_one.push((vec![at], text));
                }
            }
            one_by_one
        }
    };
    for (parts, text) in asked {
        for at in parts {
            answer[at] = read(&question.parts[at], at, &text);
        }
    }
    Ok(answer)
}

/// What the server says of a temporary table with these parts; nothing, if it refuses to make it.
fn ask(connection: &mut MysqlConnection, question: &Question, parts: &[usize]) -> QueryResult<Option<String>> {
    let facts = facts();
    let mut lines: Vec<String> =
        question.columns.iter().map(|(name, sql_type)| format!("{} {sql_type}", facts.quoted(name))).collect();
    lines.extend(parts.iter().filter_map(|at| line(&question.parts[*at], *at)));
    if lines.is_empty() {
        return Ok(None);
    }
    let table = facts.quoted(&question.table);
    // It hides a table of its name for as long as it is there.
    let made = connection.batch_execute(&format!("CREATE TEMPORARY TABLE {table} (\n{}\n)", lines.join(",\n")));
    let shown = made.is_ok().then(|| definition(connection, &table)).transpose();
    // One that is refused for a rule that doesn't go with a column's type may be there all the same.
    connection.batch_execute(&format!("DROP TEMPORARY TABLE IF EXISTS {table}"))?;
    shown
}

fn line(part: &Part, at: usize) -> Option<String> {
    let name = facts().quoted(&format!("autogen_{at}"));
    Some(match part {
        Part::Type(sql_type) => format!("{name} {sql_type}"),
        // It is what it is, and MariaDB would show another text in its place.
        Part::Default { sql, .. }
            if sql.contains(|letter: char| letter.len_utf8() == 4) && Dialect::Mysql.is_literal(sql) =>
        {
            return None;
        }
        Part::Default { sql_type, sql } => format!("{name} {sql_type} DEFAULT ({sql})"),
        Part::Generated { sql_type, sql } => format!("{name} {sql_type} GENERATED ALWAYS AS ({sql}) VIRTUAL"),
        Part::Check(sql) => format!("CONSTRAINT {name} CHECK ({sql})"),
        Part::Index(_) => return None,
    })
}

/// The part as the server shows it, a line each.
fn read(part: &Part, at: usize, shown: &str) -> Option<Part> {
    let name = facts().quoted(&format!("autogen_{at}"));
    let find = |start: String| {
        let line = shown.lines().map(str::trim).find_map(|line| line.strip_prefix(start.as_str()));
        line.map(|line| line.trim_end_matches(','))
    };
    let bracketed = |text: &str| Some(text.strip_prefix('(')?.strip_suffix(')')?.to_owned());
    Some(match part {
        Part::Type(_) => {
            let rest = find(format!("{name} "))?;
            let end = [" CHARACTER SET ", " COLLATE ", " DEFAULT ", " NOT NULL", " NULL"];
            let end = end.iter().filter_map(|word| rest.find(word)).min().unwrap_or(rest.len());
            Part::Type(rest[..end].to_owned())
        }
        Part::Default { sql_type, .. } => {
            let (_, sql) = find(format!("{name} "))?.split_once(" DEFAULT ")?;
            Part::Default { sql_type: sql_type.clone(), sql: sql.to_owned() }
        }
        Part::Generated { sql_type, .. } => {
            let (_, rest) = find(format!("{name} "))?.split_once(" GENERATED ALWAYS AS ")?;
            let sql = bracketed(rest.strip_suffix(" VIRTUAL")?)?;
            Part::Generated { sql_type: sql_type.clone(), sql }
        }
        Part::Check(_) => Part::Check(bracketed(find(format!("CONSTRAINT {name} CHECK "))?)?),
        Part::Index(_) => return None,
    })
}

fn facts() -> &'static Facts {
    Dialect::Mysql.facts()
}
