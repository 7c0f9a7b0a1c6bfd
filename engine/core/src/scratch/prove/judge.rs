//! The database's own descriptions of defaults, checks and computed columns, before a script and after it.
//!
//! A proof compares schemas that introspection has read. Where introspection misreads something, it does so on both
//! sides. So this module reads once more, and shares no code with it: the text that MariaDB shows of a table, what
//! PostgreSQL prints of its trees, SQLite's own statement. What a plan doesn't change must read the same afterwards.

use std::collections::{BTreeMap, BTreeSet};

use diesel::QueryResult;

use crate::database::Database;
use crate::dialect::Dialect;
use crate::model::{Change, Column, Edit, Rename, Rule, TableName};
use crate::scratch::ask::{self, TextRow};
use crate::sql::Kind;

/// What is said, by table.
pub(super) type Said = BTreeMap<(TableName, Of), String>;

/// What something is said of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Of {
    /// The default of a column.
    Default(String),
    /// All that is computed.
    Computed,
    /// All checks, whatever they are called.
    Checks,
}

impl std::fmt::Display for Of {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Default(column) => write!(f, "the default of {column}"),
            Self::Computed => f.write_str("what is computed"),
            Self::Checks => f.write_str("what is checked"),
        }
    }
}

/// Returns what the database says about some tables.
pub(super) fn said(database: &mut Database, tables: &BTreeSet<TableName>) -> QueryResult<Said> {
    if tables.is_empty() {
        return Ok(Said::new());
    }
    let facts: Vec<(TableName, Of, String)> = match database.dialect() {
        Dialect::Sqlite => sqlite(database, tables)?,
        Dialect::Postgres => postgres(database)?,
        Dialect::Mysql => mysql(database, tables)?,
    };
    let mut texts: BTreeMap<(TableName, Of), Vec<String>> = BTreeMap::new();
    for (table, of, text) in facts.into_iter().filter(|(table, ..)| tables.contains(table)) {
        texts.entry((table, of)).or_default().push(text);
    }
    let joined = texts.into_iter().map(|(of, mut texts)| {
        texts.sort();
        (of, texts.join("; "))
    });
    Ok(joined.collect())
}

/// Returns the tables that changes are about, with their old names and their new ones.
pub(super) fn concerned(changes: &[Change]) -> BTreeSet<TableName> {
    let renamed = changes.iter().filter_map(|change| change.renamed_table()).map(|names| names.to.clone());
    changes.iter().map(|change| change.subject().table).chain(renamed).collect()
}

/// Returns what the database describes differently although no change is about it.
pub(super) fn changed(start: &Said, up: &Said, changes: &[Change]) -> Vec<String> {
    let kept = start.iter().filter_map(|((table, of), text)| Some((kept(table, of, changes)?, text)));
    kept.filter_map(|(key, before)| differs(&key, Some(before), up.get(&key))).collect()
}

/// Returns what the database describes differently than it should.
pub(super) fn unlike(is: &Said, wanted: &Said) -> Vec<String> {
    let keys: BTreeSet<_> = is.keys().chain(wanted.keys()).collect();
    keys.into_iter().filter_map(|key| differs(key, wanted.get(key), is.get(key))).collect()
}

fn differs((table, of): &(TableName, Of), wanted: Option<&String>, is: Option<&String>) -> Option<String> {
    let shown = |text: Option<&String>| text.map_or("nothing".to_owned(), |text| format!("`{text}`"));
    (wanted != is)
        .then(|| format!("{table}: the database shows {} for {of}, and should show {}", shown(is), shown(wanted)))
}

/// Returns the name under which something keeps its description after these changes, or `None` where they may change
/// it.
fn kept(table: &TableName, of: &Of, changes: &[Change]) -> Option<(TableName, Of)> {
    let mut now = table.clone();
    let mut column = if let Of::Default(column) = of { column.clone() } else { String::new() };
    for change in changes {
        match change {
            Change::Rename(Rename::Table(names)) if names.from == now => now = names.to.clone(),
            // Casts contain the names of types.
            Change::Enum(_) | Change::Rename(Rename::Enum(_) | Rename::EnumValue(..)) => return None,
            Change::Table(Edit::Drop(gone)) if gone.name == now => return None,
            change if change.subject().table != now => {}
            Change::Rename(Rename::Column(_, names)) if names.from == column => column = names.to.clone(),
            Change::Column(_, Edit::Alter(columns))
                if columns.from.name == column && !keeps_default(&columns.from, &columns.to) =>
            {
                return None;
            }
            Change::Column(_, Edit::Drop(gone)) if gone.name == column => return None,
            Change::Rename(Rename::Column(..))
            | Change::Column(..)
            | Change::Table(Edit::Alter(_))
            | Change::Rule(_, Edit::Add(Rule::Check(_)) | Edit::Drop(Rule::Check(_)) | Edit::Alter(_))
                if column.is_empty() =>
            {
                return None;
            }
            Change::Rename(Rename::Table(_) | Rename::Column(..))
            | Change::Table(_)
            | Change::Column(..)
            | Change::Rule(..) => {}
        }
    }
    let of = match of {
        Of::Default(_) => Of::Default(column),
        Of::Computed => Of::Computed,
        Of::Checks => Of::Checks,
    };
    Some((now, of))
}

/// Checks whether an altered column keeps its default and the kind of its values.
fn keeps_default(from: &Column, to: &Column) -> bool {
    let is_same = from.default.as_ref().zip(to.default.as_ref()).is_some_and(|(from, to)| from.same_as(to));
    let is_plain = from.generated.is_none() && to.generated.is_none() && from.numbering == to.numbering;
    is_same && is_plain && std::mem::discriminant(&from.data_type) == std::mem::discriminant(&to.data_type)
}

fn postgres(database: &mut Database) -> QueryResult<Vec<(TableName, Of, String)>> {
    let own = database.own_schemas();
    let query = format!(
        "SELECT nullif(n.nspname, current_schema()) AS schema, c.relname, CASE WHEN a.attgenerated = '' THEN a.attname END AS name, \
         pg_get_expr(d.adbin, d.adrelid) AS said \
         FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum \
         JOIN pg_class c ON c.oid = d.adrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {own} \
         UNION ALL SELECT nullif(n.nspname, current_schema()), c.relname, '', pg_get_expr(r.conbin, r.conrelid) \
         FROM pg_constraint r JOIN pg_class c ON c.oid = r.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE r.contype = 'c' AND {own}"
    );
    let fact = |row: TextRow| {
        let [schema, table, name, text] = <[Option<String>; 4]>::try_from(row).ok()?;
        let of = match name.as_deref() {
            None => Of::Computed,
            Some("") => Of::Checks,
            Some(name) => Of::Default(name.to_owned()),
        };
        Some((TableName { schema, name: table? }, of, text?))
    };
    Ok(ask::rows(database, &query)?.into_iter().filter_map(fact).collect())
}

fn sqlite(database: &mut Database, tables: &BTreeSet<TableName>) -> QueryResult<Vec<(TableName, Of, String)>> {
    let mut facts = Vec::new();
    for table in tables {
        let name = ask::text_literal(&table.name);
        let made = format!("SELECT sql FROM main.sqlite_schema WHERE type = 'table' AND name = {name}");
        let Some(statement) = ask::value(database, &made)? else { continue };
        facts.extend(clauses(Dialect::Sqlite, &statement, 1).into_iter().map(|(of, text)| (table.clone(), of, text)));
        let defaults =
            format!("SELECT name, dflt_value FROM pragma_table_xinfo({name}, 'main') WHERE dflt_value IS NOT NULL");
        for row in ask::rows(database, &defaults)? {
            let [Some(column), Some(sql)] = row.as_slice() else { continue };
            let text = sqlite_default(database, sql);
            facts.extend((text != "NULL").then(|| (table.clone(), Of::Default(column.clone()), text)));
        }
    }
    Ok(facts)
}

/// Returns a default's value, because the value has many spellings. A default that depends on the moment has no value
/// and keeps its text.
fn sqlite_default(database: &mut Database, sql: &str) -> String {
    let tokens = Dialect::Sqlite.tokens(sql).unwrap_or_default();
    let is_name = tokens.len() == 1 && tokens[0].kind.is_name();
    let word = sql.trim().to_ascii_lowercase();
    let is_moment = word.starts_with("current_");
    let is_value = ["null", "true", "false"].contains(&word.as_str());
    if is_name && !is_moment && !is_value {
        // Where a name can't be one, it is a text.
        return ask::text_literal(&Dialect::Sqlite.unquoted(sql.trim()));
    }
    let is_literal = is_value || Dialect::Sqlite.is_literal(sql);
    let value = if is_literal { ask::value(database, &format!("SELECT quote({sql})")).ok().flatten() } else { None };
    value.unwrap_or_else(|| folded(Dialect::Sqlite, sql))
}

fn mysql(database: &mut Database, tables: &BTreeSet<TableName>) -> QueryResult<Vec<(TableName, Of, String)>> {
    let facts = Dialect::Mysql.facts();
    let mut found = Vec::new();
    for table in tables {
        let name = facts.quoted_table(table);
        // The table is gone by now, or doesn't exist yet.
        let Ok(shown) = ask::rows(database, &format!("SHOW CREATE TABLE {name}")) else { continue };
        let Some(statement) = shown.into_iter().next().and_then(|row| row.into_iter().nth(1)).flatten() else {
            continue;
        };
        let mut marked = Vec::new();
        for line in statement.lines().filter_map(|line| line.strip_prefix("  ")) {
            for (of, text) in clauses(Dialect::Mysql, line, 0) {
                if let Of::Default(column) = &of
                    && text.contains('?')
                {
                    marked.push(column.clone());
                }
                found.push((table.clone(), of, text));
            }
        }
        for (column, value) in marked_defaults(database, &name, marked)? {
            found.push((table.clone(), Of::Default(column), value));
        }
    }
    Ok(found)
}

/// Reads the defaults of some columns as bytes. A question mark in one may stand for another letter.
fn marked_defaults(database: &mut Database, table: &str, columns: Vec<String>) -> QueryResult<Vec<(String, String)>> {
    if columns.is_empty() {
        return Ok(Vec::new());
    }
    let facts = Dialect::Mysql.facts();
    let values: Vec<_> =
        columns.iter().map(|column| format!("COALESCE(HEX(DEFAULT({})), '')", facts.quoted(column))).collect();
    // A condition is evaluated even without a row, where a column of the answer would be NULL.
    database.execute("SET @autogen_judge = NULL")?;
    let condition = format!("(@autogen_judge := CONCAT_WS(',', {})) IS NULL", values.join(", "));
    database.execute(&format!("DO (SELECT 1 FROM {table} WHERE {condition} LIMIT 1)"))?;
    let told = ask::value(database, "SELECT @autogen_judge")?.unwrap_or_default();
    Ok(columns.into_iter().zip(told.split(',').map(str::to_owned)).collect())
}

/// Returns the defaults, checks and generated columns in a table's statement or in one of its lines. `within` is the
/// depth of brackets at which they stand.
fn clauses(dialect: Dialect, sql: &str, within: usize) -> Vec<(Of, String)> {
    let Some(tokens) = dialect.tokens(sql) else { return Vec::new() };
    let texts: Vec<&str> = tokens.iter().map(|token| &sql[token.span.clone()]).collect();
    let word =
        |at: usize| tokens.get(at).filter(|token| token.kind == Kind::Word).map(|_| texts[at].to_ascii_lowercase());
    let mut found = Vec::new();
    let mut depth = 0_usize;
    for at in 0..tokens.len() {
        match texts[at] {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ if depth != within => {}
            _ => {
                let is_open = texts.get(at + 1) == Some(&"(");
                let of = match word(at).as_deref() {
                    Some("check") if is_open => Of::Checks,
                    Some("as") if is_open => Of::Computed,
                    // SQLite's defaults are read elsewhere.
                    Some("default") if within == 0 => Of::Default(dialect.unquoted(texts[0])),
                    _ => continue,
                };
                let ends = |next: &usize| match &of {
                    Of::Default(_) => {
                        // MySQL puts what older servers don't know into a comment.
                        ["on", "comment", "check", "invisible", "without"].map(Some).contains(&word(*next).as_deref())
                            || texts[*next].starts_with("/*")
                    }
                    Of::Checks | Of::Computed => false,
                };
                let inside = bracketed(&texts, at + 1);
                let end = match &of {
                    Of::Default(_) => (at + 1..texts.len()).find(ends).unwrap_or(texts.len()),
                    Of::Checks | Of::Computed => inside,
                };
                let span = tokens[(at + 1).min(tokens.len() - 1)].span.start..tokens[end - 1].span.end;
                found.push((of, folded(dialect, sql[span].trim_end_matches(','))));
            }
        }
    }
    found
}

/// Returns the position after the bracket that closes the one at `open`.
fn bracketed(texts: &[&str], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, text) in texts.iter().enumerate().skip(open) {
        match *text {
            "(" => depth += 1,
            ")" if depth == 1 => return at + 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    texts.len()
}

/// Returns a text without insignificant differences: quotes and case of names, brackets, spaces.
fn folded(dialect: Dialect, sql: &str) -> String {
    let Some(tokens) = dialect.tokens(sql) else { return sql.to_owned() };
    let texts = tokens.iter().filter_map(|token| {
        let text = &sql[token.span.clone()];
        match token.kind {
            Kind::Word | Kind::Quoted => Some(dialect.unquoted(text).to_lowercase()),
            Kind::Text | Kind::Number | Kind::Operator => Some(text.to_owned()),
            Kind::Mark => (!matches!(text, "(" | ")")).then(|| text.to_owned()),
        }
    });
    texts.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(dialect: Dialect, sql: &str, within: usize) -> Vec<String> {
        clauses(dialect, sql, within).into_iter().map(|(of, text)| format!("{of}: {text}")).collect()
    }

    #[test]
    fn clauses_are_found_wherever_they_stand() {
        let line = "`a b` enum('default','x') NOT NULL DEFAULT 'check (x)' COMMENT 'DEFAULT 1' CHECK (`a b` <> 'y'),";
        assert_eq!(read(Dialect::Mysql, line, 0), ["the default of a b: 'check (x)'", "what is checked: a b <> 'y'"]);
        let line = "`n` int(11) GENERATED ALWAYS AS (cast(`m` as signed)) VIRTUAL";
        assert_eq!(read(Dialect::Mysql, line, 0), ["what is computed: cast m as signed"]);
        let line = "`h` varchar(9) NOT NULL DEFAULT 'x' /*!80023 INVISIBLE */ COMMENT 'Why'";
        assert_eq!(read(Dialect::Mysql, line, 0), ["the default of h: 'x'"]);
        let line = "`t` datetime DEFAULT current_timestamp() ON UPDATE current_timestamp()";
        assert_eq!(read(Dialect::Mysql, line, 0), ["the default of t: current_timestamp"]);
        let table = "CREATE TABLE t (a INT DEFAULT (1) CHECK ([a] > 0), b AS (a + 1), CONSTRAINT c CHECK ((b)<9 OR a IN (1, 2)))";
        assert_eq!(
            read(Dialect::Sqlite, table, 1),
            ["what is checked: a > 0", "what is computed: a + 1", "what is checked: b < 9 or a in 1 , 2"]
        );
    }
}
