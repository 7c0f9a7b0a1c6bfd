//! MySQL: copies every object by the statement that the server shows for it.

use std::collections::BTreeSet;
use std::ops::Range;

use diesel::QueryResult;

use crate::database::{Database, ScratchServer};
use crate::dialect::Dialect;
use crate::error::{Code, Error, Result};
use crate::introspect::{
    CatalogSubset, MysqlMember, is_unclear_mysql_default, marked_mysql_values, mysql_defaults, mysql_values,
};
use crate::model::TableName;
use crate::scratch::ask;
use crate::sql::mysql::{text_literal, without_definer};
use crate::sql::{Kind, Token};

use super::{Surrounding, condition, refused};

pub(super) fn copy(source: &mut Database, server: &ScratchServer, part: Option<&CatalogSubset>) -> Result<Database> {
    let (settings, objects) = statements(source, part).map_err(|cause| {
        Error::new(Code::CantCopy, format!("the database's schema can't be read: {cause}"))
            .help("check that the user may see every table and view (SHOW VIEW, TRIGGER)")
            .caused_by(cause)
    })?;
    let mut target = Database::scratch_on(server)?;
    target.execute(&settings).map_err(|cause| refused("the character set", cause))?;
    make(&mut target, objects)?;
    Ok(target)
}

/// Returns the sequences that number columns of some tables. Only MariaDB has sequences.
pub(super) fn surroundings_of(source: &mut Database, tables: &[TableName]) -> QueryResult<Vec<Surrounding>> {
    let sequences = all_sequences(source)?;
    if sequences.is_empty() || tables.is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<String> = tables.iter().map(|table| text_literal(&table.name)).collect();
    let defaults = ask::rows(
        source,
        &format!(
            "SELECT COLUMN_DEFAULT FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() \
             AND COLUMN_DEFAULT LIKE '%(%' AND TABLE_NAME IN ({})",
            names.join(", ")
        ),
    )?;
    let defaults: Vec<String> = defaults.into_iter().flatten().flatten().collect();
    let facts = Dialect::Mysql.facts();
    let mut found = Vec::new();
    for name in sequences {
        let quoted = facts.quoted(&name);
        if !defaults.iter().any(|default| default.contains(&quoted)) {
            continue;
        }
        let shown = ask::rows(source, &format!("SHOW CREATE SEQUENCE {quoted}"))?;
        let create = shown.into_iter().flatten().nth(1).flatten();
        found.extend(create.map(|create| Surrounding {
            what: sequence(&name),
            create,
            drop: format!("DROP SEQUENCE {quoted}"),
        }));
    }
    Ok(found)
}

/// Returns the sequences that a database has.
pub(super) fn all_surroundings(source: &mut Database) -> QueryResult<BTreeSet<String>> {
    Ok(all_sequences(source)?.iter().map(|name| sequence(name)).collect())
}

fn all_sequences(source: &mut Database) -> QueryResult<Vec<String>> {
    let query = "SELECT TABLE_NAME FROM information_schema.TABLES \
                 WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'SEQUENCE' ORDER BY 1";
    Ok(ask::rows(source, query)?.into_iter().flatten().flatten().collect())
}

fn sequence(name: &str) -> String {
    format!("sequence {name}")
}

/// Something that the source has, and how it is made.
struct Object {
    what: String,
    /// How it was read, where it is told.
    sql_mode: Option<String>,
    sql: String,
}

/// Returns the database's default settings and the statements that make its contents. Tables come first and may
/// reference later ones, then views, which may read later ones, then routines and triggers.
fn statements(source: &mut Database, part: Option<&CatalogSubset>) -> QueryResult<(String, Vec<Object>)> {
    let settings = ask::value(
        source,
        "SELECT CONCAT('ALTER DATABASE CHARACTER SET ', DEFAULT_CHARACTER_SET_NAME, ' COLLATE ', \
         DEFAULT_COLLATION_NAME) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = DATABASE()",
    )?;
    let own = ask::value(source, "SELECT DATABASE()")?.unwrap_or_default();
    let is_in = |letter, of| condition(part, Dialect::Mysql, letter, of);
    let query = format!(
        "SELECT CASE TABLE_TYPE WHEN 'VIEW' THEN 'VIEW' WHEN 'SEQUENCE' THEN 'SEQUENCE' ELSE 'TABLE' END, \
         TABLE_NAME, CASE TABLE_TYPE WHEN 'VIEW' THEN 3 WHEN 'SEQUENCE' THEN 0 ELSE 1 END AS kind \
         FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND {} \
         UNION ALL SELECT ROUTINE_TYPE, ROUTINE_NAME, 2 FROM information_schema.ROUTINES \
         WHERE ROUTINE_SCHEMA = DATABASE() AND {} \
         UNION ALL SELECT 'TRIGGER', TRIGGER_NAME, 4 FROM information_schema.TRIGGERS \
         WHERE TRIGGER_SCHEMA = DATABASE() AND {} ORDER BY 3, 2",
        is_in('r', "TABLE_NAME"),
        is_in('f', "ROUTINE_NAME"),
        is_in('r', "EVENT_OBJECT_TABLE"),
    );
    let listed = ask::rows(source, &query)?;
    let with_backticks = key_names_with_backticks(source)?;
    let facts = Dialect::Mysql.facts();
    let mut objects = Vec::new();
    for row in listed {
        let [Some(kind), Some(name), _] = row.as_slice() else { continue };
        let shown = ask::rows(source, &format!("SHOW CREATE {kind} {}", facts.quoted(name)))?;
        // Tables and views have their statement in the second column, routines and triggers after their `sql_mode`.
        let at = if matches!(kind.as_str(), "TABLE" | "VIEW" | "SEQUENCE") { 1 } else { 2 };
        let Some(row) = shown.into_iter().next() else { continue };
        let sql_mode = row.get(1).cloned().flatten().filter(|_| at == 2);
        let Some(sql) = row.into_iter().nth(at).flatten() else { continue };
        let sql = sql.replace(&format!("{}.", facts.quoted(&own)), "");
        let sql = match kind.as_str() {
            "TABLE" => {
                let sql = without_keys_outside(&with_names_quoted(&sql, &with_backticks));
                with_literals(source, &facts.quoted(name), sql)?
            }
            _ => sql,
        };
        // A default that is no day was taken in another mode.
        let sql_mode = sql_mode.or_else(|| sql.contains("'0000-00-00").then(|| "NO_ENGINE_SUBSTITUTION".to_owned()));
        objects.push(Object {
            what: format!("{} {name}", kind.to_lowercase()),
            sql_mode,
            sql: without_definer(&sql).into_owned(),
        });
    }
    Ok((settings.unwrap_or_default(), objects))
}

/// Returns the names in foreign keys that contain a backtick, the longest first.
fn key_names_with_backticks(source: &mut Database) -> QueryResult<Vec<String>> {
    let columns = ["CONSTRAINT_NAME", "COLUMN_NAME", "REFERENCED_TABLE_NAME", "REFERENCED_COLUMN_NAME"].map(|column| {
        format!(
            "SELECT {column} FROM information_schema.KEY_COLUMN_USAGE WHERE TABLE_SCHEMA = DATABASE() \
             AND REFERENCED_TABLE_NAME IS NOT NULL AND {column} LIKE '%`%'"
        )
    });
    let mut names: Vec<String> = ask::rows(source, &columns.join(" UNION "))?.into_iter().flatten().flatten().collect();
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    Ok(names)
}

/// Quotes the names in a table statement's foreign keys. MariaDB prints backticks inside these names without escaping
/// them.
fn with_names_quoted(sql: &str, names: &[String]) -> String {
    let quoted = |line: &str| {
        names.iter().fold(line.to_owned(), |line, name| {
            line.replace(&format!("`{name}`"), &Dialect::Mysql.facts().quoted(name))
        })
    };
    let lines = sql.split_inclusive('\n').map(|line| if is_key(line) { quoted(line) } else { line.to_owned() });
    lines.collect()
}

/// Checks whether a line of a table's statement is a foreign key.
fn is_key(line: &str) -> bool {
    line.starts_with("  CONSTRAINT `") && line.contains(" FOREIGN KEY (")
}

/// Removes foreign keys to tables of other databases, which a scratch database can't see.
fn without_keys_outside(sql: &str) -> String {
    let leads_outside = |line: &&str| {
        is_key(line)
            && Dialect::Mysql.tokens(line).is_some_and(|tokens| {
                let text = |at: usize| tokens.get(at).map_or("", |token: &Token| &line[token.span.clone()]);
                (0..tokens.len())
                    .any(|at| tokens[at].kind == Kind::Word && text(at) == "REFERENCES" && text(at + 2) == ".")
            })
    };
    if !sql.lines().any(|line| leads_outside(&line)) {
        return sql.to_owned();
    }
    let mut lines: Vec<&str> = sql.lines().filter(|line| !leads_outside(line)).collect();
    // What was before the last of them ends the list now.
    if let Some(end) = lines.iter().rposition(|line| line.starts_with(')')).filter(|end| *end > 0) {
        lines[end - 1] = lines[end - 1].trim_end_matches(',');
    }
    lines.join("\n")
}

/// Puts the true literals into a table's statement, where the server doesn't show them as they are.
fn with_literals(source: &mut Database, table: &str, mut sql: String) -> QueryResult<String> {
    let unclear = Unclear::of(&sql);
    let Database::Mysql(connection) = source else { return Ok(sql) };
    if unclear.defaults.is_empty() && unclear.members.is_empty() {
        return Ok(sql);
    }
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    if !unclear.defaults.is_empty() {
        let columns: Vec<&str> = unclear.defaults.iter().map(|(column, _)| column.as_str()).collect();
        let told = mysql_defaults(connection, table, &columns)?;
        let known = unclear.defaults.into_iter().filter_map(|(column, span)| Some((span, told.get(&column)?.clone())));
        edits.extend(known);
    }
    if !unclear.members.is_empty() {
        let told = mysql_values(connection, table, &unclear.members)?;
        let known = unclear
            .members
            .into_iter()
            .filter_map(|member| Some((member.span.clone(), told.get(&member.key())?.clone())));
        edits.extend(known);
    }
    // From the end, so that earlier positions stay valid.
    edits.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
    edits.into_iter().for_each(|(span, literal)| sql.replace_range(span, &literal));
    Ok(sql)
}

/// Literals in a table's statement that may not be what they look like, and their positions.
#[derive(Default)]
struct Unclear {
    /// Defaults, by their columns.
    defaults: Vec<(String, Range<usize>)>,
    /// Values of enums and sets.
    members: Vec<MysqlMember>,
}

impl Unclear {
    fn of(sql: &str) -> Self {
        let tokens = Dialect::Mysql.tokens(sql).unwrap_or_default();
        let text = |at: usize| tokens.get(at).map_or("", |token: &Token| &sql[token.span.clone()]);
        let mut column = String::new();
        let mut found = Self::default();
        for (at, token) in tokens.iter().enumerate() {
            // A line begins with its column's name.
            if token.kind == Kind::Quoted && sql[..token.span.start].ends_with("\n  ") {
                column = Dialect::Mysql.unquoted(text(at));
                found.members.extend(marked_mysql_values(&column, sql, &tokens[at + 1..]));
            }
            let is_default =
                token.kind == Kind::Word && text(at) == "DEFAULT" && is_unclear_mysql_default(text(at + 1));
            found.defaults.extend(is_default.then(|| (column.clone(), tokens[at + 1].span.clone())));
        }
        found
    }
}

/// Creates an object as it was created before, because the session's mode decides what double quotes mean.
fn made(target: &mut Database, object: &Object) -> QueryResult<()> {
    let Some(sql_mode) = &object.sql_mode else { return target.execute(&object.sql) };
    target
        .execute(&format!("SET @autogen_mode = @@SESSION.sql_mode, SESSION sql_mode = {}", text_literal(sql_mode)))?;
    let made = target.execute(&object.sql);
    target.execute("SET SESSION sql_mode = @autogen_mode")?;
    made
}

/// Creates everything. Tries again what needs something that comes later.
fn make(target: &mut Database, mut waiting: Vec<Object>) -> Result<()> {
    target.execute("SET SESSION foreign_key_checks = 0").map_err(|cause| refused("the settings", cause))?;
    while !waiting.is_empty() {
        let tried = waiting.len();
        let mut later = Vec::new();
        let mut first = None;
        for object in waiting {
            if let Err(cause) = made(target, &object) {
                first.get_or_insert_with(|| refused(&object.what, cause));
                later.push(object);
            }
        }
        if let Some(error) = first.filter(|_| later.len() == tried) {
            return Err(error.help(format!(
                "let the scratch server be of the live one's kind and version; it refuses: {}",
                later[0].sql
            )));
        }
        waiting = later;
    }
    target.execute("SET SESSION foreign_key_checks = 1").map_err(|cause| refused("the settings", cause))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_keys_to_other_databases_are_removed() {
        let table = |keys: &str| {
            format!("CREATE TABLE `t` (\n  `a` int DEFAULT NULL COMMENT ' REFERENCES `x`.`y`'{keys}\n) ENGINE=InnoDB")
        };
        let near = "  CONSTRAINT `near.far` FOREIGN KEY (`a`) REFERENCES `a.b` (`id`) ON DELETE CASCADE";
        let far = "  CONSTRAINT `REFERENCES` FOREIGN KEY (`a`) REFERENCES `o,``d`.`p` (`id`)";
        assert_eq!(without_keys_outside(&table("")), table(""));
        assert_eq!(without_keys_outside(&table(&format!(",\n{near}"))), table(&format!(",\n{near}")));
        assert_eq!(without_keys_outside(&table(&format!(",\n{far}"))), table(""));
        assert_eq!(without_keys_outside(&table(&format!(",\n{far},\n{near}"))), table(&format!(",\n{near}")));
        assert_eq!(without_keys_outside(&table(&format!(",\n{near},\n{far}"))), table(&format!(",\n{near}")));
    }
}
