//! Reads `SET`: variables and settings that end with the session.

use super::reader::{Read, Reader, beyond};

/// Settings that concern nobody's tables. They are restored after a revision.
pub const SESSION_SETTINGS: [&str; 12] = [
    "alter_algorithm",
    "check_constraint_checks",
    "foreign_key_checks",
    "group_concat_max_len",
    "innodb_lock_wait_timeout",
    "innodb_strict_mode",
    "lock_wait_timeout",
    "max_statement_time",
    "sql_safe_updates",
    "system_versioning_alter_history",
    "time_zone",
    "unique_checks",
];

/// Reads what `SET` sets, after that word. `variables` are those of a body.
pub(super) fn settings(mut reader: Reader<'_>, variables: &[String]) -> Read<()> {
    if reader.take(&["names"]) {
        // Other character sets may read a backslash as a part of a letter.
        let is_known = reader.take_texts(&["utf8", "utf8mb3", "utf8mb4"]);
        return if is_known {
            reader.rest_words()
        } else {
            Err(beyond("SET NAMES may change how what follows is read"))
        };
    }
    if reader.here(&["transaction"]) || (reader.here(&["session"]) && reader.follows(&["transaction"])) {
        return transaction(reader);
    }
    loop {
        target(&mut reader, variables)?;
        while !(reader.is_at_end() || reader.here_mark(",") || reader.here_mark(";")) {
            if reader.here_mark("(") {
                reader.brackets()?;
            } else {
                reader.value()?;
            }
        }
        if !reader.take_mark(",") {
            return reader.ends();
        }
    }
}

/// Reads the rest of a statement about transactions, in which everybody must still be able to write.
pub(super) fn transaction(reader: Reader<'_>) -> Read<()> {
    match reader.clone().past(&["only"]) {
        true => Err(beyond("it makes transactions read-only")),
        false => reader.rest_words(),
    }
}

/// Skips what is set, and its `=`.
fn target(reader: &mut Reader<'_>, variables: &[String]) -> Read<()> {
    if reader.take_mark("@") {
        // A variable of the session.
        reader.skip()?;
    } else {
        if reader.take_mark("@@") {
            if reader.take(&["session", "local"]) {
                reader.take_mark(".");
            }
        } else {
            reader.take(&["session", "local"]);
        }
        let name = reader.identifier()?;
        let is_column = (name == "new" || name == "old") && reader.take_mark(".");
        if is_column {
            reader.identifier()?;
        } else if !variables.contains(&name) && !SESSION_SETTINGS.contains(&name.as_str()) {
            return Err(beyond(&format!("SET {name} concerns more than its own tables")));
        }
    }
    match reader.take_mark("=") || reader.take_mark(":=") {
        true => Ok(()),
        false => Err(beyond("it sets something in a form that isn't known")),
    }
}
