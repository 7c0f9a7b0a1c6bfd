//! Writes anonymous blocks, for what needs a condition or a name that only the database knows.

use autogen_engine::model::TableName;
use autogen_engine::plan::Guard;

use super::{literal, name, quoted};

/// Writes a block that fails, and says why, if the guard's query counts any rows.
pub(super) fn guarded(guard: &Guard) -> String {
    // The variable's name must not be one that the query could take for a column's.
    let guarded = block(
        "DECLARE autogen_rows bigint",
        &[
            &format!("autogen_rows := ({})", guard.count),
            "IF autogen_rows > 0 THEN",
            &format!(
                "    RAISE EXCEPTION USING MESSAGE = {} || autogen_rows",
                literal(&format!("stopped: {}; rows: ", guard.problem))
            ),
            "END IF",
        ],
    );
    format!("{}{guarded}", super::super::stops(&guard.problem))
}

/// The comment by which a schema is known as one that a revision has made.
const MADE: &str = "made by autogen";

/// Writes a block that makes a schema. Where there is one already, its comment shows that it was made by somebody else,
/// and no right to make schemas is needed.
pub(super) fn schema_made(schema: &str) -> String {
    let making = block(
        &format!("DECLARE autogen_schema text := {}", literal(schema)),
        &[
            "IF NOT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = autogen_schema) THEN",
            &format!("    CREATE SCHEMA {}", quoted(schema)),
            &format!("    COMMENT ON SCHEMA {} IS {}", quoted(schema), literal(MADE)),
            "END IF",
        ],
    );
    format!("-- makes the schema {}, unless it is there\n{making}", super::super::one_line(schema))
}

/// Writes a block that drops a schema if a revision has made it and nothing is left in it. Where a plugin is held to its own,
/// it stays, because another plugin's revision may have found it there.
pub(super) fn schema_dropped(schema: &str) -> String {
    let dropping = block(
        &format!(
            "DECLARE autogen_comment text := pg_catalog.obj_description(pg_catalog.to_regnamespace({}), 'pg_namespace')",
            literal(&quoted(schema))
        ),
        &[
            &format!(
                "IF autogen_comment = {} AND coalesce(current_setting('autogen.home', true), '') = '' THEN",
                literal(MADE)
            ),
            &format!("    DROP SCHEMA {}", quoted(schema)),
            "END IF",
            "EXCEPTION WHEN dependent_objects_still_exist THEN",
            "    NULL",
        ],
    );
    format!(
        "-- drops the schema {}, if a revision has made it and nothing is left in it\n{dropping}",
        super::super::one_line(schema)
    )
}

/// Writes a block that changes the sequence of a numbered column. The block looks up its name, which the
/// database chose.
pub(super) fn sequence(table: &TableName, column: &str, before: &str, after: &str) -> String {
    let after = if after.is_empty() { String::new() } else { format!(" || {}", literal(after)) };
    block(
        &format!(
            "DECLARE autogen_sequence text := pg_get_serial_sequence({}, {})",
            literal(&name(table)),
            literal(column)
        ),
        &[
            "IF autogen_sequence IS NOT NULL THEN",
            &format!("    EXECUTE {} || autogen_sequence{after}", literal(before)),
            "END IF",
        ],
    )
}

/// Writes a block that ends a column's numbering and starts another one where the first one was. `stopped`
/// leaves at most the old sequence behind, and `started` makes the new one.
pub(super) fn renumbered(table: &TableName, column: &str, stopped: &str, started: &[String]) -> String {
    let sequence = format!("pg_get_serial_sequence({}, {})", literal(&name(table)), literal(column));
    let mut lines = vec![
        "EXECUTE 'SELECT last_value, is_called FROM ' || autogen_sequence INTO autogen_last, autogen_is_called",
        stopped,
        "EXECUTE 'DROP SEQUENCE IF EXISTS ' || autogen_sequence",
    ];
    lines.extend(started.iter().map(String::as_str));
    let go_on = format!("PERFORM setval({sequence}, autogen_last, autogen_is_called)");
    lines.push(&go_on);
    block(
        &format!(
            "DECLARE\n    autogen_sequence text := {sequence};\n    autogen_last bigint;\n    \
             autogen_is_called boolean"
        ),
        &lines,
    )
}

/// Writes a block that changes how a numbered column's sequence counts. `options` is an expression that may
/// use `autogen_last`, the last number. A sequence that was beyond its `end` by that condition has given its
/// last number.
pub(super) fn recounted(table: &TableName, column: &str, options: &str, end: Option<(String, i64)>) -> String {
    let sequence = format!("pg_get_serial_sequence({}, {})", literal(&name(table)), literal(column));
    let mut lines = vec![
        "EXECUTE 'SELECT last_value FROM ' || autogen_sequence INTO autogen_last".to_owned(),
        format!("EXECUTE 'ALTER SEQUENCE ' || autogen_sequence || {options}"),
    ];
    if let Some((is_beyond, end)) = end {
        lines.extend([
            format!("IF {is_beyond} THEN"),
            format!("    PERFORM setval(autogen_sequence, {end})"),
            "END IF".to_owned(),
        ]);
    }
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    block(&format!("DECLARE\n    autogen_sequence text := {sequence};\n    autogen_last bigint"), &lines)
}

/// Writes a block between dollar quotes that nothing inside it closes.
pub(super) fn block(declaration: &str, lines: &[&str]) -> String {
    let mut text = format!("{declaration};\nBEGIN\n");
    for line in lines {
        let end = if line.ends_with("THEN") { "" } else { ";" };
        text.push_str(&format!("    {line}{end}\n"));
    }
    let mut tag = String::new();
    while text.contains(&format!("${tag}")) {
        tag.push_str(if tag.is_empty() { "autogen" } else { "_" });
    }
    format!("DO ${tag}$\n{text}END\n${tag}$")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_inside_a_block_closes_it() {
        let quote = |text: &str| block("DECLARE n int", &[text]).lines().next().unwrap_or_default().to_owned();
        assert_eq!(quote("n := 1"), "DO $$");
        assert_eq!(quote("n := '$'"), "DO $autogen$");
        assert_eq!(quote("n := '$autogen'"), "DO $autogen_$");
        assert_eq!(quote("n := '$autogen_$'"), "DO $autogen__$");
    }
}
