//! Makes the notes for a statement about the schema on MariaDB and MySQL: what it is to change, as that is before
//! the statement runs.

use diesel::QueryResult;

use super::next::STATEMENT;
use super::script::Script;
use crate::dialect::Dialect;
use crate::history::checksum;
use crate::history::ledger::{LEDGER, LOCK};
use crate::link::Link;
use crate::model::TableName;
use crate::sql::Statement;
use crate::sql::effects::concerns;

/// Returns the note to keep before a statement runs: which statement it is, and the present state of what it
/// changes. If its text tells which tables it changes, only those are read, otherwise the whole schema. The state is
/// read as it was for the earlier note that it is to be compared with, if there is one.
pub(super) fn before(
    link: &mut dyn Link,
    script: &Script<'_>,
    at: usize,
    earlier: Option<&str>,
) -> QueryResult<String> {
    let statement = &script.statements[at];
    let text = &script.sql()[statement.span.clone()];
    let tables = redefines(script.dialect, statement, text).filter(|_| !earlier.is_some_and(is_of_whole_schema));
    let state = match tables.map(|tables| (definitions(link, &tables), tables.len())) {
        None => fingerprint(link)?,
        Some((Err(cause), count)) if is_undescribed(&cause) => {
            // A table is there now. If none was, the two states differ whatever it looks like.
            let nothing = checksum(script.dialect, &"\n".repeat(count - 1));
            let was_nothing = |note: &str| note.get(STATEMENT..).is_some_and(|state| nothing.starts_with(state));
            if earlier.is_some_and(|note| !was_nothing(note)) {
                return Err(diesel::result::Error::QueryBuilderError(NOT_HERE.into()));
            }
            fingerprint(link)?
        }
        Some((definitions, _)) => checksum(script.dialect, &definitions?),
    };
    let statement = checksum(script.dialect, text);
    let longest = state.len().min(64 - STATEMENT);
    Ok(format!("{}{}", &statement[..STATEMENT], &state[..longest]))
}

const NOT_HERE: &str = "it was under way over another kind of connection, and only such a one can tell whether its last \
                        statement has run: `autogen upgrade` goes on there";

/// Checks whether a note is about the whole schema, as only a [`fingerprint`] has a blank.
fn is_of_whole_schema(note: &str) -> bool {
    note.contains(' ')
}

/// Checks whether a query failed because MySQL describes its result only when it runs, while Diesel's own connection
/// asks for the description before.
fn is_undescribed(cause: &diesel::result::Error) -> bool {
    matches!(cause, diesel::result::Error::DeserializationError(said) if said.to_string() == "No metadata exists")
}

/// Returns the tables whose definitions a statement changes, or `None` if it may change something else.
fn redefines(dialect: Dialect, statement: &Statement, text: &str) -> Option<Vec<TableName>> {
    let is_plain = matches!(
        statement.words().as_slice(),
        ["create" | "alter" | "drop" | "rename", "table", ..]
            | ["create" | "drop", "index", ..]
            | ["create", "unique" | "fulltext" | "spatial", "index", ..]
    );
    let tables = concerns(dialect, text);
    (is_plain && !tables.is_empty()).then_some(tables)
}

/// Returns the definitions of tables as the server shows them.
fn definitions(link: &mut dyn Link, tables: &[TableName]) -> QueryResult<String> {
    let shown: QueryResult<Vec<_>> = tables.iter().map(|table| shown(link, table)).collect();
    Ok(shown?.join("\n"))
}

/// Returns a table's definition as the server shows it, without the counter that inserted rows advance.
/// Returns an empty string for a table that doesn't exist.
fn shown(link: &mut dyn Link, table: &TableName) -> QueryResult<String> {
    let named = "SELECT TABLE_NAME FROM information_schema.TABLES \
                 WHERE TABLE_SCHEMA = COALESCE(NULLIF(?, ''), DATABASE()) AND TABLE_NAME = ?";
    if link.rows(named, &[table.schema.as_deref().unwrap_or_default(), &table.name])?.is_empty() {
        return Ok(String::new());
    }
    let rows = link.rows(&format!("SHOW CREATE TABLE {}", Dialect::Mysql.facts().quoted_table(table)), &[])?;
    let text: String = rows.into_iter().flatten().flatten().collect();
    let words = text.split(' ').filter(|word| !word.starts_with("AUTO_INCREMENT="));
    Ok(words.collect::<Vec<_>>().join(" "))
}

/// Returns a checksum of the whole schema.
pub fn fingerprint(link: &mut dyn Link) -> QueryResult<String> {
    let sources = [
        ("TABLES", "TABLE", "TABLE_NAME, TABLE_TYPE, ENGINE, TABLE_COLLATION, CREATE_OPTIONS, TABLE_COMMENT"),
        (
            "COLUMNS",
            "TABLE",
            "TABLE_NAME, COLUMN_NAME, ORDINAL_POSITION, COLUMN_DEFAULT, IS_NULLABLE, COLUMN_TYPE, COLLATION_NAME, \
             EXTRA, COLUMN_COMMENT, GENERATION_EXPRESSION",
        ),
        (
            "STATISTICS",
            "TABLE",
            "TABLE_NAME, INDEX_NAME, NON_UNIQUE, SEQ_IN_INDEX, COLUMN_NAME, COLLATION, SUB_PART, INDEX_TYPE",
        ),
        (
            "KEY_COLUMN_USAGE",
            "TABLE",
            "TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION, COLUMN_NAME, REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME",
        ),
        ("REFERENTIAL_CONSTRAINTS", "CONSTRAINT", "TABLE_NAME, CONSTRAINT_NAME, UPDATE_RULE, DELETE_RULE"),
        ("CHECK_CONSTRAINTS", "CONSTRAINT", "CONSTRAINT_NAME, CHECK_CLAUSE"),
        (
            "TRIGGERS",
            "TRIGGER",
            "TRIGGER_NAME, EVENT_OBJECT_TABLE, EVENT_MANIPULATION, ACTION_TIMING, ACTION_STATEMENT",
        ),
        ("ROUTINES", "ROUTINE", "ROUTINE_NAME, ROUTINE_TYPE, DTD_IDENTIFIER, ROUTINE_DEFINITION"),
        ("VIEWS", "TABLE", "TABLE_NAME, VIEW_DEFINITION"),
    ];
    let parts = sources.map(|(view, owner, columns)| {
        let coalesced: Vec<_> = columns.split(',').map(|column| format!("COALESCE({}, '~')", column.trim())).collect();
        let schema = if owner == "TABLE" { "TABLE_SCHEMA".to_owned() } else { format!("{owner}_SCHEMA") };
        format!(
            "SELECT CONCAT_WS('|', '{view}', {}) AS line FROM information_schema.{view} WHERE {schema} = DATABASE()",
            coalesced.join(", ")
        )
    });
    let query = format!(
        "SELECT CONCAT(CAST(COUNT(*) AS CHAR), ' ', \
         CAST(COALESCE(SUM(CAST(CONV(LEFT(SHA2(line, 256), 14), 16, 10) AS UNSIGNED)), 0) AS CHAR)) \
         FROM ({}) AS told WHERE line NOT LIKE '%|{LEDGER}|%' AND line NOT LIKE '%|{LOCK}|%'",
        parts.join(" UNION ALL ")
    );
    Ok(link.rows(&query, &[])?.into_iter().flatten().flatten().next().unwrap_or_default())
}
