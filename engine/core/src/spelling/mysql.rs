//! MySQL: temporary tables, which are made and dropped without a commit.

use diesel::QueryResult;
use diesel::connection::SimpleConnection as _;

use crate::database::{MysqlConnection, MysqlDatabase};
use crate::dialect::{Dialect, Facts};
use crate::introspect::{
    definition, is_unclear_mysql_default, marked_mysql_values, mysql_defaults, mysql_moment, without_mysql_brackets,
    without_mysql_introducers,
};
use crate::model::{Expr, IndexKey};
use crate::sql::mysql::values;
use crate::sql::mysql::{text_literal, text_of, tokens};

use super::{Answer, Question, TablePart};

pub(super) fn spelled(database: &mut MysqlDatabase, questions: &[Question]) -> QueryResult<Vec<Answer>> {
    let is_mariadb = database.is_mariadb();
    let answers = questions.iter().map(|question| answer(database, question));
    let respelled = |answer: Answer| answer.into_iter().map(|part| part.filter(is_clear).map(respelled)).collect();
    answers.map(|answer| if is_mariadb { answer } else { answer.map(respelled) }).collect()
}

/// Checks whether MySQL has shown an expression as it is. It always shows marks for letters of four bytes. An unclear
/// answer is replaced with the question's own text.
fn is_clear(part: &TablePart) -> bool {
    match part {
        TablePart::Default { sql, .. } => Dialect::Mysql.is_literal(sql) || !sql.contains("????"),
        TablePart::Generated { sql, .. } | TablePart::Check(sql) => !sql.contains("????"),
        TablePart::Index(index) => index.expressions().all(|expr| !expr.sql.contains("????")),
        TablePart::Type(_) => true,
    }
}

/// Spells what MySQL shows as its catalog is read: without brackets around expressions, quotes around numbers and
/// names of character sets.
fn respelled(part: TablePart) -> TablePart {
    let bare = without_mysql_introducers;
    match part {
        TablePart::Default { sql_type, sql } => {
            let inside = sql.strip_prefix('(').and_then(|sql| sql.strip_suffix(')'));
            let number = text_of(&sql).filter(|_| !is_of_letters(&sql_type));
            let sql = inside.map(|inside| bare(inside.to_owned())).or(number).unwrap_or(sql);
            TablePart::Default { sql_type, sql: mysql_moment(&sql) }
        }
        TablePart::Generated { sql_type, sql } => {
            TablePart::Generated { sql_type, sql: without_mysql_brackets(bare(sql)) }
        }
        TablePart::Check(sql) => TablePart::Check(without_mysql_brackets(bare(sql))),
        TablePart::Index(mut index) => {
            for key in &mut index.columns {
                if let IndexKey::Expr(expr) = &mut key.key {
                    *expr = Expr::new(without_mysql_brackets(bare(std::mem::take(&mut expr.sql))));
                }
            }
            TablePart::Index(index)
        }
        TablePart::Type(_) => part,
    }
}

/// Checks whether a type's literals are in quotes, which are those of texts, bytes, moments and choices.
fn is_of_letters(sql_type: &str) -> bool {
    let word = sql_type.split(['(', ' ']).next().unwrap_or_default().to_ascii_lowercase();
    let numbers = [
        "tinyint",
        "smallint",
        "mediumint",
        "int",
        "integer",
        "bigint",
        "decimal",
        "numeric",
        "float",
        "double",
        "bool",
        "boolean",
    ];
    !numbers.contains(&word.as_str())
}

/// Asks about all parts in one table, or about each in a table of its own where the server refuses one of them.
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
    for (parts, answers) in asked {
        for (at, found) in parts.into_iter().zip(answers) {
            answer[at] = found;
        }
    }
    Ok(answer)
}

/// Returns what the server makes of these parts in a temporary table, or `None` if it refuses to make the table.
fn ask(connection: &mut MysqlConnection, question: &Question, parts: &[usize]) -> QueryResult<Option<Answer>> {
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
    let shown = made.is_ok().then(|| look(connection, &table, question, parts)).transpose();
    // One that is refused for a rule that doesn't go with a column's type may be there all the same.
    connection.batch_execute(&format!("DROP TEMPORARY TABLE IF EXISTS {table}"))?;
    shown
}

/// Returns a definition with the reference systems of places as the catalog has them, instead of comments for MySQL.
fn with_reference_systems(definition: &str) -> String {
    let mut parts = definition.split("/*!80003 SRID ");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (system, rest) = part.split_once(" */").unwrap_or((part, ""));
        text.push_str(&format!("srid {system}{rest}"));
    }
    text
}

/// Returns the parts as the server shows them. Defaults that it doesn't show as they are come from their values.
fn look(connection: &mut MysqlConnection, table: &str, question: &Question, parts: &[usize]) -> QueryResult<Answer> {
    let shown = with_reference_systems(&definition(connection, table)?);
    let mut answers: Answer = parts.iter().map(|at| read(&question.parts[*at], *at, &shown)).collect();
    let is_unclear = |answer: &Option<TablePart>| matches!(answer, Some(TablePart::Default { sql, .. }) if is_unclear_mysql_default(sql));
    let unclear: Vec<String> =
        parts.iter().zip(&answers).filter(|(_, answer)| is_unclear(answer)).map(|(at, _)| column(*at)).collect();
    if unclear.is_empty() {
        return Ok(answers);
    }
    let names: Vec<&str> = unclear.iter().map(String::as_str).collect();
    let told = mysql_defaults(connection, table, &names)?;
    for (at, answer) in parts.iter().zip(&mut answers).filter(|(_, answer)| is_unclear(answer)) {
        if let (Some(TablePart::Default { sql, .. }), Some(literal)) = (answer, told.get(&column(*at))) {
            sql.clone_from(literal);
        }
    }
    Ok(answers)
}

/// Returns the name of a part's column or rule.
fn column(at: usize) -> String {
    format!("autogen_{at}")
}

fn line(part: &TablePart, at: usize) -> Option<String> {
    let name = facts().quoted(&column(at));
    Some(match part {
        TablePart::Type(sql_type) => format!("{name} {sql_type}"),
        // In brackets MySQL takes a literal for an expression; without them it takes none of a long type.
        TablePart::Default { sql_type, sql } if Dialect::Mysql.is_literal(sql) && !is_long(sql_type) => {
            format!("{name} {sql_type} DEFAULT {sql}")
        }
        TablePart::Default { sql_type, sql } => format!("{name} {sql_type} DEFAULT ({sql})"),
        TablePart::Generated { sql_type, sql } => format!("{name} {sql_type} GENERATED ALWAYS AS ({sql}) VIRTUAL"),
        TablePart::Check(sql) => format!("CONSTRAINT {name} CHECK ({sql})"),
        TablePart::Index(index) => {
            let keys: Vec<String> = index.expressions().map(|expr| format!("(({}))", expr.canonical)).collect();
            if keys.is_empty() {
                return None;
            }
            format!("INDEX {name} ({})", keys.join(", "))
        }
    })
}

/// Checks whether MySQL accepts only expressions as a type's default.
fn is_long(sql_type: &str) -> bool {
    let word = sql_type.split(['(', ' ']).next().unwrap_or_default().to_ascii_lowercase();
    word.ends_with("text") || word.ends_with("blob") || word == "json"
}

/// Finds a part in the server's table statement, which has one line for each.
fn read(part: &TablePart, at: usize, shown: &str) -> Option<TablePart> {
    let name = facts().quoted(&column(at));
    let find = |start: String| {
        let line = shown.lines().map(str::trim).find_map(|line| line.strip_prefix(start.as_str()));
        line.map(|line| line.trim_end_matches(','))
    };
    let bracketed = |text: &str| Some(text.strip_prefix('(')?.strip_suffix(')')?.to_owned());
    Some(match part {
        TablePart::Type(asked) => {
            let rest = find(format!("{name} "))?;
            let end = [" CHARACTER SET ", " COLLATE ", " DEFAULT ", " NOT NULL", " NULL"];
            let end = end.iter().filter_map(|word| rest.find(word)).min().unwrap_or(rest.len());
            TablePart::Type(with_values_of(asked, rest[..end].to_owned()))
        }
        TablePart::Default { sql_type, .. } => {
            let (_, sql) = find(format!("{name} "))?.split_once(" DEFAULT ")?;
            TablePart::Default { sql_type: sql_type.clone(), sql: sql.to_owned() }
        }
        TablePart::Generated { sql_type, .. } => {
            let (_, rest) = find(format!("{name} "))?.split_once(" GENERATED ALWAYS AS ")?;
            let sql = bracketed(rest.strip_suffix(" VIRTUAL")?)?;
            TablePart::Generated { sql_type: sql_type.clone(), sql }
        }
        TablePart::Check(_) => TablePart::Check(bracketed(find(format!("CONSTRAINT {name} CHECK "))?)?),
        TablePart::Index(index) => {
            let line = find(format!("KEY {name} "))?;
            let mut spelled = keys_of(line)?.into_iter();
            let mut index = index.clone();
            for key in &mut index.columns {
                if let IndexKey::Expr(expr) = &mut key.key {
                    *expr = Expr::new(spelled.next()?);
                }
            }
            TablePart::Index(index)
        }
    })
}

/// Returns the expressions of an index that has nothing else: each is in brackets of its own.
fn keys_of(shown: &str) -> Option<Vec<String>> {
    let list = shown.strip_prefix('(')?.strip_suffix(')')?;
    let (mut depth, mut start, mut keys) = (0_usize, 0, Vec::new());
    for token in tokens(list)? {
        match &list[token.span.clone()] {
            "(" => {
                start = if depth == 0 { token.span.end } else { start };
                depth += 1;
            }
            ")" => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    keys.push(list[start..token.span.start].to_owned());
                }
            }
            _other => {}
        }
    }
    Some(keys)
}

/// Returns a type as the server shows it. Values that aren't shown as they are come from the type that it was made
/// of.
fn with_values_of(asked: &str, mut shown: String) -> String {
    let Some((_, asked)) = values(asked) else { return shown };
    let tokens = tokens(&shown).unwrap_or_default();
    // From the end: places before stay where they are.
    for member in marked_mysql_values("", &shown, &tokens).into_iter().rev() {
        if let Some(value) = asked.get(member.at) {
            shown.replace_range(member.span, &text_literal(value));
        }
    }
    shown
}

fn facts() -> &'static Facts {
    Dialect::Mysql.facts()
}
